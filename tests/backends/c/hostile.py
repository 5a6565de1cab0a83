"""Datapaths under sanitizers, with packets that nobody sends by mistake."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from backends.c.compile import compile_datapath, datapath_files
from compiler.ir.program import Program
from sim.native import find_compiler
from tests.engines import Arrival

DRIVER = Path(__file__).with_name("hostile_driver.c")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def hostile(random: Random, packets: Sequence[Arrival], count: int) -> list[Arrival]:
    """`count` packets made of these: cut, lengthened, with bits flipped, with bytes of all ones, or of chance alone."""
    found = []
    for _ in range(count):
        given = random.choice(packets)
        data = bytearray(given.data)
        for _ in range(random.choice((1, 1, 2, 5))):
            _spoil(random, data)
        more = random.choice((0, 0, 0, 1, 9000))
        found.append(
            Arrival(given.port, bytes(data), random.choice((given.now_ns, 0, (1 << 64) - 1)), len(data) + more)
        )
    return found


def _spoil(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    match random.randrange(6):
        case 0:
            del data[at:]
        case 1:
            data += random.randbytes(random.choice((1, 2, 64)))
        case 2 if at < len(data):
            data[at] ^= 1 << random.randrange(8)
        case 3:
            data[at : at + 2] = b"\xff\xff"[: len(data) - at]
        case 4:
            data[at : at + 4] = bytes(min(4, len(data) - at))
        case _:
            size = random.choice((0, 1, 13, 33, 64, 200))
            data[:] = data[: random.randrange(40)] + random.randbytes(size)


def run_under_sanitizers(program: Program, packets: Sequence[Arrival], folder: Path) -> int:
    """How many packets were processed; fails where a sanitizer complains."""
    compiler = find_compiler()
    assert compiler is not None, "asked before"
    return run_driver(program, packets, folder, compiler=[compiler, "-O1", "-g", *SANITIZERS]).processed


@dataclass(frozen=True, slots=True)
class Driven:
    """What became of packets. `digest` is of all that was emitted and told, and of the state at the end."""

    processed: int
    digest: str


def run_driver(
    program: Program, packets: Sequence[Arrival], folder: Path, *, compiler: Sequence[str], launcher: Sequence[str] = ()
) -> Driven:
    """The packets through the program as C. `compiler`: with its flags; `launcher`: an emulator of what it is for."""
    datapath = compile_datapath(program)
    for path, content in datapath_files(datapath).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    names = [f'-DHEADER="{datapath.name}.h"', f"-DPROGRAM={datapath.name}"]
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-I."]
    command = [*compiler, *flags, *names, str(DRIVER), f"{datapath.name}.c", "-o", "driver"]
    subprocess.run(command, cwd=folder, check=True)
    ports = {port.name: number for number, port in enumerate(program.ports)}
    with (folder / "packets").open("wb") as file:
        for p in packets:
            file.write(struct.pack("=HIIQ", ports[p.port], len(p.data), p.wire_length or len(p.data), p.now_ns))
            file.write(p.data)
    needs = [str(number) for number in (*datapath.room, len(datapath.finals))]
    command = [*launcher, str(folder / "driver"), "packets", *needs]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[:3000]
    processed, digest = result.stdout.split()
    return Driven(int(processed), digest)
