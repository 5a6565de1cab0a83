"""iproute2: the one way in which labs make and remove links, addresses and namespaces."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from runtime.lab.errors import NetworkError

NAMESPACES: Final = Path("/run/netns")  # where `ip netns` keeps them by name
_TIME_LIMIT_S: Final = 30.0  # a step takes milliseconds


def require_iproute(*tools: str) -> None:
    """Raise `NetworkError` where a tool of iproute2 is not on PATH."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise NetworkError(f"`{tool}` is not on this machine", help="install iproute2")


def namespace_exists(name: str) -> bool:
    return (NAMESPACES / name).exists()


def interface_exists(name: str) -> bool:
    """Whether the namespace of this process has the interface. (What /sys shows may be of another one.)"""
    try:
        return bool(socket.if_nametoindex(name))
    except OSError:
        return False


def ip(*arguments: str) -> None:
    """Run `ip`; raises `NetworkError` with its words."""
    _run(["ip", *arguments])


def ip_batch(lines: Iterable[str], *, namespace: str | None = None) -> None:
    """Run lines of `ip`, in a namespace or in this one, up to the first that fails."""
    _run(["ip", *_within(namespace), "-batch", "-"], given="".join(f"{line}\n" for line in lines))


def tc(*arguments: str, namespace: str | None = None) -> None:
    _run(["tc", *_within(namespace), *arguments])


def _within(namespace: str | None) -> tuple[str, ...]:
    return () if namespace is None else ("-netns", namespace)


def _run(command: Sequence[str], *, given: str = "") -> None:
    try:
        finished = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIME_LIMIT_S,
            check=False,
            start_new_session=True,  # Ctrl-C is for us: a step is done or not, never half
        )
    except OSError as error:
        raise NetworkError(
            f"`{command[0]}` does not run: {error.strerror or error}", help="install iproute2"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise NetworkError(f"`{' '.join(command)}` is not done after {_TIME_LIMIT_S:g} s") from error
    if finished.returncode:
        raise _refused(command, given, finished.stderr)


def _refused(command: Sequence[str], given: str, said: str) -> NetworkError:
    lines = [line for line in said.splitlines() if line.strip()]
    step = " ".join(command)
    for line in lines:  # "Command failed -:3" says which line of the batch
        before, _, number = line.rpartition(":")
        if before == "Command failed -" and number.isdigit():
            step = f"{step.removesuffix(' -batch -')} {given.splitlines()[int(number) - 1]}"
            lines.remove(line)
            break
    help = None
    if "not permitted" in said or "Permission denied" in said:
        help = "root alone is not enough here: a container needs CAP_NET_ADMIN and CAP_SYS_ADMIN"
    return NetworkError(f"`{step}` fails: {'; '.join(lines) or 'without a word'}", help=help)
