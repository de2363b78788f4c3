#!/usr/bin/python3
"""tests/check/doc_names.py [PAGE...]: checks that the names in the written pages exist.

Looks at the code spans of README.md, ARCHITECTURE.md, CONTRIBUTING.md and docs/*.md:

  path                 a file, a folder or a pattern of the tree; commands in code blocks too
  UPPER_CASE           a setting of a .def file, or a name in the sources
  chat_*               a metric of metrics.def
  *_request, *_reply   a message of messages.def, or a name in the sources
  other_names, a.b     a name in the sources: a function, a struct, a step, a log event

It also checks the anchors of links, and that CONTRIBUTING.md lists every table.  Needs no build.
One line per failure.
"""

import fnmatch
import functools
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
GENERATED = r"(messages|metrics|http|configuration)\.md"  # scripts/docs
WRITTEN = re.compile(rf"(README|ARCHITECTURE|CONTRIBUTING)\.md|docs/(?!{GENERATED})[\w-]+\.md")
GENERATED_FROM_HERE = "<!-- From here on"
SOURCE = re.compile(r".*\.(md|patch|json|svg|png)|tests/fuzz/corpus/.*|tests/check/.*doc_names\.py")
SUFFIXES = r"\.(c|h|def|sql|lua|py|js|md|json|yml|yaml|html|scss|service|target|patch|allow)"
PATH_IN_CODE = r"(?<![\w/.$}\"-])(?:scripts|deploy|tests|proto|services)/[\w./@*-]+"
MADE_LATER = r"deploy/compose/(secrets|\.env)|build/|run/"  # not in the tree
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_-]*)*")
# Names of other programs.
FOREIGN = {"COMPOSE_PROFILES=metrics", "auth_request", "availability.retry_after", "btree_gin"}


def git(*args):
    done = subprocess.run(["git", *args], cwd=TOP, check=True, capture_output=True, text=True)
    return done.stdout


@functools.cache
def tree():
    names = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    files = {name for name in names if (TOP / name).exists()}
    folders = {str(parent) for name in files for parent in pathlib.PurePosixPath(name).parents}
    return files, folders - {"."}


def generated_from(path):
    """Names that the build makes of a statement, of a script, or of all messages."""
    if path.suffix in (".sql", ".lua"):
        prefix = path.suffix[1:]
        return {f"{prefix}_{path.stem}", f"{prefix}_{path.stem}_row"}
    if path.name == "messages.def":
        return {f"{name}_{verb}" for name in messages() for verb in ("encode", "decode")}
    return set()


@functools.cache
def sources():
    """All words and dotted names of the files that are not prose."""
    words, dotted = set(), set()
    for name in tree()[0]:
        if SOURCE.fullmatch(name):
            continue
        try:
            text = (TOP / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        words.update(re.findall(r"\w+", text))
        words.update(generated_from(pathlib.PurePosixPath(name)))
        dotted.update(re.findall(r"\w+(?:\.[\w-]+)+", text))
    return words, dotted


@functools.cache
def defined(macros, files):
    """First and second argument of each row of these tables."""
    rows = []
    for name in tree()[0]:
        if fnmatch.fnmatch(name, files):
            rows += re.findall(rf"^(?:{macros})\((\w+), *(\w+)", (TOP / name).read_text(), re.M)
    return {first for first, _ in rows}, {second for _, second in rows}


def settings():
    return defined("TEXT|SECRET|NUMBER|FLAG|REAL", "*.def")[0]


def metrics():
    names = defined("COUNTER|GAUGE|HISTOGRAM", "proto/base/metrics.def")[1]
    return names | {name + end for name in names for end in ("_bucket", "_count", "_sum")}


def messages():
    text = (TOP / "proto/wire/messages.def").read_text()
    return set(re.findall(r"^MESSAGE\(\d+, \w+, (\w+)", text, re.M))


def braces(text):
    """a{b,c}d as abd and acd."""
    inner = re.search(r"\{([^{}]*)\}", text)
    if not inner:
        return [text]
    before, after = text[:inner.start()], text[inner.end():]
    return [one for part in inner[1].split(",") for one in braces(before + part.strip() + after)]


def is_path(name):
    """Whether it is in the tree, from its top or below a folder that the page speaks of."""
    files, folders = tree()
    for one in braces(name.rstrip("/")):
        if one in files or one in folders:
            continue
        if not any(fnmatch.fnmatch(path, pattern)
                   for path in files | folders for pattern in (one, "*/" + one)):
            return False
    return True


def fault_of(span):
    """What is wrong with the text of a code span; None: nothing, or it is not a name."""
    span = span.removesuffix("()").removeprefix("struct ").removeprefix("--")
    tops = {name.split("/")[0] for name in tree()[0]}
    first = span.split(" ")[0]
    if span in FOREIGN:
        return None
    is_below_top = "/" in first and first.split("/")[0] in tops
    if is_below_top or re.fullmatch(rf"[\w./*{{}},@-]+{SUFFIXES}", span):
        return None if is_path(first if "/" in first else span) else "is not in the tree"
    metric = re.match(r"(chat_[a-z_]+)(\*)?(\{.*\})?$", span)
    if metric:
        names = [name for name in metrics() if name.startswith(metric[1])]
        is_known = bool(names) if metric[2] else metric[1] in names
        return None if is_known else "is not a metric of metrics.def"
    setting = re.match(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(=.*)?$", span)
    if setting:
        is_known = setting[1] in settings() | sources()[0]
        return None if is_known else "is neither a setting nor a name in the sources"
    if re.fullmatch(r"[a-z]+(_[a-z]+)*_(request|reply)", span):
        return None if span in messages() | sources()[0] else "is not a message of messages.def"
    if not NAME.fullmatch(span) or not re.search(r"[._]", span):
        return None
    is_known = span in sources()["." in span]
    return None if is_known else "is not a name in the sources"


def parts_of(text):
    """(line number, text) of each code span, and of each path in a code block."""
    is_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(GENERATED_FROM_HERE):
            return
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            for path in re.findall(PATH_IN_CODE, line):
                yield number, path.rstrip(".")
        else:
            for span in re.findall(r"`([^`]+)`", line):
                yield number, span


def anchors(page):
    heads = re.findall(r"^#+ (.*)$", (TOP / page).read_text(), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def links(page, text):
    for number, line in enumerate(text.splitlines(), 1):
        for path, anchor in re.findall(r"\]\(([^)#:]*)#([\w-]+)\)", line):
            target = page
            if path:
                target = str((TOP / page).parent.joinpath(path).resolve().relative_to(TOP))
            if target in tree()[0] and anchor not in anchors(target):
                yield number, f"{target} has no heading #{anchor}"


def faults_of(page, text):
    """(line number, what is wrong)."""
    for number, span in parts_of(text):
        fault = fault_of(span)
        if fault and not re.match(MADE_LATER, span):
            yield number, f"`{span}` {fault}"
    yield from links(page, text)
    if page == "CONTRIBUTING.md":
        listed = [one for _, span in parts_of(text) for one in braces(span)]
        for name in sorted(tree()[0]):
            if name.endswith(".def") and not any(fnmatch.fnmatch(name, one) for one in listed):
                yield 1, f"{name} is not in the list of tables"


def main(pages):
    found = 0
    for page in pages or sorted(name for name in tree()[0] if WRITTEN.fullmatch(name)):
        for number, what in faults_of(page, (TOP / page).read_text(encoding="utf-8")):
            print(f"{page}:{number}: {what}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
