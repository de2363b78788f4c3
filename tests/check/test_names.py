"""ctags, gdb and clangd find a name that a table generates in the row that generates it.

Needs the dev build: scripts/test check makes it.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("BUILD", "build/dev")
MESSAGES = "proto/wire/messages.def"


def row_of(table, row):
    """The number of the line that begins so."""
    lines = (TOP / table).read_text(encoding="utf-8").splitlines()
    return 1 + next(at for at, line in enumerate(lines) if re.match(row, line))


TURN_BEGIN = row_of(MESSAGES, r"MESSAGE\(\d+, TURN_BEGIN_REQUEST,")


@pytest.fixture(scope="module")
def tags(tmp_path_factory):
    """name -> [(file, line)], made with .ctags.d as an editor makes it."""
    path = tmp_path_factory.mktemp("ctags") / "tags"
    subprocess.run(["ctags", "-R", "--fields=+n", "--quiet", "-f", path], cwd=TOP, check=True)
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = line.split("\t")
        number = re.search(r"\tline:(\d+)", line)
        if number:
            found.setdefault(parts[0], []).append((parts[1], int(number[1])))
    return found


@pytest.mark.parametrize("name, table, row", [
    ("turn_begin_request", MESSAGES, r"MESSAGE\(\d+, TURN_BEGIN_REQUEST,"),
    ("turn_begin_request_decode", MESSAGES, r"MESSAGE\(\d+, TURN_BEGIN_REQUEST,"),
    ("MSG_TURN_BEGIN_REQUEST", MESSAGES, r"MESSAGE\(\d+, TURN_BEGIN_REQUEST,"),
    ("ERR_BUSY", "proto/base/errors.def", r"ERR\(BUSY,"),
    ("METRIC_TURNS", "proto/base/metrics.def", r"COUNTER\(TURNS,"),
    ("HTTP_PORT", "services/gateway/config.def", r"NUMBER\(HTTP_PORT,"),
    ("http_port", "services/gateway/config.def", r"NUMBER\(HTTP_PORT,"),
])
def test_ctags_finds_it(tags, name, table, row):
    assert (table, row_of(table, row)) in tags[name]


def test_gdb_finds_it():
    said = subprocess.run(["gdb", "-batch", "-nx", "-ex", "info line turn_begin_request_decode",
                           "-ex", "ptype struct turn_begin_request",
                           BUILD / "tests/unit/messages_test"],
                          check=True, capture_output=True, text=True).stdout
    assert re.search(rf'Line {TURN_BEGIN} of ".*{MESSAGES}"', said)
    assert "wire_str turn_id;" in said


class Clangd:
    """One session of the language server over its standard input and output."""

    def __init__(self):
        self.process = subprocess.Popen(["clangd", "--log=error", "--background-index=false"],
                                        cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.requests = 0
        self.request("initialize", capabilities={}, processId=None, rootUri=TOP.as_uri())

    def send(self, method, **more):
        body = json.dumps({"jsonrpc": "2.0", "method": method, **more}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self):
        size = 0
        while (line := self.process.stdout.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(size))

    def request(self, method, **params):
        self.requests += 1
        self.send(method, id=self.requests, params=params)
        while (message := self.read()).get("id") != self.requests:
            pass
        return message["result"]

    def open(self, path, text):
        document = {"uri": path.as_uri(), "languageId": "c", "version": 1, "text": text}
        self.send("textDocument/didOpen", params={"textDocument": document})

    def definition(self, path, text, name):
        """(file, line) of the places where clangd says that this name is defined."""
        at = text.index(name)
        position = {"line": text[:at].count("\n"), "character": at - text.rfind("\n", 0, at) - 1}
        places = self.request("textDocument/definition", position=position,
                              textDocument={"uri": path.as_uri()})
        return [(pathlib.Path(one["uri"][len("file://"):]).relative_to(TOP).as_posix(),
                 one["range"]["start"]["line"] + 1) for one in places]

    def close(self):
        self.request("shutdown")
        self.send("exit")
        self.process.communicate()


def test_clangd_finds_it():
    user = TOP / "proto/wire/user_of_names.c"  # only in its editor; it compiles as its neighbours
    text = """#include "wire/messages.h"
enum err turn_begin(struct turn_begin_request *m, struct str body)
{
    enum err err = turn_begin_request_decode(m, body);
    return err ? err : ERR_BUSY;
}
"""
    server = Clangd()
    try:
        server.open(user, text)
        assert server.definition(user, text, "turn_begin_request *") == [(MESSAGES, TURN_BEGIN)]
        assert (MESSAGES, TURN_BEGIN) in server.definition(user, text, "turn_begin_request_decode")
        assert server.definition(user, text, "ERR_BUSY") == [
            ("proto/base/errors.def", row_of("proto/base/errors.def", r"ERR\(BUSY,"))]
    finally:
        server.close()
