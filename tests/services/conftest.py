"""What the service tests may ask for, beyond tests/conftest.py."""

import pytest

from support.gateway import RealGateway
from support.processes import free_port
from support.store import Person


@pytest.fixture
def store_env(keys, gateway, redis, postgres):
    """Settings of a store; limits are out of the way unless a test is about them."""
    return {**keys.backend_env("store"), "BUS_GATEWAYS": gateway.address,
            "REDIS_URL": f"unix:{redis.socket}", "POSTGRES_URL": postgres.url,
            "MESSAGES_PER_MINUTE": 10000}


@pytest.fixture
def start_store(harness, gateway, store_env):
    """start_store(SETTING=value) starts one and waits until it and both databases are there."""
    def start(label="store", wait=True, **settings):
        process = harness.start(
            "store", {**store_env, "ADMIN_PORT": free_port(), **settings}, label=label
        )
        if wait:
            process.wait_for_event("pg.up")
            process.wait_for_event("redis.up")
            process.wait_for_event("bus.link_up")
            gateway.wait_peer("store")
        return process
    return start


@pytest.fixture
def store(start_store):
    return start_store()


@pytest.fixture
def person(gateway):
    """person() is somebody new, whose session was just made."""
    def make(to=None):
        somebody = Person(gateway, to)
        somebody.open(create=1)
        return somebody
    return make


@pytest.fixture
def start_gateway(harness, keys, tmp_path, backend):
    """start_gateway(SETTING=value) starts the real one with fake backends: .store, .filter,
    .worker."""
    started = []

    def start(backends=True, **settings):
        started.append(RealGateway(harness, keys, tmp_path, **settings))
        if backends:
            started[-1].give_backends(backend)
        return started[-1]
    yield start
    for one in started:
        one.close()


@pytest.fixture
def chat(start_gateway):
    """A gateway with fake backends."""
    return start_gateway()
