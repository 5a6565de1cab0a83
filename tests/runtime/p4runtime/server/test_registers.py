"""Registers over the wire: what the program keeps, as the switch's cells, and back."""

from __future__ import annotations

from ipaddress import IPv4Address

import grpc
import pytest
from finsy.proto import p4d, p4r

from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from tests.runtime.p4runtime.server.controller import Controller, codes_of, delete, insert, modify
from tests.runtime.p4runtime.server.entities import cell, register_id
from tests.runtime.p4runtime.server.program import LAN, datagram

INVALID, OUT_OF_RANGE = 3, 11


def values(controller: Controller, id_: int) -> list[int]:
    """All cells of a register, in order."""
    found = [entity.register_entry for entity in controller.read(cell(id_))]
    assert [entry.index.index for entry in found] == list(range(len(found)))
    return [int.from_bytes(entry.data.bitstring, "big") for entry in found]


def nonzero(controller: Controller, id_: int) -> dict[int, int]:
    return {index: value for index, value in enumerate(values(controller, id_)) if value}


def test_maps_show_as_the_cells_that_the_switch_has(
    switch: Switch, controller: Controller, served: ServedProgram
) -> None:
    ids = {part: register_id(served.manifest, f"clients__{part}") for part in ("used", "key0", "value0")}
    assert [len(values(controller, id_)) for id_ in ids.values()] == [128] * 3
    assert nonzero(controller, ids["used"]) == {}
    for _ in range(2):
        switch.receive((LAN, datagram(src="192.0.2.7")))
    ((place, one),) = nonzero(controller, ids["used"]).items()
    assert one == 1
    assert nonzero(controller, ids["key0"]) == {place: int(IPv4Address("192.0.2.7"))}
    assert nonzero(controller, ids["value0"]) == {place: 2}


def test_cells_are_differences_from_the_initial_value(
    switch: Switch, controller: Controller, served: ServedProgram
) -> None:
    """So that registers that begin with zeros, as bmv2's do, begin as the program says."""
    id_ = register_id(served.manifest, "budget")
    assert values(controller, id_) == [0, 0, 0, 0]
    switch.receive((LAN, datagram()))
    assert values(controller, id_) == [0, 1000 ^ 999, 0, 0]
    controller.write(modify(cell(id_, 1, 1000 ^ 7)))
    switch.receive((LAN, datagram()))
    assert values(controller, id_) == [0, 1000 ^ 6, 0, 0]


def test_lanes_of_vectors_are_cells_side_by_side(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    id_ = register_id(served.manifest, "lanes")
    controller.write(modify(cell(id_, 4, 0x1234)))
    switch.receive((LAN, datagram()))
    assert values(controller, id_) == [0, 0, 0, 1, 0x1235, 1]


def test_what_is_written_into_a_map_is_what_packets_find(
    switch: Switch, controller: Controller, served: ServedProgram
) -> None:
    used, value = (register_id(served.manifest, f"clients__{part}") for part in ("used", "value0"))
    switch.receive((LAN, datagram()))
    ((place, _),) = nonzero(controller, used).items()
    controller.write(modify(cell(value, place, 2)))
    assert [len(switch.receive((LAN, datagram()))) for _ in range(2)] == [1, 0]  # the limit is 3
    assert nonzero(controller, value) == {place: 3}
    controller.write(modify(cell(used, place, 0)))  # forgotten
    assert [len(switch.receive((LAN, datagram()))) for _ in range(4)] == [1, 1, 1, 0]


def test_cells_without_an_entry_keep_what_is_written(controller: Controller, served: ServedProgram) -> None:
    """Nothing in the map stands for them, but a switch has them."""
    key = register_id(served.manifest, "clients__key0")
    controller.write(modify(cell(key, 100, 0xAABBCCDD)), modify(cell(key, 127, 1)))
    assert nonzero(controller, key) == {100: 0xAABBCCDD, 127: 1}


def test_packets_and_digests_are_counted(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    assert served.manifest.digests_sent is not None
    packets, digests = served.manifest.packets_seen.id, served.manifest.digests_sent.id
    switch.receive((LAN, datagram()))
    switch.receive((LAN, b"nothing"))
    assert (values(controller, packets), values(controller, digests)) == ([2], [1])
    controller.write(modify(cell(packets, 0, 0xFFFFFFFF)), modify(cell(digests, 0, 0xFFFFFFFF)))
    switch.receive((LAN, datagram()))
    assert (values(controller, packets), values(controller, digests)) == ([0], [0])
    heard = [controller.hear().packet.metadata[1].value for _ in range(2)]
    assert heard == [b"\0", b"\xff\xff\xff\xff"]


def test_one_cell_and_all_cells(controller: Controller, served: ServedProgram) -> None:
    id_ = register_id(served.manifest, "clients__value0")
    controller.write(modify(cell(id_, None, 0x01020304)))
    assert values(controller, id_) == [0x01020304] * 128
    assert controller.read(cell(id_, 127)) == [cell(id_, 127, 0x01020304)]
    everything = controller.read(p4r.Entity(register_entry=p4r.RegisterEntry()))
    cells = sum(array.cells * array.lanes for array in served.manifest.arrays) + 2
    assert len(everything) == cells


def test_bad_registers(controller: Controller, served: ServedProgram) -> None:
    id_ = register_id(served.manifest, "clients__used")
    number = p4r.Entity(register_entry=p4r.RegisterEntry(register_id=id_, data=p4d.P4Data(bool=True)))
    with pytest.raises(grpc.RpcError) as error:
        controller.write(
            insert(cell(id_, 0, 1)),
            delete(cell(id_, 0, 1)),
            modify(cell(id_, 128, 1)),
            modify(cell(id_, -1, 1)),
            modify(cell(id_, 0, 2)),  # of one bit
            modify(cell(id_, 0)),
            modify(number),
            modify(cell(0x16FFFFFF, 0, 1)),
            modify(cell(0, 0, 1)),
        )
    assert list(codes_of(error.value)) == [INVALID, INVALID, OUT_OF_RANGE, *[INVALID] * 6]
    with pytest.raises(grpc.RpcError) as error:
        controller.read(cell(id_, 128), cell(0, 3), cell(0x16FFFFFF))
    assert list(codes_of(error.value)) == [OUT_OF_RANGE, INVALID, INVALID]
    assert nonzero(controller, id_) == {}
