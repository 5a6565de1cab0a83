"""Bring paths together again: after branches, and after the body of an inlined function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compiler.frontend.lower.builder import Builder, Place
from compiler.frontend.lower.paths import Branch, Departure, Environment, Exit, FieldName, Operands, Scope, Variable
from compiler.frontend.lower.value_names import value_names
from compiler.frontend.types import Ty, flatten
from compiler.ir.types import Type
from compiler.ir.values import FALSE, TRUE, Operand, zero
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class Ending:
    """How the paths of a scope left it, as truth values under the guard where it begins."""

    returned: Operand
    finished: Operand
    departure: Departure | None


class Joins:
    """`field_type`: the type of a header field."""

    def __init__(self, builder: Builder, field_type: Callable[[FieldName], Type]) -> None:
        self._builder = builder
        self._field_type = field_type

    # --- leaving ----------------------------------------------------------------------------------

    def leave(self, scope: Scope, leaving: Exit) -> None:
        """`scope` goes on where `leaving`, at its end so far, is not taken."""
        if leaving.left != FALSE:
            scope.exits.append(leaving)
        scope.guard = self._builder.guards.child(leaving.guard, leaving.left, False)

    def _ending(self, exits: Sequence[Exit], *, is_alive: bool, span: Span) -> Ending:
        if not is_alive and all(leaving.departure is None for leaving in exits):
            return Ending(FALSE, TRUE, None)
        ending = Ending(FALSE, FALSE, None)
        for leaving in reversed(exits):
            place = Place(leaving.guard, span)
            ending = Ending(
                self._builder.select(place, leaving.left, leaving.returned, ending.returned),
                self._builder.select(place, leaving.left, leaving.finished, ending.finished),
                self._joined_departures(place, leaving.returned, leaving.departure, ending.departure),
            )
        return ending

    # --- branches ---------------------------------------------------------------------------------

    def branches(
        self, scope: Scope, condition: Operand, then: Branch, otherwise: Branch, *, of: Ty, name: str, span: Span
    ) -> Operands:
        """End two branches that `scope` splits into by `condition`; the value of the whole, of type `of`."""
        place = Place(scope.guard, span)
        if then.scope.is_alive and not otherwise.scope.is_alive:
            return self._one_branch_goes_on(scope, condition, then, otherwise.scope, span)
        if otherwise.scope.is_alive and not then.scope.is_alive:
            negated = self._builder.negation(place, condition)
            return self._one_branch_goes_on(scope, negated, otherwise, then.scope, span)
        if then.scope.exits or otherwise.scope.exits:
            self._leave_branches(scope, condition, then.scope, otherwise.scope, span)
        if not scope.is_alive:
            return tuple(map(zero, flatten(of)))
        scope.environment = self._joined(
            place, condition, then.scope.environment, otherwise.scope.environment, scope.environment
        )
        return self._selected(place, condition, then.values, otherwise.values, value_names(of, name))

    def _one_branch_goes_on(self, scope: Scope, condition: Operand, alive: Branch, dead: Scope, span: Span) -> Operands:
        """What follows goes into the branch taken where `condition` holds: the other one never comes back."""
        place = Place(scope.guard, span)
        ending = self._ending(dead.exits, is_alive=False, span=span)
        left = self._builder.negation(place, condition)
        if ending.departure is None:
            leaving = Exit(scope.guard, left, left)
        else:
            returned = self._builder.select(place, condition, FALSE, ending.returned)
            finished = self._builder.select(place, condition, FALSE, ending.finished)
            leaving = Exit(scope.guard, left, finished, returned, ending.departure)
        scope.exits += [leaving, *alive.scope.exits]
        scope.guard = alive.scope.guard
        scope.environment = alive.scope.environment
        return alive.values

    def _leave_branches(self, scope: Scope, condition: Operand, then: Scope, otherwise: Scope, span: Span) -> None:
        place = Place(scope.guard, span)
        one = self._ending(then.exits, is_alive=then.is_alive, span=span)
        other = self._ending(otherwise.exits, is_alive=otherwise.is_alive, span=span)
        returned = self._builder.select(place, condition, one.returned, other.returned)
        finished = self._builder.select(place, condition, one.finished, other.finished)
        departure = self._joined_departures(place, condition, one.departure, other.departure)
        is_dead = not then.is_alive and not otherwise.is_alive
        left = TRUE if is_dead else self._builder.disjunction(place, returned, finished)
        self.leave(scope, Exit(scope.guard, left, finished, returned, departure))

    # --- inlined functions ------------------------------------------------------------------------

    def end_call(self, caller: Scope, body: Branch, *, of: Ty, name: str, span: Span) -> Operands:
        """End the body of an inlined function, which began where `caller` is: returns rejoin its end."""
        inner, values = _with_last_return_as_end(body)
        exits = list(inner.exits)
        while exits and exits[0].departure is None:  # the packet is finished there: for the caller as well
            self.leave(caller, exits.pop(0))
        if not exits:
            caller.guard = inner.guard
            caller.environment.fields = inner.environment.fields
            return values if inner.is_alive else tuple(map(zero, flatten(of)))
        place = Place(exits[0].guard, span)
        ending = self._ending(exits, is_alive=inner.is_alive, span=span)
        departure = ending.departure
        assert departure is not None, "the first of these exits returns"
        if inner.is_alive:
            end = Departure(inner.environment.fields, values)
            departure = self._joined_departure(place, ending.returned, departure, end, value_names(of, name))
        self.leave(caller, Exit(place.guard, ending.finished, ending.finished))
        departure = self._visible(place, ending.returned, departure, caller.guard)
        caller.environment.fields = dict(departure.fields)
        return departure.values

    def _visible(self, place: Place, returned: Operand, departure: Departure, guard: int) -> Departure:
        """`departure` with values that may be used under `guard`, also those from deep in a branch."""

        def visible(operand: Operand) -> Operand:
            if self._builder.is_visible(operand, guard):
                return operand
            return self._builder.select(place, returned, operand, zero(operand.type), getattr(operand, "name", ""))

        fields = {name: visible(operand) for name, operand in departure.fields.items()}
        return Departure(fields, tuple(map(visible, departure.values)))

    # --- values -----------------------------------------------------------------------------------

    def _joined(
        self, place: Place, condition: Operand, one: Environment, other: Environment, before: Environment
    ) -> Environment:
        variables: dict[int, Variable] = {}
        for number, variable in before.variables.items():
            local = variable.local
            then, otherwise = one.variables[number].values, other.variables[number].values
            values = self._selected(place, condition, then, otherwise, value_names(local.type, local.name))
            variables[number] = Variable(local, values)
        return Environment(variables, self._joined_fields(place, condition, one.fields, other.fields))

    def _joined_fields(
        self,
        place: Place,
        condition: Operand,
        one: Mapping[FieldName, Operand],
        other: Mapping[FieldName, Operand],
    ) -> dict[FieldName, Operand]:
        joined: dict[FieldName, Operand] = {}
        for name in dict.fromkeys((*one, *other)):
            then, otherwise = (
                fields[name] if name in fields else self._builder.field(place, *name, self._field_type(name))
                for fields in (one, other)
            )
            joined[name] = self._builder.select(place, condition, then, otherwise, ".".join(name))
        return joined

    def _joined_departures(
        self, place: Place, condition: Operand, one: Departure | None, other: Departure | None
    ) -> Departure | None:
        if one is None or other is None:
            return one or other
        return self._joined_departure(place, condition, one, other, ("",) * len(one.values))

    def _joined_departure(
        self, place: Place, condition: Operand, one: Departure, other: Departure, names: Sequence[str]
    ) -> Departure:
        fields = self._joined_fields(place, condition, one.fields, other.fields)
        return Departure(fields, self._selected(place, condition, one.values, other.values, names))

    def _selected(
        self, place: Place, condition: Operand, one: Operands, other: Operands, names: Sequence[str]
    ) -> Operands:
        if one is other:
            return one
        return tuple(
            self._builder.select(place, condition, then, otherwise, name)
            for then, otherwise, name in zip(one, other, names, strict=True)
        )


def _with_last_return_as_end(body: Branch) -> tuple[Scope, Operands]:
    """A `return` on all paths that come to it is the end of the body, which then goes on after the call."""
    scope = body.scope
    if scope.is_alive or not scope.exits or scope.exits[-1].returned != TRUE:
        return scope, body.values
    last = scope.exits[-1]
    assert last.departure is not None, "who returns departs"
    environment = Environment(scope.environment.variables, dict(last.departure.fields))
    return Scope(last.guard, environment, scope.exits[:-1]), last.departure.values
