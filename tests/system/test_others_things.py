"""Nobody gets at what is another's: every address is asked with another person's ids.

Each answer must be the one for ids that there are not, in status, head and body; and nothing of the
other person's may have been shown, stopped or changed.  A new line of routes.def fails here until
WALK says how it is asked.
"""

import re
import uuid
from types import SimpleNamespace

import pytest

from support.contract import routes
from support.wait import wait_until

SECRET = "My grandmother's brakes squeal"
SLOW = "standin/ok@tokens=600,delay=20"  # twelve seconds
EVENTS = {"Accept": "text/event-stream"}


def gets(*paths, **options):
    """A GET for each path; what stands in braces is an id."""
    return [
        lambda browser, ids, path=path: browser.get(path.format(**vars(ids)), **options)
        for path in paths
    ]


def posts(path, *bodies, **options):
    """A POST for each body; a text in braces is an id."""
    def fill(body, ids):
        return {
            key: value.format(**vars(ids)) if isinstance(value, str) else value
            for key, value in body.items()
        }

    return [
        lambda browser, ids, body=body: browser.post(
            path.format(**vars(ids)), fill(body, ids), **options
        )
        for body in bodies
    ]


def asks(method, path, body):
    return [
        lambda browser, ids: browser.http.request(
            method,
            browser.url + path.format(**vars(ids)),
            json=body,
            headers={"X-CSRF-Token": browser.csrf},
            timeout=25,
        )
    ]


def says(headers=None, **fields):
    return posts("/chat", {"message": "My brakes squeal", **fields}, headers=headers)


def says_under_key(name):
    return [lambda browser, ids: browser.post("/chat", {"message": "My brakes squeal"},
                                              {"Idempotency-Key": getattr(ids, name)})]


def hears_from(name):
    """Goes on behind an event of somebody else's."""
    return [lambda browser, ids: browser.get(f"/chat/events/{getattr(ids, name)}",
                                             headers={"Last-Event-ID": f"{getattr(ids, name)}:5"})]


# How each line of routes.def is asked.  The ids: a turn that is kept and its chat, a turn that runs
# and its chat.
WALK = {
    ("GET", "/"): gets("/"),
    ("GET", "/static/*"): gets("/static/{chat}"),
    ("GET", "/health"): gets("/health"),
    ("GET", "/get_session_data"): gets(
        "/get_session_data", "/get_session_data?conversation_id={chat}"
    ),
    ("POST", "/chat"): [
        *says(conversation_id="{chat}"),
        *says(conversation_id="{running_chat}"),
        *says(turn_id="{turn}"),
        *says(turn_id="{running}"),
        *says(EVENTS, turn_id="{running}"),
        *says(EVENTS, turn_id="{turn}"),
        *says(turn_id="{turn}", conversation_id="{chat}"),
        *says(conversation_id="{chat}", after_seq=1),
        *says(conversation_id="{chat}", after_seq=0),
        *says_under_key("turn"),
        *says_under_key("running"),
    ],
    ("GET", "/chat/events/*"): [
        *gets(
            "/chat/events/{turn}",
            "/chat/events/{running}",
            "/chat/events/{chat}",
            "/chat/events/{running}?after=3",
        ),
        *hears_from("turn"),
        *hears_from("running"),
    ],
    ("POST", "/chat/stop"): posts("/chat/stop", {"turn_id": "{turn}"}, {"turn_id": "{running}"}),
    ("GET", "/conversations/*"): gets(
        "/conversations/{chat}",
        "/conversations/{running_chat}",
        "/conversations/{chat}?cursor=2",
        "/conversations/{turn}",
    ),
    ("GET", "/conversations"): gets(
        "/conversations", "/conversations?cursor=1700000000000000-{chat}"
    ),
    ("POST", "/conversations/*"): posts("/conversations/{chat}", {})
    + posts("/conversations/{running_chat}", {}),
    ("PATCH", "/conversations/*"): asks("PATCH", "/conversations/{chat}", {"title": "Mine"}),
    ("DELETE", "/conversations/*"): asks("DELETE", "/conversations/{chat}", {}),
    ("GET", "/conversations/*/export"): gets(
        "/conversations/{chat}/export?format=md", "/conversations/{chat}/export?format=json",
        "/conversations/{running_chat}/export?format=json", "/conversations/{turn}/export"),
    # A file has no ids, and one that brings some is refused.
    ("POST", "/conversations/import"): posts(
        "/conversations/import",
        {"conversation_id": "{chat}"},
        {
            "format": "automotive-chat",
            "version": 1,
            "title": "t",
            "turns": [],
            "created_at": "2026-01-01T00:00:00.000Z",
            "conversation_id": "{chat}",
        },
    ),
    ("GET", "/search"): gets(
        "/search?q=grandmother",
        "/search?q=%22grandmother%27s+brakes%22",
        "/search?q={chat}",
        "/search?q=squeal&cursor=999999999",
    ),
    ("POST", "/feedback"): posts(
        "/feedback", {"turn_id": "{turn}", "value": -1}, {"turn_id": "{running}", "value": 1}
    ),
    ("GET", "/usage"): gets("/usage", "/usage?days=366"),
    ("POST", "/clear_chat"): posts("/clear_chat", {"conversation_id": "{chat}"},
                                   {"conversation_id": "{chat}", "delete": True}, {"delete": True}),
    ("POST", "/clear_session"): posts("/clear_session", {"session": "{session}"}),
    ("POST", "/save_settings"): posts(
        "/save_settings", {"session": "{session}", "model": "standin/ok"}
    ),
    ("POST", "/test_openrouter"): posts("/test_openrouter", {"session": "{session}"}),
    ("GET", "/models"): gets("/models"),
}

