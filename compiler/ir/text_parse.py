"""Programs from their text form (see `text_print`). Line ends mean nothing; `//` starts a comment."""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from compiler.ir.operations import Operation
from compiler.ir.program import ROOT_GUARD, Guard, Program
from compiler.ir.text_form import CALLS, ENUMS, OPERATIONS, hints, layout
from compiler.ir.types import Bits, Blob, Type, Vector
from compiler.ir.values import Constant, Value
from compiler.source import Source, Span

_T = TypeVar("_T")

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*)+)
    |(?P<value>%(?:(?:[A-Za-z_][A-Za-z0-9_.]*_|"(?:[^"\\\n]|\\.)*"_))?[0-9]+(?![A-Za-z0-9_.]))
    |(?P<number>-?(?:0x[0-9a-f]+|[0-9]+))
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<sign>[()\[\],:=])""",
    re.VERBOSE,
)
_SECTIONS = ("ports", "headers", "states", "tunables", "records", "handlers", "envelopes")
_MAX_DEPTH = 100  # parentheses in one item
_MAX_DIGITS = 4000  # of one number; Python refuses longer decimals itself


class TextFormError(Exception):
    """Text that is not the text form of a program. The message names file and line."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def parse_program(text: str, *, name: str = "<ir>") -> Program:
    """The program that `text` spells; its spans point into `text`. Raises `TextFormError`.

    Only the form is checked here: `verify` says whether the program makes sense.
    """
    return _Parser(Source(name, text)).program()


def _tokens(source: Source) -> Iterator[_Token]:
    position = 0
    while position < len(source.text):
        found = _TOKEN.match(source.text, position)
        if found is None:
            raise TextFormError(f"{Span(source, position, position)}: unexpected {source.text[position]!r}")
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found.group(), position)
        position = found.end()
    yield _Token("end", "", position)


