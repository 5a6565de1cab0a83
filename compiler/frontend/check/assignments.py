"""The expression dispatcher, assignments, and how facts change over branches and loops."""

from __future__ import annotations

from abc import abstractmethod

from compiler.diagnostics import Note
from compiler.frontend import ast
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.check.body import PACKET_PLACE, poison
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.members import HeaderRef, Thing, flat_leaf_types, project
from compiler.frontend.check.patterns import PatternChecker
from compiler.frontend.check.scope import (
    ArraySymbol,
    ConstSymbol,
    InstanceSymbol,
    MapSymbol,
    PacketSymbol,
    Symbol,
    VariableSymbol,
    is_wrong,
    resolve_path,
    what_is,
)
from compiler.frontend.check.statics import static_operation
from compiler.frontend.static_arithmetic import StaticArithmeticError
from compiler.frontend.typed import (
    SAssign,
    SExpr,
    SLet,
    SSetField,
    TAccess,
    TBinary,
    TBlock,
    TCall,
    TExpr,
    TIf,
    TLiteral,
    TLocal,
    TProject,
    TStatement,
    TUnwrap,
)
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    UNIT,
    FlagsType,
    IntType,
    NeverType,
    OptionType,
    StructType,
    TupleType,
    Ty,
    describe,
    flatten,
)
from compiler.frontend.variables import Local, Static, StaticLiteral
from compiler.ir.operations import BinaryOperator
from compiler.source import Span

_ASSIGNING = {
    "+=": "+",
    "-=": "-",
    "*=": "*",
    "&=": "&",
    "|=": "|",
    "^=": "^",
    "<<=": "<<",
    ">>=": ">>",
}
_ATOMIC = {
    "+=": BinaryOperator.ADD,
    "-=": BinaryOperator.SUB,
    "&=": BinaryOperator.AND,
    "|=": BinaryOperator.OR,
    "^=": BinaryOperator.XOR,
}
_EFFECTS = (TAccess, TCall, TUnwrap, TBlock, TIf, TProject)


