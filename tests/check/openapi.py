#!/usr/bin/python3
"""tests/check/openapi.py [FILE]: checks the form of an OpenAPI 3.1 document (docs/openapi.yaml).

The document is checked against the specification's own schema, openapi-3.1.json (OpenAPI
Initiative, Apache-2.0). That schema leaves Schema Objects alone, where any key is allowed; this
program refuses there what is not a keyword, as a comma in an unquoted description makes one.  It
also refuses components that nothing refers to, and operation ids that occur twice.  Whether the
document agrees with the gateway is another matter: tests/support/contract.py.

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

# Keywords of JSON Schema 2020-12 and of OpenAPI's vocabulary, by what their value is.
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
        # What contains a fault is reported as one too: only the innermost helps.
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
    """(place, schema) of each schema that is not part of another one."""
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
    """Every value of this key, anywhere."""
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
            # E405 and its like stand for errors.def; security schemes are named without a
            # reference.
            is_listed = (
                kind == "securitySchemes" or "x-events" in part or re.fullmatch(r"E\d{3}", name)
            )
            if not is_listed and f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name}: nothing refers to it; take it out"


def repeated_ids(page):
    for name, times in collections.Counter(values_of(page.get("paths", {}), "operationId")).items():
        if times > 1:
            yield f"operationId {name} occurs {times} times; each operation needs its own"


def faults_of(page):
    faults = list(wrong_structure(page))
    if not faults:
        for place, schema in schemas_of(page):
            faults += wrong_keywords(schema, place.strip("/"))
        faults += [*unused_components(page), *repeated_ids(page)]
    return faults


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    faults = faults_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    for fault in faults:
        print(f"{path.name}: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
