#!/usr/bin/python3
"""tests/check/lines.py [FILE...]: finds lines of more than 100 columns, in all files that git knows
or will know.

Allowed to be longer: rows of Markdown tables, lines that a URL makes long, one-line rows of tables
(.def), generated and foreign files, JSON (its strings cannot be wrapped), the data of tests, and
migrations, which are never edited.  One line per failure.
"""

import pathlib
import re
import subprocess
import sys

MOST = 100
TOP = pathlib.Path(__file__).resolve().parent.parent.parent

NOT_WRITTEN_BY_HAND = re.compile(r"""
    docs/(messages|http|metrics|configuration)\.md      # scripts/docs
    | .*\.(json|svg|patch)
    | tests/fuzz/corpus/.*
    | services/store/pg/migrations/.*\.sql
    | LICENSE
""", re.X)
GENERATED_FROM_HERE = "<!-- From here on"  # the second part of docs/upstream.md
URL = re.compile(r"[a-z]+://[^\s)>\"'`]+")
ROW = {
    ".md": re.compile(r"\s*\|.*\|$"),
    ".def": re.compile(r"\s*[A-Z][A-Z0-9_]*\(.*\)\s*(/\*.*\*/)?$"),
    ".conf": re.compile(r"\s*(ssl_ciphers|\d{3}|default) \S.*;$"),  # of nginx, which joins no lines
}


def files_of_git():
    text = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(set(text.split("\0")) - {""})


def long_lines(name, text):
    """(number, columns) of each line that is too long."""
    row = ROW.get(pathlib.PurePath(name).suffix)
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(GENERATED_FROM_HERE):
            return
        if len(line) > MOST and len(URL.sub("", line)) > MOST and not (row and row.match(line)):
            yield number, len(line)


def main(names):
    found = 0
    for name in names or files_of_git():
        if NOT_WRITTEN_BY_HAND.fullmatch(name):
            continue
        try:
            text = (TOP / name).read_text(encoding="utf-8")
        except (
            UnicodeDecodeError,
            FileNotFoundError,
            IsADirectoryError,
        ):  # an image, or a file that was removed
            continue
        for number, columns in long_lines(name, text):
            print(f"{name}:{number}: {columns} columns; wrap it at {MOST}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
