"""The rules that an eSwitch can have of a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.bluefield.rules.vocabulary import ESWITCH
from compiler.analyses.cacheable import classify_paths
from compiler.analyses.header_kinds import HeaderKind, find_header_kinds
from compiler.analyses.rule_paths import find_rule_paths
from compiler.ir.program import Program
from compiler.passes.rules.find_rules import Rules, find_rules


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """`program` is as the front end made it."""

    program: Program
    found: Rules
    kinds: Mapping[str, HeaderKind]


def rules_of(program: Program) -> ProgramRules:
    """A piece of a program has none: its packets come in envelopes, which no eSwitch opens."""
    paths = () if program.envelopes else find_rule_paths(program, classify_paths(program))
    return ProgramRules(program, find_rules(program, paths, ESWITCH), find_header_kinds(program))
