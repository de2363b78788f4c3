"""What the gateway promises on its own bus: whoever dials in and whatever is sent, people get one
clear answer, and the next one is good again."""

import msgpack
import pytest

from support import wire
from support.bus import FakeBackend, busy, error, late, never, say, twice
from support.client import TERMINAL
from support.wire import Frame

HELLO = "My brakes squeal when I stop. Why?"


def chats(gateway):
    return gateway.client().say(HELLO)["status"] == "committed"


def counts(gateway):
    return gateway.stranger().get("/health").json()["services"]


# ---- every answer comes wrongly once ------------------------------------------------------

GOOD = {
    "limit_take_request": ("store", "limit_take_reply", {"allowed": 1}),
    "turn_begin_request": (
        "store",
        "turn_begin_reply",
        {"conversation": "c0ffee00-0000-4000-8000-000000000001", "epoch": 7, "seq": 1},
    ),
    "filter_check_request": ("filter", "filter_check_reply", {"verdict": 2, "reason": "test"}),
    "llm_answer_request": (
        "worker",
        "llm_answer_reply",
        {"text": "Check the pads.", "finish_reason": "stop"},
    ),
    "filter_review_request": ("filter", "filter_review_reply", {"accepted": 1, "reason": "test"}),
    "turn_commit_request": ("store", "turn_commit_reply", {}),
}


def cut(name, fields):
    """The last byte of the message is missing."""
    return lambda asked: asked.finish("FINAL", wire.encode(name, **fields)[:-1])


TORTURES = {
    "twice": lambda name, fields: twice(say(name, **fields)),
    "late": lambda name, fields: late(0.4, say(name, **fields)),
    "cut": cut,
    "another message": lambda name, fields: say(
        "done_reply" if name != "done_reply" else "models_list_reply"
    ),
    "an error": lambda name, fields: error("internal"),
    "an unknown error": lambda name, fields: error("error_of_a_newer_version"),
    "never": lambda name, fields: never,
}


@pytest.mark.parametrize("torture", TORTURES)
@pytest.mark.parametrize("asked", GOOD)
def test_a_wrong_answer_ends_clearly(start_gateway, asked, torture):
    gateway = start_gateway(ANSWER_TIMEOUT_MS=3000)
    who, answer, fields = GOOD[asked]
    backend = getattr(gateway, who)
    backend.on(asked, TORTURES[torture](answer, fields))
    stream = gateway.client().stream(HELLO)
    end = stream.wait_end(timeout=25)
    assert [event.name in TERMINAL for event in stream.events].count(True) == 1
    if end.name == "error":
        assert end.data["text"] == HELLO and end.data["message"] and end.data["code"] in wire.ERRORS
    if torture in ("twice", "late"):
        assert end.name == "done"
    backend.on(asked, say(answer, **fields))
    assert chats(gateway)


# ---- frames nobody may send ---------------------------------------------------------------


def wait_until_read(hostile):
    """Its frames have been read: a PING behind them was answered."""
    hostile.links[0].pong = None
    hostile.say("PING")
    hostile.wait(lambda: hostile.links[0].pong, "PONG")


@pytest.fixture
def hostile(chat, backend):
    """A second filter that got in with its own key; it never answers anything."""
    one = backend("filter", chat.bus, window=1).wait_welcome()
    one.on("filter_check_request", busy).on("filter_review_request", busy)
    return one


def frames_of(hostile):
    epoch = hostile.links[0].epoch
    ready = wire.encode(
        "ready", service="filter", instance="cut", boot=1, protocol_min=1, protocol_max=1, window=4
    )
    final = wire.encode("filter_check_reply", verdict=0, reason="hostile")
    return [
        Frame("READY", body=ready),
        Frame("PING", epoch=epoch, body=wire.encode("ping", free=1)),
        Frame("FINAL", epoch=epoch, id=7, attempt=1, body=final),
    ]


def test_frames_cut_at_any_byte(chat, hostile):
    for frame in frames_of(hostile):
        for piece in wire.cuts(frame.encode()):
            hostile.send_raw(piece)
    assert chats(chat)


def test_more_than_one_part(chat, hostile):
    for frame in frames_of(hostile):
        whole = frame.encode()
        hostile.send_raw(whole, b"more")
        hostile.send_raw(b"", whole)
        hostile.send_raw(*[b"x"] * 1000)
    assert chats(chat)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)),
        b"\x07",
        b"\x90",
        b"\x81\x01\x02",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5000,
        msgpack.packb([1, 99, 0, 0, 0, 0, 0, "", b""]),
    ],
)
def test_what_is_no_frame(chat, hostile, data):
    for _ in range(100):
        hostile.send_raw(data)
    assert chats(chat)


