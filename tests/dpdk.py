"""Programs as DPDK applications over software devices, as an engine beside the interpreter.

All packets enter by one device that reads a capture, with time, port, sequence number and length in a header in
front; each port writes a capture of what it sends.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backends.bluefield.compile import SOURCE, compile_application
from backends.output_folder import write_files
from compiler.ir.program import Program
from runtime.bluefield.application_folder import ApplicationFolder, load_application
from runtime.bluefield.build import missing
from runtime.bluefield.digest_file import read_digests
from runtime.bluefield.entries import write_entries
from runtime.bluefield.process import SOFTWARE_EAL, RunOptions, start_application
from runtime.bluefield.saved_state import SavedApplication, load_saved
from sim.captures import Packet, PcapWriter, open_capture
from sim.control import abstract_state
from sim.state import ControlEntries
from tests.bmv2 import with_test_headers
from tests.engines import Arrival, DigestRecord, Outcome

FLAGS = ("-std=gnu11", "-O1")
TIME_LIMIT_S = 120.0
IDLE_MS = 40
LONGEST = 9000  # bytes of a packet
MOST_DEVICES = 32  # of DPDK as Debian builds it; what the tests' packets need are the first ones

MISSING = missing()
needs_dpdk = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """What an application is compiled with, and what runs it.

    `environment`: what makes pkg-config speak of another machine. `launcher`: an emulator of that machine.
    """

    compiler: Sequence[str] = ("cc",)
    environment: Mapping[str, str] = field(default_factory=dict)
    launcher: Sequence[str] = ()


class DpdkEngine:
    """Compiles each program once, and runs it as a process of its own with `workers` workers.

    `flags`: for the compiler, beside its own. `sources`: C files that are linked with every program, beside it.
    `more`: options of the application.
    """

    name = "dpdk"

    def __init__(
        self,
        *,
        workers: int = 1,
        flags: Sequence[str] = (),
        sources: Sequence[Path] = (),
        more: Sequence[str] = (),
        toolchain: Toolchain | None = None,
    ) -> None:
        self.workers = workers
        self.environment: dict[str, str] = {}  # of the applications
        self.printed = ""  # by the last run
        self._sources, self._more = sources, more
        self.handed_over = 0  # packets, in the last run
        self._toolchain = toolchain or Toolchain()
        self._flags = (*FLAGS, *flags)
        self._home: Path | None = None
        self._objects: dict[str, list[Path]] = {}

    def run(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> Outcome:
        built = self.build(program)
        with tempfile.TemporaryDirectory(prefix="weft-dpdk-run-") as name:
            folder = Path(name)
            sent = self._sent(built, folder, entries, with_test_headers(program, packets))
            saved = load_saved(folder / "state", built)
            with (folder / "digests").open("rb") as file:
                digests = [DigestRecord(told.record, told.value) for told in read_digests(built, file)]
        return _outcome(built, saved, packets, sent, digests)

    def _sent(
        self, built: ApplicationFolder, folder: Path, entries: ControlEntries, packets: Sequence[bytes]
    ) -> dict[str, list[bytes]]:
        with PcapWriter(folder / "in.pcap") as writer:
            for packet in packets:
                writer.write(Packet(0, packet, len(packet), 0))
        outputs = {port: folder / f"out{number}.pcap" for number, port in enumerate(built.ports[:MOST_DEVICES])}
        options = RunOptions(
            eal=[
                *SOFTWARE_EAL,
                "--no-telemetry",
                "--lcores",
                floating_lcores(self.workers),
                *_devices(folder, outputs),
            ],
            folder=folder,
            ports=dict.fromkeys(built.ports[MOST_DEVICES:], "none"),
            digests=folder / "digests",
            save=folder / "state",
            until_idle_ms=IDLE_MS,
            paused=True,
            more=["--patience", str((1 << 32) - 1), "--mbuf-bytes", str(LONGEST), "--mbufs", "16383", *self._more],
            environment=self.environment,
            launcher=self._toolchain.launcher,
        )
        with start_application(binary_of(built), options) as running:
            with running.client() as client:
                write_entries(client, built, entries)
                client.resume()
            running.wait(limit_s=TIME_LIMIT_S)
        self.printed = (folder / "printed").read_text()
        _check_nothing_lost(self.printed)
        self.handed_over = sum(int(count) for count in re.findall(r"(\d+) handed over", self.printed))
        return {port: captured(path) for port, path in outputs.items()}

    def build(self, program: Program, *, test_header: bool = True) -> ApplicationFolder:
        """The program, compiled. What is the same for all programs is compiled once."""
        application = compile_application(program, test_header=test_header)
        digest = hashlib.sha256(b"".join(content for _, content in sorted(application.files.items()))).hexdigest()
        folder = self._folder() / digest[:32]
        if not folder.exists():
            write_files(folder, application.files)
            built = load_application(folder)
            self._link(
                folder, [*self._shared(folder), *self._compile(folder, [f"{built.manifest.c_name}.c", str(SOURCE)])]
            )
        return load_application(folder)

    def _shared(self, folder: Path) -> list[Path]:
        if "app" not in self._objects:
            self._objects["app"] = self._compile(folder, _shared_sources(folder))
            for source in self._sources:
                (folder / source.name).write_bytes(source.read_bytes())
            self._objects["app"] += self._compile(folder, [s.name for s in self._sources if s.suffix == ".c"])
        return self._objects["app"]

    def _compile(self, folder: Path, sources: Sequence[str]) -> list[Path]:
        given = (*self._flags, *self._dpdk("--cflags"))
        made = [(folder / source).with_suffix(".o") for source in sources]
        for source, object_ in zip(sources, made, strict=True):
            _run([*self._toolchain.compiler, *given, "-I.", "-c", source, "-o", str(object_)], folder)
        return made

    def _link(self, folder: Path, objects: Sequence[Path]) -> None:
        libraries = (*self._dpdk("--libs"), "-lpthread", "-ldl")
        compiler = self._toolchain.compiler
        _run([*compiler, *self._flags, *map(str, objects), "-o", "application", *libraries], folder)

    def _dpdk(self, what: str) -> list[str]:
        """What pkg-config says of DPDK for this toolchain."""
        environment = {**os.environ, **self._toolchain.environment}
        command = ["pkg-config", what, "libdpdk"]
        return shlex.split(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    def _folder(self) -> Path:
        """Where the programs' folders are, until this object ends."""
        if self._home is None:
            self._home = Path(tempfile.mkdtemp(prefix="weft-dpdk-engine-"))
            weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
        return self._home


