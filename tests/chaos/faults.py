"""Proves the checker: each build with a planted fault must turn it red within a minute of storm.

    python3 tests/chaos/faults.py [name...]          # or rather scripts/chaos --faults [name...]

A fault is a patch in faults/: a few words on what is wrong, then what is changed. The sources are
copied to build/faults, the patch applied there, built, and the storm run until a violation of one
of the kinds in SHOWS is found. The product itself knows nothing of this.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAULTS = Path(__file__).resolve().parent / "faults"
COPY = ROOT / "build/faults"

# Which violations the fault must be shown by; one of them is enough.
SHOWS = {
    "ack_before_commit": {"missing"},
    "ack_before_flush": {"missing"},
    "double_offer": {"garbled"},
    "no_epoch_check": {"answer", "retold"},
    "no_fence": {"seq_twice"},
    "other_text": {"answer"},
}


def copy_tree():
    """The sources as they are now; what was built from an earlier copy is used again where it
    fits."""
    COPY.mkdir(parents=True, exist_ok=True)
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, COPY / name
        if not source.is_file() or (target.exists() and target.read_bytes() == source.read_bytes()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def run(*command, **options):
    # The copy is no part of the repository it lies in.
    env = {**os.environ, "BUILD": "build/release", "GIT_CEILING_DIRECTORIES": str(COPY.parent)}
    done = subprocess.run(
        command,
        cwd=COPY,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    return done.returncode, done.stdout


def must_run(*command):
    status, said = run(*command)
    assert status == 0, f"{' '.join(map(str, command))} failed:\n{said[-4000:]}"


def build():
    must_run("cmake", "--preset", "release")
    must_run("cmake", "--build", "build/release")


def shown_by(fault, seed):
    """The kinds of violation that a storm over this build found."""
    status, said = run(
        "/usr/bin/python3",
        "tests/chaos/storm.py",
        "--minutes",
        "1",
        "--check-every",
        "15",
        "--harsh",
        "--seed",
        seed,
        timeout=300,
    )
    found = set(re.findall(r"^\d+ x (\w+): ", said, re.MULTILINE))
    for folder in re.findall(r"^the logs are in (\S+)$", said, re.MULTILINE):
        if found & SHOWS[fault]:
            shutil.rmtree(folder)
    if status == 0 or not found & SHOWS[fault]:
        print(said[-6000:])
    return found


def prove(fault, seed):
    patch = FAULTS / f"{fault}.patch"
    must_run("git", "apply", patch)
    began = time.monotonic()
    try:
        build()
        built = time.monotonic()
        found = shown_by(fault, seed)
    finally:
        must_run("git", "apply", "--reverse", patch)
    is_shown = bool(found & SHOWS[fault])
    print(
        f"{fault}: {'shown' if is_shown else 'NOT SHOWN'} by "
        f"{', '.join(sorted(found)) or 'nothing'}"
        f" (built in {built - began:.0f} s, storm and checks took {time.monotonic() - built:.0f} "
        "s)",
        flush=True,
    )
    return is_shown


def main():
    names = sys.argv[1:] or sorted(SHOWS)
    assert {path.stem for path in FAULTS.glob("*.patch")} == set(SHOWS)
    copy_tree()
    build()
    missed = [name for name in names if not prove(name, "1")]
    print(f"faults: {len(names) - len(missed)} of {len(names)} shown")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
