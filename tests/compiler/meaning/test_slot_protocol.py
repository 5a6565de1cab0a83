"""Every state that workers and an arbitrary network can bring a slot into, visited one by one.

The network may deliver any packet that was ever sent, any number of times, at any later time, or never. So a state
holds no queue: the requests ever sent follow from how far each worker is, and of the results only those are kept that
their receiver could still take.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from functools import cache
from typing import NamedTuple, TypeAlias

import pytest

from compiler.meaning.slot_protocol import EMPTY, Bank, Combine, Contribution, Verdict, bank_of, combine, contribute

WIDTH = 128  # of a sum; wide, so that no two sums meet by wrapping
MEMBERS = {2: 0b11, 3: 0b111}


class Request(NamedTuple):
    worker: int
    epoch: int
    round: int


class Result(NamedTuple):
    """A result packet on its way to one worker. `label` is what the worker knows the round by."""

    to: int
    epoch: int
    label: int
    total: int


Memory: TypeAlias = tuple[Hashable, Hashable]
Step: TypeAlias = tuple[Memory, Verdict, int]


class Protocol(NamedTuple):
    """What a switch does with a request of one slot, and by what label workers know a round's result."""

    start: Memory
    receive: Callable[[Memory, Request, int], Step]  # memory, request, number of workers -> memory, verdict, total
    label: Callable[[int], int]


def value_of(worker: int, epoch: int, round_: int) -> int:
    """No two multisets of values, with up to three of each, have one sum."""
    return 1 << 2 * (worker + 3 * (round_ + 6 * (epoch - 1)))


def right_total(workers: int, epoch: int, round_: int) -> int:
    return sum(value_of(worker, epoch, round_) for worker in range(workers))


# --- the protocol, and two that are not enough ----------------------------------------------------------


def receive_by_round(memory: Memory, request: Request, workers: int, first_round: int = 0) -> Step:
    banks: list[Bank] = list(memory)  # type: ignore[arg-type]
    number = (first_round + request.round) & 0xFFFF_FFFF
    value = value_of(*request)
    contribution = Contribution(request.epoch, number, 7, request.worker, MEMBERS[workers], Combine.SUM, value)
    which = bank_of(0, number)
    banks[which], verdict = contribute(banks[which], contribution, width=WIDTH)
    total = banks[which].total
    assert isinstance(total, int)
    return (banks[0], banks[1]), verdict, total


def receive_at_the_wrap(memory: Memory, request: Request, workers: int) -> Step:
    """The same, with rounds that pass from 2^32 - 1 to 0."""
    return receive_by_round(memory, request, workers, first_round=0xFFFF_FFFE)


def receive_without_epoch(memory: Memory, request: Request, workers: int) -> Step:
    """The same, but the bank takes every epoch for its own."""
    banks: list[Bank] = [bank._replace(epoch=request.epoch) if bank.seen else bank for bank in memory]  # type: ignore[union-attr]
    return receive_by_round((banks[0], banks[1]), request, workers)


def receive_by_bit(memory: Memory, request: Request, workers: int) -> Step:
    """A one-bit version: for each a mask of workers, cleared by their next packet, a count and a total.

    In the manner of SwitchML's algorithm 3 (Sapio et al., NSDI 2021), which assumes bounded reordering.
    """
    versions: list[tuple[int, int, int]] = list(memory)  # type: ignore[arg-type]
    version, mine = request.round & 1, 1 << request.worker
    seen, count, total = versions[version]
    if seen & mine:
        return memory, Verdict.REPEAT if count == 0 else Verdict.PENDING, total
    total = total + value_of(*request) if count else value_of(*request)
    count = (count + 1) % workers
    versions[version] = seen | mine, count, total
    other_seen, other_count, other_total = versions[1 - version]
    versions[1 - version] = other_seen & ~mine, other_count, other_total
    return (versions[0], versions[1]), Verdict.PENDING if count else Verdict.COMPLETE, total


BY_ROUND = Protocol((EMPTY, EMPTY), receive_by_round, lambda round_: round_)
AT_THE_WRAP = Protocol((EMPTY, EMPTY), receive_at_the_wrap, lambda round_: round_)
WITHOUT_EPOCH = Protocol((EMPTY, EMPTY), receive_without_epoch, lambda round_: round_)
BY_BIT = Protocol(((0, 0, 0), (0, 0, 0)), receive_by_bit, lambda round_: round_ & 1)


