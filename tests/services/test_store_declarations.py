"""What the files of statements and scripts promise: what they declare is what the databases see."""

import subprocess

from support.processes import ROOT, program


def check(database, address):
    done = subprocess.run(
        [program("tests/unit/store_declarations"), database, address],
        capture_output=True, text=True, timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[-1])


def test_each_statement_has_the_parameters_and_columns_it_declares(store, postgres):
    """The store has migrated the database."""
    count = check("postgres", postgres.url)
    assert count == len(list((ROOT / "services/store/sql").glob("*.sql"))) > 0


def test_each_script_reads_the_keys_and_arguments_it_declares(redis):
    count = check("redis", str(redis.socket))
    assert count == len(list((ROOT / "services/store/redis").glob("*.lua"))) - 1  # common.lua
