"""The list of mutations: small slips, each a text that stands once in a file and what it is replaced by."""

from __future__ import annotations

from pathlib import Path

import msgspec


class ListError(Exception):
    """The list cannot be read, or is not one."""


class Mutation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`breaks` says in a sentence what is wrong then; `kills` names the cases that are likely to show it."""

    file: str
    old: str
    new: str
    breaks: str
    kills: tuple[str, ...] = ()

    def applied(self, text: str) -> str | None:
        """The file with the slip in it; None where the text does not stand there exactly once."""
        return text.replace(self.old, self.new) if text.count(self.old) == 1 else None


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mutation: tuple[Mutation, ...]


def load_mutations(path: Path) -> tuple[Mutation, ...]:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_List).mutation
    except OSError as error:
        raise ListError(f"{path}: cannot read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ListError(f"{path}: {error}") from error
