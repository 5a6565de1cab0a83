"""What a pcapng section says about the packets that follow: byte order, interfaces, their clocks.

Source: draft-ietf-opsawg-pcapng, sections 4.1 (section header), 4.2 (interface description), 3.5 (options).
"""

from collections.abc import Iterator
from math import gcd
from struct import Struct
from typing import Final, NamedTuple

from sim.captures.link_types import ETHERNET

# A section may describe any number of interfaces; more than the 16-bit numbers of the older packet block reach is a
# corrupt or hostile file, and each costs memory.
MAX_INTERFACES: Final = 65_536

_OPTION_END: Final = 0
_OPTION_TIME_RESOLUTION: Final = 9
_OPTION_TIME_OFFSET: Final = 14

_NS_PER_S: Final = 1_000_000_000


class BlockError(Exception):
    """A block contradicts the format. The reader turns it into a `MalformedCapture` that says where."""


class Clock(NamedTuple):
    """An interface's clock: a time stamp of t ticks is `t * numerator // denominator + offset_ns`."""

    numerator: int
    denominator: int
    offset_ns: int


class Section:
    """One section of a pcapng file, filled by its interface descriptions.

    `clocks` has the clock of each Ethernet interface; one that is absent is explained by `link_types`.
    """

    def __init__(self, order: str) -> None:
        self.word = Struct(order + "I")
        self.block_start = Struct(order + "II")
        self.enhanced_packet = Struct(order + "7I")
        self.packet_fields = Struct(order + "5I")
        self.old_packet_fields = Struct(order + "HHIIII")
        self.clocks: dict[int, Clock] = {}
        self.link_types: list[int] = []
        self.first_snapshot_bytes = 0  # of interface 0, the only one a simple packet block can mean; 0: unlimited
        self._version = Struct(order + "HH")
        self._interface = Struct(order + "HHI")
        self._option_start = Struct(order + "HH")
        self._offset_s = Struct(order + "q")

    def check_header(self, body: bytes) -> None:
        """Check the body of the section header block, from its byte-order magic on."""
        if len(body) < 16:
            raise BlockError("the section header is too short")
        major, minor = self._version.unpack_from(body, 4)
        if major != 1:
            raise BlockError(f"pcapng version {major}.{minor} is not 1.x")

    def add_interface(self, body: bytes) -> None:
        """Take in the body of an interface description block."""
        if len(body) < self._interface.size:
            raise BlockError("an interface description is too short")
        if len(self.link_types) >= MAX_INTERFACES:
            raise BlockError(f"a section describes more than {MAX_INTERFACES} interfaces")
        link_type, _, snapshot_bytes = self._interface.unpack_from(body)
        number = len(self.link_types)
        if number == 0:
            self.first_snapshot_bytes = snapshot_bytes
        self.link_types.append(link_type)
        clock = self._clock(body)
        if link_type == ETHERNET:
            self.clocks[number] = clock

    def _clock(self, body: bytes) -> Clock:
        ticks_per_s, offset_s = 1_000_000, 0
        for code, value in self._options(body, self._interface.size):
            if code == _OPTION_TIME_RESOLUTION:
                ticks_per_s = _ticks_per_second(value)
            elif code == _OPTION_TIME_OFFSET:
                if len(value) != self._offset_s.size:
                    raise BlockError(f"option if_tsoffset has {len(value)} bytes, not 8")
                (offset_s,) = self._offset_s.unpack(value)
        shared = gcd(_NS_PER_S, ticks_per_s)
        return Clock(_NS_PER_S // shared, ticks_per_s // shared, offset_s * _NS_PER_S)

    def _options(self, body: bytes, position: int) -> Iterator[tuple[int, bytes]]:
        while position < len(body):  # both are multiples of 4, so the head of an option is always whole
            code, length = self._option_start.unpack_from(body, position)
            if code == _OPTION_END:
                return
            value = body[position + 4 : position + 4 + length]
            if len(value) < length:
                raise BlockError(f"option {code} of {length} bytes runs out of its block")
            yield code, value
            position += 4 + (length + 3 & ~3)  # values are padded to 32 bits


def _ticks_per_second(value: bytes) -> int:
    """Return what if_tsresol says: a power of 10, or of 2 where the top bit is set."""
    if len(value) != 1:
        raise BlockError(f"option if_tsresol has {len(value)} bytes, not 1")
    exponent = value[0] & 0x7F
    return 2**exponent if value[0] & 0x80 else 10**exponent