# --- the search -----------------------------------------------------------------------------------------


class Slot(NamedTuple):
    """One slot, how many rounds each worker holds the result of, and results on their way."""

    memory: Memory
    held: tuple[int, ...]
    results: frozenset[Result]


class System(NamedTuple):
    """`epoch` is the job's; its table refuses packets of any other. Slots are alike, so their order is dropped."""

    epoch: int
    slots: tuple[Slot, ...]


class Wrong(NamedTuple):
    """A worker takes a wrong sum."""

    result: Result
    expected: int


class Model:
    def __init__(self, protocol: Protocol, *, workers: int, rounds: int, epochs: int = 1) -> None:
        self.protocol = protocol
        self.workers = workers
        self.rounds = rounds
        self.epochs = epochs
        self.slot_moves = cache(lambda slot, epoch: tuple(self._slot_moves(slot, epoch)))
        self.finishes = cache(self._finishes)

    def moves(self, system: System) -> Iterator[tuple[Hashable, System | Wrong]]:
        for i, slot in enumerate(system.slots):
            others = system.slots[:i] + system.slots[i + 1 :]
            for event, after in self.slot_moves(slot, system.epoch):
                if isinstance(after, Wrong):
                    yield event, after
                else:
                    yield event, System(system.epoch, tuple(sorted((*others, after), key=hash)))
        if system.epoch < self.epochs:
            # The old epoch's results stay on their way, and no worker of the new epoch takes one.
            slots = tuple(Slot(slot.memory, (0,) * self.workers, frozenset()) for slot in system.slots)
            yield "restart", System(system.epoch + 1, slots)

    def _slot_moves(self, slot: Slot, epoch: int) -> Iterator[tuple[Hashable, Slot | Wrong]]:
        for worker, held in enumerate(slot.held):
            for round_ in range(min(held + 1, self.rounds)):
                request = Request(worker, epoch, round_)
                memory, verdict, total = self.protocol.receive(slot.memory, request, self.workers)
                results = slot.results | self._answers(request, verdict, total)
                yield request, self._compact(Slot(memory, slot.held, results))
        for result in slot.results:
            held = slot.held[result.to]
            if held < self.rounds and result.label == self.protocol.label(held):
                expected = right_total(self.workers, epoch, held)
                if result.total != expected:
                    yield result, Wrong(result, expected)
                else:
                    progress = (*slot.held[: result.to], held + 1, *slot.held[result.to + 1 :])
                    yield result, self._compact(Slot(slot.memory, progress, slot.results))

    def _answers(self, request: Request, verdict: Verdict, total: int) -> frozenset[Result]:
        label = self.protocol.label(request.round)
        match verdict:
            case Verdict.COMPLETE:
                return frozenset(Result(to, request.epoch, label, total) for to in range(self.workers))
            case Verdict.REPEAT:
                return frozenset({Result(request.worker, request.epoch, label, total)})
            case _:
                return frozenset()

    def _compact(self, slot: Slot) -> Slot:
        """Without the results that their receivers will never take."""
        wanted = [{self.protocol.label(round_) for round_ in range(held, self.rounds)} for held in slot.held]
        return slot._replace(results=frozenset(r for r in slot.results if r.label in wanted[r.to]))

    def _finishes(self, slot: Slot, epoch: int) -> bool:
        """Whether all rounds complete when everything on its way is lost and workers only send again."""
        memory, held = slot.memory, list(slot.held)
        while min(held) < self.rounds:
            before = memory, tuple(held)
            for worker in range(self.workers):
                if held[worker] < self.rounds:
                    request = Request(worker, epoch, held[worker])
                    memory, verdict, _ = self.protocol.receive(memory, request, self.workers)
                    held[worker] += verdict in (Verdict.COMPLETE, Verdict.REPEAT)
            if (memory, tuple(held)) == before:
                return False
        return True


class Found(NamedTuple):
    """How many states were seen, the shortest way to a wrong sum, and a state from which not all can finish."""

    states: int
    wrong: list[Hashable] | None
    stuck: System | None


