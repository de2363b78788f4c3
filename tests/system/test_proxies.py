"""Tokens come through two nginx as they are made, and so does all else that the page sends."""

import json
import statistics

import pytest
import requests

from support.processes import free_port
from support.wait import wait_until

TOKENS, PACE = 40, 0.05
BRAKES = "My brakes squeal"
PLAIN = """
pid {folder}/pid; error_log stderr; daemon off; master_process off; events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {inner};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


def _answers(url):
    try:
        return requests.get(url + "/health", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture
def behind_another(harness):
    """An nginx of somebody who never heard of streams, with everything as it comes; gives its
    address."""
    def start(inner):
        folder, port = harness.folder / "outer", free_port()
        folder.mkdir()
        (folder / "nginx.conf").write_text(PLAIN.format(folder=folder, port=port, inner=inner))
        harness.start(
            "nginx-outer", command=["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        )
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}"), "the outer nginx")
        return f"http://127.0.0.1:{port}"
    return start


def test_tokens_come_through_two_nginx_as_they_are_made(system, behind_another):
    system.start(gateways=2)
    person = system.client(url=behind_another(system.add_nginx().url))
    stream = person.stream(BRAKES, model=f"standin/ok@tokens={TOKENS},delay={int(PACE * 1000)}")
    assert stream.wait_end().name == "done"
    came = [event.at for event in stream.events if event.name == "delta"]
    gaps = [later - earlier for earlier, later in zip(came, came[1:])]
    assert len(came) >= TOKENS / 2
    assert came[-1] - came[0] > 0.5 * (TOKENS - 1) * PACE, "they came in one go"
    assert statistics.median(gaps) > 0.5 * PACE, f"they came in lumps: {gaps}"


def test_a_chat_of_a_mebibyte_comes_in_through_nginx(system):
    system.start()
    person = system.client(url=system.add_nginx().url)
    turn = {
        "status": "committed",
        "question": {"content": BRAKES, "at": "2026-01-31T10:15:30.123Z"},
        "answer": {
            "content": "Look at the pads. " * 1000,
            "at": "2026-01-31T10:15:33.456Z",
            "model": "a/model",
            "finish_reason": "stop",
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0},
            "feedback": 0,
        },
    }
    chat = {
        "format": "automotive-chat",
        "version": 1,
        "title": BRAKES,
        "created_at": "2026-01-31T10:15:30.123Z",
        "turns": [],
    }
    chat["turns"] = [turn] * ((1 << 20) // (len(json.dumps(turn)) + 2) - 1)
    assert person.post("/conversations/import", chat).status_code == 200
