"""Reductions: slots in which workers' values are combined."""

from __future__ import annotations

from compiler.ir.leaf_values import Leaf
from compiler.ir.states import Reduction
from compiler.ir.types import Vector, bit_width
from compiler.meaning.slot_protocol import EMPTY, Bank, Combine, Contribution, Verdict, bank_of, contribute
from sim.state.errors import StateError
from sim.state.snapshot_fields import (
    UINT32,
    UINT64,
    read_fields,
    read_leaf,
    read_number,
    read_rows,
    write_leaf,
    write_number,
)


class ReductionState:
    """Two banks a slot; `compiler.meaning.slot_protocol` is what happens to one."""

    def __init__(self, declaration: Reduction) -> None:
        self.declaration = declaration
        type_ = declaration.type
        self._lane_width = type_.width if isinstance(type_, Vector) else bit_width(type_)
        self._banks: dict[int, Bank] = {}

    def contribute(
        self, slot: int, epoch: int, round_: int, tag: int, member: int, members: int, operator: int, value: Leaf
    ) -> tuple[int, Leaf | None]:
        """Return (verdict, total): the total where the verdict is 1 (completed now) or 2 (before), else None."""
        if slot >= self.declaration.slots:
            return Verdict.STALE, None
        number = bank_of(slot, round_)
        contribution = Contribution(epoch, round_, tag, member, members, operator, value)
        bank, verdict = contribute(self._banks.get(number, EMPTY), contribution, width=self._lane_width)
        if verdict is not Verdict.STALE:
            self._banks[number] = bank
        return verdict, bank.total if verdict in (Verdict.COMPLETE, Verdict.REPEAT) else None

    def banks(self) -> list[tuple[int, int, Bank]]:
        """The banks in use as (slot, round & 1, bank), in order."""
        return [(number >> 1, number & 1, bank) for number, bank in sorted(self._banks.items())]

    def snapshot(self) -> dict[str, object]:
        """The banks in use as [number, epoch, round, tag, operator, mask of members seen, total]."""
        banks = [
            [number, bank.epoch, bank.round, bank.tag, bank.operator, write_number(bank.seen), write_leaf(bank.total)]
            for number, bank in sorted(self._banks.items())
        ]
        return {"banks": banks}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        name = self.declaration.name
        (rows,) = read_fields(found, "banks", place=name)
        banks = {}
        for i, row in enumerate(read_rows(rows, columns=7, place=f"{name}.banks")):
            number, bank = self._read_bank(row, f"{name}.banks[{i}]")
            banks[number] = bank
        self._banks = banks

    def _read_bank(self, row: list[object], place: str) -> tuple[int, Bank]:
        most = (2 * self.declaration.slots - 1, UINT32, UINT32, UINT32, max(Combine), UINT64)
        least = (0, 0, 0, 0, 0, 1)  # a bank in use has seen somebody
        numbers = [read_number(row[i], least=least[i], most=most[i], place=f"{place}[{i}]") for i in range(len(most))]
        number, epoch, round_, tag, operator, seen = numbers
        if number & 1 != round_ & 1:
            raise StateError(f"{place}[2]", f"round {round_} does not live in bank {number & 1} of its slot")
        total = read_leaf(row[6], self.declaration.type, place=f"{place}[6]")
        return number, Bank(epoch, round_, tag, operator, seen, total)
