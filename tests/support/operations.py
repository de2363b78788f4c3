"""What docs/operations.md tells people to type: tests type it as it stands."""

import re

from support.processes import ROOT


def block(name):
    """The commands under that mark."""
    page = (ROOT / "docs/operations.md").read_text()
    return re.search(rf"<!-- tested: {name} -->\n```sh\n(.*?)```", page, re.S)[1]
