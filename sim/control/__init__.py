from sim.control.abstract_state import AbstractState, abstract_state
from sim.control.entries_file import load_entries
from sim.control.entries_text import entries_as_toml
from sim.control.errors import ControlError, EntriesError, StateFileError
from sim.control.state_diff import Difference, diff_states
from sim.control.state_file import SavedState, load_state, save_state

__all__ = [
    "AbstractState",
    "ControlError",
    "Difference",
    "EntriesError",
    "SavedState",
    "StateFileError",
    "abstract_state",
    "diff_states",
    "entries_as_toml",
    "load_entries",
    "load_state",
    "save_state",
]
