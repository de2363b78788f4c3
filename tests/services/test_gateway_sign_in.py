"""What the gateway promises of sign-in: it believes a proxy it trusts, and nobody else; a cookie is
good for one account."""

import hashlib
import uuid

import pytest

from support.bus import say

HELLO = "My brakes squeal when I stop. Why?"
HEADER = "X-Forwarded-User"
PROXY = {"AUTH": "proxy", "TRUSTED_PROXIES": "127.0.0.1"}
REQUIRED = {**PROXY, "AUTH": "required"}
OPEN = ("/", "/health", "/static/none.js")  # to everybody, always
GUARDED = (
    "/get_session_data",
    "/models",
    f"/chat/events/{uuid.uuid4()}",
    f"/conversations/{uuid.uuid4()}",
)
CHANGING = (
    "/chat",
    "/chat/stop",
    "/clear_chat",
    "/clear_session",
    "/save_settings",
    "/test_openrouter",
)


def code(response):
    return response.json()["error"]["code"]


def keeps_accounts(chat):
    """The store gives each account one session, and says which."""
    tied = {}

    def reply(asked):
        session = tied.setdefault(asked.account, asked.session) if asked.account else asked.session
        asked.final(
            "session_open_reply",
            created_at=1_700_000_000_000,
            expires_at=1_700_000_100_000,
            session=session,
        )

    chat.store.on("session_open_request", reply)
    return tied


@pytest.fixture
def chat(start_gateway):
    chat = start_gateway(**PROXY)
    chat.tied = keeps_accounts(chat)
    return chat


def browser(chat, name=None):
    somebody = chat.stranger()
    become(somebody, name)
    return somebody


def become(somebody, name):
    """From now on the proxy says that it is this person; None: nobody."""
    somebody.http.headers.pop(HEADER, None)
    if name is not None:
        somebody.http.headers[HEADER] = name


def session_of(somebody):
    return somebody.http.cookies["session"].split(".")[0]


def opened(chat):
    return [asked for asked in chat.store.asked if asked.name == "session_open_request"]


def is_closed(somebody):
    """Whether nothing opens with what this browser has, on any route."""
    answers = [somebody.get(path) for path in GUARDED[1:]] + [
        somebody.post(path) for path in CHANGING
    ]
    assert len({(answer.status_code, code(answer)) for answer in answers}) == 1, answers
    return (answers[0].status_code, code(answers[0])) == (401, "signed_out")


# ---- whom to believe ------------------------------------------------------------------------


def test_switched_off_the_header_is_nothing(start_gateway):
    chat = start_gateway(TRUSTED_PROXIES="127.0.0.1")
    ann = browser(chat, "ann")
    assert ann.open()["session"]["signed_in"] is False
    assert opened(chat)[0].account == ""
    become(ann, ", nonsense")
    assert ann.chat(HELLO).status_code == 200


def test_a_trusted_proxy_s_word_signs_in(chat):
    ann = browser(chat, "ann@example.com")
    assert ann.open()["session"]["signed_in"] is True
    (asked,) = opened(chat)
    assert asked.create == 1 and len(asked.account) == 64
    assert asked.account != hashlib.sha256(b"ann@example.com").hexdigest()
    assert ann.chat(HELLO).status_code == 200


def test_another_address_s_word_is_nothing(start_gateway):
    chat = start_gateway(**{**PROXY, "TRUSTED_PROXIES": "10.0.0.0/8"})
    assert browser(chat, "ann").open()["session"]["signed_in"] is False
    assert opened(chat)[0].account == ""


def test_where_it_is_required_another_address_s_word_is_nothing_either(start_gateway):
    chat = start_gateway(**{**REQUIRED, "TRUSTED_PROXIES": "10.0.0.0/8"})
    response = browser(chat, "ann").get("/get_session_data")
    assert (response.status_code, code(response)) == (401, "sign_in")
    assert not chat.store.asked


def test_a_forwarded_address_is_not_a_trusted_one(start_gateway):
    """The connection counts, not what its other end says of itself."""
    chat = start_gateway(**{**PROXY, "TRUSTED_PROXIES": "10.0.0.0/8"})
    ann = browser(chat, "ann")
    ann.http.headers["X-Forwarded-For"] = "10.0.0.1"
    assert ann.open()["session"]["signed_in"] is False


@pytest.mark.parametrize("name", ["", "ann, bob", "ann,", b"\xff\xfe", "a\tb", "x" * 257])
def test_a_trusted_proxy_that_sends_no_single_name_is_refused(chat, name):
    response = browser(chat, name).get("/get_session_data")
    assert (response.status_code, code(response)) == (400, "bad_request")
    assert not chat.store.asked and "Set-Cookie" not in response.headers


@pytest.mark.parametrize("twice", ["ann", ""])
def test_a_name_that_is_sent_twice_is_refused(chat, twice):
    status, answer = chat.raw(f"GET /get_session_data HTTP/1.1\r\nHost: h\r\n{HEADER}: ann\r\n"
                              f"{HEADER.lower()}: {twice}\r\n\r\n")
    assert status == 400 and b"bad_request" in answer and not chat.store.asked


def test_another_header_may_be_named(start_gateway):
    chat = start_gateway(**PROXY, AUTH_HEADER="X-Who")
    keeps_accounts(chat)
    ann = browser(chat, "ann")
    assert ann.open()["session"]["signed_in"] is False
    ann.http.headers["X-Who"] = "ann"
    assert ann.open()["session"]["signed_in"] is True


