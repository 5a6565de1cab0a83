"""A closed enum never holds a number that is none of its variants."""

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source


def codes(items: str, body: str = "") -> list[str]:
    source = f"use std::net; port lan; {items} on lan (p: ipv4 & udp) {{ {body} drop }} on lan (_) {{ drop }}"
    try:
        load_source(Source("enums.weft", source))
    except CompileError as error:
        return [diagnostic.code for diagnostic in error.diagnostics]
    return []


@pytest.mark.parametrize(("width", "expected"), [("", ["W0409"]), (": u8", [])])
def test_header_field(width: str, expected: list[str]) -> None:
    assert codes(f"enum Kind{width} {{ A, B = 255 }} header call on udp.dport == 9 {{ kind: Kind }}") == expected


@pytest.mark.parametrize(("width", "expected"), [("", ["W0319"]), (": u8", [])])
def test_cast_from_a_number(width: str, expected: list[str]) -> None:
    assert codes(f"enum Kind{width} {{ A, B }}", "let kind = p.ipv4.ttl as Kind;") == expected
