"""A stand-in for the Thrift server of bmv2: the real protocol and services, registers in a dictionary.

What it does with values follows bmv2's sources: reads saturate at 2^63 - 1, writes are cut to the register's width,
the end of a range is not part of it, an unknown name and an index out of range are InvalidRegisterOperation 1 and 2.
"""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace

from bm_runtime.standard import Standard
from bm_runtime.standard.ttypes import (
    BmConfig,
    DevMgrPortInfo,
    InvalidCrcOperation,
    InvalidRegisterOperation,
)
from sswitch_runtime import SimpleSwitch
from thrift.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
from thrift.Thrift import TException
from thrift.TMultiplexedProcessor import TMultiplexedProcessor
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

CELL_LIMIT = 1 << 24


@dataclass
class FakeRegister:
    width: int
    cells: list[int]


@dataclass
class FakeSwitch:
    """`calls`: the methods that were called, in order. `before`: called with the method's name before each."""

    registers: dict[str, FakeRegister] = field(default_factory=dict)
    calculations: dict[str, tuple[int, int, int, bool, bool]] = field(default_factory=dict)
    queue_depths: dict[int | None, int] = field(default_factory=dict)
    queue_rates: dict[int | None, int] = field(default_factory=dict)
    now_us: int = 0
    config: bytes = b"{}"
    device_id: int = 0
    port: int = 0
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    def add_register(self, name: str, *, width: int, cells: int) -> None:
        self.registers[name] = FakeRegister(width, [0] * cells)

    def set_crc(self, name: str, config: object) -> None:
        if name not in self.calculations:
            raise InvalidCrcOperation(1)
        found = SimpleNamespace(**vars(config))
        self.calculations[name] = (
            found.polynomial,
            found.initial_remainder,
            found.final_xor_value,
            found.data_reflected,
            found.remainder_reflected,
        )


class _Called:
    def __init__(self, switch: FakeSwitch) -> None:
        self._switch = switch

    def __getattribute__(self, name: str):  # noqa: ANN204  # a method of any kind
        method = object.__getattribute__(self, name)
        if not name.startswith("_"):
            switch = object.__getattribute__(self, "_switch")
            switch.calls.append(name)
            switch.before(name)
        return method


class _Standard(_Called):
    def _register(self, name: str) -> FakeRegister:
        register = self._switch.registers.get(name)
        if register is None:
            raise InvalidRegisterOperation(1)
        return register

    def _cell(self, name: str, index: int) -> FakeRegister:
        register = self._register(name)
        if not 0 <= index < len(register.cells):
            raise InvalidRegisterOperation(2)
        return register

    def bm_register_read(self, _context: int, name: str, index: int) -> int:
        return _readable(self._cell(name, index).cells[index])

    def bm_register_read_all(self, _context: int, name: str) -> list[int]:
        return [_readable(cell) for cell in self._register(name).cells]

    def bm_register_write(self, _context: int, name: str, index: int, value: int) -> None:
        register = self._cell(name, index)
        register.cells[index] = value & (1 << register.width) - 1

    def bm_register_write_range(self, _context: int, name: str, start: int, end: int, value: int) -> None:
        register = self._register(name)
        if not 0 <= start <= end <= len(register.cells):
            raise InvalidRegisterOperation(2)
        register.cells[start:end] = [value & (1 << register.width) - 1] * (end - start)

    def bm_register_reset(self, _context: int, name: str) -> None:
        register = self._register(name)
        register.cells[:] = [0] * len(register.cells)

    def bm_set_crc32_custom_parameters(self, _context: int, name: str, config: object) -> None:
        self._switch.set_crc(name, config)

    def bm_mgmt_get_info(self) -> BmConfig:
        return BmConfig(device_id=self._switch.device_id, thrift_port=self._switch.port)

    def bm_get_config_md5(self) -> bytes:
        return hashlib.md5(self._switch.config).digest()

    def bm_dev_mgr_show_ports(self) -> list[DevMgrPortInfo]:
        return [DevMgrPortInfo(port_num=1, iface_name="veth1", is_up=True, extra={})]


class _Target(_Called):
    def get_time_elapsed_us(self) -> int:
        return self._switch.now_us

    def set_all_egress_queue_depths(self, packets: int) -> int:
        self._switch.queue_depths[None] = packets
        return 0

    def set_egress_queue_depth(self, port: int, packets: int) -> int:
        self._switch.queue_depths[port] = packets
        return 0

    def set_all_egress_queue_rates(self, packets_per_s: int) -> int:
        self._switch.queue_rates[None] = packets_per_s
        return 0

    def set_egress_queue_rate(self, port: int, packets_per_s: int) -> int:
        self._switch.queue_rates[port] = packets_per_s
        return 0


def _readable(cell: int) -> int:
    return min(cell, (1 << 63) - 1)


def services_of(switch: FakeSwitch) -> Mapping[str, object]:
    return {"standard": Standard.Processor(_Standard(switch)), "simple_switch": SimpleSwitch.Processor(_Target(switch))}


@contextmanager
def serving(switch: FakeSwitch, services: Mapping[str, object] | None = None, *, at: int = 0) -> Iterator[int]:
    """Serve on a port of this machine (0: a free one), and give it."""
    processor = TMultiplexedProcessor()
    for name, service in (services or services_of(switch)).items():
        processor.registerProcessor(name, service)

    def answer(connection: socket.socket) -> None:
        transport = TSocket()
        transport.setHandle(connection)
        protocol = TBinaryProtocolAccelerated(TBufferedTransport(transport), container_length_limit=CELL_LIMIT)
        with connection, suppress(TException, EOFError, OSError):
            while True:
                processor.process(protocol, protocol)

    with listening(answer, at=at) as port:
        switch.port = port
        yield port


@contextmanager
def listening(answer: Callable[[socket.socket], None], *, at: int = 0) -> Iterator[int]:
    """Run `answer` in a thread for each connection to a port of this machine."""
    server = socket.create_server(("127.0.0.1", at))
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = server.accept()
                connections.append(connection)
                thread = threading.Thread(target=answer, args=(connection,))
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        accepting.join()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()
