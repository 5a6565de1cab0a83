"""The frame that a packet's operations work on: a list, for nothing in Python is faster to index.

The first slots hold the packet; then comes one slot a constant and one an SSA value. Constants are
filled in once, so a step reads any operand as `frame[slot]`. Values start as zeros of their type:
where a join or a pure operation looks at a value that its path never defined, it sees a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, TypeAlias

from compiler.ir.fields import operands, results
from compiler.ir.program import Program
from compiler.ir.values import Constant, Operand, Value, zero

# What a packet's frame holds besides values:
DATA = 0  # bytes: the packet as received
OFFSETS = 1  # list[int]: a header's first byte in DATA, by header number; -1 where the header is absent
PAYLOAD = 2  # int: the first byte after the last parsed header
PORT = 3  # int: the port it came in by
NOW = 4  # int: arrival time, ns
TICK = 5  # int: arrival time in ticks of stored time, modulo 2^32
LENGTH = 6  # int: bytes on the wire
WRITES = 7  # dict[FieldPlace, value]: the header fields written so far
EMISSIONS = 8  # list[Emission], in program order
DIGESTS = 9  # list[(record, values)], in program order
FINAL = 10  # the final operation that ended the packet
HEADER_DIGEST = 11  # int: what `random` knows of the headers; None until something asks
ENVELOPE = 12  # bytes: what stood in front of DATA, where the port is a link to another piece
FIRST_VALUE = 13

Frame: TypeAlias = list[Any]

# What a step answers: None to go on with the next one, or one of these.
LEAVE = 1  # this block of steps is over: the guard of the rest of it does not hold
END = 2  # a final operation ended the packet

Step: TypeAlias = Callable[[Frame], int | None]
FromFrame: TypeAlias = Callable[[Frame], tuple[Any, ...]]


class Slots:
    """Where in the frame every operand is. The results of one operation lie side by side, in order."""

    def __init__(self, program: Program) -> None:
        self._values: dict[int, int] = {}
        self._constants: dict[Constant, int] = {}
        self.initial: Frame = [None] * FIRST_VALUE
        for operation in program.operations:
            for operand in operands(operation):
                if isinstance(operand, Constant) and operand not in self._constants:
                    self._constants[operand] = self._place(operand.value)
            for value in results(operation):
                self._values[value.number] = self._place(zero(value.type).value)

    def _place(self, value: int | tuple[int, ...]) -> int:
        self.initial.append(value)
        return len(self.initial) - 1

    def of(self, operand: Operand) -> int:
        match operand:
            case Value(number=number):
                return self._values[number]
            case Constant():
                return self._constants[operand]

    def span(self, values: tuple[Value, ...]) -> slice:
        """The slots of an operation's tuple of results."""
        if not values:
            return slice(FIRST_VALUE, FIRST_VALUE)
        return slice(self.of(values[0]), self.of(values[-1]) + 1)

    def tuple_of(self, several: Iterable[Operand]) -> FromFrame:
        """A function that reads the operands from a frame, as a tuple."""
        slots = [self.of(operand) for operand in several]
        match slots:
            case []:
                return lambda f: ()
            case [only]:
                return lambda f: (f[only],)
            case _:
                return itemgetter(*slots)
