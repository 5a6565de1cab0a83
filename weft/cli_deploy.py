# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that `weft --help` answers at once
"""The commands that bring programs and entries to switches: what each is called, and what it takes."""

from pathlib import Path
from typing import Annotated

import typer

from weft.reported import reported

entries_app = typer.Typer(
    help="Show, write and compare the tables of a running switch.", no_args_is_help=True, rich_markup_mode=None
)

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="What `weft compile --target bmv2` wrote.", show_default=False)
]
Switch = Annotated[
    str, typer.Option("--switch", metavar="HOST:PORT", help="Where the switch serves P4Runtime.", show_default=False)
]
DeviceId = Annotated[int, typer.Option(min=0, max=(1 << 64) - 1, help="The device's number on the switch.")]
ElectionId = Annotated[str, typer.Option(metavar="NUMBER", help="The controller with the highest one is the primary.")]
Timeout = Annotated[float, typer.Option(min=0.001, help="Seconds that the switch may take to answer a request.")]
TlsCa = Annotated[
    Path | None,
    typer.Option(metavar="PEM", help="Use TLS; the certificate that signs the switch's own.", show_default=False),
]
TlsCert = Annotated[
    Path | None, typer.Option(metavar="PEM", help="A certificate of ours, for mutual TLS.", show_default=False)
]
TlsKey = Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.", show_default=False)]
File = Annotated[
    Path, typer.Argument(metavar="TOML", help="Table entries, tunables and multicast groups.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@reported
def deploy(
    folder: Folder,
    switch: Switch,
    device_id: DeviceId = 1,
    entries: Annotated[
        Path | None,
        typer.Option(
            metavar="TOML",
            help="Table entries, tunables and multicast groups; not given: those on the switch stay.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would be done.")] = False,
    thrift: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where bmv2 listens for Thrift; CRC-32C needs it.", show_default=False),
    ] = None,
    election_id: ElectionId = "1",
    timeout: Timeout = 10.0,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    test_build: Annotated[
        bool, typer.Option("--test-build", help="Deploy a build whose packets need a header of its own in front.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy a compiled program and its entries to a switch."""
    from weft.commands.deploy import DeployOptions, deploy_folder
    from weft.switch_target import SwitchOptions, number_of

    deploy_folder(
        folder,
        SwitchOptions(switch, device_id, timeout, tls_ca, tls_cert, tls_key),
        DeployOptions(entries, number_of(election_id), thrift, test_build, dry_run),
        as_json=as_json,
    )


@reported
def digests(
    folder: Folder,
    switch: Switch,
    device_id: DeviceId = 1,
    count: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="End after so many; not given: at Ctrl-C.", show_default=False),
    ] = None,
    election_id: ElectionId = "1",
    timeout: Timeout = 10.0,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    as_json: AsJson = False,
) -> None:
    """Print what a deployed program tells the control plane, as it comes."""
    from weft.commands.digests import print_digests
    from weft.switch_target import SwitchOptions, number_of

    options = SwitchOptions(switch, device_id, timeout, tls_ca, tls_cert, tls_key)
    print_digests(folder, options, count=count, election_id=number_of(election_id), as_json=as_json)


@entries_app.command()
@reported
def show(
    folder: Folder,
    switch: Switch,
    device_id: DeviceId = 1,
    timeout: Timeout = 10.0,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    as_json: AsJson = False,
) -> None:
    """Print what a switch holds, as a file that `--entries` takes."""
    from weft.commands.entries import show_entries
    from weft.switch_target import SwitchOptions

    show_entries(folder, SwitchOptions(switch, device_id, timeout, tls_ca, tls_cert, tls_key), as_json=as_json)


@entries_app.command()
@reported
def write(
    folder: Folder,
    file: File,
    switch: Switch,
    device_id: DeviceId = 1,
    election_id: ElectionId = "1",
    timeout: Timeout = 10.0,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    as_json: AsJson = False,
) -> None:
    """Make a switch hold the entries of a file and no others."""
    from weft.commands.entries import replace_entries
    from weft.switch_target import SwitchOptions, number_of

    options = SwitchOptions(switch, device_id, timeout, tls_ca, tls_cert, tls_key)
    replace_entries(folder, options, file, election_id=number_of(election_id), as_json=as_json)


@entries_app.command()
@reported
def diff(
    folder: Folder,
    file: File,
    switch: Switch,
    device_id: DeviceId = 1,
    timeout: Timeout = 10.0,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    as_json: AsJson = False,
) -> int:
    """Show what writing a file would change; exit 1 if it would change anything."""
    from weft.commands.entries import diff_entries
    from weft.switch_target import SwitchOptions

    options = SwitchOptions(switch, device_id, timeout, tls_ca, tls_cert, tls_key)
    return diff_entries(folder, options, file, as_json=as_json)
