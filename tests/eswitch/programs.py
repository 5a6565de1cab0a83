"""Random programs whose packets rules could serve, and traffic of few flows: everything follows from a number."""

from __future__ import annotations

from random import Random

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet as Layer
from scapy.packet import Raw

from compiler.ir.program import Program
from compiler.load import load_source
from compiler.pipeline import run_passes
from compiler.source import Source
from sim.control.entries_file import read_entries
from sim.state import ControlEntries
from tests.differential.cases import Case
from tests.engines import Arrival

SECOND = 1_000_000_000
FIELDS = {
    "p.ipv4.src": "ip4",
    "p.ipv4.dst": "ip4",
    "p.ipv4.proto": "u8",
    "p.ipv4.dscp": "u6",
    "p.l4.sport": "u16",
    "p.l4.dport": "u16",
    "p.eth.src": "mac",
}
CONDITIONS = (
    "p.ipv4.ttl <= 1",
    "p.ipv4.ttl > 40",
    "p.ipv4.dscp == 3",
    "p.ipv4.dscp & 1 == 1",
    "p.l4.dport < 1024",
    "p.l4.sport % 4 == 1",
    "p.eth.dst == ff:ff:ff:ff:ff:ff",
    "p.ipv4.src == 10.0.0.1",
    "p.ipv4.src == p.ipv4.dst",
    "p.has(vlan)",
    "limit == 3",
    "p.port == c",
)
VALUES = {
    "p.ipv4.src": "203.0.113.9",
    "p.ipv4.dst": "198.51.100.7",
    "p.l4.sport": "4321",
    "p.l4.dport": "53",
    "p.eth.src": "02:00:00:00:00:99",
    "p.ipv4.dscp": "9",
}


def served_case(number: int) -> Case:
    """The case of this number, the same in every run."""
    random = Random(number)
    text = _Writer(random).program()
    program = run_passes(load_source(Source(f"served{number}.weft", text)).program, until="assign_shares")
    packets = tuple(traffic(random, 260))
    return Case(number, program, entries_of(random, program), packets)


def entries_of(random: Random, program: Program) -> ControlEntries:
    rows = [
        {"key": f"10.0.{n}.0/24", "value": {"out": random.choice("abc"), "mark": random.randrange(64)}}
        for n in range(2)
    ]
    return read_entries({"routes": rows}, program, name="entries")


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.declared: list[str] = []
        self.names = 0

    def program(self) -> str:
        kind = self.random.choice(("", "shares 4;"))
        handlers = [self.handler(port) for port in ("a", "b")]
        head = [
            "use std::net;",
            "use std::tcp;",
            kind,
            "port a, b, c;",
            "tunable limit: u8 = 3;",
            "table routes: lpm<ip4 -> { out: port, mark: u6 }> { size: 16 }",
            "state seen: counter[8];",
            "state sums: u32[4];",
        ]
        return "\n".join(
            [*head, *self.declared, *handlers, "on a | b | c (p: arp) { send c }", "on a | b | c (_) { drop }"]
        )

    def handler(self, port: str) -> str:
        lines = self.block(depth=0)
        pattern = self.random.choice(("ipv4 & l4", "ipv4 & l4", "ipv4 & tcp", "ipv4 & udp"))
        alias = pattern.split()[-1]
        body = "\n".join(lines).replace("p.l4.", f"p.{alias}.")
        return f"on {port} (p: {pattern}) {{\n{body}\n}}"

    def name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def block(self, *, depth: int) -> list[str]:
        random, lines = self.random, []
        for _ in range(random.randrange(1, 4)):
            lines += self.step(depth)
        return [*lines, *self.end(depth)]

    def end(self, depth: int) -> list[str]:
        random = self.random
        if depth < 2 and random.random() < 0.45:
            condition = random.choice(CONDITIONS)
            return [f"if {condition} {{", *self.block(depth=depth + 1), "}", *self.block(depth=depth + 1)]
        return [random.choice(("send c;", "send c;", "send b;", "send a;", "drop;"))]

    def step(self, depth: int) -> list[str]:
        kinds = (
            self.count,
            self.rewrite,
            self.rewrite,
            self.look_up,
            self.look_up,
            self.session,
            self.learn,
            self.age,
            self.route,
        )
        return self.random.choice(kinds)()

    def count(self) -> list[str]:
        field = self.random.choice(("p.ipv4.dscp % 8", "p.l4.dport % 8", "2"))
        amount = self.random.choice(("p.length", "1"))
        if self.random.random() < 0.5:
            return [f"seen.add({field});"]
        return [f"sums[{field.replace('8', '4')}] += {amount};"]

    def rewrite(self) -> list[str]:
        field = self.random.choice(sorted(VALUES))
        return [f"{field} = {VALUES[field]};"]

    def age(self) -> list[str]:
        return ["if p.ipv4.ttl <= 1 { drop }", "p.ipv4.ttl -= 1;"]

    def route(self) -> list[str]:
        found = self.name("r")
        use = self.random.choice((f"p.ipv4.dscp = {found}.mark;", f"if {found}.mark > 40 {{ send {found}.out }}"))
        return [f"let {found} = routes.get(p.ipv4.dst) else {self.random.choice(('drop', '{ send b }'))};", use]

    def key(self) -> tuple[str, str]:
        fields = self.random.sample(sorted(FIELDS), self.random.choice((1, 2, 2, 3)))
        types = [FIELDS[field] for field in fields]
        if len(fields) == 1:
            return types[0], fields[0]
        return f"({', '.join(types)})", f"({', '.join(fields)})"

    def options(self, *, relaxed: bool = False) -> str:
        idle = self.random.choice(("", ", idle: 10s, grain: 2s", ", idle: 20s, grain: 3s", ", idle: 8s"))
        return idle + (", relaxed: true" if relaxed else "")

    def look_up(self) -> list[str]:
        """A value that the first packet of a key brings with it."""
        name, entry = self.name("m"), self.name("e")
        types, key = self.key()
        capacity, changes = self.random.choice((4, 64)), self.random.random() < 0.3
        options = self.options(relaxed=changes and self.random.random() < 0.9)
        self.declared.append(f"state {name}: map<{types}, u16> {{ capacity: {capacity}{options} }}")
        lines = [f"let {entry} = {name}.find({key});", f"if !{entry}.present {{"]
        if self.random.random() < 0.7:
            lines.append(f"{name}.set({key}, p.l4.sport) else {{}}")
        lines += [self.random.choice(("send b", "drop")), "}"]
        use = self.random.choice(
            (
                f"p.l4.dport = {entry}.value;",
                f"if p.l4.sport != {entry}.value {{ drop }}",
                f"p.l4.sport = {entry}.value;",
                f"seen.add({entry}.value % 8);",
                "",
            )
        )
        if changes:
            change = self.random.choice((f"{entry}.set({entry}.value ^ 1);", f"{entry}.remove();"))
            lines.append(f"if p.ipv4.ttl % 8 == 7 || p.ipv4.dscp == 63 {{ {change} drop }}")
        return [*lines, use]

    def session(self) -> list[str]:
        lease, index, found = self.name("lease"), self.name("index"), self.name("s")
        types, key = self.key()
        self.declared.append(f"state {lease}: lease<u16 => {types}> {{ range: 1024..=1087{self.options()} }}")
        self.declared.append(f"state {index}: index<{types} => {lease}>;")
        return [f"let {found} = {index}.find_or_open({key}) else drop;", f"p.l4.sport = {found}.id;"]

    def learn(self) -> list[str]:
        """Write what is there already, or not."""
        name = self.name("w")
        options = self.options(relaxed=self.random.random() < 0.7)
        self.declared.append(f"state {name}: map<mac, port> {{ capacity: 16{options} }}")
        return [f"{name}.set(p.eth.src, p.port) else {{}}"]


