"""A controller made of the protocol's bare stubs. Every wait has a deadline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import cast

import grpc
from finsy.proto import U128, p4i, p4r, p4r_grpc, rpc_status
from google.protobuf import text_format

from runtime.p4runtime.server.pipeline import ServedProgram

DEADLINE_S = 20.0
VERIFY = p4r.SetForwardingPipelineConfigRequest.VERIFY
VERIFY_AND_SAVE = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_SAVE
VERIFY_AND_COMMIT = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
COMMIT = p4r.SetForwardingPipelineConfigRequest.COMMIT
RECONCILE_AND_COMMIT = p4r.SetForwardingPipelineConfigRequest.RECONCILE_AND_COMMIT


class StreamEnded(Exception):  # noqa: N818
    """The switch ended the stream: with `code`, or None where it just did."""

    def __init__(self, code: grpc.StatusCode | None, details: str = "") -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details


class Controller:
    """A client with one stream, opened by the first arbitration."""

    def __init__(self, port: int, *, device_id: int = 1, channel: grpc.Channel | None = None) -> None:
        self.address = f"127.0.0.1:{port}"
        self._channel = channel or grpc.insecure_channel(self.address)
        self.stub = p4r_grpc.P4RuntimeStub(self._channel)
        self.device_id = device_id
        self.election_id: int | None = None
        self.role = ""
        self._requests: Queue[p4r.StreamMessageRequest | None] = Queue()
        self._heard: Queue[p4r.StreamMessageResponse | StreamEnded] = Queue()
        self._listener: Thread | None = None

    def __enter__(self) -> Controller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._requests.put(None)
        self._channel.close()
        if self._listener is not None:
            self._listener.join(DEADLINE_S)

    # --- the stream

    def say(self, request: p4r.StreamMessageRequest) -> None:
        if self._listener is None:
            answers = self.stub.StreamChannel(self._said())
            self._listener = Thread(target=self._listen, args=(answers,), daemon=True)
            self._listener.start()
        self._requests.put(request)

    def stop_talking(self) -> None:
        self._requests.put(None)

    def _said(self) -> Iterator[p4r.StreamMessageRequest]:
        while (request := self._requests.get()) is not None:
            yield request

    def _listen(self, answers: Iterator[p4r.StreamMessageResponse]) -> None:
        try:
            for answer in answers:
                self._heard.put(answer)
            self._heard.put(StreamEnded(None))
        except grpc.RpcError as error:
            assert isinstance(error, grpc.Call)
            self._heard.put(StreamEnded(error.code(), error.details() or ""))

    def hear(self) -> p4r.StreamMessageResponse:
        """The next message; `StreamEnded` where there will be none."""
        found = self._heard.get(timeout=DEADLINE_S)
        if isinstance(found, StreamEnded):
            raise found
        return found

    def hears_nothing(self) -> bool:
        """Whether nothing has been heard that was not asked for. Use it only after an answer to something later."""
        try:
            self._heard.get_nowait()
        except Empty:
            return True
        return False

    def arbitrate(self, election_id: int | None, *, role: str = "") -> p4r.MasterArbitrationUpdate:
        self.ask_to_be_primary(election_id, role=role)
        return self.hear().arbitration

    def ask_to_be_primary(self, election_id: int | None, *, role: str = "") -> None:
        update = p4r.MasterArbitrationUpdate(device_id=self.device_id)
        if role:
            update.role.name = role
        if election_id is not None:
            update.election_id.CopyFrom(U128.encode(election_id))
        self.election_id, self.role = election_id, role
        self.say(p4r.StreamMessageRequest(arbitration=update))

    # --- requests

    def set_pipeline(
        self,
        served: ServedProgram | None,
        action: int = VERIFY_AND_COMMIT,
        *,
        cookie: int = 0,
        device_config: bytes = b"",
    ) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(device_id=self.device_id, role=self.role)
        request.action = action  # type: ignore[assignment]  # the stubs have a type for it
        if self.election_id is not None:
            request.election_id.CopyFrom(U128.encode(self.election_id))
        if served is not None:
            text_format.Parse(served.p4info, request.config.p4info)
            request.config.p4_device_config = device_config
            if cookie:
                request.config.cookie.cookie = cookie
        self.stub.SetForwardingPipelineConfig(request, timeout=DEADLINE_S)

    def set_p4info(self, info: p4i.P4Info, action: int = VERIFY) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(device_id=self.device_id)
        request.action = action  # type: ignore[assignment]
        request.election_id.CopyFrom(U128.encode(self.election_id or 0))
        request.config.p4info.CopyFrom(info)
        self.stub.SetForwardingPipelineConfig(request, timeout=DEADLINE_S)

    def get_pipeline(self, kind: int = 0) -> p4r.GetForwardingPipelineConfigResponse:
        request = p4r.GetForwardingPipelineConfigRequest(device_id=self.device_id)
        request.response_type = kind  # type: ignore[assignment]
        return self.stub.GetForwardingPipelineConfig(request, timeout=DEADLINE_S)

    def write(self, *updates: p4r.Update, atomicity: int = 0) -> None:
        request = p4r.WriteRequest(device_id=self.device_id, role=self.role, updates=updates)
        request.atomicity = atomicity  # type: ignore[assignment]
        if self.election_id is not None:
            request.election_id.CopyFrom(U128.encode(self.election_id))
        self.stub.Write(request, timeout=DEADLINE_S)

    def read(self, *entities: p4r.Entity) -> list[p4r.Entity]:
        request = p4r.ReadRequest(device_id=self.device_id, entities=entities)
        return [found for response in self.stub.Read(request, timeout=DEADLINE_S) for found in response.entities]


def primary(port: int, *, election_id: int = 1) -> Controller:
    """A controller that is primary."""
    controller = Controller(port)
    assert controller.arbitrate(election_id).status.code == 0
    return controller


def errors_of(error: grpc.RpcError) -> list[tuple[int, str]]:
    """Code and message for each part of a batch, as the status of the call has them."""
    assert isinstance(error, grpc.Call)
    metadata = cast(Iterable[tuple[str, str | bytes]], error.trailing_metadata() or ())
    for key, value in metadata:
        if key == "grpc-status-details-bin":
            assert isinstance(value, bytes)
            status = rpc_status.Status.FromString(value)
            assert status.code == error.code().value[0]
            assert status.message == error.details()
            return [(found.canonical_code, found.message) for found in map(_unpacked, status.details)]
    return []


def _unpacked(detail: object) -> p4r.Error:
    error = p4r.Error()
    assert detail.Unpack(error)  # type: ignore[attr-defined]  # an Any
    return error


def insert(entity: p4r.Entity) -> p4r.Update:
    return p4r.Update(type=p4r.Update.INSERT, entity=entity)


def modify(entity: p4r.Entity) -> p4r.Update:
    return p4r.Update(type=p4r.Update.MODIFY, entity=entity)


def delete(entity: p4r.Entity) -> p4r.Update:
    return p4r.Update(type=p4r.Update.DELETE, entity=entity)


def codes_of(error: grpc.RpcError) -> Sequence[int]:
    return [code for code, _ in errors_of(error)]
