"""The commands of docs/deploy.md and docs/operations.md: tests run them unchanged."""

import re

from support.processes import ROOT

PAGES = ("docs/deploy.md", "docs/operations.md")


def block(name):
    """The commands below the comment <!-- tested: name -->."""
    text = "".join((ROOT / page).read_text() for page in PAGES)
    found = re.findall(rf"<!-- tested: {name} -->\n```sh\n(.*?)```", text, re.S)
    assert len(found) == 1, f"{len(found)} blocks named {name} in {PAGES}"
    return found[0]
