"""Meters: exact token buckets."""

from __future__ import annotations

from compiler.ir.states import Meter
from compiler.meaning.token_bucket import Bucket, bucket_constants, full_bucket, take
from sim.state.snapshot_fields import UINT64, read_fields, read_number, read_rows, write_number


class MeterState:
    """`buckets`, one a cell."""

    def __init__(self, declaration: Meter) -> None:
        self.declaration = declaration
        self._constants = bucket_constants(rate=declaration.rate, burst=declaration.burst)
        self._full = full_bucket(self._constants)
        self.buckets = [self._full] * declaration.cells

    def take(self, index: int, amount: int, now_ns: int) -> bool:
        """Take `amount` tokens if the bucket holds that many, and return whether it did."""
        self.buckets[index], conforms = take(self.buckets[index], amount, now_ns=now_ns, constants=self._constants)
        return conforms

    def snapshot(self) -> dict[str, object]:
        """The buckets that were used, as [index, credit in 2^-24 tokens, time in units of 1,024 ns]."""
        used = [
            [i, write_number(bucket.credit), write_number(bucket.last)]
            for i, bucket in enumerate(self.buckets)
            if bucket != self._full
        ]
        return {"buckets": used}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        name, cells = self.declaration.name, self.declaration.cells
        (rows,) = read_fields(found, "buckets", place=name)
        buckets = [self._full] * cells
        for i, row in enumerate(read_rows(rows, columns=3, place=f"{name}.buckets")):
            place = f"{name}.buckets[{i}]"
            at = read_number(row[0], most=cells - 1, place=f"{place}[0]")
            credit = read_number(row[1], most=self._constants.full, place=f"{place}[1]")
            buckets[at] = Bucket(credit, read_number(row[2], most=UINT64, place=f"{place}[2]"))
        self.buckets[:] = buckets
