"""Workers come and go; people notice nothing but speed."""

import threading
import time
import uuid

from support.wait import at_this_load, wait_until

BRAKES = "My brakes squeal"
LONG = "standin/ok@tokens=500,delay=20"
ONE_SLOT = {"SLOTS": 1}


def test_two_workers_share_parallel_chats(system):
    system.start(workers=2, **ONE_SLOT)
    streams = [system.client().stream(BRAKES, model=LONG) for _ in range(2)]
    for stream in streams:
        stream.wait_for("delta")  # at the same time: each worker has one slot only


def test_what_waits_is_served_by_a_worker_that_joins(system):
    system.start(workers=2, **ONE_SLOT)
    for _ in range(2):
        system.client().stream(BRAKES, model=LONG).wait_for("delta")
    waiting = system.client().stream(BRAKES)
    waiting.wait_for("queued")
    began = time.monotonic()
    system.add_worker()
    waiting.wait_for("delta")
    assert time.monotonic() - began < at_this_load(2.0)
    assert waiting.wait_end().name == "done"


def test_many_chats_flow_through_few_slots(system, standin):
    system.start(workers=2, **ONE_SLOT)
    results = []

    def ask(client, number):
        results.append(client.say(f"Tyre question {number}")["status"])
    threads = [threading.Thread(target=ask, args=(system.client(), n)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == ["committed"] * 12
    assert len(standin.completions) == 12


def test_without_a_worker_messages_wait_or_are_refused_clearly(system):
    system.start(workers=1)
    client = system.client()
    system.workers[0].kill()
    refused = client.chat(BRAKES)
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "worker_down"
    assert refused.json()["error"]["text"] == BRAKES and "Retry-After" in refused.headers
    assert client.history == []
    system.add_worker()
    system.wait_services(llm_worker=1)
    assert client.say(BRAKES)["status"] == "committed"


def test_a_worker_that_dies_before_its_first_word_is_replaced(system, standin):
    system.start(workers=1)
    stream = system.client().stream(BRAKES, model="standin/ok@first=2000")
    standin.wait_journal("request", method="POST")
    system.add_worker()
    system.wait_services(llm_worker=2)
    system.workers[0].kill()
    standin.wait_journal("request", count=2, method="POST")
    assert stream.wait_end().name == "done"


def test_a_worker_that_dies_in_mid_answer_ends_it_clearly(system):
    system.start(workers=1)
    client = system.client()
    stream = client.stream(BRAKES, model=LONG)
    stream.wait_for("delta")
    system.workers[0].kill()
    end = stream.wait_end()
    assert (end.name, end.data["code"], end.data["text"]) == ("error", "interrupted", BRAKES)
    (question, answer) = client.open()["chat_history"]
    assert (question["content"], answer["content"], answer["status"]) == (
        BRAKES,
        stream.text,
        "interrupted",
    )
    system.add_worker()
    system.wait_services(llm_worker=1)
    assert client.say(BRAKES, turn_id=answer["turn_id"])["status"] == "committed"
    assert [line["status"] for line in client.open()["chat_history"] if "status" in line] == [
        "committed"
    ]


def test_a_worker_that_is_asked_to_stop_finishes_its_answer(system):
    system.start(workers=1)
    stream = system.client().stream(BRAKES, model="standin/ok@tokens=40,delay=20")
    stream.wait_for("delta")
    assert system.workers[0].stop() == 0
    assert stream.wait_end().name == "done"


def test_two_gateways_share_people_and_workers(system):
    system.start(gateways=2, workers=1)
    client = system.client(0)
    turn_id = str(uuid.uuid4())
    said = client.say(BRAKES, turn_id=turn_id)
    client.url = system.url(1)
    assert client.say(BRAKES, turn_id=turn_id)["response"] == said["response"]
    assert client.say("And how much is that?")["status"] == "committed"
    system.gateways[0].kill()
    wait_until(lambda: len(client.history) == 4, "the history at the other gateway")
    assert client.say("My engine knocks")["status"] == "committed"
