#!/usr/bin/python3
"""tests/check/openapi.py [FILE]: checks the form and the error codes of docs/openapi.yaml
(OpenAPI 3.1).

The document is checked against the specification's own schema, openapi-3.1.json (OpenAPI
Initiative, Apache-2.0). That schema allows any key in a Schema Object; this program reports those
that are not keywords, which a comma in an unquoted description creates.  It also reports unused
components, repeated operation ids, and each ErrorCode whose text or status differs from
proto/base/errors.def.  tests/support/contract.py compares the document with the gateway.

One line per failure.
"""

import collections
import json
import pathlib
import re
import sys

import jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs/openapi.yaml"
ERRORS = HERE.parent.parent / "proto/base/errors.def"

# Keywords of JSON Schema 2020-12 and of OpenAPI's vocabulary, by the kind of their value.
ONE_SCHEMA = {
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
}
LIST_OF_SCHEMAS = {"allOf", "anyOf", "oneOf", "prefixItems"}
MAP_OF_SCHEMAS = {"$defs", "dependentSchemas", "patternProperties", "properties"}
VALUES = {
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$ref",
    "$schema",
    "$vocabulary",
    "const",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
    "xml",
}


def wrong_structure(page):
    schema = json.loads((HERE / "openapi-3.1.json").read_text(encoding="utf-8"))
    faults = list(jsonschema.Draft202012Validator(schema).iter_errors(page))
    places = [tuple(fault.absolute_path) for fault in faults]
    for place, fault in zip(places, faults):
        # The schema reports each parent of a fault too: keep the innermost.
        if not any(other[:len(place)] == place and other != place for other in places):
            yield f"{'/'.join(map(str, place))}: {fault.message[:200]}"


def wrong_keywords(schema, place):
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in ONE_SCHEMA:
            yield from wrong_keywords(value, f"{place}/{key}")
        elif key in LIST_OF_SCHEMAS:
            for number, one in enumerate(value):
                yield from wrong_keywords(one, f"{place}/{key}/{number}")
        elif key in MAP_OF_SCHEMAS:
            for name, one in value.items():
                yield from wrong_keywords(one, f"{place}/{key}/{name}")
        elif key not in VALUES and not key.startswith("x-"):
            yield (
                f"{place}: '{key}' is not a keyword; quote the text that it belongs to, or correct "
                "the name"
            )


def schemas_of(node, place=""):
    """(place, schema) of each schema that is not part of another."""
    if isinstance(node, list):
        for number, one in enumerate(node):
            yield from schemas_of(one, f"{place}/{number}")
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield f"{place}/schema", value
            elif key in ("schemas", "x-events") and isinstance(value, dict):
                yield from ((f"{place}/{key}/{name}", schema) for name, schema in value.items())
                yield from (
                    found
                    for name, schema in value.items()
                    if isinstance(schema, dict)
                    for found in schemas_of(
                        {"x-events": schema.get("x-events")}, f"{place}/{key}/{name}"
                    )
                )
            else:
                yield from schemas_of(value, f"{place}/{key}")


def values_of(node, wanted):
    """Every value of this key, at any depth."""
    if isinstance(node, list):
        for one in node:
            yield from values_of(one, wanted)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == wanted and isinstance(value, str):
                yield value
            else:
                yield from values_of(value, wanted)


def unused_components(page):
    used = set(values_of(page, "$ref"))
    for kind, parts in page.get("components", {}).items():
        for name, part in parts.items():
            # E405 and the like mirror errors.def; security schemes are named without a reference.
            is_listed = (
                kind == "securitySchemes" or "x-events" in part or re.fullmatch(r"E\d{3}", name)
            )
            if not is_listed and f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name}: nothing refers to it; take it out"


def repeated_ids(page):
    for name, times in collections.Counter(values_of(page.get("paths", {}), "operationId")).items():
        if times > 1:
            yield f"operationId {name} occurs {times} times; each operation needs its own"


def errors_of(table):
    """code -> (status, text) of each row of errors.def that HTTP can carry."""
    rows = re.findall(r'^ERR\(\w+, "(\w+)", (\d+), ("(?:[^"\\]|\\.)*")\)$', table, re.M)
    if len(rows) != len(re.findall(r"^ERR\(", table, re.M)):
        raise ValueError("errors.def has a row that is not ERR(NAME, code, status, text)")
    return {code: (status, json.loads(text)) for code, status, text in rows if int(status) >= 400}


def wrong_codes(page, errors):
    """A line for each difference between ErrorCode and errors: code -> (status, text)."""
    listed = collections.Counter()
    schema = page.get("components", {}).get("schemas", {}).get("ErrorCode", {})
    for one in schema.get("oneOf", []):
        code, place = one.get("const"), f"ErrorCode/{one.get('const')}"
        listed[code] += 1
        if code not in errors:
            yield f"{place}: the code is not in errors.def"
            continue
        found = re.fullmatch(r"(.*) \((\d+)\)", one.get("description", ""), re.S)
        if not found:
            yield f"{place}: the description is not 'text (status)'"
            continue
        status, text = errors[code]
        if found[1] != text:
            yield f"{place}: the text is '{found[1]}', in errors.def '{text}'"
        if found[2] != status:
            yield f"{place}: the status is {found[2]}, in errors.def {status}"
    for code, (status, text) in errors.items():
        if listed[code] != 1:
            yield (
                f"ErrorCode/{code}: listed {listed[code]} times; list it once, as "
                f"'{text} ({status})'"
            )


def faults_of(page, errors=None):
    if errors is None:
        errors = errors_of(ERRORS.read_text(encoding="utf-8"))
    faults = list(wrong_structure(page))
    if not faults:
        for place, schema in schemas_of(page):
            faults += wrong_keywords(schema, place.strip("/"))
        faults += [*unused_components(page), *repeated_ids(page), *wrong_codes(page, errors)]
    return faults


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    faults = faults_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    for fault in faults:
        print(f"{path.name}: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
