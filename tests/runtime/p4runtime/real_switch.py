"""simple_switch_grpc for a test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runtime.bmv2.process import SwitchOptions, SwitchProcess, start_switch
from runtime.p4runtime.target import Target


@dataclass(frozen=True, slots=True)
class RealSwitch:
    process: SwitchProcess
    target: Target


@contextmanager
def real_switch() -> Iterator[RealSwitch]:
    """A bmv2 that waits for P4Runtime to bring it a program. It listens before it answers over Thrift."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = SwitchOptions(config=None, grpc=f"127.0.0.1:{port}", cpu_port=510, device_id=1)
    with start_switch(options) as process:
        yield RealSwitch(process, Target("127.0.0.1", port))
