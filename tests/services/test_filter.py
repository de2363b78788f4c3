"""What the filter promises, alone on a bus whose other end is the test."""

import signal

import msgpack
import pytest

from support import wire
from support.bus import BusError, FakeGateway
from support.wire import Frame

OFF, DEPENDS, ON = 0, 1, 2
BRAKES = "My brakes squeal, what is it?"


@pytest.fixture
def start(harness, keys, gateway):
    """start(**settings) starts a filter that dials the gateway."""
    def start(*gateways, **settings):
        addresses = ",".join(one.address for one in gateways or [gateway])
        env = {"BUS_GATEWAYS": addresses, **keys.backend_env("filter"), **settings}
        return harness.start("filter", env)
    return start


@pytest.fixture
def filter_(start, gateway):
    process = start()
    gateway.wait_peer("filter")
    return process


def check(gateway, text=BRAKES, **options):
    return gateway.ask("filter_check_request", text=text, **options)


def test_a_silent_gateway_is_logged_once(start, keys, gateway):
    process = start(BUS_GATEWAY_KEY_FILE=keys.path("store.public"))
    process.wait_for_event("bus.gateway_silent", endpoint=f"tcp://{gateway.address}", timeout=20)


# ---- verdicts ------------------------------------------------------------------------------


@pytest.mark.parametrize("text, verdict", [
    (BRAKES, ON), ("Wie oft Ölwechsel beim Golf?", ON), ("P0420", ON),
    ("Give me a recipe with olive oil", OFF), ("and how much is that?", DEPENDS)])
def test_a_message_gets_its_verdict(filter_, gateway, text, verdict):
    say = check(gateway, text)
    assert (say.verdict, say.greeting) == (verdict, 0)
    assert say.reason


def test_a_greeting_is_marked(filter_, gateway):
    say = check(gateway, "Hello there")
    assert (say.verdict, say.greeting) == (DEPENDS, 1)


def test_the_longest_message_gets_a_verdict(filter_, gateway):
    assert check(gateway, ("ä" * 4083) + " brake").verdict == ON


def test_an_answer_is_accepted(filter_, gateway):
    assert gateway.ask("filter_review_request", text="Check the pads.", is_complete=1).accepted == 1


def test_the_test_word_rejects_an_answer(start, gateway):
    start(REVIEW_TEST_WORD="pancake")
    say = gateway.ask("filter_review_request", text="First a pancake, then", is_complete=0)
    assert (say.accepted, say.reason) == (0, "test_word")
    reply = gateway.ask("filter_review_request", text="First the pads, then", is_complete=0)
    assert reply.accepted == 1


def test_a_verdict_is_logged_without_the_text(filter_, gateway):
    check(gateway, "brakes and xylophones")
    gateway.ask("filter_review_request", text="calipers and zithers", is_complete=1)
    assert filter_.wait_for_event("filter.checked")["verdict"] == "on"
    assert filter_.wait_for_event("filter.reviewed")["accepted"] == "1"
    assert not [word for word in ("xylophone", "zither") if word in filter_.log_text]


# ---- on the bus ----------------------------------------------------------------------------


def test_it_identifies_itself(filter_, gateway):
    peer = gateway.wait_peer("filter")
    assert (peer.window, peer.slots) == (64, 0)
    gateway.wait(lambda: peer.pings >= 3, "its heartbeat")


def test_many_requests_at_once_are_each_answered_once(filter_, gateway):
    requests = [gateway.send("filter_check_request", text=f"tyre {n}") for n in range(60)]
    assert all(request.wait().verdict == ON for request in requests)
    assert all(request.accepted for request in requests)


def test_it_serves_two_gateways(start, keys, gateway):
    other = FakeGateway(keys)
    start(gateway, other)
    assert check(gateway).verdict == ON
    assert check(other).verdict == ON
    other.close()


def test_it_finds_a_gateway_that_was_restarted(start, keys):
    first = FakeGateway(keys)
    start(first)
    check(first)
    first.kill()
    again = FakeGateway(keys, port=first.port)
    assert check(again).verdict == ON
    again.close()


# ---- what a broken or hostile peer may send ------------------------------------------------


def request_frame(gateway, body=None, **head):
    return Frame("REQUEST", **{"epoch": gateway.epoch, "id": 7, "attempt": 1, "ttl_ms": 5000,
                               "body": body or wire.encode("filter_check_request", text=BRAKES),
                                **head})


def still_answers(gateway):
    return check(gateway).verdict == ON


def test_a_frame_cut_at_any_byte_is_dropped(filter_, gateway):
    peer = gateway.wait_peer("filter")
    for cut in wire.cuts(request_frame(gateway).encode()):
        gateway.send_raw(peer, cut)
    assert still_answers(gateway)
    assert not [frame for _, frame in gateway.frames if frame.id == 7], "a cut frame was worked on"


def test_a_message_cut_at_any_byte_is_refused(filter_, gateway):
    peer = gateway.wait_peer("filter")
    body = wire.encode("filter_check_request", text=BRAKES)
    cuts = wire.cuts(body)
    for number, cut in enumerate(cuts):
        gateway.send_frame(peer, request_frame(gateway, id=1000 + number).but(body=cut))
    assert still_answers(gateway)
    ends = [frame.type for _, frame in gateway.frames if 1000 <= frame.id < 1000 + len(cuts)]
    assert "FINAL" not in ends


@pytest.mark.parametrize("what, data", [
    ("noise", bytes(range(256)) * 4), ("a number", b"\x07"), ("an empty array", b"\x90"),
    ("a map", b"\x81\x01\x02"), ("a huge claim", b"\xdd\xff\xff\xff\xff"),
    ("deep nesting", b"\x91" * 5000), ("a whole frame and more", None)])
