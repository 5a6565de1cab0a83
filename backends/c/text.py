"""A C expression as text, with what has to be known of it to put it into a larger one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """`is_atom`: needs no parentheses; `is_bool`: its value is a truth value; `constant`: a literal;
    `chain`: the operator of all that stands outside parentheses, && or ||."""

    code: str
    is_atom: bool = True
    is_bool: bool = False
    constant: int | None = None
    chain: str = ""


def plain(code: str, *, is_bool: bool = False) -> Text:
    """An expression with operators."""
    chain = next((sign for sign in ("&&", "||") if f" {sign} " in code and _only(code, sign)), "")
    return Text(code, is_atom=False, is_bool=is_bool, chain=chain)


def atom(text: Text) -> str:
    return text.code if text.is_atom else f"({text.code})"


def _only(code: str, sign: str) -> bool:
    """Whether `sign` is the only operator with spaces around it outside parentheses."""
    depth, outside = 0, []
    for char in code:
        depth += (char in "([") - (char in ")]")
        outside.append(" " if depth else char)
    words = "".join(outside).split()
    return all(word == sign for word in words if not word[0].isalnum() and word[0] not in "!_~)]")
