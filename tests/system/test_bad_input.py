"""Whatever a browser sends: a clear error, nothing lost, nothing of another person's."""

import json
import uuid

import pytest

from support.standin import ANSWER

BRAKES = "My brakes squeal"
JSON = {"Content-Type": "application/json"}

BODIES = [
    ("not JSON", b"brakes", JSON, 400, "bad_request"),
    ("empty", b"", JSON, 400, "bad_request"),
    ("cut", b'{"message":"bra', JSON, 400, "bad_request"),
    ("two values", b'{"message":"brakes"}{}', JSON, 400, "bad_request"),
    ("a list", b'["brakes"]', JSON, 400, "bad_request"),
    ("no message", b"{}", JSON, 400, "bad_request"),
    ("an empty message", b'{"message":"  "}', JSON, 400, "bad_request"),
    ("a number for a message", b'{"message":7}', JSON, 400, "bad_request"),
    ("twice the same key", b'{"message":"brakes","message":"tyres"}', JSON, 400, "bad_request"),
    ("not UTF-8", b'{"message":"br\xffkes"}', JSON, 400, "bad_request"),
    ("a strange turn id", b'{"message":"brakes","turn_id":"7"}', JSON, 400, "bad_request"),
    ("deep nesting", b'{"message":' + b"[" * 5000, JSON, 400, "bad_request"),
    ("another type", b"message=brakes", {"Content-Type": "text/plain"}, 415, "media_type"),
    ("a long message", json.dumps({"message": "x" * 8193}).encode(), JSON, 413, "too_long"),
    ("a long body", b'{"message":"' + b"x" * 40000 + b'"}', JSON, 413, "too_long"),
]


@pytest.mark.parametrize("what, body, headers, status, code", BODIES, ids=[b[0] for b in BODIES])
def test_a_bad_body_is_refused(client, what, body, headers, status, code):
    refused = client.http.post(client.url + "/chat", data=body, timeout=10,
                               headers={"X-CSRF-Token": client.csrf, **headers})
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert client.history == []
    assert client.say(BRAKES)["status"] == "committed"


def test_unknown_places_and_wrong_methods(client):
    assert client.get("/nowhere").status_code == 404
    assert client.get("/chat").status_code == 405
    assert client.http.put(client.url + "/chat", json={}, timeout=10).status_code == 405
    assert client.post("/get_session_data").status_code == 405
    assert client.get("/static/../../etc/passwd").status_code in (400, 404)


def test_an_unknown_conversation(client):
    refused = client.chat(BRAKES, conversation_id=str(uuid.uuid4()))
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "cookie",
    ["nonsense", "", "c0ffee00-0000-4000-8000-000000000001", "x" * 3000],
    ids=["nonsense", "empty", "an id without a seal", "long"],
)
def test_a_wrong_cookie_is_no_session(client, cookie):
    name = next(iter(client.http.cookies.get_dict()))
    client.http.cookies.clear()
    refused = client.http.post(client.url + "/chat", json={"message": BRAKES}, timeout=10,
                               headers={"X-CSRF-Token": client.csrf, "Cookie": f"{name}={cookie}"})
    assert refused.status_code in (401, 403)
    assert refused.json()["error"]["code"] in ("signed_out", "csrf")


def test_a_request_of_another_site_is_refused(client):
    for headers, code in (({"X-CSRF-Token": "wrong"}, "csrf"), ({"X-CSRF-Token": ""}, "csrf"),
                          ({"Origin": "https://evil.example"}, "origin"),
                          ({"Sec-Fetch-Site": "cross-site"}, "origin")):
        refused = client.post("/chat", {"message": BRAKES}, headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, code)
    assert client.history == []


def test_too_many_messages_are_told_when_to_come_back(system):
    system.start(MESSAGES_PER_MINUTE=2)
    client = system.client()
    for _ in range(2):
        client.say(BRAKES)
    refused = client.chat(BRAKES)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "limited")
    assert int(refused.headers["Retry-After"]) > 0 and refused.json()["error"]["text"] == BRAKES


def test_two_people_never_see_each_others_things(system):
    system.start()
    ann, bob = system.client(), system.client()
    turn_id = str(uuid.uuid4())
    anns = ann.say("My brakes squeal, says Ann", turn_id=turn_id)
    assert bob.history == []
    assert bob.chat(BRAKES, conversation_id=anns["conversation_id"]).status_code == 404
    bobs = bob.say("My engine knocks, says Bob", turn_id=turn_id)  # turn ids are each person's own
    assert bobs["status"] == "committed"
    assert ann.history == [("user", "My brakes squeal, says Ann"), ("assistant", ANSWER)]
    assert bob.history == [("user", "My engine knocks, says Bob"), ("assistant", ANSWER)]


def test_one_person_cannot_stop_anothers_answer(system):
    system.start()
    ann, bob = system.client(), system.client()
    turn_id = str(uuid.uuid4())
    stream = ann.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=40,delay=30")
    stream.wait_for("delta")
    bob.stop(turn_id)
    assert stream.wait_end().data["status"] == "committed"
