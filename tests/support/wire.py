"""The wire format, read from docs/messages.md alone.

It shares no code and no table with the C side, so it also proves that the page
suffices for a second implementation.
"""

import re
from collections import namedtuple
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgpack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "messages.md"

Field = namedtuple("Field", "name type limit part")  # limit None: any; part: of a list


class BadFrame(Exception):
    """Bytes that docs/messages.md does not allow."""


class Message(dict):
    """A decoded message: its fields as attributes, its name as MESSAGE."""

    def __init__(self, name, fields):
        super().__init__(fields)
        self.MESSAGE = name

    def __getattr__(self, key):
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"{self.MESSAGE} has no field {key}") from None


# ---- reading the page ---------------------------------------------------------------------


def _rows(section):
    """The cells of each table row; header and rule lines left out."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rules = [at for at, line in enumerate(lines) if line.startswith("|---")]
    rows = [line for at, line in enumerate(lines) if at not in rules and at + 1 not in rules]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def _field(row):
    name, kind, limit = row[:3]
    part = re.match(r"list of \[(\w+)\]", kind)
    return Field(name, "list" if part else kind, int(limit) if limit else None,
                 part.group(1) if part else None)


def _read(page):
    text = page.read_text(encoding="utf-8")
    frames_part, rest = text.split("\n## Messages\n")
    messages_part, errors_part = rest.split("\n## Error codes\n")
    frames = {row[1]: int(row[0]) for row in _rows(frames_part) if row[0].isdigit()}
    numbers, shapes = {}, {}
    for section in re.split(r"^### ", messages_part, flags=re.M)[1:]:
        first, name = section.splitlines()[0].split()
        key = f"part {name}" if first == "part" else name
        if first != "part":
            numbers[name] = int(first)
        shapes[key] = [_field(row) for row in _rows(section)]
    errors = {row[0]: int(row[1]) for row in _rows(errors_part)}
    size = int(re.search(r"whole frame has at most (\d+) bytes", frames_part).group(1))
    return frames, numbers, shapes, errors, size


FRAMES, NUMBERS, SHAPES, ERRORS, FRAME_MAX = _read(PAGE)
FRAME_NAMES = {number: name for name, number in FRAMES.items()}
MESSAGE_NAMES = {number: name for name, number in NUMBERS.items()}
VERSION = 1
RESERVED = "(reserved)"  # the place of a removed field
EMPTY = {"str": "", "bin": b"", "u64": 0, "f64": 0.0, "list": []}


# ---- messages -----------------------------------------------------------------------------


def _check(shape, value):
    """The value of one field, or BadFrame."""
    kind, limit = shape.type, shape.limit
    if kind == "u64":
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64
        good = good and (limit is None or value <= limit)
    elif kind == "f64":
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
    elif kind == "str":
        good = isinstance(value, str) and len(value.encode()) <= limit
    elif kind == "bin":
        good = isinstance(value, bytes) and len(value) <= limit
    else:
        good = isinstance(value, list) and len(value) <= limit
    if not good:
        raise BadFrame(f"field {shape.name}: {kind} up to {limit}, got {str(value)[:60]!r}")
    return value


def _pack(shapes, fields, checked):
    unknown = set(fields) - {shape.name for shape in shapes}
    assert not unknown, f"docs/messages.md has no field {unknown}"
    out = []
    for shape in shapes:
        value = fields.get(shape.name, EMPTY[shape.type])
        value = _check(shape, value) if checked and shape.name != RESERVED else value
        if shape.type == "f64":
            value = float(value)
        elif shape.type == "list":
            value = [_pack(SHAPES[f"part {shape.part}"], item, checked) for item in value]
        out.append(value)
    return out


def _unpack(name, shapes, values):
    """Newer senders send longer arrays, older ones shorter: both are valid."""
    if not isinstance(values, list):
        raise BadFrame(f"{name} is not an array")
    fields = {}
    for at, shape in enumerate(shapes):
        if shape.name == RESERVED:
            continue
        value = _check(shape, values[at] if at < len(values) else EMPTY[shape.type])
        if shape.type == "list":
            value = [_unpack(shape.part, SHAPES[f"part {shape.part}"], item) for item in value]
        fields[shape.name] = value
    return Message(name, fields)


def _unpackb(data):
    try:
        return msgpack.unpackb(data, raw=False, use_list=True)
    except (ValueError, msgpack.exceptions.UnpackException) as why:
        raise BadFrame(f"not one whole msgpack value: {why}") from why


def encode(name, checked=True, **fields):
    """A message as bytes; checked=False lets fields over their limit through."""
    return msgpack.packb([NUMBERS[name], *_pack(SHAPES[name], fields, checked)])


def decode(body):
    values = _unpackb(body)
    if not isinstance(values, list) or not values or values[0] not in MESSAGE_NAMES:
        raise BadFrame(f"unknown message: {str(values)[:60]}")
    name = MESSAGE_NAMES[values[0]]
    return _unpack(name, SHAPES[name], values[1:])


# ---- frames -------------------------------------------------------------------------------


@dataclass
class Frame:
    """The envelope; type is a name of the table, or an unknown number."""

    type: object
    epoch: int = 0
    id: int = 0
    attempt: int = 0
    sequence: int = 0
    ttl_ms: int = 0
    trace: str = ""
    body: bytes = b""
    version: int = VERSION
    message: Message = field(default=None, compare=False)  # decoded body

    def encode(self):
        number = FRAMES[self.type] if isinstance(self.type, str) else self.type
        return msgpack.packb([self.version, number, self.epoch, self.id, self.attempt,
                              self.sequence, self.ttl_ms, self.trace, self.body])

    def but(self, **changes):
        """A copy with other fields."""
        return replace(self, **changes)


def decode_frame(data):
    values = _unpackb(data)
    if len(data) > FRAME_MAX or not isinstance(values, list):
        raise BadFrame("too long, or no array")
    values = values + [0, 0, 0, 0, 0, 0, 0, "", b""][len(values):]
    head, trace, body = values[:7], values[7], values[8]
    if not all(isinstance(number, int) and number >= 0 for number in head):
        raise BadFrame(f"head {head}")
    if not isinstance(trace, str) or not isinstance(body, bytes) or len(trace) > 55:
        raise BadFrame("trace or body")
    version, kind, epoch, request, attempt, sequence, ttl = head
    if kind not in FRAME_NAMES:
        raise BadFrame(f"no frame type {kind}")
    frame = Frame(FRAME_NAMES[kind], epoch, request, attempt, sequence, ttl, trace, body, version)
    frame.message = decode(body)
    return frame


def cuts(data):
    """data cut at every byte, the empty frame included."""
    return [data[:size] for size in range(len(data))]
