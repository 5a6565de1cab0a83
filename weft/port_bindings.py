"""Which capture arrives at which port: `lan=lan.pcap` as words of a command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compiler.diagnostics.suggest import closest
from compiler.ir.program import Program
from weft.failures import UsageError


def bind_captures(program: Program, bindings: Iterable[str]) -> dict[int, Path]:
    """The capture of each port number, in the order given. `any` of `port any[16]` means `any[0]`.

    Raises `UsageError` for what is no binding, names no port of the program, or names one twice.
    """
    captures: dict[int, Path] = {}
    for binding in bindings:
        name, equals, path = binding.partition("=")
        if not equals or not name or not path:
            raise UsageError(f"`--in {binding}` does not say PORT=CAPTURE", help=_example(program, path or name))
        number = port_number(program, name.strip())
        if number in captures:
            other = captures[number]
            raise UsageError(
                f"port `{program.ports[number].name}` has two captures: {other} and {path}",
                help="merge them first: `mergecap -w both.pcap ONE OTHER`",
            )
        captures[number] = Path(path)
    if not captures:
        raise UsageError("no packets to run the program on", help=_example(program, "capture.pcap"))
    _check_standard_input(captures)
    return captures


def port_number(program: Program, name: str) -> int:
    """The number of the port that `name` means; `UsageError` where there is none."""
    names = {port.name: number for number, port in reversed(list(enumerate(program.ports)))}
    groups = {port.group: number for number, port in reversed(list(enumerate(program.ports)))}
    found = names.get(name, groups.get(name))
    if found is not None:
        return found
    group, bracket, _ = name.partition("[")
    members = [port for port in program.ports if port.group == group]
    if bracket and members:
        raise UsageError(
            f"program `{program.name}` has no port `{name}`",
            help=f"`{group}` has the ports {members[0].name} to {members[-1].name}"
            if len(members) > 1
            else f"write `{group}`",
        )
    meant = closest(name, [*names, *groups])
    raise UsageError(
        f"program `{program.name}` has no port `{name}`" + (f"; did you mean `{meant}`?" if meant else ""),
        help=f"its ports are {', '.join(dict.fromkeys(_described(program)))}",
    )


def _described(program: Program) -> list[str]:
    sizes: dict[str, int] = {}
    for port in program.ports:
        sizes[port.group] = sizes.get(port.group, 0) + 1
    return [port.name if port.name == port.group else f"{port.group}[0..{sizes[port.group]}]" for port in program.ports]


def _example(program: Program, path: str) -> str:
    port = program.ports[0].group if program.ports else "PORT"
    return f"name a port and its capture, such as `--in {port}={path}`"


def _check_standard_input(captures: dict[int, Path]) -> None:
    if sum(str(path) == "-" for path in captures.values()) > 1:
        raise UsageError("only one port can read standard input")
