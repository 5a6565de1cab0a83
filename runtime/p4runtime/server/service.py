"""The P4Runtime service of one switch.

It answers as the specification says. bmv2 (1.15.5) does so for most requests, and otherwise in these: it takes an
empty byte string for 0 and a range of all values; a full table is UNKNOWN and no RESOURCE_EXHAUSTED; the pipeline
that nobody has set is FAILED_PRECONDITION and no empty config; a multicast group that is not there is NOT_FOUND when
it is read; a primary that asks again is told nothing; and registers are UNIMPLEMENTED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import Lock, Thread
from typing import TypeVar

import grpc
from finsy.proto import p4r, p4r_grpc

from runtime.p4runtime.server.arbitration import Arbitration, Controller
from runtime.p4runtime.server.pipeline import Pipeline
from runtime.p4runtime.server.refusals import Code, Refusal, invalid
from runtime.p4runtime.server.statuses import end_batch, end_call, stream_error
from runtime.p4runtime.server.streams import Outbox

API_VERSION = "1.4.1"  # of P4Runtime, whose specification this follows
_ENTITIES_PER_RESPONSE = 1000  # well below the 4 MB that a client takes in one message
MOST_STREAMS = 32

T = TypeVar("T")


class P4RuntimeService(p4r_grpc.P4RuntimeServicer):
    """Answers controllers. `lock` guards the pipeline and the arbitration, here and on the packets' way."""

    def __init__(self, pipeline: Pipeline, *, device_id: int, lock: Lock) -> None:
        self._pipeline = pipeline
        self._device_id = device_id
        self._lock = lock
        self._arbitration = Arbitration(device_id)
        self._outboxes: set[Outbox] = set()

    # --- packets to controllers

    def send_packets(self, packets: Iterable[p4r.PacketIn]) -> None:
        """Queue packets for the primary controllers. The caller holds the lock."""
        if not self._pipeline.is_set:
            return
        for packet in packets:
            for controller in self._arbitration.primaries():
                controller.tell(p4r.StreamMessageResponse(packet=packet))

    def close_streams(self) -> None:
        """End all streams, as the switch stops."""
        with self._lock:
            outboxes = list(self._outboxes)
        for outbox in outboxes:
            outbox.close()

    # --- RPCs

    def Capabilities(  # noqa: N802  # the names are those of the protocol
        self, request: p4r.CapabilitiesRequest, context: grpc.ServicerContext
    ) -> p4r.CapabilitiesResponse:
        if request.device_id:
            self._check_device(request.device_id, context)
        return p4r.CapabilitiesResponse(p4runtime_api_version=API_VERSION)

    def SetForwardingPipelineConfig(  # noqa: N802
        self, request: p4r.SetForwardingPipelineConfigRequest, context: grpc.ServicerContext
    ) -> p4r.SetForwardingPipelineConfigResponse:
        self._check_device(request.device_id, context)
        try:
            with self._lock:
                self._check_primary(request)
                self._pipeline.set(request)
        except Refusal as refusal:
            end_call(context, refusal)
        return p4r.SetForwardingPipelineConfigResponse()

    def GetForwardingPipelineConfig(  # noqa: N802
        self, request: p4r.GetForwardingPipelineConfigRequest, context: grpc.ServicerContext
    ) -> p4r.GetForwardingPipelineConfigResponse:
        self._check_device(request.device_id, context)
        with self._lock:
            return self._pipeline.get(request)

    def Write(  # noqa: N802
        self, request: p4r.WriteRequest, context: grpc.ServicerContext
    ) -> p4r.WriteResponse:
        self._check_device(request.device_id, context)
        outcomes: list[Refusal | None] = []
        try:
            with self._lock:
                self._check_primary(request)
                forwarding = self._pipeline.target
                if request.atomicity != p4r.WriteRequest.CONTINUE_ON_ERROR:
                    raise Refusal(Code.UNIMPLEMENTED, "batches are done as far as possible, not all or nothing")
                for update in request.updates:
                    outcomes.append(_refusal_of(forwarding.write, update))
        except Refusal as refusal:
            end_call(context, refusal)
        if any(outcomes):
            end_batch(context, outcomes)
        return p4r.WriteResponse()

    def Read(  # noqa: N802
        self, request: p4r.ReadRequest, context: grpc.ServicerContext
    ) -> Iterator[p4r.ReadResponse]:
        self._check_device(request.device_id, context)
        found: list[Iterator[p4r.Entity]] = []
        outcomes: list[Refusal | None] = []
        try:
            with self._lock:
                forwarding = self._pipeline.target
                for entity in request.entities:
                    outcomes.append(_refusal_of(lambda wanted: found.append(forwarding.read(wanted)), entity))
        except Refusal as refusal:
            end_call(context, refusal)
        entities = chain.from_iterable(found)
        while some := list(islice(entities, _ENTITIES_PER_RESPONSE)):
            yield p4r.ReadResponse(entities=some)
        if any(outcomes):
            end_batch(context, outcomes)

    def StreamChannel(  # noqa: N802
        self, request_iterator: Iterator[p4r.StreamMessageRequest], context: grpc.ServicerContext
    ) -> Iterator[p4r.StreamMessageResponse]:
        outbox = Outbox()
        controller = Controller(outbox.put)
        with self._lock:
            is_full = len(self._outboxes) >= MOST_STREAMS
            if not is_full:
                self._outboxes.add(outbox)
        if is_full:
            end_call(context, Refusal(Code.RESOURCE_EXHAUSTED, f"there are {MOST_STREAMS} streams already"))
        context.add_callback(lambda: self._leave(controller, outbox))
        Thread(target=self._listen, args=(request_iterator, controller, outbox), daemon=True).start()
        try:
            yield from outbox
        except Refusal as refusal:
            end_call(context, refusal)
        finally:
            self._leave(controller, outbox)

    # --- streams

    def _leave(self, controller: Controller, outbox: Outbox) -> None:
        outbox.close()
        with self._lock:
            if outbox in self._outboxes:
                self._outboxes.remove(outbox)
                self._arbitration.leave(controller)

    def _listen(self, requests: Iterator[p4r.StreamMessageRequest], controller: Controller, outbox: Outbox) -> None:
        """Hear what a controller says, until it has no more to say or something ends its stream."""
        try:
            for request in requests:
                with self._lock:
                    if outbox not in self._outboxes:
                        return
                    self._hear(request, controller)
        except Refusal as refusal:
            outbox.close(refusal)
        except grpc.RpcError:
            pass  # the controller is gone; gRPC calls back
        else:
            outbox.close()

    def _hear(self, request: p4r.StreamMessageRequest, controller: Controller) -> None:
        kind = request.WhichOneof("update")
        if kind == "arbitration":
            self._arbitration.update(controller, request.arbitration)
            return
        refusal = invalid("the switch sends no digests that could be acknowledged: they come as packets")
        if kind is None:
            refusal = invalid("the message is empty")
        elif not self._arbitration.is_primary(controller):
            refusal = Refusal(Code.PERMISSION_DENIED, "not primary: only the primary controller may do this")
        elif kind == "packet":
            refusal = Refusal(Code.UNIMPLEMENTED, "the program has no packet_out header: it takes no packets from here")
        elif kind == "other":
            refusal = Refusal(Code.UNIMPLEMENTED, "the switch has no messages of its own kind")
        controller.tell(stream_error(refusal, request))

    # --- checks

    def _check_device(self, device_id: int, context: grpc.ServicerContext) -> None:
        if device_id != self._device_id:
            end_call(context, Refusal(Code.NOT_FOUND, f"this switch is device {self._device_id}, not {device_id}"))

    def _check_primary(self, request: p4r.WriteRequest | p4r.SetForwardingPipelineConfigRequest) -> None:
        if request.role_id:
            raise Refusal(Code.NOT_FOUND, "roles have names here, not numbers")
        self._arbitration.check_primary(request)


def _refusal_of(do: Callable[[T], None], part: T) -> Refusal | None:
    """Do one part of a batch; the refusal where it is refused."""
    try:
        do(part)
    except Refusal as refusal:
        return refusal
    return None
