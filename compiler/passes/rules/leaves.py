"""What a rule for the packets of one path that begin with certain headers compares and does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from compiler.analyses.cacheable import is_ttl_step
from compiler.analyses.header_kinds import HeaderKind
from compiler.analyses.laws import Laws
from compiler.analyses.rule_paths import RulePath
from compiler.ir.headers import Header
from compiler.ir.operations import (
    ArrayUpdate,
    CounterAdd,
    Drop,
    IndexFind,
    IndexOpen,
    LeaseGet,
    MapFind,
    MapPut,
    Send,
    StateAccess,
    WriteField,
)
from compiler.ir.states import Array, Lease, Map
from compiler.ir.types import Bits, bit_width
from compiler.ir.values import Operand, Value
from compiler.passes.rules.chains import Chain
from compiler.passes.rules.copies import Copies
from compiler.passes.rules.match_bits import Field, needed_bits
from compiler.passes.rules.templates import (
    CELL_BYTES,
    PORT_BYTES,
    Compared,
    Counted,
    RuleTemplate,
    Written,
)
from compiler.passes.rules.vocabulary import RuleVocabulary
from compiler.source import Span

Part = Callable[[Copies, int], Operand]  # puts a field of the record together, under a guard


class CannotSayError(Exception):
    """A device has no words for what a path compares or does."""

    def __init__(self, what: str, span: Span) -> None:
        super().__init__(what)
        self.span = span


@dataclass(frozen=True, slots=True)
class Leaf:
    template: RuleTemplate  # without record and lines
    values: tuple[Part, ...]
    constants: tuple[tuple[Header, str, int], ...]  # fields that a packet must have for a rule to be made of it
    uses: tuple[int, ...]  # places of look-ups that count as uses
    span: Span


class LeafMaker:
    def __init__(
        self,
        laws: Laws,
        kinds: Mapping[str, HeaderKind],
        vocabulary: RuleVocabulary,
        path: RulePath,
        chain: Chain,
    ) -> None:
        self._laws, self._kinds, self._vocabulary = laws, kinds, vocabulary
        self._path, self._chain = path, chain
        self._program = laws.program
        self._span = self._program.operations[path.cached.path.final].span
        self._headers = {header.name: header for header in chain.headers}
        self._values: list[Part] = []

    def make(self) -> Leaf:
        constants = tuple(self._constants())
        compared = tuple(self._compared(constants))
        written, counted_down = self._written()
        sends = self._sends()
        counted = tuple(self._counted())
        template = RuleTemplate(
            record="",
            headers=self._chain.headers,
            compared=compared,
            written=written,
            counted_down=counted_down,
            sends=sends,
            counted=counted,
            idle_ticks=self._path.idle_ticks,
            lines=(),
        )
        return Leaf(template, tuple(self._values), constants, tuple(self._uses()), self._span)

    # --- what packets of the rule have

    def _constants(self) -> Iterator[tuple[Header, str, int]]:
        for header in self._chain.headers:
            for kind, first_bit, value in self._vocabulary.always:
                if kind is self._kinds[header.name]:
                    yield header, next(f.name for f in header.fields if f.offset == first_bit), value

    def _compared(self, constants: tuple[tuple[Header, str, int], ...]) -> Iterator[Compared]:
        fixed: dict[Field, tuple[int, int]] = {(h.name, name): (value, -1) for h, name, value in constants}
        for step in self._chain.steps:
            for name, value, mask in step.matches:
                had, had_mask = fixed.get((step.previous, name), (0, 0))
                fixed[step.previous, name] = (had | value, had_mask | mask)
        for (header, name), (value, mask) in sorted(fixed.items()):
            yield self._constant(header, name, value, mask)
        for (header, name), mask in sorted(self._bits().items()):
            left = mask & ~fixed.get((header, name), (0, 0))[1]
            if left:
                yield self._varying(header, name, left)

    def _bits(self) -> dict[Field, int]:
        """By field, the bits that the path depends on."""
        found: dict[Field, int] = {}

        def need(field: Field, mask: int) -> None:
            found[field] = found.get(field, 0) | mask

        path = self._path.cached.path
        for decision in path.decisions:
            if decision.expression is not None:
                for field, mask in needed_bits(self._laws.numbers, path.known, decision.expression).items():
                    need(field, mask)
        for header, rule in self._chain.refused:
            del header
            for name, _, mask in rule.matches:
                need((rule.previous, name), mask)
        for key in self._path.cached.key:
            header, dot, name = key.partition(".")
            if dot:
                need((header, name), (1 << self._width(header, name)) - 1)
        return found

    def _width(self, header: str, name: str) -> int:
        return bit_width(self._program.header(header).field_named(name).type)

    def _place(self, header: str, name: str) -> tuple[Header, int, int]:
        """(header, first bit, bits) of a field that the device's rules know."""
        found = self._headers.get(header)
        if found is None:
            raise CannotSayError(
                f"depends on `{header}.{name}`, which the device does not know to be there", self._span
            )
        field = found.field_named(name)
        if not isinstance(field.type, Bits):
            raise CannotSayError(f"depends on `{header}.{name}`, which is no number", self._span)
        return found, field.offset, field.type.width

    def _constant(self, header: str, name: str, value: int, mask: int) -> Compared:
        found, at, width = self._place(header, name)
        full = (1 << width) - 1
        shift = 8 * found.fixed_bytes - at - width
        self._check(header, name, (mask & full) << shift)
        return Compared(header, (mask & full) << shift, (value & mask & full) << shift)

    def _varying(self, header: str, name: str, mask: int) -> Compared:
        found, at, width = self._place(header, name)
        shift = 8 * found.fixed_bytes - at - width
        self._check(header, name, mask << shift)
        first, last = at // 8, (at + width - 1) // 8
        count = last - first + 1
        left = 8 * (last + 1) - at - width
        of = Bits(width)

        def value(copies: Copies, guard: int) -> Operand:
            read = copies.masked(copies.field(header, name, of, guard, self._span), mask, guard, self._span)
            return copies.shifted(copies.resized(read, 8 * count, guard, self._span), left, guard, self._span)

        self._values.append(value)
        return Compared(header, mask << shift, bytes=(first, count))

    def _check(self, header: str, name: str, mask: int) -> None:
        if mask & ~self._vocabulary.matched[self._kinds[header]]:
            raise CannotSayError(f"depends on `{header}.{name}`, which rules cannot compare", self._span)

    # --- what the rule does

    def _written(self) -> tuple[tuple[Written, ...], tuple[tuple[str, str], ...]]:
        final = self._program.operations[self._path.cached.path.final]
        operations = [self._program.operations[place] for place in self._path.cached.path.operations]
        writes: dict[Field, WriteField] = {}
        if not isinstance(final, Drop):
            for write in operations:
                if isinstance(write, WriteField):
                    writes.pop((write.header, write.field), None)
                    writes[write.header, write.field] = write
        written: list[Written] = []
        counted_down: list[Field] = []
        for (header, name), write in writes.items():
            if self._path.cached.path.known.header_truth(header) is False:
                continue
            kind, at, width = self._written_place(write)
            number = self._laws.numbers.of(write.value)
            if is_ttl_step(self._laws.numbers, write, number):
                if (kind, at) not in self._vocabulary.counted_down:
                    raise CannotSayError(f"makes `{header}.{name}` one less, which rules cannot", write.span)
                counted_down.append((header, name))
            else:
                if (kind, at, width) not in self._vocabulary.written:
                    raise CannotSayError(f"writes `{header}.{name}`, which rules cannot", write.span)
                written.append(Written(header, name, at, width))
                self._values.append(self._number(number, 8 * written[-1].bytes))
        return tuple(written), tuple(counted_down)

    def _written_place(self, write: WriteField) -> tuple[HeaderKind, int, int]:
        header = self._headers.get(write.header)
        if header is None:
            what = f"writes `{write.header}.{write.field}`, which the device does not know to be there"
            raise CannotSayError(what, write.span)
        field = header.field_named(write.field)
        return self._kinds[header.name], field.offset, bit_width(field.type)

    def _number(self, number: int, width: int) -> Part:
        return lambda copies, guard: copies.resized(copies.expression(number, guard), width, guard, self._span)

    def _sends(self) -> bool:
        match self._program.operations[self._path.cached.path.final]:
            case Send(port=port):
                self._values.append(self._number(self._laws.numbers.of(port), 8 * PORT_BYTES))
                return True
            case _:
                return False

    def _counted(self) -> Iterator[Counted]:
        for place in self._path.cached.path.operations:
            match self._program.operations[place]:
                case (
                    CounterAdd(state=state, index=index, amount=amount)
                    | ArrayUpdate(state=state, index=index, amount=amount)
                ):
                    self._values.append(self._number(self._laws.numbers.of(index), 8 * CELL_BYTES))
                    self._check_cells(state, amount)
                    said = self._amount(amount)
                    yield Counted(state, 0 if said is None else said, said is None)
                case _:
                    pass

    def _check_cells(self, state: str, amount: Operand) -> None:
        """A rule's sum comes in 64 bits, and what is added was not cut for each packet."""
        declared = self._program.state(state)
        if isinstance(declared, Array) and not (isinstance(declared.type, Bits) and declared.type.width <= 64):
            raise CannotSayError(f"counts in `{state}`, whose cells have more than 64 bits", self._span)
        node = self._laws.numbers.node(amount)
        width = bit_width(node.type)
        while node.kind == "resize":
            node = self._laws.numbers.nodes[node.arguments[0]]
            if bit_width(node.type) < min(width, 32) and node.kind != "constant":
                raise CannotSayError(f"counts part of what it adds to `{state}`", self._span)

    def _amount(self, amount: Operand) -> int | None:
        """What each packet adds; None: its length."""
        node = self._laws.numbers.node(amount)
        while node.kind == "resize":
            node = self._laws.numbers.nodes[node.arguments[0]]
        return node.detail[0] if node.kind == "constant" and isinstance(node.detail[0], int) else None

    # --- what counts as used

    def _uses(self) -> Iterator[int]:
        finds = {o.slot.number: place for place, o in enumerate(self._program.operations) if isinstance(o, MapFind)}
        found: dict[int, None] = {}
        for place in self._path.cached.path.operations:
            match self._program.operations[place]:
                case MapFind(refresh=True) | LeaseGet(refresh=True) | IndexFind(refresh=True) | IndexOpen():
                    found[place] = None
                case MapPut(slot=Value(number=slot)) if slot in finds:
                    found[finds[slot]] = None
                case _:
                    pass
        return (place for place in found if self._has_clock(place))

    def _has_clock(self, place: int) -> bool:
        operation = self._program.operations[place]
        assert isinstance(operation, StateAccess), "it looks something up"
        name = operation.lease if isinstance(operation, IndexFind | IndexOpen) else operation.state
        state = self._program.state(name)
        return isinstance(state, Map | Lease) and state.idle_ticks is not None

    @staticmethod
    def unchanged_pairs(laws: Laws, path: RulePath) -> Iterator[tuple[int, int]]:
        """(what an entry holds, what the path would write there) of entries that it writes without a change."""
        finds = {o.slot.number: o for o in laws.program.operations if isinstance(o, MapFind)}
        for place in sorted(path.cached.path.unchanged):
            put = laws.program.operations[place]
            assert isinstance(put, MapPut), "only those can be without a change"
            assert isinstance(put.slot, Value), "it names a way that was found"
            for old, new in zip(finds[put.slot.number].values, put.values, strict=True):
                yield laws.numbers.of(old), laws.numbers.of(new)
