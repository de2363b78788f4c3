"""The key that signs cookies is changed as docs/operations.md says, one gateway after the other,
while people come and go."""

import base64
import os


def replace(system, number, lines):
    """That gateway by one which has these lines of the ring."""
    gateway = system.gateways[number]
    ring = system.harness.folder / f"{gateway.name}.keys"
    ring.write_text("".join(lines))
    gateway.env["COOKIE_KEYS_FILE"] = str(ring)
    assert gateway.stop() == 0
    gateway.start()
    system.wait_ready()


def chat_everywhere(system, person):
    """With each gateway, as the page that the other one gave it: then it loads, which signs the
    cookie anew."""
    for number in (0, 1, 0):
        before, person.url = person.history, system.url(number)
        person.say("My brakes squeal")
        assert person.history[:-2] == before


def test_nobody_is_signed_out_while_the_key_of_cookies_is_changed(system, keys):
    system.start(workers=1, gateways=2)
    person, rare = system.client(), system.client()
    rare.say("My engine knocks")
    with open(keys.path("cookie.keys")) as file:
        old = file.read()
    new = f"c2 {base64.b64encode(os.urandom(32)).decode()}\n"
    for lines in ((old, new), (new, old)):
        for number in (0, 1):
            replace(system, number, lines)
            chat_everywhere(system, person)
    rare.url = system.url(1)
    assert len(rare.history) == 2, "who was not here since the old line signed has lost their chat"
    for number in (0, 1):
        replace(system, number, (new,))
        chat_everywhere(system, person)
        chat_everywhere(system, rare)
