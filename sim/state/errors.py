"""What can be wrong with saved state and with what the control plane asks for."""


class StateError(Exception):
    """State that does not fit its declaration: `place` says which part (`sessions.leases[3]`), `problem` why."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem
