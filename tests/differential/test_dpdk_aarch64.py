"""DPDK applications compiled for Arm, in an emulator, beside the interpreter: as `test_dpdk.py` on this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from backends.bluefield.folder import write_application
from runtime.bluefield.application_folder import load_application
from tests.aarch64 import WARNINGS, needs_sysroot, sysroot, toolchain
from tests.differential.test_corpus import NAMES
from tests.differential.test_dpdk import WORKERS, assert_equal, case_of, example_case, sharded_case
from tests.dpdk import DpdkEngine
from tests.examples.corpus import example_program

PACKETS = 2_000
CASES = range(9_000_000, 9_000_060)
AT_ONCE = 20

pytestmark = [pytest.mark.long, needs_sysroot]


@pytest.fixture(scope="module")
def arm() -> DpdkEngine:
    return DpdkEngine(flags=WARNINGS, toolchain=toolchain())


@pytest.fixture(scope="module")
def arm_workers() -> DpdkEngine:
    return DpdkEngine(workers=WORKERS, flags=WARNINGS, toolchain=toolchain())


@pytest.mark.parametrize("name", NAMES)
def test_every_example(name: str, arm: DpdkEngine, tmp_path: Path) -> None:
    assert_equal(example_case(name, tmp_path, PACKETS), arm)


@pytest.mark.parametrize("first", range(CASES.start, CASES.stop, AT_ONCE))
def test_generated_programs(first: int, arm: DpdkEngine) -> None:
    for number in range(first, first + AT_ONCE):
        assert_equal(case_of(number), arm)


def test_workers_hand_packets_to_the_owners_of_their_shares(arm_workers: DpdkEngine, tmp_path: Path) -> None:
    assert_equal(example_case("nat", tmp_path, PACKETS), arm_workers)
    assert arm_workers.handed_over > 0


@pytest.mark.parametrize("first", (9_100_000, 9_100_010))
def test_generated_programs_on_several_workers(first: int, arm_workers: DpdkEngine) -> None:
    for number in range(first, first + 10):
        assert_equal(sharded_case(number), arm_workers)


@pytest.mark.skipif(shutil.which("meson") is None or shutil.which("ninja") is None, reason="no meson and ninja here")
@pytest.mark.parametrize("options", ([], ["-Dc_args=-march=armv8.2-a+crc -mtune=cortex-a78"]), ids=("a72", "a78"))
def test_meson_builds_it_with_the_cross_file(options: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "nat"
    write_application(example_program("nat"), folder)
    files = ["--cross-file", "cross/aarch64.ini", "--cross-file", str(sysroot() / "sysroot.ini")]
    for command in (["meson", "setup", "build", "--werror", *files, *options], ["ninja", "-C", "build"]):
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    binary = folder / "build" / f"weft-{load_application(folder).manifest.c_name}"
    command = [*toolchain().launcher, str(binary), "--no-huge", "-m", "64", "--no-pci", "--no-shconf", "--", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "--control PATH" in shown.stdout + shown.stderr
