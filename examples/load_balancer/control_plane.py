"""Write tables.toml: the backends, and the Maglev table that spreads new connections over them.

    python control_plane.py [--without 3] > tables.toml

`--without` leaves a backend out, as when it fails: few connections of the others move.
"""

import argparse
from collections.abc import Mapping

from sim.control.maglev import maglev_table

CELLS = 2039
BACKENDS = {number: f"10.0.0.{number}" for number in range(1, 9)}


def tables(backends: Mapping[int, str]) -> str:
    """Return the text of tables.toml for backends by number, each an IPv4 address."""
    rows = [
        f'    {{ key = {number}, value = {{ ip = "{ip}", mac = "{_mac_of(ip)}" }} }},'
        for number, ip in backends.items()
    ]
    cells = maglev_table(backends, size=CELLS)
    lines = [", ".join(map(str, cells[start : start + 32])) for start in range(0, len(cells), 32)]
    return "\n".join(["backends = [", *rows, "]", "maglev = [", *(f"    {line}," for line in lines), "]", ""])


def _mac_of(ip: str) -> str:
    return "02:00:" + ":".join(f"{int(part):02x}" for part in ip.split("."))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", type=int, action="append", default=[], choices=BACKENDS, metavar="BACKEND")
    absent = parser.parse_args().without
    print(tables({number: ip for number, ip in BACKENDS.items() if number not in absent}), end="")
