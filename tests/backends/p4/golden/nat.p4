// nat: written by Weft. Changes belong into the program, not here.
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

// <std::net>:20: header arp on eth.type == 0x0806 | vlan.type == 0x0806 | svlan.type == 0x0806 {
header arp_t {
    bit<16> hardware;
    bit<16> protocol;
    bit<8> hardware_size;
    bit<8> protocol_size;
    bit<16> operation;
    bit<48> sender_mac;
    bit<32> sender_ip;
    bit<48> target_mac;
    bit<32> target_ip;
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

// <std::net>:56: header icmp on ipv4.proto == 1 && ipv4.frag_offset == 0 {
header icmp_t {
    bit<8> type;
    bit<8> code;
    bit<16> checksum;
    bit<16> id;
    bit<16> sequence;
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
    arp_t arp;
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
    icmp_t icmp;
    tcp_t tcp;
    udp_t udp;
}

struct metadata_t {
    bit<64> now; // arrival, ns
    bit<16> port; // that the packet came in by
    bit<32> length; // bytes on the wire
    bit<16> received_udp_sport;
    bit<16> received_udp_dport;
    bit<32> received_ipv4_src;
    bit<32> received_ipv4_dst;
    bit<16> received_tcp_sport;
    bit<16> received_tcp_dport;
    bit<16> received_icmp_id;
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
            0x806: parse_arp;
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
            0x806: parse_arp;
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
            0x806: parse_arp;
            0x800: parse_ipv4;
            0x86dd: parse_ipv6;
            default: accept;
        }
    }

    // <std::net>:20: header arp on eth.type == 0x0806 | vlan.type == 0x0806 | svlan.type == 0x0806 {
    state parse_arp {
        packet.extract(hdr.arp);
        transition accept;
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
            (1, 0): parse_icmp;
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

    // <std::net>:56: header icmp on ipv4.proto == 1 && ipv4.frag_offset == 0 {
    state parse_icmp {
        packet.extract(hdr.icmp);
        transition accept;
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
    @id(0x16000002) register<bit<1>>(64512) sessions__used;
    @id(0x16000003) register<bit<32>>(64512) sessions__generation;
    @id(0x16000004) register<bit<32>>(64512) sessions__value0;
    @id(0x16000005) register<bit<32>>(64512) sessions__value1;
    @id(0x16000006) register<bit<8>>(64512) sessions__value2;
    @id(0x16000007) register<bit<16>>(64512) sessions__value3;
    @id(0x16000008) register<bit<16>>(64512) sessions__value4;
    @id(0x16000009) register<bit<32>>(64512) sessions__last;
    @id(0x1600000a) register<bit<32>>(64) sessions__hand;
    @id(0x1600000b) register<bit<1>>(131072) by_flow__used;
    @id(0x1600000c) register<bit<32>>(131072) by_flow__key0;
    @id(0x1600000d) register<bit<32>>(131072) by_flow__key1;
    @id(0x1600000e) register<bit<8>>(131072) by_flow__key2;
    @id(0x1600000f) register<bit<16>>(131072) by_flow__key3;
    @id(0x16000010) register<bit<16>>(131072) by_flow__key4;
    @id(0x16000011) register<bit<16>>(131072) by_flow__id;
    @id(0x16000012) register<bit<32>>(131072) by_flow__generation;

    bit<32> by_flow_find_or_open_key_src = 0;
    bit<32> by_flow_find_or_open_key_dst = 0;
    bit<8> by_flow_find_or_open_key_proto = 0;
    bit<16> by_flow_find_or_open_key_sport = 0;
    bit<16> by_flow_find_or_open_key_dport = 0;
    bit<32> by_flow_find_or_open_value_src = 0;
    bit<32> by_flow_find_or_open_value_dst = 0;
    bit<8> by_flow_find_or_open_value_proto = 0;
    bit<16> by_flow_find_or_open_value_sport = 0;
    bit<16> by_flow_find_or_open_value_dport = 0;
    bool by_flow_find_or_open_done = false;
    bit<16> by_flow_find_or_open_id = 0;
    bit<16> sessions_get_id = 0;
    bool sessions_get_live = false;
    bit<32> sessions_get_found_value_src = 0;
    bit<32> sessions_get_found_value_dst = 0;
    bit<8> sessions_get_found_value_proto = 0;
    bit<16> sessions_get_found_value_sport = 0;
    bit<16> sessions_get_found_value_dport = 0;

    // index `by_flow`: find or open
    @hidden action by_flow_find_or_open() {
        bit<1> used_33 = 0;
        bit<32> elapsed_18 = 0;
        bit<1> used_34 = 0;
        bit<32> elapsed_19 = 0;
        bit<1> used_35 = 0;
        bit<32> elapsed_20 = 0;
        bit<1> used_36 = 0;
        bit<32> elapsed_21 = 0;
        bit<1> used_37 = 0;
        bit<32> elapsed_22 = 0;
        bit<1> used_38 = 0;
        bit<32> elapsed_23 = 0;
        bit<1> used_39 = 0;
        bit<32> elapsed_24 = 0;
        bit<1> used_40 = 0;
        bit<32> elapsed_25 = 0;
        bit<1> used_41 = 0;
        bit<32> elapsed_26 = 0;
        bit<1> used_42 = 0;
        bit<32> elapsed_27 = 0;
        bit<1> used_43 = 0;
        bit<32> elapsed_28 = 0;
        bit<1> used_44 = 0;
        bit<32> elapsed_29 = 0;
        bit<1> used_45 = 0;
        bit<32> elapsed_30 = 0;
        bit<1> used_46 = 0;
        bit<32> elapsed_31 = 0;
        bit<1> used_47 = 0;
        bit<32> elapsed_32 = 0;
        bit<1> used_48 = 0;
        bit<32> elapsed_33 = 0;
        bit<1> used_49 = 0;
        bit<32> elapsed_34 = 0;
        bit<1> used_50 = 0;
        bit<32> elapsed_35 = 0;
        bit<16> taken = 0;
        bool done_17 = false;
        bool opened_here = false;
        bit<6> first;
        first = toeplitz16(by_flow_find_or_open_key_src[15:0] ^ by_flow_find_or_open_key_src[31:16] ^ by_flow_find_or_open_key_dst[15:0] ^ by_flow_find_or_open_key_dst[31:16] ^ by_flow_find_or_open_key_sport ^ by_flow_find_or_open_key_dport)[5:0];
        bit<32> digest_2;
        hash(digest_2, HashAlgorithm.crc32, 32w0, { by_flow_find_or_open_key_src, by_flow_find_or_open_key_dst, by_flow_find_or_open_key_proto, by_flow_find_or_open_key_sport, by_flow_find_or_open_key_dport }, 33w0x100000000);
        bit<32> first_2;
        first_2 = multiply_shift(digest_2, 0xcfd813afd8940511);
        bit<32> first_3 = ((bit<32>) (first ++ first_2[31:25])) * 16;
        bit<1> used;
        by_flow__used.read(used, first_3);
        bit<16> id;
        bit<16> by_flow__id_word;
        by_flow__id.read(by_flow__id_word, first_3);
        id = (by_flow__id_word) ^ 16w0x400;
        bit<16> lease_cell = id - 0x400;
        bit<32> generation;
        sessions__generation.read(generation, (bit<32>) lease_cell);
        bit<32> generation_2;
        by_flow__generation.read(generation_2, first_3);
        bit<1> used_2;
        sessions__used.read(used_2, (bit<32>) lease_cell);
        bit<32> last;
        sessions__last.read(last, (bit<32>) lease_cell);
        bit<32> tick = meta.now[51:20];
        bit<32> elapsed = tick - last;
        bool live;
        live = false;
        if ((used == 1) && (generation_2 == generation) && (used_2 == 1) && !(((elapsed[31:31] == 1) ? 32w0 : elapsed) > 0x45d97)) {
            live = true;
        }
        bit<32> key0;
        by_flow__key0.read(key0, first_3);
        bit<32> key1;
        by_flow__key1.read(key1, first_3);
        bit<8> key2;
        by_flow__key2.read(key2, first_3);
        bit<16> key3;
        by_flow__key3.read(key3, first_3);
        bit<16> key4;
        by_flow__key4.read(key4, first_3);
        bool same_key;
        same_key = (key0 == by_flow_find_or_open_key_src) && (key1 == by_flow_find_or_open_key_dst) && (key2 == by_flow_find_or_open_key_proto);
        bool holds;
        holds = false;
        if ((used == 1) && same_key && (key3 == by_flow_find_or_open_key_sport) && (key4 == by_flow_find_or_open_key_dport)) {
            holds = true;
        }
        bit<32> cell = first_3 + 1;
        bit<1> used_3;
        by_flow__used.read(used_3, cell);
        bit<16> id_2;
        bit<16> by_flow__id_word_2;
        by_flow__id.read(by_flow__id_word_2, cell);
        id_2 = (by_flow__id_word_2) ^ 16w0x400;
        bit<16> lease_cell_2 = id_2 - 0x400;
        bit<32> generation_3;
        sessions__generation.read(generation_3, (bit<32>) lease_cell_2);
        bit<32> generation_4;
        by_flow__generation.read(generation_4, cell);
        bit<1> used_4;
        sessions__used.read(used_4, (bit<32>) lease_cell_2);
        bit<32> last_2;
        sessions__last.read(last_2, (bit<32>) lease_cell_2);
        bit<32> elapsed_2 = tick - last_2;
        bool live_2;
        live_2 = false;
        if ((used_3 == 1) && (generation_4 == generation_3) && (used_4 == 1) && !(((elapsed_2[31:31] == 1) ? 32w0 : elapsed_2) > 0x45d97)) {
            live_2 = true;
        }
        bit<32> key0_2;
        by_flow__key0.read(key0_2, cell);
        bit<32> key1_2;
        by_flow__key1.read(key1_2, cell);
        bit<8> key2_2;
        by_flow__key2.read(key2_2, cell);
        bit<16> key3_2;
        by_flow__key3.read(key3_2, cell);
        bit<16> key4_2;
        by_flow__key4.read(key4_2, cell);
        bool same_key_2;
        same_key_2 = (key0_2 == by_flow_find_or_open_key_src) && (key1_2 == by_flow_find_or_open_key_dst) && (key2_2 == by_flow_find_or_open_key_proto);
        bool same_key_3;
        same_key_3 = same_key_2 && (key3_2 == by_flow_find_or_open_key_sport) && (key4_2 == by_flow_find_or_open_key_dport);
        bool holds_2;
        holds_2 = false;
        if ((used_3 == 1) && same_key_3) {
            holds_2 = true;
        }
        bit<32> cell_2 = first_3 + 2;
        bit<1> used_5;
        by_flow__used.read(used_5, cell_2);
        bit<16> id_3;
        bit<16> by_flow__id_word_3;
        by_flow__id.read(by_flow__id_word_3, cell_2);
        id_3 = (by_flow__id_word_3) ^ 16w0x400;
        bit<16> lease_cell_3 = id_3 - 0x400;
        bit<32> generation_5;
        sessions__generation.read(generation_5, (bit<32>) lease_cell_3);
        bit<32> generation_6;
        by_flow__generation.read(generation_6, cell_2);
        bit<1> used_6;
        sessions__used.read(used_6, (bit<32>) lease_cell_3);
        bit<32> last_3;
        sessions__last.read(last_3, (bit<32>) lease_cell_3);
        bit<32> elapsed_3 = tick - last_3;
        bool live_3;
        live_3 = false;
        if ((used_5 == 1) && (generation_6 == generation_5) && (used_6 == 1) && !(((elapsed_3[31:31] == 1) ? 32w0 : elapsed_3) > 0x45d97)) {
            live_3 = true;
        }
        bit<32> key0_3;
        by_flow__key0.read(key0_3, cell_2);
        bit<32> key1_3;
        by_flow__key1.read(key1_3, cell_2);
        bit<8> key2_3;
        by_flow__key2.read(key2_3, cell_2);
        bit<16> key3_3;
        by_flow__key3.read(key3_3, cell_2);
        bit<16> key4_3;
        by_flow__key4.read(key4_3, cell_2);
        bool same_key_4;
        same_key_4 = (key0_3 == by_flow_find_or_open_key_src) && (key1_3 == by_flow_find_or_open_key_dst) && (key2_3 == by_flow_find_or_open_key_proto);
        bool same_key_5;
        same_key_5 = same_key_4 && (key3_3 == by_flow_find_or_open_key_sport) && (key4_3 == by_flow_find_or_open_key_dport);
        bool holds_3;
        holds_3 = false;
        if ((used_5 == 1) && same_key_5) {
            holds_3 = true;
        }
        bit<32> cell_3 = first_3 + 3;
        bit<1> used_7;
        by_flow__used.read(used_7, cell_3);
        bit<16> id_4;
        bit<16> by_flow__id_word_4;
        by_flow__id.read(by_flow__id_word_4, cell_3);
        id_4 = (by_flow__id_word_4) ^ 16w0x400;
        bit<16> lease_cell_4 = id_4 - 0x400;
        bit<32> generation_7;
        sessions__generation.read(generation_7, (bit<32>) lease_cell_4);
        bit<32> generation_8;
        by_flow__generation.read(generation_8, cell_3);
        bit<1> used_8;
        sessions__used.read(used_8, (bit<32>) lease_cell_4);
        bit<32> last_4;
        sessions__last.read(last_4, (bit<32>) lease_cell_4);
        bit<32> elapsed_4 = tick - last_4;
        bool live_4;
        live_4 = false;
        if ((used_7 == 1) && (generation_8 == generation_7) && (used_8 == 1) && !(((elapsed_4[31:31] == 1) ? 32w0 : elapsed_4) > 0x45d97)) {
            live_4 = true;
        }
        bit<32> key0_4;
        by_flow__key0.read(key0_4, cell_3);
        bit<32> key1_4;
        by_flow__key1.read(key1_4, cell_3);
        bit<8> key2_4;
        by_flow__key2.read(key2_4, cell_3);
        bit<16> key3_4;
        by_flow__key3.read(key3_4, cell_3);
        bit<16> key4_4;
        by_flow__key4.read(key4_4, cell_3);
        bool same_key_6;
        same_key_6 = (key0_4 == by_flow_find_or_open_key_src) && (key1_4 == by_flow_find_or_open_key_dst) && (key2_4 == by_flow_find_or_open_key_proto);
        bool same_key_7;
        same_key_7 = same_key_6 && (key3_4 == by_flow_find_or_open_key_sport) && (key4_4 == by_flow_find_or_open_key_dport);
        bool holds_4;
        holds_4 = false;
        if ((used_7 == 1) && same_key_7) {
            holds_4 = true;
        }
        bit<32> cell_4 = first_3 + 4;
        bit<1> used_9;
        by_flow__used.read(used_9, cell_4);
        bit<16> id_5;
        bit<16> by_flow__id_word_5;
        by_flow__id.read(by_flow__id_word_5, cell_4);
        id_5 = (by_flow__id_word_5) ^ 16w0x400;
        bit<16> lease_cell_5 = id_5 - 0x400;
        bit<32> generation_9;
        sessions__generation.read(generation_9, (bit<32>) lease_cell_5);
        bit<32> generation_10;
        by_flow__generation.read(generation_10, cell_4);
        bit<1> used_10;
        sessions__used.read(used_10, (bit<32>) lease_cell_5);
        bit<32> last_5;
        sessions__last.read(last_5, (bit<32>) lease_cell_5);
        bit<32> elapsed_5 = tick - last_5;
        bool live_5;
        live_5 = false;
        if ((used_9 == 1) && (generation_10 == generation_9) && (used_10 == 1) && !(((elapsed_5[31:31] == 1) ? 32w0 : elapsed_5) > 0x45d97)) {
            live_5 = true;
        }
        bit<32> key0_5;
        by_flow__key0.read(key0_5, cell_4);
        bit<32> key1_5;
        by_flow__key1.read(key1_5, cell_4);
        bit<8> key2_5;
        by_flow__key2.read(key2_5, cell_4);
        bit<16> key3_5;
        by_flow__key3.read(key3_5, cell_4);
        bit<16> key4_5;
        by_flow__key4.read(key4_5, cell_4);
        bool same_key_8;
        same_key_8 = (key0_5 == by_flow_find_or_open_key_src) && (key1_5 == by_flow_find_or_open_key_dst) && (key2_5 == by_flow_find_or_open_key_proto);
        bool same_key_9;
        same_key_9 = same_key_8 && (key3_5 == by_flow_find_or_open_key_sport) && (key4_5 == by_flow_find_or_open_key_dport);
        bool holds_5;
        holds_5 = false;
        if ((used_9 == 1) && same_key_9) {
            holds_5 = true;
        }
        bit<32> cell_5 = first_3 + 5;
        bit<1> used_11;
        by_flow__used.read(used_11, cell_5);
        bit<16> id_6;
        bit<16> by_flow__id_word_6;
        by_flow__id.read(by_flow__id_word_6, cell_5);
        id_6 = (by_flow__id_word_6) ^ 16w0x400;
        bit<16> lease_cell_6 = id_6 - 0x400;
        bit<32> generation_11;
        sessions__generation.read(generation_11, (bit<32>) lease_cell_6);
        bit<32> generation_12;
        by_flow__generation.read(generation_12, cell_5);
        bit<1> used_12;
        sessions__used.read(used_12, (bit<32>) lease_cell_6);
        bit<32> last_6;
        sessions__last.read(last_6, (bit<32>) lease_cell_6);
        bit<32> elapsed_6 = tick - last_6;
        bool live_6;
        live_6 = false;
        if ((used_11 == 1) && (generation_12 == generation_11) && (used_12 == 1) && !(((elapsed_6[31:31] == 1) ? 32w0 : elapsed_6) > 0x45d97)) {
            live_6 = true;
        }
        bit<32> key0_6;
        by_flow__key0.read(key0_6, cell_5);
        bit<32> key1_6;
        by_flow__key1.read(key1_6, cell_5);
        bit<8> key2_6;
        by_flow__key2.read(key2_6, cell_5);
        bit<16> key3_6;
        by_flow__key3.read(key3_6, cell_5);
        bit<16> key4_6;
        by_flow__key4.read(key4_6, cell_5);
        bool same_key_10;
        same_key_10 = (key0_6 == by_flow_find_or_open_key_src) && (key1_6 == by_flow_find_or_open_key_dst) && (key2_6 == by_flow_find_or_open_key_proto);
        bool same_key_11;
        same_key_11 = same_key_10 && (key3_6 == by_flow_find_or_open_key_sport) && (key4_6 == by_flow_find_or_open_key_dport);
        bool holds_6;
        holds_6 = false;
        if ((used_11 == 1) && same_key_11) {
            holds_6 = true;
        }
        bit<32> cell_6 = first_3 + 6;
        bit<1> used_13;
        by_flow__used.read(used_13, cell_6);
        bit<16> id_7;
        bit<16> by_flow__id_word_7;
        by_flow__id.read(by_flow__id_word_7, cell_6);
        id_7 = (by_flow__id_word_7) ^ 16w0x400;
        bit<16> lease_cell_7 = id_7 - 0x400;
        bit<32> generation_13;
        sessions__generation.read(generation_13, (bit<32>) lease_cell_7);
        bit<32> generation_14;
        by_flow__generation.read(generation_14, cell_6);
        bit<1> used_14;
        sessions__used.read(used_14, (bit<32>) lease_cell_7);
        bit<32> last_7;
        sessions__last.read(last_7, (bit<32>) lease_cell_7);
        bit<32> elapsed_7 = tick - last_7;
        bool live_7;
        live_7 = false;
        if ((used_13 == 1) && (generation_14 == generation_13) && (used_14 == 1) && !(((elapsed_7[31:31] == 1) ? 32w0 : elapsed_7) > 0x45d97)) {
            live_7 = true;
        }
        bit<32> key0_7;
        by_flow__key0.read(key0_7, cell_6);
        bit<32> key1_7;
        by_flow__key1.read(key1_7, cell_6);
        bit<8> key2_7;
        by_flow__key2.read(key2_7, cell_6);
        bit<16> key3_7;
        by_flow__key3.read(key3_7, cell_6);
        bit<16> key4_7;
        by_flow__key4.read(key4_7, cell_6);
        bool same_key_12;
        same_key_12 = (key0_7 == by_flow_find_or_open_key_src) && (key1_7 == by_flow_find_or_open_key_dst) && (key2_7 == by_flow_find_or_open_key_proto);
        bool same_key_13;
        same_key_13 = same_key_12 && (key3_7 == by_flow_find_or_open_key_sport) && (key4_7 == by_flow_find_or_open_key_dport);
        bool holds_7;
        holds_7 = false;
        if ((used_13 == 1) && same_key_13) {
            holds_7 = true;
        }
        bit<32> cell_7 = first_3 + 7;
        bit<1> used_15;
        by_flow__used.read(used_15, cell_7);
        bit<16> id_8;
        bit<16> by_flow__id_word_8;
        by_flow__id.read(by_flow__id_word_8, cell_7);
        id_8 = (by_flow__id_word_8) ^ 16w0x400;
        bit<16> lease_cell_8 = id_8 - 0x400;
        bit<32> generation_15;
        sessions__generation.read(generation_15, (bit<32>) lease_cell_8);
        bit<32> generation_16;
        by_flow__generation.read(generation_16, cell_7);
        bit<1> used_16;
        sessions__used.read(used_16, (bit<32>) lease_cell_8);
        bit<32> last_8;
        sessions__last.read(last_8, (bit<32>) lease_cell_8);
        bit<32> elapsed_8 = tick - last_8;
        bool live_8;
        live_8 = false;
        if ((used_15 == 1) && (generation_16 == generation_15) && (used_16 == 1) && !(((elapsed_8[31:31] == 1) ? 32w0 : elapsed_8) > 0x45d97)) {
            live_8 = true;
        }
        bit<32> key0_8;
        by_flow__key0.read(key0_8, cell_7);
        bit<32> key1_8;
        by_flow__key1.read(key1_8, cell_7);
        bit<8> key2_8;
        by_flow__key2.read(key2_8, cell_7);
        bit<16> key3_8;
        by_flow__key3.read(key3_8, cell_7);
        bit<16> key4_8;
        by_flow__key4.read(key4_8, cell_7);
        bool same_key_14;
        same_key_14 = (key0_8 == by_flow_find_or_open_key_src) && (key1_8 == by_flow_find_or_open_key_dst) && (key2_8 == by_flow_find_or_open_key_proto);
        bool same_key_15;
        same_key_15 = same_key_14 && (key3_8 == by_flow_find_or_open_key_sport) && (key4_8 == by_flow_find_or_open_key_dport);
        bool holds_8;
        holds_8 = false;
        if ((used_15 == 1) && same_key_15) {
            holds_8 = true;
        }
        bit<32> cell_8 = first_3 + 8;
        bit<1> used_17;
        by_flow__used.read(used_17, cell_8);
        bit<16> id_9;
        bit<16> by_flow__id_word_9;
        by_flow__id.read(by_flow__id_word_9, cell_8);
        id_9 = (by_flow__id_word_9) ^ 16w0x400;
        bit<16> lease_cell_9 = id_9 - 0x400;
        bit<32> generation_17;
        sessions__generation.read(generation_17, (bit<32>) lease_cell_9);
        bit<32> generation_18;
        by_flow__generation.read(generation_18, cell_8);
        bit<1> used_18;
        sessions__used.read(used_18, (bit<32>) lease_cell_9);
        bit<32> last_9;
        sessions__last.read(last_9, (bit<32>) lease_cell_9);
        bit<32> elapsed_9 = tick - last_9;
        bool live_9;
        live_9 = false;
        if ((used_17 == 1) && (generation_18 == generation_17) && (used_18 == 1) && !(((elapsed_9[31:31] == 1) ? 32w0 : elapsed_9) > 0x45d97)) {
            live_9 = true;
        }
        bit<32> key0_9;
        by_flow__key0.read(key0_9, cell_8);
        bit<32> key1_9;
        by_flow__key1.read(key1_9, cell_8);
        bit<8> key2_9;
        by_flow__key2.read(key2_9, cell_8);
        bit<16> key3_9;
        by_flow__key3.read(key3_9, cell_8);
        bit<16> key4_9;
        by_flow__key4.read(key4_9, cell_8);
        bool same_key_16;
        same_key_16 = (key0_9 == by_flow_find_or_open_key_src) && (key1_9 == by_flow_find_or_open_key_dst) && (key2_9 == by_flow_find_or_open_key_proto);
        bool same_key_17;
        same_key_17 = same_key_16 && (key3_9 == by_flow_find_or_open_key_sport) && (key4_9 == by_flow_find_or_open_key_dport);
        bool holds_9;
        holds_9 = false;
        if ((used_17 == 1) && same_key_17) {
            holds_9 = true;
        }
        bit<32> cell_9 = first_3 + 9;
        bit<1> used_19;
        by_flow__used.read(used_19, cell_9);
        bit<16> id_10;
        bit<16> by_flow__id_word_10;
        by_flow__id.read(by_flow__id_word_10, cell_9);
        id_10 = (by_flow__id_word_10) ^ 16w0x400;
        bit<16> lease_cell_10 = id_10 - 0x400;
        bit<32> generation_19;
        sessions__generation.read(generation_19, (bit<32>) lease_cell_10);
        bit<32> generation_20;
        by_flow__generation.read(generation_20, cell_9);
        bit<1> used_20;
        sessions__used.read(used_20, (bit<32>) lease_cell_10);
        bit<32> last_10;
        sessions__last.read(last_10, (bit<32>) lease_cell_10);
        bit<32> elapsed_10 = tick - last_10;
        bool live_10;
        live_10 = false;
        if ((used_19 == 1) && (generation_20 == generation_19) && (used_20 == 1) && !(((elapsed_10[31:31] == 1) ? 32w0 : elapsed_10) > 0x45d97)) {
            live_10 = true;
        }
        bit<32> key0_10;
        by_flow__key0.read(key0_10, cell_9);
        bit<32> key1_10;
        by_flow__key1.read(key1_10, cell_9);
        bit<8> key2_10;
        by_flow__key2.read(key2_10, cell_9);
        bit<16> key3_10;
        by_flow__key3.read(key3_10, cell_9);
        bit<16> key4_10;
        by_flow__key4.read(key4_10, cell_9);
        bool same_key_18;
        same_key_18 = (key0_10 == by_flow_find_or_open_key_src) && (key1_10 == by_flow_find_or_open_key_dst) && (key2_10 == by_flow_find_or_open_key_proto);
        bool same_key_19;
        same_key_19 = same_key_18 && (key3_10 == by_flow_find_or_open_key_sport) && (key4_10 == by_flow_find_or_open_key_dport);
        bool holds_10;
        holds_10 = false;
        if ((used_19 == 1) && same_key_19) {
            holds_10 = true;
        }
        bit<32> cell_10 = first_3 + 10;
        bit<1> used_21;
        by_flow__used.read(used_21, cell_10);
        bit<16> id_11;
        bit<16> by_flow__id_word_11;
        by_flow__id.read(by_flow__id_word_11, cell_10);
        id_11 = (by_flow__id_word_11) ^ 16w0x400;
        bit<16> lease_cell_11 = id_11 - 0x400;
        bit<32> generation_21;
        sessions__generation.read(generation_21, (bit<32>) lease_cell_11);
        bit<32> generation_22;
        by_flow__generation.read(generation_22, cell_10);
        bit<1> used_22;
        sessions__used.read(used_22, (bit<32>) lease_cell_11);
        bit<32> last_11;
        sessions__last.read(last_11, (bit<32>) lease_cell_11);
        bit<32> elapsed_11 = tick - last_11;
        bool live_11;
        live_11 = false;
        if ((used_21 == 1) && (generation_22 == generation_21) && (used_22 == 1) && !(((elapsed_11[31:31] == 1) ? 32w0 : elapsed_11) > 0x45d97)) {
            live_11 = true;
        }
        bit<32> key0_11;
        by_flow__key0.read(key0_11, cell_10);
        bit<32> key1_11;
        by_flow__key1.read(key1_11, cell_10);
        bit<8> key2_11;
        by_flow__key2.read(key2_11, cell_10);
        bit<16> key3_11;
        by_flow__key3.read(key3_11, cell_10);
        bit<16> key4_11;
        by_flow__key4.read(key4_11, cell_10);
        bool same_key_20;
        same_key_20 = (key0_11 == by_flow_find_or_open_key_src) && (key1_11 == by_flow_find_or_open_key_dst) && (key2_11 == by_flow_find_or_open_key_proto);
        bool same_key_21;
        same_key_21 = same_key_20 && (key3_11 == by_flow_find_or_open_key_sport) && (key4_11 == by_flow_find_or_open_key_dport);
        bool holds_11;
        holds_11 = false;
        if ((used_21 == 1) && same_key_21) {
            holds_11 = true;
        }
        bit<32> cell_11 = first_3 + 11;
        bit<1> used_23;
        by_flow__used.read(used_23, cell_11);
        bit<16> id_12;
        bit<16> by_flow__id_word_12;
        by_flow__id.read(by_flow__id_word_12, cell_11);
        id_12 = (by_flow__id_word_12) ^ 16w0x400;
        bit<16> lease_cell_12 = id_12 - 0x400;
        bit<32> generation_23;
        sessions__generation.read(generation_23, (bit<32>) lease_cell_12);
        bit<32> generation_24;
        by_flow__generation.read(generation_24, cell_11);
        bit<1> used_24;
        sessions__used.read(used_24, (bit<32>) lease_cell_12);
        bit<32> last_12;
        sessions__last.read(last_12, (bit<32>) lease_cell_12);
        bit<32> elapsed_12 = tick - last_12;
        bool live_12;
        live_12 = false;
        if ((used_23 == 1) && (generation_24 == generation_23) && (used_24 == 1) && !(((elapsed_12[31:31] == 1) ? 32w0 : elapsed_12) > 0x45d97)) {
            live_12 = true;
        }
        bit<32> key0_12;
        by_flow__key0.read(key0_12, cell_11);
        bit<32> key1_12;
        by_flow__key1.read(key1_12, cell_11);
        bit<8> key2_12;
        by_flow__key2.read(key2_12, cell_11);
        bit<16> key3_12;
        by_flow__key3.read(key3_12, cell_11);
        bit<16> key4_12;
        by_flow__key4.read(key4_12, cell_11);
        bool same_key_22;
        same_key_22 = (key0_12 == by_flow_find_or_open_key_src) && (key1_12 == by_flow_find_or_open_key_dst) && (key2_12 == by_flow_find_or_open_key_proto);
        bool same_key_23;
        same_key_23 = same_key_22 && (key3_12 == by_flow_find_or_open_key_sport) && (key4_12 == by_flow_find_or_open_key_dport);
        bool holds_12;
        holds_12 = false;
        if ((used_23 == 1) && same_key_23) {
            holds_12 = true;
        }
        bit<32> cell_12 = first_3 + 12;
        bit<1> used_25;
        by_flow__used.read(used_25, cell_12);
        bit<16> id_13;
        bit<16> by_flow__id_word_13;
        by_flow__id.read(by_flow__id_word_13, cell_12);
        id_13 = (by_flow__id_word_13) ^ 16w0x400;
        bit<16> lease_cell_13 = id_13 - 0x400;
        bit<32> generation_25;
        sessions__generation.read(generation_25, (bit<32>) lease_cell_13);
        bit<32> generation_26;
        by_flow__generation.read(generation_26, cell_12);
        bit<1> used_26;
        sessions__used.read(used_26, (bit<32>) lease_cell_13);
        bit<32> last_13;
        sessions__last.read(last_13, (bit<32>) lease_cell_13);
        bit<32> elapsed_13 = tick - last_13;
        bool live_13;
        live_13 = false;
        if ((used_25 == 1) && (generation_26 == generation_25) && (used_26 == 1) && !(((elapsed_13[31:31] == 1) ? 32w0 : elapsed_13) > 0x45d97)) {
            live_13 = true;
        }
        bit<32> key0_13;
        by_flow__key0.read(key0_13, cell_12);
        bit<32> key1_13;
        by_flow__key1.read(key1_13, cell_12);
        bit<8> key2_13;
        by_flow__key2.read(key2_13, cell_12);
        bit<16> key3_13;
        by_flow__key3.read(key3_13, cell_12);
        bit<16> key4_13;
        by_flow__key4.read(key4_13, cell_12);
        bool same_key_24;
        same_key_24 = (key0_13 == by_flow_find_or_open_key_src) && (key1_13 == by_flow_find_or_open_key_dst) && (key2_13 == by_flow_find_or_open_key_proto);
        bool same_key_25;
        same_key_25 = same_key_24 && (key3_13 == by_flow_find_or_open_key_sport) && (key4_13 == by_flow_find_or_open_key_dport);
        bool holds_13;
        holds_13 = false;
        if ((used_25 == 1) && same_key_25) {
            holds_13 = true;
        }
        bit<32> cell_13 = first_3 + 13;
        bit<1> used_27;
        by_flow__used.read(used_27, cell_13);
        bit<16> id_14;
        bit<16> by_flow__id_word_14;
        by_flow__id.read(by_flow__id_word_14, cell_13);
        id_14 = (by_flow__id_word_14) ^ 16w0x400;
        bit<16> lease_cell_14 = id_14 - 0x400;
        bit<32> generation_27;
        sessions__generation.read(generation_27, (bit<32>) lease_cell_14);
        bit<32> generation_28;
        by_flow__generation.read(generation_28, cell_13);
        bit<1> used_28;
        sessions__used.read(used_28, (bit<32>) lease_cell_14);
        bit<32> last_14;
        sessions__last.read(last_14, (bit<32>) lease_cell_14);
        bit<32> elapsed_14 = tick - last_14;
        bool live_14;
        live_14 = false;
        if ((used_27 == 1) && (generation_28 == generation_27) && (used_28 == 1) && !(((elapsed_14[31:31] == 1) ? 32w0 : elapsed_14) > 0x45d97)) {
            live_14 = true;
        }
        bit<32> key0_14;
        by_flow__key0.read(key0_14, cell_13);
        bit<32> key1_14;
        by_flow__key1.read(key1_14, cell_13);
        bit<8> key2_14;
        by_flow__key2.read(key2_14, cell_13);
        bit<16> key3_14;
        by_flow__key3.read(key3_14, cell_13);
        bit<16> key4_14;
        by_flow__key4.read(key4_14, cell_13);
        bool same_key_26;
        same_key_26 = (key0_14 == by_flow_find_or_open_key_src) && (key1_14 == by_flow_find_or_open_key_dst) && (key2_14 == by_flow_find_or_open_key_proto);
        bool same_key_27;
        same_key_27 = same_key_26 && (key3_14 == by_flow_find_or_open_key_sport) && (key4_14 == by_flow_find_or_open_key_dport);
        bool holds_14;
        holds_14 = false;
        if ((used_27 == 1) && same_key_27) {
            holds_14 = true;
        }
        bit<32> cell_14 = first_3 + 14;
        bit<1> used_29;
        by_flow__used.read(used_29, cell_14);
        bit<16> id_15;
        bit<16> by_flow__id_word_15;
        by_flow__id.read(by_flow__id_word_15, cell_14);
        id_15 = (by_flow__id_word_15) ^ 16w0x400;
        bit<16> lease_cell_15 = id_15 - 0x400;
        bit<32> generation_29;
        sessions__generation.read(generation_29, (bit<32>) lease_cell_15);
        bit<32> generation_30;
        by_flow__generation.read(generation_30, cell_14);
        bit<1> used_30;
        sessions__used.read(used_30, (bit<32>) lease_cell_15);
        bit<32> last_15;
        sessions__last.read(last_15, (bit<32>) lease_cell_15);
        bit<32> elapsed_15 = tick - last_15;
        bool live_15;
        live_15 = false;
        if ((used_29 == 1) && (generation_30 == generation_29) && (used_30 == 1) && !(((elapsed_15[31:31] == 1) ? 32w0 : elapsed_15) > 0x45d97)) {
            live_15 = true;
        }
        bit<32> key0_15;
        by_flow__key0.read(key0_15, cell_14);
        bit<32> key1_15;
        by_flow__key1.read(key1_15, cell_14);
        bit<8> key2_15;
        by_flow__key2.read(key2_15, cell_14);
        bit<16> key3_15;
        by_flow__key3.read(key3_15, cell_14);
        bit<16> key4_15;
        by_flow__key4.read(key4_15, cell_14);
        bool same_key_28;
        same_key_28 = (key0_15 == by_flow_find_or_open_key_src) && (key1_15 == by_flow_find_or_open_key_dst) && (key2_15 == by_flow_find_or_open_key_proto);
        bool same_key_29;
        same_key_29 = same_key_28 && (key3_15 == by_flow_find_or_open_key_sport) && (key4_15 == by_flow_find_or_open_key_dport);
        bool holds_15;
        holds_15 = false;
        if ((used_29 == 1) && same_key_29) {
            holds_15 = true;
        }
        bit<32> cell_15 = first_3 + 15;
        bit<1> used_31;
        by_flow__used.read(used_31, cell_15);
        bit<16> id_16;
        bit<16> by_flow__id_word_16;
        by_flow__id.read(by_flow__id_word_16, cell_15);
        id_16 = (by_flow__id_word_16) ^ 16w0x400;
        bit<16> lease_cell_16 = id_16 - 0x400;
        bit<32> generation_31;
        sessions__generation.read(generation_31, (bit<32>) lease_cell_16);
        bit<32> generation_32;
        by_flow__generation.read(generation_32, cell_15);
        bit<1> used_32;
        sessions__used.read(used_32, (bit<32>) lease_cell_16);
        bit<32> last_16;
        sessions__last.read(last_16, (bit<32>) lease_cell_16);
        bit<32> elapsed_16 = tick - last_16;
        bool live_16;
        live_16 = false;
        if ((used_31 == 1) && (generation_32 == generation_31) && (used_32 == 1) && !(((elapsed_16[31:31] == 1) ? 32w0 : elapsed_16) > 0x45d97)) {
            live_16 = true;
        }
        bit<32> key0_16;
        by_flow__key0.read(key0_16, cell_15);
        bit<32> key1_16;
        by_flow__key1.read(key1_16, cell_15);
        bit<8> key2_16;
        by_flow__key2.read(key2_16, cell_15);
        bit<16> key3_16;
        by_flow__key3.read(key3_16, cell_15);
        bit<16> key4_16;
        by_flow__key4.read(key4_16, cell_15);
        bool same_key_30;
        same_key_30 = (key0_16 == by_flow_find_or_open_key_src) && (key1_16 == by_flow_find_or_open_key_dst) && (key2_16 == by_flow_find_or_open_key_proto);
        bool same_key_31;
        same_key_31 = same_key_30 && (key3_16 == by_flow_find_or_open_key_sport) && (key4_16 == by_flow_find_or_open_key_dport);
        bool holds_16;
        holds_16 = false;
        if ((used_31 == 1) && same_key_31) {
            holds_16 = true;
        }
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
        bool found;
        found = hit || hit_2 || hit_3 || hit_4 || hit_5 || hit_6 || hit_7 || hit_8 || hit_9 || hit_10 || hit_11 || hit_12;
        bool found_2;
        found_2 = false;
        if (found || hit_13 || hit_14 || hit_15 || hit_16) {
            found_2 = true;
        }
        bit<16> found_id;
        if (hit) {
            found_id = id;
        } else if (hit_2) {
            found_id = id_2;
        } else if (hit_3) {
            found_id = id_3;
        } else if (hit_4) {
            found_id = id_4;
        } else if (hit_5) {
            found_id = id_5;
        } else if (hit_6) {
            found_id = id_6;
        } else if (hit_7) {
            found_id = id_7;
        } else if (hit_8) {
            found_id = id_8;
        } else if (hit_9) {
            found_id = id_9;
        } else if (hit_10) {
            found_id = id_10;
        } else if (hit_11) {
            found_id = id_11;
        } else if (hit_12) {
            found_id = id_12;
        } else if (hit_13) {
            found_id = id_13;
        } else if (hit_14) {
            found_id = id_14;
        } else if (hit_15) {
            found_id = id_15;
        } else if (hit_16) {
            found_id = id_16;
        } else {
            found_id = 0x400;
        }
        if (found_2) {
            bit<16> lease_cell_17 = found_id - 0x400;
            bit<32> last_17;
            sessions__last.read(last_17, (bit<32>) lease_cell_17);
            bit<32> elapsed_17;
            elapsed_17 = tick - last_17;
            sessions__last.write((bit<32>) lease_cell_17, ((elapsed_17[31:31] == 1) ? last_17 : tick));
        }
        bool missing = !found_2;
        if (missing) {
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
            bool room;
            room = vacant || vacant_2 || vacant_3 || vacant_4 || vacant_5 || vacant_6 || vacant_7 || vacant_8 || vacant_9;
            bool room_2;
            room_2 = false;
            if (room || vacant_10 || vacant_11 || vacant_12 || vacant_13 || vacant_14 || vacant_15 || vacant_16) {
                room_2 = true;
            }
            if (room_2) {
                bit<32> cell_16;
                if (holds) {
                    cell_16 = first_3;
                } else if (holds_2) {
                    cell_16 = cell;
                } else if (holds_3) {
                    cell_16 = cell_2;
                } else if (holds_4) {
                    cell_16 = cell_3;
                } else if (holds_5) {
                    cell_16 = cell_4;
                } else if (holds_6) {
                    cell_16 = cell_5;
                } else if (holds_7) {
                    cell_16 = cell_6;
                } else if (holds_8) {
                    cell_16 = cell_7;
                } else if (holds_9) {
                    cell_16 = cell_8;
                } else if (holds_10) {
                    cell_16 = cell_9;
                } else if (holds_11) {
                    cell_16 = cell_10;
                } else if (holds_12) {
                    cell_16 = cell_11;
                } else if (holds_13) {
                    cell_16 = cell_12;
                } else if (holds_14) {
                    cell_16 = cell_13;
                } else if (holds_15) {
                    cell_16 = cell_14;
                } else if (holds_16) {
                    cell_16 = cell_15;
                } else if (vacant) {
                    cell_16 = first_3;
                } else if (vacant_2) {
                    cell_16 = cell;
                } else if (vacant_3) {
                    cell_16 = cell_2;
                } else if (vacant_4) {
                    cell_16 = cell_3;
                } else if (vacant_5) {
                    cell_16 = cell_4;
                } else if (vacant_6) {
                    cell_16 = cell_5;
                } else if (vacant_7) {
                    cell_16 = cell_6;
                } else if (vacant_8) {
                    cell_16 = cell_7;
                } else if (vacant_9) {
                    cell_16 = cell_8;
                } else if (vacant_10) {
                    cell_16 = cell_9;
                } else if (vacant_11) {
                    cell_16 = cell_10;
                } else if (vacant_12) {
                    cell_16 = cell_11;
                } else if (vacant_13) {
                    cell_16 = cell_12;
                } else if (vacant_14) {
                    cell_16 = cell_13;
                } else if (vacant_15) {
                    cell_16 = cell_14;
                } else if (vacant_16) {
                    cell_16 = cell_15;
                } else {
                    cell_16 = 0;
                }
                bit<32> value_6 = (bit<32>) first;
                bit<32> hand;
                sessions__hand.read(hand, value_6);
                bit<10> value_7 = (bit<10>) hand;
                bit<16> id_17;
                id_17 = id_of_hash(value_7 ++ first);
                bool looks = id_17 >= 0x400;
                if (looks) {
                    bit<16> lease_cell_18 = id_17 - 0x400;
                    sessions__used.read(used_33, (bit<32>) lease_cell_18);
                    bit<32> last_18;
                    sessions__last.read(last_18, (bit<32>) lease_cell_18);
                    elapsed_18 = tick - last_18;
                }
                bool takes = looks && !((used_33 == 1) && !(((elapsed_18[31:31] == 1) ? 32w0 : elapsed_18) > 0x45d97));
                bit<10> position = value_7 + 1;
                bit<16> id_18;
                id_18 = id_of_hash(position ++ first);
                bool looks_2;
                looks_2 = false;
                if (!takes && (id_18 >= 0x400)) {
                    looks_2 = true;
                }
                if (looks_2) {
                    bit<16> lease_cell_19 = id_18 - 0x400;
                    sessions__used.read(used_34, (bit<32>) lease_cell_19);
                    bit<32> last_19;
                    sessions__last.read(last_19, (bit<32>) lease_cell_19);
                    elapsed_19 = tick - last_19;
                }
                bool takes_2 = looks_2 && !((used_34 == 1) && !(((elapsed_19[31:31] == 1) ? 32w0 : elapsed_19) > 0x45d97));
                bit<10> position_2 = position + 1;
                bool done;
                done = false;
                if (takes || takes_2) {
                    done = true;
                }
                bit<16> id_19;
                id_19 = id_of_hash(position_2 ++ first);
                bool looks_3 = !done && (id_19 >= 0x400);
                if (looks_3) {
                    bit<16> lease_cell_20 = id_19 - 0x400;
                    sessions__used.read(used_35, (bit<32>) lease_cell_20);
                    bit<32> last_20;
                    sessions__last.read(last_20, (bit<32>) lease_cell_20);
                    elapsed_20 = tick - last_20;
                }
                bool takes_3;
                takes_3 = false;
                if (looks_3 && !((used_35 == 1) && !(((elapsed_20[31:31] == 1) ? 32w0 : elapsed_20) > 0x45d97))) {
                    takes_3 = true;
                }
                bit<10> position_3 = position_2 + 1;
                bool done_2 = done || takes_3;
                bit<16> id_20;
                id_20 = id_of_hash(position_3 ++ first);
                bool looks_4 = !done_2 && (id_20 >= 0x400);
                if (looks_4) {
                    bit<16> lease_cell_21 = id_20 - 0x400;
                    sessions__used.read(used_36, (bit<32>) lease_cell_21);
                    bit<32> last_21;
                    sessions__last.read(last_21, (bit<32>) lease_cell_21);
                    elapsed_21 = tick - last_21;
                }
                bool takes_4;
                takes_4 = false;
                if (looks_4 && !((used_36 == 1) && !(((elapsed_21[31:31] == 1) ? 32w0 : elapsed_21) > 0x45d97))) {
                    takes_4 = true;
                }
                bit<10> position_4 = position_3 + 1;
                bool done_3 = done_2 || takes_4;
                bit<16> id_21;
                id_21 = id_of_hash(position_4 ++ first);
                bool looks_5 = !done_3 && (id_21 >= 0x400);
                if (looks_5) {
                    bit<16> lease_cell_22 = id_21 - 0x400;
                    sessions__used.read(used_37, (bit<32>) lease_cell_22);
                    bit<32> last_22;
                    sessions__last.read(last_22, (bit<32>) lease_cell_22);
                    elapsed_22 = tick - last_22;
                }
                bool takes_5;
                takes_5 = false;
                if (looks_5 && !((used_37 == 1) && !(((elapsed_22[31:31] == 1) ? 32w0 : elapsed_22) > 0x45d97))) {
                    takes_5 = true;
                }
                bit<10> position_5 = position_4 + 1;
                bool done_4 = done_3 || takes_5;
                bit<16> id_22;
                id_22 = id_of_hash(position_5 ++ first);
                bool looks_6 = !done_4 && (id_22 >= 0x400);
                if (looks_6) {
                    bit<16> lease_cell_23 = id_22 - 0x400;
                    sessions__used.read(used_38, (bit<32>) lease_cell_23);
                    bit<32> last_23;
                    sessions__last.read(last_23, (bit<32>) lease_cell_23);
                    elapsed_23 = tick - last_23;
                }
                bool takes_6;
                takes_6 = false;
                if (looks_6 && !((used_38 == 1) && !(((elapsed_23[31:31] == 1) ? 32w0 : elapsed_23) > 0x45d97))) {
                    takes_6 = true;
                }
                bit<10> position_6 = position_5 + 1;
                bool done_5 = done_4 || takes_6;
                bit<16> id_23;
                id_23 = id_of_hash(position_6 ++ first);
                bool looks_7 = !done_5 && (id_23 >= 0x400);
                if (looks_7) {
                    bit<16> lease_cell_24 = id_23 - 0x400;
                    sessions__used.read(used_39, (bit<32>) lease_cell_24);
                    bit<32> last_24;
                    sessions__last.read(last_24, (bit<32>) lease_cell_24);
                    elapsed_24 = tick - last_24;
                }
                bool takes_7;
                takes_7 = false;
                if (looks_7 && !((used_39 == 1) && !(((elapsed_24[31:31] == 1) ? 32w0 : elapsed_24) > 0x45d97))) {
                    takes_7 = true;
                }
                bit<10> position_7 = position_6 + 1;
                bool done_6 = done_5 || takes_7;
                bit<16> id_24;
                id_24 = id_of_hash(position_7 ++ first);
                bool looks_8;
                looks_8 = false;
                if (!done_6 && (id_24 >= 0x400)) {
                    looks_8 = true;
                }
                if (looks_8) {
                    bit<16> lease_cell_25 = id_24 - 0x400;
                    sessions__used.read(used_40, (bit<32>) lease_cell_25);
                    bit<32> last_25;
                    sessions__last.read(last_25, (bit<32>) lease_cell_25);
                    elapsed_25 = tick - last_25;
                }
                bool takes_8 = looks_8 && !((used_40 == 1) && !(((elapsed_25[31:31] == 1) ? 32w0 : elapsed_25) > 0x45d97));
                bit<10> position_8 = position_7 + 1;
                bool done_7;
                done_7 = false;
                if (done_6 || takes_8) {
                    done_7 = true;
                }
                bit<16> id_25;
                id_25 = id_of_hash(position_8 ++ first);
                bool looks_9 = !done_7 && (id_25 >= 0x400);
                if (looks_9) {
                    bit<16> lease_cell_26 = id_25 - 0x400;
                    sessions__used.read(used_41, (bit<32>) lease_cell_26);
                    bit<32> last_26;
                    sessions__last.read(last_26, (bit<32>) lease_cell_26);
                    elapsed_26 = tick - last_26;
                }
                bool takes_9;
                takes_9 = false;
                if (looks_9 && !((used_41 == 1) && !(((elapsed_26[31:31] == 1) ? 32w0 : elapsed_26) > 0x45d97))) {
                    takes_9 = true;
                }
                bit<10> position_9 = position_8 + 1;
                bool done_8 = done_7 || takes_9;
                bit<16> id_26;
                id_26 = id_of_hash(position_9 ++ first);
                bool looks_10 = !done_8 && (id_26 >= 0x400);
                if (looks_10) {
                    bit<16> lease_cell_27 = id_26 - 0x400;
                    sessions__used.read(used_42, (bit<32>) lease_cell_27);
                    bit<32> last_27;
                    sessions__last.read(last_27, (bit<32>) lease_cell_27);
                    elapsed_27 = tick - last_27;
                }
                bool takes_10;
                takes_10 = false;
                if (looks_10 && !((used_42 == 1) && !(((elapsed_27[31:31] == 1) ? 32w0 : elapsed_27) > 0x45d97))) {
                    takes_10 = true;
                }
                bit<10> position_10 = position_9 + 1;
                bool done_9 = done_8 || takes_10;
                bit<16> id_27;
                id_27 = id_of_hash(position_10 ++ first);
                bool looks_11 = !done_9 && (id_27 >= 0x400);
                if (looks_11) {
                    bit<16> lease_cell_28 = id_27 - 0x400;
                    sessions__used.read(used_43, (bit<32>) lease_cell_28);
                    bit<32> last_28;
                    sessions__last.read(last_28, (bit<32>) lease_cell_28);
                    elapsed_28 = tick - last_28;
                }
                bool takes_11;
                takes_11 = false;
                if (looks_11 && !((used_43 == 1) && !(((elapsed_28[31:31] == 1) ? 32w0 : elapsed_28) > 0x45d97))) {
                    takes_11 = true;
                }
                bit<10> position_11 = position_10 + 1;
                bool done_10 = done_9 || takes_11;
                bit<16> id_28;
                id_28 = id_of_hash(position_11 ++ first);
                bool looks_12 = !done_10 && (id_28 >= 0x400);
                if (looks_12) {
                    bit<16> lease_cell_29 = id_28 - 0x400;
                    sessions__used.read(used_44, (bit<32>) lease_cell_29);
                    bit<32> last_29;
                    sessions__last.read(last_29, (bit<32>) lease_cell_29);
                    elapsed_29 = tick - last_29;
                }
                bool takes_12;
                takes_12 = false;
                if (looks_12 && !((used_44 == 1) && !(((elapsed_29[31:31] == 1) ? 32w0 : elapsed_29) > 0x45d97))) {
                    takes_12 = true;
                }
                bit<10> position_12 = position_11 + 1;
                bool done_11 = done_10 || takes_12;
                bit<16> id_29;
                id_29 = id_of_hash(position_12 ++ first);
                bool looks_13 = !done_11 && (id_29 >= 0x400);
                if (looks_13) {
                    bit<16> lease_cell_30 = id_29 - 0x400;
                    sessions__used.read(used_45, (bit<32>) lease_cell_30);
                    bit<32> last_30;
                    sessions__last.read(last_30, (bit<32>) lease_cell_30);
                    elapsed_30 = tick - last_30;
                }
                bool takes_13;
                takes_13 = false;
                if (looks_13 && !((used_45 == 1) && !(((elapsed_30[31:31] == 1) ? 32w0 : elapsed_30) > 0x45d97))) {
                    takes_13 = true;
                }
                bit<10> position_13 = position_12 + 1;
                bool done_12 = done_11 || takes_13;
                bit<16> id_30;
                id_30 = id_of_hash(position_13 ++ first);
                bool looks_14;
                looks_14 = false;
                if (!done_12 && (id_30 >= 0x400)) {
                    looks_14 = true;
                }
                if (looks_14) {
                    bit<16> lease_cell_31 = id_30 - 0x400;
                    sessions__used.read(used_46, (bit<32>) lease_cell_31);
                    bit<32> last_31;
                    sessions__last.read(last_31, (bit<32>) lease_cell_31);
                    elapsed_31 = tick - last_31;
                }
                bool takes_14 = looks_14 && !((used_46 == 1) && !(((elapsed_31[31:31] == 1) ? 32w0 : elapsed_31) > 0x45d97));
                bit<10> position_14 = position_13 + 1;
                bool done_13;
                done_13 = false;
                if (done_12 || takes_14) {
                    done_13 = true;
                }
                bit<16> id_31;
                id_31 = id_of_hash(position_14 ++ first);
                bool looks_15 = !done_13 && (id_31 >= 0x400);
                if (looks_15) {
                    bit<16> lease_cell_32 = id_31 - 0x400;
                    sessions__used.read(used_47, (bit<32>) lease_cell_32);
                    bit<32> last_32;
                    sessions__last.read(last_32, (bit<32>) lease_cell_32);
                    elapsed_32 = tick - last_32;
                }
                bool takes_15;
                takes_15 = false;
                if (looks_15 && !((used_47 == 1) && !(((elapsed_32[31:31] == 1) ? 32w0 : elapsed_32) > 0x45d97))) {
                    takes_15 = true;
                }
                bit<10> position_15 = position_14 + 1;
                bool done_14 = done_13 || takes_15;
                bit<16> id_32;
                id_32 = id_of_hash(position_15 ++ first);
                bool looks_16 = !done_14 && (id_32 >= 0x400);
                if (looks_16) {
                    bit<16> lease_cell_33 = id_32 - 0x400;
                    sessions__used.read(used_48, (bit<32>) lease_cell_33);
                    bit<32> last_33;
                    sessions__last.read(last_33, (bit<32>) lease_cell_33);
                    elapsed_33 = tick - last_33;
                }
                bool takes_16;
                takes_16 = false;
                if (looks_16 && !((used_48 == 1) && !(((elapsed_33[31:31] == 1) ? 32w0 : elapsed_33) > 0x45d97))) {
                    takes_16 = true;
                }
                bit<10> position_16 = position_15 + 1;
                bit<8> looked;
                looked = ((((bit<8>) ((bit<1>) looks)) + ((bit<8>) ((bit<1>) looks_2))) + ((bit<8>) ((bit<1>) looks_3))) + ((bit<8>) ((bit<1>) looks_4));
                bit<8> looked_2;
                looked_2 = ((looked + ((bit<8>) ((bit<1>) looks_5))) + ((bit<8>) ((bit<1>) looks_6))) + ((bit<8>) ((bit<1>) looks_7));
                bit<8> looked_3;
                looked_3 = ((looked_2 + ((bit<8>) ((bit<1>) looks_8))) + ((bit<8>) ((bit<1>) looks_9))) + ((bit<8>) ((bit<1>) looks_10));
                bit<8> looked_4;
                looked_4 = ((looked_3 + ((bit<8>) ((bit<1>) looks_11))) + ((bit<8>) ((bit<1>) looks_12))) + ((bit<8>) ((bit<1>) looks_13));
                bit<8> looked_5 = ((looked_4 + ((bit<8>) ((bit<1>) looks_14))) + ((bit<8>) ((bit<1>) looks_15))) + ((bit<8>) ((bit<1>) looks_16));
                bool done_15 = done_14 || takes_16;
                bit<16> id_33;
                id_33 = id_of_hash(position_16 ++ first);
                bool looks_17;
                looks_17 = false;
                if (!done_15 && (id_33 >= 0x400) && (looked_5 < 16)) {
                    looks_17 = true;
                }
                if (looks_17) {
                    bit<16> lease_cell_34 = id_33 - 0x400;
                    sessions__used.read(used_49, (bit<32>) lease_cell_34);
                    bit<32> last_34;
                    sessions__last.read(last_34, (bit<32>) lease_cell_34);
                    elapsed_34 = tick - last_34;
                }
                bool takes_17 = looks_17 && !((used_49 == 1) && !(((elapsed_34[31:31] == 1) ? 32w0 : elapsed_34) > 0x45d97));
                bit<10> position_17 = position_16 + 1;
                bool done_16;
                done_16 = false;
                if (done_15 || takes_17) {
                    done_16 = true;
                }
                bit<16> id_34;
                id_34 = id_of_hash(position_17 ++ first);
                bool looks_18;
                looks_18 = false;
                if (!done_16 && (id_34 >= 0x400) && ((looked_5 + ((bit<8>) ((bit<1>) looks_17))) < 16)) {
                    looks_18 = true;
                }
                if (looks_18) {
                    bit<16> lease_cell_35 = id_34 - 0x400;
                    sessions__used.read(used_50, (bit<32>) lease_cell_35);
                    bit<32> last_35;
                    sessions__last.read(last_35, (bit<32>) lease_cell_35);
                    elapsed_35 = tick - last_35;
                }
                bool takes_18 = looks_18 && !((used_50 == 1) && !(((elapsed_35[31:31] == 1) ? 32w0 : elapsed_35) > 0x45d97));
                if (takes_18) {
                    taken = id_34;
                } else if (takes_17) {
                    taken = id_33;
                } else if (takes_16) {
                    taken = id_32;
                } else if (takes_15) {
                    taken = id_31;
                } else if (takes_14) {
                    taken = id_30;
                } else if (takes_13) {
                    taken = id_29;
                } else if (takes_12) {
                    taken = id_28;
                } else if (takes_11) {
                    taken = id_27;
                } else if (takes_10) {
                    taken = id_26;
                } else if (takes_9) {
                    taken = id_25;
                } else if (takes_8) {
                    taken = id_24;
                } else if (takes_7) {
                    taken = id_23;
                } else if (takes_6) {
                    taken = id_22;
                } else if (takes_5) {
                    taken = id_21;
                } else if (takes_4) {
                    taken = id_20;
                } else if (takes_3) {
                    taken = id_19;
                } else if (takes_2) {
                    taken = id_18;
                } else if (takes) {
                    taken = id_17;
                } else {
                    taken = 0;
                }
                done_17 = false;
                if (done_16 || takes_18) {
                    done_17 = true;
                }
                bit<10> stopped;
                stopped = (looks_4 ? position_4 : (looks_3 ? position_3 : (looks_2 ? position_2 : (looks ? position : value_7))));
                bit<10> stopped_2;
                stopped_2 = (looks_8 ? position_8 : (looks_7 ? position_7 : (looks_6 ? position_6 : (looks_5 ? position_5 : stopped))));
                bit<10> stopped_3;
                stopped_3 = (looks_12 ? position_12 : (looks_11 ? position_11 : (looks_10 ? position_10 : (looks_9 ? position_9 : stopped_2))));
                bit<10> stopped_4;
                stopped_4 = (looks_16 ? position_16 : (looks_15 ? position_15 : (looks_14 ? position_14 : (looks_13 ? position_13 : stopped_3))));
                bit<10> stopped_5;
                stopped_5 = (looks_4 ? position_4 : (looks_3 ? position_3 : (looks_2 ? position_2 : (looks ? position : value_7))));
                bit<10> stopped_6;
                stopped_6 = (looks_8 ? position_8 : (looks_7 ? position_7 : (looks_6 ? position_6 : (looks_5 ? position_5 : stopped_5))));
                bit<10> stopped_7;
                stopped_7 = (looks_12 ? position_12 : (looks_11 ? position_11 : (looks_10 ? position_10 : (looks_9 ? position_9 : stopped_6))));
                bit<10> stopped_8;
                stopped_8 = (looks_16 ? position_16 : (looks_15 ? position_15 : (looks_14 ? position_14 : (looks_13 ? position_13 : stopped_7))));
                bit<32> part_2;
                bit<10> stopped_9;
                stopped_9 = (looks_4 ? position_4 : (looks_3 ? position_3 : (looks_2 ? position_2 : (looks ? position : value_7))));
                bit<10> stopped_10;
                stopped_10 = (looks_8 ? position_8 : (looks_7 ? position_7 : (looks_6 ? position_6 : (looks_5 ? position_5 : stopped_9))));
                bit<10> stopped_11;
                stopped_11 = (looks_12 ? position_12 : (looks_11 ? position_11 : (looks_10 ? position_10 : (looks_9 ? position_9 : stopped_10))));
                bit<10> stopped_12;
                stopped_12 = (looks_16 ? position_16 : (looks_15 ? position_15 : (looks_14 ? position_14 : (looks_13 ? position_13 : stopped_11))));
                bit<10> stopped_13;
                stopped_13 = (looks_4 ? position_4 : (looks_3 ? position_3 : (looks_2 ? position_2 : (looks ? position : value_7))));
                bit<10> stopped_14;
                stopped_14 = (looks_8 ? position_8 : (looks_7 ? position_7 : (looks_6 ? position_6 : (looks_5 ? position_5 : stopped_13))));
                bit<10> stopped_15;
                stopped_15 = (looks_12 ? position_12 : (looks_11 ? position_11 : (looks_10 ? position_10 : (looks_9 ? position_9 : stopped_14))));
                bit<10> stopped_16;
                stopped_16 = (looks_16 ? position_16 : (looks_15 ? position_15 : (looks_14 ? position_14 : (looks_13 ? position_13 : stopped_15))));
                part_2 = (bit<32>) (looks_18 ? (position_17 + 1) : (looks_17 ? position_17 : stopped_16));
                sessions__hand.write(value_6, part_2);
                if (done_17) {
                    bit<16> lease_cell_36 = taken - 0x400;
                    bit<32> generation_33;
                    sessions__generation.read(generation_33, (bit<32>) lease_cell_36);
                    bit<32> value_8 = generation_33 + 1;
                    sessions__generation.write((bit<32>) lease_cell_36, value_8);
                    sessions__used.write((bit<32>) lease_cell_36, 1w1);
                    sessions__value0.write((bit<32>) lease_cell_36, by_flow_find_or_open_value_src);
                    sessions__value1.write((bit<32>) lease_cell_36, by_flow_find_or_open_value_dst);
                    sessions__value2.write((bit<32>) lease_cell_36, by_flow_find_or_open_value_proto);
                    sessions__value3.write((bit<32>) lease_cell_36, by_flow_find_or_open_value_sport);
                    sessions__value4.write((bit<32>) lease_cell_36, by_flow_find_or_open_value_dport);
                    sessions__last.write((bit<32>) lease_cell_36, tick);
                    by_flow__used.write(cell_16, 1w1);
                    by_flow__key0.write(cell_16, by_flow_find_or_open_key_src);
                    by_flow__key1.write(cell_16, by_flow_find_or_open_key_dst);
                    by_flow__key2.write(cell_16, by_flow_find_or_open_key_proto);
                    by_flow__key3.write(cell_16, by_flow_find_or_open_key_sport);
                    by_flow__key4.write(cell_16, by_flow_find_or_open_key_dport);
                    by_flow__id.write(cell_16, taken ^ 16w0x400);
                    by_flow__generation.write(cell_16, value_8);
                }
            }
            if (room_2) {
                opened_here = done_17;
            } else {
                opened_here = false;
            }
        }
        by_flow_find_or_open_done = found_2 || (missing ? opened_here : false);
        by_flow_find_or_open_id = (found_2 ? found_id : (missing ? (opened_here ? taken : 16w0) : 16w0));
    }
    @hidden table do_by_flow_find_or_open {
        actions = { by_flow_find_or_open; }
        const default_action = by_flow_find_or_open();
    }
    @hidden table do_by_flow_find_or_open_2 {
        actions = { by_flow_find_or_open; }
        const default_action = by_flow_find_or_open();
    }

    // lease `sessions`: get
    @hidden action sessions_get() {
        bool live = false;
        bit<32> value0 = 0;
        bit<32> value1 = 0;
        bit<8> value2 = 0;
        bit<16> value3 = 0;
        bit<16> value4 = 0;
        bool value_6 = sessions_get_id >= 0x400;
        if (value_6) {
            bit<16> lease_cell = sessions_get_id - 0x400;
            bit<1> used;
            sessions__used.read(used, (bit<32>) lease_cell);
            bit<32> last;
            sessions__last.read(last, (bit<32>) lease_cell);
            bit<32> tick = meta.now[51:20];
            bit<32> elapsed = tick - last;
            live = (used == 1) && !(((elapsed[31:31] == 1) ? 32w0 : elapsed) > 0x45d97);
            if (live) {
                bit<32> last_2;
                sessions__last.read(last_2, (bit<32>) lease_cell);
                bit<32> elapsed_2;
                elapsed_2 = tick - last_2;
                sessions__last.write((bit<32>) lease_cell, ((elapsed_2[31:31] == 1) ? last_2 : tick));
                sessions__value0.read(value0, (bit<32>) lease_cell);
                sessions__value1.read(value1, (bit<32>) lease_cell);
                sessions__value2.read(value2, (bit<32>) lease_cell);
                sessions__value3.read(value3, (bit<32>) lease_cell);
                sessions__value4.read(value4, (bit<32>) lease_cell);
            }
        }
        bool live_2;
        if (value_6) {
            live_2 = live;
        } else {
            live_2 = false;
        }
        sessions_get_live = live_2;
        sessions_get_found_value_src = (live_2 ? value0 : 32w0);
        sessions_get_found_value_dst = (live_2 ? value1 : 32w0);
        sessions_get_found_value_proto = (live_2 ? value2 : 8w0);
        sessions_get_found_value_sport = (live_2 ? value3 : 16w0);
        sessions_get_found_value_dport = (live_2 ? value4 : 16w0);
    }
    @hidden table do_sessions_get {
        actions = { sessions_get; }
        const default_action = sessions_get();
    }
    @hidden table do_sessions_get_2 {
        actions = { sessions_get; }
        const default_action = sessions_get();
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
        meta.received_udp_sport = hdr.udp.sport;
        meta.received_udp_dport = hdr.udp.dport;
        meta.received_ipv4_src = hdr.ipv4.src;
        meta.received_ipv4_dst = hdr.ipv4.dst;
        meta.received_tcp_sport = hdr.tcp.sport;
        meta.received_tcp_dport = hdr.tcp.dport;
        meta.received_icmp_id = hdr.icmp.id;

        bool value = meta.port == 0;
        bool value_2 = value && hdr.ipv4.isValid();
        bool value_3 = hdr.tcp.isValid() || hdr.udp.isValid();
        if (value_2 && value_3) {
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
            // nat.weft:20: let session = by_flow.find_or_open(p.flow()) else drop; // no port is free
            by_flow_find_or_open_key_src = hdr.ipv4.src;
            by_flow_find_or_open_key_dst = hdr.ipv4.dst;
            by_flow_find_or_open_key_proto = hdr.ipv4.proto;
            by_flow_find_or_open_key_sport = sport;
            by_flow_find_or_open_key_dport = dport;
            by_flow_find_or_open_value_src = hdr.ipv4.src;
            by_flow_find_or_open_value_dst = hdr.ipv4.dst;
            by_flow_find_or_open_value_proto = hdr.ipv4.proto;
            by_flow_find_or_open_value_sport = sport;
            by_flow_find_or_open_value_dport = dport;
            do_by_flow_find_or_open.apply();
            bool session_found = by_flow_find_or_open_done;
            bit<16> session_id = by_flow_find_or_open_id;
            if (session_found) {
                // nat.weft:21: p.ipv4.src = PUBLIC;
                hdr.ipv4.src = 0xcb007101;
                if (hdr.tcp.isValid()) {
                    // nat.weft:22: p.l4.sport = session.id;
                    hdr.tcp.sport = session_id;
                }
                if (hdr.udp.isValid()) {
                    // nat.weft:22: p.l4.sport = session.id;
                    hdr.udp.sport = session_id;
                }
                // nat.weft:23: send wan;
                standard_metadata.egress_spec = 1;
            } else {
                // nat.weft:20: let session = by_flow.find_or_open(p.flow()) else drop; // no port is free
                mark_to_drop(standard_metadata);
            }
        } else if (value_2 && hdr.icmp.isValid() && (hdr.icmp.type == 8)) {
            // nat.weft:27: let session = by_flow.find_or_open(p.ping()) else drop;
            by_flow_find_or_open_key_src = meta.received_ipv4_src;
            by_flow_find_or_open_key_dst = hdr.ipv4.dst;
            by_flow_find_or_open_key_proto = hdr.ipv4.proto;
            by_flow_find_or_open_key_sport = hdr.icmp.id;
            by_flow_find_or_open_key_dport = 0;
            by_flow_find_or_open_value_src = meta.received_ipv4_src;
            by_flow_find_or_open_value_dst = hdr.ipv4.dst;
            by_flow_find_or_open_value_proto = hdr.ipv4.proto;
            by_flow_find_or_open_value_sport = hdr.icmp.id;
            by_flow_find_or_open_value_dport = 0;
            do_by_flow_find_or_open_2.apply();
            bool session_found_2 = by_flow_find_or_open_done;
            bit<16> session_id_2 = by_flow_find_or_open_id;
            if (session_found_2) {
                // nat.weft:28: p.ipv4.src = PUBLIC;
                hdr.ipv4.src = 0xcb007101;
                // nat.weft:29: p.icmp.id = session.id;
                hdr.icmp.id = session_id_2;
                // nat.weft:30: send wan;
                standard_metadata.egress_spec = 1;
            } else {
                // nat.weft:27: let session = by_flow.find_or_open(p.ping()) else drop;
                mark_to_drop(standard_metadata);
            }
        } else {
            bool value_4 = (meta.port == 1) && hdr.ipv4.isValid();
            bool value_5 = (hdr.ipv4.isValid() ? hdr.ipv4.dst : 32w0) == 0xcb007101;
            if (value_4 && value_3 && value_5) {
                // nat.weft:34: let inner = sessions.get(p.l4.dport) else drop;
                sessions_get_id = (hdr.tcp.isValid() ? hdr.tcp.dport : hdr.udp.dport);
                do_sessions_get.apply();
                bool inner_found = sessions_get_live;
                bit<32> inner_src = sessions_get_found_value_src;
                bit<32> inner_dst = sessions_get_found_value_dst;
                bit<8> inner_proto = sessions_get_found_value_proto;
                bit<16> inner_sport = sessions_get_found_value_sport;
                bit<16> inner_dport = sessions_get_found_value_dport;
                if (inner_found) {
                    bool part;
                    part = (meta.received_ipv4_src != inner_dst) || ((hdr.tcp.isValid() ? meta.received_tcp_sport : meta.received_udp_sport) != inner_dport);
                    if (part || (hdr.ipv4.proto != inner_proto)) {
                        // nat.weft:36: if p.ipv4.src != inner.dst || p.l4.sport != inner.dport || p.ipv4.proto != inner.proto ...
                        mark_to_drop(standard_metadata);
                    } else {
                        // nat.weft:37: p.ipv4.dst = inner.src;
                        hdr.ipv4.dst = inner_src;
                        if (hdr.tcp.isValid()) {
                            // nat.weft:38: p.l4.dport = inner.sport;
                            hdr.tcp.dport = inner_sport;
                        }
                        if (hdr.udp.isValid()) {
                            // nat.weft:38: p.l4.dport = inner.sport;
                            hdr.udp.dport = inner_sport;
                        }
                        // nat.weft:39: send lan;
                        standard_metadata.egress_spec = 0;
                    }
                } else {
                    // nat.weft:34: let inner = sessions.get(p.l4.dport) else drop;
                    mark_to_drop(standard_metadata);
                }
            } else if (value_4 && hdr.icmp.isValid() && value_5 && (hdr.icmp.type == 0)) {
                // nat.weft:43: let inner = sessions.get(p.icmp.id) else drop;
                sessions_get_id = meta.received_icmp_id;
                do_sessions_get_2.apply();
                bool inner_found_2 = sessions_get_live;
                bit<32> inner_src_2 = sessions_get_found_value_src;
                bit<32> inner_dst_2 = sessions_get_found_value_dst;
                bit<8> inner_proto_2 = sessions_get_found_value_proto;
                bit<16> inner_sport_2 = sessions_get_found_value_sport;
                if (inner_found_2) {
                    if ((meta.received_ipv4_src != inner_dst_2) || (hdr.ipv4.proto != inner_proto_2)) {
                        // nat.weft:44: if p.ipv4.src != inner.dst || p.ipv4.proto != inner.proto { drop }
                        mark_to_drop(standard_metadata);
                    } else {
                        // nat.weft:45: p.ipv4.dst = inner.src;
                        hdr.ipv4.dst = inner_src_2;
                        // nat.weft:46: p.icmp.id = inner.sport;
                        hdr.icmp.id = inner_sport_2;
                        // nat.weft:47: send lan;
                        standard_metadata.egress_spec = 0;
                    }
                } else {
                    // nat.weft:43: let inner = sessions.get(p.icmp.id) else drop;
                    mark_to_drop(standard_metadata);
                }
            } else if (hdr.arp.isValid()) {
                // nat.weft:50: on lan | wan (p: arp) { send p.port.peer; }
                standard_metadata.egress_spec = (bit<9>) (value ? 16w1 : 16w0);
            } else {
                // nat.weft:52: on lan | wan (_) { drop }
                mark_to_drop(standard_metadata);
            }
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
            changes = changes + change16(meta.received_udp_sport, hdr.udp.sport);
            changes = changes + change16(meta.received_udp_dport, hdr.udp.dport);
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
            changes = changes + change16(meta.received_tcp_sport, hdr.tcp.sport);
            changes = changes + change16(meta.received_tcp_dport, hdr.tcp.dport);
            if (hdr.ipv4.isValid()) {
                changes = changes + change16(meta.received_ipv4_src[31:16], hdr.ipv4.src[31:16]);
                changes = changes + change16(meta.received_ipv4_src[15:0], hdr.ipv4.src[15:0]);
                changes = changes + change16(meta.received_ipv4_dst[31:16], hdr.ipv4.dst[31:16]);
                changes = changes + change16(meta.received_ipv4_dst[15:0], hdr.ipv4.dst[15:0]);
            }
            hdr.tcp.checksum = updated_checksum(hdr.tcp.checksum, changes);
        }
        // icmp.checksum
        if (hdr.icmp.isValid()) {
            changes = 0;
            changes = changes + change16(meta.received_icmp_id, hdr.icmp.id);
            hdr.icmp.checksum = updated_checksum(hdr.icmp.checksum, changes);
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
        packet.emit(hdr.arp);
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
        packet.emit(hdr.icmp);
        packet.emit(hdr.tcp);
        packet.emit(hdr.udp);
    }
}

V1Switch(PacketParser(), VerifyNothing(), ingress(), egress(), ComputeNothing(), PacketDeparser()) main;