def traffic(random: Random, count: int) -> list[Arrival]:
    """Few flows, each at its own pace; some packets that no rule may serve."""
    flows = [_flow(random) for _ in range(8)]
    now, found = 1_000 * SECOND, []
    for _ in range(count):
        now += random.choice(
            (0, 1_000, 1_000_000, 50_000_000, 200_000_000, SECOND, 4 * SECOND if random.random() < 0.1 else 0)
        )
        port, flow = random.choice(flows)
        data = bytes(_varied(random, flow))
        wire = 0
        if random.random() < 0.02:
            data, wire = data[: random.randrange(1, len(data))], len(data)
        elif random.random() < 0.03:
            data = _corrupted(random, data)
        found.append(Arrival(port, data, now, wire))
    return found


def _flow(random: Random) -> tuple[str, Layer]:
    ether = Ether(src=f"02:00:00:00:00:0{random.randrange(3)}", dst=f"02:00:00:00:01:0{random.randrange(2)}")
    if random.random() < 0.15:
        ether /= Dot1Q(vlan=random.randrange(1, 4))
    source, target = (f"10.0.{random.randrange(3)}.{random.randrange(1, 3)}" for _ in range(2))
    kind = random.random()
    if kind < 0.08:
        return random.choice("abc"), ether / random.choice((ARP(), IP(src=source, dst=target) / ICMP()))
    network = IP(src=source, dst=target, ttl=random.choice((64, 64, 2, 41)), tos=random.choice((0, 12, 4)))
    if kind < 0.14:
        network = IPv6(src="2001:db8::1", dst="2001:db8::2")
    ports = {"sport": random.choice((4001, 5001, 6001, 1025)), "dport": random.choice((53, 80, 4242))}
    return random.choice("aaabbc"), ether / network / random.choice((TCP(**ports), UDP(**ports)))


def _varied(random: Random, flow: Layer) -> Layer:
    packet = flow / Raw(bytes(random.randrange(256) for _ in range(random.choice((0, 6, 20, 41)))))
    if IP in packet and random.random() < 0.2:
        packet = packet.copy()
        what = random.randrange(7)
        if what == 0:
            packet[IP].ttl = random.choice((0, 1, 255))
        elif what == 1:
            packet[IP].frag = random.choice((0, 5))
            packet[IP].flags = "MF"
        elif what == 2:
            packet[IP].options = [b"\x94\x04\x00\x00"]
        elif what == 3 and UDP in packet:
            packet[UDP].chksum = 0
        elif what == 4:
            packet[IP].tos = random.choice((0, 4, 12, 252))
        elif what == 5:
            packet[Ether].dst = random.choice(("ff:ff:ff:ff:ff:ff", "02:00:00:00:01:01"))
        elif TCP in packet:
            packet[TCP].flags = random.choice(("S", "F", "R", "SA"))
    return packet


def _corrupted(random: Random, data: bytes) -> bytes:
    place = random.randrange(14, len(data)) if len(data) > 14 else 0
    return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :]
