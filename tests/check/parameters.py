#!/usr/bin/python3
"""tests/check/parameters.py [TOP]: finds calls of a statement or script without a parameter.

A misspelled parameter does not compile; one that is missing from a designated initialiser does, and
would end the store when the call is made. So each initialiser of a generated struct is compared
with the declaration at the head of its .sql or .lua file. One line per failure.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
DECLARED = re.compile(r"^-- @(?:param|key|arg)\s+(\w+)", re.M)
CALL = re.compile(r"\(?struct (sql|lua)_(\w+)\s*(?:\w+\s*=\s*|\)\s*)\{")
FEWEST = 50  # calls; fewer: this check looks at the wrong files


def declarations(store):
    """{"sql_name": the parameters that its file declares}"""
    found = {}
    for folder, suffix in (("sql", "sql"), ("redis", "lua")):
        for file in (store / folder).glob(f"*.{suffix}"):
            found[f"{suffix}_{file.stem}"] = set(DECLARED.findall(file.read_text()))
    return found


def body(text, start):
    """What stands between the brace before start and the one that closes it."""
    depth, at = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def given(initialiser):
    """The members that an initialiser names, without those of braces inside."""
    flat, depth = [], 0
    for letter in initialiser:
        depth += letter in "({"
        if depth == 0:
            flat.append(letter)
        depth -= letter in ")}"
    return set(re.findall(r"\.(\w+)\s*=", "".join(flat)))


def faults(top):
    store = top / "services/store"
    declared, called = declarations(store), set()
    calls = 0
    for file in sorted(store.rglob("*.c")):
        text = file.read_text()
        for match in CALL.finditer(text):
            name = f"{match[1]}_{match[2]}"
            if name not in declared:
                continue
            calls += 1
            called.add(name)
            line = text.count("\n", 0, match.start()) + 1
            missing = declared[name] - given(body(text, match.end()))
            if missing:
                yield f"{file.relative_to(top)}:{line}: {name} lacks {', '.join(sorted(missing))}"
    for name in sorted(name for name, params in declared.items() if params and name not in called):
        yield f"{name} is declared, and no call of it was found"
    if calls < FEWEST:
        yield f"only {calls} calls were found"


def main(top):
    found = list(faults(top))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TOP))
