"""What waits for a controller is bounded, whatever it reads."""

from __future__ import annotations

from itertools import islice
from threading import Thread

import pytest
from finsy.proto import p4r

from runtime.p4runtime.server.refusals import Code, Refusal
from runtime.p4runtime.server.streams import MOST_MESSAGES, MOST_PACKETS, Outbox


def packet(number: int) -> p4r.StreamMessageResponse:
    return p4r.StreamMessageResponse(packet=p4r.PacketIn(payload=number.to_bytes(4, "big")))


def notice(number: int) -> p4r.StreamMessageResponse:
    return p4r.StreamMessageResponse(arbitration=p4r.MasterArbitrationUpdate(device_id=number))


def test_packets_are_lost_where_too_many_wait_and_notices_are_not() -> None:
    box = Outbox()
    for number in range(MOST_PACKETS + 10):
        box.put(packet(number))
    box.put(notice(1))
    assert box.lost_packets == 10
    found = list(islice(box, MOST_PACKETS + 1))
    assert found == [*(packet(number) for number in range(MOST_PACKETS)), notice(1)]


def test_controller_that_reads_nothing_is_cut_off() -> None:
    box = Outbox()
    for number in range(MOST_MESSAGES + 1):
        box.put(notice(number))
    with pytest.raises(Refusal) as refusal:
        next(iter(box))
    assert refusal.value.code is Code.RESOURCE_EXHAUSTED


def test_closed_box_gives_what_is_in_it_and_takes_no_more() -> None:
    box = Outbox()
    box.put(notice(1))
    box.close()
    box.put(notice(2))
    box.close(Refusal(Code.NOT_FOUND, "too late"))
    assert list(box) == [notice(1)]


def test_refusal_comes_before_what_waits() -> None:
    box = Outbox()
    box.put(notice(1))
    box.close(Refusal(Code.NOT_FOUND, "no"))
    with pytest.raises(Refusal):
        next(iter(box))


def test_reader_wakes_up() -> None:
    box, found = Outbox(), list[p4r.StreamMessageResponse]()
    reader = Thread(target=lambda: found.extend(box))
    reader.start()
    box.put(notice(1))
    box.close()
    reader.join(20)
    assert found == [notice(1)]
