"""Starts a stand-in and talks to it over plain sockets, so that a test sees the raw bytes."""

import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / os.environ.get("BUILD", "build/dev")
PROGRAM = os.environ.get("STANDIN") or str(BUILD / "tests/openrouter/openrouter-standin")
KEY = "sk-or-v1-of-the-test-0123"
TIMEOUT = 20


class Reply:
    """One answer: status, headers (lower case), body, the chunks it came in, and how it ended."""

    def __init__(self, status, headers):
        self.status, self.headers = status, headers
        self.chunks, self.ended = [], "open"

    @property
    def body(self):
        return b"".join(self.chunks)

    def json(self):
        return json.loads(self.body)

    def data(self):
        """The data of all events, by the rules of server-sent events; comments are left out."""
        lines = re.split(rb"\r\n|\n|\r", self.body)
        events, data = [], []
        for line in lines:
            if not line and data:
                events.append(b"\n".join(data).decode())
                data = []
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
        return events

    def events(self):
        return [json.loads(data) for data in self.data() if data != "[DONE]"]

    def deltas(self):
        return [event["choices"][0]["delta"] for event in self.events() if event["choices"]]

    def text(self):
        return "".join(delta.get("content") or "" for delta in self.deltas())

    def finishes(self):
        choices = [event["choices"][0] for event in self.events() if event["choices"]]
        found = [choice["finish_reason"] for choice in choices]
        return [finish for finish in found if finish]

    def usage(self):
        return [event["usage"] for event in self.events() if "usage" in event]

    def error(self):
        return [event["error"] for event in self.events() if "error" in event]

    def is_done(self):
        return self.data()[-1:] == ["[DONE]"]


class Line:
    """One connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, method, path, body=b"", key=KEY, headers=()):
        head = [f"{method} {path} HTTP/1.1", "Host: standin", f"Content-Length: {len(body)}"]
        if key is not None:
            head.append(f"Authorization: Bearer {key}")
        head += headers
        self.socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def ask(self, model, stream=True, question="How do I check the oil?", **more):
        body = {"model": model, "stream": stream,
                "messages": [{"role": "user", "content": question}], **more}
        self.send("POST", "/api/v1/chat/completions", json.dumps(body).encode())

    def read_head(self):
        status = self.file.readline().split()
        headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return Reply(int(status[1]), headers)

    def read_chunk(self, reply):
        """One chunk as the server wrote it; False at the end, which reply.ended tells."""
        try:
            line = self.file.readline()
            if not line:
                reply.ended = "fin"
            elif int(line, 16) == 0:
                self.file.readline()
                reply.ended = "well"
            else:
                reply.chunks.append(self.file.read(int(line, 16)))
                self.file.read(2)
                return True
        except ConnectionResetError:
            reply.ended = "rst"
        return False

    def read(self):
        reply = self.read_head()
        assert reply.headers["transfer-encoding"] == "chunked"
        while self.read_chunk(reply):
            pass
        return reply


def few_files():
    """A low limit that may be raised, as a login shell has: the stand-in raises it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))


class Standin:
    """A stand-in of the test's own: with Standin(...) as running."""

    def __init__(self, folder, *options):
        self.log, port_file = folder / "log.jsonl", folder / "port"
        self.process = subprocess.Popen(
            [PROGRAM, "--port", "0", "--port-file", str(port_file), "--log", str(self.log),
             *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=few_files)
        self.port = int(self.process.stdout.readline())
        wait_until(port_file.exists)
        assert int(port_file.read_text()) == self.port

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if failed:
            self.process.kill()
            self.process.communicate()
        else:
            self.stop()

    def stop(self):
        """It ends well, and has not complained; a second call does nothing."""
        if self.process.returncode is None:
            self.process.terminate()
            _, errors = self.process.communicate(timeout=TIMEOUT)
            assert (self.process.returncode, errors) == (0, "")

    def line(self):
        return Line(self.port)

    def ask(self, model, stream=True, **more):
        line = self.line()
        try:
            line.ask(model, stream, **more)
            return line.read()
        finally:
            line.close()

    def get(self, path, key=KEY, method="GET", body=b""):
        line = self.line()
        try:
            line.send(method, path, body, key)
            return line.read()
        finally:
            line.close()

    def journal(self, event=None):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if event in (None, line["event"])]

    def end_of(self, model):
        """The end that the journal tells of the last request for this model, as soon as it does."""
        def ended():
            asked = [line["request"] for line in self.journal("request")
                     if line["body"] and line["body"].get("model") == model]
            return [line for line in self.journal("end") if asked and line["request"] == asked[-1]]
        return wait_until(ended)[0]


def wait_until(condition):
    """What the condition gives once it is true; fails when that takes too long."""
    deadline = time.monotonic() + TIMEOUT
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
    return found
