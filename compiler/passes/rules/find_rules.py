"""Make of a program the one that finds, for a packet, the rule by which a device could serve packets like it.

Before: any program with its shares, and the paths of it that a rule cache may serve.
After:  a tree of the decisions on those paths, look-ups where they are first needed, and at each leaf a `digest`, which
        is the rule: the bits that packets of the rule have, what the rule writes into them, where it sends them,
        and which cells it counts in. No state is written; but what the packet uses counts as used. A packet without
        a rule gets no digest.
Needs:  `RulePath`s (analyses/rule_paths.py), and the words that the device has (`RuleVocabulary`).

Every packet with the bits of a rule takes the path that the rule was found on, while what that leans on stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.analyses.header_kinds import HeaderKind, find_header_kinds
from compiler.analyses.laws import find_laws
from compiler.analyses.reasons import Reason
from compiler.analyses.rule_paths import RulePath
from compiler.ir.operations import Digest, Drop
from compiler.ir.program import ROOT, Program
from compiler.ir.types import Record, Scalar, bit_width
from compiler.ir.values import Operand, constant
from compiler.passes.rules.chains import Chain, ChainFinder
from compiler.passes.rules.copies import Copies
from compiler.passes.rules.leaves import CannotSayError, Leaf, LeafMaker
from compiler.passes.rules.templates import RuleTemplate
from compiler.passes.rules.vocabulary import RuleVocabulary
from compiler.source import Span

MOST_TEMPLATES = 256  # a device keeps a table for each


@dataclass(frozen=True, slots=True)
class Refused:
    """A path that could be cached, and is not served by rules."""

    path: RulePath
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """`program` finds rules: records of its digests are the templates', in their order.

    `kinds`: of the headers that the device knows.
    """

    program: Program
    kinds: Mapping[str, HeaderKind]
    templates: tuple[RuleTemplate, ...]
    refused: tuple[Refused, ...]


def find_rules(program: Program, paths: Sequence[RulePath], vocabulary: RuleVocabulary) -> Rules:
    return _Builder(program, vocabulary).build(paths)


class _Builder:
    def __init__(self, program: Program, vocabulary: RuleVocabulary) -> None:
        self._program, self._vocabulary = program, vocabulary
        self._laws = find_laws(program)
        self._kinds = {name: kind for name, kind in find_header_kinds(program).items() if kind in vocabulary.matched}
        self._chains = ChainFinder(program, self._kinds)
        self._copies = Copies(self._laws)
        self._templates: dict[RuleTemplate, str] = {}  # without record and lines -> name of the record
        self._lines: dict[str, set[int]] = {}
        self._records: list[Record] = []
        self._refused: list[Refused] = []

    def build(self, paths: Sequence[RulePath]) -> Rules:
        for path in paths:
            self._add(path)
        span = self._program.operations[-1].span
        operations = (*self._copies.operations, Drop(guard=ROOT, span=span, reason="unhandled"))
        made = dataclasses.replace(
            self._program,
            operations=operations,
            guards=tuple(self._copies.guards),
            records=tuple(self._records),
            handlers=(),
        )
        templates = tuple(
            dataclasses.replace(template, record=name, lines=tuple(sorted(self._lines[name])))
            for template, name in self._templates.items()
        )
        return Rules(made, self._kinds, templates, tuple(self._refused))

    def _add(self, path: RulePath) -> None:
        reasons = list(path.reasons)
        try:
            if not reasons:
                self._add_leaves(path)
        except CannotSayError as error:
            reasons.append(Reason(f"line {error.span.line} {error}", error.span))
        if reasons:
            self._refused.append(Refused(path, tuple(reasons)))

    def _add_leaves(self, path: RulePath) -> None:
        known = path.cached.path.known
        names = {header.name for header in self._program.headers}
        truths = {name: known.header_truth(name) for name in names}
        present = frozenset(name for name, truth in truths.items() if truth is True)
        absent = frozenset(name for name, truth in truths.items() if truth is False)
        span = self._program.operations[path.cached.path.final].span
        chains = list(self._chains.chains(present, absent))
        if not chains:
            unknown = sorted(present - self._kinds.keys())
            what = (
                f"needs `{unknown[0]}`, a header that the device does not know" if unknown else "takes broken packets"
            )
            raise CannotSayError(what, span)
        leaves = [LeafMaker(self._laws, self._kinds, self._vocabulary, path, chain).make() for chain in chains]
        for chain, leaf in zip(chains, leaves, strict=True):
            self._write(path, chain, leaf)

    # --- the tree

    def _write(self, path: RulePath, chain: Chain, leaf: Leaf) -> None:
        guard: int | None = ROOT
        for decision in path.cached.path.decisions:
            if decision.expression is not None:
                condition = self._copies.expression(decision.expression, guard)
                guard = self._copies.child(guard, condition, holds=decision.truth)
            if guard is None:
                return
        guard = self._same_values(path, guard)
        guard = guard if guard is None else self._chain_guard(path, chain, leaf, guard)
        if guard is not None:
            self._write_leaf(path, leaf, guard)

    def _same_values(self, path: RulePath, guard: int) -> int | None:
        """Where the entries that the path would write hold already what it would write."""
        found: int | None = guard
        for same in LeafMaker.unchanged_pairs(self._laws, path):
            if found is None:
                return None
            old, new = (self._copies.expression(number, found) for number in same)
            if old == new:
                continue
            condition = self._copies.equal(old, new, found, self._span(path))
            found = self._copies.child(found, condition)
        return found

    def _chain_guard(self, path: RulePath, chain: Chain, leaf: Leaf, guard: int) -> int | None:
        """Where the packet begins with these headers and no others between, and could be of the rule at all."""
        copies, span, known = self._copies, leaf.span, path.cached.path.known
        conditions = [copies.present(h.name, guard, span) for h in chain.headers if not known.header_truth(h.name)]
        fields = {(step.previous, *match): None for step in chain.steps for match in step.matches}
        for header, name, value in leaf.constants:
            full = (1 << bit_width(header.field_named(name).type)) - 1
            fields[header.name, name, value, full] = None
        conditions += [self._equals(*field, guard, leaf) for field in fields]
        for _, rule in chain.refused:
            if not rule.matches:
                return None  # it always follows: no packet of the path is such
            holds = [self._equals(rule.previous, *match, guard, leaf) for match in rule.matches]
            conditions.append(copies.negated(copies.all_of(holds, guard, span), guard, span))
        return copies.child(guard, copies.all_of(conditions, guard, span)) if conditions else guard

    def _equals(self, header: str, name: str, value: int, mask: int, guard: int, leaf: Leaf) -> Operand:
        of = self._program.header(header).field_named(name).type
        copies, span = self._copies, leaf.span
        read = copies.masked(copies.field(header, name, of, guard, span), mask, guard, span)
        return copies.equal(read, constant(value, bit_width(of)), guard, span)

    # --- the leaf

    def _write_leaf(self, path: RulePath, leaf: Leaf, guard: int) -> None:
        for place in leaf.uses:
            self._copies.access(self._program.operations[place], guard, refresh=True)
        values = [part(self._copies, guard) for part in leaf.values]
        record = self._record(leaf, [bit_width(value.type) for value in values])
        self._lines[record].add(self._span(path).line)
        self._copies.operations.append(Digest(guard=guard, span=self._span(path), record=record, values=tuple(values)))

    def _record(self, leaf: Leaf, widths: Sequence[int]) -> str:
        if leaf.template not in self._templates:
            if len(self._templates) == MOST_TEMPLATES:
                raise CannotSayError(f"has rules of more than {MOST_TEMPLATES} kinds before it", leaf.span)
            name = f"rule {len(self._templates) + 1}"
            self._templates[leaf.template] = name
            self._lines[name] = set()
            fields = tuple((str(place), Scalar("uint", width)) for place, width in enumerate(widths))
            self._records.append(Record(name, fields))
        return self._templates[leaf.template]

    def _span(self, path: RulePath) -> Span:
        return self._program.operations[path.cached.path.final].span
