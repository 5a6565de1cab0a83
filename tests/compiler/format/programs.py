# ruff: noqa: E501  # long lines are what these are for
"""Programs to format: every construct of the language, and those that come with the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

EVERY_CONSTRUCT = """\
// Every construct of the grammar, in the layout that formatting gives.
use std::net;
use std::tcp::{flags, Phase};

shares 64; // over cores and devices

port lan, wan, any[16];
pair inside <-> outside;
const PUBLIC: ip4 = 203.0.113.1;
tunable threshold: u32 = 10_000;

header chunk on udp.dport == 4242 | tcp.dport == 80 && tcp.sport == 1 where ihl * 4 >= 20 && length > 3 {
    job: u8, op: collective::Op, worker: u8, _: u8,
    round: u32, // grows for ever
    @checksum sum: u16 = 7,

    lanes: u32[LANES],
}
header empty;
alias l4 = tcp | udp;

struct Report { flow: net::Flow, bytes: u32, at: time }
enum Phase: u8 {
    Opening = 1,
    // answered
    Open(u8, (u8, mac)),
}
bits Flags: u8 { fin, syn }

table jobs: exact<u8 -> { workers: u6, group: multicast }> { size: 16, default: drop }
table routes: table<lpm ip4, exact { a: u8, b: u8 } -> port>;
state flows: map<net::Flow, Phase> { capacity: 65536, idle: 1h, range: 1024..=65535 }
state sessions: lease<u16 => net::Flow> { idle: 5min }
state cells: u32[1 << 4] = 3;

object Sketch<K, rows: width = 4> {
    const SIZE = 3;
    state cells: u32[SIZE][rows];

    fn add<N>(self, p: ipv4 & l4, key: (K, u8)) -> u32 {
        for row in 0..rows {
            self.cells[hash::family(row, key) % SIZE] += 1;
        }
        return self.cells[0] as u32 + -1 - (2 + 3) * 4
    }
}

on lan | wan (p: ipv4 & tcp) where p.ipv4.dst == PUBLIC || p.ipv4.src in 10.0.0.0/8 {
    let mut (a, b) = (1, 2u8);
    let _: u8 = !p.tcp.flags ^ 0xff & 3 | 4 << 2;
    match p.tcp.flags {
        flags{syn, !ack} => entry.set(Phase::Opening) else drop,
        flags{fin} | flags{rst} | 1..=4 => flood, // or
        (Phase::Open(x, _), _) if x > 3 => { digest Report { flow, bytes: x, at: now }; drop }
        _ => {
            clone collector with rdma::write(session, slot: 3, (key, now));
            reply
        }
    }
    let to = stations.get(p.eth.dst) else { flood };
    let next = if to == p.port { [1, 2, 3] } else if !to { [0; 3] } else { p.pair.0 };
    entry.set(Phase::Open) else {} // no room
    if a < b { drop } else { send wan with packet { udp { sport: 1 }, rest(p) }; }
    multicast group
}

on any (_) { drop }
"""

# Which breaks over lines, as each of its parts is too long for one.
LONG = (
    "const T = [" + ", ".join(str(7**n) for n in range(12)) + ",\n" + ", ".join(str(n) for n in range(90)) + "];\n"
    "fn f(first_of_all: u32, second_of_them: ipv4 & l4, third_of_them: (u32, u32), fourth_of_them: std::net::Flow) {\n"
    "  let sum = alpha_alpha_alpha + beta_beta_beta_beta + gamma_gamma_gamma_gamma + delta_delta_delta_delta - 4;\n"
    "  if sum > 3 && alpha_alpha_alpha_alpha.beta_beta_beta_beta(gamma, delta) || gamma_gamma_gamma.is_delta_delta {drop}\n"
    "  let x = if sum > 3 && alpha_alpha_alpha_alpha { beta_beta_beta_beta } else if gamma { gamma_gamma } else { ddd };\n"
    "  digest record_for_the_collector(Report { flow: flow_of_this_packet, bytes: sum, at: now, last_time_of_it: 77 });\n"
    "  digest Report { flow: flow_of_this_packet, bytes: sum, at: now, last_time_of_it: 77, and_something_to_make: 2 };\n"
    "  match sum { 0 => drop, 1 => { send wan }, 2 => { send lan_lan_lan_lan_lan_lan_lan_lan_lan_lan_lan_lan }, _ => flood }\n"
    "}\n"
)


def bundled_programs() -> list[str]:
    """The examples and the standard library."""
    return [
        path.read_text(encoding="utf-8")
        for folder in ("examples", "compiler/std")
        for path in sorted((ROOT / folder).rglob("*.weft"))
    ]
