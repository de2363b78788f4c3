"""One engine and one running chat for all tests here: their start is what takes long."""

import shutil
import tempfile

import pytest

from support.docker import Engine, NoEngine, Stack


@pytest.fixture(scope="session")
def engine():
    folder = tempfile.mkdtemp(prefix="docker-")
    engine = Engine(folder)
    try:
        yield engine.start()
    except NoEngine as why:
        pytest.skip(f"no Docker engine can start here: {why}")
    finally:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def running(engine, short_folder):
    stack = Stack(engine, short_folder).prepare()
    try:
        yield stack.up()
    finally:
        stack.close()


@pytest.fixture
def stack(running):
    """The chat, whole, and still whole when the test has passed."""
    running.wait_whole(60)
    yield running
    running.wait_whole(60)
