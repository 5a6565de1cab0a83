# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that `weft --help` answers at once
"""The command line: what each command is called, and what it takes."""

import os
from pathlib import Path
from typing import Annotated

import typer

from weft.cli_deploy import deploy, digests, entries_app
from weft.cli_lab import lab_app
from weft.cli_state import state_app
from weft.reported import reported

app = typer.Typer(
    name="weft",
    help="Compile, run and look into network programs.",
    epilog="Errors are explained by `weft explain CODE`. Exit codes: 1 what was given is wrong, 2 the command line is.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.add_typer(state_app, name="state")
app.add_typer(lab_app, name="lab")
app.add_typer(entries_app, name="entries")

Program = Annotated[Path, typer.Argument(metavar="FILE", help="The program, a .weft file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--in", "-i", metavar="PORT=CAPTURE", help="Packets that arrive by a port; `-` reads standard input."),
]
Entries = Annotated[
    Path | None, typer.Option(metavar="TOML", help="Table entries, tunables and multicast groups.", show_default=False)
]
StateIn = Annotated[
    Path | None, typer.Option(metavar="JSON", help="Go on from a state saved before.", show_default=False)
]
Tolerate = Annotated[bool, typer.Option("--tolerate-truncation", help="Use what is there of a capture cut short.")]


def main() -> None:
    """Run the command line and exit."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it says beside its errors, it says into our messages
    app()


@app.command()
@reported
def check(
    file: Program,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how state can be split and what can be cached.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check a program; report all errors at once."""
    from weft.commands.check import check_program

    return check_program(file, with_explanation=explain, as_json=as_json)


@app.command("compile")
@reported
def compile_program(
    file: Program,
    target: Annotated[
        str, typer.Option(metavar="TARGET", help="What it shall run on: bmv2, bluefield.", show_default=False)
    ],
    folder: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="The folder to write, or to replace.", show_default=False),
    ],
    test_build: Annotated[
        bool, typer.Option("--test-build", help="Take time, port and length from a header in front of each packet.")
    ] = False,
    cut: Annotated[
        Path | None,
        typer.Option(metavar="CUT.toml", help="Compile a piece of the program, cut like this.", show_default=False),
    ] = None,
    piece: Annotated[
        str | None,
        typer.Option(metavar="DEVICE", help="The piece: a device on the cut's path.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compile a program, or a piece of it, for a device."""
    from weft.commands.compile import compile_for_target

    return compile_for_target(
        file, target=target, folder=folder, test_build=test_build, part=(cut, piece), as_json=as_json
    )


@app.command()
@reported
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a diagnostic, such as W0304.")],
    as_json: AsJson = False,
) -> None:
    """Explain the code of a diagnostic."""
    from weft.commands.explain import explain_code

    explain_code(code, as_json=as_json)


@app.command()
@reported
def ir(
    file: Program,
    after: Annotated[str | None, typer.Option(metavar="PASS", help="Stop after this pass.", show_default=False)] = None,
) -> None:
    """Print a program as the compiler sees it."""
    from weft.commands.ir import print_ir

    print_ir(file, after=after)


@app.command()
@reported
def fmt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Programs, or folders of programs.")],
    check: Annotated[bool, typer.Option("--check", help="Change nothing; list files to change and exit 1.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
    as_json: AsJson = False,
) -> int:
    """Bring programs into the one layout."""
    from weft.commands.fmt import format_files

    return format_files(files, check=check, diff=diff, as_json=as_json)


@app.command()
@reported
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the program and of the folder to make.")],
    as_json: AsJson = False,
) -> None:
    """Write a program to start from."""
    from weft.commands.new import write_new_program

    write_new_program(name, as_json=as_json)


@app.command()
@reported
def run(
    file: Program,
    inputs: Inputs = None,
    out_dir: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the captures of what leaves go.")] = Path(
        "out"
    ),
    entries: Entries = None,
    state_in: StateIn = None,
    state_out: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Save the state after the last packet.", show_default=False)
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="ENGINE",
            help="native (compiled C) or interpreter; if not given, native where a C compiler is found.",
            show_default=False,
        ),
    ] = None,
    tolerate_truncation: Tolerate = False,
    as_json: AsJson = False,
) -> None:
    """Run a program on captures of packets."""
    from weft.commands.run import run_program

    run_program(
        file,
        inputs or [],
        out_dir=out_dir,
        entries=entries,
        state_in=state_in,
        state_out=state_out,
        engine=engine,
        tolerate_truncation=tolerate_truncation,
        as_json=as_json,
    )


