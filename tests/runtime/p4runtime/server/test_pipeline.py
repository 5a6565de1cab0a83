"""Setting the forwarding pipeline and reading it back: specification, sections 13 and 14."""

from __future__ import annotations

import grpc
import pytest
from finsy.proto import p4i, p4r
from google.protobuf import text_format

from runtime.p4runtime.server.p4info_check import difference_of
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from sim.state import ControlEntries, Exact, TableEntry
from tests.runtime.p4runtime.server.controller import (
    COMMIT,
    RECONCILE_AND_COMMIT,
    VERIFY,
    VERIFY_AND_COMMIT,
    VERIFY_AND_SAVE,
    Controller,
    insert,
    primary,
)
from tests.runtime.p4runtime.server.entities import all_entries, cell, entry, exact
from tests.runtime.p4runtime.server.program import LAN, SPARE, WAN, datagram

ALL, COOKIE_ONLY, P4INFO_AND_COOKIE, DEVICE_CONFIG_AND_COOKIE = range(4)


def code_of(error: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    assert isinstance(error.value, grpc.Call)
    return error.value.code()


def details_of(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    assert isinstance(error.value, grpc.Call)
    return error.value.details() or ""


@pytest.fixture
def first(switch: Switch) -> Controller:
    """Primary of a switch that nobody has set a pipeline on."""
    return primary(switch.port)


def p4info_of(served: ServedProgram) -> p4i.P4Info:
    return text_format.Parse(served.p4info, p4i.P4Info())


def test_without_a_pipeline_nothing_is_read_or_written(first: Controller, served: ServedProgram) -> None:
    host = entry(served.manifest, "hosts", [exact(1)], [0, 1])
    for call in (lambda: first.write(insert(host)), lambda: first.read(host)):
        with pytest.raises(grpc.RpcError) as error:
            call()
        assert code_of(error) is grpc.StatusCode.FAILED_PRECONDITION
        assert "No forwarding pipeline config" in details_of(error)  # bmv2's words, which clients look for
    assert not first.get_pipeline().HasField("config")
    first.close()


def test_config_is_read_back_as_it_was_set(first: Controller, served: ServedProgram) -> None:
    first.set_pipeline(served, cookie=0xABCD, device_config=b"\0opaque")
    info = p4info_of(served)

    def got(kind: int) -> p4r.ForwardingPipelineConfig:
        response = first.get_pipeline(kind)
        assert response.HasField("config")
        assert response.config.cookie.cookie == 0xABCD
        return response.config

    assert (got(ALL).p4info, got(ALL).p4_device_config) == (info, b"\0opaque")
    assert (got(COOKIE_ONLY).HasField("p4info"), got(COOKIE_ONLY).p4_device_config) == (False, b"")
    assert (got(P4INFO_AND_COOKIE).p4info, got(P4INFO_AND_COOKIE).p4_device_config) == (info, b"")
    config = got(DEVICE_CONFIG_AND_COOKIE)
    assert (config.HasField("p4info"), config.p4_device_config) == (False, b"\0opaque")
    first.set_pipeline(served)  # and now without a cookie
    assert not first.get_pipeline().config.HasField("cookie")
    first.close()


def test_verify_changes_nothing(first: Controller, served: ServedProgram) -> None:
    first.set_pipeline(served, VERIFY)
    assert not first.get_pipeline().HasField("config")
    first.close()


def test_commit_clears_tables_and_state(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    host = entry(served.manifest, "hosts", [exact(0x0A000009)], [SPARE, 1])
    seen = cell(served.manifest.packets_seen.id)
    controller.write(insert(host))
    assert len(switch.receive((LAN, datagram()))) == 1  # remembers the client, too
    assert controller.read(seen)[0].register_entry.data.bitstring == b"\1"
    controller.set_pipeline(served, VERIFY_AND_COMMIT)
    assert controller.read(all_entries(served.manifest, "hosts")) == []
    assert switch.receive((LAN, datagram(dport=1))) == []
    assert controller.read(seen)[0].register_entry.data.bitstring == b"\1"  # the packet after it
    assert [len(switch.receive((LAN, datagram()))) for _ in range(4)] == [1, 1, 1, 0]  # known anew


def test_reconcile_keeps_tables_and_state(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    host = entry(served.manifest, "hosts", [exact(0x0A000009)], [SPARE, 1])
    controller.write(insert(host))
    switch.receive((LAN, datagram()))
    controller.set_pipeline(served, RECONCILE_AND_COMMIT, cookie=5)
    assert controller.get_pipeline().config.cookie.cookie == 5
    assert controller.read(host) == [host]
    assert [len(switch.receive((LAN, datagram()))) for _ in range(3)] == [1, 1, 0]  # the third one in all


def test_saved_pipeline_is_filled_before_it_is_committed(
    switch: Switch, controller: Controller, served: ServedProgram
) -> None:
    old = entry(served.manifest, "hosts", [exact(0x0A000009)], [SPARE, 1])
    new = entry(served.manifest, "hosts", [exact(0x0A000009)], [WAN, 1])
    controller.write(insert(old))
    controller.set_pipeline(served, VERIFY_AND_SAVE)
    assert controller.read(all_entries(served.manifest, "hosts")) == []
    controller.write(insert(new))
    assert switch.receive((LAN, datagram(dport=1)))[0][0] == SPARE  # the old one forwards
    controller.set_pipeline(None, COMMIT)
    assert switch.receive((LAN, datagram(dport=1)))[0][0] == WAN
    assert controller.read(old) == [new]
    with pytest.raises(grpc.RpcError) as error:
        controller.set_pipeline(None, COMMIT)
    assert code_of(error) is grpc.StatusCode.NOT_FOUND


def test_bad_requests(controller: Controller, served: ServedProgram) -> None:
    for config, action in ((served, COMMIT), (None, VERIFY), (None, VERIFY_AND_COMMIT), (served, 0), (served, 99)):
        with pytest.raises(grpc.RpcError) as error:
            controller.set_pipeline(config, action)
        assert code_of(error) is grpc.StatusCode.INVALID_ARGUMENT


def test_another_program_is_refused_with_the_reason(controller: Controller, served: ServedProgram) -> None:
    info = p4info_of(served)
    info.tables[0].size += 1
    with pytest.raises(grpc.RpcError) as error:
        controller.set_p4info(info, RECONCILE_AND_COMMIT)
    assert code_of(error) is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error) == (
        "this switch runs `gate` and nothing else; the P4Info is of another program: "
        f"table `ingress.hosts` ({info.tables[0].preamble.id:#010x}) is another one in it"
    )
    controller.set_p4info(p4info_of(served))


def test_what_makes_p4info_another_one(served: ServedProgram) -> None:
    ours = p4info_of(served)

    def changed() -> p4i.P4Info:
        copy = p4i.P4Info()
        copy.CopyFrom(ours)
        return copy

    same = changed()
    same.tables.sort(key=lambda table: -table.preamble.id)
    for table in same.tables:
        table.match_fields.sort(key=lambda field: -field.id)
        table.preamble.annotations.append("@anything")
        table.preamble.doc.brief = "anything"
    same.pkg_info.name = "anything"
    assert difference_of(ours, same) is None

    missing, foreign, narrow, renamed, digests = (changed() for _ in range(5))
    del missing.registers[0]
    foreign.counters.add().preamble.id = 5
    narrow.actions[0].params[0].bitwidth -= 1
    renamed.actions[0].preamble.name = "other"
    digests.digests.add().preamble.id = 5
    assert difference_of(ours, missing) == "register `ingress.packets_seen` (0x16000001) is missing from it"
    assert difference_of(ours, foreign) == "the program has no counter `` (0x00000005)"
    assert difference_of(ours, narrow) == "action `ingress.hosts_hit` (0x01000001) is another one in it"
    assert difference_of(ours, renamed) == "action `ingress.hosts_hit` (0x01000001) is another one in it"
    assert difference_of(ours, digests) == "the program has no digest `` (0x00000005)"


def test_switch_with_entries_counts_as_set(served: ServedProgram) -> None:
    entries = ControlEntries(tables={"hosts": (TableEntry((Exact(9),), (SPARE, 1)),)}, tunables={"limit": 8})
    with Switch(served, address="127.0.0.1:0", entries=entries) as switch, Controller(switch.port) as reader:
        config = reader.get_pipeline().config
        assert config.p4info == p4info_of(served)
        assert not config.HasField("cookie")
        assert reader.read(all_entries(served.manifest, "hosts")) == [
            entry(served.manifest, "hosts", [exact(9)], [SPARE, 1])
        ]


def test_program_runs_before_a_pipeline_is_set(switch: Switch) -> None:
    assert [port for port, _ in switch.receive((LAN, datagram()))] == [WAN]