def test_anything_but_a_frame_is_dropped(filter_, gateway, what, data):
    peer = gateway.wait_peer("filter")
    gateway.send_raw(peer, data or request_frame(gateway).encode() + b"\x00")
    assert still_answers(gateway)
    assert not [frame for _, frame in gateway.frames if frame.id == 7]


def test_more_than_one_part_is_dropped(filter_, gateway):
    peer = gateway.wait_peer("filter")
    whole = request_frame(gateway).encode()
    gateway.send_raw(peer, whole, b"more")
    gateway.send_raw(peer, whole[:10], whole[10:])
    gateway.send_raw(peer, *[b"x"] * 500)
    gateway.send_raw(peer, b"", whole)
    assert still_answers(gateway)
    assert not [frame for _, frame in gateway.frames if frame.id == 7]


def test_an_oversized_frame_costs_the_connection_only(filter_, gateway):
    peer = gateway.wait_peer("filter")
    gateway.send_raw(peer, b"x" * (wire.FRAME_MAX + 1))
    gateway.wait(lambda: peer.gone, "a new connection")
    assert still_answers(gateway)


def test_a_frame_of_another_epoch_is_dropped(filter_, gateway):
    peer = gateway.wait_peer("filter")
    gateway.send_frame(peer, request_frame(gateway, epoch=gateway.epoch ^ 1))
    assert still_answers(gateway)
    assert not [frame for _, frame in gateway.frames if frame.id == 7]


def test_a_message_of_another_service_is_dropped(filter_, gateway):
    for name in ("turn_stop_request", "models_list_request"):
        gateway.send_frame(gateway.wait_peer("filter"),
                           request_frame(gateway, body=wire.encode(name)))
    assert still_answers(gateway)
    assert not [frame for _, frame in gateway.frames if frame.id == 7]


def test_a_request_of_a_newer_version_is_rejected_at_once(filter_, gateway):
    gateway.send_frame(gateway.wait_peer("filter"),
                       request_frame(gateway, body=msgpack.packb([79, "x"])))
    assert gateway.wait_frame("ERROR", id=7).message.retryable == 0


def test_an_unknown_message_or_frame_harms_nobody(filter_, gateway):
    peer = gateway.wait_peer("filter")
    gateway.send_frame(peer, request_frame(gateway, body=msgpack.packb([9999, "x"])))
    gateway.send_frame(peer, request_frame(gateway, id=8).but(type=99))
    gateway.send_frame(peer, request_frame(gateway, id=9).but(type="OFFER"))
    assert still_answers(gateway)
    assert not [frame for _, frame in gateway.frames
                if frame.id in (7, 8, 9) and frame.type == "FINAL"]


def test_a_field_over_its_limit_is_refused(filter_, gateway):
    with pytest.raises(BusError):
        check(gateway, "x" * 8193, checked=False)
    with pytest.raises(BusError):
        gateway.ask("filter_review_request", checked=False, text="x", is_complete=2)
    assert still_answers(gateway)


def test_text_that_is_not_utf8_is_refused(filter_, gateway):
    peer = gateway.wait_peer("filter")
    body = wire.encode("filter_check_request", text="brake").replace(b"brake", b"br\xffke")
    gateway.send_frame(peer, request_frame(gateway, body=body))
    assert gateway.wait_frame("ERROR", id=7).message.retryable == 0
    assert still_answers(gateway)


def test_a_newer_gateway_is_understood(filter_, gateway):
    body = msgpack.packb([wire.NUMBERS["filter_check_request"], BRAKES, "", ["new"], 7])
    gateway.send_frame(gateway.wait_peer("filter"), request_frame(gateway, body=body))
    assert gateway.wait_frame("FINAL", id=7).message.verdict == ON


def test_a_gateway_with_an_unknown_key_gets_nothing(start, keys, gateway):
    impostor = FakeGateway(keys, pair="stranger")
    start(impostor, gateway)
    assert still_answers(gateway)
    assert not impostor.frames and not impostor.peers
    impostor.kill()


# ---- shutdown ------------------------------------------------------------------------------


def test_sigterm_drains(filter_, gateway):
    requests = [gateway.send("filter_check_request", text=f"tyre {n}") for n in range(40)]
    for request in requests:
        request.wait_accept()
    filter_.signal(signal.SIGTERM)
    gateway.wait_frame("DRAIN")
    gateway.wait_frame("BYE")
    assert all(request.wait().verdict == ON for request in requests)
    assert filter_.wait() == 0


def test_it_ends_without_a_gateway_too(start, keys):
    gone = FakeGateway(keys)
    gone.close()
    process = start(gone)
    process.wait_for_event("filter.started")
    assert process.stop() == 0


def test_a_bad_configuration_lists_all_errors(harness):
    status, said = harness.run("filter", env={"LOG_LEVEL": "loud", "FILTER_WINDOW": "0"})
    assert status == 78
    for name in ("BUS_GATEWAYS", "BUS_SECRET_KEY", "BUS_GATEWAY_KEY", "LOG_LEVEL", "FILTER_WINDOW"):
        assert name in said


def test_check_config_shows_no_secret(harness, keys):
    status, said = harness.run("filter", "--check-config",
                             env={"BUS_GATEWAYS": "a:1", **keys.backend_env("filter")})
    assert status == 0 and "BUS_SECRET_KEY=(set)" in said
    assert keys.pairs["filter"].secret.decode() not in said