def test_issuers_have_accounts_of_their_own(start_gateway):
    seen = []
    for issuer in ("https://one.example", "https://two.example", "https://one.example"):
        chat = start_gateway(**PROXY, AUTH_ISSUER=issuer, label=f"gateway-{len(seen)}")
        keeps_accounts(chat)
        browser(chat, "ann").open()
        seen.append(opened(chat)[0].account)
    assert seen[0] == seen[2] != seen[1]


def test_the_name_is_in_no_log(chat):
    name = "ann-who-is-in-no-log@example.com"
    ann = browser(chat, name)
    ann.open()
    ann.chat(HELLO)
    become(ann, name + ", bob")
    assert code(ann.chat(HELLO)) == "bad_request"
    assert name not in chat.process.log_text


# ---- required -------------------------------------------------------------------------------


def test_required_closes_everything_but_what_tells_nothing(start_gateway):
    chat = start_gateway(**REQUIRED)
    nobody = browser(chat)
    for answer in [nobody.get(path) for path in GUARDED] + [nobody.post(path) for path in CHANGING]:
        assert (answer.status_code, code(answer)) == (401, "sign_in")
        assert "Set-Cookie" not in answer.headers
    # there is no page here
    assert [nobody.get(path).status_code for path in OPEN] == [404, 200, 404]
    assert not chat.store.asked


def test_required_lets_in_who_is_signed_in(start_gateway):
    chat = start_gateway(**REQUIRED)
    keeps_accounts(chat)
    ann = browser(chat, "ann")
    ann.open()
    assert ann.chat(HELLO).status_code == 200
    become(ann, None)
    assert code(ann.chat(HELLO)) == "sign_in"


# ---- whose cookie ---------------------------------------------------------------------------


def test_a_cookie_is_good_for_its_account_only(chat):
    ann = browser(chat, "ann")
    ann.open()
    assert ann.chat(HELLO).status_code == 200
    for other in ("bob", None, "Ann"):
        become(ann, other)
        assert is_closed(ann)
    become(ann, "ann")
    assert ann.chat(HELLO).status_code == 200


def test_the_cookie_of_nobody_is_nothing_to_somebody(chat):
    guest = browser(chat)
    guest.open()
    become(guest, "ann")
    assert is_closed(guest)


def test_a_token_is_good_for_its_account_only(chat):
    """Even beside a cookie that is in order."""
    ann = browser(chat, "ann")
    ann.open()
    token = ann.csrf
    other = browser(chat)
    chat.tied.clear()
    chat.store.on("session_open_request", say("session_open_reply", session=session_of(ann)))
    become(other, "bob")
    other.open()  # a cookie of another account for the same session
    other.csrf = token
    assert code(other.chat(HELLO)) == "csrf"


def test_two_devices_of_an_account_have_one_session(chat):
    one, two = browser(chat, "ann"), browser(chat, "ann")
    one.open()
    two.open()
    assert session_of(one) == session_of(two)
    one.open()
    assert opened(chat)[2].account == ""  # who has the cookie is not matched again


def test_two_accounts_in_one_browser_have_a_session_each(chat):
    tab = browser(chat, "ann")
    tab.open()
    first = session_of(tab)
    become(tab, "bob")
    tab.open()
    assert session_of(tab) != first
    assert (opened(chat)[1].former, opened(chat)[1].create) == ("", 1)
    become(tab, "ann")
    tab.open()
    assert session_of(tab) == first


def test_what_was_there_before_signing_in_is_named_to_the_store(chat):
    tab = browser(chat)
    tab.open()
    guest = session_of(tab)
    become(tab, "ann")
    tab.open()
    asked = opened(chat)[1]
    assert asked.former == guest != asked.session


def test_a_session_that_ended_is_looked_for_again(chat):
    ann = browser(chat, "ann")
    ann.open()
    chat.tied.clear()  # it was cleared on another device
    old, known = session_of(ann), chat.store._scripts["session_open_request"]
    chat.store.on("session_open_request",
                  lambda asked: known(asked) if asked.account else asked.error("signed_out"))
    ann.open()
    assert session_of(ann) != old
    assert opened(chat)[-1].former == ""


def test_clearing_leads_to_a_new_session_of_the_same_account(chat):
    ann = browser(chat, "ann")
    ann.open()
    old = session_of(ann)
    chat.tied.clear()
    ann.csrf = ann.post("/clear_session").json()["csrf_token"]
    assert session_of(ann) != old and opened(chat)[-1].account
    assert ann.chat(HELLO).status_code == 200


def test_a_store_that_knows_no_accounts_counts_as_away(chat):
    chat.store.on("session_open_request", say("session_open_reply"))
    response = browser(chat, "ann").get("/get_session_data")
    assert (response.status_code, code(response)) == (503, "store_down")


# ---- configuration --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings, fault",
    [
        ({"AUTH": "on"}, "AUTH:"),
        ({"TRUSTED_PROXIES": ""}, "AUTH: needs TRUSTED_PROXIES"),
        ({"ACCOUNT_KEY_FILE": ""}, "ACCOUNT_KEY"),
        ({"AUTH_HEADER": "two words"}, "AUTH_HEADER"),
        (
            {"ACCOUNT_KEY_FILE": "", "ACCOUNT_KEY": "a " + "A" * 43 + "=\nb " + "A" * 43 + "="},
            "ACCOUNT_KEY: must be one",
        ),
    ],
)
def test_what_would_let_anybody_in_is_no_configuration(harness, start_gateway, settings, fault):
    good = start_gateway(backends=False, **PROXY)
    env = {key: str(value) for key, value in {**good.env, **settings}.items() if value != ""}
    status, text = harness.run("gateway", "--check-config", env=env)
    assert status == 78 and f"  {fault}" in text, text
