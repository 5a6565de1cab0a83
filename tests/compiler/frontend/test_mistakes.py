"""Programs as beginners write them: each mistake gives one message, at its place, that names the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import CompileError, Diagnostic, render_diagnostics
from compiler.load import load_program, load_source
from compiler.source import Source

HEAD = "use std::net;\nport lan, wan;\n"
REST = "\non lan | wan (_) { drop }\n"


def body(*lines: str, pattern: str = "p: ipv4 & tcp", before: str = "") -> str:
    """A program with a handler; an `@` stands before the place of the message, and is taken out."""
    return f"{HEAD}{before}on lan ({pattern}) {{\n" + "".join(f"    {line}\n" for line in lines) + f"}}\n{REST}"


def found_in(marked: str) -> tuple[Diagnostic, ...]:
    text = marked.replace("@", "", 1)
    with pytest.raises(CompileError) as caught:
        load_source(Source("program.weft", text))
    return caught.value.diagnostics


MAP = "state m: map<ip4, u32> { capacity: 64 }\n"
IN_HANDLER = [
    # what is written, the code, a part of the help
    ("let x = p.ipv4.tt@l\n    send wan;", "W0106", "`;`"),
    ("if p.ipv4.ttl @= 5 { drop } send wan;", "W0105", "`==` compares"),
    ("@p.ipv4.ttl == 5; send wan;", "W0333", "let _"),
    ("if p.ipv4.ttl == 5 @and p.tcp.dport == 80 { drop } send wan;", "W0105", "`&&`"),
    ("if p.ipv4.ttl == 5 @or p.tcp.dport == 80 { drop } send wan;", "W0105", "`||`"),
    ("if @not p.has(vlan) { drop } send wan;", "W0105", "`!`"),
    ("let x: u8 = @p.tcp.dport; send wan;", "W0300", "as u8"),
    ("let x: @i32 = 5; send wan;", "W0304", "u32"),
    ("let x: @int = 5; send wan;", "W0304", "u32"),
    ("let x: u8 = @-1; send wan;", "W0310", "sat_sub"),
    ("if p.tcp.flags == @SYN { drop } send wan;", "W0201", "p.tcp.flags.syn"),
    ("if p.tcp.flags == @2 { drop } send wan;", "W0300", "by name"),
    ("send @wann;", "W0201", "`wan`"),
    ("send @1;", "W0300", "send wan"),
    ("let x = 1u8; @x = x + 1; send wan;", "W0334", "let mut x"),
    ("let mut x = 1u8; x+@+; send wan;", "W0105", "x += 1"),
    ("@while p.ipv4.ttl > 0 { drop } send wan;", "W0105", "unrolled"),
    ("for @(i = 0; i < 4; i++) { drop }", "W0105", "0..4"),
    ("for i in range(4) @{ drop }", "W0105", "0..4"),
    ("send wan; @# out", "W0101", "`//`"),
    ("send wan; @/* out */", "W0105", "`//`"),
    ("let x = p.ipv4.ttl > 5 @? 1 : 2; send wan;", "W0101", "else"),
    ("if (p.ipv4.ttl == 5) @drop; send wan;", "W0105", "{ ... }"),
    ("if p.ipv4.ttl == 5@:\n        drop\n    send wan;", "W0105", "{ ... }"),
    ("u32 @x = 5; send wan;", "W0105", "let x: u32"),
    ("@int x = 5; send wan;", "W0105", "let x: u32"),
    ("let x: u32@; send wan;", "W0105", "= 0"),
    ("@var x = 5u32; send wan;", "W0105", "`let`"),
    ("@mut let x = 5u32; send wan;", "W0105", "let mut"),
    ("@hdr.ipv4.ttl = 5; send wan;", "W0201", "handler gives"),
    ('@print("hi"); send wan;', "W0201", "weft trace"),
    ("@forward wan;", "W0105", "send wan"),
    ("send @to wan;", "W0105", "send wan"),
    ("drop@();", "W0105", "drop;"),
    ("@pass;", "W0201", "send wan"),
    ("match p.ipv4.ttl {\n        1 => drop\n        @_ => send wan\n    }", "W0105", "`,`"),
    ("match p.ipv4.ttl {\n        1@: drop,\n        _: send wan,\n    }", "W0105", "=>"),
    ("@switch p.ipv4.ttl { case 1: drop; }", "W0105", "match"),
    ("let x = @null; send wan;", "W0201", "else drop"),
    ("if @True { drop } send wan;", "W0201", "`true`"),
    ("if p.ipv4.id == @0XFF { drop } send wan;", "W0105", "0x"),
    ("let x = p.ipv4.ttl * 0.@5; send wan;", "W0207", "whole"),
    ("let x = @'a'; send wan;", "W0101", "double quotes"),
    ("if p.ipv4.src == @“10.0.0.1” { drop } send wan;", "W0101", "looks like"),
    ("let@\u00a0x = 5u8; send wan;", "W0101", "blank"),
    ('if p.ipv4.src == @"10.0.0.1 { drop }\n    send wan;', "W0105", "end on the line"),
    ("if p.ipv4.src == @10.0.0.0/8 { drop } send wan;", "W0315", "in 10.0.0.0/8"),
    ("p.eth.dst = @0x001122334455; send wan;", "W0300", "00:11:22:33:44:55"),
    ("let x = (u32) @p.ipv4.ttl; send wan;", "W0105", "as u32"),
    ("let x = @u32(p.ipv4.ttl); send wan;", "W0324", "as u32"),
    ("p@->ipv4.ttl = 5; send wan;", "W0105", "`.`"),
    ("let x = @&p.ipv4; send wan;", "W0105", "no references"),
    ("if 1 < p.ipv4.ttl @< 5 { drop } send wan;", "W0105", "&&"),
    ("let x = p.ipv4.ttl *@* 2; send wan;", "W0105", "no power"),
    ("let x = p.ipv4.ttl[7@:4]; send wan;", "W0105", "bits(7, 4)"),
    ("let x = @len(p); send wan;", "W0201", "p.length"),
    ("if p.@len > 100 { drop } send wan;", "W0401", "length"),
    ("if @now - 5 > 10s { drop } send wan;", "W0316", "10ms"),
    ("if now > 1.@5s { drop } send wan;", "W0105", "1500ms"),
    ("if p.ipv4.ttl == 1 { drop } @elif p.ipv4.ttl == 2 { drop } send wan;", "W0105", "else if"),
    ("if p.ipv4.ttl == 1 { drop }@; else { send wan; }", "W0105", "before `else`"),
    ("let x = hash::crc32(p.ipv4.src @p.ipv4.dst); send wan;", "W0105", "`,`"),
    ("if p.tcp.dport in @[80, 443] { drop } send wan;", "W0318", "||"),
    ("state @x: u32; send wan;", "W0105", "outside"),
    ("@p.ipv4.checksum = 0; send wan;", "W0419", "remove"),
]


@pytest.mark.parametrize(("written", "code", "cure"), IN_HANDLER)
def test_mistake_in_a_handler(written: str, code: str, cure: str) -> None:
    check_one(body(written), code, cure)


ELSEWHERE = [
    (HEAD + "const X = @5\nconst Y = 6;\n" + REST, "W0106", "`;`"),
    ("use std::ne@t\nport lan;\non lan (_) { drop }\n", "W0106", "`;`"),
    ("use std@.net;\nport lan;\non lan (_) { drop }\n", "W0105", "::"),
    ("use @net;\nport lan;\non lan (p: ipv4) { drop }\n", "W0216", "std::net"),
    ("port lan;\non lan (p: @ipv4 & tcp) { if p.tcp.dport == 80 { drop } drop }\n", "W0401", "use std::net;"),
    ("@# my program\n" + body("send wan;"), "W0101", "`//`"),
    ("@/*\n * my program\n */\n" + body("send wan;"), "W0105", "`//`"),
    ("@#include <core.p4>\n" + body("send wan;"), "W0101", "use std::net"),
    (HEAD + "@action drop_it() { mark_to_drop(); }\n" + REST, "W0105", "`fn`"),
    (HEAD + "@def f(x):\n    return x\n" + REST, "W0105", "`fn`"),
    (HEAD + "@lan (p: ipv4) { send wan; }\n" + REST, "W0105", "begin with `on`"),
    (HEAD + "on lan @{ send wan; }\n" + REST, "W0105", "(p: ipv4)"),
    (HEAD + "on lan (p@) { send wan; }\n" + REST, "W0105", "(p: ipv4)"),
    (HEAD + "on lan (p: ipv4@, tcp) { send wan; }\n" + REST, "W0105", "`&`"),
    (HEAD + "on lan (p: ipv4 &@& tcp) { send wan; }\n" + REST, "W0105", "`&`"),
    (HEAD + "on @lam (p: ipv4) { send wan; }\n" + REST, "W0203", "`lan`"),
    (HEAD + "on lan (p: @ip) { send wan; }\n" + REST, "W0401", "ipv4"),
    (HEAD + "struct S { a: u8@; b: u8; }\n" + REST, "W0105", "`,`"),
    (HEAD + "struct S { u8 @a, u8 b }\n" + REST, "W0105", "name comes first"),
    (HEAD + "fn f(x: u8)@: u8 { x }\n" + REST, "W0105", "->"),
    (HEAD + "fn f(x@) -> u8 { 5 }\n" + REST, "W0105", "type"),
    (HEAD + "fn f(x: u8) -> u8 { @x + 1; }\n" + body("p.ipv4.ttl = f(1); send wan;")[len(HEAD) :], "W0333", "`;`"),
    (HEAD + "fn f(x: u8) { return @x + 1; }\n" + body("p.ipv4.ttl = f(1); send wan;")[len(HEAD) :], "W0300", "->"),
    (HEAD + "fn f(x: u8) -> u8 { @f(x - 1) }\n" + body("p.ipv4.ttl = f(1); send wan;")[len(HEAD) :], "W0602", "for"),
    (HEAD + "state x: @bit<32>;\n" + REST, "W0201", "u32"),
    (body("let s = S { a @= 5 }; send wan;", before="struct S { a: u8 }\n"), "W0105", "name: value"),
    (body("let s = @S(5); send wan;", before="struct S { a: u8 }\n"), "W0324", "S { a: ... }"),
    (body("let x = @m.get(p.ipv4.src); send wan;", before=MAP), "W0604", "else drop"),
    (body("@m.set(p.ipv4.src, 1); send wan;", before=MAP), "W0604", "else {}"),
    (body("@m[p.ipv4.src] = 5; send wan;", before=MAP), "W0335", ".set("),
    (body("let x = @m[p.ipv4.src]; send wan;", before=MAP), "W0320", ".get("),
    (body("if let @Some(x) = m.get(p.ipv4.src) { drop } send wan;", before=MAP), "W0105", "else"),
    (body("let x = m.get(p.ipv4.src).@unwrap(); send wan;", before=MAP), "W0207", "else drop"),
    (HEAD + "state m: map<ip4, u32> { capacity: 64, idle: @30 }\n" + REST, "W0503", "300s"),
    (HEAD + "state @m: map<ip4, u32>;\n" + REST, "W0502", "capacity"),
    (HEAD + "state m: map<ip4, u32> { capacity: 64, grain: @2s }\n" + REST, "W0502", "grain"),
    (HEAD + "state m: map<ip4, u32> { capacity: 64, relaxed: @1 }\n" + REST, "W0503", "true"),
    (body("if p.ipv6.src == 2001@:db8::1 { drop } send wan;", pattern="p: ipv6"), "W0105", "quotes"),
    (body("if p.ipv4.ttl == 1 { drop }}", "@send wan;"), "W0105", "too much"),
]


@pytest.mark.parametrize(("written", "code", "cure"), ELSEWHERE)
def test_mistake_around_handlers(written: str, code: str, cure: str) -> None:
    check_one(written, code, cure)


def check_one(marked: str, code: str, cure: str) -> None:
    found = found_in(marked)
    assert [d.code for d in found] == [code], render_diagnostics(found)
    assert found[0].span.start == marked.index("@"), render_diagnostics(found)
    assert cure in (found[0].help or ""), found[0].help


@pytest.mark.parametrize(
    ("declaration", "use"),
    [
        ("state thing: map<@ip5, u32> { capacity: 64 }", "let x = thing.get(p.ipv4.src) else drop; p.ipv4.id = x;"),
        ("state thing: @u9999[16];", "thing[3] += 1; p.ipv4.ttl = thing[4];"),
        ("struct thing { a: @u9999 }", "let x = thing { a: 5 }; p.ipv4.ttl = x.a; let y: thing = x;"),
        ("const thing = @M;", "for i in 0..thing { p.ipv4.ttl = thing; } if p.ipv4.ttl == thing + 1 { drop }"),
        (
            "state thing: lease<@ip4 => ip4> { range: 1..=9 }\nstate i: index<ip4 => thing>;",
            "i.find(p.ipv4.src) else drop;",
        ),
        ("fn thing(x: u8) -> u8 { @y }", "let x = thing(1); let y = x + 1; p.ipv4.ttl = y;"),
        ("fn thing(x: @u9999) -> u8 { 1 }", "let x = thing(1); let y = x + 1; p.ipv4.ttl = y;"),
        ("fn thing(x: u8) -> u8 { x + @}", "let x = thing(1); let y = x + 1; p.ipv4.ttl = y;"),
        ("enum thing { A(@u9999), B }", "let x = thing::B; match x { A(y) => drop, B => {} }"),
        ("enum thing { A(@u9999), B }", "match thing::A(5) { A(y) => drop, B => send wan, }"),
        ("header thing on @upd.dport == 5 { a: u8 }", "if p.has(thing) { p.thing.a = 1; }"),
        ("header thing on @upd.dport == 5 { a: u8 }\nalias more = thing | arp;", "if p.has(more) { drop }"),
        ("header thing on @upd.dport == 5 { a: u8 }\non lan (p: thing) { p.thing.a = 1; send wan; }", ""),
        ("object thing { state a: @u9999; }\nstate things: thing;", "things.a = 5; things.add(1);"),
        ("port thing @other;", "if p.has(arp) { send thing; }"),
        ("port thing[@0];", "if p.has(arp) { send thing[0]; }"),
        ("use std::@nett;", "let x: nett::Thing = p.other(); if p.has(other) { send there; }"),
        ("use @std:net;", "let x: nett::Thing = p.other(); if p.has(other) { send there; }"),
    ],
)
def test_use_of_a_wrong_declaration_says_nothing_more(declaration: str, use: str) -> None:
    found = found_in(f"{HEAD}{declaration}\non lan (p: ipv4) {{ {use} send wan; }}\n{REST}")
    assert len(found) == 1, render_diagnostics(found)


@pytest.mark.parametrize("item", ["port ;", "port {}", "pair", "port", "state", "fn", "use", "state 5;", "pair -> ;"])
def test_an_item_without_a_name(item: str) -> None:
    assert found_in(f"{HEAD}{item}@{REST}")[0].code in ("W0105", "W0106")


def test_each_of_several_mistakes_is_reported() -> None:
    found = found_in(body("let a = q;", "let c = r;", "let d = a + c;", "send wan;"))
    assert [(d.code, d.span.text) for d in found] == [("W0201", "q"), ("W0201", "r")]


@pytest.mark.parametrize("text", ["", "// nothing\n// here\n", "\n\n\n", ";;;", "\t"])
def test_a_file_without_declarations_has_no_ports(text: str) -> None:
    (only,) = found_in(text + "@")
    assert only.code == "W0217"
    assert render_diagnostics([only])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_move_the_place(end: str) -> None:
    (only,) = found_in(body("\tlet x = y;", "\tsend wan;").replace("\n", end))
    assert (only.span.line, only.span.column) == (4, 14)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "program.weft"
    path.write_bytes(b"\xef\xbb\xbf" + body("send wan;").encode())
    assert load_program(path).warnings == ()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"port \xc3\x28;", b"\x80", bytes(range(256))])
def test_a_file_that_is_not_text(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "program.weft"
    path.write_bytes(content)
    with pytest.raises(CompileError) as caught:
        load_program(path)
    (only,) = caught.value.diagnostics
    assert only.code == "W0100"
    assert render_diagnostics([only])
