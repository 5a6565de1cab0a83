"""Fill tables and multicast groups of a running bmv2 over Thrift.

For a plain `simple_switch`, which has no P4Runtime: tests and benchmarks. What is deployed goes through P4Runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar, assert_never

from bm_runtime.simple_pre_lag.ttypes import InvalidMcOperation, McOperationErrorCode
from bm_runtime.standard.ttypes import (
    BmAddEntryOptions,
    BmMatchParam,
    BmMatchParamExact,
    BmMatchParamLPM,
    BmMatchParamRange,
    BmMatchParamTernary,
    BmMatchParamType,
    InvalidTableOperation,
    TableOperationErrorCode,
)

from runtime.bmv2.errors import SwitchRefusedError
from runtime.bmv2.thrift_client import SwitchClient
from runtime.bmv2.thrift_connection import Operation, code_name
from sim.state import Exact, Pattern, Prefix, Range, Ternary

_CONTEXT: Final = 0

_Result = TypeVar("_Result")


def add_entry(
    client: SwitchClient,
    table: str,
    key: Sequence[tuple[Pattern, int]],
    *,
    action: str,
    arguments: Sequence[bytes],
    rank: int | None = None,
) -> None:
    """Add an entry; each part of `key` with its width in bits, whose pattern is of the kind that the table declares.

    `rank`: only for tables with ternary or range parts, where among entries that match the lowest one wins. (In
    P4Runtime the highest priority does.)
    """
    fields = [_match_field(pattern, width) for pattern, width in key]
    options = BmAddEntryOptions(priority=rank)
    _of_table(
        client,
        table,
        client.connection.standard.bm_mt_add_entry,
        fields,
        action,
        [bytes(a) for a in arguments],
        options,
    )


def set_default_action(client: SwitchClient, table: str, *, action: str, arguments: Sequence[bytes]) -> None:
    operation = client.connection.standard.bm_mt_set_default_action
    _of_table(client, table, operation, action, [bytes(a) for a in arguments])


def number_of_entries(client: SwitchClient, table: str) -> int:
    return _of_table(client, table, client.connection.standard.bm_mt_get_num_entries)


def _of_table(client: SwitchClient, table: str, operation: Operation[_Result], *args: object) -> _Result:
    try:
        return client.connection.call(operation, _CONTEXT, table, *args)
    except InvalidTableOperation as error:
        code = code_name(error, TableOperationErrorCode._VALUES_TO_NAMES)
        raise SwitchRefusedError(
            f"the switch at {client.address} refuses a change of table `{table}`: {code}", code
        ) from error


def add_group(client: SwitchClient, number: int, replicas: Sequence[tuple[int, int]]) -> None:
    """Add a multicast group of replicas (port, instance), which leave ingress in this order."""
    groups = client.connection.groups
    try:
        group = client.connection.call(groups.bm_mc_mgrp_create, _CONTEXT, number)
        for port, instance in replicas:
            ports = "1" + "0" * port  # a bit map as text, port 0 last
            node = client.connection.call(groups.bm_mc_node_create, _CONTEXT, instance, ports, "")
            client.connection.call(groups.bm_mc_node_associate, _CONTEXT, group, node)
    except InvalidMcOperation as error:
        code = code_name(error, McOperationErrorCode._VALUES_TO_NAMES)
        raise SwitchRefusedError(
            f"the switch at {client.address} refuses multicast group {number}: {code}", code
        ) from error


def _match_field(pattern: Pattern, width: int) -> BmMatchParam:
    kinds = BmMatchParamType
    match pattern:
        case Exact(value=value):
            assert isinstance(value, int), "a key on the switch is a number"
            return BmMatchParam(type=kinds.EXACT, exact=BmMatchParamExact(as_bytes(value, width)))
        case Prefix(value=value, length=length):
            return BmMatchParam(type=kinds.LPM, lpm=BmMatchParamLPM(as_bytes(value, width), length))
        case Ternary(value=value, mask=mask):
            ternary = BmMatchParamTernary(as_bytes(value, width), as_bytes(mask, width))
            return BmMatchParam(type=kinds.TERNARY, ternary=ternary)
        case Range(low=low, high=high):
            return BmMatchParam(type=kinds.RANGE, range=BmMatchParamRange(as_bytes(low, width), as_bytes(high, width)))
        case _:
            assert_never(pattern)


def as_bytes(number: int, width: int) -> bytes:
    """A number of `width` bits as bmv2 takes it."""
    return number.to_bytes((width + 7) // 8, "big")
