"""deploy/nginx with Debian's nginx: TLS and HTTP/2 outside, another proxy inside, and every piece
passed on at once.

And the one of deploy/compose, as far as it goes without containers.
"""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse, RemoteDisconnected
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import StreamRequestHandler

import pytest
import requests
import yaml

from support.client import Client
from support.processes import ROOT, free_port
from support.serve import serving
from support.wait import wait_until

SHARED = ROOT / "deploy/nginx"
HAS_IPV6 = Path("/proc/net/if_inet6").exists()
MODEL = "standin/ok@tokens=20,delay=60"


def replaced(text, changes):
    for old, new in changes.items():
        assert old in text, f"chat.conf has no {old}"
        text = text.replace(old, new)
    return text


class Door:
    """The nginx of chat.conf on ports of ours; behind: whether another one stands before it,
    without TLS."""

    def __init__(self, harness, label, servers, tls, behind=False, **changes):
        folder = harness.folder / label
        self.port, self.ipv6_port, self.plain_port = free_port(), free_port(), free_port()
        folder.mkdir()
        text = (SHARED / "chat.conf").read_text()
        text = text if HAS_IPV6 else re.sub(r"listen \[::\].*;", "", text)
        text = text if not behind else text.replace(" ssl http2", "")
        sample = "".join(f"    server 127.0.0.1:{port} max_fails=0;\n" for port in (8081, 8082))
        text = replaced(
            text,
            {
                sample: "".join(
                    f"    server 127.0.0.1:{port} max_fails=0;\n" for port in servers
                ),
                "listen 443": f"listen 127.0.0.1:{self.port}",
                "listen 80": f"listen 127.0.0.1:{self.plain_port}",
                "chat.example": "localhost",
                "/etc/nginx/chat/tls": str(tls / "tls"),
                "/etc/nginx/chat/": f"{folder}/",
                "/var/log/nginx/chat": f"{folder}/chat",
            },
        )
        text = text.replace("listen [::]:443", f"listen [::1]:{self.ipv6_port}").replace(
            "listen [::]:80", f"listen [::1]:{free_port()}"
        )
        if behind:
            text = replaced(
                text,
                {
                    "# 192.0.2.0/24 1;": "127.0.0.0/8 1;",
                    "# set_real_ip_from 192.0.2.0/24": "set_real_ip_from 127.0.0.0/8",
                    "# real_ip_header": "real_ip_header",
                },
            )
        for name in ("http.conf", "gateways.conf", "edge.conf"):
            (folder / name).write_text(
                replaced((SHARED / name).read_text(), changes.get(name.split(".")[0], {}))
            )
        temp = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"pid {folder}/pid;\nerror_log stderr;\ndaemon off;\nmaster_process off;\n"
            f"events {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\n{temp}{text}}}\n"
        )
        harness.start(
            "nginx",
            command=["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")],
            label=f"{label}-run",
        )
        self.url = f"{'http' if behind else 'https'}://localhost:{self.port}"
        self.certificate = str(tls / "tls.crt")
        wait_until(self._answers, label)

    def get(self, path, **options):
        return requests.get(self.url + path, verify=self.certificate, timeout=10, **options)

    def send(self, head):
        """What comes back for these bytes: (status, headers, body)."""
        context = ssl.create_default_context(cafile=self.certificate)
        with socket.create_connection(("localhost", self.port), timeout=10) as line:
            with context.wrap_socket(line, server_hostname="localhost") as sealed:
                sealed.sendall(head)
                answer = HTTPResponse(sealed)
                answer.begin()
                return answer.status, answer.headers, answer.read()

    def _answers(self):
        try:
            return self.get("/health").status_code in (200, 503)
        except requests.ConnectionError:
            return False


@pytest.fixture
def tls(tmp_path):
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            tmp_path / "tls.key",
            "-out",
            tmp_path / "tls.crt",
        ],
        check=True,
        capture_output=True,
    )
    return tmp_path


@pytest.fixture
def two_doors(system, harness, tls):
    """TLS outside, then another nginx, then two gateways."""
    system.start(gateways=2, TRUSTED_PROXIES="127.0.0.1")
    inner = Door(
        harness,
        "inner",
        [gateway.env["HTTP_PORT"] for gateway in system.gateways],
        tls,
        behind=True,
    )
    return Door(harness, "outer", [inner.port], tls)


