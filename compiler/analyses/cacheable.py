"""Which paths a fast device may serve from rules while the authority stays elsewhere.

A path is cacheable iff, from header fields and looked-up values alone, it decides constants per key:
it looks keys up and finds them, refreshes them, counts packets or bytes, writes constants per key
into headers, and sends or drops. Writing the value that an entry already has is a read. The cached
key is the union of the keys of the path's look-ups and the indexes of its counters; what the path
decides by other header fields becomes part of the match.

A count in an array is one only where the array is mergeable: rules count apart, and their counts are
folded in later, so nothing may read the running value.

One computed value is allowed: a TTL or hop limit less one, for which eSwitches have an action
(`dec_ttl`). A look-up that misses is not served from a rule: the authority must see the packet, since
a later insert would have to find every rule made of the miss. Templates, clones, digests, replies,
floods and multicasts are not served either.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.analyses.cached_accesses import effect_of
from compiler.analyses.constant_leaves import NOTHING, LeafFinder
from compiler.analyses.laws import Laws, find_laws
from compiler.analyses.paths import MAX_PATHS, Decision, PacketPath, Paths, find_paths
from compiler.analyses.reasons import Reason, Weight
from compiler.analyses.structure import Structure, structure_of
from compiler.analyses.value_numbers import ValueNumbers, render_expression
from compiler.ir.operations import Clone, Digest, Flood, Multicast, Operation, Reply, Send, WriteField
from compiler.ir.program import Program

TTL_FIELDS = frozenset({"ttl", "hop_limit"})


@dataclass(frozen=True, slots=True)
class CachedPath:
    """A path and what a rule for it would hold; `reasons` is empty iff it is cacheable."""

    path: PacketPath
    states: tuple[str, ...]  # looked up, in order
    key: tuple[str, ...]  # header fields, and "port" or "tcp present" where its actions depend on them; sorted
    match: tuple[str, ...]  # decisions by what is not in the key
    rewrites: tuple[str, ...]  # "ipv4.src = value of `backends`", "ipv4.ttl - 1 (dec_ttl)"
    counts: tuple[str, ...]  # states counted in
    reasons: tuple[Reason, ...]

    @property
    def cacheable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Cacheability:
    """One entry a path, in the order of `Paths`; `complete` as there."""

    paths: tuple[CachedPath, ...]
    complete: bool


def classify_paths(program: Program, *, limit: int = MAX_PATHS) -> Cacheability:
    laws = find_laws(program)
    structure = structure_of(program)
    found: Paths = find_paths(program, limit=limit)
    anywhere = LeafFinder(laws)
    return Cacheability(tuple(_classify(anywhere, structure, path) for path in found.paths), found.complete)


def _classify(anywhere: LeafFinder, structure: Structure, path: PacketPath) -> CachedPath:
    operations = anywhere.laws.program.operations
    here = LeafFinder(anywhere.laws, path.known)
    effects = [effect for place in path.operations if (effect := effect_of(here, structure, path, place))]
    keys = NOTHING
    for effect in effects:
        keys = keys.joined(effect.key)
    rule = _Rule(anywhere, here, keys.fields)
    rule.parsed.update(keys.by_parse)
    rule.reasons.extend(reason for effect in effects for reason in effect.reasons)
    for place in path.operations:
        rule.add_packet_operation(operations[place])
    for decision in path.decisions:
        rule.add_decision(decision)
    return CachedPath(
        path=path,
        states=tuple(dict.fromkeys(effect.looked_up for effect in effects if effect.looked_up)),
        key=tuple(sorted(keys.fields | rule.parsed)),
        match=tuple(rule.match),
        rewrites=tuple(rule.rewrites),
        counts=tuple(dict.fromkeys(effect.counted for effect in effects if effect.counted)),
        reasons=tuple(dict.fromkeys(rule.reasons)),
    )


_UNSERVED = {Reply: "replies", Flood: "floods", Multicast: "multicasts", Clone: "clones", Digest: "reports a digest"}


@dataclass(slots=True)
class _Rule:
    """A rule in the making, for packets with given `key` fields."""

    anywhere: LeafFinder
    here: LeafFinder  # on the path
    key: frozenset[str]
    parsed: set[str] = field(default_factory=set)  # ports and header presence that its actions depend on
    match: list[str] = field(default_factory=list)
    rewrites: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    @property
    def laws(self) -> Laws:
        return self.here.laws

    def add_packet_operation(self, operation: Operation) -> None:
        line = f"line {operation.span.line}"
        match operation:
            case WriteField():
                self._add_rewrite(operation)
            case Send(packet=packet) if packet is not None:
                self.reasons.append(Reason(f"{line} builds a packet", operation.span, Weight.EMITS))
            case Send(port=port):
                if varies := self._varies(self.laws.numbers.of(port)):
                    self.reasons.append(
                        Reason(f"{line} sends by a port that depends on {varies}", operation.span, Weight.COMPUTES)
                    )
            case Reply() | Flood() | Multicast() | Clone() | Digest():
                self.reasons.append(Reason(f"{line} {_UNSERVED[type(operation)]}", operation.span, Weight.EMITS))
            case _:
                pass

    def _add_rewrite(self, write: WriteField) -> None:
        number = self.laws.numbers.of(write.value)
        written = render_expression(self.laws.program, self.laws.numbers, number)
        if is_ttl_step(self.laws.numbers, write, number):
            self.rewrites.append(f"{write.header}.{write.field} - 1 (dec_ttl)")
        elif self._varies(number):
            text = f"line {write.span.line} writes a computed value ({written})"
            self.reasons.append(Reason(text, write.span, Weight.COMPUTES))
        else:
            self.rewrites.append(f"{write.header}.{write.field} = {written}")

    def _varies(self, number: int) -> str | None:
        """What makes a value differ between packets of one key, for people; None where nothing does."""
        leaves = self.here.of(number)
        if leaves.varying:
            return leaves.varying[0]
        if leaves.fields - self.key:
            return min(leaves.fields - self.key)
        self.parsed.update(leaves.by_parse)
        return None

    def add_decision(self, decision: Decision) -> None:
        if decision.expression is None:
            return
        leaves = self.anywhere.of(decision.expression)
        line = f"line {decision.span.line}"
        if leaves.varying:
            self.reasons.append(Reason(f"{line} decides by {leaves.varying[0]}", decision.span, Weight.DECIDES))
        elif leaves.hashed - self.key:
            self.reasons.append(Reason(f"{line} decides by a hash", decision.span, Weight.DECIDES))
        elif leaves.fields - self.key or leaves.by_parse:
            self.match.append(str(decision))


def is_ttl_step(numbers: ValueNumbers, write: WriteField, number: int) -> bool:
    """Whether the field becomes itself less one."""
    node = numbers.nodes[number]
    if write.field not in TTL_FIELDS or node.kind != "binary":
        return False
    sides = [numbers.nodes[argument] for argument in node.arguments]
    reads = [side.detail for side in sides if side.kind == "field"]
    steps = [side.detail[0] for side in sides if side.kind == "constant"]
    minus_one = {"sub": 1, "add": 255}.get(str(node.detail[0]))
    in_order = node.detail[0] != "sub" or sides[0].kind == "field"
    return in_order and reads == [(write.header, write.field)] and steps == [minus_one]
