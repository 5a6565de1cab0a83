"""Which generated cases a long run takes."""

from __future__ import annotations

import os

VARIABLE = "WEFT_DIFFERENTIAL_CASES"


def long_range(usual: range) -> range:
    """The `usual` cases, or those that WEFT_DIFFERENTIAL_CASES says, as in `5000:8000`."""
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        return usual
    first, last = map(int, chosen.split(":"))
    return range(first, last)
