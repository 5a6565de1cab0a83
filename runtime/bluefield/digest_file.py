"""Read the file into which an application writes its digests."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from compiler.ir.leaf_values import unpacked_number
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.ir.types import Record, bit_width, leaf_types
from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.errors import ProtocolError

_HEAD = struct.Struct("<QHHHH")  # time in ns, record, bytes of the values, worker, 0


class Told(NamedTuple):
    """A digest. `value` is as people write it; `worker` is the one that processed the packet."""

    time_ns: int
    record: str
    value: object
    worker: int


def read_digests(folder: ApplicationFolder, file: BinaryIO) -> Iterator[Told]:
    """The digests in `file`, until it ends. Those of one worker are in order. Raises `ProtocolError`."""
    records = {record.number: record for record in folder.manifest.records}
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            raise ProtocolError("the file of digests ends within one")
        time_ns, number, size, worker, _ = _HEAD.unpack(head)
        values = file.read((size + 7) // 8 * 8)
        record = records.get(number)
        if record is None or record.length != size or len(values) < size:
            raise ProtocolError(f"the file of digests holds what is none of `{folder.program.name}`")
        yield Told(time_ns, record.name, _value(folder.program, record.name, values[:size]), worker)


def _value(program: Program, name: str, packed: bytes) -> object:
    shape: Record = program.record(name)
    whole, left, leaves = int.from_bytes(packed), 8 * len(packed), []
    for of in leaf_types(shape):
        width = bit_width(of)
        left -= width
        leaves.append(unpacked_number(whole >> left & (1 << width) - 1, of))
    return render_value(shape, leaves, ports=tuple(port.name for port in program.ports))