class _Parser:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._all = list(_tokens(source))
        self._at = 0
        self._depth = 0
        self._values: dict[int, Value] = {}

    # --- tokens

    @property
    def _next(self) -> _Token:
        return self._all[self._at]

    def _span(self, start: int) -> Span:
        last = self._all[max(0, self._at - 1)]
        return Span(self._source, start, last.start + len(last.text))

    def _fail(self, message: str, token: _Token | None = None) -> typing.NoReturn:
        start = (token or self._next).start
        raise TextFormError(f"{Span(self._source, start, start)}: {message}")

    def _take(self, kind: str, text: str | None = None) -> _Token:
        token = self._next
        if token.kind != kind or (text is not None and token.text != text):
            self._fail(f"expected {text or kind}, found {token.text or 'the end'}")
        self._at += 1
        return token

    def _accept(self, text: str) -> bool:
        if self._next.text == text and self._next.kind in ("name", "sign"):
            self._at += 1
            return True
        return False

    def _list(self, item: Callable[[], _T]) -> tuple[_T, ...]:
        """`(item, item)`, a comma at the end allowed."""
        self._take("sign", "(")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail("too many nested parentheses")
        items: list[_T] = []
        while not self._accept(")"):
            items.append(item())
            if not self._accept(","):
                self._take("sign", ")")
                break
        self._depth -= 1
        return tuple(items)

    # --- the program

    def program(self) -> Program:
        self._take("name", "program")
        name = self._text(self._take("text"))
        self._take("name", "shares")
        parts: dict[str, object] = {"name": name, "shares": self._number(self._take("number"))}
        for section in _SECTIONS:
            items: list[object] = []
            if self._accept(section):
                while self._all[self._at + 1].text == "(" and self._next.kind == "name":
                    items.append(self._item())
            parts[section] = tuple(items)
        guards = self._guards()
        self._take("name", "operations")
        operations: list[Operation] = []
        while self._next.kind != "end":
            operations.append(self._operation())
        parts["guards"] = tuple(self._resolved_guards(guards))
        parts["operations"] = tuple(operations)
        return typing.cast(Program, self._built(Program, parts, self._all[0]))

    def _guards(self) -> list[tuple[int, _Token, bool] | None]:
        """Parent, condition and polarity of each guard; conditions are defined further down."""
        self._take("name", "guards")
        found: list[tuple[int, _Token, bool] | None] = []
        while self._next.kind == "name" and re.fullmatch(r"g\d+", self._next.text):
            if self._guard_number() != len(found):
                self._fail(f"guards are numbered in order: expected g{len(found)}", self._all[self._at - 1])
            self._take("sign", "=")
            if self._accept("root"):
                found.append(None)
                continue
            parent = self._guard_number()
            polarity = self._accept("if")
            if not polarity:
                self._take("name", "unless")
            found.append((parent, self._take("value"), polarity))
        return found

    def _resolved_guards(self, guards: list[tuple[int, _Token, bool] | None]) -> Iterator[Guard]:
        for guard in guards:
            if guard is None:
                yield ROOT_GUARD
            else:
                parent, condition, polarity = guard
                yield Guard(parent, self._used(condition), polarity)

    def _guard_number(self) -> int:
        token = self._take("name")
        if not re.fullmatch(r"g\d{1,9}", token.text):
            self._fail("expected a guard such as g0", token)
        return int(token.text[1:])

    # --- operations

    def _operation(self) -> Operation:
        start = self._take("sign", "[")
        parts: dict[str, object] = {"guard": self._guard_number()}
        self._take("sign", "]")
        defined = self._definitions()
        token = self._take("name")
        kind_name, _, suffix = token.text.partition(".")
        kind = OPERATIONS.get(kind_name)
        if kind is None:
            self._fail(f"no operation is called {kind_name}", token)
        form = layout(kind)
        if len(defined) != len(form.results):
            self._fail(f"{kind_name} defines {len(form.results)} results, not {len(defined)}", token)
        parts.update(zip(form.results, defined, strict=True))
        if form.suffix is not None:
            parts[form.suffix] = self._enum(typing.cast("type[Enum]", hints(kind)[form.suffix]), suffix, token)
        arguments: list[tuple[str, object]] = []
        if self._next.text != "[" and self._next.kind != "end":
            arguments.append(self._argument())
            while self._accept(","):
                arguments.append(self._argument())
        parts.update(self._placed(form.positional, form.named, arguments, token))
        parts["span"] = self._span(start.start)
        return typing.cast(Operation, self._built(kind, parts, token))

    def _definitions(self) -> list[Value | tuple[Value, ...]]:
        found: list[Value | tuple[Value, ...]] = []
        while self._next.kind == "value" or self._next.text == "(":
            found.append(self._list(self._definition) if self._next.text == "(" else self._definition())
            if not self._accept(","):
                self._take("sign", "=")
                break
        return found

    def _definition(self) -> Value:
        token = self._take("value")
        self._take("sign", ":")
        number, name = self._split_value(token)
        value = Value(number, self._type(), name)
        if number in self._values:
            self._fail(f"value number {number} is defined twice", token)
        self._values[number] = value
        return value

    def _used(self, token: _Token) -> Value:
        number, name = self._split_value(token)
        value = self._values.get(number)
        if value is None or value.name != name:
            self._fail(f"{token.text} is not defined", token)
        return value

    def _split_value(self, token: _Token) -> tuple[int, str]:
        name, _, number = token.text[1:].rpartition("_")
        if len(number) > _MAX_DIGITS:
            self._fail("this number is too long", token)
        if name.startswith('"'):
            name = self._text(_Token("text", name, token.start))
        return int(number), name

    # --- items

    def _argument(self) -> tuple[str, object]:
        if self._next.kind == "name" and self._all[self._at + 1].text == "=":
            name = self._take("name").text
            self._take("sign", "=")
            return name, self._item()
        return "", self._item()

    def _item(self) -> object:
        token = self._next
        if token.text == "(":
            items = self._list(self._item)
            return Constant(typing.cast("tuple[int, ...]", items), self._type()) if self._at_type() else items
        self._at += 1
        match token.kind:
            case "number":
                value = self._number(token)
                return Constant(value, self._type()) if self._at_type() else value
            case "text":
                return self._text(token)
            case "value":
                return self._used(token)
            case "name":
                self._at -= 1
                return self._named_item(token)
            case _:
                self._fail(f"unexpected {token.text or 'end'}", token)

    def _named_item(self, token: _Token) -> object:
        if self._at_type():
            return self._type()
        self._at += 1
        if self._next.text == "(":
            return self._call(token)
        match token.text:
            case "true":
                return True
            case "false":
                return False
            case "none":
                return None
            case _:
                pass
        name, _, member = token.text.partition(".")
        if name in ENUMS and member:
            return self._enum(ENUMS[name], member, token)
        return token.text

    def _call(self, token: _Token) -> object:
        kind = CALLS.get(token.text)
        if kind is None:
            self._fail(f"nothing is called {token.text}", token)
        arguments = list(self._list(self._argument))
        fields = [f for f in dataclasses.fields(kind) if f.compare]
        positional = tuple(f.name for f in fields if not f.kw_only)
        parts = self._placed(positional, tuple(f.name for f in fields), arguments, token)
        if "span" in hints(kind):
            parts["span"] = self._span(token.start)
        return self._built(kind, parts, token)

    def _placed(
        self, positional: tuple[str, ...], named: tuple[str, ...], arguments: list[tuple[str, object]], token: _Token
    ) -> dict[str, object]:
        parts: dict[str, object] = {}
        for place, (name, item) in enumerate(arguments):
            if not name and place < len(positional):
                name = positional[place]
            if name in parts or name not in (*positional, *named):
                self._fail(f"{token.text} does not take {name or 'so many parts'}", token)
            parts[name] = item
        return parts

    def _built(self, kind: type, parts: dict[str, object], token: _Token) -> object:
        for name, item in parts.items():
            if not _conforms(item, hints(kind)[name]):
                self._fail(f"{token.text} cannot have this as its {name}", token)
        missing = [
            f.name
            for f in dataclasses.fields(kind)
            if f.name not in parts and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        ]
        if missing:
            self._fail(f"{token.text} needs {', '.join(missing)}", token)
        return kind(**parts)

    def _enum(self, kind: type[Enum], value: str, token: _Token) -> Enum:
        try:
            return kind(value)
        except ValueError:
            self._fail(f"{value or 'nothing'} is none of {', '.join(str(m.value) for m in kind)}", token)

    def _number(self, token: _Token) -> int:
        if len(token.text) > _MAX_DIGITS:
            self._fail("this number is too long", token)
        return int(token.text, 0) if "x" in token.text else int(token.text)

    def _text(self, token: _Token) -> str:
        try:
            return str(json.loads(token.text))
        except ValueError:
            self._fail("this text has an escape that JSON does not know", token)

    def _at_type(self) -> bool:
        return self._next.kind == "name" and bool(re.fullmatch(r"u\d{1,9}|bytes", self._next.text))

    def _type(self) -> Type:
        name = self._take("name")
        if name.text != "bytes" and not re.fullmatch(r"u\d{1,9}", name.text):
            self._fail("expected a type such as u16", name)
        count: int | None = None
        if name.text == "bytes" or (self._next.text == "[" and self._all[self._at + 1].kind == "number"):
            self._take("sign", "[")
            count = self._number(self._take("number"))
            self._take("sign", "]")
        if count is None:
            return Bits(int(name.text[1:]))
        return Blob(count) if name.text == "bytes" else Vector(int(name.text[1:]), count)


def _conforms(item: object, hint: object) -> bool:
    """Whether `item` is what a field's annotation says."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_conforms(item, argument) for argument in arguments)
    if origin is tuple:
        if not isinstance(item, tuple):
            return False
        if len(arguments) == 2 and arguments[1] is ...:
            return all(_conforms(part, arguments[0]) for part in item)
        return len(item) == len(arguments) and all(map(_conforms, item, arguments))
    if isinstance(item, Constant) and hint is Constant:
        lanes = item.value if isinstance(item.value, tuple) else (item.value,)
        return all(type(lane) is int for lane in lanes)
    kind = typing.cast(type, hint)
    return type(item) is kind if kind in (int, bool) else isinstance(item, kind)
