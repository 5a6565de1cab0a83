"""Programs to try the front end with: derived from the grammar, and real ones with mistakes put in.

Every input is a function of its number alone, so that a failure is found again by it.
"""

from __future__ import annotations

import random
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from lark.grammar import NonTerminal, Rule, Symbol

from compiler.frontend.parse import grammar

EXAMPLES = Path(__file__).parents[2] / "examples"
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)|(?P<text>"[^"\n]*")|(?P<space>\s+)|(?P<number>\d[\w.:/]*)|(?P<name>\w+)
    |(?P<operator><<=|>>=|\.\.=|<->|->|=>|==|!=|<=|>=|&&|\|\||<<|>>|::|\.\.|[-+*&|^]=|.)""",
    re.VERBOSE,
)
_NAMES = """
    lan wan any p x y i key flows hits table_a net tcp udp ipv4 eth vlan l4 Flow flow ip4 mac u1 u8 u16
    u32 u64 u128 bool time port multicast map set lease index counter meter exact lpm array find get set
    add remove open present value src dst sport dport ttl proto flags has length from after payload now
    min max random concat hash crc32 family std sketch CountMin size capacity range idle rate burst int
    collective reduce self checksum
"""
_TERMINALS = {
    "INT": ["0", "1", "2", "7", "64", "65536", "0xffff_ffff", "5u32", "1u8", "3u2048", "4294967296"],
    "DURATION": ["0s", "1ns", "10ms", "300s", "1h"],
    "IP4": ["10.0.0.1", "255.255.255.255"],
    "PREFIX4": ["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32"],
    "MAC": ["00:11:22:33:44:55"],
    "STRING": ['""', '"2001:db8::1"', '"2001:db8::/32"', '"00-11-22-33-44-55"'],
    "MATCH_KIND": ["exact", "lpm", "ternary", "range"],
    "ASSIGN_OP": ["+=", "-=", "|=", "<<=", "*="],
    "COMPARE_OP": ["==", "!=", "<=", ">="],
    "SHIFT_OP": ["<<", ">>"],
    "SUM_OP": ["+", "-"],
    "PRODUCT_OP": ["*", "/", "%"],
    "RANGE_OP": ["..=", ".."],
}
_HEADS = (
    "",
    "use std::net;\nport lan, wan;\n",
    "use std::net;\npair lan <-> wan;\nstate flows: map<net::Flow, u32> { capacity: 1024 }\nstate hits: u32[1024];\n",
    "shares 4;\nport any[4];\nstruct Flow { src: ip4, x: u8 }\nheader eth { dst: mac, src: mac, type: u16 }\n",
)


@cache
def corpus() -> tuple[str, ...]:
    """The standard library and the examples."""
    library = [e.read_text(encoding="utf-8") for e in files("compiler.std").iterdir() if e.name.endswith(".weft")]
    programs = [path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.weft")]
    return tuple(sorted(library + programs))


def fuzz_input(number: int) -> str:
    """Input `number`: a fifth derived from the grammar, the others mutated."""
    rng = random.Random(number)
    match number % 5:
        case 0:
            return derived(rng)
        case 1:
            return with_byte_mutations(rng, rng.choice(corpus()))
        case _:
            return with_token_mutations(rng, rng.choice(corpus()))


# --- mutations ---------------------------------------------------------------------------------------


@cache
def _words(text: str) -> tuple[tuple[str, str], ...]:
    """Kind and text of each token, blanks and comments included."""
    return tuple((m.lastgroup or "", m.group()) for m in _TOKEN.finditer(text))


@cache
def _vocabulary() -> dict[str, tuple[str, ...]]:
    """All tokens of the corpus by kind, each as often as it occurs."""
    found: dict[str, list[str]] = {}
    for text in corpus():
        for kind, word in _words(text):
            found.setdefault(kind, []).append(word)
    return {kind: tuple(words) for kind, words in found.items()}


def with_token_mutations(rng: random.Random, text: str) -> str:
    """`text` with one to four of its tokens deleted, doubled, swapped, or replaced, mostly by one of their kind."""
    words = list(_words(text))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        at = rng.randrange(len(words))
        while words[at][0] in ("space", "comment"):
            at = rng.randrange(len(words))
        kind, word = words[at]
        match rng.randrange(8):
            case 0:
                del words[at]
            case 1:
                words.insert(at, (kind, word + " "))
            case 2:
                other = rng.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case 3:
                other_kind = rng.choice(("name", "number", "operator"))
                words[at] = (other_kind, rng.choice(_vocabulary()[other_kind]))
            case 4:  # a run of tokens from anywhere
                donor = _words(rng.choice(corpus()))
                start = rng.randrange(len(donor))
                words[at : at + rng.randrange(2)] = donor[start : start + rng.randrange(1, 30)]
            case _:
                words[at] = (kind, rng.choice(_vocabulary()[kind]))
    return "".join(word for _, word in words)


def with_byte_mutations(rng: random.Random, text: str) -> str:
    """`text` with some characters changed, removed, doubled or cut off behind."""
    characters = list(text)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(characters) or 1)
        match rng.randrange(6):
            case 0:
                characters[at : at + 1] = []
            case 1:
                characters[at:at] = chr(rng.choice((rng.randrange(128), rng.randrange(0x2000), 0xFEFF, 0x1F600)))
            case 2:
                characters[at : at + 1] = chr(rng.randrange(128))
            case 3:
                length = rng.randrange(1, 80)
                characters[at:at] = characters[at : at + length]
            case 4:
                del characters[at : at + rng.randrange(1, 80)]
            case _:
                if rng.randrange(10) == 0:
                    del characters[at:]
    return "".join(characters)


# --- derivations -------------------------------------------------------------------------------------


@cache
def _rules() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in grammar().rules:
        found.setdefault(rule.origin.name, []).append(rule)
    return found


@cache
def _depths() -> dict[str, int]:
    """The least depth of a tree below each nonterminal."""
    depths: dict[str, int] = {}
    changed = True
    while changed:
        changed = False
        for name, rules in _rules().items():
            least = min((1 + _depth_of(rule, depths) for rule in rules), default=1000)
            if least < depths.get(name, 1000):
                depths[name], changed = least, True
    return depths


def _depth_of(rule: Rule, depths: dict[str, int]) -> int:
    return max((depths.get(s.name, 1000) for s in rule.expansion if isinstance(s, NonTerminal)), default=0)


@cache
def _spelling(terminal: str) -> tuple[str, ...]:
    known = {t.name: t.pattern for t in grammar().terminals}
    if terminal == "NAME":
        return tuple(_NAMES.split())
    return tuple(_TERMINALS.get(terminal, [known[terminal].value]))


def derived(rng: random.Random) -> str:
    """A text that the grammar takes, of some items."""
    parts: list[str] = []
    for _ in range(rng.randrange(1, 5)):
        _derive(rng, NonTerminal("item"), rng.choice((8, 12, 16, 22)), parts)
        parts.append("\n")
    return rng.choice(_HEADS) + " ".join(parts)


def _derive(rng: random.Random, symbol: Symbol, depth: int, out: list[str]) -> None:
    if not isinstance(symbol, NonTerminal):
        out.append(rng.choice(_spelling(symbol.name)))
        return
    rules = _rules()[symbol.name]
    fitting = [r for r in rules if _depth_of(r, _depths()) < depth]
    chosen = rng.choice(fitting) if fitting else min(rules, key=lambda r: _depth_of(r, _depths()))
    for part in chosen.expansion:
        _derive(rng, part, depth - 1, out)
