"""Why the native engine cannot run a program that the interpreter can."""

from __future__ import annotations


class NativeError(Exception):
    """The native engine cannot run this program here; `help` says what to do instead."""

    def __init__(self, problem: str, *, help: str) -> None:
        super().__init__(problem)
        self.help = help

    def __str__(self) -> str:
        return f"{super().__str__()}\nhelp: {self.help}"


class CompilerMissingError(NativeError):
    """There is no C compiler on this machine."""

    def __init__(self, compilers: tuple[str, ...]) -> None:
        super().__init__(
            f"the native engine needs a C compiler, and none was found ({', '.join(compilers)})",
            help="install gcc or clang, or name a compiler in the environment as CC; the interpreter needs none",
        )


class NativeBuildError(NativeError):
    """The C compiler does not take what Weft wrote, or could not run: a mistake in Weft, or a full disk."""

    def __init__(self, compiler: str, told: str) -> None:
        super().__init__(
            f"{compiler} does not compile the C that Weft wrote:\n{told}",
            help="the interpreter needs no compiler; please report this with the program",
        )
        self.compiler = compiler


class GroupRoomError(NativeError):
    """The multicast groups have more members than a datapath has room for."""

    def __init__(self, members: int, *, room: int) -> None:
        super().__init__(
            f"the multicast groups have {members} members together, and the native engine has room for {room}",
            help="the interpreter takes them all",
        )
