#!/usr/bin/env python3
"""Prints the public functions whose name does not begin with the name of their header or of a type
that the header declares.

For proto/loop/http_request.h these are http_request_ (the file), http_ (the module that it belongs
to), and struct, enum, union and macro names of that header. Arguments: folders, proto by default.
"""

import re
import subprocess
import sys
from pathlib import Path

DECLARATION = re.compile(r"""^\s?(?:(?:MUST_CHECK|_Noreturn|extern|const|unsigned|inline)\s)*
                             (?:(?:struct|enum|union)\s)?\w+[\s*]+(\w+)\s?\(""", re.X)


def functions(text):
    """The names of the functions that a header declares."""
    text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)
    while True:  # the members of structs are no functions of the header
        shorter = re.sub(r"\{[^{}]*\}", ";", text)
        if shorter == text:
            break
        text = shorter
    for statement in re.sub(r"\s+", " ", text).split(";"):
        found = DECLARATION.match(statement)
        if found and "typedef" not in statement:
            yield found.group(1)


def prefixes(path, text):
    """What the functions of this header may begin with."""
    stem = path.stem.removesuffix("_internal")
    allowed = {stem, stem.removesuffix("s"), stem.split("_")[0]}
    allowed |= set(re.findall(r"^(?:struct|enum|union)\s+(\w+)\s*[;{]", text, re.M))
    return allowed


def main(folders):
    listed = subprocess.run(["git", "ls-files", *(f"{folder}/*.h" for folder in folders)],
                            capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        text = re.sub(r"/\*.*?\*/", "", Path(name).read_text(encoding="utf-8"), flags=re.S)
        allowed = prefixes(Path(name), text)
        for function in functions(text):
            if not f"{function}_".startswith(tuple(f"{prefix}_" for prefix in allowed)):
                print(f"{name}: {function}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["proto"])
