import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import CompileError
from compiler.format import format_source
from tests.compiler.format.programs import EVERY_CONSTRUCT, LONG, bundled_programs

# A tokeniser of its own, which knows nothing of the grammar.
_TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*)
    | "[^"\n]*"
    | [0-9a-f]{2}(?::[0-9a-f]{2}){5}
    | \d+\.\d+\.\d+\.\d+(?:/\d+)?
    | \w+
    | <->|\.\.=|\.\.|::|->|=>|<<=|>>=|<<|&&|\|\||[-+*&|^]=|[=!<>]=
    | \S
    """,
    re.VERBOSE,
)
_OPTIONAL = {",", ";"}
_GAPS = (" ", " ", "  ", "\n", "\n\n", "\n \n\t\n", " // trails\n", "\n// alone\n", "\n\n  // apart  \n\n// two\n")


def tokens_and_comments(text: str) -> tuple[list[str], list[str]]:
    found = list(_TOKEN.finditer(text))
    tokens = [m.group() for m in found if not m["comment"]]
    return [t for t in tokens if t not in _OPTIONAL], [m.group().rstrip() for m in found if m["comment"]]


@st.composite
def respaced(draw: st.DrawFn, text: str) -> str:
    """`text` with its tokens elsewhere on its lines, and comments between them."""
    tokens = [m.group() for m in _TOKEN.finditer(text) if not m["comment"]]
    gap = st.sampled_from(_GAPS)
    pieces = [draw(gap)]
    seldom = draw(st.integers(0, 12))
    for token in tokens:
        # The kind of a match must be followed by blanks and its type: the grammar tells them apart so.
        is_plain = token in ("exact", "lpm", "ternary", "range") or draw(st.integers(0, 12)) < seldom
        pieces += [token, " " if is_plain else draw(gap)]
    return "".join(pieces)


def check_laws(text: str) -> str:
    formatted = format_source(text)
    assert tokens_and_comments(formatted) == tokens_and_comments(text)
    assert format_source(formatted) == formatted
    assert "\n\n\n" not in formatted
    assert not formatted or formatted[0] != "\n"
    assert formatted.endswith("\n") or not formatted
    assert [line for line in formatted.splitlines() if line != line.rstrip()] == []
    return formatted


def test_every_construct_has_one_layout() -> None:
    assert format_source(EVERY_CONSTRUCT) == EVERY_CONSTRUCT


@given(respaced(EVERY_CONSTRUCT))
def test_spacing_and_comments_of_every_construct(text: str) -> None:
    check_laws(text)


@given(respaced(LONG))
def test_spacing_and_comments_where_lines_are_long(text: str) -> None:
    check_laws(text)


def test_bundled_programs_keep_their_tokens_and_comments() -> None:
    for text in [EVERY_CONSTRUCT, LONG, *bundled_programs()]:
        check_laws(text)


def test_lines_are_at_most_110_wide_where_they_can_be() -> None:
    assert max(map(len, format_source(LONG).splitlines())) <= 110
    assert max(map(len, LONG.splitlines())) > 110


def test_layout_does_not_depend_on_spacing_outside_of_braces_and_rows() -> None:
    flat = "fn f(a: u8, b: ipv4 & l4) -> u8 { return a + (b * 3) }"
    spaced = "fn\tf  (a :u8,\r\n\n b: ipv4&l4 ,)\n->u8 { return a+( b*3 ) }"
    assert format_source(spaced) == format_source(flat) == flat + "\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ""),
        ("\n\n", ""),
        ("// only this  ", "// only this\n"),
        ("\n\n// one\n\n\n// two\n\n\nuse a;", "// one\n\n// two\n\nuse a;\n"),
        ("use a; use b;;\n;\n\n\n\nuse c;", "use a;\nuse b;\n\nuse c;\n"),
        # Semicolons and commas that may be left out have one form.
        ("state a: u8 { x: 1 };\nstate b: u8[2] {x:1} = 4", "state a: u8 { x: 1 }\nstate b: u8[2] { x: 1 } = 4;\n"),
        ("state a: u8 // one\nuse b;", "state a: u8; // one\nuse b;\n"),
        ("enum E {\nA, B }", "enum E {\n    A, B,\n}\n"),
        ("enum E { A, B, }", "enum E { A, B }\n"),
        ("on a (_) { match x { 1 => { drop }, _ => drop } }", "on a (_) { match x { 1 => { drop } _ => drop } }\n"),
        ("fn f() { a.b() else { drop }; }", "fn f() { a.b() else { drop } }\n"),
        # Braces stay together if they were together.
        ("on a (_) {drop}", "on a (_) { drop }\n"),
        ("on a (_) {drop\n}", "on a (_) {\n    drop\n}\n"),
        ("on a (_) {\n\n}", "on a (_) {}\n"),
        ("on a (_) {\n// nothing\n}", "on a (_) {\n    // nothing\n}\n"),
        (
            "fn f() { if a {\nb; } else { c; } }",
            "fn f() {\n    if a {\n        b;\n    } else {\n        c;\n    }\n}\n",
        ),
        # Comments stay with what they are about.
        ("enum E {\nA // one\n, B // two\n// end\n}", "enum E {\n    A, // one\n    B, // two\n    // end\n}\n"),
        ("fn f() { // why\ndrop // here\n}// done", "fn f() { // why\n    drop // here\n} // done\n"),
        ("fn f() { a // one\n; // two\n}", "fn f() {\n    a; // one\n    // two\n}\n"),
        ("fn f() { x = a // one\n+ b; }", "fn f() {\n    x = a // one\n        + b;\n}\n"),
        # A comment behind the last thing on a line moves none of its parts.
        ("fn f() {\na || b // why\n}", "fn f() {\n    a || b // why\n}\n"),
        ("fn f() {\n// why\na || b\n}", "fn f() {\n    // why\n    a || b\n}\n"),
        (
            "// why\nheader h on a.b == 1 where c == 2 { d: u8 }",
            "// why\nheader h on a.b == 1 where c == 2 { d: u8 }\n",
        ),
        ("enum E {\nA, B, // two\nC }", "enum E {\n    A, B, // two\n    C,\n}\n"),
        # Rows of a header are words of the packet.
        ("header h { a: u8,b: u8,\nc: u16 }", "header h {\n    a: u8, b: u8,\n    c: u16,\n}\n"),
        (
            "header h on a.b==1|a.c==2\n|a.d==3 where e>4 {\n}",
            "header h on a.b == 1 | a.c == 2\n    | a.d == 3\n    where e > 4\n{}\n",
        ),
    ],
)
def test_layout(written: str, expected: str) -> None:
    assert check_laws(written) == expected


def test_text_with_a_syntax_error_is_refused_with_its_place() -> None:
    with pytest.raises(CompileError) as caught:
        format_source("use std::net;\non lan (p: ) { drop }\n", name="bad.weft")
    assert [d.span.line for d in caught.value.diagnostics] == [2]
    assert caught.value.diagnostics[0].span.source.name == "bad.weft"


@given(st.text(alphabet=st.sampled_from("on lan(p:){}[];,<>=|&+-.0aé\"'\\/\n\t\r\x00"), max_size=60))
def test_any_text_is_formatted_or_refused(text: str) -> None:
    try:
        format_source(text)
    except CompileError as error:
        assert error.diagnostics


@pytest.mark.parametrize(
    "deep", ["(" * 5000 + "1" + ")" * 5000, "+".join("1" * 5000), "!" * 5000 + "1", "a" + ".b" * 5000]
)
def test_deep_nesting_is_formatted_or_refused(deep: str) -> None:
    before = sys.getrecursionlimit()
    try:
        formatted = format_source(f"const A = {deep};")
    except CompileError as error:
        assert error.diagnostics
    else:
        assert tokens_and_comments(formatted) == tokens_and_comments(f"const A = {deep};")
    assert sys.getrecursionlimit() == before
