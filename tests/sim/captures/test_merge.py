from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.captures import Packet, TruncatedCapture, merge


def capture(port: int, times: list[int]) -> list[Packet]:
    return [Packet(time, b"%d of %d" % (number, port), 60, port) for number, time in enumerate(times)]


captures = st.lists(st.lists(st.integers(0, 20), max_size=12), max_size=4).map(
    lambda inputs: [capture(port, times) for port, times in enumerate(inputs)]
)


def merged_by_hand(inputs: list[list[Packet]]) -> list[Packet]:
    """Take, again and again, the head with the smallest time, the first of equals."""
    rest = [list(packets) for packets in inputs]
    taken = []
    while heads := [packets for packets in rest if packets]:
        taken.append(min(heads, key=lambda packets: packets[0].time_ns).pop(0))
    return taken


@given(captures)
def test_the_earliest_head_comes_next(inputs: list[list[Packet]]) -> None:
    assert list(merge(inputs)) == merged_by_hand(inputs)


@given(captures)
def test_every_capture_keeps_its_order(inputs: list[list[Packet]]) -> None:
    merged = list(merge(inputs))
    for port, packets in enumerate(inputs):
        assert [packet for packet in merged if packet.port == port] == packets


def test_equal_times_come_in_the_order_of_the_captures() -> None:
    inputs = [capture(1, [5, 5]), capture(0, [5]), capture(2, [4, 5])]
    assert [packet.port for packet in merge(inputs)] == [2, 1, 1, 0, 2]


def test_clock_that_goes_back_holds_up_only_its_own_capture() -> None:
    inputs = [capture(0, [10, 3, 11]), capture(1, [9, 10, 12])]
    assert [(packet.time_ns, packet.port) for packet in merge(inputs)] == [
        (9, 1), (10, 0), (3, 0), (10, 1), (11, 0), (12, 1),
    ]  # fmt: skip


def test_one_capture_is_left_as_it_is() -> None:
    assert [packet.time_ns for packet in merge([capture(0, [3, 1, 2])])] == [3, 1, 2]
    assert list(merge([])) == []


def test_captures_are_read_lazily_and_their_errors_pass() -> None:
    def endless(port: int) -> Iterator[Packet]:
        time = port
        while True:
            yield Packet(time, b"", 0, port)
            time += 2

    def cut() -> Iterator[Packet]:
        yield Packet(3, b"", 0, 7)
        raise TruncatedCapture("cut.pcap", "cut")

    merged = merge([endless(0), endless(1), cut()])
    assert [next(merged).time_ns for _ in range(5)] == [0, 1, 2, 3, 3]
    with pytest.raises(TruncatedCapture):
        next(merged)
