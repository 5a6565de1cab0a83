"""Names that people bring along from other languages, and what Weft has in their place."""

from __future__ import annotations

_FLAG = "the flags of TCP are read by name: `p.tcp.flags.syn`"
_NOTHING = "there is no null: what may be missing is followed by `else`, as in `let x = m.get(key) else drop;`"
_FATE = "say what happens to the packet: `send wan;` or `drop`"
_OUTPUT = "packets print nothing: `weft trace` shows what happens to each, and `digest` tells the control plane"
_PACKET = "the packet has the name that the handler gives it: `on lan (p: ipv4) { ... p.ipv4.ttl ... }`"
_WIDTH = "integers have their width in their name: `u8`, `u16`, `u32`, `u48`, ..."

FOREIGN_NAMES = {
    **dict.fromkeys(("SYN", "ACK", "FIN", "RST", "PSH", "URG", "TCP_SYN", "TH_SYN", "TH_ACK"), _FLAG),
    **dict.fromkeys(("null", "NULL", "None", "nil", "Some", "nullptr"), _NOTHING),
    **dict.fromkeys(("pass", "accept", "XDP_PASS", "XDP_DROP", "forward", "mark_to_drop", "reject", "exit"), _FATE),
    **dict.fromkeys(("print", "printf", "println", "log", "printk", "bpf_printk"), _OUTPUT),
    **dict.fromkeys(("hdr", "headers", "packet", "pkt", "ctx", "skb", "meta", "standard_metadata"), _PACKET),
    **dict.fromkeys(("bit", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "unsigned", "char", "byte"), _WIDTH),
    "True": "write `true`",
    "False": "write `false`",
    "len": "the packet has `p.length` bytes",
    "sizeof": "the packet has `p.length` bytes",
    "float": "numbers are whole: scale them, and divide last",
    "double": "numbers are whole: scale them, and divide last",
    "string": "texts are only a way to write addresses",
    "TCP": "numbers of protocols are written as numbers: 6 is TCP; or ask for the header, `p.has(tcp)`",
    "IPPROTO_TCP": "numbers of protocols are written as numbers: 6 is TCP; or ask for the header, `p.has(tcp)`",
    "UDP": "numbers of protocols are written as numbers: 17 is UDP; or ask for the header, `p.has(udp)`",
    "IPPROTO_UDP": "numbers of protocols are written as numbers: 17 is UDP; or ask for the header, `p.has(udp)`",
    "self": "the object is the first parameter of its functions: `fn add(self, ...)`",
    "Option": _NOTHING,
}
HEADERS = {
    "ip": "ipv4",
    "ethernet": "eth",
    "ether": "eth",
    "ip4": "ipv4",
    "ip6": "ipv6",
    "mac": "eth",
    "icmp6": "icmpv6",
}
