"""What the test speaker itself promises: its two ends understand each other.

Both are written from docs/messages.md; where the services disagree with them,
either a service or the page is wrong.
"""

import pytest

from support import wire
from support.bus import BusError, FakeBackend, FakeGateway, error, in_turn, late, say, stream, twice
from support.wire import BadFrame

VERDICT = {"verdict": 2, "reason": "test", "greeting": 0}


def test_every_message_comes_back_as_sent():
    for name, shapes in wire.SHAPES.items():
        if name.startswith("part "):
            continue
        fields = {
            shape.name: {"str": "ä", "bin": b"\0\xff", "u64": 1, "f64": 0.25, "list": []}[
                shape.type
            ]
            for shape in shapes
            if shape.name != wire.RESERVED
        }
        assert wire.decode(wire.encode(name, **fields)) == fields


def test_a_cut_frame_is_refused():
    frame = wire.Frame(
        "CREDIT", epoch=2**63, body=wire.encode("credit", bytes=70000, last=3)
    ).encode()
    for cut in wire.cuts(frame):
        with pytest.raises(BadFrame):
            wire.decode_frame(cut)


def test_a_newer_or_older_sender_is_understood():
    import msgpack
    number = wire.NUMBERS["credit"]
    assert wire.decode(msgpack.packb([number, 7])) == {"bytes": 7, "last": 0}
    assert wire.decode(msgpack.packb([number, 7, 8, ["new"]])) == {"bytes": 7, "last": 8}


def test_a_question_is_answered(gateway, backend):
    filter_ = backend("filter", gateway.address).on(
        "filter_check_request", say("filter_check_reply", **VERDICT)
    )
    assert gateway.ask("filter_check_request", text="My brakes squeal") == VERDICT
    assert filter_.wait_request("filter_check_request").text == "My brakes squeal"


def test_an_error_carries_its_reason(gateway, backend):
    backend("store", gateway.address).on("session_open_request", error("limited", 1, 250, "slower"))
    with pytest.raises(BusError) as why:
        gateway.ask("session_open_request", session="x")
    assert (why.value.code, why.value.retryable, why.value.retry_after_ms) == ("limited", True, 250)


def test_a_stream_uses_an_offer_and_gives_it_back(gateway, backend):
    backend("llm-worker", gateway.address, slots=1).on(
        "llm_answer_request", stream(["Check ", "the pads."])
    )
    for _ in range(3):
        request = gateway.send("llm_answer_request", turn_id="t")
        assert request.wait().finish_reason == "stop"
        assert request.text == "Check the pads."


def test_late_answers_and_cancel(gateway, backend):
    filter_ = backend("filter", gateway.address)
    filter_.on("filter_check_request", late(0.05, say("filter_check_reply", **VERDICT)))
    assert gateway.ask("filter_check_request", text="x").verdict == 2
    request = gateway.send("filter_review_request", text="y")
    request.wait_accept()
    asked = filter_.wait_request("filter_review_request")
    request.cancel()
    filter_.wait_cancel(asked)
    asked.cancelled()
    with pytest.raises(BusError, match="CANCELLED"):
        request.wait()


def test_an_answer_given_twice_is_noticed(gateway, backend):
    backend("filter", gateway.address).on(
        "filter_check_request",
        in_turn(twice(say("filter_check_reply", **VERDICT)), say("filter_check_reply")),
    )
    gateway.ask("filter_check_request", text="x")
    gateway.ask("filter_check_request", text="y")
    assert gateway.faults == ["filter_check_request ended twice: FINAL"]
    gateway.faults.clear()


def test_a_key_is_good_for_one_service_only(keys, gateway):
    thief = FakeBackend(keys, "store", gateway.address, pair="filter")
    gateway.wait(lambda: gateway.faults, "the fault")
    assert "READY of store under the key of filter" in gateway.faults[0]
    thief.kill()
    gateway.faults.clear()


def test_a_stranger_is_kept_out(keys, gateway, backend):
    stranger = FakeBackend(keys, "filter", gateway.address, pair="stranger")
    backend("filter", gateway.address).wait_welcome()
    assert len(gateway.live("filter")) == 1 and not stranger.links[0].heartbeat
    stranger.kill()


def test_a_gateway_that_comes_back_is_found_again(keys, backend):
    gateway = FakeGateway(keys)
    filter_ = backend("filter", gateway.address).on(
        "filter_check_request", say("filter_check_reply", **VERDICT)
    )
    filter_.wait_welcome()
    gateway.kill()
    again = FakeGateway(keys, port=gateway.port)
    assert again.ask("filter_check_request", text="x").verdict == 2
    again.close()
