"""Names in generated C."""

from __future__ import annotations

from typing import Final

from backends.identifiers import FreshNames
from compiler.ir.program import Program

# C11, 6.4.1, and what headers that generated code includes define, or some compilers know.
_KEYWORDS: Final = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local
    bool true false NULL asm typeof offsetof alignas alignof static_assert noreturn thread_local nullptr unix linux main
"""
# Parameters and variables of generated functions.
_GENERATED: Final = """
    parse parse_for_share given parsed header here digest_of_headers state packet packets out data envelope size tick
    at i way count copy crc set ways entries entry found lease ids id hand order left matches same vacant buckets
    bucket row done number rest whole record
"""
_WORDS: Final = frozenset(_KEYWORDS.split()) | frozenset(_GENERATED.split())


class Names(FreshNames):
    """Names that C takes and that no Weft header declares."""

    def is_reserved(self, name: str) -> bool:
        return name in _WORDS or name.startswith(("weft_", "WEFT_", "__")) or name.endswith("_t")


def header_names(program: Program) -> dict[str, str]:
    """For every header a name that can be a member and a label."""
    names = Names()
    return {header.name: names.fresh(header.name) for header in program.all_headers}
