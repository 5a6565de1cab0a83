"""What can be wrong with files of the control plane."""


class ControlError(Exception):
    """A file of entries or of state that cannot be used or written.

    `path` is the file, `place` where in it (empty for all of it), `problem` one sentence, `help` what to do.
    """

    def __init__(self, path: str, problem: str, *, place: str = "", help: str | None = None) -> None:
        super().__init__(path, place, problem)
        self.path = path
        self.place = place
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        help_line = f"\nhelp: {self.help}" if self.help else ""
        return f"{self.path}: {place}{self.problem}{help_line}"


class EntriesError(ControlError):
    """A file of table entries that does not fit the program."""


class StateFileError(ControlError):
    """A state file that is damaged, or of another program or version."""


def reason_of(error: OSError) -> str:
    """The system's reason, without number and path."""
    return error.strerror or str(error)
