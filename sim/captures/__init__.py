from sim.captures.errors import (
    CaptureError,
    CaptureFileError,
    MalformedCapture,
    NotACapture,
    TruncatedCapture,
    UnsupportedLinkType,
    UnwritablePacket,
)
from sim.captures.merge import merge
from sim.captures.open import STANDARD_INPUT, Capture, ReadableFile, open_capture
from sim.captures.records import MAX_RECORD_BYTES, MAX_TIME_NS, Packet
from sim.captures.write import PcapWriter, PortCaptures

__all__ = [
    "MAX_RECORD_BYTES",
    "MAX_TIME_NS",
    "STANDARD_INPUT",
    "Capture",
    "CaptureError",
    "CaptureFileError",
    "MalformedCapture",
    "NotACapture",
    "Packet",
    "PcapWriter",
    "PortCaptures",
    "ReadableFile",
    "TruncatedCapture",
    "UnsupportedLinkType",
    "UnwritablePacket",
    "merge",
    "open_capture",
]