def binary_of(built: ApplicationFolder) -> Path:
    return built.path / "application"


def floating_lcores(workers: int) -> str:
    """So many lcores, each on whichever processor has time: tests share the machine."""
    cpus = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    return ",".join(f"{lcore}@({cpus})" for lcore in range(workers))


def captured(path: Path) -> list[bytes]:
    """The packets in a capture that DPDK wrote."""
    if not path.exists() or not path.stat().st_size:
        return []
    with open_capture(path) as capture:
        return [bytes(packet.data) for packet in capture]


def _check_nothing_lost(printed: str) -> None:
    """What a program sends to ports that are not there is lost on every engine; nothing else may be."""
    lost = [line for line in printed.splitlines() if line.startswith("weft: lost") and "_such_port" not in line]
    assert not lost, lost


def _devices(folder: Path, outputs: dict[str, Path]) -> list[str]:
    found = []
    for number, path in enumerate(outputs.values()):
        source = f"rx_pcap={folder / 'in.pcap'}," if number == 0 else ""
        found += ["--vdev", f"net_pcap{number},{source}tx_pcap={path}"]
    return found


def _outcome(
    built: ApplicationFolder,
    saved: SavedApplication,
    packets: Sequence[Arrival],
    sent: dict[str, list[bytes]],
    digests: Sequence[DigestRecord],
) -> Outcome:
    meaning = abstract_state(built.program, saved.states, packets[-1].now_ns if packets else 0)
    return Outcome(
        {port: emitted for port, emitted in sent.items() if emitted},
        {name: held for name, held in meaning.items() if held},
        digests,
    )


def _shared_sources(folder: Path) -> list[str]:
    found = (str(path.relative_to(folder)) for path in (folder / "app").glob("*.c"))
    return sorted(source for source in found if source != str(SOURCE))


def _run(command: Sequence[str], folder: Path) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[:4000]
