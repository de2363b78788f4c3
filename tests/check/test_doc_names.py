"""What tests/check/doc_names.py promises: the pages pass, and each kind of wrong name fails."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import doc_names  # noqa: E402

PAGES = sorted(name for name in doc_names.tree()[0] if doc_names.WRITTEN.fullmatch(name))


def faults(text, page="README.md"):
    return [what for _, what in doc_names.faults_of(page, text)]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_passes(page):
    assert faults((doc_names.TOP / page).read_text(encoding="utf-8"), page) == []


@pytest.mark.parametrize("span", [
    "proto/base/mem.h", "docs/*.md", "docs/{turns,search}.md", "chat.env", "LOG_LEVEL=trace",
    "chat_turns_total{outcome}", "chat_upstream_*", "turn_begin_request", "struct str", "mem_new()",
    "plain words"])
def test_a_name_that_exists_passes(span):
    assert faults(f"Read `{span}`.") == []


@pytest.mark.parametrize("span,fault", [
    ("proto/base/no_such_file.h", "is not in the tree"),
    ("docs/{turns,no_such_page}.md", "is not in the tree"),
    ("no_such_unit.service", "is not in the tree"),
    ("NO_SUCH_SETTING_MS", "is neither a setting nor a name in the sources"),
    ("chat_no_such_total", "is not a metric of metrics.def"),
    ("no_such_request", "is not a message of messages.def"),
    ("no_such_function()", "is not a name in the sources"),
    ("no_such.event", "is not a name in the sources"),
])
def test_a_name_that_does_not_exist_fails(span, fault):
    [what] = faults(f"Read `{span}`.")
    assert what.endswith(fault)


def test_a_wrong_path_in_a_command_fails():
    assert len(faults("```sh\nscripts/no_such_script --help\n```\n")) == 1


def test_a_wrong_anchor_fails():
    assert len(faults("[keys](docs/operations.md#no-such-heading)")) == 1


def test_a_table_that_contributing_does_not_list_fails():
    text = (doc_names.TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert faults(text.replace("metrics.def", "metrics"), "CONTRIBUTING.md")
