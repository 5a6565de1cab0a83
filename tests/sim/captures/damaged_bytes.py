"""Captures with something wrong in them."""

import gzip
import struct

from hypothesis import strategies as st

from tests.sim.captures.capture_bytes import (
    block,
    enhanced,
    interface,
    old_packet,
    pcap_header,
    pcap_record,
    section,
    simple,
)

VALID = {
    "pcap": pcap_header("<") + b"".join(pcap_record("<", 9, number, bytes(number)) for number in range(8)),
    "pcap swapped": pcap_header(">") + b"".join(pcap_record(">", 9, number, bytes(number)) for number in range(8)),
    "pcapng": section("<") + interface("<", resolution=9, offset_s=4) + enhanced("<", b"one") + simple("<", b"two")
    + block("<", 5, bytes(20)) + section(">") + interface(">") + enhanced(">", b"3") + old_packet(">", b"4", ticks=4),
}  # fmt: skip
VALID["gzip"] = gzip.compress(VALID["pcapng"], mtime=0)

INTERESTING = [0, 1, 2, 3, 4, 6, 8, 11, 12, 16, 28, 32, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a valid capture with a few bytes or words changed, a piece removed or repeated, or its end cut off."""
    content = bytearray(draw(st.sampled_from(sorted(VALID.values()))))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["byte", "word", "cut", "remove", "repeat"])):
            case "byte":
                content[position : position + 1] = bytes([draw(st.integers(0, 255))])
            case "word":
                order = draw(st.sampled_from(["<I", ">I"]))
                position &= ~3
                content[position : position + 4] = struct.pack(order, draw(st.sampled_from(INTERESTING)))
            case "cut":
                del content[position:]
            case "remove":
                del content[position : position + draw(st.integers(1, 40))]
            case _:
                content[position:position] = content[position : position + draw(st.integers(1, 40))]
    return bytes(content)
