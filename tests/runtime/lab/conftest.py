from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.runtime.lab.machine import Machine, machine

_NUMBERS = count()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path) as made:
        yield made


@pytest.fixture
def lab() -> str:
    """The name of a lab that no other test has: the namespaces of its hosts are called after it."""
    return f"t{os.getpid()}-{next(_NUMBERS)}"
