# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that `weft --help` answers at once
"""The commands of `weft state`."""

from pathlib import Path
from typing import Annotated

import typer

from weft.reported import reported

state_app = typer.Typer(
    help="Read, write and look into state, saved or of a running switch.", no_args_is_help=True, rich_markup_mode=None
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `weft compile --target bmv2` wrote.")]
Thrift = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the switch listens for Thrift.")]
SwitchTime = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="The time on the switch, where it cannot tell it.", show_default=False),
]
KeepClock = Annotated[bool, typer.Option("--keep-clock", help="Leave times as they are, whatever clock they are of.")]
Moving = Annotated[bool, typer.Option("--moving", help="Go on although packets pass.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@state_app.command()
@reported
def diff(
    left: Annotated[Path, typer.Argument(metavar="A", help="A state that `weft run --state-out` saved.")],
    right: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    as_json: AsJson = False,
) -> int:
    """Show the entries in which two saved states differ; exit 1 if any do."""
    from weft.commands.state import print_difference

    return print_difference(left, right, as_json=as_json)


@state_app.command()
@reported
def pull(
    folder: Folder,
    thrift: Thrift,
    output: Annotated[
        Path, typer.Option("--out", "-o", metavar="JSON", help="Where the state goes.", show_default=False)
    ],
    now: SwitchTime = None,
    keep_clock: KeepClock = False,
    moving: Moving = False,
    as_json: AsJson = False,
) -> None:
    """Save the state of a running bmv2 in a file."""
    from weft.commands.state_on_switch import pull_to_file

    pull_to_file(folder, thrift, output, now=now, keep_clock=keep_clock, moving=moving, as_json=as_json)


@state_app.command()
@reported
def push(
    folder: Folder,
    thrift: Thrift,
    file: Annotated[
        Path, typer.Argument(metavar="JSON", help="A state that was pulled, or saved by `weft run --state-out`.")
    ],
    now: SwitchTime = None,
    keep_clock: KeepClock = False,
    moving: Moving = False,
    as_json: AsJson = False,
) -> None:
    """Make the state of a running bmv2 that of a file."""
    from weft.commands.state_on_switch import push_from_file

    push_from_file(folder, thrift, file, now=now, keep_clock=keep_clock, moving=moving, as_json=as_json)


@state_app.command()
@reported
def show(
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="A folder of `weft compile --target bmv2`, or a file of saved state."),
    ],
    states: Annotated[list[str] | None, typer.Argument(metavar="[STATE]...", help="These alone.")] = None,
    thrift: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Of a folder: the switch that runs it.", show_default=False),
    ] = None,
    program: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a file: the program that it is of.", show_default=False),
    ] = None,
    now: SwitchTime = None,
    moving: Moving = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many entries of each state; 20 as text, all as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the state of a running bmv2, or of a file."""
    from weft.commands.state import show_state

    show_state(
        source,
        states or [],
        thrift=thrift,
        program=program,
        now=now,
        moving=moving,
        limit=limit,
        as_json=as_json,
    )
