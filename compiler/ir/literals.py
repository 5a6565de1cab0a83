"""Values as people write them, in entry files, state files, digests and messages.

| shape | written as |
|---|---|
| uint | `80`, or `"0x1f90"`; printed in hexadecimal above 2^53, which many readers of JSON would round |
| bool | `true`, `false` |
| mac, ip4, ip6 | `"02:00:00:00:00:01"`, `"10.0.0.1"`, `"2001:db8::1"` |
| time | `"300s"` (ns, us, ms, s, min, h, d), or a number of nanoseconds |
| port | its name, `"lan"` or `"any[3]"`, or its number |
| multicast | the group's number |
| enum | the variant's name, or the number (of a variant without a name) |
| flags | a list of names, `["syn", "ack"]`; a number among them stands for its bits |
| struct | a table by field name |
| tuple, vector | a list |
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from compiler.diagnostics.suggest import closest
from compiler.ir.leaf_values import Leaf
from compiler.ir.types import Enumeration, FlagSet, Record, Scalar, Shape, VectorShape

LeafShape: TypeAlias = Scalar | Enumeration | FlagSet | VectorShape

_LARGEST_PLAIN: Final = (1 << 53) - 1
_UNITS: Final = (  # the first one that divides a time is the one it is printed in
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
)
_TIME: Final = re.compile(r"([0-9][0-9_]{0,30}) ?(ns|us|ms|s|min|h|d)")
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F_]{1,600}|[0-9][0-9_]{0,617}")
_MAC: Final = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")


class LiteralError(Exception):
    """Something written that is no value of the shape: where in it (`path`, "" for all of it), what was expected,
    what was found, and the `suggestion` of a name that was perhaps meant."""

    def __init__(self, path: str, expected: str, found: object, *, suggestion: str | None = None) -> None:
        self.path = path
        self.expected = expected
        self.found = _shown(found)
        self.suggestion = suggestion
        hint = f" (did you mean `{suggestion}`?)" if suggestion else ""
        super().__init__(f"{path + ': ' if path else ''}expected {expected}, found {self.found}{hint}")


# --- writing ------------------------------------------------------------------------------------------


def render_value(shape: Shape, leaves: Sequence[Leaf], *, ports: Sequence[str] = ()) -> object:
    """The flat values of one `shape` as people write them, in plain JSON types. `ports`: the program's, in order."""
    supply = iter(leaves)
    rendered = _render(shape, supply, ports)
    assert next(supply, None) is None, "there are more values than the shape has"
    return rendered


def _render(shape: Shape, supply: Iterator[Leaf], ports: Sequence[str]) -> object:
    match shape:
        case Record(fields=fields):
            inner = [(name, _render(field, supply, ports)) for name, field in fields]
            return [value for _, value in inner] if is_tuple(shape) else dict(inner)
        case VectorShape(element=element):
            lanes = next(supply)
            assert isinstance(lanes, tuple), "a vector was expected"
            return [render_number(element, lane, ports=ports) for lane in lanes]
        case Scalar() | Enumeration() | FlagSet():
            number = next(supply)
            assert isinstance(number, int), "a number was expected"
            return render_number(shape, number, ports=ports)


def render_number(shape: Scalar | Enumeration | FlagSet, number: int, *, ports: Sequence[str] = ()) -> object:
    """One number as people write it."""
    match shape:
        case Enumeration(variants=variants):
            return next((name for name, value in variants if value == number), _plain(number))
        case FlagSet(bits=bits):
            rest = number >> len(bits) << len(bits)
            names: list[object] = [name for i, name in enumerate(bits) if number >> i & 1]
            return [*names, _plain(rest)] if rest else names
        case Scalar(kind="bool", width=1):
            return bool(number)
        case Scalar(kind="mac"):
            return number.to_bytes(6, "big").hex(":")
        case Scalar(kind="ip4"):
            return str(ipaddress.IPv4Address(number))
        case Scalar(kind="ip6"):
            return str(ipaddress.IPv6Address(number))
        case Scalar(kind="time"):
            return render_time(number)
        case Scalar(kind="port") if number < len(ports):
            return ports[number]
        case Scalar():
            return _plain(number)


def render_time(nanoseconds: int) -> str:
    """A time in the largest unit that divides it: "300s" is "5min"."""
    if nanoseconds == 0:
        return "0s"
    unit, size = next((unit, size) for unit, size in _UNITS if nanoseconds % size == 0)
    return f"{nanoseconds // size}{unit}"


def _plain(number: int) -> object:
    return number if number <= _LARGEST_PLAIN else hex(number)


def is_tuple(record: Record) -> bool:
    """Whether a record is a tuple: fields named "0", "1", ..."""
    return bool(record.fields) and all(name == str(i) for i, (name, _) in enumerate(record.fields))


# --- reading ------------------------------------------------------------------------------------------


def parse_value(shape: Shape, found: object, *, ports: Sequence[str] = (), path: str = "") -> tuple[Leaf, ...]:
    """The flat values of what people wrote for one `shape`; `LiteralError` where it is none."""
    return tuple(
        parse_leaf(leaf, item, ports=ports, path=place) for leaf, item, place in split_value(shape, found, path)
    )


def split_value(shape: Shape, found: object, path: str = "") -> Iterator[tuple[LeafShape, object, str]]:
    """What people wrote for each flat value of `shape`, unread, with its path."""
    match shape:
        case Record(fields=fields) if is_tuple(shape):
            items = _list_of(found, len(fields), described(shape), path)
            for i, (_, field) in enumerate(fields):
                yield from split_value(field, items[i], f"{path}[{i}]")
        case Record(fields=fields):
            by_name = _fields_of(found, shape, path)
            for name, field in fields:
                inner = f"{path}.{name}" if path else name
                if name not in by_name:
                    raise LiteralError(inner, described(field), None)
                yield from split_value(field, by_name[name], inner)
        case VectorShape() | Scalar() | Enumeration() | FlagSet():
            yield shape, found, path


