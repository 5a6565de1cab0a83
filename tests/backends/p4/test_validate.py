"""What is refused for bmv2, and that nothing else is."""

from collections.abc import Iterator

import pytest

from backends.p4.validate import validate
from compiler.diagnostics import codes, render_diagnostics
from compiler.load import load_source
from compiler.source import Source
from sim.state import NO_ENTRIES
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.compiler.diagnostics.pages import page_of
from tests.engines import Arrival, InterpreterEngine
from tests.examples.corpus import EXAMPLES, example_program

TARGET_CODES = [code for code in codes() if page_of(code).target == "bmv2"]
FRAME = """\
use std::net;

port lan, wan;
{items}

on lan (p: {headers}) {{
    {body}
    send wan;
}}

on lan | wan (_) {{ drop }}
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Bmv2Engine]:
    yield Bmv2Engine()


def codes_of(items: str, headers: str, body: str) -> list[tuple[str, int]]:
    text = FRAME.format(items=items, headers=headers, body=body)
    return [(d.code, d.span.line) for d in validate(load_source(Source("program.weft", text)).program)]


def test_there_are_codes_of_this_target() -> None:
    assert "W0801" in TARGET_CODES


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/*.weft")))
def test_no_example_is_refused(name: str) -> None:
    assert validate(example_program(name)) == []


@needs_bmv2
@pytest.mark.parametrize("code", [code for code in TARGET_CODES if code != "W0810"])  # would take half a gigabyte
def test_what_is_just_not_refused_runs(code: str, engine: Bmv2Engine) -> None:
    right = page_of(code).right
    assert right is not None
    program = load_source(Source("program.weft", right)).program
    packets = [Arrival(program.ports[0].name, bytes(range(60, 250)), 1_000_000, 190)]
    expected = InterpreterEngine().run(program, NO_ENTRIES, packets)
    assert engine.run(program, NO_ENTRIES, packets) == expected


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = codes_of(
        "state wide: u32[100][4];\nheader w on udp.dport == 1 { a: u512, b: u16 }",
        "udp & w",
        "p.w.a = p.w.a >> p.w.b;\n    p.w.b = p.w.b % p.udp.sport;\n    wide[0] += [1; 100];",
    )
    assert [code for code, _ in found] == ["W0802", "W0803", "W0801", "W0802"]


def test_messages_name_the_file_and_the_line() -> None:
    text = FRAME.format(items="", headers="udp", body="p.udp.sport = p.udp.sport / p.udp.dport;")
    shown = render_diagnostics(validate(load_source(Source("divide.weft", text)).program))
    assert "divide.weft:7" in shown
    assert "help: " in shown


@pytest.mark.parametrize("width, refused", [(1014, False), (1022, True)])
def test_division_of_wide_numbers_needs_their_double(width: int, refused: bool) -> None:
    items = f"header w on udp.dport == 1 {{ a: u{width}, _: u{-width % 8 or 8} }}"
    found = codes_of(items, "udp & w", "p.w.a = p.w.a / 10;")
    assert [code for code, _ in found] == (["W0802"] if refused else [])


def test_a_division_of_wide_numbers_by_a_power_of_two_is_a_shift() -> None:
    assert codes_of("header w on udp.dport == 1 { a: u2048 }", "udp & w", "p.w.a = p.w.a / 1024;") == []


def test_an_odd_header_at_the_end_puts_nothing_out_of_step() -> None:
    assert codes_of("header w on udp.dport == 1 { a: u8 }", "udp & w", "p.w.a = 5;") == []


def test_two_odd_headers_are_in_step_again() -> None:
    items = "header a on udp.dport == 1 { x: u8 }\nheader b on a { x: u8 }\nheader c on b { x: u16 }"
    assert codes_of(items, "udp & c", "p.c.x = 5;") == []
    assert [code for code, _ in codes_of(items, "udp & b", "p.b.x = 5;")] == ["W0809"]


def test_what_follows_a_blob_of_any_length_can_be_out_of_step() -> None:
    items = "header a on udp.dport == 1 { n: u8, _: u8, rest: bytes[n * SCALE] }\nheader b on a { x: u16 }"
    assert codes_of(items.replace("SCALE", "2"), "udp & b", "p.b.x = 5;") == []
    assert [c for c, _ in codes_of(items.replace("SCALE", "3"), "udp & b", "p.b.x = 5;")] == ["W0809"]


def test_a_program_without_ports_to_spare_names_the_group_that_is_too_much() -> None:
    text = "use std::net;\nport a[200];\nport b[200];\nport c[200];\non a | b | c (_) { drop }\n"
    (found,) = validate(load_source(Source("program.weft", text)).program)
    assert (found.code, found.span.line, found.span.text) == ("W0804", 4, "c")
