"""A P4Runtime switch in this process that keeps what it is told, and fails when it is asked to.

It answers as bmv2's server does: batches are made update by update, groups come back in an order of its own, a
full table is an UNKNOWN error, and an unknown device is found out only when a program is pushed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType

import grpc
from finsy.proto import U128, p4i, p4r, p4r_grpc, rpc_code, rpc_status
from google.protobuf.any_pb2 import Any as AnyMessage

BACKUP = rpc_code.ALREADY_EXISTS
Key = tuple[bytes, int]


@dataclass
class Faults:
    """What goes wrong. Counts are of updates since the start."""

    dies_after: int | None = None
    stalls_after: int | None = None  # until the switch is closed
    loses_primary_after: int | None = None
    before_update: Callable[[int], None] | None = None
    capacity: dict[int, int] = field(default_factory=dict)  # instead of the P4Info's size
    says_exhausted: bool = False  # of a full table, as the specification wants
    refuses_programs: bool = False
    breaks_on_program: bool = False  # refuses it, and what was there is gone
    forgets_metadata: bool = False
    keeps_no_cookies: bool = False
    swallows: int | None = None  # a table whose entries it takes and does not keep
    swallows_deletions: bool = False
    answers_without_details: bool = False
    knows_no_clone_sessions: bool = False


class FakeSwitch(p4r_grpc.P4RuntimeServicer):
    """Serves while its `with` block runs, on `port`."""

    def __init__(self, *, device_id: int = 1, credentials: grpc.ServerCredentials | None = None) -> None:
        self.faults = Faults()
        self.device_id = device_id
        self.config: p4r.ForwardingPipelineConfig | None = None
        self.entries: dict[int, dict[Key, p4r.TableEntry]] = {}
        self.defaults: dict[int, p4r.TableEntry] = {}
        self.groups: dict[int, p4r.MulticastGroupEntry] = {}
        self.ghosts: set[int] = set()  # groups that a new program has not swept away, though nobody can see them
        self.pushes = 0
        self.updates = 0  # made or refused
        self.changed = 0  # made
        self._closed = threading.Event()
        self._lock = threading.RLock()
        self._controllers: list[tuple[int, SimpleQueue[p4r.StreamMessageResponse | None]]] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        p4r_grpc.add_P4RuntimeServicer_to_server(self, self._server)
        self.port = (
            self._server.add_insecure_port("127.0.0.1:0")
            if credentials is None
            else self._server.add_secure_port("127.0.0.1:0", credentials)
        )

    def __enter__(self) -> FakeSwitch:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all calls and streams at once."""
        self._closed.set()
        for _, queue in self._controllers:
            queue.put(None)
        self._server.stop(None).wait()

    # --- who is primary

    def StreamChannel(  # noqa: N802  # the service's names
        self, request_iterator: Iterator[p4r.StreamMessageRequest], context: grpc.ServicerContext
    ) -> Iterator[p4r.StreamMessageResponse]:
        first = next(request_iterator)
        election_id = U128.decode(first.arbitration.election_id)
        queue = SimpleQueue[p4r.StreamMessageResponse | None]()
        with self._lock:
            if any(election_id == other for other, _ in self._controllers):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Election id already exists")
            self._controllers.append((election_id, queue))
            if election_id == self._primary():
                self._tell_all()
            else:
                queue.put(self._arbitration(election_id))
        context.add_callback(lambda: self._leave(election_id, queue))
        threading.Thread(target=self._hear, args=(request_iterator, queue), daemon=True).start()
        while (message := queue.get()) is not None:
            yield message
        self._leave(election_id, queue)

    def _hear(
        self, requests: Iterator[p4r.StreamMessageRequest], queue: SimpleQueue[p4r.StreamMessageResponse | None]
    ) -> None:
        """Wait until the controller says no more."""
        with suppress(grpc.RpcError):
            for _ in requests:
                pass
        queue.put(None)

    def _leave(self, election_id: int, queue: SimpleQueue[p4r.StreamMessageResponse | None]) -> None:
        with self._lock:
            was_primary = election_id == self._primary()
            self._controllers = [(id_, found) for id_, found in self._controllers if found is not queue]
            queue.put(None)
            if was_primary:
                self._tell_all()

    def _primary(self) -> int | None:
        return max((election_id for election_id, _ in self._controllers), default=None)

    def _tell_all(self) -> None:
        for election_id, queue in self._controllers:
            queue.put(self._arbitration(election_id))

    def _arbitration(self, election_id: int) -> p4r.StreamMessageResponse:
        primary = self._primary()
        assert primary is not None
        code = rpc_code.OK if election_id == primary else BACKUP
        update = p4r.MasterArbitrationUpdate(device_id=self.device_id, election_id=U128.encode(primary))
        update.status.code = code
        return p4r.StreamMessageResponse(arbitration=update)

    def take_over(self, election_id: int) -> None:
        """Another controller comes."""
        with self._lock:
            self._controllers.append((election_id, SimpleQueue()))
            self._tell_all()

    def _check_primary(self, election_id: p4r.Uint128, context: grpc.ServicerContext) -> None:
        with self._lock:
            if U128.decode(election_id) != self._primary():
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "Not primary")

    def Capabilities(  # noqa: N802
        self, request: p4r.CapabilitiesRequest, context: grpc.ServicerContext
    ) -> p4r.CapabilitiesResponse:
        return p4r.CapabilitiesResponse(p4runtime_api_version="1.4.0")

    # --- programs

    def GetForwardingPipelineConfig(  # noqa: N802
        self, request: p4r.GetForwardingPipelineConfigRequest, context: grpc.ServicerContext
    ) -> p4r.GetForwardingPipelineConfigResponse:
        if self.config is None or request.device_id != self.device_id:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "No forwarding pipeline config set for this device")
        assert self.config is not None
        found = p4r.ForwardingPipelineConfig()
        found.CopyFrom(self.config)
        if request.response_type != p4r.GetForwardingPipelineConfigRequest.ALL:
            found.ClearField("p4_device_config")
        if self.faults.keeps_no_cookies:
            found.ClearField("cookie")
        return p4r.GetForwardingPipelineConfigResponse(config=found)

    def SetForwardingPipelineConfig(  # noqa: N802
        self, request: p4r.SetForwardingPipelineConfigRequest, context: grpc.ServicerContext
    ) -> p4r.SetForwardingPipelineConfigResponse:
        self._check_primary(request.election_id, context)
        if request.device_id != self.device_id:
            context.abort(grpc.StatusCode.UNKNOWN, "Error when trying to assign device")
        with self._lock:
            if self.faults.breaks_on_program:
                self.entries, self.defaults = {}, {}
                self.faults.breaks_on_program = False
                context.abort(grpc.StatusCode.UNKNOWN, "Failed to query default entry handle")
            if self.faults.refuses_programs:
                context.abort(grpc.StatusCode.UNKNOWN, "Error in first phase of device update")
            self.pushes += 1
            self.config = p4r.ForwardingPipelineConfig()
            self.config.CopyFrom(request.config)
            self.entries = {table.preamble.id: {} for table in self.config.p4info.tables}
            self.defaults = {table.preamble.id: _initial(table) for table in self.config.p4info.tables}
            self.ghosts |= set(self.groups)
            self.groups = {}
        return p4r.SetForwardingPipelineConfigResponse()

    # --- contents

    def Write(  # noqa: N802
        self, request: p4r.WriteRequest, context: grpc.ServicerContext
    ) -> p4r.WriteResponse:
        self._check_primary(request.election_id, context)
        errors: list[p4r.Error] = []
        for update in request.updates:
            self._inject_faults(context)
            with self._lock:
                error = self._make(update)
            self.updates += 1
            self.changed += error.canonical_code == rpc_code.OK
            errors.append(error)
        if any(error.canonical_code for error in errors):
            self._refuse(context, errors)
        return p4r.WriteResponse()

    def _refuse(self, context: grpc.ServicerContext, errors: list[p4r.Error]) -> None:
        if self.faults.answers_without_details:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "received trailing metadata size exceeds limit")
        status = rpc_status.Status(code=rpc_code.UNKNOWN, message="some updates failed")
        for error in errors:
            packed = AnyMessage()
            packed.Pack(error)
            status.details.append(packed)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, "some updates failed")

    def _inject_faults(self, context: grpc.ServicerContext) -> None:
        faults = self.faults
        if faults.before_update is not None:
            faults.before_update(self.updates)
        if faults.dies_after is not None and self.updates >= faults.dies_after:
            threading.Thread(target=self.close).start()
            self._closed.wait()
            context.abort(grpc.StatusCode.UNAVAILABLE, "going down")
        if faults.stalls_after is not None and self.updates >= faults.stalls_after:
            self._closed.wait()
        if faults.loses_primary_after == self.updates:
            self.take_over(1000)

    def _make(self, update: p4r.Update) -> p4r.Error:
        entity = update.entity
        if entity.HasField("table_entry"):
            entry = entity.table_entry
            if entry.is_default_action:
                self.defaults[entry.table_id] = entry
                return _error(rpc_code.OK)
            if self.faults.swallows == entry.table_id:
                return _error(rpc_code.OK)
            return self._make_entry(update.type, entry)
        group = entity.packet_replication_engine_entry.multicast_group_entry
        if (group.multicast_group_id in self.groups) == (update.type == p4r.Update.INSERT):
            return _error(rpc_code.ALREADY_EXISTS if update.type == p4r.Update.INSERT else rpc_code.NOT_FOUND)
        if update.type == p4r.Update.DELETE:
            del self.groups[group.multicast_group_id]
        else:
            self.groups[group.multicast_group_id] = group
        return _error(rpc_code.OK)

    def _make_entry(self, kind: p4r.Update.Type.ValueType, entry: p4r.TableEntry) -> p4r.Error:
        held = self.entries.get(entry.table_id)
        if held is None:
            return _error(rpc_code.NOT_FOUND, "no such table")
        place = _place(entry)
        if (place in held) == (kind == p4r.Update.INSERT):
            return _error(rpc_code.ALREADY_EXISTS if kind == p4r.Update.INSERT else rpc_code.NOT_FOUND, "the entry")
        if kind == p4r.Update.DELETE:
            if not self.faults.swallows_deletions:
                del held[place]
            return _error(rpc_code.OK)
        if kind == p4r.Update.INSERT and len(held) >= self._capacity(entry.table_id):
            code = rpc_code.RESOURCE_EXHAUSTED if self.faults.says_exhausted else rpc_code.UNKNOWN
            return _error(code, "Error when adding match entry to target")
        if self.faults.forgets_metadata:
            entry.ClearField("metadata")
        held[place] = entry
        return _error(rpc_code.OK)

    def _capacity(self, table: int) -> int:
        assert self.config is not None
        size = next(found.size for found in self.config.p4info.tables if found.preamble.id == table)
        return self.faults.capacity.get(table, size)

    def Read(  # noqa: N802
        self, request: p4r.ReadRequest, context: grpc.ServicerContext
    ) -> Iterator[p4r.ReadResponse]:
        if self.config is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "No forwarding pipeline config set for this device")
        response = p4r.ReadResponse()
        with self._lock:
            for wanted in request.entities:
                response.entities.extend(self._found(wanted, context))
        yield response

    def _found(self, wanted: p4r.Entity, context: grpc.ServicerContext) -> list[p4r.Entity]:
        if wanted.HasField("table_entry"):
            table = wanted.table_entry.table_id
            if wanted.table_entry.is_default_action:
                return [p4r.Entity(table_entry=self.defaults[table])]
            return [p4r.Entity(table_entry=entry) for entry in self.entries[table].values()]
        engine = wanted.packet_replication_engine_entry
        if engine.HasField("multicast_group_entry"):
            return [_backwards(group) for group in self.groups.values()]
        if self.faults.knows_no_clone_sessions:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "no clone sessions")
        return []


def _backwards(group: p4r.MulticastGroupEntry) -> p4r.Entity:
    found = p4r.MulticastGroupEntry(multicast_group_id=group.multicast_group_id, replicas=reversed(group.replicas))
    return p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=found))


def _initial(table: p4i.Table) -> p4r.TableEntry:
    entry = p4r.TableEntry(table_id=table.preamble.id, is_default_action=True)
    entry.action.action.action_id = table.initial_default_action.action_id
    for argument in table.initial_default_action.arguments:
        entry.action.action.params.append(p4r.Action.Param(param_id=argument.param_id, value=argument.value))
    return entry


def _place(entry: p4r.TableEntry) -> Key:
    match = p4r.TableEntry(match=sorted(entry.match, key=lambda field: field.field_id))
    return match.SerializeToString(deterministic=True), entry.priority


def _error(code: int, message: str = "") -> p4r.Error:
    return p4r.Error(canonical_code=code, message=message)
