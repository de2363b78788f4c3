"""The nginx of docs/sign-in.md, taken from that page, before a gateway and a stand-in for
oauth2-proxy."""

import re
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from support.client import Client
from support.processes import ROOT, free_port
from support.serve import serving
from support.wait import wait_until

BRAKES = "My brakes squeal"
HEADER = "X-Forwarded-User"


class Oauth2Proxy(BaseHTTPRequestHandler):
    """Knows whoever has a cookie oauth=<name>, as the real one knows its own."""

    def do_GET(self):
        known = re.search(r"oauth=([^;]+)", self.headers.get("Cookie", ""))
        is_check = self.path.startswith("/oauth2/auth")
        self.send_response((202 if known else 401) if is_check else 200)
        if is_check and known:
            self.send_header("X-Auth-Request-User", known.group(1))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def oauth2_proxy():
    with serving(Oauth2Proxy) as port:
        yield port


def example(port, gateway, oauth2_proxy, with_nobody):
    """The blocks of the page, on our ports and without TLS."""
    page = (ROOT / "docs/sign-in.md").read_text()
    text, nobody = re.findall(r"```nginx\n(.*?)```", page, re.S)
    if with_nobody:
        place = "        proxy_set_header X-Forwarded-Uri $request_uri;\n    }\n"
        assert text.count(place) == 1
        text = text.replace(place, place.removesuffix("    }\n") + nobody)
        text = re.sub(r" +error_page 401 = @(sign_in_first|to_the_provider);\n", "", text)
    for old, new in (("listen 443 ssl", f"listen 127.0.0.1:{port}"), ("10.0.0.11:8080", gateway),
                     ("127.0.0.1:4180", f"127.0.0.1:{oauth2_proxy}")):
        assert old in text
        text = text.replace(old, new)
    return re.sub(r" +(ssl_certificate|ssl_certificate_key|server_name) .*\n", "", text)


@pytest.fixture
def start_nginx(system, harness, oauth2_proxy):
    def start(with_nobody=False):
        folder, port = harness.folder / "nginx", free_port()
        folder.mkdir()
        temp = "".join(f"{kind}_temp_path {folder}/{kind};\n"
                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"pid {folder}/pid;\nerror_log stderr;\ndaemon off;\nmaster_process off;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temp}"
            f"{example(port, system.url().removeprefix('http://'), oauth2_proxy, with_nobody)}}}\n"
        )
        harness.start(
            "nginx", command=["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        )
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), "nginx")
        return url
    return start


def _answers(url):
    try:
        return requests.get(url + "/health", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def browser(system, url, name=None):
    client = Client(url)
    system._clients.append(client)
    if name:
        client.http.cookies.set("oauth", name)
    return client


def code(response):
    return response.json()["error"]["code"]


def test_the_example_signs_in_and_takes_out_what_comes_from_outside(system, start_nginx):
    system.start(AUTH="required", TRUSTED_PROXIES="127.0.0.1")
    url = start_nginx()
    ann = browser(system, url, "ann")
    assert ann.open()["session"]["signed_in"] is True
    ann.say(BRAKES)
    assert [content for role, content in browser(system, url, "ann").history if role == "user"] == [
        BRAKES
    ]

    liar = browser(system, url)
    liar.http.headers[HEADER] = "ann"
    assert code(liar.get("/get_session_data")) == "sign_in"
    assert liar.get("/health").status_code == 200
    bob = browser(system, url, "bob")
    bob.http.headers[HEADER] = "ann"
    assert bob.open()["chat_history"] == []


def test_the_example_sends_a_person_to_the_provider(system, start_nginx):
    system.start(AUTH="required", TRUSTED_PROXIES="127.0.0.1")
    response = requests.get(start_nginx() + "/", allow_redirects=False, timeout=5)
    assert response.status_code == 302
    assert response.headers["Location"].endswith("/oauth2/start?rd=/")


def test_the_example_lets_guests_in_where_sign_in_is_optional(system, start_nginx):
    system.start(AUTH="proxy", TRUSTED_PROXIES="127.0.0.1")
    url = start_nginx(with_nobody=True)
    guest = browser(system, url)
    guest.http.headers[HEADER] = "ann"
    assert guest.open()["session"]["signed_in"] is False
    guest.say(BRAKES)
    ann = browser(system, url, "ann")
    assert ann.open()["chat_history"] == [] and ann.open()["session"]["signed_in"] is True
    guest.http.cookies.set("oauth", "bob")
    assert len(guest.open()["chat_history"]) == 2
