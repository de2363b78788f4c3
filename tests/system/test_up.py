"""What scripts/up promises: the whole chat with one command, and nothing of it left after
Ctrl-C."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import pytest
import requests

from support.processes import ROOT, free_port, is_alive
from support.wait import wait_until

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("release")]  # scripts/up builds one
UP = ROOT / "scripts" / "up"


class Up:
    """One run of scripts/up in a data folder of its own."""

    def __init__(self, data, *options, port=None):
        self.data, self.port = Path(data), port or free_port()
        self.output = tempfile.TemporaryFile("w+")
        env = {key: value for key, value in os.environ.items() if not key.startswith("OPENROUTER_")}
        # Whoever runs the tests in the background ignores SIGINT, and bash cannot take that back.
        self.child = subprocess.Popen(
            [UP, "--port", str(self.port), "--data", str(self.data), *options], env=env,
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def printed(self):
        self.output.seek(0)
        return self.output.read()

    def wait_until_ready(self):
        def ready():
            assert self.child.poll() is None, self.printed()
            return "the chat is at" in self.printed()
        wait_until(ready, "scripts/up to be ready", 150)
        return self

    def pids(self):
        return {file.name: int(file.read_text()) for file in (self.data / "pids").iterdir()}

    def press_ctrl_c(self):
        self.child.send_signal(signal.SIGINT)
        return self.child.wait(60)


@pytest.fixture
def up():
    runs, folder = [], tempfile.mkdtemp(prefix="up-")
    os.chmod(folder, 0o711)

    def start(*options, **more):
        runs.append(Up(folder, *options, **more))
        return runs[-1]

    yield start
    for run in runs:
        if run.child.poll() is None:
            run.press_ctrl_c()
        run.output.close()
    shutil.rmtree(folder)


@pytest.fixture
def browser():
    """browser(run, cookies) opens a session; it is closed with the test."""
    opened = []

    def open_session(run, cookies=None):
        person = requests.Session()
        opened.append(person)
        person.cookies.update(cookies or {})
        session = person.get(f"{run.url}/get_session_data").json()
        person.headers["X-CSRF-Token"] = session["csrf_token"]
        return person, session

    yield open_session
    for person in opened:
        person.close()


def health(url):
    with urllib.request.urlopen(f"{url}/health") as answer:
        return json.load(answer)


def say(run, person, text):
    answer = person.post(f"{run.url}/chat", json={"message": text}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_chats_ends_wholly_and_keeps_its_data(up, browser):
    run = up().wait_until_ready()
    assert "demo answers: no OpenRouter key" in run.printed()
    assert health(run.url)["demo"] is True
    everybody = {"filter": 1, "llm-worker": 2, "store": 1}
    wait_until(lambda: health(run.url)["services"] == everybody, "both workers")
    page = requests.get(run.url)
    assert page.status_code == 200 and "<html" in page.text
    person, _ = browser(run)
    assert say(run, person, "My brakes squeal when it rains. Why?")["status"] == "committed"
    pids = run.pids()
    assert set(pids) == {"redis", "postgres", "store", "filter", "llm-worker-1", "llm-worker-2",
                         "gateway-1", "openrouter-standin"}

    assert run.press_ctrl_c() == 0
    assert not [name for name, pid in pids.items() if is_alive(pid)]

    again = up(port=run.port).wait_until_ready()
    _, session = browser(again, person.cookies)
    assert [line["content"] for line in session["chat_history"]][:1] == [
        "My brakes squeal when it rains. Why?"
    ]
    assert again.press_ctrl_c() == 0

    afresh = up("--reset", port=run.port).wait_until_ready()
    _, session = browser(afresh, person.cookies)
    assert session["chat_history"] == []


def test_it_scales_and_starts_again_what_dies(up, browser):
    run = up("--workers", "3", "--gateways", "2").wait_until_ready()
    wait_until(lambda: health(run.url)["services"]["llm-worker"] == 3, "three workers")
    first = run.pids()["llm-worker-2"]
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: run.pids().get("llm-worker-2", first) != first, "another worker in its place"
    )
    wait_until(lambda: health(run.url)["services"]["llm-worker"] == 3, "three workers again", 20)
    person, _ = browser(run)
    assert say(run, person, "How often should I change the engine oil?")["response"]
    assert run.press_ctrl_c() == 0


def test_a_taken_port_is_a_clear_message(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = up(port=port)
        assert run.child.wait(30) == 1
        assert f"port {port} is taken" in run.printed()


@pytest.mark.parametrize("options", [["--workers", "none"], ["--gateways", "0"], ["--nonsense"]])
def test_a_wrong_option_is_refused_before_anything_starts(up, options):
    run = up(*options)
    assert run.child.wait(10) == 64
    assert not (run.data / "pids").exists()
