"""A lab's switch on bmv2: started, and its program deployed to it."""

from __future__ import annotations

import asyncio
import socket

from runtime.bmv2.process import SwitchOptions, start_switch
from runtime.lab.record import SwitchRecord
from runtime.lab.switch_to_start import HOST, SwitchToStart
from runtime.p4runtime.deploy import deploy
from runtime.p4runtime.target import Target


def started_bmv2(one: SwitchToStart, *, limit_s: float) -> SwitchRecord:
    """Start it, and deploy; raises an error of bmv2 or of the deployment, and leaves the process then."""
    manifest = one.built.folder.manifest
    log = one.log.with_suffix(".txt")
    grpc = f"{HOST}:{one.switch.p4runtime or _free_port()}"
    scratch = one.folder / f"{one.switch.name}.bmv2"
    scratch.mkdir()
    options = SwitchOptions(
        config=None,
        interfaces=one.interfaces,
        grpc=grpc,
        cpu_port=manifest.cpu_port,
        device_id=one.switch.device_id,
        thrift_port=one.switch.thrift,
        log_file=log.with_suffix(""),  # bmv2 adds `.txt`
        more=("--log-level", "info"),  # a line for each packet's every step would fill the disk
        start_limit_s=limit_s,
        die_with_parent=False,
        folder=scratch,
        environment=one.environment,
    )
    running = start_switch(options)
    thrift = (HOST, running.thrift_port)
    host, _, port = grpc.rpartition(":")
    target = Target(host, int(port), device_id=one.switch.device_id)
    asyncio.run(deploy(one.built.folder, one.built.entries, target, thrift=thrift))
    running.check_runs()
    return one.started(pid=running.pid, p4runtime=grpc, thrift=f"{HOST}:{running.thrift_port}", log=log)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
