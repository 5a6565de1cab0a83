"""Bring the captures of several ports into one order."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from sim.captures.records import Packet


def merge(captures: Sequence[Iterable[Packet]]) -> Iterator[Packet]:
    """Yield the packets of all captures by time; of equal times, those of the earlier capture first.

    The next packet is always one that heads its capture, so a capture keeps its own order even where its clock goes
    back: packets behind such a jump wait for it, and none is moved past another of the same capture. One packet of
    each capture is held in memory.
    """
    if len(captures) == 1:
        return iter(captures[0])
    return heapq.merge(*captures, key=itemgetter(0))
