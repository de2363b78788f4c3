"""Checks responses against docs/openapi.yaml.

Run as a program (by scripts/check), it prints each difference between docs/openapi.yaml and
routes.def or errors.def.
"""

import re
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import yaml

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs/openapi.yaml"
ROUTES = TOP / "services/gateway/http/routes.def"
ERRORS = TOP / "proto/base/errors.def"
# The HTTP parser rejects requests with these statuses and no JSON body.
BARE = (400, 413, 414, 431)
UNREAD = " (not read)"
# The codes for unknown paths and methods.
NOWHERE = {404: "not_found", 405: "method", 400: "bad_request"}


class Breach(AssertionError):
    """A response that docs/openapi.yaml does not allow."""


def routes(text=None):
    """(method, path) of each line of routes.def; a * of the path stays a *."""
    return re.findall(r'^ROUTE\((\w+), "([^"]+)"', text or ROUTES.read_text(), re.M)


def error_codes():
    """code -> status of each error that HTTP can carry."""
    lines = re.findall(r'^ERR\(\w+, "(\w+)", (\d+),', ERRORS.read_text(), re.M)
    return {code: int(status) for code, status in lines if int(status) >= 400}


class Contract:
    def __init__(self, page=None):
        self.page = page or yaml.safe_load(PAGE.read_text())
        self._resolver = jsonschema.RefResolver.from_schema(self.page)

    def operations(self):
        """(method, path) -> operation."""
        return {(method.upper(), path): operation for path, methods in self.page["paths"].items()
                for method, operation in methods.items()}

    def find(self, method, path):
        """The operation that serves this, or None; the template with the fewest parameters
        wins."""
        method = "GET" if method == "HEAD" else method
        fitting = [
            (template.count("{"), operation)
            for (its, template), operation in self.operations().items()
            if its == method and re.fullmatch(_pattern(template), path)
        ]
        return min(fitting, key=lambda one: one[0])[1] if fitting else None

    def look_up(self, node):
        """The node with its $ref resolved."""
        while "$ref" in node:
            _, node = self._resolver.resolve(node["$ref"])
        return node

    def check(self, schema, value, where):
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        fault = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if fault:
            raise Breach(
                f"{where}: {'/'.join(map(str, fault.absolute_path)) or 'all of it'}: "
                f"{fault.message[:500]}"
            )

    def check_answer(self, method, path, status, kind, body):
        """kind: the Content-Type; body: the parsed JSON, or else whether there is a body."""
        where = f"{method} {path} -> {status}"
        if kind != "application/json" and status in BARE:
            return
        operation = self.find(method, path)
        if not operation:
            self._check_nowhere(where, status, body)
            return
        answers = operation["responses"]
        if str(status) not in answers:
            raise Breach(f"{where}: no such status; there are {', '.join(answers)}")
        kinds = self.look_up(answers[str(status)]).get("content", {})
        if method == "HEAD" or not (kinds or body):
            return
        is_read, kind = not kind.endswith(UNREAD), kind.removesuffix(UNREAD)
        if kind not in kinds and "*/*" not in kinds:
            raise Breach(
                f"{where}: it comes as {kind or 'nothing'}, not as one of {', '.join(kinds)}"
            )
        if kind == "application/json" and is_read:
            self.check(kinds[kind]["schema"], body, where)

    def check_event(self, name, data):
        events = self.page["components"]["schemas"]["EventStream"]["x-events"]
        if name not in events:
            raise Breach(f"there is no event {name}")
        self.check(events[name], data, f"event {name}")

    def _check_nowhere(self, where, status, body):
        if status not in NOWHERE:
            raise Breach(f"{where}: it is not in docs/openapi.yaml")
        self.check({"$ref": "#/components/schemas/Error"}, body, where)
        if body["error"]["code"] != NOWHERE[status]:
            raise Breach(f"{where}: the code is {body['error']['code']}")

    # ---- the document against the tables ----

    def faults(self, lines=None):
        """One line for each difference between the document and the tables."""
        return [*self._route_faults(lines or routes()), *self._code_faults(), *self._form_faults()]

    def _route_faults(self, lines):
        wanted, known = set(lines), {
            (method, re.sub(r"{\w+}", "*", path)) for method, path in self.operations()
        }
        return [
            *(f"{' '.join(one)} is in routes.def only" for one in sorted(wanted - known)),
            *(f"{' '.join(one)} is in openapi.yaml only" for one in sorted(known - wanted)),
        ]

    def _code_faults(self):
        parts, faults = self.page["components"], []
        codes = error_codes()
        listed = {one["const"] for one in parts["schemas"]["ErrorCode"]["oneOf"]}
        faults += [
            f"ErrorCode and errors.def differ in {code}" for code in sorted(listed ^ set(codes))
        ]
        for status in sorted(set(codes.values())):
            mine = {code for code, its in codes.items() if its == status}
            page = set(_codes_of(parts["responses"].get(f"E{status}")))
            faults += [f"E{status} and errors.def differ in {code}" for code in sorted(mine ^ page)]
        return faults

    def _form_faults(self):
        faults = []
        for (method, path), operation in self.operations().items():
            named = {self.look_up(one)["name"] for one in operation.get("parameters", [])
                     if self.look_up(one)["in"] == "path"}
            if named != set(re.findall(r"{(\w+)}", path)):
                faults.append(f"{method} {path}: its parameters are not those of the path")
            if not operation.get("operationId") or not operation.get("responses"):
                faults.append(f"{method} {path}: without operationId or responses")
        for name, schema in self.page["components"]["schemas"].items():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as fault:
                faults.append(f"{name}: {fault.message}")
        for ref in _refs(self.page):
            try:
                self._resolver.resolve(ref)
            except jsonschema.RefResolutionError:
                faults.append(f"{ref} is not there")
        return faults


@lru_cache
def contract():
    return Contract()


def check_response(response, *_, stream=False, **__):
    """A hook for requests: raises Breach if docs/openapi.yaml does not allow the response.

    The body of a stream is left to the test to read, unless it is an error.
    """
    kind = response.headers.get("Content-Type", "").split(";")[0]
    if kind == "text/event-stream" or (stream and response.ok):
        kind, body = kind + UNREAD, True
    elif kind == "application/json":
        body = response.json() if response.content else None
    else:
        body = bool(response.content)
    request = response.request
    contract().check_answer(
        request.method, urlsplit(request.url).path, response.status_code, kind, body
    )


def _pattern(template):
    return "".join("[^/]+" if part.startswith("{") else re.escape(part)
                   for part in re.split(r"({\w+})", template))


def _codes_of(response):
    if not response:
        return []
    rules = response["content"]["application/json"]["schema"]["allOf"]
    return rules[1]["properties"]["error"]["properties"]["code"]["enum"]


def _refs(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _refs(value)


if __name__ == "__main__":
    found = contract().faults()
    print("\n".join(found))
    sys.exit(bool(found))
