"""Text as a literal of C."""

from __future__ import annotations


def text_literal(text: str) -> str:
    """A string of C; what is no printable ASCII becomes octal, three digits of it so that no digit can follow."""
    plain = "".join(
        chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode("utf-8", "replace")
    )
    return f'"{plain}"'
