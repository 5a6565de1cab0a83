// load_balancer: written by Weft. Changes belong into the program, not here.
#include <core.p4>
#include <v1model.p4>
#include "weft/hash.p4"
#include "weft/checksum.p4"

error { HeaderInvalid } // a header says of itself what cannot be

// <std::net>:7: header eth {
header eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

// <std::net>:12: header svlan on eth.type == 0x88a8 {
header svlan_t {
    bit<3> priority;
    bit<1> drop_eligible;
    bit<12> vid;
    bit<16> type;
}

// <std::net>:15: header vlan on eth.type == 0x8100 | svlan.type == 0x8100 {
header vlan_t {
    bit<3> priority;
    bit<1> drop_eligible;
    bit<12> vid;
    bit<16> type;
}

// <std::net>:26: header ipv4 on eth.type == 0x0800 | vlan.type == 0x0800 | svlan.type == 0x0800
header ipv4_t {
    bit<4> version;
    bit<4> ihl;
    bit<6> dscp;
    bit<2> ecn;
    bit<16> total_length;
    bit<16> id;
    bit<1> reserved;
    bit<1> dont_fragment;
    bit<1> more_fragments;
    bit<13> frag_offset;
    bit<8> ttl;
    bit<8> proto;
    bit<16> checksum;
    bit<32> src;
    bit<32> dst;
    varbit<320> options;
}

// <std::net>:37: header ipv6 on eth.type == 0x86dd | vlan.type == 0x86dd | svlan.type == 0x86dd where ve...
header ipv6_t {
    bit<4> version;
    bit<8> traffic_class;
    bit<20> flow_label;
    bit<16> payload_length;
    bit<8> next;
    bit<8> hop_limit;
    bit<128> src;
    bit<128> dst;
}

// <std::net>:42: header ipv6_hop on ipv6.next == 0 {
header ipv6_hop_t {
    bit<8> next;
    bit<8> length;
}

// What `ipv6_hop.options` holds, in pieces: no field is wider than 2,048 bits.
header ipv6_hop_piece_t {
    bit<1920> piece;
}
header ipv6_hop_tail_t {
    varbit<1912> tail;
}

// <std::net>:45: header ipv6_dest on ipv6.next == 60 | ipv6_hop.next == 60 {
header ipv6_dest_t {
    bit<8> next;
    bit<8> length;
}

// What `ipv6_dest.options` holds, in pieces: no field is wider than 2,048 bits.
header ipv6_dest_piece_t {
    bit<1920> piece;
}
header ipv6_dest_tail_t {
    varbit<1912> tail;
}

// <std::net>:48: header ipv6_route on ipv6.next == 43 | ipv6_hop.next == 43 | ipv6_dest.next == 43 {
header ipv6_route_t {
    bit<8> next;
    bit<8> length;
    bit<8> kind;
    bit<8> segments_left;
}

// What `ipv6_route.data` holds, in pieces: no field is wider than 2,048 bits.
header ipv6_route_piece_t {
    bit<1920> piece;
}
header ipv6_route_tail_t {
    varbit<1912> tail;
}

// <std::net>:51: header ipv6_frag on ipv6.next == 44 | ipv6_hop.next == 44 | ipv6_dest.next == 44 | ipv6...
header ipv6_frag_t {
    bit<8> next;
    bit<8> _8;
    bit<13> frag_offset;
    bit<2> _29;
    bit<1> more_fragments;
    bit<32> id;
}

// <std::net>:66: header tcp on ipv4.proto == 6 && ipv4.frag_offset == 0
header tcp_t {
    bit<16> sport;
    bit<16> dport;
    bit<32> sequence;
    bit<32> acknowledgement;
    bit<4> data_offset;
    bit<4> _100;
    bit<8> flags;
    bit<16> window;
    bit<16> checksum;
    bit<16> urgent;
    varbit<320> options;
}

// <std::net>:78: header udp on ipv4.proto == 17 && ipv4.frag_offset == 0
header udp_t {
    bit<16> sport;
    bit<16> dport;
    bit<16> length;
    bit<16> checksum;
}

struct headers_t {
    eth_t eth;
    svlan_t svlan;
    vlan_t vlan;
    ipv4_t ipv4;
    ipv6_t ipv6;
    ipv6_hop_t ipv6_hop;
    ipv6_hop_piece_t[8] ipv6_hop_pieces;
    ipv6_hop_tail_t ipv6_hop_tail;
    ipv6_dest_t ipv6_dest;
    ipv6_dest_piece_t[8] ipv6_dest_pieces;
    ipv6_dest_tail_t ipv6_dest_tail;
    ipv6_route_t ipv6_route;
    ipv6_route_piece_t[8] ipv6_route_pieces;
    ipv6_route_tail_t ipv6_route_tail;
    ipv6_frag_t ipv6_frag;
    tcp_t tcp;
    udp_t udp;
}

struct metadata_t {
    bit<64> now; // arrival, ns
    bit<16> port; // that the packet came in by
    bit<32> length; // bytes on the wire
    bit<32> received_ipv4_src;
    bit<32> received_ipv4_dst;
}

