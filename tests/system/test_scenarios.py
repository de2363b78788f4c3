"""Every line of scenarios.py through the whole chat, as JSON and as events: what the person sees,
what history holds, how often OpenRouter is asked, what it cost."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from scenarios import LINES, QUESTION
from support.keys import Keys
from support.processes import Harness
from support.servers import Redis
from support.standin import Standin
from support.system import System

# Silence is over soon, but a busy machine still gets its first word in.
SETTINGS = {"FIRST_TOKEN_TIMEOUT_MS": 8000, "IDLE_TIMEOUT_MS": 8000, "ANSWER_TIMEOUT_MS": 40000,
         "DEFAULT_MODEL": "openrouter/free"}  # what is named in place of a dead model
AT_ONCE = 24
WAYS = ("json", "events")
FAILURES = [line for line in LINES if line.code]
ANSWERS = [line for line in LINES if not line.code]

pytestmark = pytest.mark.timeout(300)  # the first test waits for all lines


# libcurl itself asks again on another connection when one it had kept closes without a byte.
NOT_COUNTED = {"no-reply"}


def model_of(line, way):
    """The stand-in counts, and the worker remembers, by model name: each way has its own."""
    mark = "," if "@" in line.model else "@"
    return f"standin/{line.model}{mark}tag={1 + WAYS.index(way)}"


# ---- playing a line --------------------------------------------------------------------------


def say_json(client, turn_id, model):
    response = client.chat(QUESTION, turn_id=turn_id, model=model)
    body = response.json()
    return SimpleNamespace(status=response.status_code, body=body.get("error", body),
                           text=body.get("response"), raw=response.text)


def say_events(client, turn_id, model):
    stream = client.stream(QUESTION, turn_id=turn_id, model=model)
    end = stream.wait_end(60)
    return SimpleNamespace(status=stream.status, body=end.data, text=stream.text, end=end.name,
                           raw=repr(stream.events))


def replay(client, turn_id, model):
    """A kept turn again, in the three ways there are."""
    def followed():
        stream = client.follow(turn_id)
        return SimpleNamespace(body=stream.wait_end().data, text=stream.text)
    return [say_json(client, turn_id, model), say_events(client, turn_id, model), followed()]


def play(system, line, way):
    # each gateway has a budget of retries of its own
    client = system.client(gateway=WAYS.index(way))
    model, turn_id = model_of(line, way), str(uuid.uuid4())
    saw = (say_json if way == "json" else say_events)(client, turn_id, model)
    saw.model, saw.turn_id, saw.history = model, turn_id, client.history
    saw.replays = [] if line.code else replay(client, turn_id, model)
    return saw


ROWS = "SELECT turn_id::text, finish_reason, prompt_tokens, completion_tokens, cost FROM turns"


def play_all(system, wanted):
    system.start(workers=2, gateways=2, **SETTINGS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {(line.model, way): pool.submit(play, system, line, way) for line, way in wanted}
        played = {key: future.result() for key, future in futures.items()}
    rows = {row[0]: row[1:] for row in system.postgres.query(ROWS)}
    asked = [body["model"] for body in system.standin.completions]
    for saw in played.values():
        saw.row, saw.calls = rows.get(saw.turn_id), asked.count(saw.model)
    return played


@pytest.fixture(scope="module")
def played(request, tmp_path_factory, short_folder, postgres_server):
    """{(line, way): what came of it} of the chosen tests, all played at once in one running
    chat."""
    folder = tmp_path_factory.mktemp("scenarios")
    harness = Harness(folder)
    redis_folder = short_folder / "redis-scenarios"
    redis_folder.mkdir()
    postgres_server.fresh_database()
    system = System(
        harness,
        Keys(folder / "keys"),
        Redis(harness, redis_folder).start(),
        postgres_server,
        Standin(harness, folder / "standin").start(),
    )
    chosen = [
        item.callspec.params["line"]
        for item in request.session.items
        if "played" in item.fixturenames
    ]
    try:
        yield play_all(system, [(line, way) for line in LINES if line in chosen for way in WAYS])
    finally:
        system.close()
        faults = harness.close()
        postgres_server.drop_database()
    assert not faults, "\n".join(faults)


# ---- what must come of it --------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("line", FAILURES, ids=lambda line: line.model)
def test_a_failure_is_explained_and_leaves_history_as_it_was(played, line, way):
    saw = played[line.model, way]
    assert (saw.body["code"], saw.body["message"]) == (line.code, line.message(saw.model))
    assert saw.body["text"] == QUESTION  # back for the input box
    if way == "json":
        assert (saw.status, saw.body["turn_id"]) == (line.status, saw.turn_id)
    else:
        assert (saw.status, saw.end, saw.text) == (200, "error", line.text)
    assert saw.history == [] and saw.row is None
    assert saw.calls == line.calls or (line.model in NOT_COUNTED and saw.calls > line.calls)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("line", ANSWERS, ids=lambda line: line.model)
def test_an_answer_is_shown_and_kept(played, line, way):
    saw = played[line.model, way]
    assert saw.status == 200 and saw.text == line.text, saw.body
    assert (saw.body["status"], saw.body["finish_reason"]) == ("committed", line.end)
    assert saw.history == [("user", QUESTION), ("assistant", line.text)]
    assert saw.calls == line.calls  # the replays asked nobody


@pytest.mark.parametrize("line", ANSWERS, ids=lambda line: line.model)
def test_an_answer_costs_the_same_wherever_it_is_told(played, line):
    told = [played[line.model, way] for way in WAYS]
    usage, finish = told[0].body["usage"], told[0].body["finish_reason"]
    for saw in told:
        assert saw.body["usage"] == usage
        assert saw.row == (
            finish,
            usage["prompt_tokens"],
            usage["completion_tokens"],
            usage["cost"],
        )
        for again in saw.replays:
            assert (again.text, again.body["usage"], again.body["finish_reason"]) == (
                line.text,
                usage,
                finish,
            )


@pytest.mark.parametrize("line", [line for line in ANSWERS if line.model == "usage-wild"])
def test_a_cost_that_cannot_be_is_bounded(played, line):
    assert 0 < played[line.model, "json"].body["usage"]["cost"] < 1  # not 4711 USD


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("line", FAILURES, ids=lambda line: line.model)
def test_what_is_shown_holds_no_secret_and_no_code(played, line, way):
    raw = played[line.model, way].raw
    assert not any(
        word in raw
        for word in ("sk-or-", "user_standin", "user_id", "metadata", "<html", "<!DOCTYPE")
    )
    assert "{" not in played[line.model, way].body["message"]


# ---- the table itself ------------------------------------------------------------------------


def test_every_scenario_of_the_standin_is_in_the_table(harness):
    _, printed = harness.run("tests/openrouter/openrouter-standin", "--scenarios")
    scenarios = printed.split("### Knobs")[0]
    named = {row.split("`")[1] for row in scenarios.splitlines() if row.startswith("| `")}
    assert named == {line.name for line in LINES}
