"""What keeps a process alive, what sends it work, and how it takes leave while people read."""

import signal

import pytest
import requests

from support.wait import wait_until

pytestmark = pytest.mark.timeout(60)
SLOW = "standin/ok@tokens=40,delay=50"


def is_ready(process):
    return process.ask_private("/ready")[0] == 200


def wait_ready(process, text):
    """Until it says that, with the status that belongs to it."""
    want = (200 if text == "ready" else 503, text + "\n")

    def says_it():
        try:
            return process.ask_private("/ready") == want
        except requests.ConnectionError:  # it is starting
            return False
    wait_until(says_it, f"{process.name} to say {text}")


def test_a_gateway_is_ready_when_all_three_services_are_there(system):
    system.start(workers=0, filters=0, stores=0)
    gateway = system.gateways[0]
    wait_ready(gateway, "no filter")
    for add, next_ in ((system.add_filter, "no llm-worker"), (system.add_worker, "no store"),
                       (system.add_store, "ready")):
        add()
        wait_ready(gateway, next_)
    assert gateway.ask_private("/live") == (200, "alive\n")
    system.workers[0].kill()
    wait_ready(gateway, "no llm-worker")
    assert gateway.ask_private("/live")[0] == 200


def test_a_backend_is_ready_when_a_gateway_took_it_in_whatever_else_is_away(system):
    system.start(workers=1)
    for process in system.services:
        wait_ready(process, "ready")
        assert process.ask_private("/nowhere")[0] == 404
    system.postgres.kill()
    system.redis.kill()
    system.stores[0].wait_for_event("pg.unavailable")
    assert is_ready(system.stores[0]) and system.stores[0].ask_private("/live")[0] == 200
    system.gateways[0].kill()
    for process in (*system.filters, *system.workers, *system.stores):
        wait_ready(process, "not connected to any gateway")
        assert process.ask_private("/live")[0] == 200
    system.gateways[0].start()
    for process in system.services:
        wait_ready(process, "ready")


def test_a_loop_that_stands_still_is_not_alive(system):
    system.start(workers=1)
    system.filters[0].signal(signal.SIGSTOP)
    url = f"http://127.0.0.1:{system.filters[0].env['ADMIN_PORT']}/live"
    with pytest.raises(requests.Timeout):
        requests.get(url, timeout=0.5)
    system.filters[0].signal(signal.SIGCONT)
    assert requests.get(url, timeout=5).status_code == 200


def at_work(workers):
    """The one that has the answer."""
    return wait_until(
        lambda: next(
            (one for one in workers if one.metrics().sum("chat_worker_slots", state="taken")), None
        ),
        "a worker at work",
    )


@pytest.mark.parametrize("kind", ["filter", "llm-worker", "store", "gateway"])
def test_a_service_told_to_stop_in_mid_stream_loses_nothing(system, kind):
    system.start(gateways=2, workers=2, filters=2, stores=2, DRAIN_MS=20000)
    person = system.client()
    stream = person.stream("My brakes squeal", model=SLOW)
    stream.wait_for("delta")
    leaving = at_work(system.workers) if kind == "llm-worker" else system.part(kind)
    leaving.signal(signal.SIGTERM)
    if kind in ("llm-worker", "gateway"):  # the others have nothing to finish just now
        wait_ready(leaving, "draining")
        assert leaving.ask_private("/live")[0] == 200
        assert leaving.metrics().find("chat_ready") == [0]
    assert stream.wait_end().data["status"] == "committed"
    person.close()
    assert leaving.wait() == 0
    again = system.client(gateway=1)
    assert again.say("And the discs of the brakes?")["status"] == "committed"
    person.url = again.url
    assert person.open()["chat_history"][-1]["content"] == stream.text
