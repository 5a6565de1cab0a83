"""What is known of one number: some of its bits, bounds, and masked values that it does not have."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.ir.operations import CompareOperator

SMALL_RANGE = 64  # within so few candidates, knowledge is made exact by counting

NEGATED = {
    CompareOperator.EQ: CompareOperator.NE,
    CompareOperator.NE: CompareOperator.EQ,
    CompareOperator.LT: CompareOperator.GE,
    CompareOperator.GE: CompareOperator.LT,
    CompareOperator.LE: CompareOperator.GT,
    CompareOperator.GT: CompareOperator.LE,
}
MIRRORED = {
    CompareOperator.EQ: CompareOperator.EQ,
    CompareOperator.NE: CompareOperator.NE,
    CompareOperator.LT: CompareOperator.GT,
    CompareOperator.GT: CompareOperator.LT,
    CompareOperator.LE: CompareOperator.GE,
    CompareOperator.GE: CompareOperator.LE,
}


@dataclass(frozen=True, slots=True)
class Domain:
    """Numbers x of `width` bits with x & mask == bits, low <= x <= high, and x & m != v for (m, v) in `excluded`."""

    width: int
    mask: int
    bits: int
    low: int
    high: int
    excluded: frozenset[tuple[int, int]] = frozenset()

    @property
    def full(self) -> int:
        return (1 << self.width) - 1

    @property
    def value(self) -> int | None:
        """The only number left, as far as one can see."""
        if self.mask == self.full:
            return self.bits
        return self.low if self.low == self.high else None

    def compare(self, operator: CompareOperator, mask: int, number: int) -> bool | None:
        """Truth of (x & mask) `operator` number, where it is known. Order is decided for a full mask only."""
        match operator:
            case CompareOperator.NE:
                equal = self.compare(CompareOperator.EQ, mask, number)
                return None if equal is None else not equal
            case CompareOperator.EQ:
                return self._equals(mask, number)
            case _ if mask == self.full:
                return _ordered(operator, self.low, self.high, number)
            case _:
                return None

    def _equals(self, mask: int, number: int) -> bool | None:
        if number & ~mask or (self.bits ^ number) & self.mask & mask or (mask, number) in self.excluded:
            return False
        if mask & ~self.mask == 0:
            return True
        if mask == self.full:
            if not self.low <= number <= self.high or any(number & m == v for m, v in self.excluded):
                return False
            return True if self.low == self.high else None
        return None

    def with_fact(self, operator: CompareOperator, mask: int, number: int) -> Domain | None:
        """The domain narrowed by (x & mask) `operator` number; None where nothing is left."""
        if self.compare(operator, mask, number) is False:
            return None
        match operator:
            case CompareOperator.EQ:
                narrowed = replace(self, mask=self.mask | mask, bits=self.bits | number)
            case CompareOperator.NE if number & ~mask:
                return self  # true of every number
            case CompareOperator.NE if mask.bit_count() == 1:
                narrowed = replace(self, mask=self.mask | mask, bits=self.bits & ~mask | (number ^ mask))
            case CompareOperator.NE:
                narrowed = replace(self, excluded=self.excluded | {(mask, number)})
            case _ if mask == self.full:
                low, high = _bounds(operator, number)
                narrowed = replace(
                    self, low=max(self.low, low), high=self.high if high is None else min(self.high, high)
                )
            case _:
                narrowed = self
        return narrowed._settled()

    def _settled(self) -> Domain | None:
        if self.low > self.high:
            return None
        if self.mask == self.full:
            value = self.bits
            return replace(self, low=value, high=value) if self._has(value) else None
        if self.high - self.low >= SMALL_RANGE:
            return self
        left = [x for x in range(self.low, self.high + 1) if self._has(x)]
        if not left:
            return None
        if len(left) == 1:
            return Domain(self.width, self.full, left[0], left[0], left[0])
        return replace(self, low=left[0], high=left[-1])

    def _has(self, x: int) -> bool:
        in_range = self.low <= x <= self.high
        return in_range and x & self.mask == self.bits and not any(x & m == v for m, v in self.excluded)


def anything(width: int) -> Domain:
    return Domain(width, 0, 0, 0, (1 << width) - 1)


def _ordered(operator: CompareOperator, low: int, high: int, number: int) -> bool | None:
    match operator:
        case CompareOperator.LT:
            yes, no = high < number, low >= number
        case CompareOperator.LE:
            yes, no = high <= number, low > number
        case CompareOperator.GT:
            yes, no = low > number, high <= number
        case _:
            yes, no = low >= number, high < number
    return True if yes else False if no else None


def _bounds(operator: CompareOperator, number: int) -> tuple[int, int | None]:
    match operator:
        case CompareOperator.LT:
            return 0, number - 1
        case CompareOperator.LE:
            return 0, number
        case CompareOperator.GT:
            return number + 1, None
        case _:
            return number, None
