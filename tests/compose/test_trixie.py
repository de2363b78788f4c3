"""The programs are built, and their unit tests pass, on the Debian of the images: 13, where others
run 12."""

import re

import pytest

pytestmark = pytest.mark.timeout(1500)


def test_unit_tests_pass_on_debian_13(engine):
    said = engine.docker(
        "build",
        "-f",
        "deploy/Dockerfile",
        "--target",
        "unit-tests",
        "-t",
        "automotive-chat-unit-tests",
        ".",
        timeout=1400,
    )
    release = engine.docker(
        "run", "--rm", "automotive-chat-unit-tests", "cat", "/etc/debian_version"
    )
    assert release.startswith("13.")
    summary = re.search(r"100% tests passed, 0 tests failed out of (\d+)", said)
    print(summary[0] if summary else "nothing changed since they last passed")
