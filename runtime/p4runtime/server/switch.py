"""A switch that runs one program on the interpreter, and that controllers reach by P4Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import grpc
from finsy.proto import p4r_grpc

from runtime.p4runtime.server.errors import AddressError
from runtime.p4runtime.server.interfaces import Interface
from runtime.p4runtime.server.packet_loop import PacketLoop
from runtime.p4runtime.server.packets import Clock, Frame, PacketPath, Traffic
from runtime.p4runtime.server.pipeline import Pipeline, ServedProgram
from runtime.p4runtime.server.service import MOST_STREAMS, P4RuntimeService
from sim.control import SavedState
from sim.state import ControlEntries

_MOST_CALLS = MOST_STREAMS + 16
_LONGEST_REQUEST = 64 << 20  # bytes
_SECONDS_TO_FINISH = 2.0  # for calls that are being answered when the switch stops


class Switch:
    """Serves P4Runtime at `address` ("HOST:PORT"; port 0 takes a free one) and forwards between `interfaces`.

    `interfaces`: names of network interfaces by device port. Use it as a context manager: it starts on entry.
    """

    def __init__(
        self,
        served: ServedProgram,
        *,
        address: str,
        device_id: int = 1,
        interfaces: Mapping[int, str] | None = None,
        entries: ControlEntries | None = None,
        saved: SavedState | None = None,
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        """Raises `InterfaceError`, or `DeployError` where program, manifest and entries do not fit together."""
        self._address = address
        self._credentials = credentials
        self._lock = Lock()
        self._clock = Clock(0 if saved is None else saved.now_ns)
        self._pipeline = Pipeline(served, entries=entries, saved=saved)
        self.interfaces = _opened(interfaces or {})
        self._loop = PacketLoop(self.interfaces, handle=self.receive, failed=self._end)
        self._ended = Event()
        self._failure: BaseException | None = None
        self._path = PacketPath(served.manifest, served.program, now_ns=self._clock.now_ns)
        self._service = P4RuntimeService(self._pipeline, device_id=device_id, lock=self._lock)
        self._workers = ThreadPoolExecutor(_MOST_CALLS, thread_name_prefix="p4runtime")
        self._server = grpc.server(
            self._workers,
            options=[("grpc.max_receive_message_length", _LONGEST_REQUEST), ("grpc.so_reuseport", 0)],
            maximum_concurrent_rpcs=_MOST_CALLS,
        )
        p4r_grpc.add_P4RuntimeServicer_to_server(self._service, self._server)

    def __enter__(self) -> Switch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> int:
        """Start serving and forwarding; returns the port that is listened on. Raises `AddressError`."""
        try:
            if self._credentials is None:
                self.port = self._server.add_insecure_port(self._address)
            else:
                self.port = self._server.add_secure_port(self._address, self._credentials)
        except RuntimeError as error:
            self.stop()
            raise AddressError(
                f"cannot listen on {self._address}", help="is another program listening there already?"
            ) from error
        self._server.start()
        self._loop.start()
        return self.port

    def stop(self) -> None:
        """Stop forwarding, then serving. What the switch holds can still be saved."""
        self._loop.stop()
        stopped = self._server.stop(_SECONDS_TO_FINISH)
        self._service.close_streams()
        stopped.wait()
        self._workers.shutdown()

    def wait(self) -> None:
        """Wait until somebody calls `end`, from a signal handler for instance. Raises what ended the forwarding."""
        self._ended.wait()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Let `wait` return."""
        self._end(None)

    def _end(self, failure: BaseException | None) -> None:
        self._failure = failure
        self._ended.set()

    @property
    def traffic(self) -> Traffic:
        return self._path.traffic

    @property
    def is_pipeline_set(self) -> bool:
        with self._lock:
            return self._pipeline.is_set

    def receive(self, frame: Frame) -> list[Frame]:
        """Let a frame arrive by a device port now; returns those that leave. Digests go to controllers."""
        with self._lock:
            leaving, packets = self._path.receive(self._pipeline.active, frame)
            self._service.send_packets(packets)
        return leaving

    def saved_state(self) -> SavedState:
        """The program's states now. `StateError` or `DeployError` where the switch holds what none can say."""
        with self._lock:
            return self._pipeline.active.saved_state(self._clock.now_ns())


def _opened(names: Mapping[int, str]) -> dict[int, Interface]:
    opened: dict[int, Interface] = {}
    try:
        for port, name in names.items():
            opened[port] = Interface(name)
    except BaseException:
        for interface in opened.values():
            interface.close()
        raise
    return opened
