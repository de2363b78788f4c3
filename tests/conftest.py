"""What every test may ask for."""

import shutil
import tempfile
from pathlib import Path

import pytest

from support.bus import FakeBackend, FakeGateway
from support.keys import Keys
from support.processes import Harness, adopt_orphans, living_children
from support.proxy import Proxy
from support.servers import Postgres, Redis
from support.standin import Standin
from support.system import System


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left():
    """After the last test no process of ours may be alive."""
    adopt_orphans()
    yield
    assert not living_children(), "the tests left processes behind"


@pytest.fixture(scope="session")
def short_folder():
    """For unix sockets, whose paths may have 107 bytes at most, and for Postgres, which is not
    root."""
    folder = Path(tempfile.mkdtemp(prefix="chat-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def session_harness(short_folder, nothing_is_left):
    harness = Harness(short_folder)
    yield harness
    faults = harness.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def harness(tmp_path, request):
    """Starts programs; at the end all are stopped, and a crash or a sanitizer report fails the
    test."""
    harness = request.node.harness = Harness(tmp_path)
    yield harness
    faults = harness.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys")


@pytest.fixture
def redis(harness, short_folder):
    """A Redis of the test's own; redis.kill() and redis.start() as it likes."""
    folder = Path(tempfile.mkdtemp(prefix="redis-", dir=short_folder))
    return Redis(harness, folder).start()


@pytest.fixture(scope="session")
def postgres_server(session_harness, short_folder):
    return Postgres(session_harness, short_folder / "postgres").start()


@pytest.fixture
def postgres(postgres_server):
    """An empty database; the test may kill and start the server."""
    postgres_server.fresh_database()
    yield postgres_server
    if not postgres_server.is_running():
        postgres_server.start()
    postgres_server.drop_database()


@pytest.fixture
def standin(harness, tmp_path):
    """An OpenRouter; standin.url is its base URL, support.standin.KEY the key it knows."""
    return Standin(harness, tmp_path / "standin").start()


@pytest.fixture
def system(harness, keys, redis, postgres, standin):
    """The whole chat; system.start(workers=2, gateways=1) starts it."""
    system = System(harness, keys, redis, postgres, standin)
    yield system
    system.close()


@pytest.fixture
def client(system):
    """A person with a session in a small running system."""
    system.start()
    return system.client()


@pytest.fixture
def gateway(keys):
    """The gateway's end of the bus; what the backend under test dials."""
    gateway = FakeGateway(keys)
    yield gateway
    gateway.close()
    assert not gateway.faults, "the backend sent what docs/messages.md does not allow"


@pytest.fixture
def backend(keys):
    """backend("filter", address, ...) makes a FakeBackend that ends with the test."""
    made = []

    def make(service, *addresses, **options):
        made.append(FakeBackend(keys, service, *addresses, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert not any(
        one.faults for one in made
    ), "the gateway sent what docs/messages.md does not allow"


@pytest.fixture
def proxy():
    """proxy(target) makes a TCP proxy that ends with the test."""
    made = []

    def make(target, **options):
        made.append(Proxy(target, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the end of every log of that test."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        harness = getattr(item, "harness", None)
        for name, tail in harness.tails() if harness else []:
            report.sections.append((f"log of {name}", tail))