parser PacketParser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                    inout standard_metadata_t standard_metadata) {
    bit<32> place = 0; // bytes in front of the next header
    bit<32> left = 0; // bytes of a blob that are still to come

    state start {
        transition parse_eth;
    }

    // <std::net>:7: header eth {
    state parse_eth {
        packet.extract(hdr.eth);
        place = place + 14;
        transition select(hdr.eth.type) {
            0x88a8: parse_svlan;
            0x8100: parse_vlan;
            0x800: parse_ipv4;
            0x86dd: parse_ipv6;
            default: accept;
        }
    }

    // <std::net>:12: header svlan on eth.type == 0x88a8 {
    state parse_svlan {
        packet.extract(hdr.svlan);
        place = place + 4;
        transition select(hdr.svlan.type) {
            0x8100: parse_vlan;
            0x800: parse_ipv4;
            0x86dd: parse_ipv6;
            default: accept;
        }
    }

    // <std::net>:15: header vlan on eth.type == 0x8100 | svlan.type == 0x8100 {
    state parse_vlan {
        packet.extract(hdr.vlan);
        place = place + 4;
        transition select(hdr.vlan.type) {
            0x800: parse_ipv4;
            0x86dd: parse_ipv6;
            default: accept;
        }
    }

    // <std::net>:26: header ipv4 on eth.type == 0x0800 | vlan.type == 0x0800 | svlan.type == 0x0800
    state parse_ipv4 {
        bit<32> ahead = packet.lookahead<bit<32>>();
        verify((bit<32>) ahead[31:28] == 4, error.HeaderInvalid);
        verify((bit<32>) ahead[27:24] >= 5, error.HeaderInvalid);
        verify((bit<32>) ahead[15:0] >= 4 * ((bit<32>) ahead[27:24]), error.HeaderInvalid);
        verify(4 * ((bit<32>) ahead[27:24]) >= 20, error.HeaderInvalid);
        packet.extract(hdr.ipv4, 8 * ((4 * ((bit<32>) ahead[27:24]) - (20))));
        transition select(hdr.ipv4.proto, hdr.ipv4.frag_offset) {
            (6, 0): parse_tcp;
            (17, 0): parse_udp;
            default: accept;
        }
    }

    // <std::net>:37: header ipv6 on eth.type == 0x86dd | vlan.type == 0x86dd | svlan.type == 0x86dd where ve...
    state parse_ipv6 {
        bit<4> ahead = packet.lookahead<bit<4>>();
        verify((bit<32>) ahead[3:0] == 6, error.HeaderInvalid);
        packet.extract(hdr.ipv6);
        place = place + 40;
        transition select(hdr.ipv6.next) {
            0: parse_ipv6_hop;
            60: parse_ipv6_dest;
            43: parse_ipv6_route;
            44: parse_ipv6_frag;
            6: parse_tcp;
            17: parse_udp;
            default: accept;
        }
    }

    // <std::net>:42: header ipv6_hop on ipv6.next == 0 {
    state parse_ipv6_hop {
        bit<16> ahead = packet.lookahead<bit<16>>();
        left = 8 * ((bit<32>) ahead[7:0]) + 6;
        verify(place + 2 + left <= standard_metadata.packet_length, error.PacketTooShort);
        packet.extract(hdr.ipv6_hop);
        place = place + 2 + left;
        transition select(left >= 240) {
            true: parse_ipv6_hop_piece;
            false: parse_ipv6_hop_tail;
        }
    }
    state parse_ipv6_hop_piece {
        packet.extract(hdr.ipv6_hop_pieces.next);
        left = left - 240;
        transition select(left >= 240) {
            true: parse_ipv6_hop_piece;
            false: parse_ipv6_hop_tail;
        }
    }
    state parse_ipv6_hop_tail {
        packet.extract(hdr.ipv6_hop_tail, 8 * left);
        transition select(hdr.ipv6_hop.next) {
            60: parse_ipv6_dest;
            43: parse_ipv6_route;
            44: parse_ipv6_frag;
            6: parse_tcp;
            17: parse_udp;
            default: accept;
        }
    }

    // <std::net>:45: header ipv6_dest on ipv6.next == 60 | ipv6_hop.next == 60 {
    state parse_ipv6_dest {
        bit<16> ahead = packet.lookahead<bit<16>>();
        left = 8 * ((bit<32>) ahead[7:0]) + 6;
        verify(place + 2 + left <= standard_metadata.packet_length, error.PacketTooShort);
        packet.extract(hdr.ipv6_dest);
        place = place + 2 + left;
        transition select(left >= 240) {
            true: parse_ipv6_dest_piece;
            false: parse_ipv6_dest_tail;
        }
    }
    state parse_ipv6_dest_piece {
        packet.extract(hdr.ipv6_dest_pieces.next);
        left = left - 240;
        transition select(left >= 240) {
            true: parse_ipv6_dest_piece;
            false: parse_ipv6_dest_tail;
        }
    }
    state parse_ipv6_dest_tail {
        packet.extract(hdr.ipv6_dest_tail, 8 * left);
        transition select(hdr.ipv6_dest.next) {
            43: parse_ipv6_route;
            44: parse_ipv6_frag;
            6: parse_tcp;
            17: parse_udp;
            default: accept;
        }
    }

    // <std::net>:48: header ipv6_route on ipv6.next == 43 | ipv6_hop.next == 43 | ipv6_dest.next == 43 {
    state parse_ipv6_route {
        bit<16> ahead = packet.lookahead<bit<16>>();
        left = 8 * ((bit<32>) ahead[7:0]) + 4;
        verify(place + 4 + left <= standard_metadata.packet_length, error.PacketTooShort);
        packet.extract(hdr.ipv6_route);
        place = place + 4 + left;
        transition select(left >= 240) {
            true: parse_ipv6_route_piece;
            false: parse_ipv6_route_tail;
        }
    }
    state parse_ipv6_route_piece {
        packet.extract(hdr.ipv6_route_pieces.next);
        left = left - 240;
        transition select(left >= 240) {
            true: parse_ipv6_route_piece;
            false: parse_ipv6_route_tail;
        }
    }
    state parse_ipv6_route_tail {
        packet.extract(hdr.ipv6_route_tail, 8 * left);
        transition select(hdr.ipv6_route.next) {
            44: parse_ipv6_frag;
            6: parse_tcp;
            17: parse_udp;
            default: accept;
        }
    }

    // <std::net>:51: header ipv6_frag on ipv6.next == 44 | ipv6_hop.next == 44 | ipv6_dest.next == 44 | ipv6...
    state parse_ipv6_frag {
        packet.extract(hdr.ipv6_frag);
        transition select(hdr.ipv6_frag.next, hdr.ipv6_frag.frag_offset) {
            (6, 0): parse_tcp;
            (17, 0): parse_udp;
            default: accept;
        }
    }

    // <std::net>:66: header tcp on ipv4.proto == 6 && ipv4.frag_offset == 0
    state parse_tcp {
        bit<100> ahead = packet.lookahead<bit<100>>();
        verify((bit<32>) ahead[3:0] >= 5, error.HeaderInvalid);
        verify(4 * ((bit<32>) ahead[3:0]) >= 20, error.HeaderInvalid);
        packet.extract(hdr.tcp, 8 * ((4 * ((bit<32>) ahead[3:0]) - (20))));
        transition accept;
    }

    // <std::net>:78: header udp on ipv4.proto == 17 && ipv4.frag_offset == 0
    state parse_udp {
        bit<48> ahead = packet.lookahead<bit<48>>();
        verify((bit<32>) ahead[15:0] >= 8, error.HeaderInvalid);
        packet.extract(hdr.udp);
        transition accept;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta,
                inout standard_metadata_t standard_metadata) {
    @id(0x16000001) register<bit<32>>(1) packets_seen;
    @id(0x16000002) register<bit<1>>(131072) connections__used;
    @id(0x16000003) register<bit<32>>(131072) connections__key0;
    @id(0x16000004) register<bit<32>>(131072) connections__key1;
    @id(0x16000005) register<bit<8>>(131072) connections__key2;
    @id(0x16000006) register<bit<16>>(131072) connections__key3;
    @id(0x16000007) register<bit<16>>(131072) connections__key4;
    @id(0x16000008) register<bit<16>>(131072) connections__value0;
    @id(0x16000009) register<bit<32>>(131072) connections__last;

    bit<32> connections_find_key_src = 0;
    bit<32> connections_find_key_dst = 0;
    bit<8> connections_find_key_proto = 0;
    bit<16> connections_find_key_sport = 0;
    bit<16> connections_find_key_dport = 0;
    bool connections_find_present = false;
    bit<32> connections_find_slot = 0;
    bit<16> connections_find_found_value = 0;
    bit<32> maglev_index = 0;
    bit<16> maglev_value0 = 0;
    bit<16> backends_key0 = 0;
    bit<32> backends_value0 = 0;
    bit<48> backends_value1 = 0;
    bool present = false;
    bit<16> backends__2_key0 = 0;
    bit<32> connections_set_slot = 0;
    bit<32> connections_set_key_src = 0;
    bit<32> connections_set_key_dst = 0;
    bit<8> connections_set_key_proto = 0;
    bit<16> connections_set_key_sport = 0;
    bit<16> connections_set_key_dport = 0;
    bit<16> connections_set_value = 0;

    // load_balancer.weft:12: table backends: exact<u16 -> { ip: ip4, mac: mac }> { size: 16 }
    @id(0x01000001) @noWarn("unused") action backends_hit(bit<32> value0, bit<48> value1) {
        backends_value0 = value0;
        backends_value1 = value1;
    }
    @id(0x01000002) action backends_miss() {
        backends_value0 = 0;
        backends_value1 = 0;
    }
    @id(0x02000001) table backends {
        key = {
            backends_key0: exact @name("key0");
        }
        actions = {
            backends_hit;
            @defaultonly backends_miss;
        }
        const default_action = backends_miss();
        size = 16;
    }

    @id(0x02000002) table backends__2 {
        key = {
            backends__2_key0: exact @name("key0");
        }
        actions = {
            backends_hit;
            @defaultonly backends_miss;
        }
        const default_action = backends_miss();
        size = 16;
    }

    // load_balancer.weft:13: table maglev: array<u16>[CELLS];
    @id(0x01000003) action maglev_hit(bit<16> value0) {
        maglev_value0 = value0;
    }
    @id(0x01000004) action maglev_miss() {
        maglev_value0 = 0;
    }
    @id(0x02000003) table maglev {
        key = {
            maglev_index: exact @name("index");
        }
        actions = {
            maglev_hit;
            @defaultonly maglev_miss;
        }
        const default_action = maglev_miss();
        size = 2039;
    }

    // map `connections`: find
    @hidden action connections_find() {
        bit<16> value0 = 0;
        bit<6> first;
        first = toeplitz16(connections_find_key_src[15:0] ^ connections_find_key_src[31:16] ^ connections_find_key_dst[15:0] ^ connections_find_key_dst[31:16] ^ connections_find_key_sport ^ connections_find_key_dport)[5:0];
        bit<32> digest_3;
        hash(digest_3, HashAlgorithm.crc32, 32w0, { connections_find_key_src, connections_find_key_dst, connections_find_key_proto, connections_find_key_sport, connections_find_key_dport }, 33w0x100000000);
        bit<32> first_2;
        first_2 = multiply_shift(digest_3, 0xcfd813afd8940511);
        bit<32> first_3 = ((bit<32>) (first ++ first_2[31:25])) * 16;
        bit<1> used;
        connections__used.read(used, first_3);
        bit<32> key0;
        connections__key0.read(key0, first_3);
        bit<32> key1;
        connections__key1.read(key1, first_3);
        bit<8> key2;
        connections__key2.read(key2, first_3);
        bit<16> key3;
        connections__key3.read(key3, first_3);
        bit<16> key4;
        connections__key4.read(key4, first_3);
        bool same_key;
        same_key = (key0 == connections_find_key_src) && (key1 == connections_find_key_dst) && (key2 == connections_find_key_proto);
        bool holds;
        holds = false;
        if ((used == 1) && same_key && (key3 == connections_find_key_sport) && (key4 == connections_find_key_dport)) {
            holds = true;
        }
        bit<32> last;
        connections__last.read(last, first_3);
        bit<32> tick = meta.now[51:20];
        bit<32> elapsed = tick - last;
        bool live = (used == 1) && !(((elapsed[31:31] == 1) ? 32w0 : elapsed) > 0x45d97);
        bit<32> cell = first_3 + 1;
        bit<1> used_2;
        connections__used.read(used_2, cell);
        bit<32> key0_2;
        connections__key0.read(key0_2, cell);
        bit<32> key1_2;
        connections__key1.read(key1_2, cell);
        bit<8> key2_2;
        connections__key2.read(key2_2, cell);
        bit<16> key3_2;
        connections__key3.read(key3_2, cell);
        bit<16> key4_2;
        connections__key4.read(key4_2, cell);
        bool same_key_2;
        same_key_2 = (key0_2 == connections_find_key_src) && (key1_2 == connections_find_key_dst) && (key2_2 == connections_find_key_proto);
        bool holds_2;
        holds_2 = false;
        if ((used_2 == 1) && same_key_2 && (key3_2 == connections_find_key_sport) && (key4_2 == connections_find_key_dport)) {
            holds_2 = true;
        }
        bit<32> last_2;
        connections__last.read(last_2, cell);
        bit<32> elapsed_2 = tick - last_2;
        bool live_2 = (used_2 == 1) && !(((elapsed_2[31:31] == 1) ? 32w0 : elapsed_2) > 0x45d97);
        bit<32> cell_2 = first_3 + 2;
        bit<1> used_3;
        connections__used.read(used_3, cell_2);
        bit<32> key0_3;
        connections__key0.read(key0_3, cell_2);
        bit<32> key1_3;
        connections__key1.read(key1_3, cell_2);
        bit<8> key2_3;
        connections__key2.read(key2_3, cell_2);
        bit<16> key3_3;
        connections__key3.read(key3_3, cell_2);
        bit<16> key4_3;
        connections__key4.read(key4_3, cell_2);
        bool same_key_3;
        same_key_3 = (key0_3 == connections_find_key_src) && (key1_3 == connections_find_key_dst) && (key2_3 == connections_find_key_proto);
        bool holds_3;
        holds_3 = false;
        if ((used_3 == 1) && same_key_3 && (key3_3 == connections_find_key_sport) && (key4_3 == connections_find_key_dport)) {
            holds_3 = true;
        }
        bit<32> last_3;
        connections__last.read(last_3, cell_2);
        bit<32> elapsed_3 = tick - last_3;
        bool live_3 = (used_3 == 1) && !(((elapsed_3[31:31] == 1) ? 32w0 : elapsed_3) > 0x45d97);
        bit<32> cell_3 = first_3 + 3;
        bit<1> used_4;
        connections__used.read(used_4, cell_3);
        bit<32> key0_4;
        connections__key0.read(key0_4, cell_3);
        bit<32> key1_4;
        connections__key1.read(key1_4, cell_3);
        bit<8> key2_4;
        connections__key2.read(key2_4, cell_3);
        bit<16> key3_4;
        connections__key3.read(key3_4, cell_3);
        bit<16> key4_4;
        connections__key4.read(key4_4, cell_3);
        bool same_key_4;
        same_key_4 = (key0_4 == connections_find_key_src) && (key1_4 == connections_find_key_dst) && (key2_4 == connections_find_key_proto);
        bool holds_4;
        holds_4 = false;
        if ((used_4 == 1) && same_key_4 && (key3_4 == connections_find_key_sport) && (key4_4 == connections_find_key_dport)) {
            holds_4 = true;
        }
        bit<32> last_4;
        connections__last.read(last_4, cell_3);
        bit<32> elapsed_4 = tick - last_4;
        bool live_4 = (used_4 == 1) && !(((elapsed_4[31:31] == 1) ? 32w0 : elapsed_4) > 0x45d97);
        bit<32> cell_4 = first_3 + 4;
        bit<1> used_5;
        connections__used.read(used_5, cell_4);
        bit<32> key0_5;
        connections__key0.read(key0_5, cell_4);
        bit<32> key1_5;
        connections__key1.read(key1_5, cell_4);
        bit<8> key2_5;
        connections__key2.read(key2_5, cell_4);
        bit<16> key3_5;
        connections__key3.read(key3_5, cell_4);
        bit<16> key4_5;
        connections__key4.read(key4_5, cell_4);
        bool same_key_5;
        same_key_5 = (key0_5 == connections_find_key_src) && (key1_5 == connections_find_key_dst) && (key2_5 == connections_find_key_proto);
        bool holds_5;
        holds_5 = false;
        if ((used_5 == 1) && same_key_5 && (key3_5 == connections_find_key_sport) && (key4_5 == connections_find_key_dport)) {
            holds_5 = true;
        }
        bit<32> last_5;
        connections__last.read(last_5, cell_4);
        bit<32> elapsed_5 = tick - last_5;
        bool live_5 = (used_5 == 1) && !(((elapsed_5[31:31] == 1) ? 32w0 : elapsed_5) > 0x45d97);
        bit<32> cell_5 = first_3 + 5;
        bit<1> used_6;
        connections__used.read(used_6, cell_5);
        bit<32> key0_6;
        connections__key0.read(key0_6, cell_5);
        bit<32> key1_6;
        connections__key1.read(key1_6, cell_5);
        bit<8> key2_6;
        connections__key2.read(key2_6, cell_5);
        bit<16> key3_6;
        connections__key3.read(key3_6, cell_5);
        bit<16> key4_6;
        connections__key4.read(key4_6, cell_5);
        bool same_key_6;
        same_key_6 = (key0_6 == connections_find_key_src) && (key1_6 == connections_find_key_dst) && (key2_6 == connections_find_key_proto);
        bool holds_6;
        holds_6 = false;
        if ((used_6 == 1) && same_key_6 && (key3_6 == connections_find_key_sport) && (key4_6 == connections_find_key_dport)) {
            holds_6 = true;
        }
        bit<32> last_6;
        connections__last.read(last_6, cell_5);
        bit<32> elapsed_6 = tick - last_6;
        bool live_6 = (used_6 == 1) && !(((elapsed_6[31:31] == 1) ? 32w0 : elapsed_6) > 0x45d97);
        bit<32> cell_6 = first_3 + 6;
        bit<1> used_7;
        connections__used.read(used_7, cell_6);
        bit<32> key0_7;
        connections__key0.read(key0_7, cell_6);
        bit<32> key1_7;
        connections__key1.read(key1_7, cell_6);
        bit<8> key2_7;
        connections__key2.read(key2_7, cell_6);
        bit<16> key3_7;
        connections__key3.read(key3_7, cell_6);
        bit<16> key4_7;
        connections__key4.read(key4_7, cell_6);
        bool same_key_7;
        same_key_7 = (key0_7 == connections_find_key_src) && (key1_7 == connections_find_key_dst) && (key2_7 == connections_find_key_proto);
        bool holds_7;
        holds_7 = false;
        if ((used_7 == 1) && same_key_7 && (key3_7 == connections_find_key_sport) && (key4_7 == connections_find_key_dport)) {
            holds_7 = true;
        }
        bit<32> last_7;
        connections__last.read(last_7, cell_6);
        bit<32> elapsed_7 = tick - last_7;
        bool live_7 = (used_7 == 1) && !(((elapsed_7[31:31] == 1) ? 32w0 : elapsed_7) > 0x45d97);
        bit<32> cell_7 = first_3 + 7;
        bit<1> used_8;
        connections__used.read(used_8, cell_7);
        bit<32> key0_8;
        connections__key0.read(key0_8, cell_7);
        bit<32> key1_8;
        connections__key1.read(key1_8, cell_7);
        bit<8> key2_8;
        connections__key2.read(key2_8, cell_7);
        bit<16> key3_8;
        connections__key3.read(key3_8, cell_7);
        bit<16> key4_8;
        connections__key4.read(key4_8, cell_7);
        bool same_key_8;
        same_key_8 = (key0_8 == connections_find_key_src) && (key1_8 == connections_find_key_dst) && (key2_8 == connections_find_key_proto);
        bool holds_8;
        holds_8 = false;
        if ((used_8 == 1) && same_key_8 && (key3_8 == connections_find_key_sport) && (key4_8 == connections_find_key_dport)) {
            holds_8 = true;
        }
        bit<32> last_8;
        connections__last.read(last_8, cell_7);
        bit<32> elapsed_8 = tick - last_8;
        bool live_8 = (used_8 == 1) && !(((elapsed_8[31:31] == 1) ? 32w0 : elapsed_8) > 0x45d97);
        bit<32> cell_8 = first_3 + 8;
        bit<1> used_9;
        connections__used.read(used_9, cell_8);
        bit<32> key0_9;
        connections__key0.read(key0_9, cell_8);
        bit<32> key1_9;
        connections__key1.read(key1_9, cell_8);
        bit<8> key2_9;
        connections__key2.read(key2_9, cell_8);
        bit<16> key3_9;
        connections__key3.read(key3_9, cell_8);
        bit<16> key4_9;
        connections__key4.read(key4_9, cell_8);
        bool same_key_9;
        same_key_9 = (key0_9 == connections_find_key_src) && (key1_9 == connections_find_key_dst) && (key2_9 == connections_find_key_proto);
        bool holds_9;
        holds_9 = false;
        if ((used_9 == 1) && same_key_9 && (key3_9 == connections_find_key_sport) && (key4_9 == connections_find_key_dport)) {
            holds_9 = true;
        }
        bit<32> last_9;
        connections__last.read(last_9, cell_8);
        bit<32> elapsed_9 = tick - last_9;
        bool live_9 = (used_9 == 1) && !(((elapsed_9[31:31] == 1) ? 32w0 : elapsed_9) > 0x45d97);
        bit<32> cell_9 = first_3 + 9;
        bit<1> used_10;
        connections__used.read(used_10, cell_9);
        bit<32> key0_10;
        connections__key0.read(key0_10, cell_9);
        bit<32> key1_10;
        connections__key1.read(key1_10, cell_9);
        bit<8> key2_10;
        connections__key2.read(key2_10, cell_9);
        bit<16> key3_10;
        connections__key3.read(key3_10, cell_9);
        bit<16> key4_10;
        connections__key4.read(key4_10, cell_9);
        bool same_key_10;
        same_key_10 = (key0_10 == connections_find_key_src) && (key1_10 == connections_find_key_dst) && (key2_10 == connections_find_key_proto);
        bool holds_10;
        holds_10 = false;
        if ((used_10 == 1) && same_key_10 && (key3_10 == connections_find_key_sport) && (key4_10 == connections_find_key_dport)) {
            holds_10 = true;
        }
        bit<32> last_10;
        connections__last.read(last_10, cell_9);
        bit<32> elapsed_10 = tick - last_10;
        bool live_10 = (used_10 == 1) && !(((elapsed_10[31:31] == 1) ? 32w0 : elapsed_10) > 0x45d97);
        bit<32> cell_10 = first_3 + 10;
        bit<1> used_11;
        connections__used.read(used_11, cell_10);
        bit<32> key0_11;
        connections__key0.read(key0_11, cell_10);
        bit<32> key1_11;
        connections__key1.read(key1_11, cell_10);
        bit<8> key2_11;
        connections__key2.read(key2_11, cell_10);
        bit<16> key3_11;
        connections__key3.read(key3_11, cell_10);
        bit<16> key4_11;
        connections__key4.read(key4_11, cell_10);
        bool same_key_11;
        same_key_11 = (key0_11 == connections_find_key_src) && (key1_11 == connections_find_key_dst) && (key2_11 == connections_find_key_proto);
        bool holds_11;
        holds_11 = false;
        if ((used_11 == 1) && same_key_11 && (key3_11 == connections_find_key_sport) && (key4_11 == connections_find_key_dport)) {
            holds_11 = true;
        }
        bit<32> last_11;
        connections__last.read(last_11, cell_10);
        bit<32> elapsed_11 = tick - last_11;
        bool live_11 = (used_11 == 1) && !(((elapsed_11[31:31] == 1) ? 32w0 : elapsed_11) > 0x45d97);
        bit<32> cell_11 = first_3 + 11;
        bit<1> used_12;
        connections__used.read(used_12, cell_11);
        bit<32> key0_12;
        connections__key0.read(key0_12, cell_11);
        bit<32> key1_12;
        connections__key1.read(key1_12, cell_11);
        bit<8> key2_12;
        connections__key2.read(key2_12, cell_11);
        bit<16> key3_12;
        connections__key3.read(key3_12, cell_11);
        bit<16> key4_12;
        connections__key4.read(key4_12, cell_11);
        bool same_key_12;
        same_key_12 = (key0_12 == connections_find_key_src) && (key1_12 == connections_find_key_dst) && (key2_12 == connections_find_key_proto);
        bool holds_12;
        holds_12 = false;
        if ((used_12 == 1) && same_key_12 && (key3_12 == connections_find_key_sport) && (key4_12 == connections_find_key_dport)) {
            holds_12 = true;
        }
        bit<32> last_12;
        connections__last.read(last_12, cell_11);
        bit<32> elapsed_12 = tick - last_12;
        bool live_12 = (used_12 == 1) && !(((elapsed_12[31:31] == 1) ? 32w0 : elapsed_12) > 0x45d97);
        bit<32> cell_12 = first_3 + 12;
        bit<1> used_13;
        connections__used.read(used_13, cell_12);
        bit<32> key0_13;
        connections__key0.read(key0_13, cell_12);
        bit<32> key1_13;
        connections__key1.read(key1_13, cell_12);
        bit<8> key2_13;
        connections__key2.read(key2_13, cell_12);
        bit<16> key3_13;
        connections__key3.read(key3_13, cell_12);
        bit<16> key4_13;
        connections__key4.read(key4_13, cell_12);
        bool same_key_13;
        same_key_13 = (key0_13 == connections_find_key_src) && (key1_13 == connections_find_key_dst) && (key2_13 == connections_find_key_proto);
        bool holds_13;
        holds_13 = false;
        if ((used_13 == 1) && same_key_13 && (key3_13 == connections_find_key_sport) && (key4_13 == connections_find_key_dport)) {
            holds_13 = true;
        }
        bit<32> last_13;
        connections__last.read(last_13, cell_12);
        bit<32> elapsed_13 = tick - last_13;
        bool live_13 = (used_13 == 1) && !(((elapsed_13[31:31] == 1) ? 32w0 : elapsed_13) > 0x45d97);
        bit<32> cell_13 = first_3 + 13;
        bit<1> used_14;
        connections__used.read(used_14, cell_13);
        bit<32> key0_14;
        connections__key0.read(key0_14, cell_13);
        bit<32> key1_14;
        connections__key1.read(key1_14, cell_13);
        bit<8> key2_14;
        connections__key2.read(key2_14, cell_13);
        bit<16> key3_14;
        connections__key3.read(key3_14, cell_13);
        bit<16> key4_14;
        connections__key4.read(key4_14, cell_13);
        bool same_key_14;
        same_key_14 = (key0_14 == connections_find_key_src) && (key1_14 == connections_find_key_dst) && (key2_14 == connections_find_key_proto);
        bool holds_14;
        holds_14 = false;
        if ((used_14 == 1) && same_key_14 && (key3_14 == connections_find_key_sport) && (key4_14 == connections_find_key_dport)) {
            holds_14 = true;
        }
        bit<32> last_14;
        connections__last.read(last_14, cell_13);
        bit<32> elapsed_14 = tick - last_14;
        bool live_14 = (used_14 == 1) && !(((elapsed_14[31:31] == 1) ? 32w0 : elapsed_14) > 0x45d97);
        bit<32> cell_14 = first_3 + 14;
        bit<1> used_15;
        connections__used.read(used_15, cell_14);
        bit<32> key0_15;
        connections__key0.read(key0_15, cell_14);
        bit<32> key1_15;
        connections__key1.read(key1_15, cell_14);
        bit<8> key2_15;
        connections__key2.read(key2_15, cell_14);
        bit<16> key3_15;
        connections__key3.read(key3_15, cell_14);
        bit<16> key4_15;
        connections__key4.read(key4_15, cell_14);
        bool same_key_15;
        same_key_15 = (key0_15 == connections_find_key_src) && (key1_15 == connections_find_key_dst) && (key2_15 == connections_find_key_proto);
        bool holds_15;
        holds_15 = false;
        if ((used_15 == 1) && same_key_15 && (key3_15 == connections_find_key_sport) && (key4_15 == connections_find_key_dport)) {
            holds_15 = true;
        }
        bit<32> last_15;
        connections__last.read(last_15, cell_14);
        bit<32> elapsed_15 = tick - last_15;
        bool live_15 = (used_15 == 1) && !(((elapsed_15[31:31] == 1) ? 32w0 : elapsed_15) > 0x45d97);
        bit<32> cell_15 = first_3 + 15;
        bit<1> used_16;
        connections__used.read(used_16, cell_15);
        bit<32> key0_16;
        connections__key0.read(key0_16, cell_15);
        bit<32> key1_16;
        connections__key1.read(key1_16, cell_15);
        bit<8> key2_16;
        connections__key2.read(key2_16, cell_15);
        bit<16> key3_16;
        connections__key3.read(key3_16, cell_15);
        bit<16> key4_16;
        connections__key4.read(key4_16, cell_15);
        bool same_key_16;
        same_key_16 = (key0_16 == connections_find_key_src) && (key1_16 == connections_find_key_dst) && (key2_16 == connections_find_key_proto);
        bool holds_16;
        holds_16 = false;
        if ((used_16 == 1) && same_key_16 && (key3_16 == connections_find_key_sport) && (key4_16 == connections_find_key_dport)) {
            holds_16 = true;
        }
        bit<32> last_16;
        connections__last.read(last_16, cell_15);
        bit<32> elapsed_16 = tick - last_16;
        bool live_16 = (used_16 == 1) && !(((elapsed_16[31:31] == 1) ? 32w0 : elapsed_16) > 0x45d97);
        bool hit = live && holds;
        bool hit_2 = live_2 && holds_2;
        bool hit_3 = live_3 && holds_3;
        bool hit_4 = live_4 && holds_4;
        bool hit_5 = live_5 && holds_5;
        bool hit_6 = live_6 && holds_6;
        bool hit_7 = live_7 && holds_7;
        bool hit_8 = live_8 && holds_8;
        bool hit_9 = live_9 && holds_9;
        bool hit_10 = live_10 && holds_10;
        bool hit_11 = live_11 && holds_11;
        bool hit_12 = live_12 && holds_12;
        bool hit_13 = live_13 && holds_13;
        bool hit_14 = live_14 && holds_14;
        bool hit_15 = live_15 && holds_15;
        bool hit_16 = live_16 && holds_16;
        bool vacant = !live;
        bool vacant_2 = !live_2;
        bool vacant_3 = !live_3;
        bool vacant_4 = !live_4;
        bool vacant_5 = !live_5;
        bool vacant_6 = !live_6;
        bool vacant_7 = !live_7;
        bool vacant_8 = !live_8;
        bool vacant_9 = !live_9;
        bool vacant_10 = !live_10;
        bool vacant_11 = !live_11;
        bool vacant_12 = !live_12;
        bool vacant_13 = !live_13;
        bool vacant_14 = !live_14;
        bool vacant_15 = !live_15;
        bool vacant_16 = !live_16;
        bool part;
        part = hit || hit_2 || hit_3 || hit_4 || hit_5 || hit_6 || hit_7 || hit_8 || hit_9 || hit_10 || hit_11 || hit_12;
        bool present_2;
        present_2 = false;
        if (part || hit_13 || hit_14 || hit_15 || hit_16) {
            present_2 = true;
        }
        bit<32> slot;
        if (hit) {
            slot = first_3;
        } else if (hit_2) {
            slot = cell;
        } else if (hit_3) {
            slot = cell_2;
        } else if (hit_4) {
            slot = cell_3;
        } else if (hit_5) {
            slot = cell_4;
        } else if (hit_6) {
            slot = cell_5;
        } else if (hit_7) {
            slot = cell_6;
        } else if (hit_8) {
            slot = cell_7;
        } else if (hit_9) {
            slot = cell_8;
        } else if (hit_10) {
            slot = cell_9;
        } else if (hit_11) {
            slot = cell_10;
        } else if (hit_12) {
            slot = cell_11;
        } else if (hit_13) {
            slot = cell_12;
        } else if (hit_14) {
            slot = cell_13;
        } else if (hit_15) {
            slot = cell_14;
        } else if (hit_16) {
            slot = cell_15;
        } else if (holds && vacant) {
            slot = first_3;
        } else if (holds_2 && vacant_2) {
            slot = cell;
        } else if (holds_3 && vacant_3) {
            slot = cell_2;
        } else if (holds_4 && vacant_4) {
            slot = cell_3;
        } else if (holds_5 && vacant_5) {
            slot = cell_4;
        } else if (holds_6 && vacant_6) {
            slot = cell_5;
        } else if (holds_7 && vacant_7) {
            slot = cell_6;
        } else if (holds_8 && vacant_8) {
            slot = cell_7;
        } else if (holds_9 && vacant_9) {
            slot = cell_8;
        } else if (holds_10 && vacant_10) {
            slot = cell_9;
        } else if (holds_11 && vacant_11) {
            slot = cell_10;
        } else if (holds_12 && vacant_12) {
            slot = cell_11;
        } else if (holds_13 && vacant_13) {
            slot = cell_12;
        } else if (holds_14 && vacant_14) {
            slot = cell_13;
        } else if (holds_15 && vacant_15) {
            slot = cell_14;
        } else if (holds_16 && vacant_16) {
            slot = cell_15;
        } else if (vacant) {
            slot = first_3;
        } else if (vacant_2) {
            slot = cell;
        } else if (vacant_3) {
            slot = cell_2;
        } else if (vacant_4) {
            slot = cell_3;
        } else if (vacant_5) {
            slot = cell_4;
        } else if (vacant_6) {
            slot = cell_5;
        } else if (vacant_7) {
            slot = cell_6;
        } else if (vacant_8) {
            slot = cell_7;
        } else if (vacant_9) {
            slot = cell_8;
        } else if (vacant_10) {
            slot = cell_9;
        } else if (vacant_11) {
            slot = cell_10;
        } else if (vacant_12) {
            slot = cell_11;
        } else if (vacant_13) {
            slot = cell_12;
        } else if (vacant_14) {
            slot = cell_13;
        } else if (vacant_15) {
            slot = cell_14;
        } else if (vacant_16) {
            slot = cell_15;
        } else {
            slot = 0xffffffff;
        }
        if (present_2) {
            connections__value0.read(value0, slot);
            bit<32> last_17;
            connections__last.read(last_17, slot);
            bit<32> elapsed_17;
            elapsed_17 = tick - last_17;
            connections__last.write(slot, ((elapsed_17[31:31] == 1) ? last_17 : tick));
        }
        connections_find_present = present_2;
        connections_find_slot = slot;
        connections_find_found_value = (present_2 ? value0 : 16w0);
    }
    @hidden table do_connections_find {
        actions = { connections_find; }
        const default_action = connections_find();
    }

    // map `connections`: set
    @hidden action connections_set() {
        if (connections_set_slot < 0x20000) {
            bit<1> used;
            connections__used.read(used, connections_set_slot);
            bit<32> key0;
            connections__key0.read(key0, connections_set_slot);
            bit<32> key1;
            connections__key1.read(key1, connections_set_slot);
            bit<8> key2;
            connections__key2.read(key2, connections_set_slot);
            bit<16> key3;
            connections__key3.read(key3, connections_set_slot);
            bit<16> key4;
            connections__key4.read(key4, connections_set_slot);
            bit<32> tick = meta.now[51:20];
            bit<32> last;
            connections__last.read(last, connections_set_slot);
            bool same_key;
            same_key = (key0 == connections_set_key_src) && (key1 == connections_set_key_dst) && (key2 == connections_set_key_proto);
            bool part;
            part = (used == 1) && same_key && (key3 == connections_set_key_sport) && (key4 == connections_set_key_dport);
            bit<32> elapsed;
            elapsed = tick - last;
            connections__last.write(connections_set_slot, (part ? ((elapsed[31:31] == 1) ? last : tick) : tick));
            connections__used.write(connections_set_slot, 1w1);
            connections__key0.write(connections_set_slot, connections_set_key_src);
            connections__key1.write(connections_set_slot, connections_set_key_dst);
            connections__key2.write(connections_set_slot, connections_set_key_proto);
            connections__key3.write(connections_set_slot, connections_set_key_sport);
            connections__key4.write(connections_set_slot, connections_set_key_dport);
            connections__value0.write(connections_set_slot, connections_set_value);
        }
    }
    @hidden table do_connections_set {
        actions = { connections_set; }
        const default_action = connections_set();
    }

    apply {
        bit<32> packets;
        packets_seen.read(packets, 0);
        packets_seen.write(0, packets + 1);
        meta.now = (bit<64>) standard_metadata.ingress_global_timestamp * 1000;
        meta.port = (bit<16>) standard_metadata.ingress_port;
        meta.length = standard_metadata.packet_length;
        if (meta.port >= 2) {
            mark_to_drop(standard_metadata); // the program has no such port
            return;
        }
        meta.received_ipv4_src = hdr.ipv4.src;
        meta.received_ipv4_dst = hdr.ipv4.dst;

        bool value = hdr.tcp.isValid() || hdr.udp.isValid();
        if ((meta.port == 0) && hdr.ipv4.isValid() && value && (hdr.ipv4.dst == 0xc000020a)) {
            bit<16> sport;
            if (hdr.tcp.isValid()) {
                sport = hdr.tcp.sport;
            } else {
                sport = hdr.udp.sport;
            }
            bit<16> dport;
            if (hdr.tcp.isValid()) {
                dport = hdr.tcp.dport;
            } else {
                dport = hdr.udp.dport;
            }
            // load_balancer.weft:19: let entry = connections.find(flow);
            connections_find_key_src = hdr.ipv4.src;
            connections_find_key_dst = hdr.ipv4.dst;
            connections_find_key_proto = hdr.ipv4.proto;
            connections_find_key_sport = sport;
            connections_find_key_dport = dport;
            do_connections_find.apply();
            bit<32> digest_2;
            hash(digest_2, HashAlgorithm.crc32, 32w0, { hdr.ipv4.src, hdr.ipv4.dst, hdr.ipv4.proto, sport, dport }, 33w0x100000000);
            bit<32> hashed;
            hashed = multiply_shift(digest_2, 0xebfc8f3cd447f223);
            // load_balancer.weft:20: let fresh = maglev[hash::family(0, flow) % CELLS];
            maglev_index = (hashed - ((bit<76>) hashed * 76w0x10121456f)[74:43] * 32w0x7f7);
            maglev.apply();
            if (connections_find_present) {
                // load_balancer.weft:22: let chosen = if entry.present && backends.has(entry.value) { entry.value } else { fresh };
                backends_key0 = connections_find_found_value;
                present = backends.apply().hit;
            }
            bit<16> chosen;
            if ((connections_find_present ? present : false)) {
                chosen = connections_find_found_value;
            } else {
                chosen = maglev_value0;
            }
            // load_balancer.weft:23: let backend = backends.get(chosen) else drop;
            backends__2_key0 = chosen;
            bool backend_found;
            backend_found = backends__2.apply().hit;
            bit<32> backend_ip;
            backend_ip = backends_value0;
            bit<48> backend_mac;
            backend_mac = backends_value1;
            if (backend_found) {
                // load_balancer.weft:24: entry.set(chosen) else {} // no room: still balanced, by hash alone
                connections_set_slot = connections_find_slot;
                connections_set_key_src = hdr.ipv4.src;
                connections_set_key_dst = hdr.ipv4.dst;
                connections_set_key_proto = hdr.ipv4.proto;
                connections_set_key_sport = sport;
                connections_set_key_dport = dport;
                connections_set_value = chosen;
                do_connections_set.apply();
                // load_balancer.weft:25: p.eth.src = OWN_MAC;
                hdr.eth.src = 0x2000000000b;
                // load_balancer.weft:26: p.eth.dst = backend.mac;
                hdr.eth.dst = backend_mac;
                // load_balancer.weft:27: p.ipv4.dst = backend.ip;
                hdr.ipv4.dst = backend_ip;
                // load_balancer.weft:28: send servers;
                standard_metadata.egress_spec = 1;
            } else {
                // load_balancer.weft:23: let backend = backends.get(chosen) else drop;
                mark_to_drop(standard_metadata);
            }
        } else if ((meta.port == 1) && hdr.ipv4.isValid() && value) {
            // load_balancer.weft:32: p.eth.src = OWN_MAC;
            hdr.eth.src = 0x2000000000b;
            // load_balancer.weft:33: p.eth.dst = GATEWAY;
            hdr.eth.dst = 0x20000000001;
            // load_balancer.weft:34: p.ipv4.src = VIP;
            hdr.ipv4.src = 0xc000020a;
            // load_balancer.weft:35: send clients;
            standard_metadata.egress_spec = 0;
        } else {
            // load_balancer.weft:38: on clients | servers (_) { drop }
            mark_to_drop(standard_metadata);
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta,
               inout standard_metadata_t standard_metadata) {
    bit<32> changes = 0; // of 16-bit words under a checksum

    apply {
        // udp.checksum
        if (hdr.udp.isValid()) {
            changes = 0;
            if (hdr.ipv4.isValid()) {
                changes = changes + change16(meta.received_ipv4_src[31:16], hdr.ipv4.src[31:16]);
                changes = changes + change16(meta.received_ipv4_src[15:0], hdr.ipv4.src[15:0]);
                changes = changes + change16(meta.received_ipv4_dst[31:16], hdr.ipv4.dst[31:16]);
                changes = changes + change16(meta.received_ipv4_dst[15:0], hdr.ipv4.dst[15:0]);
            }
            hdr.udp.checksum = updated_checksum_or_none(hdr.udp.checksum, changes);
        }
        // tcp.checksum
        if (hdr.tcp.isValid()) {
            changes = 0;
            if (hdr.ipv4.isValid()) {
                changes = changes + change16(meta.received_ipv4_src[31:16], hdr.ipv4.src[31:16]);
                changes = changes + change16(meta.received_ipv4_src[15:0], hdr.ipv4.src[15:0]);
                changes = changes + change16(meta.received_ipv4_dst[31:16], hdr.ipv4.dst[31:16]);
                changes = changes + change16(meta.received_ipv4_dst[15:0], hdr.ipv4.dst[15:0]);
            }
            hdr.tcp.checksum = updated_checksum(hdr.tcp.checksum, changes);
        }
        // ipv4.checksum
        if (hdr.ipv4.isValid()) {
            changes = 0;
            changes = changes + change16(meta.received_ipv4_src[31:16], hdr.ipv4.src[31:16]);
            changes = changes + change16(meta.received_ipv4_src[15:0], hdr.ipv4.src[15:0]);
            changes = changes + change16(meta.received_ipv4_dst[31:16], hdr.ipv4.dst[31:16]);
            changes = changes + change16(meta.received_ipv4_dst[15:0], hdr.ipv4.dst[15:0]);
            hdr.ipv4.checksum = updated_checksum(hdr.ipv4.checksum, changes);
        }
    }
}

control VerifyNothing(inout headers_t hdr, inout metadata_t meta) {
    apply {} // checksums are mended in egress, by what changed
}

control ComputeNothing(inout headers_t hdr, inout metadata_t meta) {
    apply {} // checksums are mended in egress, by what changed
}

control PacketDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.eth);
        packet.emit(hdr.svlan);
        packet.emit(hdr.vlan);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.ipv6);
        packet.emit(hdr.ipv6_hop);
        packet.emit(hdr.ipv6_hop_pieces);
        packet.emit(hdr.ipv6_hop_tail);
        packet.emit(hdr.ipv6_dest);
        packet.emit(hdr.ipv6_dest_pieces);
        packet.emit(hdr.ipv6_dest_tail);
        packet.emit(hdr.ipv6_route);
        packet.emit(hdr.ipv6_route_pieces);
        packet.emit(hdr.ipv6_route_tail);
        packet.emit(hdr.ipv6_frag);
        packet.emit(hdr.tcp);
        packet.emit(hdr.udp);
    }
}

V1Switch(PacketParser(), VerifyNothing(), ingress(), egress(), ComputeNothing(), PacketDeparser()) main;