def explore(model: Model, *, slots: int) -> Found:
    """Breadth first over all states; ends early at a wrong sum."""
    start = System(1, (Slot(model.protocol.start, (0,) * model.workers, frozenset()),) * slots)
    came: dict[System, tuple[System, Hashable] | None] = {start: None}
    stuck: System | None = None
    queue = deque([start])
    while queue:
        system = queue.popleft()
        if stuck is None and not all(model.finishes(slot, system.epoch) for slot in system.slots):
            stuck = system
        for event, after in model.moves(system):
            if isinstance(after, Wrong):
                return Found(len(came), [*_way_to(system, came), event], stuck)
            if after not in came:
                came[after] = system, event
                queue.append(after)
    return Found(len(came), None, stuck)


def _way_to(system: System, came: dict[System, tuple[System, Hashable] | None]) -> list[Hashable]:
    way: list[Hashable] = []
    while (step := came[system]) is not None:
        system, event = step
        way.append(event)
    return way[::-1]


@pytest.mark.parametrize(
    ("workers", "slots", "rounds", "epochs"),
    [(2, 1, 6, 1), (3, 1, 6, 1), (2, 2, 5, 1), (3, 2, 5, 1), (2, 1, 4, 3), (3, 1, 3, 2), (2, 2, 2, 2)],
)
@pytest.mark.parametrize("protocol", [BY_ROUND, AT_THE_WRAP], ids=["from 0", "from 2^32 - 2"])
def test_no_worker_takes_a_wrong_sum_and_all_can_finish(
    protocol: Protocol, workers: int, slots: int, rounds: int, epochs: int
) -> None:
    found = explore(Model(protocol, workers=workers, rounds=rounds, epochs=epochs), slots=slots)
    assert found.wrong is None
    assert found.stuck is None
    assert found.states > slots * rounds * workers * epochs  # the search went somewhere


@pytest.mark.long
@pytest.mark.parametrize(("workers", "slots", "rounds", "epochs"), [(3, 2, 6, 3), (2, 2, 6, 3), (3, 3, 3, 1)])
def test_larger_systems_take_no_wrong_sum_either(workers: int, slots: int, rounds: int, epochs: int) -> None:
    found = explore(Model(BY_ROUND, workers=workers, rounds=rounds, epochs=epochs), slots=slots)
    assert (found.wrong, found.stuck) == (None, None)


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("workers", [2, 3])
def test_one_bit_is_not_enough(workers: int, slots: int) -> None:
    found = explore(Model(BY_BIT, workers=workers, rounds=3), slots=slots)
    assert found.wrong is not None, f"no wrong sum in {found.states} states"


def test_the_shortest_way_to_a_wrong_sum_under_one_bit() -> None:
    found = explore(Model(BY_BIT, workers=2, rounds=3), slots=1)
    assert found.wrong is not None
    shown = "\n".join(_in_words(event) for event in found.wrong)
    assert shown == ONE_BIT_COUNTEREXAMPLE


def _in_words(event: Hashable) -> str:
    match event:
        case Request(worker=worker, round=round_):
            return f"the switch gets round {round_} of worker {worker}"
        case Result(to=to, label=label, total=total):
            counted = [(w, r) for r in range(3) for w in range(2) if total & 3 << 2 * (w + 3 * r)]
            parts = " + ".join(f"round {r} of worker {w}" for w, r in counted)
            return f"worker {to} takes for version {label}: {parts}"
        case _:
            return str(event)


ONE_BIT_COUNTEREXAMPLE = """
the switch gets round 0 of worker 0
the switch gets round 0 of worker 1
worker 0 takes for version 0: round 0 of worker 0 + round 0 of worker 1
the switch gets round 1 of worker 0
the switch gets round 0 of worker 0
the switch gets round 1 of worker 0
worker 0 takes for version 1: round 1 of worker 0
""".strip()


def _answers(protocol: Protocol, requests: list[tuple[int, int]]) -> list[tuple[Verdict, int]]:
    """What a switch answers to (worker, round) after (worker, round)."""
    memory, answers = protocol.start, []
    for worker, round_ in requests:
        memory, verdict, total = protocol.receive(memory, Request(worker, 1, round_), 2)
        answers.append((verdict, total))
    return answers


