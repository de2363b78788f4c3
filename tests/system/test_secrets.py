"""Keys stay sealed and texts stay out of logs."""

from support.standin import KEY, OTHER_KEY

BRAKES = "My brakes squeal like xylophones"
BAD_KEY = "sk-or-v1-" + "badc0ffe" * 8


def all_logs(system):
    """And the metrics: both are read by people who may not read chats."""
    return "\n".join(process.log_text + process.metrics().text for process in system.services)


def test_keys_are_in_no_log_and_no_database(system, redis, postgres):
    system.start(LOG_LEVEL="trace")
    client = system.client()
    for key in (BAD_KEY, OTHER_KEY):
        assert client.post("/save_settings", {"api_key": key, "remember": True}).status_code == 200
        client.open()
        client.post("/test_openrouter", {"api_key": key})
        client.chat(BRAKES)
        client.stream(BRAKES).wait_end()
        # in the wrong field
        assert client.post("/save_settings", {"model": key}).status_code == 400
        assert client.chat(BRAKES, model=key).status_code == 400
    client.post("/save_settings", {"api_key": OTHER_KEY, "remember": False})
    kept = redis.dump()
    assert b"automotive_chat" in kept, "the dump holds nothing: the check would be blind"
    assert BRAKES in postgres.dump(), "the dump holds nothing: the check would be blind"
    for key in (KEY, OTHER_KEY, BAD_KEY):
        assert key not in all_logs(system)
        assert key.encode() not in kept
        assert key not in postgres.dump()
        assert key[-20:] not in all_logs(system)


def test_what_people_say_is_in_no_log(system):
    system.start(LOG_LEVEL="trace")
    client = system.client()
    client.say(BRAKES)
    client.chat("Give me a recipe for zithers")
    client.chat(BRAKES, model="standin/500")
    logs = all_logs(system)
    assert "filter.checked" in logs
    assert not [word for word in ("xylophone", "zither", "dipstick") if word in logs]


def test_private_keys_are_in_no_log(system, keys):
    system.start(LOG_LEVEL="trace")
    system.client().say(BRAKES)
    for pair in keys.pairs.values():
        assert pair.secret.decode() not in all_logs(system)
