#!/usr/bin/python3
"""tests/check/commits.py [REVISIONS]: checks the subjects of commits: "area: imperative", at most
72 characters.

Looks at the commits since the rule came, or at REVISIONS as git log takes them; in a clone
without that history, at the last commit.  One line per failure.
"""

import re
import subprocess
import sys

SINCE = "e6952ff424d29f5aa5d94b989b8db5a95cca10c7"
MOST = 72
FORM = re.compile(r"[a-z0-9][a-z0-9 ,._/*-]*: ([a-z][a-z-]*)\b.*[^.]")
# "adds", "added" and "adding" of the verbs that commits begin with; "embed" and "bring" are
# imperatives.
NOT_IMPERATIVE = re.compile(
    r"(add|allow|build|call|chang|check|clean|clear|correct|drop|dropp|fix|fixe|introduc|let|lett|"
    r"mak|mov|nam|print|put|putt|read|remov|renam|replac|report|return|rewrit|run|runn|say|send|"
    r"show|split|splitt|start|stop|stopp|tak|test|updat|us|wait|write|writ)(es|s|ed|d|ing)")


def git(*args):
    return subprocess.run(["git", *args], capture_output=True, text=True, check=False)


def faults_of(subject):
    form = FORM.fullmatch(subject)
    if not form:
        yield 'write it as "area: imperative" in lower case, without a full stop'
    elif NOT_IMPERATIVE.fullmatch(form[1]):
        yield f'write the imperative instead of "{form[1]}"'
    if len(subject) > MOST:
        yield f"shorten it from {len(subject)} to {MOST} characters"


def main():
    if len(sys.argv) > 1:
        revisions = [sys.argv[1]]
    elif git("merge-base", "--is-ancestor", SINCE, "HEAD").returncode == 0:
        revisions = [f"{SINCE}..HEAD"]
    elif git("rev-parse", "--verify", "HEAD").returncode == 0:
        revisions = ["-1", "HEAD"]
    else:  # a tree without git
        return 0
    found = 0
    for line in git("log", "--no-merges", "--format=%h %s", *revisions).stdout.splitlines():
        commit, _, subject = line.partition(" ")
        for fault in faults_of(subject):
            print(f"{commit}: {fault}: {subject}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