VARYING = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
    (r"c1\.[\w-]{43}", "<mac>"),
    # Waiting and the pieces of an answer depend on the moment: they count as one.
    (r"(?s)(id: [^\n]*\nevent: queued\n.*?\n\n)?id: [^\n]*\nevent: started\n(.*?)\n\n.*event: done",
     r"event: started \2 event: done"),
]


def shown(response):
    """Status, head and body, without what differs between any two people."""
    head = sorted((name, value) for name, value in response.headers.items() if name != "Date")
    text = f"{response.status_code} {head} {response.text}"
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    return text


def nobody_s():
    """Ids that there are not."""
    return SimpleNamespace(**{name: str(uuid.uuid4())
                              for name in ("chat", "turn", "running", "running_chat", "session")})


def owner(system):
    """Somebody with a chat that is kept and an answer that is being written, and the ids of all
    that."""
    ann = system.client()
    kept = ann.say(SECRET)
    ann.post("/clear_chat")
    running = str(uuid.uuid4())
    stream = ann.stream(SECRET, turn_id=running, model=SLOW)
    started = stream.wait_for("started")
    stream.wait_for("delta")
    return (
        ann,
        stream,
        SimpleNamespace(
            chat=kept["conversation_id"],
            turn=kept["turn_id"],
            running=running,
            running_chat=started.data["conversation_id"],
            session=ann.http.cookies["session"].split(".")[0],
        ),
    )


def test_every_route_is_walked():
    assert set(WALK) == set(routes())


@pytest.mark.timeout(90)
def test_another_person_s_ids_are_like_ids_that_there_are_not(system):
    system.start(workers=3)
    ann, stream, hers = owner(system)
    before = ann.get(f"/conversations/{hers.chat}").json()
    for line, probes in WALK.items():
        for number, probe in enumerate(probes):
            with_hers, with_none = (probe(system.client(), ids) for ids in (hers, nobody_s()))
            assert shown(with_hers) == shown(with_none), f"{line} {number}"
            assert SECRET not in with_hers.text, f"{line} {number}"
    assert ann.get(f"/conversations/{hers.chat}").json() == before
    assert not stream.closed.is_set() and ann.open()["running_turn"]["turn_id"] == hers.running
    ann.stop(hers.running)
    assert stream.wait_end().data["status"] == "stopped"
    assert [content for role, content in ann.history if role == "user"] == [SECRET]


def test_whoever_walks_another_gateway_s_turns_finds_none(system):
    """The same where the turn is walked elsewhere, so that the store is asked."""
    system.start(gateways=2)
    ann, stream, hers = owner(system)
    for path in ("/chat/events/{running}", "/chat/events/{running}?after=3"):
        answers = [gets(path)[0](system.client(1), ids) for ids in (hers, nobody_s())]
        assert shown(answers[0]) == shown(answers[1]) and answers[0].status_code == 404
    stop = posts("/chat/stop", {"turn_id": "{running}"})[0]
    assert shown(stop(system.client(1), hers)) == shown(stop(system.client(1), nobody_s()))
    written = len(stream.text)
    wait_until(lambda: len(stream.text) > written, "more of the answer")
    ann.stop(hers.running)
    stream.wait_end()


@pytest.mark.parametrize("forge", [
    lambda hers, mine: hers + mine[36:],                # my MAC under her id
    lambda hers, mine: hers,                            # no MAC
    lambda hers, mine: f"{hers}.c1.{'A' * 43}"])        # one that is made up
def test_a_guessed_session_is_no_session(system, forge):
    system.start()
    ann = system.client()
    ann.say(SECRET)
    bob = system.client()
    mine = bob.http.cookies["session"]

    def try_with(session):
        tab = system.client()
        tab.http.cookies.set("session", forge(session, mine), domain="127.0.0.1", path="/")
        return [
            tab.get(f"/conversations/{uuid.uuid4()}"),
            tab.post("/clear_session"),
            tab.get("/get_session_data"),
        ]

    real = try_with(ann.http.cookies["session"].split(".")[0])
    none = try_with(str(uuid.uuid4()))
    assert [shown(one) for one in real] == [shown(one) for one in none]
    assert [one.status_code for one in real] == [401, 401, 200]
    assert real[2].json()["chat_history"] == [] and len(ann.history) == 2
