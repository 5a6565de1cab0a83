"""Random programs and packets over few keys, so that sets fill, guards nest and keys meet."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from compiler.ir.operations import BinaryOperator, CompareOperator, MapFind, PacketFact
from compiler.ir.program import Program
from compiler.ir.states import Array, Index, Lease, Map, State
from compiler.ir.values import Value, constant
from tests.compiler.analyses.build import Build, array_state, index_state, lease_state, map_state
from tests.compiler.analyses.packets import TCP, UDP, l4_packet

FIELDS = ("ipv4.src", "ipv4.dst", "l4.sport", "l4.dport")
WIDTHS = {"ipv4.src": 32, "ipv4.dst": 32, "l4.sport": 16, "l4.dport": 16}
UPDATES = (BinaryOperator.ADD, BinaryOperator.MAX, BinaryOperator.OR)


@dataclass(frozen=True, slots=True)
class Packet:
    data: bytes
    port: int
    now: int


def random_packets(random: Random, count: int) -> list[Packet]:
    found, now = [], 0
    for _ in range(count):
        now += random.choice((0, 1, 1 << 20))
        numbers = [random.randrange(1, 5) for _ in range(4)]
        proto = random.choice((TCP, UDP, UDP, 1))
        data = l4_packet(*numbers, proto=proto, flags=random.randrange(8))
        if random.random() < 0.1:
            data = data[: random.randrange(len(data))]  # cut short: headers go missing
        found.append(Packet(data, random.randrange(2), now))
    return found


def random_program(random: Random, *, shares: int, plain_keys: bool = False) -> Program:
    """`plain_keys`: every key part is a header field, so that sharding is likely."""
    return _Writer(random, shares, plain_keys).program()


class _Writer:
    def __init__(self, random: Random, shares: int, plain_keys: bool) -> None:
        self.random = random
        self.plain_keys = plain_keys
        self.key_fields: dict[str, tuple[str, ...]] = {}
        self.build = Build(*self._states(), shares=shares)

    def program(self) -> Program:
        build = self.build
        for port in range(2):
            with build.handler(f"port {port}", build.on_port(port)):
                self._block(depth=0)
        build.line += 1
        build.drop("unhandled")
        return build.program()

    def _states(self) -> list[State]:
        states: list[State] = []
        for number in range(self.random.randrange(1, 4)):
            name = f"s{number}"
            match self.random.choice(("array", "map", "map", "index")):
                case "array":
                    states.append(array_state(name, 65536))
                case "map":
                    states.append(map_state(name, self._new_key(name), [32], capacity=4, sets=2, ways=2))
                case _:
                    states.append(lease_state(f"{name}_ids", first=1, last=40, values=1))
                    states.append(index_state(name, self._new_key(name), f"{name}_ids", capacity=4, sets=2, ways=2))
        return states

    def _new_key(self, name: str) -> list[int]:
        chosen = self.random.sample(FIELDS, self.random.randrange(1, 4))
        self.key_fields[name] = tuple(chosen)
        return [WIDTHS[field] for field in chosen]

    # --- code ---

    def _block(self, depth: int) -> None:
        """Some statements, then one final operation on every way."""
        for _ in range(self.random.randrange(1, 4)):
            self._statement()
        build = self.build
        build.line += 1
        if depth < 2 and self.random.random() < 0.6:
            condition = self._condition()
            outer = build.guard
            with build.when(condition):
                self._block(depth + 1)
            with build.when(condition, truth=False):
                self._block(depth + 1)
            build.guard = outer
        elif self.random.random() < 0.7:
            build.send(self.random.randrange(2))
        else:
            build.drop()

    def _statement(self) -> None:
        self.build.line += 1
        if self.random.random() < 0.15:
            with self.build.when(self._condition()):
                self._access()
        else:
            self._access()

    def _access(self) -> None:
        build, random = self.build, self.random
        state = random.choice(build.states)
        match state:
            case Array():
                index = build.resize(self._part("l4.sport"), 32)
                self._array_access(state.name, index)
            case Map():
                self._map_access(state.name)
            case Index():
                self._index_access(state.name)
            case Lease():
                found = build.lease_get(state.name, self._part("l4.dport"), 1)
                build.write("ipv4.dst", found.values[0])
            case _:
                pass

    def _array_access(self, state: str, index: Value) -> None:
        build, random = self.build, self.random
        match random.randrange(6):
            case 0:
                build.write("ipv4.id", build.read(state, index))
            case 1:
                build.store(state, index, build.resize(build.field("ipv4.src"), 32))
            case _:
                result = build.update(state, index, random.randrange(1, 4), random.choice(UPDATES))
                if random.random() < 0.5:
                    build.write("ipv4.id", result)

    def _map_access(self, state: str) -> None:
        build, random = self.build, self.random
        found = build.find(state, self._key(state), [32])
        build.write("ipv4.src", found.values[0])
        match random.randrange(5):
            case 0:
                build.insert(found, constant(random.randrange(3), 32))
            case 1:
                with build.when(found.present, truth=random.random() < 0.5):
                    build.insert(found, build.field("ipv4.dst"))
            case 2:
                self._insert_and_tell(found)
            case 3:
                build.remove(found)
            case _:
                pass

    def _insert_and_tell(self, found: MapFind) -> None:
        done = self.build.insert(found, found.values[0])
        self.build.write("ipv4.id", self.build.resize(done, 32))

    def _index_access(self, state: str) -> None:
        build = self.build
        key = self._key(state)
        if self.random.random() < 0.5:
            opened = build.index_open(state, f"{state}_ids", key, [build.field("ipv4.src")])
            build.write("tcp.sport", opened.id)
            build.write("udp.sport", opened.id)
        else:
            found = build.index_find(state, f"{state}_ids", key, 1)
            build.write("udp.sport", found.id)

    def _key(self, state: str) -> list[Value]:
        return [self._part(field) for field in self.key_fields[state]]

    def _part(self, field: str) -> Value:
        """A header field of the given one's width: mostly the field itself, at times the other direction's."""
        build, random = self.build, self.random
        others = [name for name in FIELDS if WIDTHS[name] == WIDTHS[field]]
        (value,) = build.fields(random.choice(others) if random.random() < 0.3 else field)
        if not self.plain_keys and random.random() < 0.3:
            return random.choice(
                (
                    lambda: build.binary(BinaryOperator.ADD, value, 1),
                    lambda: build.binary(BinaryOperator.XOR, value, build.fields(others[0])[0]),
                    lambda: build.resize(build.hash(value), WIDTHS[field]),
                )
            )()
        return value

    def _condition(self) -> Value:
        build, random = self.build, self.random
        match random.randrange(7):
            case 0:
                return build.equal(build.fields(random.choice(FIELDS))[0], random.randrange(1, 5))
            case 1:
                operator = random.choice(list(CompareOperator))
                return build.compare(operator, build.fields(random.choice(FIELDS))[0], random.randrange(1, 5))
            case 2:
                return build.present(random.choice(("tcp", "udp", "ipv4", "arp")))
            case 3:
                flags = build.binary(BinaryOperator.AND, build.field("tcp.flags"), random.randrange(1, 8))
                return build.equal(flags, random.randrange(8))
            case 4:
                return build.negate(self._condition())
            case 5:
                operator = random.choice((BinaryOperator.AND, BinaryOperator.OR, BinaryOperator.XOR))
                return build.binary(operator, self._condition(), self._condition())
            case _:
                later = build.compare(CompareOperator.GT, build.fact(PacketFact.NOW), 1 << 22)
                return build.select(self._condition(), later, self._condition())
