"""A worker of the gradient aggregator: sends its vector chunk by chunk, gets the sum of all workers' vectors.

    python worker.py 0 --vector gradient0.npy --out sum.npy

Vectors are NumPy files of int32; sums wrap at 2^32. All workers' vectors have to be of one length. A chunk is sent
again until its result is there, so that the sum is exact whatever the network loses or repeats.
"""

import argparse
import socket
import struct
import sys
import time
from collections import deque
from pathlib import Path

import numpy as np

from compiler.meaning.hashing import crc32c

AGGREGATOR = ("10.0.0.254", 4242)
GROUP, RESULTS = "239.1.1.1", 4243
LANES = 64
SLOTS = 512  # of the job; a chunk's slot takes its next round when the last one's result is there
WINDOW = 64  # chunks under way
AGAIN_S = 0.25
FIELDS = struct.Struct("!BBHIHBBII")  # message, op, job, epoch, slot, worker, reserved, round, tag
REQUEST, RESULT, SUM = 0, 1, 0


def summed(worker: int, vector: np.ndarray, *, first_round: int, limit_s: float) -> np.ndarray:
    """The sum of all workers' vectors, int32[n] as the given one; `TimeoutError` where it does not come."""
    chunks = -(-len(vector) // LANES)
    padded = np.zeros(chunks * LANES, dtype=">i4")
    padded[: len(vector)] = vector
    total = np.zeros_like(padded)
    waiting, sent_at = deque(range(chunks)), dict[int, float]()
    deadline = time.monotonic() + limit_s
    with _group_socket() as results, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("", 5000 + worker))
        own.setblocking(False)
        while waiting or sent_at:
            if time.monotonic() > deadline:
                raise TimeoutError(f"worker {worker}: {len(waiting) + len(sent_at)} of {chunks} chunks are missing")
            # A slot's next round only when the result of its last one is there: chunks start in order.
            while waiting and len(sent_at) < WINDOW and waiting[0] - min(sent_at, default=waiting[0]) < SLOTS:
                sent_at[waiting.popleft()] = 0.0
            for chunk, at in sent_at.items():
                if time.monotonic() - at > AGAIN_S:
                    lanes = padded[chunk * LANES : (chunk + 1) * LANES].tobytes()
                    own.sendto(_request(worker, chunk % SLOTS, first_round + chunk // SLOTS, lanes), AGGREGATOR)
                    sent_at[chunk] = time.monotonic()
            for slot, number, lanes in _arrived(results, own):
                chunk = (number - first_round) * SLOTS + slot
                if sent_at.pop(chunk, None) is not None:
                    total[chunk * LANES : (chunk + 1) * LANES] = np.frombuffer(lanes, dtype=">i4")
    return total[: len(vector)].astype(np.int32)


def _group_socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("", RESULTS))
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + bytes(4))
    opened.settimeout(AGAIN_S / 10)
    return opened


def _request(worker: int, slot: int, number: int, lanes: bytes) -> bytes:
    fields = FIELDS.pack(REQUEST, SUM, 1, 1, slot, worker, 0, number, 0)
    return fields + struct.pack("!I", crc32c(fields + lanes)) + lanes


def _arrived(*sockets: socket.socket) -> list[tuple[int, int, bytes]]:
    """Slot, round and lanes of a result from each socket, where one is there; broken ones are as good as lost."""
    found = []
    for one in sockets:
        try:
            data = one.recv(2048)
        except (BlockingIOError, TimeoutError):
            continue
        fields, crc, lanes = data[: FIELDS.size], data[FIELDS.size : FIELDS.size + 4], data[FIELDS.size + 4 :]
        if len(lanes) == 4 * LANES and struct.pack("!I", crc32c(fields + lanes)) == crc:
            message, _, _, _, slot, _, _, number, _ = FIELDS.unpack(fields)
            if message == RESULT:
                found.append((slot, number, lanes))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worker", type=int, choices=range(4))
    parser.add_argument("--vector", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--first-round", type=int, default=0, help="above all rounds of before, on a lab that ran before"
    )
    parser.add_argument("--timeout", type=float, default=60, help="in seconds")
    arguments = parser.parse_args()
    vector = np.load(arguments.vector)
    try:
        total = summed(arguments.worker, vector, first_round=arguments.first_round, limit_s=arguments.timeout)
    except TimeoutError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    np.save(arguments.out, total)
    print(f"worker {arguments.worker}: the sum of {len(total)} values is in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
