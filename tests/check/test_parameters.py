"""The check of statements' parameters turns red when a call leaves one out."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def tree(tmp_path):
    """A copy of the store's sources that a test may break."""
    shutil.copytree(TOP / "services/store", tmp_path / "services/store")
    return tmp_path


def check(top):
    done = subprocess.run([TOP / "tests/check/parameters.py", top], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_today_no_call_leaves_a_parameter_out(tree):
    assert check(tree) == (0, "")


def test_a_parameter_that_is_left_out_is_named(tree):
    edit(tree / "services/store/conversations/rename.c", ".title =", ".conversation =")
    status, said = check(tree)
    assert status == 1 and "rename.c" in said and "sql_conversation_rename lacks title" in said


def test_a_parameter_that_a_statement_gains_is_missed_at_its_calls(tree):
    edit(tree / "services/store/redis/turn_stop.lua", "-- @key ", "-- @arg reason text\n-- @key ")
    assert "lua_turn_stop lacks reason" in check(tree)[1]


def test_a_statement_that_nobody_calls_is_named(tree):
    (tree / "services/store/sql/spare.sql").write_text("-- @param id uuid\nSELECT {id}\n")
    assert "sql_spare is declared" in check(tree)[1]


def test_a_tree_without_calls_is_a_failure(tree):
    for file in (tree / "services/store").rglob("*.c"):
        file.unlink()
    assert "only 0 calls" in check(tree)[1]