@app.command()
@reported
def trace(
    file: Program,
    inputs: Inputs = None,
    packet: Annotated[int, typer.Option(min=1, help="Which packet, counted from 1 in the order of arrival.")] = 1,
    port: Annotated[
        str | None,
        typer.Option(metavar="PORT", help="Count only packets that arrive by this port.", show_default=False),
    ] = None,
    dropped_at: Annotated[
        int | None,
        typer.Option(metavar="LINE", help="Count only packets that are dropped in this line.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many packets to show from there on.")] = 1,
    entries: Entries = None,
    state_in: StateIn = None,
    tolerate_truncation: Tolerate = False,
    as_json: AsJson = False,
) -> None:
    """Follow a packet through a program, line by line."""
    from weft.commands.trace import trace_packets

    trace_packets(
        file,
        inputs or [],
        packet=packet,
        port=port,
        dropped_at=dropped_at,
        limit=limit,
        entries=entries,
        state_in=state_in,
        tolerate_truncation=tolerate_truncation,
        as_json=as_json,
    )


@app.command()
@reported
def switch(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The program: a .weft file, or what `weft compile` wrote of it.")
    ],
    p4runtime: Annotated[
        str,
        typer.Option(metavar="[HOST:]PORT", help="Where controllers reach it; without HOST, from this machine only."),
    ],
    interfaces: Annotated[
        list[str] | None,
        typer.Option("--interface", "-i", metavar="NUMBER@INTERFACE", help="A network interface as a port."),
    ] = None,
    entries: Entries = None,
    state_in: StateIn = None,
    state_out: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Save the state when the switch stops.", show_default=False)
    ] = None,
    device_id: Annotated[int, typer.Option(min=0, help="What controllers call it.")] = 1,
    cpu_port: Annotated[
        int | None, typer.Option(min=0, help="The port that stands for the controller.", show_default=False)
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="PEM", help="Its certificate.", show_default=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="PEM", help="The key of that.", show_default=False)] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Who signs controllers' certificates.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a program as a switch that P4Runtime controllers can use, until Ctrl-C."""
    from weft.commands.switch import TlsFiles, run_switch

    run_switch(
        file,
        p4runtime=p4runtime,
        interfaces=interfaces or [],
        entries=entries,
        state_in=state_in,
        state_out=state_out,
        device_id=device_id,
        cpu_port=cpu_port,
        tls=TlsFiles(tls_cert, tls_key, tls_ca),
        as_json=as_json,
    )


app.command()(deploy)
app.command()(digests)


@app.command()
@reported
def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", help="Where its files go; a temporary folder if not given.", show_default=False
        ),
    ] = None,
    packets: Annotated[int, typer.Option(min=1, help="How many packets to generate.")] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Run the bundled NAT on generated traffic."""
    from weft.commands.demo import run_demo

    run_demo(folder, packets=packets, as_json=as_json)


@app.command()
@reported
def examples(as_json: AsJson = False) -> None:
    """List the programs that come with Weft."""
    from weft.commands.examples import list_examples

    list_examples(as_json=as_json)


@app.command()
@reported
def version(as_json: AsJson = False) -> None:
    """Print the version of Weft."""
    from weft.commands.version import print_version

    print_version(as_json=as_json)
