"""What the people of the storm promise: they read HTTP right, and know which outcome may be sent
again."""

import asyncio
import json
import re

import pytest

from line import Line
from people import AGAIN, Person
from support.ledger import KEPT_AS
from support.processes import ROOT

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def talk(said, times=1, close=True, head_s=5, body_s=5):
    """What a line makes of a server that says these bytes to each request."""
    lines = []

    async def serve(reader, writer):
        lines.append(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(said)
                if close:
                    break
        except asyncio.IncompleteReadError:
            pass
        if close:
            writer.close()

    async def ask():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        line = Line(server.sockets[0].getsockname()[1])
        async with server:
            try:
                return [
                    await line.exchange(b"GET / HTTP/1.1\r\n", b"", head_s, body_s)
                    for _ in range(times)
                ]
            finally:
                line.close()
                for writer in lines:
                    writer.close()
    return asyncio.run(ask()), len(lines)


def test_a_line_is_kept_between_two_requests():
    replies, lines = talk(
        b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\n{}", 2, close=False
    )
    assert [(one.status, one.body, one.is_whole) for one in replies] == 2 * [(409, b"{}", True)]
    assert replies[0].headers[b"retry-after"] == b"3" and lines == 1


def test_a_body_in_chunks_is_put_together():
    (reply,), _ = talk(HEAD + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert (reply.body, reply.is_whole) == (b"abcde", True)


@pytest.mark.parametrize(
    "rest, body", [(b"3\r\nabc\r\n", b"abc"), (b"3\r\nabc\r\n5\r\nde", b"abc")]
)
def test_of_a_body_that_broke_off_there_is_what_came(rest, body):
    (reply,), _ = talk(HEAD + rest)
    assert (reply.body, reply.is_whole) == (body, False)


def test_a_body_that_is_shorter_than_it_said_is_not_whole():
    (reply,), _ = talk(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}")
    assert not reply.is_whole


def test_a_line_that_closes_without_a_head_is_an_error():
    with pytest.raises(ConnectionError):
        talk(b"")


@pytest.mark.parametrize("said", [b"", HEAD + b"3\r\nabc\r\n"])
def test_silence_has_an_end(said):
    with pytest.raises(TimeoutError):
        talk(said, close=False, head_s=0.2, body_s=0.2)


# ---- what it means --------------------------------------------------------------------------


def event(name, **data):
    return f"id: x:0\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


def judged(*events):
    class Reply:
        body = b": hello\n\n" + b"".join(events)
    return Person._judge_events(Person.__new__(Person), Reply)


STARTED = event("started", turn_id="t", conversation_id="c", model="m")
WORDS = event("delta", text="Check ") + event("delta", text="the oil")


@pytest.mark.parametrize("status", KEPT_AS)
def test_an_answer_that_is_kept_is_the_end(status):
    answer = judged(STARTED, WORDS, event("done", status=status))
    assert (answer.end, answer.conversation, answer.text) == (status, "c", "Check the oil")


def test_an_answer_that_is_not_saved_may_be_sent_again():
    assert (judged(STARTED, WORDS, event("done", status="unsaved")).end) is None


@pytest.mark.parametrize(
    "events", [(), (STARTED, WORDS), (STARTED, WORDS, b"event: done\ndata: {")]
)
def test_a_stream_without_its_end_may_be_sent_again(events):
    answer = judged(*events)
    assert (answer.end, answer.why) == (None, "broken off")


def test_an_error_says_whether_the_turn_may_be_sent_again():
    passing = judged(event("error", code="store_down", retry_after=2))
    assert (passing.end, passing.why, passing.wait) == (None, "store_down", 2)
    assert judged(event("error", code="off_topic", retry_after=0)).end == "error"


def test_every_error_that_may_be_sent_again_is_one():
    table = (ROOT / "proto/base/errors.def").read_text()
    assert AGAIN <= set(re.findall(r'^ERR\(\w+, "(\w+)"', table, re.MULTILINE))
