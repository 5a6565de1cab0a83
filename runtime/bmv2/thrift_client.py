"""What Weft asks a running bmv2 for over Thrift: registers, and what has no place in P4Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar

from bm_runtime.standard.ttypes import (
    BmCrc32Config,
    CrcErrorCode,
    InvalidCrcOperation,
    InvalidRegisterOperation,
    RegisterOperationErrorCode,
)

from runtime.bmv2.errors import (
    NoSuchRegisterError,
    RegisterIndexError,
    RegisterValueError,
    SwitchError,
    SwitchRefusedError,
)
from runtime.bmv2.thrift_connection import Connection, Operation, code_name

MOST: Final = (1 << 63) - 1  # of a register's cell: values are i64, and what is above reads as this
_CONTEXT: Final = 0  # bmv2 knows several; simple_switch has one

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class SwitchInfo:
    device_id: int
    thrift_port: int


@dataclass(frozen=True, slots=True)
class PortInfo:
    interface: str
    is_up: bool


class SwitchClient:
    """A connection to one switch while its `with` block runs. All methods raise `SwitchError`."""

    def __init__(self, host: str, port: int, *, timeout_s: float = 10.0) -> None:
        self.address = f"{host}:{port}"
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self._connection = Connection(self._host, self._port, timeout_s=self._timeout_s)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    @property
    def connection(self) -> Connection:
        assert self._connection is not None, "a client is used in its `with` block"
        return self._connection

    # --- registers

    def read_all(self, register: str) -> list[int]:
        """All cells, as they were at one moment."""
        return self._of_register(self.connection.standard.bm_register_read_all, register)

    def read(self, register: str, index: int) -> int:
        return self._of_register(self.connection.standard.bm_register_read, register, index)

    def write(self, register: str, index: int, value: int) -> None:
        self._of_register(self.connection.standard.bm_register_write, register, index, _sendable(register, value))

    def write_range(self, register: str, start: int, end: int, value: int) -> None:
        """Put `value` into the cells from `start` up to, but not including, `end`; no packet sees half of it."""
        value = _sendable(register, value)
        self._of_register(self.connection.standard.bm_register_write_range, register, start, end, value)

    def reset(self, register: str) -> None:
        """Put 0 into all cells. Only while no packet passes: bmv2 takes no lock here; `write_range` does."""
        self._of_register(self.connection.standard.bm_register_reset, register)

    def _of_register(self, operation: Operation[_Result], register: str, *args: int) -> _Result:
        try:
            return self.connection.call(operation, _CONTEXT, register, *args)
        except InvalidRegisterOperation as error:
            raise self._register_error(error, register, args) from error

    def _register_error(self, error: InvalidRegisterOperation, register: str, args: tuple[int, ...]) -> SwitchError:
        match error.code:
            case RegisterOperationErrorCode.INVALID_REGISTER_NAME:
                return NoSuchRegisterError(
                    f"the program on the switch at {self.address} has no register `{register}`",
                    help="the switch runs another program; deploy this one, or name the folder of the one it runs",
                )
            case RegisterOperationErrorCode.INVALID_INDEX:
                cells = f"cells {args[0]}..{args[1] - 1}" if len(args) == 3 else f"cell {args[0]}"
                return RegisterIndexError(
                    f"register `{register}` of the switch at {self.address} has no {cells}",
                    help="the switch runs another version of the program; deploy this one",
                )
            case _:
                return _refused(self.address, f"register `{register}`", "ERROR")

    # --- what has no place in P4Runtime

    def set_crc32_parameters(
        self,
        calculation: str,
        *,
        polynomial: int,
        initial: int,
        final_xor: int,
        reflect_data: bool,
        reflect_remainder: bool,
    ) -> None:
        """Set what a `HashAlgorithm.crc32_custom` computes."""
        config = BmCrc32Config(
            _signed(polynomial), _signed(initial), _signed(final_xor), reflect_data, reflect_remainder
        )
        try:
            self.connection.call(self.connection.standard.bm_set_crc32_custom_parameters, _CONTEXT, calculation, config)
        except (InvalidCrcOperation, SwitchRefusedError) as error:  # the latter for a name that is not there
            raise SwitchRefusedError(
                f"the switch at {self.address} takes no CRC-32 parameters for calculation `{calculation}`",
                code_name(error, CrcErrorCode._VALUES_TO_NAMES),
                help="the switch runs another program; deploy this one",
            ) from error

    def set_queue_depth(self, packets: int, port: int | None = None) -> None:
        """How many packets the egress queue of a port (None: of any) holds; 64 if never set. More are lost silently."""
        target = self.connection.target
        if port is None:
            failed = self.connection.call(target.set_all_egress_queue_depths, packets)
        else:
            failed = self.connection.call(target.set_egress_queue_depth, port, packets)
        if failed:
            raise _refused(self.address, f"a queue of {packets} packets", str(failed))

    def set_queue_rate(self, packets_per_s: int, port: int | None = None) -> None:
        """How many packets leave the egress queue of a port (None: of any) each second; 0: as many as can."""
        target = self.connection.target
        if port is None:
            failed = self.connection.call(target.set_all_egress_queue_rates, packets_per_s)
        else:
            failed = self.connection.call(target.set_egress_queue_rate, port, packets_per_s)
        if failed:
            raise _refused(self.address, f"a queue rate of {packets_per_s} packets/s", str(failed))

    # --- the switch itself

    def now_us(self) -> int:
        """The switch's clock: microseconds since it started, as packets are stamped at ingress."""
        return self.connection.call(self.connection.target.get_time_elapsed_us)

    def info(self) -> SwitchInfo:
        found = self.connection.call(self.connection.standard.bm_mgmt_get_info)
        return SwitchInfo(device_id=found.device_id or 0, thrift_port=found.thrift_port or 0)

    def config_md5(self) -> bytes:
        """MD5 of the JSON that the switch runs."""
        return self.connection.call(self.connection.standard.bm_get_config_md5)

    def ports(self) -> dict[int, PortInfo]:
        found = self.connection.call(self.connection.standard.bm_dev_mgr_show_ports)
        return {port.port_num: PortInfo(port.iface_name, bool(port.is_up)) for port in found}


def _sendable(register: str, value: int) -> int:
    if not 0 <= value <= MOST:
        raise RegisterValueError(
            f"{value} does not go into a cell of register `{register}` over Thrift, which carries 63 bits"
        )
    return value


def _signed(value: int) -> int:
    """32 bits as Thrift has them."""
    return value - (1 << 32) if value >> 31 else value


def _refused(address: str, what: str, code: str) -> SwitchRefusedError:
    return SwitchRefusedError(f"the switch at {address} refuses {what}: {code}", code)