class AssignmentChecker(PatternChecker):
    """Adds assignments and the choice of the right check for any expression to `PatternChecker`."""

    @abstractmethod
    def if_or_match(self, node: ast.IfExpr | ast.MatchExpr, expected: Ty | None, *, wants_value: bool) -> TExpr: ...

    def expr(self, node: ast.Expr, expected: Ty | None = None) -> TExpr:
        """The checked value of any expression; `expected` gives numbers their width."""
        match node:
            case ast.Literal():
                return self.literal(node, expected)
            case ast.NameExpr(path=path):
                if resolve_path(path, self.scope) is None:
                    variant = self.variant_name(path, node)
                    if variant is not None:
                        return variant
                return self.named_value(self.thing(node), node)
            case ast.Member():
                return self.named_value(self.thing(node), node)
            case ast.Index():
                return self.index(node)
            case ast.Call():
                return self.call(node, expected)
            case ast.UnaryExpr():
                return self.unary(node, expected)
            case ast.BinaryExpr():
                return self.binary(node, expected)
            case ast.Membership():
                return self.membership(node)
            case ast.Cast():
                return self.cast(node)
            case ast.TupleExpr():
                return self.tuple(node, expected)
            case ast.VectorExpr():
                return self.vector(node, expected)
            case ast.Splat():
                return self.splat(node, expected)
            case ast.StructExpr():
                return self.struct(node)
            case ast.IfExpr() | ast.MatchExpr():
                return self.if_or_match(node, expected, wants_value=True)
            case ast.RangeExpr():
                return self.error("W0318", "a range stands only behind `in` and in `for`", node.span)
            case ast.PacketExpr():
                return self.error(
                    "W0414", "a packet stands only behind `with`", node.span, help="`send wan with packet { ... }`"
                )

    def named_value(self, thing: Thing, node: ast.Expr) -> TExpr:
        value = super().named_value(thing, node)
        if self.header_only and isinstance(thing, ArraySymbol):
            return poison(node.span)
        return value

    # --- assignments -------------------------------------------------------------------------------------

    def assign(self, node: ast.Assign) -> list[TStatement]:
        """`target = value` and `target += value`, where the target can be written."""
        owner = self._owner(node.target)
        self.forget(node.target)
        match owner:
            case HeaderRef() if isinstance(node.target, ast.Member):
                return self._assign_field(owner, node.target, node)
            case ArraySymbol():
                return self._assign_cell(owner, node)
            case VariableSymbol(mutable=mutable, local=local):
                if not mutable:
                    note = Note(owner.span, "declared here")
                    self.error(
                        "W0334",
                        f"`{local.name}` cannot change",
                        node.target.span,
                        notes=(note,),
                        help=f"declare it with `let mut {local.name}`",
                    )
                    return []
                return self._assign_variable(local, node)
            case None:
                return []
            case _:
                what = what_is(owner) if isinstance(owner, Symbol.__args__) else "a value"  # type: ignore[attr-defined]
                if is_wrong(owner if isinstance(owner, ConstSymbol) else None):
                    return []
                help_text = "`.set(key, value) else ...` writes" if isinstance(owner, MapSymbol) else None
                self.error("W0335", f"{what} cannot be assigned to", node.target.span, help=help_text)
                return []

    def _owner(self, node: ast.Expr) -> Thing | None:
        """What an assignment to `node` writes: a header, an array, a variable; None after an error."""
        match node:
            case ast.NameExpr():
                thing = self.thing(node)
                return (
                    None if getattr(thing, "type", None) == ERROR and not isinstance(thing, VariableSymbol) else thing
                )
            case ast.Index(object=inner):
                return self._owner(inner)
            case ast.Member(object=inner):
                owner = self._owner(inner)
                match owner:
                    case PacketSymbol() | InstanceSymbol():
                        thing = self.thing(node)
                        if isinstance(thing, (HeaderRef, ArraySymbol)):
                            return thing
                        if getattr(thing, "type", None) == ERROR:
                            return None
                        self.error("W0335", "this cannot be assigned to", node.span)
                        return None
                    case _:
                        return owner
            case _:
                self.error("W0335", "this cannot be assigned to", node.span)
                return None

    def _new_value(self, node: ast.Assign, ty: Ty) -> TExpr:
        """What is assigned: the value, or for `+=` and the like the old value combined with it."""
        if node.operator == "=":
            return self.coerce(self.expr(node.value, ty), ty)
        combined = ast.BinaryExpr(_ASSIGNING[node.operator], node.target, node.value, span=node.span)
        return self.coerce(self.expr(combined, ty), ty)

    def _assign_field(self, owner: HeaderRef, target: ast.Member, node: ast.Assign) -> list[TStatement]:
        if isinstance(self.thing(target.object), HeaderRef):
            name = target.name.text
            field = self._field(owner, target)
        else:  # p.tcp.flags.ece = ...
            return self._assign_flag(target, node)
        if field.type == ERROR:
            return []
        for header in owner.headers:
            declared = self.context.headers[header].header
            if declared.field_named(name).checksum is not None:
                self.error(
                    "W0419",
                    f"`{name}` is a checksum: it follows the other fields when the packet leaves",
                    target.span,
                    help="remove this line",
                )
                return []
            if name in declared.length_fields:
                self.error(
                    "W0421",
                    f"`{name}` says where `{header}` ends, so it cannot change",
                    target.span,
                    help="to add or remove headers, send a new packet: `send wan with packet { ... }`",
                )
                return []
        value = self._new_value(node, field.type)
        if value.type == ERROR:
            return []
        return [SSetField(tuple((h, name) for h in owner.headers), value, span=node.span)]

    def _assign_flag(self, target: ast.Member, node: ast.Assign) -> list[TStatement]:
        """One bit of a set of bits, in a header or a variable."""
        whole = self.expr(target.object)
        ty = whole.type
        if not isinstance(ty, FlagsType) or target.name.text not in ty.bits or node.operator != "=":
            self.error("W0335", "this cannot be assigned to", target.span)
            return []
        bit = 1 << ty.bits.index(target.name.text)
        value = self.coerce(self.expr(node.value, BOOLEAN), BOOLEAN)
        span = node.span
        with_it = TBinary(BinaryOperator.OR, whole, TLiteral((bit,), type=ty, span=span), type=ty, span=span)
        mask = ((1 << ty.width) - 1) ^ bit
        without = TBinary(BinaryOperator.AND, whole, TLiteral((mask,), type=ty, span=span), type=ty, span=span)
        chosen = TIf(
            value, TBlock((), with_it, type=ty, span=span), TBlock((), without, type=ty, span=span), type=ty, span=span
        )
        local = self.context.new_local("flags", ty)
        name = ast.Name(f"flags#{local.number}", span=span)
        self.bind(name, VariableSymbol(local, False, span))
        read = ast.NameExpr(ast.Path((name,), span=span), span=span)
        rest = self.assign(ast.Assign(target.object, "=", read, span=span))
        return [] if value.type == ERROR else [SLet(local, chosen, span=span), *rest]

    def _assign_cell(self, array: ArraySymbol, node: ast.Assign) -> list[TStatement]:
        target, wanted, arrays = node.target, array.type, array.arrays
        if isinstance(target, ast.Member) and not isinstance(self.thing(target), ArraySymbol):
            part = self._array_part(array, target)
            if part is None:
                return []
            wanted, arrays, target = part
        index: TExpr | None = TLiteral((0,), type=IntType(32), span=target.span)
        if isinstance(target, ast.Index):
            if array.cells is None:
                self.error("W0320", f"`{array.name}` is one variable", target.span)
                return []
            index = self.cell_index(array.cells, target.index, f"`{array.name}`")
        elif array.cells is not None:
            self.error(
                "W0336",
                f"`{array.name}` has {array.cells} cells; say which",
                target.span,
                help=f"`{array.name}[index]`",
            )
            return []
        if index is None:
            return []
        if node.operator in _ATOMIC and len(arrays) == 1:
            amount = self.coerce(self.expr(node.value, wanted), wanted)
            if amount.type == ERROR or (not isinstance(wanted, IntType) and not hasattr(wanted, "lanes")):
                if amount.type != ERROR:
                    self.error("W0316", f"`{node.operator}` of {describe(wanted)}", node.span)
                return []
            update = self.access(
                AccessKind.ARRAY_UPDATE, arrays[0], (index, amount), wanted, node.span, operator=_ATOMIC[node.operator]
            )
            return [SExpr(update, span=node.span)]
        value = self._new_value(node, wanted)
        if value.type == ERROR:
            return []
        local = self.context.new_local("stored", wanted)
        statements: list[TStatement] = [SLet(local, value, span=node.span)]
        for first, (name, leaf) in enumerate(zip(arrays, flat_leaf_types(wanted), strict=True)):
            part_value = project(TLocal(local, type=wanted, span=node.span), first, leaf, node.span)
            write = self.access(AccessKind.ARRAY_SET, name, (index, part_value), UNIT, node.span)
            statements.append(SExpr(write, span=node.span))
        return statements

    def _array_part(self, array: ArraySymbol, target: ast.Member) -> tuple[Ty, tuple[str, ...], ast.Expr] | None:
        """The arrays of one field of an array of structs."""
        if not isinstance(array.type, StructType) or isinstance(target.object, ast.Member):
            self.error("W0335", "this cannot be assigned to", target.span)
            return None
        first = 0
        for name, inner in array.type.fields:
            count = len(flat_leaf_types(inner))
            if name == target.name.text:
                return inner, array.arrays[first : first + count], target.object
            first += count
        self._no_member(target, describe(array.type), [n for n, _ in array.type.fields])
        return None

    def _assign_variable(self, local: Local, node: ast.Assign) -> list[TStatement]:
        ty, first = self._part_of(node.target)
        if ty == ERROR:
            return []
        if isinstance(ty, FlagsType) is False and isinstance(node.target, ast.Member):
            inner = self.expr(node.target.object)
            if isinstance(inner.type, FlagsType):
                return self._assign_flag(node.target, node)
        value = self._new_value(node, ty)
        if value.type == ERROR:
            return []
        return [SAssign(local, first, value, span=node.span)]

    def _part_of(self, target: ast.Expr) -> tuple[Ty, int]:
        """The type of a variable or of a part of it, and its first flat value."""
        value = self.expr(target)
        first = 0
        while isinstance(value, TProject):
            first += value.first
            value = value.value
        if isinstance(target, ast.Index):
            self.error("W0335", "a lane cannot be assigned to", target.span, help="build the vector anew")
            return ERROR, 0
        return self.expr(target).type, first

    # --- small things that statements need ---------------------------------------------------------------

    def tuple_part(self, value: TExpr, ty: TupleType, position: int, span: Span) -> TExpr:
        first = sum(len(flatten(e)) for e in ty.elements[:position])
        return project(value, first, ty.elements[position], span)

    def static_plus_one(self, value: Static, span: Span) -> Static:
        try:
            return static_operation("+", value, StaticLiteral(1))
        except StaticArithmeticError as error:
            self.error("W0312", str(error), span)
            return value

    def discarded(self, value: TExpr) -> TExpr:
        """An optional value as an optional nothing."""
        option = OptionType(UNIT)
        return TProject(value, 0, type=option, span=value.span)

    def has_effect(self, value: TExpr) -> bool:
        """Whether evaluating `value` may change or decide something."""
        return isinstance(value, _EFFECTS) and not (isinstance(value, TProject) and not self.has_effect(value.value))

    def joined_facts(self, before: Facts, *branches: tuple[TBlock, Facts]) -> Facts:
        """What holds after a choice: what holds at the end of every branch that comes to its end."""
        open_ends = [facts for block, facts in branches if not isinstance(block.type, NeverType)]
        if not open_ends:
            return before
        return Facts(frozenset.intersection(*(f.known for f in open_ends)))

    def forget(self, target: ast.Expr) -> None:
        """Drop facts about what an assignment to `target` changes: a field has several names (`l4`, `tcp`)."""
        place = self.place(target)
        if place is not None:
            parts = place.split(".")  # "packet", header, field
            is_field = parts[0] == PACKET_PLACE and len(parts) > 2
            self.facts = self.facts.without_field(parts[2]) if is_field else self.facts.without(place)

    def forget_assigned(self, body: ast.Block) -> None:
        """Drop facts about everything that a loop's body assigns: its second turn begins without them."""
        for target in assigned_in(body):
            self.forget(target)


def assigned_in(node: object) -> list[ast.Expr]:
    """Targets of all assignments inside a piece of syntax."""
    found: list[ast.Expr] = []
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack.extend(current)
        elif isinstance(current, ast.Node):
            if isinstance(current, ast.Assign):
                found.append(current.target)
            stack.extend(getattr(current, name) for name in current.__dataclass_fields__ if name != "span")
    return found
