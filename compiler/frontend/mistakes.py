"""Likely mistakes behind a syntax error, told by what stands around it: habits from C, P4, Python and Rust."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

_WORD = re.compile(r"[A-Za-z_0-9]\w*|<->|->|=>|==|!=|<=|>=|&&|\|\||\.\.|::|.", re.DOTALL)
_SIGNS = set("{}()[]<>=+-*/%&|^!:;,._@\"'#?$`~\\")
_MEANINGLESS = set("'#?$`~\\")
_LOOKALIKES = {
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("“”„‘’", '"'),
    "×": "*",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}
_CHARACTERS = {
    "#": "comments begin with `//`; modules are brought in by `use std::net;`",
    "'": 'texts stand in double quotes: `"2001:db8::1"`',
    "?": "write `if condition { a } else { b }`",
    "`": "names stand without quotes",
    "$": "names have letters, digits and `_`",
    "~": "write `!x` to flip all bits",
    "\\": "a line needs no sign to go on",
}
_LOOP = "there are no unbounded loops: `for i in 0..4 { ... }` is unrolled"
_LET = "variables are declared with `let`, or `let mut` when they change"
_SEND = "name the port: `send wan;`"
_WORDS = {
    "var": _LET,
    "int": "variables are declared with `let x: u32 = 0;`",
    "auto": _LET,
    "mut": "write `let mut x = ...;`",
    "def": "functions are declared with `fn`",
    "func": "functions are declared with `fn`",
    "function": "functions are declared with `fn`",
    "elif": "write `else if`",
    "elsif": "write `else if`",
    "elseif": "write `else if`",
    "while": _LOOP,
    "loop": _LOOP,
    "do": _LOOP,
    "switch": "write `match value { pattern => ..., }`",
    "case": "write `match value { pattern => ..., }`",
    "and": "write `&&`",
    "or": "write `||`",
    "not": "write `!`",
    "is": "write `==`",
    "import": "write `use std::net;`",
    "include": "write `use std::net;`",
    "forward": _SEND,
    "to": _SEND,
    "then": "blocks stand in `{ ... }`",
}
_ITEMS = {
    "def": "functions are declared with `fn`",
    "func": "functions are declared with `fn`",
    "function": "functions are declared with `fn`",
    "action": "functions are declared with `fn`",
    "control": "packets are taken by handlers: `on lan (p: ipv4) { ... }`",
    "parser": "headers say themselves what follows: `header note on udp.dport == 4242 { ... }`",
    "apply": "packets are taken by handlers: `on lan (p: ipv4) { ... }`",
    "typedef": "types are declared with `struct`, `enum` and `bits`",
    "class": "types are declared with `struct`; with state of their own, as `object`",
    "import": "write `use std::net;`",
    "include": "write `use std::net;`",
    "register": "write `state name: u32[1024];`",
    "let": "constants are declared with `const`, what packets change with `state`",
    "var": "constants are declared with `const`, what packets change with `state`",
    "static": "constants are declared with `const`, what packets change with `state`",
    "map": "write `state name: map<Key, Value> { capacity: 1024 }`",
}


@dataclass(frozen=True)
class Place:
    """Where parsing stopped: the item's text before (without the blanks at its end) and from there on."""

    before: str
    behind: str
    allowed: frozenset[str]  # terminals of the grammar that could stand here
    blanks: str

    @cached_property
    def found(self) -> str:
        """The word or sign that stands here; empty at the end of the item."""
        match = _WORD.match(self.behind)
        return match.group() if match else ""

    @cached_property
    def previous(self) -> str:
        """The word before, if there is one."""
        match = re.search(r"[A-Za-z_]\w*$", self.before)
        return match.group() if match else ""

    def begins_anew(self) -> bool:
        """Whether what stands here may be a statement or item of its own."""
        if not self.found:
            return True
        return "\n" in self.blanks and (self.found[0].isalpha() or self.found in "_}")


@dataclass(frozen=True)
class Mistake:
    help: str
    word: str = ""  # a word of another language; it is what is underlined


def is_of_weft(character: str) -> bool:
    """Whether programs have this character outside of comments and texts."""
    if not character.isascii():
        return False
    return character.isspace() or character.isalnum() or character in _SIGNS - _MEANINGLESS


def character_help(character: str) -> str | None:
    if character in _LOOKALIKES:
        return f"write `{_LOOKALIKES[character]}`; this sign only looks like it"
    if character.isspace():
        return "this is another kind of blank: write an ordinary one"
    return _CHARACTERS.get(character[:1])


def item_help(place: Place) -> str | None:
    """What to write for something outside of all declarations that begins none."""
    if place.behind.startswith("/*"):
        return "comments begin with `//` and end with the line"
    if place.found in _ITEMS:
        return _ITEMS[place.found]
    if re.match(r"\w+(\s*\|\s*\w+)*\s*\(\s*(\w+\s*:|_)", place.behind):
        return "handlers begin with `on`: `on lan (p: ipv4) { ... }`"
    return "statements stand in a handler or function; is there a `}` too much above?"


