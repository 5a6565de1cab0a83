"""Whatever happens to `weft lab up`, nothing of a lab stays that nobody takes down."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.lab.hosts import ping, socket_in
from tests.runtime.lab.machine import Machine, needs_bmv2, needs_root, wait_until
from tests.runtime.lab.topologies import example, write_pair

pytestmark = needs_root

INTERRUPTED = 130

Moment = Callable[[Machine, str, "subprocess.Popen[str]"], None]


def told(notice: str) -> Moment:
    """When it says what it is about to do."""

    def wait(here: Machine, lab: str, up: subprocess.Popen[str]) -> None:
        assert up.stderr is not None
        for line in up.stderr:
            if line.startswith(notice):
                return
        raise AssertionError(f"it never said `{notice}`")

    return wait


def at_once(here: Machine, lab: str, up: subprocess.Popen[str]) -> None:
    """When its folder is there."""
    wait_until((here.folder / lab).exists)


def first_host(here: Machine, lab: str, up: subprocess.Popen[str]) -> None:
    wait_until(lambda: bool(here.namespaces(lab)))


def first_link(here: Machine, lab: str, up: subprocess.Popen[str]) -> None:
    wait_until(lambda: len(here.interfaces()) > 1)


def first_switch(here: Machine, lab: str, up: subprocess.Popen[str]) -> None:
    wait_until(lambda: any("interpreted_switch" in command for command in here.processes()))


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        pytest.param(told("making the network"), signal.SIGINT, marks=pytest.mark.long),
        (first_link, signal.SIGTERM),
        (first_switch, signal.SIGINT),
        pytest.param(at_once, signal.SIGINT, marks=pytest.mark.long),
        pytest.param(first_host, signal.SIGHUP, marks=pytest.mark.long),
        pytest.param(told("starting bridge"), signal.SIGTERM, marks=pytest.mark.long),
    ],
)
def test_an_interrupted_start_removes_what_it_made(
    here: Machine, lab: str, tmp_path: Path, moment: Moment, number: signal.Signals
) -> None:
    up = here.start("lab", "up", write_pair(tmp_path, lab), "--engine", "interpreter")
    moment(here, lab, up)
    up.send_signal(number)
    _, said = up.communicate(timeout=60)
    assert up.returncode == INTERRUPTED, said
    assert "interrupted" in said
    here.check_empty(lab)


@pytest.mark.long
def test_an_impatient_user_does_not_stop_the_cleaning(here: Machine, lab: str, tmp_path: Path) -> None:
    up = here.start("lab", "up", write_pair(tmp_path, lab), "--engine", "interpreter")
    first_switch(here, lab, up)
    while up.poll() is None:
        os.killpg(up.pid, signal.SIGINT)
    up.communicate()
    here.check_empty(lab)


@pytest.mark.parametrize("moment", [pytest.param(first_host, marks=pytest.mark.long), first_switch])
def test_what_a_killed_start_left_is_taken_down(here: Machine, lab: str, tmp_path: Path, moment: Moment) -> None:
    topology = write_pair(tmp_path, lab)
    up = here.start("lab", "up", topology, "--engine", "interpreter")
    moment(here, lab, up)
    up.kill()
    up.communicate()
    assert here.weft("lab", "status").code == 1
    assert "half made" in here.weft("lab", "status", lab).out + here.weft("lab", "status").out
    assert here.weft("lab", "down", topology).code == 0
    here.check_empty(lab)


@needs_bmv2
@pytest.mark.long
@pytest.mark.parametrize("notice", ["compiling bridge.weft", "starting bridge", "starting load_balancer"])
def test_an_interrupted_start_of_bmv2_removes_what_it_made(
    here: Machine, lab: str, tmp_path: Path, notice: str
) -> None:
    up = here.start("lab", "up", example(tmp_path, lab, "load_balancer"), "--engine", "bmv2")
    told(notice)(here, lab, up)
    up.send_signal(signal.SIGINT)
    _, said = up.communicate(timeout=60)
    assert up.returncode == INTERRUPTED, said
    here.check_empty(lab)


def test_a_lab_is_taken_down_though_parts_of_it_are_gone(here: Machine, lab: str, tmp_path: Path) -> None:
    topology = write_pair(tmp_path, lab)
    with here.lab(topology, "--engine", "interpreter") as shown:
        (switch,) = shown["switches"]
        os.kill(switch["pid"], signal.SIGKILL)
        subprocess.run(["ip", "netns", "delete", f"weft-{lab}-left"], check=True)
        wait_until(lambda: len(here.interfaces()) == 2)  # the kernel takes the end in the namespace away later
        status = here.weft("lab", "status", lab)
        assert status.code == 1
        assert "has died" in status.out
        topology.write_text("no topology any more")
        assert here.weft("lab", "down", topology).out == f"the lab `{lab}` is gone\n"
        here.check_empty(lab)
        again = here.weft("lab", "down", lab)
        assert (again.code, again.out) == (0, f"there was no lab `{lab}`\n")


def test_processes_in_hosts_end_with_the_lab(here: Machine, lab: str, tmp_path: Path) -> None:
    topology = write_pair(tmp_path, lab)
    with here.lab(topology, "--engine", "interpreter"):
        stubborn = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
        inside = here.start("lab", "exec", lab, "left", "--", "sh", "-c", stubborn)
        assert inside.stdout is not None
        assert inside.stdout.readline() == "ready\n"
        assert here.weft("lab", "down", lab).code == 0
        assert inside.wait(timeout=10) == -signal.SIGKILL
        inside.communicate()
    here.check_empty(lab)


def test_a_switch_that_does_not_start_is_told_with_its_words(here: Machine, lab: str, tmp_path: Path) -> None:
    topology = write_pair(tmp_path, lab)
    topology.write_text(topology.read_text().replace("[switches.bridge]\n", "[switches.bridge]\np4runtime = 19559\n"))
    with socket_in(here.home, socket.SOCK_STREAM) as occupied:
        occupied.bind(("127.0.0.1", 19559))
        occupied.listen()
        up = here.weft("lab", "up", topology, "--engine", "interpreter")
    assert up.code == 1
    assert "switch `bridge` does not start" in up.err
    assert "cannot listen on 127.0.0.1:19559" in up.err
    here.check_empty(lab)


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -9 $$"], 137),
        (["no-such-program"], 127),
    ],
)
def test_a_lab_for_one_command_is_gone_after_it(
    here: Machine, lab: str, tmp_path: Path, command: list[str], code: int
) -> None:
    topology = write_pair(tmp_path, lab)
    assert here.weft("lab", "run", topology, "--engine", "interpreter", "--", *command).code == code
    here.check_empty(lab)


@pytest.mark.long
def test_an_interrupted_command_takes_the_lab_with_it(here: Machine, lab: str, tmp_path: Path) -> None:
    command = ["sh", "-c", "echo there; exec sleep 1000"]
    run = here.start(
        "lab", "run", write_pair(tmp_path, lab), "--engine", "interpreter", "--host", "left", "--", *command
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "there\n"
    assert ping(f"weft-{lab}-left", "192.0.2.2", count=1)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)
    assert run.returncode == INTERRUPTED
    here.check_empty(lab)
