"""Names of link-layer header types, so that an error can say what a capture holds.

Source: https://www.tcpdump.org/linktypes.html (only those met in practice; any other is shown by its number).
"""

from typing import Final

ETHERNET: Final = 1

_NAMES: Final = {
    0: "BSD loopback",
    1: "Ethernet",
    6: "token ring",
    9: "PPP",
    12: "raw IP",  # DLT_RAW of most systems, written to files by old tools
    14: "raw IP",  # DLT_RAW of OpenBSD
    101: "raw IP",
    104: "Cisco HDLC",
    105: "IEEE 802.11",
    108: "OpenBSD loopback",
    113: "Linux cooked capture",
    127: "IEEE 802.11 with radiotap",
    189: "USB",
    192: "PPI",
    195: "IEEE 802.15.4",
    201: "Bluetooth HCI",
    220: "USB",
    228: "raw IPv4",
    229: "raw IPv6",
    249: "USBPcap",
    251: "Bluetooth LE",
    276: "Linux cooked capture v2",
}


def link_type_name(link_type: int) -> str:
    """Return `raw IP (101)`, or the bare number of a type without a name here."""
    name = _NAMES.get(link_type)
    return str(link_type) if name is None else f"{name} ({link_type})"
