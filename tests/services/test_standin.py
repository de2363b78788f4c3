"""What tests may expect of the stand-in upstream and of the client's event parser."""

import requests

from support.client import parse_events
from support.standin import KEY

ASK = {"model": "standin/ok", "stream": True, "messages": [{"role": "user", "content": "oil?"}]}


def ask(standin, key=KEY, **fields):
    return requests.post(f"{standin.url}/chat/completions", json={**ASK, **fields}, timeout=10,
                         headers={"Authorization": f"Bearer {key}"})


def test_the_journal_shows_what_came_and_how_it_ended(standin):
    assert ask(standin).text.endswith("data: [DONE]\n\n")
    assert standin.wait_journal("end", end="completed")["status"] == 200
    assert standin.completions == [ASK]


def test_a_restart_keeps_the_port(standin):
    port = standin.port
    standin.kill()
    standin.start()
    assert standin.port == port and ask(standin, key="sk-or-v1-other").status_code == 401


def test_events_are_told_from_comments():
    lines = [": hello", "", "id: t:3", "event: delta", 'data: {"text":', 'data: "a"}', "",
             'data: {"x": 1}', ""]
    comment, delta, plain = parse_events(lines)
    assert (comment.name, comment.data) == (":", "hello")
    assert (delta.name, delta.id, delta.data) == ("delta", "t:3", {"text": "a"})
    assert (plain.name, plain.id, plain.data) == ("message", None, {"x": 1})
