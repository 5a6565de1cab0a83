"""Refusals as the statuses of RPCs. Specification, sections 10, 12.3 and 16.4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import grpc
from finsy.proto import p4r, rpc_status
from google.protobuf.any_pb2 import Any

from runtime.p4runtime.server.refusals import Code, Refusal

SPACE = "weft"
DETAILS_KEY = "grpc-status-details-bin"
# A client takes 8 kB of metadata unless it asks for more, and most take 64 kB at least where they write batches.
_MOST_DETAILS_BYTES = 60_000
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def end_call(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    """End a call with a refusal."""
    context.abort(_CODES[refusal.code], refusal.message)
    raise AssertionError("abort raises")


def end_batch(context: grpc.ServicerContext, outcomes: Sequence[Refusal | None]) -> NoReturn:
    """End a call of which not all parts could be done: one error for each part, in order.

    Where that would be too long for gRPC, the messages of errors are left out, and then the errors themselves.
    """
    refused = [(place, outcome) for place, outcome in enumerate(outcomes) if outcome is not None]
    place, first = refused[0]
    message = f"{len(refused)} of {len(outcomes)} refused; number {place}: {first.message}"
    for with_messages in (True, False):
        details = _details(message, outcomes, with_messages=with_messages)
        if len(details) <= _MOST_DETAILS_BYTES:
            context.set_trailing_metadata(((DETAILS_KEY, details),))
            break
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError("abort raises")


def _details(message: str, outcomes: Sequence[Refusal | None], *, with_messages: bool) -> bytes:
    status = rpc_status.Status(code=Code.UNKNOWN, message=message)
    for outcome in outcomes:
        error = p4r.Error(canonical_code=Code.OK)
        if outcome is not None:
            text = outcome.message if with_messages else ""
            error = p4r.Error(canonical_code=outcome.code, message=text, space=SPACE, code=outcome.code)
        detail = Any()
        detail.Pack(error)
        status.details.append(detail)
    return status.SerializeToString()


def stream_error(refusal: Refusal, request: p4r.StreamMessageRequest) -> p4r.StreamMessageResponse:
    """A refusal of a message that a controller sent on its stream."""
    error = p4r.StreamError(canonical_code=refusal.code, message=refusal.message, space=SPACE, code=refusal.code)
    match request.WhichOneof("update"):
        case "packet":
            error.packet_out.packet_out.CopyFrom(request.packet)
        case "digest_ack":
            error.digest_list_ack.digest_list_ack.CopyFrom(request.digest_ack)
        case _:
            error.other.other.CopyFrom(request.other)
    return p4r.StreamMessageResponse(error=error)
