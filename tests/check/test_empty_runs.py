"""A run that finds no test fails: a misspelled name must not look like success."""

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
NOBODY = "a_name_that_no_test_has"


def run(*command):
    return subprocess.run(
        command, cwd=TOP, capture_output=True, text=True, check=False, timeout=100)


def test_a_name_that_no_unit_test_has_is_a_failure():
    done = run("ctest", "--preset", "dev", "-R", NOBODY)
    assert done.returncode == 8, done.stdout


def test_a_name_that_no_python_test_has_is_a_failure():
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", NOBODY,
               "tests/check/test_openapi.py")
    assert done.returncode == 5, done.stdout
