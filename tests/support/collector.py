"""A small OpenTelemetry collector: takes OTLP over HTTP as JSON, and holds it against OTLP's
form."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema

from support.wait import wait_until

VALUE = {
    "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
    "properties": {
        "stringValue": {"type": "string"},
        "boolValue": {"type": "boolean"},
        "intValue": {"type": "string", "pattern": "^-?[0-9]+$"},
        "doubleValue": {"type": "number"},
        "arrayValue": {
            "type": "object",
            "required": ["values"],
            "additionalProperties": False,
            "properties": {"values": {"type": "array", "items": {"$ref": "#/$defs/value"}}},
        },
    },
}
ATTRIBUTES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "value"],
        "additionalProperties": False,
        "properties": {
            "key": {"type": "string", "minLength": 1},
            "value": {"$ref": "#/$defs/value"},
        },
    },
}
NANOSECONDS = {"type": "string", "pattern": "^[1-9][0-9]{18}$"}
SPAN = {
    "type": "object", "additionalProperties": False,
    "required": ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"],
    "properties": {
        "traceId": {"type": "string", "pattern": "^(?!0+$)[0-9a-f]{32}$"},
        "spanId": {"type": "string", "pattern": "^(?!0+$)[0-9a-f]{16}$"},
        "parentSpanId": {"type": "string", "pattern": "^(?!0+$)[0-9a-f]{16}$"},
        "name": {"type": "string", "minLength": 1}, "kind": {"enum": [1, 2, 3, 4, 5]},
        "startTimeUnixNano": NANOSECONDS, "endTimeUnixNano": NANOSECONDS, "attributes": ATTRIBUTES,
        "status": {"type": "object", "additionalProperties": False,
                   "properties": {"code": {"enum": [0, 1, 2]}, "message": {"type": "string"}}}}}
SCHEMA = {
    "$defs": {"value": VALUE},
    "type": "object", "required": ["resourceSpans"], "additionalProperties": False,
    "properties": {"resourceSpans": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["resource", "scopeSpans"], "additionalProperties": False,
        "properties": {
            "resource": {"type": "object", "required": ["attributes"],
                         "additionalProperties": False,
                         "properties": {"attributes": ATTRIBUTES}},
            "scopeSpans": {"type": "array", "minItems": 1, "items": {
                "type": "object", "required": ["scope", "spans"], "additionalProperties": False,
                "properties": {
                    "scope": {"type": "object", "required": ["name"], "additionalProperties": False,
                              "properties": {"name": {"type": "string"},
                                             "version": {"type": "string"}}},
                    "spans": {"type": "array", "minItems": 1, "items": SPAN}}}}}}}}}


class Span:
    """One span, with the service that sent it; attributes as plain values."""

    def __init__(self, resource, raw):
        self.service = plain(resource["attributes"])["service.name"]
        self.trace, self.id, self.parent = raw["traceId"], raw["spanId"], raw.get("parentSpanId")
        self.name, self.kind = raw["name"], raw["kind"]
        self.begin, self.end = int(raw["startTimeUnixNano"]), int(raw["endTimeUnixNano"])
        self.attributes = plain(raw["attributes"])
        self.is_error = raw.get("status", {}).get("code") == 2

    def __repr__(self):
        return f"{self.service} {self.name} {self.id} below {self.parent}"


def plain(attributes):
    return {one["key"]: plain_value(one["value"]) for one in attributes}


def plain_value(value):
    kind, raw = next(iter(value.items()))
    if kind == "arrayValue":
        return [plain_value(one) for one in raw["values"]]
    return int(raw) if kind == "intValue" else raw


def senders(body):
    return {
        plain(one["resource"]["attributes"])["service.name"]
        for one in json.loads(body)["resourceSpans"]
    }


class Collector:
    """collector.url is the endpoint; answer.status may be changed; what has no form is a fault."""

    def __init__(self):
        self.spans, self.faults, self.texts, self.status = [], [], [], 200
        self.hold, self.buffered = None, set()  # an Event: answers wait for it; whose do
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if collector.hold:
                    collector.buffered |= senders(body)
                    collector.hold.wait(20)
                collector.take(self.path, self.headers, body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, headers, body):
        self.texts.append(body.decode())
        try:
            assert path == "/v1/traces" and headers["Content-Type"] == "application/json", path
            message = json.loads(body)
            jsonschema.validate(message, SCHEMA)
        except Exception as fault:
            self.faults.append(str(fault))
            return
        for resource in message["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                self.spans += [Span(resource["resource"], span) for span in scope["spans"]]

    def trace_of(self, turn_id):
        """The spans of a turn's trace: the one of its chat, and all with the same trace id."""
        roots = [span for span in self.spans if span.attributes.get("chat.turn.id") == turn_id]
        return [span for span in self.spans if roots and span.trace == roots[0].trace]

    def wait_trace(self, turn_id, *names):
        """Until spans with these names are there."""
        wait_until(lambda: set(names) <= {span.name for span in self.trace_of(turn_id)},
                   f"the spans {names} of {turn_id}", 15)
        return self.trace_of(turn_id)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        assert not self.faults, self.faults[0]
