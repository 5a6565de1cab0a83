"""The software eSwitch refuses what the guide to mlx5 says that its cards do."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.dpdk import needs_dpdk
from tests.eswitch.engine import FOLDER

pytestmark = needs_dpdk

EXPECTED = {
    "plain": "made",
    "no fragments": "made",
    "write": "made",
    "l4 without l3": "layer 4 without layer 3",
    "l3 behind l4": "headers do not follow each other",
    "length": "a field that cannot be matched",
    "checksum": "a field that cannot be matched",
    "part of the fragment offset": "part of the fragment offset",
    "fragments": "fragments",
    "value beyond its mask": "a value has bits that its mask has not",
    "no mask": "an item has no mask",
    "integrity of no l4": "integrity of a layer 4 that the pattern has not",
    "negative integrity": "negative integrity",
    "unknown integrity": "integrity that cards do not know",
    "write into no header": "a write into a header that the pattern has not",
    "write a tag": "a field that cannot be written",
    "write part of a field": "another width than the field's",
    "add to an address": "arithmetic on a field that is only written",
    "no end": "no action that says where packets go",
    "two ends": "actions in an order that cards do not know",
    "write behind the end": "actions in an order that cards do not know",
    "no such port": "packets to a port that is not there",
    "ingress": "rules of another domain",
    "root table": "a root table that does more than send on",
    "unreached group": "a group that nothing leads to",
    "priority": "a priority beyond the lowest",
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    binary = tmp_path_factory.mktemp("refusals") / "refusals"
    flags, libraries = (
        shlex.split(subprocess.run(["pkg-config", what, "libdpdk"], capture_output=True, text=True, check=True).stdout)
        for what in ("--cflags", "--libs")
    )
    sources = [str(FOLDER / f"{name}.c") for name in ("refusals", "rte_flow_api", "device", "schedule")]
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags, *sources, "-o", str(binary), *libraries]
    subprocess.run(command, check=True, cwd=Path(binary).parent)
    printed = subprocess.run([binary], capture_output=True, text=True, check=True).stdout
    return dict(line.split(": ", 1) for line in printed.splitlines())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_rule(name: str, answers: dict[str, str]) -> None:
    assert answers[name] == EXPECTED[name]


def test_every_attempt_is_expected(answers: dict[str, str]) -> None:
    assert answers.keys() == EXPECTED.keys()
