"""Work inside a network namespace, from a process that stays outside."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from runtime.lab.errors import NetworkError
from runtime.lab.iproute import NAMESPACES

_CLONE_NEWNET: Final = 0x40000000  # linux/sched.h
_SETTINGS: Final = Path("/proc/sys/net")

# linux/sockios.h, linux/ethtool.h
_SIOCETHTOOL: Final = 0x8946
_ETHTOOL_GFLAGS: Final = 0x25
_ETHTOOL_SFLAGS: Final = 0x26
_VLAN_FLAGS: Final = 1 << 7 | 1 << 8  # tags put in and taken out by the device
_OFFLOADS: Final = {
    "TCP segmentation": 0x1F,
    "generic segmentation": 0x24,
    "generic receive": 0x2C,
    "checksums of what is sent": 0x17,  # after segmentation, which needs it
}

_Result = TypeVar("_Result")


def in_namespace(name: str, work: Callable[[], _Result]) -> _Result:
    """What `work` returns, done by a thread that is in the namespace; sockets that it opens stay in there.

    Raises what it raises, and `NetworkError` where there is no such namespace.
    """
    results: list[_Result] = []
    errors: list[BaseException] = []

    def enter_and_work() -> None:
        try:
            _enter(name)
            results.append(work())
        except BaseException as error:  # noqa: BLE001  # raised by the thread that waits
            errors.append(error)

    thread = threading.Thread(target=enter_and_work, name=f"in {name}")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _enter(name: str) -> None:
    """Move this thread. `os.setns` is there from Python 3.12 on."""
    path = NAMESPACES / name
    try:
        with path.open("rb") as handle:
            if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), _CLONE_NEWNET):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
    except OSError as error:
        raise NetworkError(f"cannot enter the network namespace `{name}`: {error.strerror or error}") from error


def set_kernel_options(values: dict[str, int]) -> None:
    """Set options of the namespace that this thread is in, such as "ipv4/conf/eth0/rp_filter"; those of a protocol
    that the kernel does not have are left out."""
    for option, value in values.items():
        path = _SETTINGS / option
        if not (_SETTINGS / option.partition("/")[0]).is_dir():
            continue
        try:
            path.write_text(str(value))
        except OSError as error:
            raise NetworkError(f"cannot set {path} to {value}: {error.strerror or error}") from error


def turn_offloads_off(interface: str) -> None:
    """Let an interface of this thread's namespace send what a wire would carry.

    The far end of a veth pair would else get segments above the MTU, with checksums that nobody has filled in,
    and VLAN tags beside the frame instead of in it. Raises `NetworkError`.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for what, command in _OFFLOADS.items():
            try:
                _ethtool(control, interface, command, 0)
            except OSError as error:
                reason = error.strerror or error
                raise NetworkError(f"cannot turn off {what} offload of `{interface}`: {reason}") from error
        with suppress(OSError):  # a kernel without VLANs
            flags = _ethtool(control, interface, _ETHTOOL_GFLAGS, 0)
            _ethtool(control, interface, _ETHTOOL_SFLAGS, flags & ~_VLAN_FLAGS)


def _ethtool(control: socket.socket, interface: str, command: int, value: int) -> int:
    """Source: struct ethtool_value, and struct ifreq with a pointer to it."""
    argument = ctypes.create_string_buffer(struct.pack("=II", command, value), 8)
    request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(argument))
    fcntl.ioctl(control, _SIOCETHTOOL, request)
    return struct.unpack("=II", argument.raw)[1]
