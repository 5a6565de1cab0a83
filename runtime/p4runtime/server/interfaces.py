"""Network interfaces as a switch's ports: whole frames in and out, by packet sockets.

A frame that arrives is what was on the wire: the kernel takes a VLAN tag out of it, and here it is put back.
Frames that this host itself sends by an interface are none of the switch's.

Checksums: a host at the other end of a veth pair leaves TCP and UDP checksums unfinished, for its interface
claims to do that, and hands over segments above the MTU. Real ones would be on the wire as they are here, so whoever
sets up the pair turns that off at the hosts' end (`ethtool -K eth0 tx off tso off gso off`). `saw_unfinished`
tells that somebody forgot.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import Final

from runtime.p4runtime.server.errors import InterfaceError

# Source: linux/if_packet.h, linux/if_ether.h.
_ETH_P_ALL: Final = 0x0003
_SOL_PACKET: Final = 263
_PACKET_ADD_MEMBERSHIP: Final = 1
_PACKET_AUXDATA: Final = 8
_PACKET_IGNORE_OUTGOING: Final = 23
_PACKET_MR_PROMISC: Final = 1
_PACKET_OUTGOING: Final = 4
_AUXDATA: Final = struct.Struct("=IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid
_STATUS_CHECKSUM_NOT_READY: Final = 1 << 3
_STATUS_VLAN_VALID: Final = 1 << 4
_STATUS_TPID_VALID: Final = 1 << 6
_TPID_8021Q: Final = 0x8100

_LARGEST_FRAME: Final = 65_536 + 18  # a segment that was not cut, and its Ethernet header
_RECEIVE_BUFFER: Final = 4 << 20


class Interface:
    """One interface, opened for raw frames in promiscuous mode."""

    def __init__(self, name: str) -> None:
        """Raises `InterfaceError` where there is none of this name, or this process may not open it."""
        self.name = name
        self.saw_unfinished = False
        self.lost = 0  # frames that could not be sent
        try:
            index = socket.if_nametoindex(name)
        except (OSError, ValueError) as error:
            raise InterfaceError(f"there is no network interface `{name}`") from error
        try:
            self._socket = _opened(name, index)
        except PermissionError as error:
            raise InterfaceError(
                f"this process may not open the network interface `{name}`",
                help="run as root, or with the capability CAP_NET_RAW",
            ) from error
        except OSError as error:
            raise InterfaceError(f"cannot open the network interface `{name}`: {error.strerror or error}") from error

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> bytes | None:
        """The next frame that arrived, as it was on the wire; None where none waits."""
        while True:
            try:
                data, auxiliary, _, address = self._socket.recvmsg(_LARGEST_FRAME, socket.CMSG_SPACE(_AUXDATA.size))
            except OSError:  # nothing waits; or the interface went down, which is told once
                return None
            if address[2] != _PACKET_OUTGOING:
                return self._as_on_the_wire(data, auxiliary)

    def _as_on_the_wire(self, data: bytes, auxiliary: list[tuple[int, int, bytes]]) -> bytes:
        for level, kind, content in auxiliary:
            if level == _SOL_PACKET and kind == _PACKET_AUXDATA and len(content) >= _AUXDATA.size:
                status, _, _, _, _, tci, tpid = _AUXDATA.unpack_from(content)
                if status & _STATUS_CHECKSUM_NOT_READY:
                    self.saw_unfinished = True
                if status & _STATUS_VLAN_VALID:
                    tag = struct.pack("!HH", tpid if status & _STATUS_TPID_VALID else _TPID_8021Q, tci)
                    return data[:12] + tag + data[12:]
        return data

    def send(self, frame: bytes) -> None:
        """Send a frame; where the interface is down or full, or the frame too long or short, it is lost and counted."""
        try:
            self._socket.send(frame)
        except OSError:
            self.lost += 1

    def close(self) -> None:
        self._socket.close()


def _opened(name: str, index: int) -> socket.socket:
    # Without a protocol the socket hears nothing until it is bound, and then from this interface only.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    try:
        opened.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        promiscuous = struct.pack("=iHH8s", index, _PACKET_MR_PROMISC, 0, b"")
        opened.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, promiscuous)
        with suppress(OSError):  # before Linux 4.20; the address of each frame tells as well
            opened.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        opened.bind((name, _ETH_P_ALL))
    except BaseException:
        opened.close()
        raise
    return opened
