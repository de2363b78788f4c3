"""Tests of tests/check/openapi.py: docs/openapi.yaml passes, and each planted mistake is
reported."""

import copy
import pathlib
import sys

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import openapi  # noqa: E402

PAGE = yaml.safe_load(openapi.PAGE.read_text(encoding="utf-8"))


@pytest.fixture(name="page")
def a_page():
    return copy.deepcopy(PAGE)


def test_the_document_passes(page):
    assert openapi.faults_of(page) == []


def test_a_stray_key_of_a_schema_fails(page):
    error = page["components"]["schemas"]["Error"]["properties"]["error"]["properties"]
    error["text"] = yaml.safe_load(
        "{type: string, description: the message, back for the input box}"
    )
    [fault] = openapi.faults_of(page)
    assert fault == (
        "components/schemas/Error/properties/error/properties/text: 'back for the input box' is "
        "not a keyword; quote the text that it belongs to, or correct the name"
    )


def test_a_stray_key_of_an_operation_fails(page):
    page["paths"]["/health"]["get"]["respones"] = {}
    assert any(
        fault.startswith("paths//health/get: ") and "respones" in fault
        for fault in openapi.faults_of(page)
    )


def test_a_stray_key_of_a_schema_in_an_operation_fails(page):
    page["paths"]["/health"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {
        "typ": "string"
    }
    assert any("'typ' is not a keyword" in fault for fault in openapi.faults_of(page))


def test_a_component_that_nothing_refers_to_fails(page):
    page["components"]["schemas"]["Lonely"] = {"type": "string"}
    assert openapi.faults_of(page) == [
        "components/schemas/Lonely: nothing refers to it; take it out"
    ]


def test_an_operation_id_that_occurs_twice_fails(page):
    page["paths"]["/health"]["get"]["operationId"] = "page"
    assert openapi.faults_of(page) == [
        "operationId page occurs 2 times; each operation needs its own"
    ]


def listed(page, code):
    codes = page["components"]["schemas"]["ErrorCode"]["oneOf"]
    return next(one for one in codes if one["const"] == code)


ERRORS = openapi.errors_of(openapi.ERRORS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", ERRORS)
def test_a_code_whose_text_or_status_differs_fails(page, code):
    status, text = ERRORS[code]
    listed(page, code)["description"] = f"{text} Really. (418)"
    assert openapi.faults_of(page) == [
        f"ErrorCode/{code}: the text is '{text} Really.', in errors.def '{text}'",
        f"ErrorCode/{code}: the status is 418, in errors.def {status}",
    ]


def test_a_change_of_the_table_fails(page):
    changed = {**ERRORS, "busy": ("423", ERRORS["busy"][1]), "new_code": ("500", "It is new.")}
    del changed["csrf"]
    assert openapi.faults_of(page, changed) == [
        "ErrorCode/csrf: the code is not in errors.def",
        "ErrorCode/busy: the status is 409, in errors.def 423",
        "ErrorCode/new_code: listed 0 times; list it once, as 'It is new. (500)'",
    ]


def test_a_code_without_status_fails(page):
    listed(page, "not_found")["description"] = "Not found."
    assert openapi.faults_of(page) == [
        "ErrorCode/not_found: the description is not 'text (status)'"
    ]


def test_a_code_that_is_listed_twice_fails(page):
    page["components"]["schemas"]["ErrorCode"]["oneOf"].append(listed(page, "not_found"))
    assert openapi.faults_of(page) == [
        "ErrorCode/not_found: listed 2 times; list it once, as 'Not found. (404)'"
    ]


def test_every_row_of_the_table_is_read():
    table = openapi.ERRORS.read_text(encoding="utf-8")
    assert len(ERRORS) == table.count("\nERR(") - 1  # all but ok
    assert openapi.errors_of('ERR(A, "a", 400, "Say \\"a\\".")') == {"a": ("400", 'Say "a".')}
    with pytest.raises(ValueError):
        openapi.errors_of(table + 'ERR(NEXT, "next", 500,\n    "Wrapped.")\n')
