"""Programs that would grow without bound are refused, or load; none takes memory or time without end."""

import pytest

from compiler.diagnostics.diagnostic import MOST_ERRORS
from tests.fuzz.property import outcome

HEAD = "use std::net;\nport lan, wan;\n"
REST = "\non lan | wan (_) { drop }\n"


def handler(body: str, before: str = "") -> str:
    return f"{HEAD}{before}\non lan (p: ipv4) {{ {body} send wan; }}{REST}"


def chain(first: str, following: str, count: int) -> str:
    """Declaration 0, and `count` more in which `{i}` is the number and `{j}` that of the one before."""
    more = (following.replace("{i}", str(i)).replace("{j}", str(i - 1)) for i in range(1, count + 1))
    return "\n".join([first, *more]) + "\n"


DOUBLING = chain("fn f0(x: u32) -> u32 { x + 1 }", "fn f{i}(x: u32) -> u32 { f{j}(x) + f{j}(x + 1) }", 40)
STATICS = chain("fn f0(i: int) -> u32 { 1 }", "fn f{i}(i: int) -> u32 { f{j}(i * 2) + f{j}(i * 2 + 1) }", 30)
GENERIC = chain("fn f0<K>(x: K) -> u32 { hash::crc32(x) }", "fn f{i}<K>(x: K) -> u32 { f{j}((x, x)) }", 40)
OBJECTS = chain("object O0 { state s: u8; }", "object O{i} { state a: O{j}; state b: O{j}; }", 40)
GROWING = {
    "brackets": (handler("let x = " + "(" * 5_000 + "1u32" + ")" * 5_000 + ";"), "W0107"),
    "negations": (handler("let x = " + "!" * 9_000 + "p.ipv4.ttl; p.ipv4.ttl = x;"), "W0107"),
    "sum": (handler("p.ipv4.ttl = " + " + ".join(["p.ipv4.ttl"] * 9_000) + ";"), "W0107"),
    "members": (handler("p" + ".a" * 9_000 + ";"), "W0107"),
    "else ifs": (handler(" else ".join(["if p.ipv4.id == 5 { drop }"] * 3_000)), "W0107"),
    "functions that call twice": (handler("if f40(p.ipv4.src as u32) == 1 { drop }", DOUBLING), "W0614"),
    "an index that they give": (
        handler("a[f40(p.ipv4.src as u32) % 16] += 1;", DOUBLING + "state a: u32[16];"),
        "W0614",
    ),
    "functions with static numbers": (handler("if f30(0) == 1 { drop }", STATICS), "W0614"),
    "tuples of tuples": (handler("if f40(p.ipv4.src) == 1 { drop }", GENERIC), "W0337"),
    "loops in loops": (
        handler("".join(f"for i{k} in 0..1000 {{ " for k in range(10)) + "a[0] += 1;" + "}" * 10, "state a: u32[16];"),
        "W0313",
    ),
    "loops in functions": (
        handler("for i in 0..4000 { g(1); }", "state a: u32[16];\nfn g(x: u32) { for i in 0..4000 { a[0] += x; } }"),
        "W0313",
    ),
    "loops one after the other": (handler("for i in 0..4096 { a[i % 16] += 1; }" * 40, "state a: u32[16];"), "W0614"),
    "loop of 2 ** 4000": (handler("for i in 0..(1 << 4000) { a[0] += 1; }", "state a: u32[16];"), "W0313"),
    "squares": (handler("", chain("const X0 = 1 << 4000;", "const X{i} = X{j} * X{j};", 40)), "W0312"),
    "squares of a loop variable": (
        handler("for i in 0..2 { " + chain("let x0 = i + 2;", "let x{i} = x{j} * x{j};", 40) + "}"),
        "W0312",
    ),
    "digits": (handler("", "const X = " + "9" * 5_000 + ";"), "W0104"),
    "cells": (handler("", "state a: u32[1 << 60];\nstate b: u32[1 << 4000];"), "W0506"),
    "width": (handler("let x: u99999999 = 1; let y: u999999999999 = 1;"), "W0304"),
    "structs in structs": (
        handler("", chain("struct S0 { a: u8 }", "struct S{i} { a: S{j}, b: S{j} }", 40) + "state s: S40[4];"),
        "W0337",
    ),
    "enums in enums": (handler("", chain("enum E0 { A(u8) }", "enum E{i} { A(E{j}), B(E{j}) }", 40)), "W0337"),
    "objects in objects": (
        handler(
            "",
            chain("object O0 { state s: u8; }", "object O{i} { state a: O{j}; state b: O{j}; }", 40) + "state s: O40;",
        ),
        "W0519",
    ),
    "an object in itself": (handler("", "object O { state a: O; }\nstate s: O;"), "W0518"),
    "errors": (handler(" ".join(f"let x{i} = y{i};" for i in range(2_000))), "W0201"),
}


@pytest.mark.parametrize("name", GROWING)
def test_growth_is_refused(name: str) -> None:
    text, code = GROWING[name]
    codes = outcome(text)
    assert code in codes
    assert len(codes) <= MOST_ERRORS


TOP_K = """use std::net;
use std::sketch::{TopK};
shares 64;
port a, b;
state heaviest: TopK<net::Flow, slots: 256, stages: 500>;
on a (p: ipv4 & l4) { heaviest.add(p.flow(), p.length); send b; }
on a | b (_) { drop }
"""

LARGE = {
    "a sketch of 500 stages": TOP_K,
    "else ifs": handler(" else ".join(f"if p.ipv4.id == {i} {{ p.ipv4.ttl = {i % 256}; }}" for i in range(300))),
    "arms": handler("match p.ipv4.id { " + " ".join(f"{i} => drop," for i in range(300)) + " _ => {} }"),
    "alternatives": handler("match p.ipv4.id { " + " | ".join(map(str, range(900))) + " => drop, _ => {} }"),
    "sum": handler("p.ipv4.ttl = " + " + ".join(["p.ipv4.ttl"] * 900) + ";"),
    "blocks": handler("{" * 80 + "}" * 80),
    "headers with many ways to them": HEAD
    + chain("header h0 on udp.dport == 1 { a: u8 }", "header h{i} on h{j}.a == 1 | h{j}.a == 2 { a: u8 }", 40)
    + f"on lan (p: h40) {{ send wan; }}{REST}",
    "functions in a row": handler(
        "if f300(p.ipv4.src as u32) == 1 { drop }",
        chain("fn f0(x: u32) -> u32 { x + 1 }", "fn f{i}(x: u32) -> u32 { f{j}(x + 1) }", 300),
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_programs_load(name: str) -> None:
    assert outcome(LARGE[name]) == ()
