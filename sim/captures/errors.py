# ruff: noqa: N818  # named for what was found; the family name says that it is an error
"""What can be wrong with a capture.

Every failure of this package, whatever the bytes or the disk did, is a `CaptureError`. The subclass says which
kind; the attributes say where.
"""

from typing import Final

from sim.captures.link_types import link_type_name

CONVERT_HELP: Final = "Weft reads pcap and pcapng, plain or gzip-compressed; `editcap -F pcapng IN OUT` converts others"


class CaptureError(Exception):
    """A capture cannot be read or written.

    `path` is the file as the user named it, `problem` one sentence, `offset` the byte where it shows (counted after
    decompression), `packet` the number, from 1, of the packet it hit, `help` what to do about it.
    """

    def __init__(
        self, path: str, problem: str, *, offset: int | None = None, packet: int | None = None, help: str | None = None
    ) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem
        self.offset = offset
        self.packet = packet
        self.help = help

    @property
    def place(self) -> str:
        """`packet 7, byte 1312`; empty where the problem has no place."""
        parts = []
        if self.packet is not None:
            parts.append(f"packet {self.packet}")
        if self.offset is not None:
            parts.append(f"byte {self.offset}")
        return ", ".join(parts)

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        help_line = f"\nhelp: {self.help}" if self.help else ""
        return f"{self.path}: {self.problem}{place}{help_line}"


class CaptureFileError(CaptureError):
    """The operating system refused: no such file, no permission, disk full. The `OSError` is the `__cause__`."""


class NotACapture(CaptureError):
    """The file is no capture, or one of a format that Weft does not read."""


class MalformedCapture(CaptureError):
    """The file starts as a capture but contradicts its format further on."""


class TruncatedCapture(CaptureError):
    """The file ends inside a packet or block; everything before it was read."""


class UnsupportedLinkType(CaptureError):
    """The packets are not Ethernet frames; `link_type` is the number the capture carries."""

    def __init__(self, path: str, link_type: int, *, offset: int, packet: int | None = None) -> None:
        super().__init__(
            path,
            f"packets have link type {link_type_name(link_type)}, and Weft needs Ethernet (1)",
            offset=offset,
            packet=packet,
            help="capture on an Ethernet interface (`tcpdump -i eth0`, not `-i any`), "
            "or give the packets an Ethernet header (`tcprewrite --dlt=enet`)",
        )
        self.link_type = link_type


class UnwritablePacket(CaptureError):
    """A packet does not fit the pcap format: its time, its length, or a port that has no capture."""


def file_error(path: str, error: OSError, *, doing: str) -> CaptureFileError:
    """Return the `CaptureFileError` for an `OSError` met while `doing` ("open", "write") something with `path`."""
    reason = error.strerror or str(error)
    return CaptureFileError(path, f"cannot {doing}: {reason}")
