"""What support/contract.py promises: page and tables agree, and an answer that is not in the page
is seen."""

import copy

import pytest

from support.contract import Breach, Contract, contract, error_codes, routes

HEALTH = {"status": "ok", "timestamp": "2026-01-01T00:00:00.000Z", "demo": False,
          "services": {"filter": 1, "llm-worker": 1, "store": 1}}
JSON = "application/json"


def failure(code):
    return {"error": {"code": code, "message": "It went wrong."}}


def answer(body, status=200, path="/health", method="GET", kind=JSON):
    contract().check_answer(method, path, status, kind, body)


def changed(change):
    page = copy.deepcopy(contract().page)
    change(page)
    return Contract(page).faults()


def test_the_page_and_the_tables_agree():
    assert contract().faults() == []


@pytest.mark.parametrize("line", routes())
def test_a_route_that_is_missing_is_seen(line):
    assert contract().faults([one for one in routes() if one != line])
    assert contract().faults([*routes(), ("PUT", line[1])])


@pytest.mark.parametrize("code, status", error_codes().items())
def test_a_code_that_is_missing_is_seen(code, status):
    def of_status(page):
        content = page["components"]["responses"][f"E{status}"]["content"][JSON]
        content["schema"]["allOf"][1]["properties"]["error"]["properties"]["code"]["enum"].remove(
            code
        )

    def of_all(page):
        codes = page["components"]["schemas"]["ErrorCode"]["oneOf"]
        codes.remove(next(one for one in codes if one["const"] == code))
    for change in (of_status, of_all):
        assert any(code in fault for fault in changed(change))


def test_a_reference_to_nothing_is_seen():
    assert changed(lambda page: page["components"]["schemas"].pop("Budget"))


def test_a_parameter_that_is_missing_is_seen():
    assert changed(lambda page: page["paths"]["/chat/events/{turn_id}"]["get"]["parameters"].pop(0))


def test_what_is_in_the_page_is_let_through():
    answer(HEALTH)
    answer(failure("not_found"), 404, "/nothing")
    answer(failure("method"), 405, "/health", "PUT")
    answer(failure("signed_out"), 401, "/models")
    answer(False, 400, "/chat", "POST", "")
    answer(None, 200, "/health", "HEAD")
    answer(True, 200, "/static/app.js", kind="text/javascript")


@pytest.mark.parametrize("body, status, path", [
    ({**HEALTH, "extra": 1}, 200, "/health"), ({**HEALTH, "status": "fine"}, 200, "/health"),
    ({key: value for key, value in HEALTH.items() if key != "demo"}, 200, "/health"),
    (HEALTH, 201, "/health"), (HEALTH, 200, "/nothing"), (failure("signed_out"), 404, "/models"),
    (failure("signed_out"), 404, "/nothing"), (failure("unheard_of"), 401, "/models"),
    ({"error": {"code": "signed_out", "message": "x", "stack": "y"}}, 401, "/models")])
def test_what_is_not_is_seen(body, status, path):
    with pytest.raises(Breach):
        answer(body, status, path)


def test_another_kind_of_body_is_seen():
    with pytest.raises(Breach):
        answer(True, 200, "/health", kind="text/html")


def test_events_are_held_against_it():
    contract().check_event("delta", {"text": "Check"})
    for name, data in (
        ("delta", {}),
        ("delta", {"text": "x", "more": 1}),
        ("news", {}),
        (
            "error",
            {"code": "none", "message": "m", "retryable": True, "retry_after": 0, "text": ""},
        ),
    ):
        with pytest.raises(Breach):
            contract().check_event(name, data)
