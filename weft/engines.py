"""What carries a program out: the interpreter, which defines its meaning, or its C, which is fast."""

from __future__ import annotations

from typing import Final

from compiler.diagnostics.suggest import closest
from sim.interpreter import Run
from sim.native import NativeRun, find_compiler
from weft.failures import UsageError
from weft.replay import Engine
from weft.terminal import write_note

NATIVE: Final = "native"
INTERPRETER: Final = "interpreter"
ENGINES: Final[dict[str, Engine]] = {NATIVE: NativeRun, INTERPRETER: Run}

_INSTALL: Final = "install gcc or clang, or name a compiler in the environment as CC"


def chosen_engine(name: str | None) -> Engine:
    """The engine of this name; without one, the fast one where there is a C compiler, else a note says why not."""
    if name is None:
        if find_compiler() is not None:
            return NativeRun
        write_note(f"note: no C compiler was found, so the interpreter runs the program; {_INSTALL} for more speed")
        return Run
    if name not in ENGINES:
        meant = closest(name, tuple(ENGINES))
        raise UsageError(
            f"there is no engine `{name}`" + (f"; did you mean `{meant}`?" if meant else ""),
            help=f"engines: {', '.join(ENGINES)}",
        )
    if name == NATIVE and find_compiler() is None:
        raise UsageError(
            "the native engine needs a C compiler, and none was found",
            help=f"{_INSTALL}; `--engine {INTERPRETER}` needs none",
        )
    return ENGINES[name]
