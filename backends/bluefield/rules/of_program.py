"""The rules that an eSwitch can have of a program."""

from __future__ import annotations

from backends.bluefield.rules.vocabulary import ESWITCH
from compiler.analyses.cacheable import classify_paths
from compiler.analyses.rule_paths import find_rule_paths
from compiler.ir.program import Program
from compiler.passes.rules.find_rules import Rules, find_rules


def rules_of(program: Program) -> Rules:
    """`program` is as the front end made it. A piece has none: no eSwitch opens the envelopes of its packets."""
    paths = () if program.envelopes else find_rule_paths(program, classify_paths(program))
    return find_rules(program, paths, ESWITCH)