def leaf_shapes(shape: Shape) -> Iterator[LeafShape]:
    """The shapes of the flat values of `shape`, in declaration order."""
    match shape:
        case Record(fields=fields):
            for _, field in fields:
                yield from leaf_shapes(field)
        case VectorShape() | Scalar() | Enumeration() | FlagSet():
            yield shape


def parse_leaf(shape: LeafShape, found: object, *, ports: Sequence[str] = (), path: str = "") -> Leaf:
    """The value of what people wrote for one vector or number."""
    match shape:
        case VectorShape(element=element, lanes=lanes):
            items = _list_of(found, lanes, described(shape), path)
            return tuple(parse_number(element, item, ports=ports, path=f"{path}[{i}]") for i, item in enumerate(items))
        case Scalar() | Enumeration() | FlagSet():
            return parse_number(shape, found, ports=ports, path=path)


def _fields_of(found: object, record: Record, path: str) -> dict[str, object]:
    names = [name for name, _ in record.fields]
    if not isinstance(found, dict):
        raise LiteralError(path, described(record), found)
    for name in found:
        if name not in names:
            raise LiteralError(path, described(record), f"`{name}`", suggestion=closest(str(name), names))
    return found


def _list_of(found: object, length: int, expected: str, path: str) -> list[object]:
    if not isinstance(found, list) or len(found) != length:
        raise LiteralError(path, expected, found)
    return found


def parse_number(
    shape: Scalar | Enumeration | FlagSet, found: object, *, ports: Sequence[str] = (), path: str = ""
) -> int:
    """The number of what people wrote for one scalar."""
    match shape:
        case Enumeration(variants=variants):
            number = _named(dict(variants), found, described(shape), path)
        case FlagSet(bits=bits) if isinstance(found, list):
            values = {name: 1 << i for i, name in enumerate(bits)}
            number = 0
            for i, item in enumerate(found):
                number |= _named(values, item, described(shape), f"{path}[{i}]")
        case Scalar(kind="bool", width=1):
            number = int(found) if isinstance(found, bool) else None
        case Scalar(kind="mac"):
            number = int(re.sub("[:-]", "", found), 16) if isinstance(found, str) and _MAC.fullmatch(found) else None
        case Scalar(kind="ip4" | "ip6" as kind):
            number = _address(found, version=4 if kind == "ip4" else 6)
        case Scalar(kind="time"):
            number = _time(found)
        case Scalar(kind="port") if ports:
            number = _named({name: i for i, name in enumerate(ports)}, found, described(shape), path)
            number = None if number >= len(ports) else number
        case Scalar() | FlagSet():
            number = _whole_number(found)
    if number is None or number >> shape.width:
        raise LiteralError(path, described(shape), found)
    return number


def described(shape: Shape) -> str:
    """What to write for a shape, for messages."""
    match shape:
        case Enumeration(name=name, variants=variants):
            return f"{name or 'one'}: {_some([variant for variant, _ in variants])}, or a number of {shape.width} bits"
        case FlagSet(name=name, bits=bits):
            return f"a list of {name or 'flags'}: {_some(bits)}"
        case Scalar(kind="bool", width=1):
            return "true or false"
        case Scalar(kind="mac"):
            return 'a MAC address such as "02:00:00:00:00:01"'
        case Scalar(kind="ip4"):
            return 'an IPv4 address such as "10.0.0.1"'
        case Scalar(kind="ip6"):
            return 'an IPv6 address such as "2001:db8::1"'
        case Scalar(kind="time"):
            return 'a time such as "300s", or nanoseconds'
        case Scalar(kind="port"):
            return "the name of a port"
        case Scalar(width=width):
            return f"a whole number from 0 to {(1 << width) - 1}" if width <= 64 else f"a number of {width} bits"
        case VectorShape(lanes=lanes):
            return f"a list of {lanes} numbers"
        case Record(fields=fields):
            names = ", ".join(name for name, _ in fields)
            return f"a list of {len(fields)} values" if is_tuple(shape) else f"a table of {names}"


def _named(values: dict[str, int], found: object, expected: str, path: str) -> int:
    """A name of `values`, or a number."""
    if isinstance(found, str) and found in values:
        return values[found]
    number = _whole_number(found)
    if number is None:
        suggestion = closest(found, values) if isinstance(found, str) else None
        raise LiteralError(path, expected, found, suggestion=suggestion)
    return number


def _whole_number(found: object) -> int | None:
    if isinstance(found, str) and _NUMBER.fullmatch(found):
        digits = found.replace("_", "")
        return int(digits, 16 if digits.startswith("0x") else 10) if digits != "0x" else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _address(found: object, *, version: int) -> int | None:
    if not isinstance(found, str) or "%" in found:  # a zone is no part of an address on the wire
        return None
    try:
        return int(ipaddress.IPv4Address(found) if version == 4 else ipaddress.IPv6Address(found))
    except ValueError:
        return None


def _time(found: object) -> int | None:
    if isinstance(found, str) and (written := _TIME.fullmatch(found)):
        return int(written[1].replace("_", "")) * dict(_UNITS)[written[2]]
    return _whole_number(found)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _shown(found: object) -> str:
    match found:
        case None:
            return "nothing"
        case bool():
            return str(found).lower()
        case str():
            return found if found.startswith("`") else repr(found if len(found) <= 40 else found[:37] + "...")
        case int():
            return str(found) if found.bit_length() <= 256 else "a huge number"
        case list():
            return f"a list of {len(found)}"
        case dict():
            return "a table"
        case _:
            return repr(found)[:60]
