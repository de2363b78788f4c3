"""scripts/trace finds a turn's life in the logs of all services."""

import subprocess
import uuid

from support.processes import ROOT

CLIENTS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def trace(turn_id, *files, stdin=None):
    return subprocess.run(
        [ROOT / "scripts/trace", turn_id, *files],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=20,
    )


def say(person, traceparent=None):
    turn_id = str(uuid.uuid4())
    answer = person.post("/chat", {"message": "My brakes squeal", "turn_id": turn_id},
                         {"traceparent": traceparent} if traceparent else {})
    assert answer.status_code == 200
    return turn_id


def events(done):
    """(service, event) of each line that was printed."""
    assert done.returncode == 0, done.stderr
    return [tuple(line.split()[2:4]) for line in done.stdout.splitlines()]


LIFE = {("store", "store.done"), ("filter", "filter.checked"), ("filter", "filter.reviewed"),
        ("llm-worker", "answer.end"), ("gateway", "turn.done")}


def test_a_turn_is_found_in_all_logs(system):
    system.start(workers=2, stores=2)
    person = system.client()
    before, mine, after = say(person), say(person, CLIENTS), say(person)
    logs = [process.log_file for process in system.services]
    for process in system.gateways:
        process.wait_for_event("turn.done", count=3)

    for turn_id in (before, mine, after):
        done = trace(turn_id, *logs)
        found = events(done)
        assert set(found) == LIFE
        assert found.count(("store", "store.done")) == 3  # limit, begin, commit
        for ask in ("limit_take_request", "turn_begin_request", "turn_commit_request"):
            assert done.stdout.count(f"request={ask} end=ok") == 1
        times = [line.split()[0] for line in done.stdout.splitlines()]
        assert times == sorted(times)
        others = {before, mine, after} - {turn_id}
        assert not any(other in done.stdout for other in others)

    together = "".join(f"{process.name}  | {line}\n" for process in system.services
                       for line in process.log_text.splitlines())
    assert sorted(events(trace(mine.upper(), stdin=together))) == sorted(events(trace(mine, *logs)))


def test_steps_are_found_by_their_ids(system):
    system.start(workers=1, LOG_LEVEL="trace")
    person = system.client()
    say(person)
    turn_id = say(person)
    system.gateways[0].wait_for_event("turn.done", count=2)
    done = trace(turn_id, *[process.log_file for process in system.services])
    assert ("gateway", "turn.step") in events(done) and ("store", "store.step") in events(done)
    assert (
        done.stdout.count("step=request_limit\n") == 1
        and done.stdout.count("step=commit_request\n") == 1
    )


def test_a_turn_nobody_knows_and_a_bad_id_are_told(tmp_path):
    log = tmp_path / "log"
    log.write_text('no JSON\n{"broken": \n{"service": "store"}\n[1]\n')
    assert trace(str(uuid.uuid4()), log).returncode == 1
    assert trace("not-an-id", log).returncode == 64
