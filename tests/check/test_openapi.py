"""What tests/check/openapi.py promises: docs/openapi.yaml passes, and one planted slip turns it
red."""

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