def mistake_at(place: Place) -> Mistake | None:
    """The mistake that is likely here, if any."""
    for word in (place.found, place.previous):
        if word in _WORDS and (word == place.previous or not place.allowed & {"SEMICOLON"} or "\n" not in place.blanks):
            return Mistake(_WORDS[word], word)
    return next((Mistake(text) for test, text in _MISTAKES if test(place)), None)


def _between(before: str, behind: str, *allowed: str) -> Callable[[Place], bool]:
    """Whether the text before ends like `before`, and from here on begins like `behind`."""
    left, right = re.compile(rf"(?:{before})$"), re.compile(behind)

    def test(place: Place) -> bool:
        fits = left.search(place.before) and right.match(place.behind)
        return bool(fits) and place.allowed.issuperset(allowed)

    return test


_MISTAKES: tuple[tuple[Callable[[Place], bool], str], ...] = (
    (_between(r"[-+*/%&|^<>=]\s*(if|match)", r"\w"), "put it in parentheses: `1 + (if a { 2 } else { 3 })`"),
    (_between("", r"/\*"), "comments begin with `//` and end with the line"),
    (_between(r"\+", r"\+"), "write `x += 1;`"),
    (_between("-", "-"), "write `x -= 1;`"),
    (_between("", '"'), 'texts end on the line they begin in, with `"`'),
    (_between(r"\b(if|&&|\|\|)\b[^{}]*", "=[^=]"), "`==` compares; `=` assigns"),
    (_between(r"\bdrop|\bflood|\breply", r"\("), "it takes no arguments: write `drop;`"),
    (_between(r"\bfor", r"\("), "write `for i in 0..4 { ... }`"),
    (_between(r"\bin\s+range\s*\(.*\)", r"\{"), "write `for i in 0..4 { ... }`"),
    (_between(r"\bif\s+let", ""), "write `let x = map.get(key) else { ... };`"),
    (_between(r"\)", ":", "ARROW"), "what a function gives stands behind `->`: `fn f(x: u8) -> u8 { ... }`"),
    (_between("", ":", "FAT_ARROW"), "arms are written `pattern => ...,`"),
    (_between(r"\[[^\]]*", ":", "RSQB"), "bits are taken with `x.bits(7, 4)`"),
    (_between(r"\b[0-9a-fA-F]{1,4}", r":[0-9a-fA-F:]*:"), 'IPv6 addresses stand in quotes: `"2001:db8::1"`'),
    (_between(r"\bif\b[^{}]*", ":", "LBRACE"), "blocks stand in `{ ... }`"),
    (_between(r"\blet\b[^=;{}]*", ";"), "a variable has a value from the start: `let x: u32 = 0;`"),
    (_between("", "->"), "write `.` for the parts of a value"),
    (_between("&", "&"), "headers are joined by one `&`: `(p: ipv4 & tcp)`"),
    (_between(r"^on\b[^{]*", ","), "headers are joined by `&`: `(p: ipv4 & tcp)`"),
    (_between(r"^on\b[^({]*", r"\{"), "say which packets: `on lan (p: ipv4) { ... }`, or `(_)` for all"),
    (_between(r"^on\b[^(]*\(\s*\w+", r"\)"), "say which headers: `(p: ipv4)`, or `(p: _)` for any"),
    (_between(r"^on\b[^{]*\)", "if"), "conditions of handlers begin with `where`"),
    (_between(r"^fn\b[^)]*", r"[,)]", "COLON"), "say the parameter's type: `x: u32`"),
    (_between("", "&", "LPAR"), "there are no references: values are copied"),
    (_between(r"\*", r"\*"), "there is no power: multiply, or shift with `<<`"),
    (_between("", r"(<|>|==|!=|<=|>=)"), "comparisons are joined by `&&`: `1 < x && x < 5`"),
    (_between(r"\(\s*u\d+\s*\)", r"\w"), "write `x as u32`"),
    (_between(r"\bu\d+|\bbool|\bip4|\bmac|\bport", r"[a-z]\w*\s*[=;]"), "write `let x: u32 = ...;`"),
    (_between(r"\bstruct\b[^}]*[{,]\s*\w+", r"\w"), "the name comes first: `a: u8`"),
    (_between(r"\bstruct\b[^}]*", ";"), "fields are separated by `,`"),
    (_between("", "=", "COLON", "RBRACE"), "fields are given as `name: value`"),
    (_between("", "0X|0B"), "write `0x` and `0b` small"),
    (_between(r"\d\.\d*", ""), "numbers are whole: write `1500ms` for `1.5s`"),
    (_between(r"\}", r";\s*else"), "no `;` stands before `else`"),
    (_between(r"^use\b.*", r"[.:]"), "modules are named with `::`: `use std::net;`"),
    (
        _between(r"\b(state|table|const|struct|enum|header|object)", r"\w"),
        "declare it outside of handlers and functions",
    ),
    (_between(r"\bfn", r"\w"), "functions are declared outside of handlers and other functions"),
    (_between(r"\w+", "!", "LPAR"), "there are no macros"),
    (_between("", r"[^\W\d]", "COMMA", "FAT_ARROW"), "arms end with `,`"),
    (_between("", r"\w", "COMMA"), "is a `,` missing before this?"),
    (_between(r"\bif\b[^{]*", r"\w", "LBRACE"), "blocks stand in `{ ... }`"),
)