def test_an_oversized_frame(chat, hostile):
    hostile.send_raw(b"x" * (wire.FRAME_MAX + 1))
    assert chats(chat)


def test_answers_to_questions_nobody_asked(chat, hostile):
    epoch = hostile.links[0].epoch
    for number in range(200):
        for kind, body in (
            ("ACCEPT", "accept"),
            ("CHUNK", "llm_chunk"),
            ("FINAL", "filter_check_reply"),
            ("ERROR", "error"),
            ("CANCELLED", "cancelled"),
            ("BUSY", "busy"),
        ):
            hostile.send_raw(
                Frame(
                    kind, epoch=epoch, id=number, attempt=1, sequence=1, body=wire.encode(body)
                ).encode()
            )
    assert chats(chat)


def test_an_answer_in_anothers_name_is_not_heard(chat, hostile):
    """A filter cannot answer what the store, the worker or the other filter was asked."""
    chat.worker.on("llm_answer_request", never)
    stream = chat.client().stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    body = wire.encode("llm_answer_reply", text="Buy my oil!", finish_reason="stop")
    for attempt in range(4):
        hostile.send_raw(
            Frame(
                "CHUNK",
                epoch=hostile.links[0].epoch,
                id=asked.frame.id,
                attempt=attempt,
                sequence=1,
                body=wire.encode("llm_chunk", text="Buy my oil!"),
            ).encode()
        )
        hostile.send_raw(
            Frame(
                "FINAL",
                epoch=hostile.links[0].epoch,
                id=asked.frame.id,
                attempt=attempt,
                sequence=1,
                body=body,
            ).encode()
        )
    wait_until_read(hostile)
    asked.chunk("llm_chunk", text="Check the pads.")
    asked.final("llm_answer_reply", finish_reason="stop")
    stream.wait_end()
    assert stream.text == "Check the pads."


def test_an_answer_of_an_earlier_life_is_dropped(chat, hostile):
    epoch = hostile.links[0].epoch
    for frame in frames_of(hostile):
        hostile.send_raw(frame.but(epoch=epoch ^ 1).encode())
    assert chats(chat)


def test_offers_of_a_filter_and_endless_offers_of_a_worker(chat, hostile, backend):
    hostile.say("OFFER", offer=1)
    greedy = backend("llm-worker", chat.bus, slots=1).wait_welcome()
    greedy.on("llm_answer_request", busy)
    for number in range(5000):
        greedy.say("OFFER", offer=10 + number)
    assert chats(chat)


# ---- who may dial in ----------------------------------------------------------------------


def test_a_strangers_key_is_let_in_nowhere(keys, chat):
    strangers = [
        FakeBackend(
            keys, service, chat.bus, pair="stranger", slots=2 if service == "llm-worker" else 0
        )
        for service in ("filter", "llm-worker", "store")
    ]
    assert chats(chat)
    assert counts(chat) == {"filter": 1, "llm-worker": 1, "store": 1}
    for stranger in strangers:
        assert not stranger.frames
        stranger.kill()


def test_a_key_is_good_for_its_own_service_only(keys, chat):
    thief = FakeBackend(keys, "store", chat.bus, pair="llm-worker")
    chat.process.wait_for_event("bus.ready_refused")
    assert not thief.links[0].heartbeat
    assert counts(chat)["store"] == 1 and chats(chat)
    thief.kill()


@pytest.mark.parametrize(
    "wrong",
    [
        {"instance": ""},
        {"instance": "a b"},
        {"protocol_min": 9, "protocol_max": 9},
        {"window": 0},
        {"slots": 3},
        {"service": "gateway"},
    ],
)
def test_a_ready_that_cannot_be_is_refused(keys, chat, wrong):
    before = counts(chat)
    odd = FakeBackend(keys, "filter", chat.bus, ready=wrong)
    chat.process.wait_for_event("bus.ready_refused")
    assert counts(chat) == before and chats(chat)
    odd.kill()


def test_a_backend_that_begins_for_ever_fills_no_log(start_gateway):
    gateway = start_gateway()
    for _ in range(1000):
        gateway.filter.say_ready()
    gateway.filter.wait(
        lambda: sum(f.type == "WELCOME" for f in gateway.filter.frames) >= 1000,
        "all to be taken in",
    )
    lines = gateway.process.find_events("bus.link_up", peer="filter")
    assert 100 < len(lines) < 400, "a line for each READY"
    assert chats(gateway)
