"""Sign-in through everything: chats follow the person, a browser's next person sees nothing of the
last one's."""

import pytest

from support.client import Client
from support.wait import wait_until

BRAKES = "My brakes squeal"
TYRES = "Which tyres in winter?"
HEADER = "X-Forwarded-User"
PROXY = {"AUTH": "proxy", "TRUSTED_PROXIES": "127.0.0.1/32", "AUTH_ISSUER": "https://id.example"}


class Device:
    """A browser behind the proxy, which says who sits there."""

    def __init__(self, system, gateway=0, name=None):
        self.client = Client(system.url(gateway))
        system._clients.append(self.client)
        self.becomes(name)

    def becomes(self, name):
        self.client.http.headers.pop(HEADER, None)
        if name:
            self.client.http.headers[HEADER] = name
        return self.client.open()

    @property
    def questions(self):
        return [content for role, content in self.client.history if role == "user"]


def code(response):
    return response.json()["error"]["code"]


def test_chats_follow_a_person_to_another_device_and_gateway(system):
    system.start(gateways=2, stores=2, **PROXY)
    one = Device(system, 0, "ann@example.com")
    one.client.say(BRAKES)
    two = Device(system, 1, "ann@example.com")
    assert two.questions == [BRAKES]
    two.client.say(TYRES)
    assert one.questions == [BRAKES, TYRES]


def test_two_people_at_one_browser_see_nothing_of_each_other(system):
    system.start(**PROXY)
    browser = Device(system, name="ann")
    kept = browser.client.say(BRAKES)
    browser.client.http.headers[HEADER] = "bob"  # with Ann's cookie and token still there
    for refused in (
        browser.client.get(f"/conversations/{kept['conversation_id']}"),
        browser.client.chat(TYRES),
        browser.client.get(f"/chat/events/{kept['turn_id']}"),
    ):
        assert (refused.status_code, code(refused)) == (401, "signed_out")
    assert browser.becomes("bob")["chat_history"] == []
    browser.client.say(TYRES)
    assert code(browser.client.get(f"/conversations/{kept['conversation_id']}")) == "not_found"
    browser.becomes("ann")
    assert browser.questions == [BRAKES]
    browser.becomes("bob")
    assert browser.questions == [TYRES]


def test_signing_out_closes_the_chats_at_once(system):
    system.start(**PROXY)
    browser = Device(system, name="ann")
    browser.client.say(BRAKES)
    browser.client.http.headers.pop(HEADER)
    assert code(browser.client.chat(TYRES)) == "signed_out"
    assert browser.becomes(None)["chat_history"] == []


def test_what_was_said_before_signing_in_is_kept(system):
    system.start(**PROXY)
    browser = Device(system)
    browser.client.say(BRAKES)
    planted = dict(browser.client.http.cookies)
    data = browser.becomes("ann")
    assert data["session"]["signed_in"] is True and len(data["chat_history"]) == 2
    browser.client.say(TYRES)
    thief = Device(system)
    thief.client.http.cookies.update(planted)
    assert thief.client.open()["chat_history"] == []  # a new session: the old one is closed
    assert Device(system, name="ann").questions == [BRAKES, TYRES]


def test_an_answer_that_is_being_written_is_not_lost_by_signing_in(system):
    system.start(**PROXY)
    browser = Device(system)
    stream = browser.client.stream(BRAKES, model="standin/ok@tokens=100,delay=20")
    stream.wait_for("delta")
    browser.client.http.headers[HEADER] = "ann"
    early = browser.client.get("/get_session_data")
    assert (early.status_code, code(early)) == (409, "busy")
    assert stream.wait_end().data["status"] == "committed"
    wait_until(
        lambda: browser.client.get("/get_session_data").status_code == 200,
        "the session of the account",
    )
    assert browser.questions == [BRAKES]


def test_clearing_is_seen_on_the_other_device(system):
    system.start(**PROXY)
    one, two = Device(system, name="ann"), Device(system, name="ann")
    one.client.say(BRAKES)
    one.client.csrf = one.client.post("/clear_session").json()["csrf_token"]
    assert code(two.client.chat(TYRES)) == "signed_out"
    assert two.client.open()["chat_history"] == []
    two.client.say(TYRES)
    assert one.questions == [TYRES]


def test_a_header_from_an_address_that_is_not_trusted_is_nothing(system):
    system.start(**{**PROXY, "TRUSTED_PROXIES": "10.0.0.0/8"})
    spoofed = Device(system, name="ann")
    assert spoofed.client.open()["session"]["signed_in"] is False
    spoofed.client.say(BRAKES)
    assert Device(system, name="ann").questions == []


@pytest.mark.parametrize("proxies, is_in", [("127.0.0.1", True), ("10.0.0.0/8", False)])
def test_required_closes_the_rest(system, proxies, is_in):
    system.start(**{**PROXY, "AUTH": "required", "TRUSTED_PROXIES": proxies})
    stranger = Client(system.url())
    system._clients.append(stranger)
    assert code(stranger.get("/get_session_data")) == code(stranger.chat(BRAKES)) == "sign_in"
    assert stranger.get("/health").status_code == 200
    stranger.http.headers[HEADER] = "ann"
    assert (stranger.get("/get_session_data").status_code == 200) is is_in


def test_the_name_is_nowhere(system, postgres, redis):
    system.start(**PROXY, LOG_LEVEL="trace")
    name = "ann.of.the.unusual.name@example.com"
    Device(system, name=name).client.say(BRAKES)
    assert all(name not in process.log_text for process in system.services)
    assert name.encode() not in redis.dump()
    rows = postgres.query("SELECT account_hash FROM accounts")
    assert len(rows) == 1 and name not in str(
        postgres.query("SELECT a::text, u::text FROM accounts a, users u")
    )
