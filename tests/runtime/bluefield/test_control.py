"""A running application and its control socket, while packets flow."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import structs

from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.control import ApplicationClient
from runtime.bluefield.entries import write_entries
from runtime.bluefield.errors import OtherProgramError, RefusedError
from runtime.bluefield.process import RunningApplication
from runtime.bluefield.saved_state import load_saved, pull_state, push_state
from sim.control import abstract_state
from sim.control.entries_file import read_entries
from sim.state import ControlEntries
from tests.dpdk import needs_dpdk
from tests.runtime.bluefield.conftest import SOURCES, Start

pytestmark = needs_dpdk

ROUNDS = 60
LIMIT_S = 20.0


def entries_of(gate: ApplicationFolder, number: int) -> ControlEntries:
    """Everything says `number`; other entries come and go around what the packets look up."""
    tree: dict[str, object] = {
        "by_net": [{"key": f"10.0.{n}.0/24", "value": number} for n in range(number % 8 + 1)]
        + [{"key": "10.0.0.0/8", "value": number + 1}],
        "by_host": [{"key": f"10.0.0.{n}", "value": number} for n in range(1, number % 40 + 2)],
        "cells": [number] * 4,
        "tunables": {"version": number},
        "multicast": {"7": ["outside", "inside"]},
    }
    return read_entries(tree, gate.program, name="test")


def totals(stats: dict[str, Any], kind: str, port: str) -> int:
    return sum(worker["ports"][port][kind]["packets"] for worker in stats["workers"])


def losses(stats: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for worker in stats["workers"]:
        for cause, count in worker["dropped"].items():
            found[cause] = found.get(cause, 0) + count
    return {cause: count for cause, count in found.items() if count}


def wait_until(holds: Callable[[], bool], running: RunningApplication) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        running.check_runs()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sent_inside(client: ApplicationClient) -> int:
    return totals(client.stats(), "sent", "inside")


@pytest.mark.parametrize("workers", (1, 2))
def test_all_of_an_epoch_comes_into_force_at_once(workers: int, start: Start, gate: ApplicationFolder) -> None:
    with start(workers=workers, paused=True) as running, running.client() as client:
        write_entries(client, gate, entries_of(gate, 0))
        client.resume()
        for number in range(1, ROUNDS):
            write_entries(client, gate, entries_of(gate, number))
        before = sent_inside(client)
        wait_until(lambda: sent_inside(client) > before + 1000, running)
        saved = pull_state(client, gate)
        held = abstract_state(gate.program, saved.states, saved.now_ns)
        assert held["torn"] == {}
        assert saved.entries == entries_of(gate, ROUNDS - 1)
        assert set(losses(client.stats())) <= {"owner_busy", "digest_lost"}  # packets come as fast as they can
        handed_over = [worker["handed_over"] for worker in client.stats()["workers"]]
        assert (sum(map(sum, handed_over)) > 0) == (workers > 1)


def test_a_saved_state_is_of_one_moment(start: Start, gate: ApplicationFolder) -> None:
    with start(paused=True) as running, running.client() as client:
        write_entries(client, gate, entries_of(gate, 1))
        client.resume()
        wait_until(lambda: sent_inside(client) > 1000, running)
        for _ in range(10):
            saved = pull_state(client, gate)
            held = abstract_state(gate.program, saved.states, saved.now_ns)
            seen = sum(entry["value"] for entry in held["seen"].values())  # type: ignore[index]
            assert len(held["seen"]) == SOURCES
            assert held["same"]["0"] == {"packets": seen, "bytes": 42 * seen}
            assert held["lengths"]["3"] == 42 * seen % (1 << 32)


def test_a_state_goes_into_another_application_and_on(start: Start, gate: ApplicationFolder, tmp_path: Path) -> None:
    with start(paused=True, endless=False, until_idle_ms=40, save=tmp_path / "first") as running:
        with running.client() as client:
            write_entries(client, gate, entries_of(gate, 1))
            client.resume()
        running.wait(limit_s=LIMIT_S)
    first = load_saved(tmp_path / "first", gate)
    assert abstract_state(gate.program, first.states, first.now_ns)["same"]["0"] == {
        "packets": SOURCES,
        "bytes": 42 * SOURCES,
    }
    with start(workers=1, paused=True, endless=False, until_idle_ms=40, save=tmp_path / "second") as running:
        with running.client() as client:
            push_state(client, gate, first.states, first.entries)
            again = pull_state(client, gate)
            assert {name: state.snapshot() for name, state in again.states.items()} == {
                name: state.snapshot() for name, state in first.states.items()
            }
            client.resume()
        running.wait(limit_s=LIMIT_S)
    second = load_saved(tmp_path / "second", gate)
    held = abstract_state(gate.program, second.states, second.now_ns)
    assert {entry["value"] for entry in held["seen"].values()} == {2}  # type: ignore[index]
    assert held["same"]["0"] == {"packets": 2 * SOURCES, "bytes": 2 * 42 * SOURCES}


def test_every_packet_is_accounted_for(start: Start, gate: ApplicationFolder) -> None:
    with start(paused=True, endless=False) as running, running.client() as client:
        write_entries(client, gate, entries_of(gate, 1))
        client.resume()
        wait_until(lambda: sent_inside(client) == SOURCES, running)
        stats = client.stats()
        assert totals(stats, "received", "outside") == SOURCES
        assert losses(stats) == {"digest_lost": SOURCES}  # nobody asked for them by --digests
        counted = {(final["place"], final["kind"]): final["packets"] for final in stats["finals"] if final["packets"]}
        assert counted == {("gate.weft:35", "send"): SOURCES}


def test_a_paused_application_processes_nothing(start: Start, gate: ApplicationFolder) -> None:
    with start(paused=True) as running, running.client() as client:
        write_entries(client, gate, entries_of(gate, 1))
        client.resume()
        wait_until(lambda: sent_inside(client) > 0, running)
        client.pause()
        paused = client.stats()["workers"]
        write_entries(client, gate, entries_of(gate, 2))
        pull_state(client, gate)
        assert client.stats()["workers"] == paused
        client.resume()
        wait_until(lambda: client.stats()["workers"] != paused, running)


def test_a_signal_ends_it_well(start: Start) -> None:
    with start() as running:
        with running.client() as client:
            client.request("hello")
        running.stop()
        running.wait(limit_s=0.1)
        assert not running.socket.exists()
        assert not running.runtime_folder.exists()


def test_a_request_ends_it_even_while_it_is_paused(start: Start) -> None:
    with start(paused=True) as running:
        with running.client() as client:
            client.stop()
        running.wait(limit_s=LIMIT_S)


def test_the_folder_of_another_program_is_refused(start: Start, gate: ApplicationFolder) -> None:
    other = replace(gate, manifest=structs.replace(gate.manifest, build="0" * 32))
    with start() as running, running.client() as client, pytest.raises(OtherProgramError, match="is not what"):
        write_entries(client, other, entries_of(gate, 1))


# --- what nobody sends who means well


REFUSED: list[tuple[str, dict[str, str | int], bytes, str]] = [
    ("table", {"name": "none", "count": 0}, b"", "no such table"),
    ("table", {"name": "by_net"}, b"", "a name and a count"),
    ("table", {"name": "by_net", "count": 65}, b"", "more entries"),
    ("table", {"name": "by_net", "count": 3}, b"1234", "not as long"),
    ("table", {"name": "by_host", "count": (1 << 64) - 1}, b"", "more entries"),
    ("table", {"name": "cells", "count": 1}, b"1234", "all its cells"),
    ("tunables", {}, b"", "not as long"),
    ("groups", {}, b"", "not as long"),
    ("blocks", {}, b"123", "not as long"),
    ("fly", {}, b"", "no such request"),
]


def test_requests_that_do_not_fit_are_refused(start: Start, gate: ApplicationFolder) -> None:
    starts = gate.block.place("", "group_starts").region.size
    groups = starts + gate.block.place("", "group_ports").region.size
    beyond = b"\xff\xff\xff\x7f"
    lengths = bytes([255]) * (2 * gate.block.place("by_net", "entries").region.of.size)
    more = [
        ("table", {"name": "by_net", "count": 2}, lengths, "longer prefix"),
        ("groups", {}, bytes(starts - 4) + beyond + bytes(groups - starts), "more ports in groups"),
        ("groups", {}, beyond + bytes(groups - 4), "ends before it begins"),
    ]
    with start() as running, running.client() as client:
        for do, fields, content, told in [*REFUSED, *more]:
            with pytest.raises(RefusedError, match=told):
                client.request(do, content=content, **fields)
        assert client.hello(gate).program == "gate"


def test_garbage_closes_the_connection_and_nothing_else(start: Start, gate: ApplicationFolder) -> None:
    random = Random(4)
    with start() as running:
        with running.client() as client:
            client.hello(gate)
        for number in range(200):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(running.socket))  # without a time limit it waits where many do
                connection.sendall(_garbage(random, number))
        with running.client() as client:
            assert client.hello(gate).workers == 2


def _garbage(random: Random, number: int) -> bytes:
    texts = [
        b"{",
        b"{}",
        b'{"do":',
        b'{"do":"hello","bytes":99999999999999999999}',
        b'{"a":"\\u0041"}',
        b"[1]",
        b'"do"',
    ]
    texts += [
        b'{"do":"save","bytes":4}',
        b'{"do":"table","name":"by_net","count":1,"bytes":12}',
        b'{"do":1}',
        b"{" * 900,
    ]
    texts += [b'{"no":"fly"}']
    text = bytearray(random.choice(texts))
    if number % 2:
        for _ in range(random.randrange(3)):
            text[random.randrange(len(text))] = random.randrange(256)
    length = random.choice((len(text), len(text), len(text) + 3, 0, 1 << 31))
    return length.to_bytes(4) + bytes(text) + random.randbytes(random.choice((0, 0, 5)))
