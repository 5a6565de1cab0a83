"""Write generated traffic as one capture for each port."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from sim.captures import CaptureFileError, Packet, PortCaptures


def write_captures(
    packets: Iterable[Packet], directory: str | os.PathLike[str], *, port_names: Mapping[int, str]
) -> dict[int, Path]:
    """Write `packets` to `directory`/NAME.pcap by port, and return the path of each port.

    The directory is made if it is not there. Raises `CaptureError` with nothing left behind; a packet of a port
    without a name is one reason.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaptureFileError(str(folder), f"cannot create: {error.strerror or error}") from error
    paths = {port: folder / f"{name}.pcap" for port, name in port_names.items()}
    with PortCaptures(paths) as captures:
        for packet in packets:
            captures.write(packet)
    return paths
