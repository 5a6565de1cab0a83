"""A connection to a P4Runtime switch: the calls that a deployment makes, with errors of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, TypeAlias, TypeVar

import grpc
from finsy.proto import U128, p4r, p4r_grpc

from runtime.p4runtime.answers import error_of_call, error_of_write, wrong_device
from runtime.p4runtime.errors import (
    DeadlineError,
    DeployError,
    NotP4RuntimeError,
    NotPrimaryError,
    PrimaryLostError,
    SwitchGoneError,
)
from runtime.p4runtime.reachability import why_unreachable
from runtime.p4runtime.target import Target

_HANG_UP_S = 1.0
_NEWS_S = 0.5  # most that the stream is behind what a call is told

_ALL = p4r.GetForwardingPipelineConfigRequest.ALL
_WITHOUT_CONFIG = p4r.GetForwardingPipelineConfigRequest.P4INFO_AND_COOKIE
_COMMIT = p4r.SetForwardingPipelineConfigRequest.COMMIT
_VERIFY_AND_COMMIT = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT

_MOST_WAITING = 65_536  # packets

_Answer = TypeVar("_Answer")
_Stream: TypeAlias = "grpc.aio.StreamStreamCall[p4r.StreamMessageRequest, p4r.StreamMessageResponse]"


class PacketIn(NamedTuple):
    """A packet from the switch: its metadata in the order of their ids, and what follows."""

    metadata: tuple[int, ...]
    payload: bytes


class SwitchConnection:
    """Use it as an asynchronous context manager. Every call raises `DeployError`s only.

    Reading needs no more than the connection; before anything is written, `become_primary` has to be called.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._election_id = 0
        self._has_answered = False
        self._stream: _Stream | None = None
        self._watch: asyncio.Task[None] | None = None
        self._lost: asyncio.Future[DeployError] | None = None  # why nothing can be written any more
        self._packets: asyncio.Queue[PacketIn] = asyncio.Queue(_MOST_WAITING)

    async def __aenter__(self) -> SwitchConnection:
        self._channel = _channel(self.target)
        self._stub = p4r_grpc.P4RuntimeStub(self._channel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            await _hung_up(self._stream, self._watch or asyncio.create_task(_drained(self._stream)))
        await self._channel.close()

    async def become_primary(self, election_id: int) -> None:
        """Become the device's primary controller; `NotPrimaryError` where somebody else is."""
        await self.pipeline()  # gRPC loses the reason when a stream is refused while it is written to
        self._stream = stream = self._stub.StreamChannel()
        arbitration = p4r.MasterArbitrationUpdate(device_id=self.target.device_id, election_id=U128.encode(election_id))
        try:
            async with asyncio.timeout(self.target.timeout_s):
                await stream.write(p4r.StreamMessageRequest(arbitration=arbitration))
                answer = await _next_arbitration(stream)
        except TimeoutError:
            raise await self._slow() from None
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.INVALID_ARGUMENT:  # bmv2's word for an election id in use
                raise NotPrimaryError(
                    f"another controller of the switch at {self.target.address} has election id {election_id}, too",
                    election_id=election_id,
                    help="give another one with --election-id; the highest one is the primary",
                ) from error
            raise await self._error_of(error) from error
        self._has_answered = True
        if answer is None:
            raise NotP4RuntimeError(f"the switch at {self.target.address} ends the stream without an answer")
        if answer.status.code:
            raise self._not_primary(answer)
        self._election_id = election_id
        self._lost = asyncio.get_running_loop().create_future()
        self._watch = asyncio.create_task(self._watch_stream(stream, self._lost))

    async def pipeline(self, *, with_config: bool = False) -> p4r.ForwardingPipelineConfig | None:
        """What the device runs, None where it runs nothing. `with_config`: with the device's own program."""
        wanted = _ALL if with_config else _WITHOUT_CONFIG
        request = p4r.GetForwardingPipelineConfigRequest(device_id=self.target.device_id, response_type=wanted)
        try:
            answer = await self._call(self._stub.GetForwardingPipelineConfig(request, timeout=self.target.timeout_s))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:  # it has none
                self._has_answered = True
                return None
            raise await self._error_of(error) from error
        return answer.config if answer.config.HasField("p4info") else None

    async def set_pipeline(self, config: p4r.ForwardingPipelineConfig) -> None:
        """Replace what the device runs. The refusals are as the switch words them."""
        await self._set_pipeline(_VERIFY_AND_COMMIT, config)

    async def commit_pipeline(self) -> None:
        """Finish a replacement that the switch has left half done."""
        await self._set_pipeline(_COMMIT, None)

    async def _set_pipeline(
        self,
        action: p4r.SetForwardingPipelineConfigRequest.Action.ValueType,
        config: p4r.ForwardingPipelineConfig | None,
    ) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(
            device_id=self.target.device_id,
            election_id=U128.encode(self._election_id),
            action=action,
            config=config,
        )
        try:
            await self._write_call(
                lambda: self._stub.SetForwardingPipelineConfig(request, timeout=self.target.timeout_s)
            )
        except grpc.aio.AioRpcError as error:
            raise await self._error_of(error) from error

    async def read(self, wanted: Sequence[p4r.Entity]) -> list[p4r.Entity]:
        """All that the device holds of what is wanted."""
        request = p4r.ReadRequest(device_id=self.target.device_id, entities=wanted)
        found: list[p4r.Entity] = []
        try:
            async for answer in self._stub.Read(request, timeout=self.target.timeout_s):
                found.extend(answer.entities)
        except grpc.aio.AioRpcError as error:
            raise await self._error_of(error) from error
        self._has_answered = True
        return found

    async def write(self, updates: Sequence[p4r.Update]) -> None:
        """Make the updates, in one batch; a `WriteError` says which of them the switch did not make."""
        request = p4r.WriteRequest(
            device_id=self.target.device_id, election_id=U128.encode(self._election_id), updates=updates
        )
        try:
            await self._write_call(lambda: self._stub.Write(request, timeout=self.target.timeout_s))
        except grpc.aio.AioRpcError as error:
            refused = error_of_write(error)
            raise refused or await self._error_of(error) from error

    async def packet(self) -> PacketIn:
        """The next packet that the switch sends to its primary controller, which `become_primary` made us.

        Those that nobody fetches are kept, 65,536 at most; then the newest ones are dropped.
        """
        assert self._lost is not None, "become_primary was called"
        waiting = asyncio.ensure_future(self._packets.get())
        try:
            await asyncio.wait({waiting, self._lost}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise self._lost.result()
        finally:
            waiting.cancel()

    # --- what all calls share

    async def _call(self, call: Awaitable[_Answer]) -> _Answer:
        answer = await call
        self._has_answered = True
        return answer

    async def _write_call(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Make a call that only the primary may make; give up at once when somebody else becomes it."""
        assert self._lost is not None, "become_primary was called"
        if self._lost.done():
            raise self._lost.result()
        running = asyncio.ensure_future(call())
        try:
            await asyncio.wait({running, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not running.done():
                running.cancel()
        if self._lost.done() and (running.cancelled() or not running.done() or running.exception() is not None):
            raise self._lost.result()
        return running.result()

    async def _watch_stream(self, stream: _Stream, lost: asyncio.Future[DeployError]) -> None:
        """Read what the switch sends unasked, until it says that somebody else is the primary, or ends."""
        try:
            while True:
                answer = await _next_arbitration(stream, self._packets)
                if answer is None:
                    lost.set_result(SwitchGoneError(f"the switch at {self.target.address} ended the connection"))
                    return
                if answer.status.code:
                    lost.set_result(_primary_lost(self.target, answer))
                    return
        except grpc.aio.AioRpcError as error:
            lost.set_result(await self._error_of(error))

    def _not_primary(self, answer: p4r.MasterArbitrationUpdate) -> NotPrimaryError:
        theirs = U128.decode(answer.election_id) if answer.HasField("election_id") else None
        known = "" if theirs is None else f" (election id {theirs})"
        help = "give a higher --election-id" if theirs is None else f"give --election-id {theirs + 1} to take over"
        return NotPrimaryError(
            f"another controller is the primary of the switch at {self.target.address}{known}",
            election_id=theirs,
            help=help,
        )

    async def _slow(self) -> DeployError:
        if self._channel.get_state() is not grpc.ChannelConnectivity.READY:
            return await why_unreachable(self.target)
        return DeadlineError(
            f"the switch at {self.target.address} does not answer within {self.target.timeout_s:g} s",
            help="give it longer with --timeout",
        )

    async def _error_of(self, error: grpc.aio.AioRpcError) -> DeployError:
        """The error of ours for one of gRPC's."""
        target = self.target
        match error.code():
            case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
                if self._has_answered:
                    return SwitchGoneError(f"the switch at {target.address} no longer answers")
                return await why_unreachable(target)
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return await self._slow()
            case grpc.StatusCode.UNIMPLEMENTED if not self._has_answered:
                return NotP4RuntimeError(f"what answers at {target.address} is no P4Runtime switch")
            case grpc.StatusCode.NOT_FOUND:
                return wrong_device(target)
            case grpc.StatusCode.PERMISSION_DENIED:
                if self._lost is not None:  # the stream says more
                    await asyncio.wait({self._lost}, timeout=_NEWS_S)
                    if self._lost.done():
                        return self._lost.result()
                return PrimaryLostError(
                    f"the switch at {target.address} takes us for the primary no longer", election_id=None
                )
            case _:
                return error_of_call(target, error)


async def _drained(stream: _Stream) -> None:
    with suppress(grpc.aio.AioRpcError):
        while await _next_arbitration(stream) is not None:
            pass


async def _hung_up(stream: _Stream, watch: asyncio.Task[None]) -> None:
    """Say that we are going and wait for the switch to end the stream: then our election id is free at once."""
    with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
        await stream.done_writing()
    await asyncio.wait({watch}, timeout=_HANG_UP_S)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)


def _primary_lost(target: Target, answer: p4r.MasterArbitrationUpdate) -> PrimaryLostError:
    theirs = U128.decode(answer.election_id) if answer.HasField("election_id") else None
    known = "" if theirs is None else f", with election id {theirs}"
    return PrimaryLostError(
        f"another controller became the primary of the switch at {target.address}{known}", election_id=theirs
    )


async def _next_arbitration(
    stream: _Stream, packets: asyncio.Queue[PacketIn] | None = None
) -> p4r.MasterArbitrationUpdate | None:
    """The next word on who is primary; None at the end of the stream. Packets that come meanwhile go to `packets`."""
    while True:
        message = await stream.read()
        if not isinstance(message, p4r.StreamMessageResponse):
            return None
        if message.HasField("arbitration"):
            return message.arbitration
        if message.HasField("packet") and packets is not None and not packets.full():
            metadata = sorted(message.packet.metadata, key=lambda field: field.metadata_id)
            packets.put_nowait(
                PacketIn(tuple(int.from_bytes(field.value) for field in metadata), message.packet.payload)
            )


def _channel(target: Target) -> grpc.aio.Channel:
    options = [
        ("grpc.max_receive_message_length", -1),  # a program is several megabytes, and so is a large table
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", 64 * 1024),  # a refused batch explains each update there
        ("grpc.enable_http_proxy", 0),
        ("grpc.enable_retries", 0),  # an update that may have been made must not be made again
    ]
    if target.tls is None:
        return grpc.aio.insecure_channel(target.address, options=options)
    credentials = grpc.ssl_channel_credentials(target.tls.ca, target.tls.key, target.tls.cert)
    return grpc.aio.secure_channel(target.address, credentials, options=options)
