"""What an access to a state did, in the words of the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.ir.accesses import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    CounterAdd,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    ReduceContribute,
    TableGet,
)
from compiler.ir.fields import operands, results
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_value
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.states import Array, Index, Lease, Map, Meter, Reduction, Table, TableArray
from compiler.ir.types import Shape
from compiler.ir.values import Operand
from compiler.meaning.sets import NO_SLOT
from compiler.meaning.slot_protocol import Combine
from compiler.meaning.token_bucket import CREDIT_SHIFT
from sim.control.cell_shapes import split_cell
from sim.interpreter import Execution
from weft.packet_trace.story import Changed, LookedUp, Plain, Step

_VERDICTS = ("pending", "complete", "repeat", "stale")


class AccessSteps:
    """Words for the accesses of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._ports = [port.name for port in program.ports]

    def steps(self, operation: Operation, execution: Execution) -> list[Step] | None:
        """An access as steps, with keys and values as people write them; None for any other operation."""
        env: dict[Operand, Leaf] = dict(zip(operands(operation), execution.operands, strict=True))
        env.update(zip(results(operation), execution.results, strict=True))
        match operation:
            case ArrayRead() | ArrayWrite() | ArrayUpdate() | CounterAdd() | MeterTake():
                return [self._cell(operation, execution, env)]
            case TableGet():
                return [self._table(operation, env)]
            case MapFind() | MapPut() | MapRemove():
                return [self._map(operation, execution, env)]
            case LeaseOpen() | LeaseGet() | LeaseClose():
                return [self._lease(operation, execution, env)]
            case IndexFind() | IndexOpen():
                return self._index(operation, env)
            case ReduceContribute():
                return [self._reduction(operation, env)]
            case _:
                return None

    def _cell(
        self,
        operation: ArrayRead | ArrayWrite | ArrayUpdate | CounterAdd | MeterTake,
        execution: Execution,
        env: Mapping[Operand, Leaf],
    ) -> Step:
        name, index = operation.state, env[operation.index]
        match operation:
            case ArrayRead(result=result):
                return LookedUp(name, index, "read", self._array_cell(name, env[result]))
            case CounterAdd():
                before, after = (_counted(side) for side in (execution.before, execution.after))
                return Changed(name, index, before, after)
            case MeterTake(conforms=conforms, amount=amount):
                tokens = f"{_tokens(execution.before):g} of {_burst(self._program, name)} tokens were there"
                verdict = "enough" if env[conforms] else "too few"
                return LookedUp(name, index, f"{verdict} for {env[amount]} ({tokens} when last used)")
            case _:
                before, after = (self._array_cell(name, side) for side in (execution.before, execution.after))
                return Changed(name, index, before, after)

    def _array_cell(self, name: str, cell: object) -> Plain:
        declaration = self._program.state(name)
        assert isinstance(declaration, Array), "only arrays have such cells"
        assert isinstance(cell, int | tuple), "a cell is a number or a vector"
        return self._value(declaration.shape, split_cell(declaration.type, declaration.shape, cell))

    def _table(self, operation: TableGet, env: Mapping[Operand, Leaf]) -> Step:
        declaration = self._program.state(operation.state)
        values = [env[value] for value in operation.values]
        if isinstance(declaration, TableArray):
            cell = values if len(values) != 1 else split_cell(declaration.type, declaration.shape, values[0])
            return LookedUp(operation.state, env[operation.key[0]], "read", self._value(declaration.shape, cell))
        assert isinstance(declaration, Table), "a table was looked up"
        key = self._value(declaration.key_shape, [env[part] for part in operation.key])
        if not env[operation.hit] and declaration.default is None:
            return LookedUp(operation.state, key, "no entry")
        found = "hit" if env[operation.hit] else "default"
        return LookedUp(operation.state, key, found, self._value(declaration.value_shape, values))

    def _map(self, operation: MapFind | MapPut | MapRemove, execution: Execution, env: Mapping[Operand, Leaf]) -> Step:
        declaration = self._program.state(operation.state)
        assert isinstance(declaration, Map), "a map was accessed"
        key = self._value(declaration.key_shape, [env[part] for part in operation.key])
        match operation:
            case MapFind(present=present, room=room, values=values):
                if env[present]:
                    value = self._value(declaration.value_shape, [env[value] for value in values])
                    return LookedUp(operation.state, key, "present", value)
                return LookedUp(operation.state, key, "absent" if env[room] else "absent, and no room for it")
            case MapPut(slot=slot):
                note = "no room: not stored" if env[slot] == NO_SLOT else ""
            case MapRemove():
                note = "" if execution.before is not None else "there was none"
        before, after = (self._entry(declaration.value_shape, side) for side in (execution.before, execution.after))
        return Changed(operation.state, key, before, after, note)

    def _entry(self, shape: Shape | None, side: object) -> Plain:
        """An entry of a map or lease; one without values is there, or not."""
        if side is None:
            return None
        assert isinstance(side, tuple), "an entry is its flat values"
        return "present" if shape is None else self._value(shape, side)

    def _lease(
        self, operation: LeaseOpen | LeaseGet | LeaseClose, execution: Execution, env: Mapping[Operand, Leaf]
    ) -> Step:
        shape = self._lease_shape(operation.state)
        match operation:
            case LeaseOpen(done=done, id=id_, values=values):
                if not env[done]:
                    return Changed(operation.state, "new", None, None, "no free id")
                return Changed(operation.state, env[id_], None, self._entry(shape, tuple(env[v] for v in values)))
            case LeaseGet(live=live, id=id_, values=values):
                value = self._entry(shape, tuple(env[v] for v in values)) if env[live] else None
                return LookedUp(operation.state, env[id_], "live" if env[live] else "not live", value)
            case LeaseClose(id=id_):
                note = "" if execution.before is not None else "it was not live"
                return Changed(operation.state, env[id_], self._entry(shape, execution.before), None, note)

    def _index(self, operation: IndexFind | IndexOpen, env: Mapping[Operand, Leaf]) -> list[Step]:
        declaration = self._program.state(operation.state)
        assert isinstance(declaration, Index), "an index was accessed"
        key = self._value(declaration.key_shape, [env[part] for part in operation.key])
        shape = self._lease_shape(operation.lease)
        value = self._entry(shape, tuple(env[v] for v in operation.values))
        match operation:
            case IndexFind(present=present, id=id_):
                if not env[present]:
                    return [LookedUp(operation.state, key, "absent")]
                return [LookedUp(operation.state, key, f"leads to {operation.lease}[{env[id_]}]", value)]
            case IndexOpen(done=done, opened=opened, id=id_):
                if not env[done]:
                    return [LookedUp(operation.state, key, "absent, and no room or no free id for it")]
                if not env[opened]:
                    return [LookedUp(operation.state, key, f"leads to {operation.lease}[{env[id_]}]", value)]
                return [
                    LookedUp(operation.state, key, "absent"),
                    Changed(operation.lease, env[id_], None, value),
                    Changed(operation.state, key, None, env[id_]),
                ]

    def _lease_shape(self, name: str) -> Shape | None:
        declaration = self._program.state(name)
        assert isinstance(declaration, Lease), "a lease was accessed"
        return declaration.value_shape

    def _reduction(self, operation: ReduceContribute, env: Mapping[Operand, Leaf]) -> Step:
        declaration = self._program.state(operation.state)
        assert isinstance(declaration, Reduction), "a reduction was accessed"
        verdict = env[operation.verdict]
        operator, member = env[operation.operator], env[operation.member]
        assert isinstance(verdict, int) and isinstance(operator, int), "verdicts and operators are numbers"
        names = [combine.name.lower() for combine in Combine]
        how = names[operator] if operator < len(names) else f"operator {operator}"
        total = split_cell(declaration.type, declaration.shape, env[operation.total])
        return LookedUp(
            operation.state,
            f"slot {env[operation.slot]} round {env[operation.round]}",
            f"{_VERDICTS[verdict]} after the {how} of member {member}",
            self._value(declaration.shape, total) if verdict in (1, 2) else None,
        )

    def _value(self, shape: Shape | None, leaves: Sequence[Leaf]) -> Plain:
        return None if shape is None else render_value(shape, leaves, ports=self._ports)


def _counted(side: object) -> Plain:
    assert isinstance(side, tuple), "a counter's cell is a pair"
    packets, size = side
    return {"packets": packets, "bytes": size}


def _tokens(bucket: object) -> float:
    return getattr(bucket, "credit", 0) / (1 << CREDIT_SHIFT)


def _burst(program: Program, name: str) -> int:
    declaration = program.state(name)
    assert isinstance(declaration, Meter), "a meter was taken from"
    return declaration.burst
