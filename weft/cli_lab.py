# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that `weft --help` answers at once
"""The commands of `weft lab`."""

from pathlib import Path
from typing import Annotated

import typer

from weft.reported import reported

lab_app = typer.Typer(
    help="Hosts and switches on this machine, in network namespaces. Root alone can make them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

TopologyFile = Annotated[Path, typer.Argument(metavar="TOPOLOGY", help="The topology, a .toml file.")]
Lab = Annotated[str, typer.Argument(metavar="LAB", help="The name of a lab, or its topology file.")]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="ENGINE",
        help="What every switch runs on, whatever the topology says: bmv2, interpreter, or auto for bmv2 if found.",
        show_default=False,
    ),
]
Timeout = Annotated[float, typer.Option(metavar="SECONDS", min=1, help="How long a switch may take until it forwards.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@lab_app.command()
@reported
def up(topology: TopologyFile, engine: Engine = None, timeout: Timeout = 60, as_json: AsJson = False) -> None:
    """Bring a lab up; it stays until `weft lab down`."""
    from weft.commands.lab_up import bring_lab_up

    bring_lab_up(topology, engine=engine, timeout_s=timeout, as_json=as_json)


@lab_app.command()
@reported
def down(lab: Lab, as_json: AsJson = False) -> None:
    """Take a lab down: end its processes, remove what it made. Harmless where there is none."""
    from weft.commands.lab import take_lab_down

    take_lab_down(lab, as_json=as_json)


@lab_app.command()
@reported
def status(
    lab: Annotated[
        str | None, typer.Argument(metavar="[LAB]", help="The name of a lab, or its topology file.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show a lab, or all of them; exit 1 if a switch of it does not run."""
    from weft.commands.lab import print_status

    return print_status(lab, as_json=as_json)


@lab_app.command("exec")
@reported
def execute(
    lab: Lab,
    host: Annotated[str, typer.Argument(metavar="HOST", help="A host of the lab.")],
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="What runs there.")],
) -> None:
    """Run a command in a host, such as `weft lab exec nat inside1 -- ping 203.0.113.9`."""
    from weft.commands.lab import run_in_host

    run_in_host(lab, host, command)


@lab_app.command("run")
@reported
def run_once(
    topology: TopologyFile,
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="What runs while the lab is up.")],
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Run it in a host, not beside the switches.", show_default=False)
    ] = None,
    engine: Engine = None,
    timeout: Timeout = 60,
) -> int:
    """Bring a lab up, run a command, take the lab down; the exit code is the command's."""
    from weft.commands.lab_up import run_with_lab

    return run_with_lab(topology, command, host=host, engine=engine, timeout_s=timeout)
