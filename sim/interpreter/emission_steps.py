"""Field writes, emissions and the end of a packet as steps. A final operation answers END."""

from __future__ import annotations

from compiler.ir.emissions import Clone, Digest, Drop, Flood, Multicast, Reply, Send, WriteField
from compiler.ir.emissions import Emission as EmissionOperation
from compiler.ir.emissions import Final as FinalOperation
from sim.interpreter.emit import Emission
from sim.interpreter.frame import DIGESTS, EMISSIONS, END, FINAL, OFFSETS, PORT, WRITES, Frame, Step
from sim.interpreter.scope import Scope


def write_step(operation: WriteField, scope: Scope) -> Step:
    place, value = scope.layout.place(operation.header, operation.field), scope.slots.of(operation.value)
    number = place.header

    def step(f: Frame) -> None:
        if f[OFFSETS][number] >= 0:
            f[WRITES][place] = f[value]

    return step


def emission_step(operation: EmissionOperation, scope: Scope) -> Step:
    match operation:
        case Clone(port=port, packet=packet):
            port, build = scope.slots.of(port), scope.emitter.builder(packet, scope.slots)

            def step(f: Frame) -> None:
                f[EMISSIONS].append(Emission(f[port], *build(f, f[WRITES])))

            return step
        case Digest(record=record, values=values):
            read = scope.slots.tuple_of(values)

            def step(f: Frame) -> None:
                f[DIGESTS].append((record, read(f)))

            return step
        case _:
            return _final_step(operation, scope)


def _final_step(operation: FinalOperation, scope: Scope) -> Step:
    match operation:
        case Drop():

            def step(f: Frame) -> int:
                f[FINAL] = operation
                return END

        case Send(port=port, packet=packet):
            port, build = scope.slots.of(port), scope.emitter.builder(packet, scope.slots)

            def step(f: Frame) -> int:
                f[EMISSIONS].append(Emission(f[port], *build(f, f[WRITES])))
                f[FINAL] = operation
                return END

        case Reply(packet=packet):
            swapped, build = scope.emitter.swapped, scope.emitter.builder(packet, scope.slots)

            def step(f: Frame) -> int:
                f[EMISSIONS].append(Emission(f[PORT], *build(f, swapped(f))))
                f[FINAL] = operation
                return END

        case Flood():
            ports = [port for port in range(len(scope.program.ports)) if port not in scope.program.links]
            build = scope.emitter.as_it_stands

            def step(f: Frame) -> int:
                copy, came_in = build(f, f[WRITES]), f[PORT]
                f[EMISSIONS].extend(Emission(port, *copy) for port in ports if port != came_in)
                f[FINAL] = operation
                return END

        case Multicast(group=group, packet=packet):
            group, build, groups = scope.slots.of(group), scope.emitter.builder(packet, scope.slots), scope.groups

            def step(f: Frame) -> int:
                copy = build(f, f[WRITES])
                f[EMISSIONS].extend(Emission(port, *copy) for port in groups.get(f[group], ()))
                f[FINAL] = operation
                return END

    return step
