"""The points of proto/base/failpoints.def, and what a crash at one of them needs around it."""

import re
from collections import namedtuple

from support.processes import ROOT

Point = namedtuple("Point", "name service where")


def read_points():
    """All there are, in the order of the table."""
    text = (ROOT / "proto/base/failpoints.def").read_text()
    rows = re.findall(
        r'^FAILPOINT\((\w+),\s*(\w+),\s*"([\w-]+)",\s*"([^"]*)"\)', text, re.MULTILINE
    )
    assert len(rows) == text.count(
        "\nFAILPOINT("
    ), "a row of failpoints.def looks unlike the others"
    for name, lower, _, _ in rows:
        assert name.lower() == lower, name
    return [Point(*row[1:]) for row in rows]
