"""`weft version`."""

import platform
from importlib.metadata import PackageNotFoundError, version

from weft.terminal import write_json, write_result


def print_version(*, as_json: bool) -> None:
    """Print the versions of Weft and of Python."""
    try:
        found = version("weft")
    except PackageNotFoundError:
        found = "unknown (not installed)"
    if as_json:
        write_json({"weft": found, "python": platform.python_version()})
    else:
        write_result(f"weft {found} (Python {platform.python_version()})")
