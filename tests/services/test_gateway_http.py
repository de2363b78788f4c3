"""What the gateway promises to anybody who sends it anything over HTTP."""

import contextlib
import socket
import uuid

import pytest

from support.bus import never
from support.gateway import read_reply, status_of
from support.wait import wait_until

HELLO = "My brakes squeal when I stop. Why?"
GET = "GET / HTTP/1.1\r\nHost: h\r\n"


def code(response):
    return response.json()["error"]["code"]


def signed_headers(somebody, **more):
    return {"X-CSRF-Token": somebody.csrf, "Content-Type": "application/json", **more}


@pytest.fixture
def anna(chat):
    return chat.client()


# ---- health and addresses -----------------------------------------------------------------


def test_health_tells_who_is_there(chat):
    response = chat.stranger().get("/health")
    assert response.status_code == 200
    health = response.json()
    assert health.pop("timestamp").endswith("Z")
    assert health == {
        "status": "ok",
        "demo": False,
        "services": {"filter": 1, "llm-worker": 1, "store": 1},
    }
    chat.worker.close()
    wait_until(lambda: chat.stranger().get("/health").json()["status"] == "degraded", "degraded")
    assert chat.stranger().get("/health").status_code == 200


def test_demo_answers_are_said_plainly(start_gateway):
    chat = start_gateway(DEMO=1)
    assert chat.stranger().get("/health").json()["demo"] is True
    assert chat.client().open()["demo"] is True


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/chat/", "/static/none.js", "/../etc/passwd", "/%2e%2e/", "/health?x=1/../"],
)
def test_unknown_paths_are_told_in_json(chat, path):
    status, answer = chat.raw(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")
    if path.startswith("/health?"):
        assert status == 200
    else:
        assert status == 404 and b'"code":"not_found"' in answer


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("GET", "/chat", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("DELETE", "/get_session_data", "GET, HEAD"),
        ("OPTIONS", "/chat", "POST"),
        ("BREW", "/save_settings", "POST"),
        ("PUT", "/", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_what_there_is(chat, method, path, allow):
    response = chat.stranger().http.request(method, chat.url + path, timeout=10)
    assert (response.status_code, response.headers["Allow"], code(response)) == (
        405,
        allow,
        "method",
    )


def test_head_is_get_without_a_body(chat):
    somebody = chat.client()
    for path in ("/health", "/get_session_data", "/chat/events/" + str(uuid.uuid4())):
        head, get = somebody.http.head(chat.url + path, timeout=10), somebody.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_every_reply_carries_the_security_headers(chat, anna):
    for response in (
        anna.get("/health"),
        anna.get("/nothing"),
        anna.chat(HELLO),
        anna.post("/chat", {}),
        anna.get("/chat"),
    ):
        headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "img-src 'self' data:" in policy
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Type"] == "application/json"
        assert "Strict-Transport-Security" not in headers


# ---- bodies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, status, says",
    [
        (b"{", 400, "bad_request"),
        (b"[]", 400, "bad_request"),
        (b'"text"', 400, "bad_request"),
        (b'{"message":"a"}x', 400, "bad_request"),
        (b'{"message":"a"}{}', 400, "bad_request"),
        (b'{"message":"a","message":"b"}', 400, "bad_request"),
        (b'{"message":"\xff\xfe"}', 400, "bad_request"),
        (b'{"message":"\\ud800"}', 400, "bad_request"),
        (b'{"message":"a\\u0000b"}', 400, "bad_request"),
        (b'{"message":"a\x00b"}', 400, "bad_request"),
        (b"[" * 20000, 400, "bad_request"),
        (b"{}", 400, "bad_request"),
        (b"", 400, "bad_request"),
        (b'{"message":""}', 400, "bad_request"),
        (b'{"message":" \\n\\t "}', 400, "bad_request"),
        (b'{"message":7}', 400, "bad_request"),
        (b'{"message":null}', 400, "bad_request"),
        (b'{"message":"a","turn_id":"x"}', 400, "bad_request"),
        (b'{"message":"a","turn_id":7}', 400, "bad_request"),
        (b'{"message":"a","conversation_id":"../../etc"}', 400, "bad_request"),
        (b'{"message":"a","model":"<b>"}', 400, "bad_request"),
        (b'{"message":"a","model":"sk-or-v1-5ca1ab1e"}', 400, "bad_request"),
        (b'{"message":"a","model":"' + b"m" * 129 + b'"}', 400, "bad_request"),
        (b'{"message":"a","after_seq":3}', 400, "bad_request"),
        (b'{"message":"a","after_seq":3,"conversation_id":null}', 400, "bad_request"),
        (
            b'{"message":"a","after_seq":-1,'
            b'"conversation_id":"c0ffee00-0000-4000-8000-000000000001"}',
            400,
            "bad_request",
        ),
        (
            b'{"message":"a","after_seq":"3",'
            b'"conversation_id":"c0ffee00-0000-4000-8000-000000000001"}',
            400,
            "bad_request",
        ),
        (b'{"message":"' + b"x" * 8193 + b'"}', 413, "too_long"),
        (b'{"message":"' + b"x" * 40000 + b'"}', 413, "too_long"),
        (b'{"message":"' + b"x" * 2_000_000 + b'"}', 413, "too_long"),
    ],
)
def test_bad_bodies_are_refused_and_nothing_is_asked(chat, anna, body, status, says):
    asked = len(chat.store.asked)
    try:
        response = anna.http.post(
            chat.url + "/chat", data=body, headers=signed_headers(anna), timeout=10
        )
    except OSError:  # refused before it was all sent
        assert len(body) > 1_000_000
    else:
        assert (response.status_code, code(response)) == (status, says)
        assert response.json()["error"]["message"]
    assert len(chat.store.asked) == asked and not chat.filter.asked
    assert anna.chat(HELLO).status_code == 200


def test_a_refused_message_comes_back(chat, anna):
    error = anna.chat("x" * 8193).json()["error"]
    assert error["message"] == "The message is too long: it has 8193 bytes; the limit is 8192."
    assert error["text"] == "x" * 8193


def test_the_longest_message_passes(chat, anna):
    assert anna.chat("ä" * 4096).status_code == 200
    assert len(chat.store.wait_request("turn_begin_request").text.encode()) == 8192


def test_control_characters_other_than_nul_pass(chat, anna):
    text = "brakes\t\u0001\u007f\u2028\r\n\ufeff\U0010ffff"
    assert anna.chat(text).status_code == 200
    assert chat.store.wait_request("turn_begin_request").text == text


@pytest.mark.parametrize(
    "kind, status",
    [
        ("text/plain", 415),
        ("application/jsonp", 415),
        ("", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
    ],
)
def test_a_body_must_be_json_by_its_type(chat, anna, kind, status):
    headers = signed_headers(anna, **{"Content-Type": kind})
    response = anna.http.post(
        chat.url + "/chat", data=b'{"message":"brakes"}', headers=headers, timeout=10
    )
    assert response.status_code == status


def test_unknown_keys_are_skipped(chat, anna):
    assert anna.chat(HELLO, newer_field={"a": [1]}).status_code == 200


def test_a_chunked_body_is_a_body(chat, anna):
    def pieces():
        yield b'{"message":'
        yield b'"brakes"}'

    response = anna.http.post(
        chat.url + "/chat", data=pieces(), headers=signed_headers(anna), timeout=10
    )
    assert response.status_code == 200


# ---- who is it ----------------------------------------------------------------------------


def test_without_a_session_nothing_is_done(chat):
    response = chat.stranger().chat(HELLO)
    assert (response.status_code, code(response)) == (401, "signed_out")
    assert chat.stranger().get("/models").status_code == 401
    assert not chat.store.asked


def test_a_cookie_we_did_not_make_is_nobody(chat, anna):
    good = anna.http.cookies["session"]
    who, key, mac = good.split(".")
    other = chat.client().http.cookies["session"]
    forged = [
        f"{uuid.uuid4()}.{key}.{mac}",
        f"{who}.k2.{mac}",
        f"{who}.{key}.",
        who,
        f"{who}.{key}.{mac}A",
        f"{who}.{key}.{other.split('.')[2]}",
        f"{who}.{key}.{mac[::-1]}",
        good.upper(),
        "x" * 4000,
    ]
    for value in forged:
        response = anna.http.post(chat.url + "/chat", json={"message": HELLO}, timeout=10,
                                  headers={"Cookie": f"session={value}", "X-CSRF-Token": anna.csrf})
        assert (response.status_code, code(response)) == (401, "signed_out"), value
    assert anna.chat(HELLO).status_code == 200


@pytest.mark.parametrize("token", [None, "", "x", "c1.", "other"])
def test_a_wrong_csrf_token_changes_nothing(chat, anna, token):
    if token == "other":
        token = chat.client().csrf
    asked = len(chat.store.asked)
    for path in (
        "/chat",
        "/chat/stop",
        "/save_settings",
        "/test_openrouter",
        "/clear_chat",
        "/clear_session",
    ):
        headers = {"X-CSRF-Token": token} if token is not None else {}
        response = anna.http.post(
            chat.url + path, json={"message": HELLO}, headers=headers, timeout=10
        )
        assert (response.status_code, code(response)) == (403, "csrf")
    assert len(chat.store.asked) == asked


@pytest.mark.parametrize("headers, status", [
    ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": ""}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "none"}, 200)])
def test_requests_from_other_sites_are_refused(chat, anna, headers, status):
    response = anna.post("/chat", {"message": HELLO}, headers)
    assert response.status_code == status
    if status == 403:
        assert code(response) == "origin"
    assert anna.post("/chat", {"message": HELLO}, {"Origin": chat.url}).status_code == 200


def test_the_public_origin_is_the_only_one(start_gateway):
    chat = start_gateway(PUBLIC_ORIGIN="http://chat.example")
    anna = chat.client()
    assert anna.post("/chat", {"message": HELLO}, {"Origin": "http://chat.example"}).status_code == 200
    assert anna.post("/chat", {"message": HELLO}, {"Origin": chat.url}).status_code == 403


def test_the_cookie_is_for_the_browser_alone(chat):
    cookie = chat.stranger().get("/get_session_data").headers["Set-Cookie"]
    assert cookie.startswith("session=") and "Secure" not in cookie
    assert "; HttpOnly; SameSite=Lax" in cookie and "; Path=/" in cookie


def test_behind_tls_the_cookie_is_bound_to_the_host(start_gateway):
    chat = start_gateway(TRUSTED_PROXIES="127.0.0.1")
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    first = chat.stranger().get("/get_session_data", headers=headers)
    assert first.headers["Set-Cookie"].startswith("__Host-session=")
    assert first.headers["Set-Cookie"].endswith("; Secure")
    assert first.headers["Strict-Transport-Security"]
    value = first.headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
    headers["X-CSRF-Token"] = first.json()["csrf_token"]

    def send(cookie):
        return chat.stranger().http.post(chat.url + "/chat", json={"message": HELLO}, timeout=10,
                                         headers={**headers, "Cookie": cookie}).status_code
    assert send(f"__Host-session={value}") == 200
    assert send(f"session={value}") == 401


def test_forwarded_headers_count_only_from_trusted_proxies(start_gateway):
    def hash_of(chat, forwarded):
        anna, count = chat.client(), sum(a.name == "limit_take_request" for a in chat.store.asked)
        anna.post("/chat", {"message": HELLO}, {"X-Forwarded-For": forwarded})
        return chat.store.wait_request("limit_take_request", count + 1).address_hash
    direct = start_gateway(label="direct")
    assert hash_of(direct, "198.51.100.7") == hash_of(direct, "198.51.100.8")
    assert "Secure" not in direct.stranger().get(
        "/get_session_data", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    behind = start_gateway(label="behind", TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.0/8")
    one = hash_of(behind, "198.51.100.7")
    assert one != hash_of(behind, "198.51.100.8")
    assert one == hash_of(behind, "6.6.6.6, 198.51.100.7, 10.1.2.3")


def test_keys_may_be_changed_while_people_chat(start_gateway, keys):
    old = start_gateway(label="old")
    anna = old.client()
    line = (keys.folder / "cookie.keys").read_text()
    (keys.folder / "cookie.keys").write_text("c2 " + "A" * 43 + "=\n" + line)
    new = start_gateway(label="new")
    response = new.stranger().http.post(
        new.url + "/chat",
        json={"message": HELLO},
        timeout=10,
        headers={"Cookie": f"session={anna.http.cookies['session']}", "X-CSRF-Token": anna.csrf},
    )
    assert response.status_code == 200
    assert ".c2." in new.client().http.cookies["session"]


# ---- the page -----------------------------------------------------------------------------


@pytest.fixture
def page(start_gateway, tmp_path):
    root = tmp_path / "web"
    (root / "static").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><p>page")
    (root / "static" / "app-1a2b.js").write_text("plain")
    (root / "static" / "app-1a2b.js.br").write_bytes(b"brotli bytes")
    (tmp_path / "secret.txt").write_text("SECRET")
    (root / "secret.txt").write_text("SECRET")
    return start_gateway(backends=False, WEB_ROOT=root)


def test_the_page_is_served_fresh_and_its_files_for_ever(page):
    browser = page.stranger()
    index = browser.get("/")
    assert (index.text, index.headers["Cache-Control"]) == ("<!doctype html><p>page", "no-cache")
    assert index.headers["Content-Type"] == "text/html; charset=utf-8"
    assert browser.get("/", headers={"If-None-Match": index.headers["ETag"]}).status_code == 304
    script = browser.get("/static/app-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert (script.text, script.headers["Vary"]) == ("plain", "Accept-Encoding")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    _, packed = page.raw(
        "GET /static/app-1a2b.js HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br\r\n\r\n"
    )
    assert b"brotli bytes" in packed and b"Content-Encoding: br" in packed


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/..%2fsecret.txt",
        "/static/%2e%2e/secret.txt",
        "/static//../secret.txt",
        "/static/../../secret.txt",
        "//secret.txt",
        "/secret.txt",
        "/static/..\\secret.txt",
        "/static/",
        "/static/app-1a2b.js%00.html",
        "/static/./app-1a2b.js",
        "/static/app-1a2b.js/",
        "/index.html",
        "/static/\x01",
        "/static/ä",
        "http://h/static/app-1a2b.js",
        "*",
    ],
)
def test_no_path_leads_out_of_the_page(page, path):
    status, answer = page.raw(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")
    assert status in (400, 404)
    assert b"SECRET" not in answer and b"root:" not in answer


# ---- malformed and slow -------------------------------------------------------------------


@pytest.mark.parametrize("request_", [
    "NONSENSE\r\n\r\n", "GET /health\r\n\r\n", "GET /health HTTP/7.0\r\nHost: h\r\n\r\n",
    "GET /health HTTP/1.1\r\n\r\n", "GET /he alth HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /chat HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
    "POST /chat HTTP/1.1\r\nHost: h\r\nContent-Length: five\r\n\r\nabcde",
    "POST /chat HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    "GET /health HTTP/1.1\r\nHost: h\r\nX-Long: " + "x" * 20000 + "\r\n\r\n",
    "GET /" + "x" * 20000 + " HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,  # TLS to a plain port
    b"\0" * 100,
])
def test_malformed_requests_harm_nobody(start_gateway, request_):
    chat = start_gateway(backends=False, HTTP_HEAD_MS=1000)
    with chat.connect() as connection:
        connection.sendall(request_ if isinstance(request_, bytes) else request_.encode())
        with contextlib.suppress(OSError):  # it may have closed the connection already
            connection.shutdown(socket.SHUT_WR)
        answer = read_reply(connection)
    assert status_of(answer) in (None, 400, 401, 404, 411, 413, 414, 431, 505)
    assert chat.stranger().get("/health").status_code == 200


def test_requests_may_come_in_one_piece_or_byte_by_byte(chat):
    with chat.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n" * 3)
        data = b""
        while data.count(b'"timestamp"') < 3:
            data += connection.recv(65536)
        for byte in b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert status_of(read_reply(connection)) == 200


def test_slow_heads_and_bodies_are_cut(start_gateway):
    chat = start_gateway(HTTP_HEAD_MS=1000, HTTP_BODY_MS=1000)
    starts = (b"GET /hea", b"POST /chat HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
    connections = [chat.connect(timeout=0.05) for _ in starts]
    for connection, start in zip(connections, starts):
        connection.sendall(start)

    def is_truncated(connection):
        try:
            connection.sendall(b"x")  # never silent, never done
            return connection.recv(4096) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
    for connection in connections:
        wait_until(lambda: is_truncated(connection), "a slow client being cut off")
    assert chat.stranger().get("/health").status_code == 200


def test_a_reader_that_does_not_read_holds_nobody_up(chat, anna):
    chat.worker.on("llm_answer_request", never)
    turn = str(uuid.uuid4())
    body = f'{{"message":"brakes","turn_id":"{turn}"}}'.encode()
    deaf = chat.connect()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(
        (
            f"POST /chat HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\nX-CSRF-Token: "
            f"{anna.csrf}\r\n"
            f"Cookie: session={anna.http.cookies['session']}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
    )
    asked = chat.worker.wait_request("llm_answer_request")
    for _ in range(4):
        asked.chunk("llm_chunk", text="\u0001" * 16000, model="m")  # six bytes each in JSON
    asked.final("llm_answer_reply", model="m", finish_reason="stop")
    assert len(chat.store.wait_request("turn_commit_request").answer) == 64000
    chat.worker.on(
        "llm_answer_request", lambda one: one.final("llm_answer_reply", text="Pads.", model="m")
    )
    assert anna.say(HELLO)["response"] == "Pads."


def test_a_body_may_be_announced(chat, anna):
    body = b'{"message":"brakes"}'
    with chat.connect() as connection:
        connection.sendall(
            (
                f"POST /chat HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                f"X-CSRF-Token: {anna.csrf}\r\nCookie: session={anna.http.cookies['session']}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode()
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert status_of(read_reply(connection)) == 200


def test_more_connections_than_allowed_wait(start_gateway):
    chat = start_gateway(backends=False, HTTP_CONNECTIONS=3)
    request = b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n"
    held = [chat.connect() for _ in range(3)]
    for connection in held:
        connection.sendall(request)
        assert status_of(read_reply(connection)) == 200
    fourth = chat.connect(timeout=0.3)
    fourth.sendall(request)
    with pytest.raises(TimeoutError):
        fourth.recv(1)
    held[0].close()
    fourth.settimeout(10)
    assert status_of(read_reply(fourth)) == 200
