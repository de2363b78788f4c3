"""What tests/check/cycles.py promises, on made-up programs that are compiled for it: it is silent
about a tree without cycles, and one planted call turns it red."""

import json
import pathlib
import subprocess
import sys

import pytest

CYCLES = pathlib.Path(__file__).parent / "cycles.py"

ALLOWED = """\
services/gateway/turn -> services/gateway/http   # a comment
services/gateway      -> services/gateway/turn
services/*            -> proto/base
"""


class Tree:
    """A source tree and its build: proto/base below, http, turn and main.c of a gateway above
    it."""

    def __init__(self, top, edges=500):
        self.top = top
        self.files = {}
        self.write("proto/base/mem.c", defines=["mem_new"] + [f"mem_{i}" for i in range(edges)])
        self.write("services/gateway/http/reply.c", defines=["reply_send"], uses=["mem_new"])
        self.write("services/gateway/turn/end.c", defines=["turn_end"], uses=["reply_send"])
        self.write("services/gateway/turn/turn.c", defines=["turn_start"], uses=["turn_end"])
        self.write(
            "services/gateway/main.c",
            defines=["main"],
            uses=["turn_start"] + [f"mem_{i}" for i in range(edges)],
        )
        (top / "folders.allow").write_text(ALLOWED)

    def write(self, name, defines=(), uses=()):
        """A file with functions; each one calls all that are used."""
        calls = " ".join(f"{symbol}();" for symbol in uses)
        text = "".join(f"int {symbol}(void);\n" for symbol in uses)
        self.files[name] = text + "".join(
            f"int {symbol}(void)\n{{ {calls} return 0; }}\n" for symbol in defines
        )

    def allow(self, text):
        with open(self.top / "folders.allow", "a", encoding="utf-8") as file:
            file.write(text)

    def build(self):
        commands = []
        for name, text in self.files.items():
            source = self.top / name
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text)
            parts = name.split("/")
            library = (
                "base"
                if parts[0] == "proto"
                else "gateway"
                if parts[-1] == "main.c"
                else "gateway_core"
            )
            folder = self.top / f"build/dev/{parts[0]}/{parts[1]}/CMakeFiles/{library}.dir"
            out = folder / f"{'.'.join(parts[2:])}.o"
            out.parent.mkdir(parents=True, exist_ok=True)
            command = ["gcc", "-o", str(out), "-c", str(source)]
            subprocess.run(command, check=True)
            commands.append(
                {"directory": str(self.top), "file": str(source), "command": " ".join(command)}
            )
        (self.top / "build/dev/compile_commands.json").write_text(json.dumps(commands))

    def check(self, *args):
        """The lines that it prints; the exit status says whether there are any."""
        self.build()
        done = subprocess.run(
            [
                sys.executable,
                CYCLES,
                "--top",
                self.top,
                "--allow",
                self.top / "folders.allow",
                *args,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (1 if done.stdout else 0), done.stderr
        return done.stdout.splitlines()


@pytest.fixture(name="tree")
def a_tree(tmp_path):
    return Tree(tmp_path)


def test_a_tree_without_cycles_passes(tree):
    assert tree.check() == []


def test_a_planted_call_back_within_a_folder_fails(tree):
    tree.write(
        "services/gateway/turn/end.c", defines=["turn_end"], uses=["reply_send", "turn_start"]
    )
    [line] = tree.check()
    assert line.startswith("gateway: 2 files form a cycle:")
    assert "services/gateway/turn/end.c uses turn_start of services/gateway/turn/turn.c" in line
    assert "services/gateway/turn/turn.c uses turn_end of services/gateway/turn/end.c" in line
    assert "pass it as a pointer" in line


def test_a_longer_planted_call_back_fails_and_is_printed_whole(tree):
    tree.write(
        "services/gateway/http/reply.c", defines=["reply_send"], uses=["mem_new", "turn_start"]
    )
    tree.allow("services/gateway/http -> services/gateway/turn\n")
    of_files, of_folders = tree.check()
    assert of_files.startswith("gateway: 3 files form a cycle:")
    assert of_folders.startswith(
        "folders depend on each other: services/gateway/http uses turn_start"
    )
    head, only = tree.check("gateway")
    assert head.startswith("gateway: 3 files depend on each other:")
    assert only.count(" uses ") == 3


def test_a_cycle_in_proto_is_reported_once(tree):
    tree.write("proto/base/str.c", defines=["str_copy"], uses=["mem_new"])
    tree.write(
        "proto/base/mem.c",
        defines=["mem_new"] + [f"mem_{i}" for i in range(500)],
        uses=["str_copy"],
    )
    [line] = tree.check()
    assert line.startswith(
        "proto: 2 files form a cycle: proto/base/mem.c uses str_copy of proto/base/str.c"
    )


def test_a_call_from_proto_into_a_program_fails(tree):
    tree.write(
        "proto/base/mem.c",
        defines=["mem_new"] + [f"mem_{i}" for i in range(500)],
        uses=["turn_end"],
    )
    lines = tree.check()
    assert any(
        line.startswith("gateway: ") and "proto/base/mem.c uses turn_end" in line for line in lines
    )
    assert any(line.startswith("proto/base must not use services/gateway/turn:") for line in lines)


def test_an_edge_between_folders_that_is_not_allowed_fails(tree):
    tree.write("services/gateway/http/query.c", defines=["query_read"], uses=["mem_new"])
    tree.write("services/gateway/session/session.c", defines=["session_open"], uses=["query_read"])
    [line] = tree.check()
    assert line.startswith(
        "services/gateway/session must not use services/gateway/http: "
        "services/gateway/session/session.c uses query_read of services/gateway/http/query.c"
    )


def test_one_file_of_a_folder_can_be_allowed(tree):
    tree.write("services/gateway/config.c", defines=["gateway_config"])
    tree.write(
        "services/gateway/turn/end.c", defines=["turn_end"], uses=["reply_send", "gateway_config"]
    )
    refused, both_ways = tree.check()
    assert refused.startswith("services/gateway/turn must not use services/gateway:")
    assert both_ways.startswith("folders depend on each other:")
    tree.allow("services/gateway/turn -> services/gateway/config.c\n")
    assert tree.check() == []


def test_an_entry_that_is_not_used_any_more_fails(tree):
    tree.allow("services/gateway/http -> services/gateway/turn\n")
    [line] = tree.check()
    assert line == (
        "folders.allow:4: no file of services/gateway/http uses services/gateway/turn any more; "
        "take the entry out"
    )


def test_too_few_edges_fail(tmp_path):
    [line] = Tree(tmp_path, edges=490).check()
    assert line.startswith("494 edges in all, at least 500 are expected")


def test_names_of_the_sanitizers_are_not_edges(tree):
    tree.write(
        "services/gateway/http/reply.c", defines=["reply_send", "__asan_report"], uses=["mem_new"]
    )
    tree.write("proto/base/str.c", defines=["str_copy"], uses=["__asan_report"])
    assert tree.check() == []


def test_an_object_that_is_missing_is_said(tree):
    tree.build()
    next(tree.top.glob("build/dev/proto/**/*.o")).unlink()
    done = subprocess.run(
        [sys.executable, CYCLES, "--top", tree.top], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "is not built; run: cmake --build" in done.stderr