@pytest.fixture
def mirror():
    """A gateway that answers with the headers it got."""
    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(dict(self.headers)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with serving(Mirror) as port:
        yield port


def test_every_piece_comes_at_once_over_http2_through_two_proxies(system, two_doors):
    person = Client(two_doors.url)
    system._clients.append(person)
    person.http.verify = two_doors.certificate
    person.open()
    assert "__Host-session" in person.http.cookies.keys(), "nobody told the gateway of TLS"
    cookie = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    came, lines = [], []
    curl = subprocess.Popen(
        [
            "curl",
            "-sN",
            "--http2",
            "-D",
            "-",
            "--cacert",
            two_doors.certificate,
            f"{two_doors.url}/chat",
            "-H",
            f"Cookie: {cookie}",
            "-H",
            f"X-CSRF-Token: {person.csrf}",
            "-H",
            "Accept: text/event-stream",
            "-H",
            "Content-Type: application/json",
            "-d",
            json.dumps({"message": "My brakes squeal", "model": MODEL}),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with curl:
        for line in curl.stdout:
            lines.append(line)
            if line.startswith("event: delta"):
                came.append(time.monotonic())
    assert lines[0].startswith("HTTP/2 200")
    assert any(line.startswith("event: done") for line in lines)
    apart = [later - sooner for sooner, later in zip(came, came[1:])]
    assert sum(gap > 0.02 for gap in apart) >= 8, f"the pieces came in a heap: {apart}"


def test_what_a_client_says_of_itself_counts_for_nothing(harness, mirror, tls):
    inner = Door(harness, "inner", [mirror], tls, behind=True)
    outer = Door(harness, "outer", [inner.port], tls)
    lies = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-User": "somebody else",
    }
    got = outer.get("/", headers=lies).json()
    assert (got["X-Forwarded-For"], got["X-Forwarded-Proto"]) == ("127.0.0.1", "https")
    assert "X-Forwarded-User" not in got
    assert (
        inner.get("/", headers={"X-Forwarded-User": "anna"}).json()["X-Forwarded-User"] == "anna"
    ), "nobody could sign in"
    assert re.fullmatch(r"[0-9a-f]{32}", got["Idempotency-Key"])
    assert outer.get("/", headers={"Idempotency-Key": "mine"}).json()["Idempotency-Key"] == "mine"


# What nginx answers by itself, as the gateways would: the code of docs/http.md, and what was sent.
SAID = (
    ("down", b"GET /static/page.js HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("down", b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
    ("too_long", b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n"),
    ("too_long", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("too_long", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n"),
    ("bad_request", b"nonsense\r\n\r\n"),
    ("bad_request", b"GET / HTTP/9.1\r\nHost: localhost\r\n\r\n"),
    (
        "bad_request",
        b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: "
        b"chunked\r\n\r\n",
    ),
    ("bad_request", b"POST /chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ("method", b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("not_found", b"GET /nginx-error HTTP/1.1\r\nHost: localhost\r\n\r\n"),
)


# What the parsers of gateways may let through (docs/http.md), as a head and a body.
CROOKED = (
    b"X: a\rb\r\n\r\n",
    b" X: a\r\n\r\n",
    b"X: a\nY: b\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n2;\r\n{}\r\n0\r\n\r\n",
    b"X: a\n\n",
)


def errors():
    """code: (status, message) of docs/http.md."""
    lines = re.findall(
        r"^\| `(\w+)` \| (\d{3}) \| (.*) \|$", (ROOT / "docs/http.md").read_text(), re.M
    )
    return {code: (int(status), message) for code, status, message in lines}


def is_said_as_a_gateway_would(code, status, headers, body):
    error = json.loads(body)["error"]
    assert (error["code"], (status, error["message"])) == (code, errors()[code])
    assert headers["Content-Type"] == "application/json" and headers["Cache-Control"] == "no-store"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Retry-After"] == (
        str(error["retry_after"]) if code in ("down", "limited") else None
    )


def test_what_nginx_says_is_said_as_the_gateways_would(harness, tls):
    door = Door(harness, "lonely", [free_port()], tls)
    for code, head in SAID:
        is_said_as_a_gateway_would(code, *door.send(head))
    log = (harness.folder / "lonely/chat.log").read_text()
    assert re.search(r" GET /static/page\.js 503 ", log) and "nginx-error 503" not in log
    assert re.search(
        r" POST /chat 503 ", log
    ), "a POST that nginx answered is told as another kind of request"


def test_nothing_crooked_gets_to_a_gateway(harness, tls):
    """nginx refuses it, or makes it straight."""
    came = []

    class Gateway(StreamRequestHandler):
        def handle(self):
            head = [*iter(self.rfile.readline, b"\r\n")]
            length = sum(
                int(line.split(b":")[1]) for line in head if line.startswith(b"Content-Length")
            )
            came.append((head, self.rfile.read(length)))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with serving(Gateway) as port:
        door = Door(harness, "outer", [port], tls)
        came.clear()
        answers = [
            door.send(b"POST /chat HTTP/1.1\r\nHost: localhost\r\n" + rest)[0] for rest in CROOKED
        ]
    assert answers[:2] == [400, 400] and len(came) == answers.count(200) > 0
    for head, body in came:
        assert all(re.fullmatch(rb"[^\r\n ][^\r\n]*\r\n", line) for line in head) and body in (
            b"",
            b"{}",
        )
        assert not [line for line in head if line.startswith(b"Transfer-Encoding")]


def test_limits_are_told_as_the_gateways_tell_them(harness, mirror, tls):
    door = Door(
        harness,
        "outer",
        [mirror],
        tls,
        http={"rate=50r/s": "rate=1r/m"},
        edge={"burst=200": "burst=3"},
    )
    answers = [door.get("/") for _ in range(6)]
    assert answers[0].status_code == 200 and answers[0].headers["Strict-Transport-Security"]
    last = answers[-1]
    is_said_as_a_gateway_would(
        "limited", last.status_code, {"Retry-After": None, **last.headers}, last.text
    )


@pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
def test_people_come_by_ipv6_too(harness, mirror, tls):
    door = Door(harness, "outer", [mirror], tls)
    got = subprocess.run(
        [
            "curl",
            "-s",
            "--cacert",
            door.certificate,
            "--resolve",
            f"localhost:{door.ipv6_port}:[::1]",
            f"https://localhost:{door.ipv6_port}/",
        ],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert json.loads(got.stdout)["X-Forwarded-For"] == "::1"


def test_an_ipv6_customer_is_limited_as_one(harness, mirror, tls):
    """However many addresses of their /64 they use; 0a is the byte that ends a line."""
    door = Door(
        harness,
        "inner",
        [mirror],
        tls,
        behind=True,
        http={"rate=50r/s": "rate=1r/m"},
        edge={"burst=200": "burst=3"},
    )

    def come_from(address):
        return door.get("/", headers={"X-Forwarded-For": address}).status_code
    assert [come_from(f"2001:db8:a0a:a0a::{host}:a0a") for host in range(6)][-2:] == [429, 429]
    assert come_from("2001:db8:a0a:a0b::1") == 200
    assert [come_from(f"192.0.2.{host}") for host in range(1, 7)] == [200] * 6


def test_an_ipv6_customer_may_have_so_many_streams(harness, tls):
    has_begun, may_end = threading.Event(), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/stream":
                has_begun.set()
                may_end.wait(10)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with serving(Slow) as port, ThreadPoolExecutor() as pool:
        door = Door(
            harness,
            "inner",
            [port],
            tls,
            behind=True,
            edge={"limit_conn connections 200": "limit_conn connections 1"},
        )
        stream = pool.submit(door.get, "/stream", headers={"X-Forwarded-For": "2001:db8:1:2::1"})
        assert has_begun.wait(10)
        others = {address: door.get("/", headers={"X-Forwarded-For": address}).status_code
                  for address in ("2001:db8:1:2::2", "2001:db8:1:3::1")}
        may_end.set()
        assert stream.result().status_code == 200
    assert others == {"2001:db8:1:2::2": 429, "2001:db8:1:3::1": 200}


def test_of_two_nginx_one_asks_for_tls(harness, mirror, tls):
    """Browsers take only the first such header, and none at all from plain HTTP."""
    inner = Door(harness, "inner", [mirror], tls, behind=True)
    outer = Door(harness, "outer", [inner.port], tls)
    assert outer.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in inner.get("/").headers


def shake(door, *options):
    """What openssl says of a handshake."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{door.port}", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    return done.stdout + done.stderr


def test_only_good_ciphers_and_the_right_name_are_taken(harness, mirror, tls):
    door, named = Door(harness, "outer", [mirror], tls), ("-servername", "localhost")
    for good in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        assert f"Cipher is {good}" in shake(door, *named, "-tls1_2", "-cipher", good)
    for bad in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"):
        assert "Cipher is (NONE)" in shake(door, *named, "-tls1_2", "-cipher", bad)
    assert "Cipher is (NONE)" in shake(door, *named, "-tls1_1", "-cipher", "ALL@SECLEVEL=0")
    for name in (("-servername", "example.org"), ("-noservername",)):
        shown = shake(door, *name)
        assert "Cipher is (NONE)" in shown and "unrecognized name" in shown
    for host in (b"Host: example.org\r\n", b""):
        with pytest.raises(RemoteDisconnected):
            door.send(b"GET / HTTP/1.1\r\n" + host + b"\r\n")
    sent_on = requests.get(f"http://localhost:{door.plain_port}/a?b", headers={"Host": "example.org"}, allow_redirects=False,
                           timeout=10)
    assert (sent_on.status_code, sent_on.headers["Location"]) == (308, "https://localhost/a?b")


def test_who_is_slow_is_not_waited_for(harness, mirror, tls):
    door = Door(
        harness,
        "outer",
        [mirror],
        tls,
        edge={"client_header_timeout 10s": "client_header_timeout 1s"},
    )
    context = ssl.create_default_context(cafile=door.certificate)
    for port, is_sealed, begun in (
        (door.plain_port, False, b"GET / HT"),
        (door.port, True, b"GET / HTTP/1.1\r\nHost: local"),
        (door.port, False, b""),
    ):
        with socket.create_connection(("localhost", port), timeout=20) as line:
            with context.wrap_socket(
                line, server_hostname="localhost"
            ) if is_sealed else line as end:
                end.sendall(begun)
                assert end.recv(1000) == b"", "nginx had something to say"


def test_what_people_search_for_is_in_no_log(harness, tls):
    """Least of all when something is wrong, which nginx tells of with the whole request."""
    door = Door(harness, "lonely", [free_port()], tls)
    door.send(
        b"GET /search?q=squealing-brakes HTTP/1.1\r\nHost: localhost\r\nReferer: "
        b"https://localhost/?squealing-brakes\r\n\r\n"
    )
    requests.get(
        f"http://localhost:{door.plain_port}/search?q=squealing-brakes",
        allow_redirects=False,
        timeout=10,
    )
    logs = [
        path
        for name in ("lonely", "lonely-run")
        for path in (harness.folder / name).rglob("*")
        if path.is_file()
    ]
    assert re.search(r" GET /search 503 ", (harness.folder / "lonely/chat.log").read_text())
    assert not [path for path in logs if b"squealing" in path.read_bytes()]


def test_a_gateway_that_is_gone_is_passed_over(harness, mirror, tls):
    door = Door(harness, "outer", [mirror, free_port()], tls)
    assert all(door.get("/").status_code == 200 for _ in range(4))


def test_the_health_check_of_compose_asks_nginx_alone(harness, tls):
    """Well while no gateway is there, ill when no worker answers though all processes live."""
    folder, ports = harness.folder / "compose", {
        port: free_port() for port in ("8443", "8080", "8444")
    }
    folder.mkdir()
    text = replaced(
        (ROOT / "deploy/nginx/nginx.conf").read_text(),
        {
            "/tmp/": f"{folder}/",
            "/run/secrets/tls_certificate": str(tls / "tls.crt"),
            "/run/secrets/tls_key": str(tls / "tls.key"),
            "include ": f"include {SHARED}/",
            "listen 8443": f"listen 127.0.0.1:{ports['8443']}",
            "listen 8080": f"listen 127.0.0.1:{ports['8080']}",
            "127.0.0.1:8444": f"127.0.0.1:{ports['8444']}",
            "worker_processes auto": "worker_processes 2",
            "/dev/stdout": f"{folder}/access.log",
        },
    )
    (folder / "nginx.conf").write_text(text)
    compose = yaml.safe_load((ROOT / "deploy/compose/docker-compose.yml").read_text())["services"][
        "nginx"
    ]
    command = [
        word.replace("8444", str(ports["8444"])) for word in compose["healthcheck"]["test"][1:]
    ]
    nginx = harness.start("nginx", command=[*compose["command"][:-1], folder / "nginx.conf"])

    def is_well():
        return subprocess.run(command, timeout=10, check=False).returncode == 0
    wait_until(is_well, "nginx")
    front = requests.get(f"https://localhost:{ports['8443']}/", verify=tls / "tls.crt", timeout=10)
    assert (front.status_code, front.json()["error"]["code"]) == (503, "down")
    workers = [
        int(pid) for pid in Path(f"/proc/{nginx.pid}/task/{nginx.pid}/children").read_text().split()
    ]
    for sign, well in ((signal.SIGSTOP, False), (signal.SIGCONT, True)):
        for worker in workers:
            os.kill(worker, sign)
        assert is_well() == well
