"""What a run came to, as data and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final, TypeAlias

from compiler.ir.emissions import Drop
from compiler.ir.guard_tree import GuardTree
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import leaf_shapes, render_value
from compiler.ir.program import Program
from compiler.ir.types import Scalar, Shape
from compiler.meaning.clock import age, tick_of
from sim.control.abstract_state import render_label
from sim.interpreter import DropPlace, Summary, place_of
from sim.state import CounterState, IndexState, LeaseState, MapState, RunState, TableState
from weft.replay import Replay
from weft.terminal import Table

_Entry: TypeAlias = tuple[tuple[Leaf, ...], tuple[Leaf, ...], int]  # key, values, last tick

_MOST_ROWS: Final = 10
_MOST_NAMES: Final = 4
_WIDTH: Final = 100
_COUNTER_WIDTH: Final = 32  # narrower numbers in maps are ports, states and the like, hardly ever counts


def summary_data(replayed: Replay) -> dict[str, object]:
    """The summary in plain JSON types."""
    program, summary = replayed.program, replayed.summary
    return {
        "program": program.name,
        "packets": summary.packets,
        "first_ns": summary.first_ns,
        "last_ns": summary.last_ns,
        "ports": [
            {
                "port": port.name,
                "received": {"packets": received.packets, "bytes": received.bytes},
                "sent": {"packets": sent.packets, "bytes": sent.bytes},
                "capture": str(replayed.captures[number]),
            }
            for number, (port, received, sent) in enumerate(
                zip(program.ports, summary.received, summary.sent, strict=True)
            )
        ],
        "drops": [
            {
                "file": place.file,
                "line": place.line,
                "called_from": place.called_from,
                "reason": place.reason,
                "handlers": handlers,
                "source": source,
                "packets": count,
            }
            for place, handlers, source, count in _drops(program, summary)
        ],
        "unhandled": summary.unhandled,
        "lost": summary.lost,
        "digests": dict(sorted(summary.digests.items())),
        "digests_file": None if replayed.digests is None else str(replayed.digests),
        "states": [
            {"state": name, "live": live, "capacity": capacity, "failed_inserts": failed}
            for name, live, capacity, failed in _occupancy(replayed.states, _tick(summary))
        ],
        "top": {
            name: [{"key": key, **({"value": value} if value is not None else {})} for key, value in rows]
            for name, _, rows in _talkers(replayed)
        },
        "counters": {
            name: [{"cell": cell, "packets": packets, "bytes": size} for cell, packets, size in rows]
            for name, rows, _ in _counters(replayed.states)
            if rows
        },
        "zero": _zero(replayed),
    }


def summary_tables(replayed: Replay) -> Iterator[Table]:
    """The summary for people; tables without rows are left out by whoever prints them."""
    program, summary = replayed.program, replayed.summary
    traffic = zip(program.ports, summary.received, summary.sent, strict=True)
    yield Table(
        f"{_count(summary.packets, 'packet')} through `{program.name}`{_duration(summary)}",
        ("port", "packets in", "bytes in", "packets out", "bytes out"),
        tuple(
            (port.name, received.packets, received.bytes, sent.packets, sent.bytes)
            for port, received, sent in traffic
            if received.packets or sent.packets or len(program.ports) <= _MOST_ROWS
        ),
    )
    drops = (
        (count, _where(place), _some_names([f"on {name}" for name in handlers]), source)
        for place, handlers, source, count in _drops(program, summary)
    )
    yield Table("drops", ("packets", "where", "handler", "what dropped them"), tuple(drops))
    yield Table(
        "states",
        ("state", "live", "of", "failed inserts"),
        tuple(_occupancy(replayed.states, _tick(summary))),
    )
    for name, by, rows in _talkers(replayed):
        has_values = any(value is not None for _, value in rows)
        shown = tuple((_one_line(key), *([_one_line(value)] if has_values else [])) for key, value in rows)
        yield Table(f"{name}: {by}", ("key", "value") if has_values else ("key",), shown)
    for name, cells, more in _counters(replayed.states):
        title = f"{name}: cells that counted" + (f" (and {more} more)" if more else "")
        yield Table(title, ("cell", "packets", "bytes"), tuple(cells))
    zero = _zero(replayed)
    yield Table("", ("",), tuple((line,) for line in wrap(f"zero: {', '.join(zero)}", _WIDTH) if zero))
    digests = tuple((count, name) for name, count in sorted(summary.digests.items()))
    yield Table("digests", ("records", "of"), digests)


def summary_remarks(replayed: Replay) -> Iterator[str]:
    """What a reader of the summary should know beside it: advice, one a line."""
    program, summary = replayed.program, replayed.summary
    if summary.unhandled:
        groups = " | ".join(dict.fromkeys(port.group for port in program.ports))
        were = "was" if summary.unhandled == 1 else "were"
        yield (
            f"{_count(summary.unhandled, 'packet')} {were} dropped because no handler takes them: "
            f"a catch-all such as `on {groups} (_) {{ drop }}`, as the last handler, says so in the program"
        )
    if summary.lost:
        yield (
            f"{_count(summary.lost, 'packet')} had no port to leave by: "
            f"the program computed a port number above {len(program.ports) - 1}"
        )
    places = (place for place, *_ in _drops(program, summary) if not _is_unhandled(place))
    traced = next((place.called_from or place.line for place in places), None)
    if traced is not None:
        yield f"`weft trace ... --dropped-at {traced}` shows the first packet that line {traced} dropped"
    if not summary.packets:
        yield "the captures hold no packets"
    left = [path for number, path in replayed.captures.items() if summary.sent[number].packets]
    if left:
        few = ", ".join(map(str, left)) if len(left) <= _MOST_NAMES else f"{len(left)} captures in {left[0].parent}"
        yield f"what left is in {few}"
    if summary.digests:
        yield f"digests are in {replayed.digests}"


def _is_unhandled(place: DropPlace) -> bool:
    return place.reason == "unhandled"


def _where(place: DropPlace) -> str:
    if _is_unhandled(place):
        return "unhandled"
    called = "" if place.called_from is None else f", called from {place.called_from}"
    return f"{place.file}:{place.line}{called}"


def _drops(program: Program, summary: Summary) -> list[tuple[DropPlace, list[str], str, int]]:
    """Places with the handlers that they are in (a function may be in several) and the text of their line, those that
    dropped most first."""
    tree = GuardTree(program.guards)
    texts: dict[tuple[str, int], str] = {}
    handlers: dict[DropPlace, list[str]] = {}
    for op in program.operations:
        if isinstance(op, Drop):
            file, line = op.span.source.name, op.span.line
            texts[file, line] = op.span.source.line(line).strip()
            within = [handler.name for handler in program.handlers if tree.is_within(op.guard, handler.guard)]
            handlers.setdefault(place_of(op.span, op.reason), []).extend(within)
    places = sorted(summary.dropped.items(), key=lambda item: (-item[1], item[0].file, _lines(item[0])))
    return [
        (
            place,
            list(dict.fromkeys(handlers.get(place, []))),
            "no handler takes them" if _is_unhandled(place) else texts.get((place.file, place.line), ""),
            count,
        )
        for place, count in places
    ]


def _lines(place: DropPlace) -> tuple[int, int, int]:
    return place.called_from or place.line, place.line, place.column


def _tick(summary: Summary) -> int:
    return tick_of(summary.last_ns or 0)


def _occupancy(states: dict[str, RunState], tick: int) -> Iterator[tuple[str, int, int, int]]:
    """(state, live entries, how many it is made for, inserts that found no room)."""
    for name, state in states.items():
        match state:
            case MapState(declaration=declaration) | IndexState(declaration=declaration):
                yield name, sum(1 for _ in state.entries(tick)), declaration.capacity, state.failed_inserts
            case LeaseState(declaration=declaration):
                ids = declaration.last - declaration.first + 1
                yield name, sum(1 for _ in state.entries(tick)), ids, state.failed_inserts
            case TableState(declaration=declaration):
                yield name, len(state.entries), declaration.size, 0
            case _:
                pass


def _talkers(replayed: Replay) -> Iterator[tuple[str, str, list[tuple[object, object]]]]:
    """(state, what its first entries are, the first entries as (key, value)) of each map and lease that has any."""
    tick = _tick(replayed.summary)
    ports = [port.name for port in replayed.program.ports]
    for name, state in replayed.states.items():
        match state:
            case MapState(declaration=declaration):
                key_shape: Shape = declaration.key_shape
                found: list[_Entry] = [(key, values, last) for key, values, last, _ in state.entries(tick)]
            case LeaseState(declaration=declaration):
                key_shape = Scalar("uint", declaration.id_width)
                found = [((id_,), values, last) for id_, values, last in state.entries(tick)]
            case _:
                continue
        counter = _counter_leaf(declaration.value_shape) if isinstance(state, MapState) else None
        by = _sort_entries(found, counter, tick, has_clock=declaration.idle_ticks is not None)
        rows = [
            (_rendered(key_shape, key, ports), _rendered(declaration.value_shape, values, ports))
            for key, values, _ in found[:_MOST_ROWS]
        ]
        if rows:
            yield name, by if len(found) <= _MOST_ROWS else f"{by}, {_MOST_ROWS} of {len(found):,}", rows


def _sort_entries(found: list[_Entry], counter: int | None, tick: int, *, has_clock: bool) -> str:
    """Bring those of most interest to the front, and return what they are."""
    if counter is not None:
        found.sort(key=lambda entry: (-_number(entry[1][counter]), entry[0]))
        return "largest"
    if not has_clock:  # no last use is kept
        found.sort(key=lambda entry: entry[0])
        return "entries"
    found.sort(key=lambda entry: (age(tick, entry[2]), entry[0]))
    return "most recently used"


def _counter_leaf(shape: Shape | None) -> int | None:
    """The place of the first flat value that looks like a count."""
    if shape is not None:
        for place, leaf in enumerate(leaf_shapes(shape)):
            if isinstance(leaf, Scalar) and leaf.kind == "uint" and leaf.width >= _COUNTER_WIDTH:
                return place
    return None


def _number(leaf: Leaf) -> int:
    return leaf if isinstance(leaf, int) else 0


def _rendered(shape: Shape | None, leaves: Sequence[Leaf], ports: Sequence[str]) -> object:
    return None if shape is None else render_value(shape, leaves, ports=ports)


def _counters(states: dict[str, RunState]) -> Iterator[tuple[str, list[tuple[int, int, int]], int]]:
    """(counter, its cells that counted most as (cell, packets, bytes), how many more there are)."""
    for name, state in states.items():
        if isinstance(state, CounterState):
            cells = [
                (cell, packets, size)
                for cell, (packets, size) in enumerate(zip(state.packets, state.byte_counts, strict=True))
                if packets or size
            ]
            cells.sort(key=lambda row: (-row[1], row[0]))
            yield name, cells[:_MOST_ROWS], max(0, len(cells) - _MOST_ROWS)


def _zero(replayed: Replay) -> list[str]:
    """The counters that counted nothing and the states of entries that hold none, in the program's order."""
    counted = {name for name, rows, _ in _counters(replayed.states) if rows}
    live = {name for name, live, *_ in _occupancy(replayed.states, _tick(replayed.summary)) if live}
    kinds = (CounterState, MapState, IndexState, LeaseState, TableState)
    return [name for name, state in replayed.states.items() if isinstance(state, kinds) and name not in counted | live]


def _some_names(names: Sequence[str]) -> str:
    few = names[:_MOST_NAMES]
    return ", ".join(few) + (f" and {len(names) - len(few)} more" if len(names) > len(few) else "")


def _one_line(value: object) -> str:
    return render_label(value)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def _duration(summary: Summary) -> str:
    if summary.first_ns is None or summary.last_ns is None:
        return ""
    return f" in {(summary.last_ns - summary.first_ns) / 1e9:.6g} s of traffic"
