"""What support/proxy.py promises, against a server that says everything back."""

import contextlib
import socket
import socketserver
import threading

import pytest

from support.wait import wait_until


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionResetError):
            while data := self.request.recv(4096):
                self.server.heard += data
                self.request.sendall(data)
        self.server.closed.set()


@pytest.fixture
def echo():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        server.heard, server.closed = b"", threading.Event()
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def line(echo, proxy):
    """A proxy before the echo, and a connection through it."""
    between = proxy(echo.server_address[1])
    with socket.create_connection(("127.0.0.1", between.port), timeout=5) as client:
        yield between, client


def say(client, data=b"hello"):
    client.sendall(data)


def hears_nothing(client):
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(100)
    client.settimeout(5)


def test_single_bytes_are_the_same_bytes(line):
    between, client = line
    between.slice = 1
    say(client, b"a" * 300)
    got = b""
    while len(got) < 300:
        piece = client.recv(4096)
        got += piece
    assert got == b"a" * 300


@pytest.mark.parametrize("to, heard", [("target", b""), ("client", b"hello")])
def test_one_direction_stalls(line, echo, to, heard):
    between, client = line
    between.stall(to=to)
    say(client)
    hears_nothing(client)
    assert echo.heard == heard
    between.heal()
    assert client.recv(100) == b"hello"


def test_a_half_open_line_loses_bytes_and_hides_the_close(line, echo):
    between, client = line
    say(client)
    assert client.recv(100) == b"hello"
    between.swallow()
    say(client)
    hears_nothing(client)
    client.shutdown(socket.SHUT_WR)
    assert not echo.closed.wait(0.2) and echo.heard == b"hello"
    between.heal()
    wait_until(echo.closed.is_set, "the end of the connection")
