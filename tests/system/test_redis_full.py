"""A Redis that has no room left refuses what is new; deploy/ gives it a limit, so that it is never
killed for its size."""

import requests

from support.wait import wait_until

BRAKES, ENGINE, TYRES = "My brakes squeal", "My engine knocks", "And the tyres?"


def room(system, limit):
    system.redis.client().config_set("maxmemory", limit)


def test_people_chat_on_while_redis_is_full(system):
    """Postgres keeps what they say, the operator reads why, and all is as before when there is
    room."""
    system.start(workers=1, stores=2)
    client = system.client()
    client.say(BRAKES)
    room(system, 1)
    assert client.chat(ENGINE).json()["status"] == "committed"
    assert requests.get(client.url + "/get_session_data", timeout=10).status_code == 200
    assert any(
        "OOM" in event["why"]
        for store in system.stores
        for event in store.find_events("redis.refused")
    )
    room(system, 0)
    wait_until(lambda: client.chat(TYRES).status_code == 200, "an answer once there is room", 20)
    assert [text for role, text in client.history if role == "user"] == [BRAKES, ENGINE, TYRES]
