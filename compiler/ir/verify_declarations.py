"""Check the declarations of a program: ports, headers, states, tunables and records."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.ir.headers import ARRIVAL_FIELDS, Envelope, Header
from compiler.ir.invalid import InvalidProgram
from compiler.ir.program import Program
from compiler.ir.states import (
    TICK_WIDTH,
    Array,
    Counter,
    Index,
    Lease,
    Map,
    MatchKind,
    Meter,
    Reduction,
    State,
    Table,
    TableArray,
)
from compiler.ir.types import MAX_WIDTH, Bits, Blob, Type, Vector, bit_width
from compiler.source import NOWHERE, Span

_MOST_SHARES = 1 << 16
_MOST_IDLE_TICKS = (1 << (TICK_WIDTH - 1)) - 1  # ages are serial numbers: half of the range is the past


def verify_declarations(program: Program) -> None:
    """Raise `InvalidProgram` if a declaration contradicts itself or another."""
    _require(_is_power_of_two(program.shares) and program.shares <= _MOST_SHARES, f"{program.shares} shares")
    for what in ("ports", "all_headers", "states", "tunables", "records"):
        _require_unique(what.removeprefix("all_"), (item.name for item in getattr(program, what)))
    for port in program.ports:
        _require(port.peer is None or 0 <= port.peer < len(program.ports), f"port {port.name} has no peer {port.peer}")
    for tunable in program.tunables:
        fits = 0 <= tunable.default < 1 << tunable.type.width
        _require(fits, f"tunable {tunable.name} cannot be {tunable.default}", tunable.span)
    _verify_parse_graph(program)
    for header in program.headers:
        _verify_header(header)
    for envelope in program.envelopes:
        _verify_envelope(program, envelope)
    _require(len(program.links) == sum(e.port is not None for e in program.envelopes), "two envelopes are of one port")
    for state in program.states:
        _verify_state(program, state)


def _require(holds: bool, message: str, span: Span = NOWHERE) -> None:
    if not holds:
        raise InvalidProgram(message, span)


def _require_unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        _require(name not in seen, f"two {what} are called {name}")
        seen.add(name)


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


def _is_number(of: Type) -> bool:
    """Whether values may have this type."""
    return not isinstance(of, Blob) and of.width > 0 and 0 < bit_width(of) <= MAX_WIDTH


# --- headers


def _verify_parse_graph(program: Program) -> None:
    headers = {header.name: header for header in program.headers}
    outermost = [header.name for header in program.headers if not header.rules]
    _require(len(outermost) <= 1, f"{' and '.join(outermost)} are both outermost headers")
    for header in program.headers:
        for rule in header.rules:
            _require(
                rule.previous in headers, f"{header.name} follows {rule.previous}, which is not declared", header.span
            )
            fields = {f.name: f.type for f in headers[rule.previous].fields}
            for name, value, mask in rule.matches:
                of = fields.get(name)
                fits = isinstance(of, Bits) and 0 <= value < 1 << of.width and 0 <= mask < 1 << of.width
                _require(fits, f"{header.name} cannot follow where {rule.previous}.{name} is {value:#x}", header.span)
    _verify_acyclic(headers)


def _verify_acyclic(headers: dict[str, Header]) -> None:
    left = {name: {rule.previous for rule in header.rules} for name, header in headers.items()}
    while left:
        free = {name for name, previous in left.items() if not previous & left.keys()}
        _require(bool(free), f"parsing could run in circles: {', '.join(sorted(left))}")
        left = {name: previous for name, previous in left.items() if name not in free}


def _verify_header(header: Header) -> None:
    span, name = header.span, header.name
    fields = {f.name: f for f in header.fields}
    _require_unique(f"fields of {name}", (f.name for f in header.fields))
    _require(header.fixed_bytes > 0 or bool(header.blob_length), f"{name} has no bytes", span)
    offset = 0
    for place, field in enumerate(header.fields):
        _require(field.offset == offset, f"{name}.{field.name} begins at bit {offset}, not {field.offset}", span)
        offset += bit_width(field.type)
        if isinstance(field.type, Blob):
            _require(place == len(header.fields) - 1, f"{name}.{field.name} is not the last field", span)
            _require(header.blob_length is not None, f"nothing says how long {name}.{field.name} is", span)
            _require(field.offset % 8 == 0, f"{name}.{field.name} begins inside a byte", span)
        else:
            _require(_is_number(field.type), f"{name}.{field.name} has no type that a field can have", span)
        if field.checksum is not None:
            fits = field.type == Bits(16) and field.offset % 16 == 0
            _require(fits, f"{name}.{field.name} is not a place for a checksum", span)
    _require(offset % 8 == 0, f"{name} is not whole bytes", span)
    has_blob = bool(header.fields) and isinstance(header.fields[-1].type, Blob)
    _require(has_blob == (header.blob_length is not None), f"{name} has a length but no blob", span)
    for mentioned in (*header.length_fields, *(side for pair in header.swaps for side in pair)):
        _require(mentioned in fields, f"{name} has no field {mentioned}", span)
    for mentioned in header.length_fields:
        _require(isinstance(fields[mentioned].type, Bits), f"{name}.{mentioned} is not a number", span)
    for one, other in header.swaps:
        _require(fields[one].type == fields[other].type, f"{name}.{one} cannot be swapped with {other}", span)


def _verify_envelope(program: Program, envelope: Envelope) -> None:
    header = envelope.header
    _verify_header(header)
    port = envelope.port
    _require(port is None or 0 <= port < len(program.ports), f"{header.name} comes by no port", header.span)
    _require(not header.rules, f"{header.name} is in front of a packet, and follows nothing", header.span)
    _require(header.blob_length is None, f"{header.name} has no fixed length", header.span)
    fields = {f.name: f.type for f in header.fields}
    for name, of in ARRIVAL_FIELDS.items():
        _require(fields.get(name) == of, f"{header.name} does not say the packet's {name}", header.span)


# --- states


def _verify_state(program: Program, state: State) -> None:
    match state:
        case Array(type=of, cells=cells, initial=initial):
            _require_values(state, (of,))
            fits = cells > 0 and not isinstance(of, Blob) and 0 <= initial < 1 << of.width
            _require(fits, f"{state.name} cannot hold {initial}", state.span)
        case Map(key=key, values=values):
            _require_values(state, (*key, *values))
            _verify_sets(program, state)
            _verify_idle(state)
        case Index(key=key, lease=lease):
            _require_values(state, key)
            _verify_sets(program, state)
            of = next((s for s in program.states if s.name == lease), None)
            _require(isinstance(of, Lease), f"{state.name} points to {lease}, which is no lease", state.span)
        case Lease():
            _verify_lease(program, state)
        case Table():
            _verify_table(state)
        case TableArray(type=of, cells=cells):
            _require_values(state, (of,))
            _require(cells > 0, f"{state.name} is empty", state.span)
        case Counter(cells=cells):
            _require(cells > 0, f"{state.name} is empty", state.span)
        case Meter(cells=cells, rate=rate, burst=burst):
            _require(cells > 0 and rate >= 0 and 0 <= burst < 1 << 32, f"{state.name} is no meter", state.span)
        case Reduction(type=of, slots=slots):
            _require_values(state, (of,))
            _require(slots > 0, f"{state.name} is empty", state.span)


def _require_values(state: State, types: tuple[Type, ...]) -> None:
    for of in types:
        _require(_is_number(of), f"{state.name} cannot store {of}", state.span)


def _verify_idle(state: Map | Lease) -> None:
    idle = state.idle_ticks
    fits = idle is None or (0 <= idle <= _MOST_IDLE_TICKS and 0 <= state.grain_ticks <= _MOST_IDLE_TICKS)
    _require(fits, f"{state.name} cannot tell ages of {idle} ticks", state.span)
    _require(idle is not None or not state.grain_ticks, f"{state.name} has a grain, and no idle time", state.span)


def _verify_sets(program: Program, state: Map | Index) -> None:
    shares = program.shares if state.share_key else 1
    fits = _is_power_of_two(state.sets) and state.sets >= shares and state.ways > 0
    _require(
        fits and state.sets * state.ways < 1 << 32, f"{state.name} has {state.sets} sets of {state.ways}", state.span
    )
    _require(bool(state.key), f"{state.name} has no key", state.span)
    for place in state.share_key:
        _require(0 <= place < len(state.key), f"{state.name} has no part {place} in its key", state.span)


def _verify_lease(program: Program, state: Lease) -> None:
    _require_values(state, (Bits(state.id_width), *state.values))
    _verify_idle(state)
    fits = 0 <= state.first <= state.last < 1 << state.id_width and state.steps > 0
    _require(fits, f"{state.name} has no ids {state.first} to {state.last}", state.span)
    if state.sharded:
        _require(state.id_width <= 16, f"{state.name} cannot be split by ids of {state.id_width} bits", state.span)


def _verify_table(state: Table) -> None:
    _require_values(state, (*state.key, *state.values))
    _require(bool(state.key) and len(state.match) == len(state.key), f"{state.name} matches no key", state.span)
    _require(state.match.count(MatchKind.PREFIX) <= 1, f"{state.name} has two prefixes", state.span)
    _require(state.size > 0, f"{state.name} is empty", state.span)
    if state.default is not None:
        fits = len(state.default) == len(state.values) and all(
            0 <= value < 1 << (of.width * of.lanes if isinstance(of, Vector) else of.width)
            for value, of in zip(state.default, state.values, strict=True)
            if not isinstance(of, Blob)
        )
        _require(fits, f"the default of {state.name} does not fit its values", state.span)
