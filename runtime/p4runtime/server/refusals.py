"""What the service answers instead of doing what it was asked: a canonical code and one sentence."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The canonical codes in use, numbered as in `google/rpc/code.proto`."""

    OK = 0
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12


class Refusal(Exception):  # noqa: N818  # the service did not fail: it says no
    """A request, an update of a batch or a stream that is refused."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> Refusal:
    return Refusal(Code.INVALID_ARGUMENT, message)
