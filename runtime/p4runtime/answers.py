"""What a switch says when it refuses, as errors."""

from __future__ import annotations

import grpc
from finsy.p4client import P4RpcStatus
from google.protobuf.message import DecodeError

from runtime.p4runtime.errors import DeployError, RefusedUpdate, SwitchError, WriteError, WrongDeviceError
from runtime.p4runtime.target import Target

_LONGEST = 300  # characters of a switch's own words
_WRONG_DEVICE = "Error when trying to assign device"  # all that bmv2 says, and with the code UNKNOWN


def error_of_call(target: Target, error: grpc.aio.AioRpcError) -> DeployError:
    """The error for an answer that gRPC's code alone does not tell."""
    if _WRONG_DEVICE in (error.details() or ""):
        return wrong_device(target)
    code, words = error.code().name, said(error)
    return SwitchError(f"the switch at {target.address} answers {code}: {words}", code=code, said=words)


def wrong_device(target: Target) -> WrongDeviceError:
    return WrongDeviceError(
        f"the switch at {target.address} has no device {target.device_id}",
        help="give its number with --device-id; bmv2 is device 0 unless it was started with another",
    )


def error_of_write(error: grpc.aio.AioRpcError) -> WriteError | None:
    """The error for a batch that the switch refused in part; None where the call itself failed."""
    refused = _refused_updates(error)
    if not refused:
        return None
    first = refused[0]
    return WriteError(f"the switch refuses an update: {first.message or first.code}", code=first.code, refused=refused)


def said(error: grpc.aio.AioRpcError) -> str:
    """The switch's own words, on one line."""
    words = " ".join((error.details() or "").split())
    return words[:_LONGEST] + ("..." if len(words) > _LONGEST else "") if words else "it gives no reason"


def _refused_updates(error: grpc.aio.AioRpcError) -> tuple[RefusedUpdate, ...]:
    """What P4Runtime says of each update of a batch (specification, section 12.3), as far as it can be read."""
    try:
        details = P4RpcStatus.from_rpc_error(error).details
    except (DecodeError, ValueError, AssertionError):  # of a server that is none, or has codes of its own
        return ()
    return tuple(
        RefusedUpdate(place, detail.canonical_code.name, " ".join(detail.message.split())[:_LONGEST])
        for place, detail in sorted(details.items())
    )