def test_a_packet_delayed_by_two_rounds_takes_the_place_of_a_later_one_under_one_bit() -> None:
    requests = [(0, 0), (1, 0), (0, 1), (1, 1), (0, 0), (0, 2), (1, 2)]  # the fifth is the first once more
    verdict, total = _answers(BY_BIT, requests)[-1]
    assert (verdict, total) == (Verdict.COMPLETE, value_of(0, 1, 0) + value_of(1, 1, 2))
    answers = _answers(BY_ROUND, requests)
    assert answers[4][0] is Verdict.REPEAT  # answered, for the bank still holds round 0, and never added
    assert answers[-1] == (Verdict.COMPLETE, right_total(2, 1, 2))


def test_banks_that_forget_the_epoch_give_a_restarted_job_the_old_sum() -> None:
    found = explore(Model(WITHOUT_EPOCH, workers=2, rounds=3, epochs=2), slots=1)
    assert found.wrong is not None
    assert "restart" in found.wrong
    assert explore(Model(WITHOUT_EPOCH, workers=2, rounds=3, epochs=1), slots=1).wrong is None


# --- single steps ---------------------------------------------------------------------------------------

FULL = Bank(epoch=1, round=4, tag=7, operator=Combine.SUM, seen=0b11, total=30)
HALF = Bank(epoch=1, round=4, tag=7, operator=Combine.SUM, seen=0b01, total=10)
MINE = Contribution(epoch=1, round=4, tag=7, member=1, members=0b11, operator=Combine.SUM, value=20)


def test_the_last_contribution_completes_a_round() -> None:
    assert contribute(HALF, MINE, width=32) == (FULL, Verdict.COMPLETE)


def test_a_repeated_contribution_is_answered_and_not_added() -> None:
    assert contribute(FULL, MINE, width=32) == (FULL, Verdict.REPEAT)
    assert contribute(HALF, MINE._replace(member=0), width=32) == (HALF, Verdict.PENDING)


@pytest.mark.parametrize(
    "change",
    [
        {"round": 2},  # delayed by two rounds
        {"round": 4 + (1 << 31)},  # half the range ahead counts as behind
        {"tag": 8},
        {"operator": Combine.OR},
        {"operator": 3},
        {"member": 2},  # no member
        {"member": 64, "members": (1 << 64) - 1},  # a shift by 64 would be no bit, or bit 0
        {"member": 255, "members": (1 << 64) - 1},
    ],
)
def test_what_does_not_belong_to_the_round_is_stale_and_changes_nothing(change: dict[str, int]) -> None:
    assert contribute(HALF, MINE._replace(**change), width=32) == (HALF, Verdict.STALE)


def test_membership_is_the_tables_so_one_forged_packet_completes_nothing() -> None:
    bank, verdict = contribute(EMPTY, MINE._replace(member=0, value=999), width=32)
    assert (bank.seen, verdict) == (0b01, Verdict.PENDING)


def test_rounds_are_serial_numbers() -> None:
    last = HALF._replace(round=0xFFFF_FFFE)
    bank, verdict = contribute(last, MINE._replace(round=0), width=32)
    assert (bank.round, bank.seen, verdict) == (0, 0b10, Verdict.PENDING)
    assert contribute(bank, MINE._replace(round=0xFFFF_FFFE), width=32) == (bank, Verdict.STALE)


def test_a_new_epoch_starts_afresh_even_at_an_older_round() -> None:
    bank, verdict = contribute(FULL, MINE._replace(epoch=2, round=0), width=32)
    assert (bank.epoch, bank.seen, bank.total, verdict) == (2, 0b10, 20, Verdict.PENDING)


def test_a_job_of_one_member_completes_at_once() -> None:
    alone = MINE._replace(member=0, members=1)
    bank, verdict = contribute(EMPTY, alone, width=32)
    assert (bank.total, verdict) == (20, Verdict.COMPLETE)
    assert contribute(bank, alone, width=32) == (bank, Verdict.REPEAT)


def test_lanes_are_combined_one_by_one() -> None:
    left, right = (0xFFFF_FFFF, 1, 6), (2, 1, 3)
    assert combine(Combine.SUM, left, right, width=32) == (1, 2, 9)
    assert combine(Combine.OR, left, right, width=32) == (0xFFFF_FFFF, 1, 7)
    assert combine(Combine.MAX, left, right, width=32) == (0xFFFF_FFFF, 1, 6)
