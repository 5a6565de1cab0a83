// gradient_aggregator: written by Weft. Changes belong into the program, not here.
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

// <std::net>:59: header icmpv6 on ipv6.next == 58 | ipv6_hop.next == 58 | ipv6_dest.next == 58 | ipv6_ro...
header icmpv6_t {
    bit<8> type;
    bit<8> code;
    bit<16> checksum;
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

// <std::net>:89: header gre on ipv4.proto == 47 && ipv4.frag_offset == 0 | ipv6.next == 47 {
header gre_t {
    bit<1> has_checksum;
    bit<1> _1;
    bit<1> has_key;
    bit<1> has_sequence;
    bit<9> _4;
    bit<3> version;
    bit<16> type;
    varbit<96> optional;
}

// <std::net>:95: header vxlan on udp.dport == 4789 {
header vxlan_t {
    bit<8> flags;
    bit<24> _8;
    bit<24> vni;
    bit<8> _56;
}

// <std::net>:98: header inner_eth = eth on vxlan;
header inner_eth_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

// <std::net>:99: header inner_ipv4 = ipv4 on inner_eth.type == 0x0800 | gre.type == 0x0800;
header inner_ipv4_t {
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

// <std::net>:100: header inner_ipv6 = ipv6 on inner_eth.type == 0x86dd | gre.type == 0x86dd;
header inner_ipv6_t {
    bit<4> version;
    bit<8> traffic_class;
    bit<20> flow_label;
    bit<16> payload_length;
    bit<8> next;
    bit<8> hop_limit;
    bit<128> src;
    bit<128> dst;
}

// <std::net>:101: header inner_tcp = tcp on inner_ipv4.proto == 6 && inner_ipv4.frag_offset == 0 | inner_...
header inner_tcp_t {
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

// <std::net>:102: header inner_udp = udp on inner_ipv4.proto == 17 && inner_ipv4.frag_offset == 0 | inner...
header inner_udp_t {
    bit<16> sport;
    bit<16> dport;
    bit<16> length;
    bit<16> checksum;
}

// gradient_aggregator.weft:13: header chunk on udp.dport == 4242 {
header chunk_t {
    bit<8> message;
    bit<8> op;
    bit<16> job;
    bit<32> epoch;
    bit<16> slot;
    bit<8> worker;
    bit<8> reserved;
    bit<32> round;
    bit<32> tag;
    bit<32> crc;
    bit<2048> lanes;
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
    icmpv6_t icmpv6;
    tcp_t tcp;
    udp_t udp;
    gre_t gre;
    vxlan_t vxlan;
    inner_eth_t inner_eth;
    inner_ipv4_t inner_ipv4;
    inner_ipv6_t inner_ipv6;
    inner_tcp_t inner_tcp;
    inner_udp_t inner_udp;
    chunk_t chunk;
}

struct metadata_t {
    bit<64> now; // arrival, ns
    bit<16> port; // that the packet came in by
    bit<32> length; // bytes on the wire
    bit<16> received_inner_udp_sport;
    bit<16> received_inner_udp_dport;
    bit<128> received_inner_ipv6_src;
    bit<128> received_inner_ipv6_dst;
    bit<32> received_inner_ipv4_src;
    bit<32> received_inner_ipv4_dst;
    bit<16> received_inner_tcp_sport;
    bit<16> received_inner_tcp_dport;
    bit<16> received_udp_sport;
    bit<16> received_udp_dport;
    bit<48> received_inner_eth_src;
    bit<48> received_inner_eth_dst;
    bit<16> received_inner_ipv4_checksum;
    bit<16> received_inner_tcp_checksum;
    bit<16> received_inner_udp_checksum;
    bit<8> received_chunk_message;
    bit<2048> received_chunk_lanes;
    bit<32> received_chunk_crc;
    bit<128> received_ipv6_src;
    bit<128> received_ipv6_dst;
    bit<32> received_ipv4_src;
    bit<32> received_ipv4_dst;
    bit<16> received_tcp_sport;
    bit<16> received_tcp_dport;
    bit<16> received_arp_operation;
    bit<32> received_arp_target_ip;
    bit<48> received_arp_sender_mac;
    bit<32> received_arp_sender_ip;
}

bit<2048> lanes_add_64x32(in bit<2048> a, in bit<2048> b) {
    return (a[2047:2016] + b[2047:2016])
            ++ (a[2015:1984] + b[2015:1984])
            ++ (a[1983:1952] + b[1983:1952])
            ++ (a[1951:1920] + b[1951:1920])
            ++ (a[1919:1888] + b[1919:1888])
            ++ (a[1887:1856] + b[1887:1856])
            ++ (a[1855:1824] + b[1855:1824])
            ++ (a[1823:1792] + b[1823:1792])
            ++ (a[1791:1760] + b[1791:1760])
            ++ (a[1759:1728] + b[1759:1728])
            ++ (a[1727:1696] + b[1727:1696])
            ++ (a[1695:1664] + b[1695:1664])
            ++ (a[1663:1632] + b[1663:1632])
            ++ (a[1631:1600] + b[1631:1600])
            ++ (a[1599:1568] + b[1599:1568])
            ++ (a[1567:1536] + b[1567:1536])
            ++ (a[1535:1504] + b[1535:1504])
            ++ (a[1503:1472] + b[1503:1472])
            ++ (a[1471:1440] + b[1471:1440])
            ++ (a[1439:1408] + b[1439:1408])
            ++ (a[1407:1376] + b[1407:1376])
            ++ (a[1375:1344] + b[1375:1344])
            ++ (a[1343:1312] + b[1343:1312])
            ++ (a[1311:1280] + b[1311:1280])
            ++ (a[1279:1248] + b[1279:1248])
            ++ (a[1247:1216] + b[1247:1216])
            ++ (a[1215:1184] + b[1215:1184])
            ++ (a[1183:1152] + b[1183:1152])
            ++ (a[1151:1120] + b[1151:1120])
            ++ (a[1119:1088] + b[1119:1088])
            ++ (a[1087:1056] + b[1087:1056])
            ++ (a[1055:1024] + b[1055:1024])
            ++ (a[1023:992] + b[1023:992])
            ++ (a[991:960] + b[991:960])
            ++ (a[959:928] + b[959:928])
            ++ (a[927:896] + b[927:896])
            ++ (a[895:864] + b[895:864])
            ++ (a[863:832] + b[863:832])
            ++ (a[831:800] + b[831:800])
            ++ (a[799:768] + b[799:768])
            ++ (a[767:736] + b[767:736])
            ++ (a[735:704] + b[735:704])
            ++ (a[703:672] + b[703:672])
            ++ (a[671:640] + b[671:640])
            ++ (a[639:608] + b[639:608])
            ++ (a[607:576] + b[607:576])
            ++ (a[575:544] + b[575:544])
            ++ (a[543:512] + b[543:512])
            ++ (a[511:480] + b[511:480])
            ++ (a[479:448] + b[479:448])
            ++ (a[447:416] + b[447:416])
            ++ (a[415:384] + b[415:384])
            ++ (a[383:352] + b[383:352])
            ++ (a[351:320] + b[351:320])
            ++ (a[319:288] + b[319:288])
            ++ (a[287:256] + b[287:256])
            ++ (a[255:224] + b[255:224])
            ++ (a[223:192] + b[223:192])
            ++ (a[191:160] + b[191:160])
            ++ (a[159:128] + b[159:128])
            ++ (a[127:96] + b[127:96])
            ++ (a[95:64] + b[95:64])
            ++ (a[63:32] + b[63:32])
            ++ (a[31:0] + b[31:0]);
}

bit<2048> lanes_max_64x32(in bit<2048> a, in bit<2048> b) {
    return ((a[2047:2016] < b[2047:2016] ? b[2047:2016] : a[2047:2016]))
            ++ ((a[2015:1984] < b[2015:1984] ? b[2015:1984] : a[2015:1984]))
            ++ ((a[1983:1952] < b[1983:1952] ? b[1983:1952] : a[1983:1952]))
            ++ ((a[1951:1920] < b[1951:1920] ? b[1951:1920] : a[1951:1920]))
            ++ ((a[1919:1888] < b[1919:1888] ? b[1919:1888] : a[1919:1888]))
            ++ ((a[1887:1856] < b[1887:1856] ? b[1887:1856] : a[1887:1856]))
            ++ ((a[1855:1824] < b[1855:1824] ? b[1855:1824] : a[1855:1824]))
            ++ ((a[1823:1792] < b[1823:1792] ? b[1823:1792] : a[1823:1792]))
            ++ ((a[1791:1760] < b[1791:1760] ? b[1791:1760] : a[1791:1760]))
            ++ ((a[1759:1728] < b[1759:1728] ? b[1759:1728] : a[1759:1728]))
            ++ ((a[1727:1696] < b[1727:1696] ? b[1727:1696] : a[1727:1696]))
            ++ ((a[1695:1664] < b[1695:1664] ? b[1695:1664] : a[1695:1664]))
            ++ ((a[1663:1632] < b[1663:1632] ? b[1663:1632] : a[1663:1632]))
            ++ ((a[1631:1600] < b[1631:1600] ? b[1631:1600] : a[1631:1600]))
            ++ ((a[1599:1568] < b[1599:1568] ? b[1599:1568] : a[1599:1568]))
            ++ ((a[1567:1536] < b[1567:1536] ? b[1567:1536] : a[1567:1536]))
            ++ ((a[1535:1504] < b[1535:1504] ? b[1535:1504] : a[1535:1504]))
            ++ ((a[1503:1472] < b[1503:1472] ? b[1503:1472] : a[1503:1472]))
            ++ ((a[1471:1440] < b[1471:1440] ? b[1471:1440] : a[1471:1440]))
            ++ ((a[1439:1408] < b[1439:1408] ? b[1439:1408] : a[1439:1408]))
            ++ ((a[1407:1376] < b[1407:1376] ? b[1407:1376] : a[1407:1376]))
            ++ ((a[1375:1344] < b[1375:1344] ? b[1375:1344] : a[1375:1344]))
            ++ ((a[1343:1312] < b[1343:1312] ? b[1343:1312] : a[1343:1312]))
            ++ ((a[1311:1280] < b[1311:1280] ? b[1311:1280] : a[1311:1280]))
            ++ ((a[1279:1248] < b[1279:1248] ? b[1279:1248] : a[1279:1248]))
            ++ ((a[1247:1216] < b[1247:1216] ? b[1247:1216] : a[1247:1216]))
            ++ ((a[1215:1184] < b[1215:1184] ? b[1215:1184] : a[1215:1184]))
            ++ ((a[1183:1152] < b[1183:1152] ? b[1183:1152] : a[1183:1152]))
            ++ ((a[1151:1120] < b[1151:1120] ? b[1151:1120] : a[1151:1120]))
            ++ ((a[1119:1088] < b[1119:1088] ? b[1119:1088] : a[1119:1088]))
            ++ ((a[1087:1056] < b[1087:1056] ? b[1087:1056] : a[1087:1056]))
            ++ ((a[1055:1024] < b[1055:1024] ? b[1055:1024] : a[1055:1024]))
            ++ ((a[1023:992] < b[1023:992] ? b[1023:992] : a[1023:992]))
            ++ ((a[991:960] < b[991:960] ? b[991:960] : a[991:960]))
            ++ ((a[959:928] < b[959:928] ? b[959:928] : a[959:928]))
            ++ ((a[927:896] < b[927:896] ? b[927:896] : a[927:896]))
            ++ ((a[895:864] < b[895:864] ? b[895:864] : a[895:864]))
            ++ ((a[863:832] < b[863:832] ? b[863:832] : a[863:832]))
            ++ ((a[831:800] < b[831:800] ? b[831:800] : a[831:800]))
            ++ ((a[799:768] < b[799:768] ? b[799:768] : a[799:768]))
            ++ ((a[767:736] < b[767:736] ? b[767:736] : a[767:736]))
            ++ ((a[735:704] < b[735:704] ? b[735:704] : a[735:704]))
            ++ ((a[703:672] < b[703:672] ? b[703:672] : a[703:672]))
            ++ ((a[671:640] < b[671:640] ? b[671:640] : a[671:640]))
            ++ ((a[639:608] < b[639:608] ? b[639:608] : a[639:608]))
            ++ ((a[607:576] < b[607:576] ? b[607:576] : a[607:576]))
            ++ ((a[575:544] < b[575:544] ? b[575:544] : a[575:544]))
            ++ ((a[543:512] < b[543:512] ? b[543:512] : a[543:512]))
            ++ ((a[511:480] < b[511:480] ? b[511:480] : a[511:480]))
            ++ ((a[479:448] < b[479:448] ? b[479:448] : a[479:448]))
            ++ ((a[447:416] < b[447:416] ? b[447:416] : a[447:416]))
            ++ ((a[415:384] < b[415:384] ? b[415:384] : a[415:384]))
            ++ ((a[383:352] < b[383:352] ? b[383:352] : a[383:352]))
            ++ ((a[351:320] < b[351:320] ? b[351:320] : a[351:320]))
            ++ ((a[319:288] < b[319:288] ? b[319:288] : a[319:288]))
            ++ ((a[287:256] < b[287:256] ? b[287:256] : a[287:256]))
            ++ ((a[255:224] < b[255:224] ? b[255:224] : a[255:224]))
            ++ ((a[223:192] < b[223:192] ? b[223:192] : a[223:192]))
            ++ ((a[191:160] < b[191:160] ? b[191:160] : a[191:160]))
            ++ ((a[159:128] < b[159:128] ? b[159:128] : a[159:128]))
            ++ ((a[127:96] < b[127:96] ? b[127:96] : a[127:96]))
            ++ ((a[95:64] < b[95:64] ? b[95:64] : a[95:64]))
            ++ ((a[63:32] < b[63:32] ? b[63:32] : a[63:32]))
            ++ ((a[31:0] < b[31:0] ? b[31:0] : a[31:0]));
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
            (6, 0): parse_tcp;
            (17, 0): parse_udp;
            (47, 0): parse_gre;
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
            58: parse_icmpv6;
            6: parse_tcp;
            17: parse_udp;
            47: parse_gre;
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
            58: parse_icmpv6;
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
            58: parse_icmpv6;
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
            58: parse_icmpv6;
            6: parse_tcp;
            17: parse_udp;
            default: accept;
        }
    }

    // <std::net>:51: header ipv6_frag on ipv6.next == 44 | ipv6_hop.next == 44 | ipv6_dest.next == 44 | ipv6...
    state parse_ipv6_frag {
        packet.extract(hdr.ipv6_frag);
        transition select(hdr.ipv6_frag.next, hdr.ipv6_frag.frag_offset) {
            (58, 0): parse_icmpv6;
            (6, 0): parse_tcp;
            (17, 0): parse_udp;
            default: accept;
        }
    }

    // <std::net>:59: header icmpv6 on ipv6.next == 58 | ipv6_hop.next == 58 | ipv6_dest.next == 58 | ipv6_ro...
    state parse_icmpv6 {
        packet.extract(hdr.icmpv6);
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
        transition select(hdr.udp.dport) {
            0x12b5: parse_vxlan;
            0x1092: parse_chunk;
            default: accept;
        }
    }

    // <std::net>:89: header gre on ipv4.proto == 47 && ipv4.frag_offset == 0 | ipv6.next == 47 {
    state parse_gre {
        bit<4> ahead = packet.lookahead<bit<4>>();
        packet.extract(hdr.gre, 8 * (4 * ((bit<32>) ahead[3:3]) + 4 * ((bit<32>) ahead[1:1]) + 4 * ((bit<32>) ahead[0:0])));
        transition select(hdr.gre.type) {
            0x800: parse_inner_ipv4;
            0x86dd: parse_inner_ipv6;
            default: accept;
        }
    }

    // <std::net>:95: header vxlan on udp.dport == 4789 {
    state parse_vxlan {
        packet.extract(hdr.vxlan);
        transition parse_inner_eth;
    }

    // <std::net>:98: header inner_eth = eth on vxlan;
    state parse_inner_eth {
        packet.extract(hdr.inner_eth);
        transition select(hdr.inner_eth.type) {
            0x800: parse_inner_ipv4;
            0x86dd: parse_inner_ipv6;
            default: accept;
        }
    }

    // <std::net>:99: header inner_ipv4 = ipv4 on inner_eth.type == 0x0800 | gre.type == 0x0800;
    state parse_inner_ipv4 {
        bit<32> ahead = packet.lookahead<bit<32>>();
        verify((bit<32>) ahead[31:28] == 4, error.HeaderInvalid);
        verify((bit<32>) ahead[27:24] >= 5, error.HeaderInvalid);
        verify((bit<32>) ahead[15:0] >= 4 * ((bit<32>) ahead[27:24]), error.HeaderInvalid);
        verify(4 * ((bit<32>) ahead[27:24]) >= 20, error.HeaderInvalid);
        packet.extract(hdr.inner_ipv4, 8 * ((4 * ((bit<32>) ahead[27:24]) - (20))));
        transition select(hdr.inner_ipv4.proto, hdr.inner_ipv4.frag_offset) {
            (6, 0): parse_inner_tcp;
            (17, 0): parse_inner_udp;
            default: accept;
        }
    }

    // <std::net>:100: header inner_ipv6 = ipv6 on inner_eth.type == 0x86dd | gre.type == 0x86dd;
    state parse_inner_ipv6 {
        bit<4> ahead = packet.lookahead<bit<4>>();
        verify((bit<32>) ahead[3:0] == 6, error.HeaderInvalid);
        packet.extract(hdr.inner_ipv6);
        transition select(hdr.inner_ipv6.next) {
            6: parse_inner_tcp;
            17: parse_inner_udp;
            default: accept;
        }
    }

    // <std::net>:101: header inner_tcp = tcp on inner_ipv4.proto == 6 && inner_ipv4.frag_offset == 0 | inner_...
    state parse_inner_tcp {
        bit<100> ahead = packet.lookahead<bit<100>>();
        verify((bit<32>) ahead[3:0] >= 5, error.HeaderInvalid);
        verify(4 * ((bit<32>) ahead[3:0]) >= 20, error.HeaderInvalid);
        packet.extract(hdr.inner_tcp, 8 * ((4 * ((bit<32>) ahead[3:0]) - (20))));
        transition accept;
    }

    // <std::net>:102: header inner_udp = udp on inner_ipv4.proto == 17 && inner_ipv4.frag_offset == 0 | inner...
    state parse_inner_udp {
        bit<48> ahead = packet.lookahead<bit<48>>();
        verify((bit<32>) ahead[15:0] >= 8, error.HeaderInvalid);
        packet.extract(hdr.inner_udp);
        transition accept;
    }

    // gradient_aggregator.weft:13: header chunk on udp.dport == 4242 {
    state parse_chunk {
        packet.extract(hdr.chunk);
        transition accept;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta,
                inout standard_metadata_t standard_metadata) {
    @id(0x16000001) register<bit<32>>(1) packets_seen;
    @id(0x16000002) register<bit<32>>(8) refused__packets__word0;
    @id(0x16000003) register<bit<32>>(8) refused__packets__word1;
    @id(0x16000004) register<bit<32>>(8) refused__bytes__word0;
    @id(0x16000005) register<bit<32>>(8) refused__bytes__word1;
    @id(0x16000006) register<bit<32>>(8192) sums__epoch;
    @id(0x16000007) register<bit<32>>(8192) sums__round;
    @id(0x16000008) register<bit<32>>(8192) sums__tag;
    @id(0x16000009) register<bit<2>>(8192) sums__operator;
    @id(0x1600000a) register<bit<32>>(8192) sums__seen__word0;
    @id(0x1600000b) register<bit<32>>(8192) sums__seen__word1;
    @id(0x1600000c) register<bit<32>>(524288) sums__total;

    bit<32> jobs_value0 = 0;
    bit<32> jobs_value1 = 0;
    bit<64> jobs_value2 = 0;
    bit<3> jobs_value3 = 0;
    bit<16> jobs_value4 = 0;
    bit<32> jobs_value5 = 0;
    bit<16> places_value0 = 0;
    bit<32> sums_contribute_slot = 0;
    bit<32> sums_contribute_epoch = 0;
    bit<32> sums_contribute_round = 0;
    bit<32> sums_contribute_tag = 0;
    bit<8> sums_contribute_member = 0;
    bit<64> sums_contribute_members = 0;
    bit<2> sums_contribute_operator = 0;
    bit<2048> sums_contribute_value = 0;
    bit<2> sums_contribute_verdict = 0;
    bit<2048> sums_contribute_total = 0;

    // gradient_aggregator.weft:23: table jobs: exact<u16, u32 -> collective::Job> { size: 64 } // by job and epoch
    @id(0x01000001) action jobs_hit(bit<32> value0, bit<32> value1, bit<64> value2, bit<3> value3, bit<16> value4, bit<32> value5) {
        jobs_value0 = value0;
        jobs_value1 = value1;
        jobs_value2 = value2;
        jobs_value3 = value3;
        jobs_value4 = value4;
        jobs_value5 = value5;
    }
    @id(0x01000002) action jobs_miss() {
        jobs_value0 = 0;
        jobs_value1 = 0;
        jobs_value2 = 0;
        jobs_value3 = 0;
        jobs_value4 = 0;
        jobs_value5 = 0;
    }
    @id(0x02000001) table jobs {
        key = {
            hdr.chunk.job: exact @name("key0");
            hdr.chunk.epoch: exact @name("key1");
        }
        actions = {
            jobs_hit;
            @defaultonly jobs_miss;
        }
        const default_action = jobs_miss();
        size = 64;
    }

    // gradient_aggregator.weft:24: table places: exact<u16, u8 -> port> { size: 1024 } // by job and worker: the port that...
    @id(0x01000003) action places_hit(bit<16> value0) {
        places_value0 = value0;
    }
    @id(0x01000004) action places_miss() {
        places_value0 = 0;
    }
    @id(0x02000002) table places {
        key = {
            hdr.chunk.job: exact @name("key0");
            hdr.chunk.worker: exact @name("key1");
        }
        actions = {
            places_hit;
            @defaultonly places_miss;
        }
        const default_action = places_miss();
        size = 1024;
    }

    // What `reply` exchanges: source and destination, in every header that the packet has.
    @hidden action swap_ends() {
        if (hdr.eth.isValid()) {
            bit<48> eth_src = hdr.eth.src;
            hdr.eth.src = hdr.eth.dst;
            hdr.eth.dst = eth_src;
        }
        if (hdr.ipv4.isValid()) {
            bit<32> ipv4_src = hdr.ipv4.src;
            hdr.ipv4.src = hdr.ipv4.dst;
            hdr.ipv4.dst = ipv4_src;
        }
        if (hdr.ipv6.isValid()) {
            bit<128> ipv6_src = hdr.ipv6.src;
            hdr.ipv6.src = hdr.ipv6.dst;
            hdr.ipv6.dst = ipv6_src;
        }
        if (hdr.tcp.isValid()) {
            bit<16> tcp_sport = hdr.tcp.sport;
            hdr.tcp.sport = hdr.tcp.dport;
            hdr.tcp.dport = tcp_sport;
        }
        if (hdr.udp.isValid()) {
            bit<16> udp_sport = hdr.udp.sport;
            hdr.udp.sport = hdr.udp.dport;
            hdr.udp.dport = udp_sport;
        }
        if (hdr.inner_eth.isValid()) {
            bit<48> inner_eth_src = hdr.inner_eth.src;
            hdr.inner_eth.src = hdr.inner_eth.dst;
            hdr.inner_eth.dst = inner_eth_src;
        }
        if (hdr.inner_ipv4.isValid()) {
            bit<32> inner_ipv4_src = hdr.inner_ipv4.src;
            hdr.inner_ipv4.src = hdr.inner_ipv4.dst;
            hdr.inner_ipv4.dst = inner_ipv4_src;
        }
        if (hdr.inner_ipv6.isValid()) {
            bit<128> inner_ipv6_src = hdr.inner_ipv6.src;
            hdr.inner_ipv6.src = hdr.inner_ipv6.dst;
            hdr.inner_ipv6.dst = inner_ipv6_src;
        }
        if (hdr.inner_tcp.isValid()) {
            bit<16> inner_tcp_sport = hdr.inner_tcp.sport;
            hdr.inner_tcp.sport = hdr.inner_tcp.dport;
            hdr.inner_tcp.dport = inner_tcp_sport;
        }
        if (hdr.inner_udp.isValid()) {
            bit<16> inner_udp_sport = hdr.inner_udp.sport;
            hdr.inner_udp.sport = hdr.inner_udp.dport;
            hdr.inner_udp.dport = inner_udp_sport;
        }
    }

    // counter `refused`: add
    @hidden action refused_add(in bit<32> index, in bit<32> amount) {
        bit<64> packets;
        bit<32> refused__packets_word;
        refused__packets__word0.read(refused__packets_word, index);
        bit<32> refused__packets_word_2;
        refused__packets__word1.read(refused__packets_word_2, index);
        packets = refused__packets_word ++ refused__packets_word_2;
        packets = packets + 1;
        refused__packets__word0.write(index, packets[63:32]);
        refused__packets__word1.write(index, packets[31:0]);
        bit<64> bytes;
        bit<32> refused__bytes_word;
        refused__bytes__word0.read(refused__bytes_word, index);
        bit<32> refused__bytes_word_2;
        refused__bytes__word1.read(refused__bytes_word_2, index);
        bytes = refused__bytes_word ++ refused__bytes_word_2;
        bytes = bytes + ((bit<64>) amount);
        refused__bytes__word0.write(index, bytes[63:32]);
        refused__bytes__word1.write(index, bytes[31:0]);
    }

    // reduction `sums`: contribute
    @hidden action sums_contribute() {
        bool value_8 = false;
        bit<2048> value_9 = 0;
        bool value_11 = false;
        bool value_12 = false;
        bit<64> value_2 = 64w1 << sums_contribute_member;
        bool value_3 = (sums_contribute_slot < 0x1000) && ((sums_contribute_members & value_2) != 0) && (sums_contribute_operator <= 2);
        if (value_3) {
            bit<32> value_4 = sums_contribute_slot[30:0] ++ sums_contribute_round[0:0];
            bit<64> seen;
            bit<32> sums__seen_word;
            sums__seen__word0.read(sums__seen_word, value_4);
            bit<32> sums__seen_word_2;
            sums__seen__word1.read(sums__seen_word_2, value_4);
            seen = sums__seen_word ++ sums__seen_word_2;
            bit<2048> total;
            bit<32> sums__total_word;
            sums__total.read(sums__total_word, value_4 * 64);
            bit<32> sums__total_word_2;
            sums__total.read(sums__total_word_2, value_4 * 64 + 1);
            bit<32> sums__total_word_3;
            sums__total.read(sums__total_word_3, value_4 * 64 + 2);
            bit<32> sums__total_word_4;
            sums__total.read(sums__total_word_4, value_4 * 64 + 3);
            bit<32> sums__total_word_5;
            sums__total.read(sums__total_word_5, value_4 * 64 + 4);
            bit<32> sums__total_word_6;
            sums__total.read(sums__total_word_6, value_4 * 64 + 5);
            bit<32> sums__total_word_7;
            sums__total.read(sums__total_word_7, value_4 * 64 + 6);
            bit<32> sums__total_word_8;
            sums__total.read(sums__total_word_8, value_4 * 64 + 7);
            bit<32> sums__total_word_9;
            sums__total.read(sums__total_word_9, value_4 * 64 + 8);
            bit<32> sums__total_word_10;
            sums__total.read(sums__total_word_10, value_4 * 64 + 9);
            bit<32> sums__total_word_11;
            sums__total.read(sums__total_word_11, value_4 * 64 + 10);
            bit<32> sums__total_word_12;
            sums__total.read(sums__total_word_12, value_4 * 64 + 11);
            bit<32> sums__total_word_13;
            sums__total.read(sums__total_word_13, value_4 * 64 + 12);
            bit<32> sums__total_word_14;
            sums__total.read(sums__total_word_14, value_4 * 64 + 13);
            bit<32> sums__total_word_15;
            sums__total.read(sums__total_word_15, value_4 * 64 + 14);
            bit<32> sums__total_word_16;
            sums__total.read(sums__total_word_16, value_4 * 64 + 15);
            bit<32> sums__total_word_17;
            sums__total.read(sums__total_word_17, value_4 * 64 + 16);
            bit<32> sums__total_word_18;
            sums__total.read(sums__total_word_18, value_4 * 64 + 17);
            bit<32> sums__total_word_19;
            sums__total.read(sums__total_word_19, value_4 * 64 + 18);
            bit<32> sums__total_word_20;
            sums__total.read(sums__total_word_20, value_4 * 64 + 19);
            bit<32> sums__total_word_21;
            sums__total.read(sums__total_word_21, value_4 * 64 + 20);
            bit<32> sums__total_word_22;
            sums__total.read(sums__total_word_22, value_4 * 64 + 21);
            bit<32> sums__total_word_23;
            sums__total.read(sums__total_word_23, value_4 * 64 + 22);
            bit<32> sums__total_word_24;
            sums__total.read(sums__total_word_24, value_4 * 64 + 23);
            bit<32> sums__total_word_25;
            sums__total.read(sums__total_word_25, value_4 * 64 + 24);
            bit<32> sums__total_word_26;
            sums__total.read(sums__total_word_26, value_4 * 64 + 25);
            bit<32> sums__total_word_27;
            sums__total.read(sums__total_word_27, value_4 * 64 + 26);
            bit<32> sums__total_word_28;
            sums__total.read(sums__total_word_28, value_4 * 64 + 27);
            bit<32> sums__total_word_29;
            sums__total.read(sums__total_word_29, value_4 * 64 + 28);
            bit<32> sums__total_word_30;
            sums__total.read(sums__total_word_30, value_4 * 64 + 29);
            bit<32> sums__total_word_31;
            sums__total.read(sums__total_word_31, value_4 * 64 + 30);
            bit<32> sums__total_word_32;
            sums__total.read(sums__total_word_32, value_4 * 64 + 31);
            bit<32> sums__total_word_33;
            sums__total.read(sums__total_word_33, value_4 * 64 + 32);
            bit<32> sums__total_word_34;
            sums__total.read(sums__total_word_34, value_4 * 64 + 33);
            bit<32> sums__total_word_35;
            sums__total.read(sums__total_word_35, value_4 * 64 + 34);
            bit<32> sums__total_word_36;
            sums__total.read(sums__total_word_36, value_4 * 64 + 35);
            bit<32> sums__total_word_37;
            sums__total.read(sums__total_word_37, value_4 * 64 + 36);
            bit<32> sums__total_word_38;
            sums__total.read(sums__total_word_38, value_4 * 64 + 37);
            bit<32> sums__total_word_39;
            sums__total.read(sums__total_word_39, value_4 * 64 + 38);
            bit<32> sums__total_word_40;
            sums__total.read(sums__total_word_40, value_4 * 64 + 39);
            bit<32> sums__total_word_41;
            sums__total.read(sums__total_word_41, value_4 * 64 + 40);
            bit<32> sums__total_word_42;
            sums__total.read(sums__total_word_42, value_4 * 64 + 41);
            bit<32> sums__total_word_43;
            sums__total.read(sums__total_word_43, value_4 * 64 + 42);
            bit<32> sums__total_word_44;
            sums__total.read(sums__total_word_44, value_4 * 64 + 43);
            bit<32> sums__total_word_45;
            sums__total.read(sums__total_word_45, value_4 * 64 + 44);
            bit<32> sums__total_word_46;
            sums__total.read(sums__total_word_46, value_4 * 64 + 45);
            bit<32> sums__total_word_47;
            sums__total.read(sums__total_word_47, value_4 * 64 + 46);
            bit<32> sums__total_word_48;
            sums__total.read(sums__total_word_48, value_4 * 64 + 47);
            bit<32> sums__total_word_49;
            sums__total.read(sums__total_word_49, value_4 * 64 + 48);
            bit<32> sums__total_word_50;
            sums__total.read(sums__total_word_50, value_4 * 64 + 49);
            bit<32> sums__total_word_51;
            sums__total.read(sums__total_word_51, value_4 * 64 + 50);
            bit<32> sums__total_word_52;
            sums__total.read(sums__total_word_52, value_4 * 64 + 51);
            bit<32> sums__total_word_53;
            sums__total.read(sums__total_word_53, value_4 * 64 + 52);
            bit<32> sums__total_word_54;
            sums__total.read(sums__total_word_54, value_4 * 64 + 53);
            bit<32> sums__total_word_55;
            sums__total.read(sums__total_word_55, value_4 * 64 + 54);
            bit<32> sums__total_word_56;
            sums__total.read(sums__total_word_56, value_4 * 64 + 55);
            bit<32> sums__total_word_57;
            sums__total.read(sums__total_word_57, value_4 * 64 + 56);
            bit<32> sums__total_word_58;
            sums__total.read(sums__total_word_58, value_4 * 64 + 57);
            bit<32> sums__total_word_59;
            sums__total.read(sums__total_word_59, value_4 * 64 + 58);
            bit<32> sums__total_word_60;
            sums__total.read(sums__total_word_60, value_4 * 64 + 59);
            bit<32> sums__total_word_61;
            sums__total.read(sums__total_word_61, value_4 * 64 + 60);
            bit<32> sums__total_word_62;
            sums__total.read(sums__total_word_62, value_4 * 64 + 61);
            bit<32> sums__total_word_63;
            sums__total.read(sums__total_word_63, value_4 * 64 + 62);
            bit<32> sums__total_word_64;
            sums__total.read(sums__total_word_64, value_4 * 64 + 63);
            total = sums__total_word ++ sums__total_word_2 ++ sums__total_word_3 ++ sums__total_word_4 ++ sums__total_word_5 ++ sums__total_word_6 ++ sums__total_word_7 ++ sums__total_word_8 ++ sums__total_word_9 ++ sums__total_word_10 ++ sums__total_word_11 ++ sums__total_word_12 ++ sums__total_word_13 ++ sums__total_word_14 ++ sums__total_word_15 ++ sums__total_word_16 ++ sums__total_word_17 ++ sums__total_word_18 ++ sums__total_word_19 ++ sums__total_word_20 ++ sums__total_word_21 ++ sums__total_word_22 ++ sums__total_word_23 ++ sums__total_word_24 ++ sums__total_word_25 ++ sums__total_word_26 ++ sums__total_word_27 ++ sums__total_word_28 ++ sums__total_word_29 ++ sums__total_word_30 ++ sums__total_word_31 ++ sums__total_word_32 ++ sums__total_word_33 ++ sums__total_word_34 ++ sums__total_word_35 ++ sums__total_word_36 ++ sums__total_word_37 ++ sums__total_word_38 ++ sums__total_word_39 ++ sums__total_word_40 ++ sums__total_word_41 ++ sums__total_word_42 ++ sums__total_word_43 ++ sums__total_word_44 ++ sums__total_word_45 ++ sums__total_word_46 ++ sums__total_word_47 ++ sums__total_word_48 ++ sums__total_word_49 ++ sums__total_word_50 ++ sums__total_word_51 ++ sums__total_word_52 ++ sums__total_word_53 ++ sums__total_word_54 ++ sums__total_word_55 ++ sums__total_word_56 ++ sums__total_word_57 ++ sums__total_word_58 ++ sums__total_word_59 ++ sums__total_word_60 ++ sums__total_word_61 ++ sums__total_word_62 ++ sums__total_word_63 ++ sums__total_word_64;
            bit<32> epoch;
            sums__epoch.read(epoch, value_4);
            bit<32> round;
            sums__round.read(round, value_4);
            bit<32> value_5 = sums_contribute_round - round;
            bool value_6;
            value_6 = false;
            if ((seen == 0) || (epoch != sums_contribute_epoch) || ((value_5 != 0) && (value_5 < 0x80000000))) {
                value_6 = true;
            }
            bit<32> round_2;
            sums__round.read(round_2, value_4);
            bit<32> tag;
            sums__tag.read(tag, value_4);
            bit<2> operator;
            sums__operator.read(operator, value_4);
            bool part_3;
            part_3 = (round_2 == sums_contribute_round) && (tag == sums_contribute_tag) && (operator == sums_contribute_operator);
            bool value_7;
            value_7 = false;
            if (part_3 && !value_6) {
                value_7 = true;
            }
            value_8 = value_7 && ((seen & value_2) != 0);
            if (value_6) {
                value_9 = sums_contribute_value;
            } else if (value_8) {
                value_9 = total;
            } else if (sums_contribute_operator == 0) {
                value_9 = lanes_add_64x32(total, sums_contribute_value);
            } else if (sums_contribute_operator == 1) {
                value_9 = total | sums_contribute_value;
            } else {
                value_9 = lanes_max_64x32(total, sums_contribute_value);
            }
            bit<64> value_10;
            if (value_6) {
                value_10 = value_2;
            } else {
                value_10 = seen | value_2;
            }
            if (value_6) {
                sums__epoch.write(value_4, sums_contribute_epoch);
                sums__round.write(value_4, sums_contribute_round);
                sums__tag.write(value_4, sums_contribute_tag);
                sums__operator.write(value_4, sums_contribute_operator);
            }
            value_11 = value_6 || value_7;
            if (value_11) {
                sums__seen__word0.write(value_4, value_10[63:32]);
                sums__seen__word1.write(value_4, value_10[31:0]);
                sums__total.write(value_4 * 64, value_9[2047:2016]);
                sums__total.write(value_4 * 64 + 1, value_9[2015:1984]);
                sums__total.write(value_4 * 64 + 2, value_9[1983:1952]);
                sums__total.write(value_4 * 64 + 3, value_9[1951:1920]);
                sums__total.write(value_4 * 64 + 4, value_9[1919:1888]);
                sums__total.write(value_4 * 64 + 5, value_9[1887:1856]);
                sums__total.write(value_4 * 64 + 6, value_9[1855:1824]);
                sums__total.write(value_4 * 64 + 7, value_9[1823:1792]);
                sums__total.write(value_4 * 64 + 8, value_9[1791:1760]);
                sums__total.write(value_4 * 64 + 9, value_9[1759:1728]);
                sums__total.write(value_4 * 64 + 10, value_9[1727:1696]);
                sums__total.write(value_4 * 64 + 11, value_9[1695:1664]);
                sums__total.write(value_4 * 64 + 12, value_9[1663:1632]);
                sums__total.write(value_4 * 64 + 13, value_9[1631:1600]);
                sums__total.write(value_4 * 64 + 14, value_9[1599:1568]);
                sums__total.write(value_4 * 64 + 15, value_9[1567:1536]);
                sums__total.write(value_4 * 64 + 16, value_9[1535:1504]);
                sums__total.write(value_4 * 64 + 17, value_9[1503:1472]);
                sums__total.write(value_4 * 64 + 18, value_9[1471:1440]);
                sums__total.write(value_4 * 64 + 19, value_9[1439:1408]);
                sums__total.write(value_4 * 64 + 20, value_9[1407:1376]);
                sums__total.write(value_4 * 64 + 21, value_9[1375:1344]);
                sums__total.write(value_4 * 64 + 22, value_9[1343:1312]);
                sums__total.write(value_4 * 64 + 23, value_9[1311:1280]);
                sums__total.write(value_4 * 64 + 24, value_9[1279:1248]);
                sums__total.write(value_4 * 64 + 25, value_9[1247:1216]);
                sums__total.write(value_4 * 64 + 26, value_9[1215:1184]);
                sums__total.write(value_4 * 64 + 27, value_9[1183:1152]);
                sums__total.write(value_4 * 64 + 28, value_9[1151:1120]);
                sums__total.write(value_4 * 64 + 29, value_9[1119:1088]);
                sums__total.write(value_4 * 64 + 30, value_9[1087:1056]);
                sums__total.write(value_4 * 64 + 31, value_9[1055:1024]);
                sums__total.write(value_4 * 64 + 32, value_9[1023:992]);
                sums__total.write(value_4 * 64 + 33, value_9[991:960]);
                sums__total.write(value_4 * 64 + 34, value_9[959:928]);
                sums__total.write(value_4 * 64 + 35, value_9[927:896]);
                sums__total.write(value_4 * 64 + 36, value_9[895:864]);
                sums__total.write(value_4 * 64 + 37, value_9[863:832]);
                sums__total.write(value_4 * 64 + 38, value_9[831:800]);
                sums__total.write(value_4 * 64 + 39, value_9[799:768]);
                sums__total.write(value_4 * 64 + 40, value_9[767:736]);
                sums__total.write(value_4 * 64 + 41, value_9[735:704]);
                sums__total.write(value_4 * 64 + 42, value_9[703:672]);
                sums__total.write(value_4 * 64 + 43, value_9[671:640]);
                sums__total.write(value_4 * 64 + 44, value_9[639:608]);
                sums__total.write(value_4 * 64 + 45, value_9[607:576]);
                sums__total.write(value_4 * 64 + 46, value_9[575:544]);
                sums__total.write(value_4 * 64 + 47, value_9[543:512]);
                sums__total.write(value_4 * 64 + 48, value_9[511:480]);
                sums__total.write(value_4 * 64 + 49, value_9[479:448]);
                sums__total.write(value_4 * 64 + 50, value_9[447:416]);
                sums__total.write(value_4 * 64 + 51, value_9[415:384]);
                sums__total.write(value_4 * 64 + 52, value_9[383:352]);
                sums__total.write(value_4 * 64 + 53, value_9[351:320]);
                sums__total.write(value_4 * 64 + 54, value_9[319:288]);
                sums__total.write(value_4 * 64 + 55, value_9[287:256]);
                sums__total.write(value_4 * 64 + 56, value_9[255:224]);
                sums__total.write(value_4 * 64 + 57, value_9[223:192]);
                sums__total.write(value_4 * 64 + 58, value_9[191:160]);
                sums__total.write(value_4 * 64 + 59, value_9[159:128]);
                sums__total.write(value_4 * 64 + 60, value_9[127:96]);
                sums__total.write(value_4 * 64 + 61, value_9[95:64]);
                sums__total.write(value_4 * 64 + 62, value_9[63:32]);
                sums__total.write(value_4 * 64 + 63, value_9[31:0]);
            }
            value_12 = value_11 && (value_10 == sums_contribute_members);
        }
        sums_contribute_verdict = (value_3 ? (value_12 ? (value_8 ? 2w2 : 2w1) : (value_11 ? 2w0 : 2w3)) : 2w3);
        sums_contribute_total = ((value_3 ? value_12 : false) ? value_9 : 2048w0);
    }
    @hidden table do_sums_contribute {
        actions = { sums_contribute; }
        const default_action = sums_contribute();
    }

    apply {
        bit<32> packets;
        packets_seen.read(packets, 0);
        packets_seen.write(0, packets + 1);
        meta.now = (bit<64>) standard_metadata.ingress_global_timestamp * 1000;
        meta.port = (bit<16>) standard_metadata.ingress_port;
        meta.length = standard_metadata.packet_length;
        if (meta.port >= 64) {
            mark_to_drop(standard_metadata); // the program has no such port
            return;
        }
        meta.received_inner_udp_sport = hdr.inner_udp.sport;
        meta.received_inner_udp_dport = hdr.inner_udp.dport;
        meta.received_inner_ipv6_src = hdr.inner_ipv6.src;
        meta.received_inner_ipv6_dst = hdr.inner_ipv6.dst;
        meta.received_inner_ipv4_src = hdr.inner_ipv4.src;
        meta.received_inner_ipv4_dst = hdr.inner_ipv4.dst;
        meta.received_inner_tcp_sport = hdr.inner_tcp.sport;
        meta.received_inner_tcp_dport = hdr.inner_tcp.dport;
        meta.received_udp_sport = hdr.udp.sport;
        meta.received_udp_dport = hdr.udp.dport;
        meta.received_inner_eth_src = hdr.inner_eth.src;
        meta.received_inner_eth_dst = hdr.inner_eth.dst;
        meta.received_inner_ipv4_checksum = hdr.inner_ipv4.checksum;
        meta.received_inner_tcp_checksum = hdr.inner_tcp.checksum;
        meta.received_inner_udp_checksum = hdr.inner_udp.checksum;
        meta.received_chunk_message = hdr.chunk.message;
        meta.received_chunk_lanes = hdr.chunk.lanes;
        meta.received_chunk_crc = hdr.chunk.crc;
        meta.received_ipv6_src = hdr.ipv6.src;
        meta.received_ipv6_dst = hdr.ipv6.dst;
        meta.received_ipv4_src = hdr.ipv4.src;
        meta.received_ipv4_dst = hdr.ipv4.dst;
        meta.received_tcp_sport = hdr.tcp.sport;
        meta.received_tcp_dport = hdr.tcp.dport;
        meta.received_arp_operation = hdr.arp.operation;
        meta.received_arp_target_ip = hdr.arp.target_ip;
        meta.received_arp_sender_mac = hdr.arp.sender_mac;
        meta.received_arp_sender_ip = hdr.arp.sender_ip;

        bool part;
        part = hdr.ipv4.isValid() && hdr.udp.isValid() && hdr.chunk.isValid() && (hdr.ipv4.dst == 0xa0000fe) && (hdr.chunk.message == 0);
        if (part) {
            bit<32> digest_2;
            hash(digest_2, HashAlgorithm.crc32_custom, 32w0, { hdr.chunk.message, hdr.chunk.op, hdr.chunk.job, hdr.chunk.epoch, hdr.chunk.slot, hdr.chunk.worker, hdr.chunk.reserved, hdr.chunk.round, hdr.chunk.tag, hdr.chunk.lanes }, 33w0x100000000);
            if (digest_2 != hdr.chunk.crc) {
                // gradient_aggregator.weft:68: refused.add(why);
                refused_add(0, meta.length);
                // gradient_aggregator.weft:69: drop
                mark_to_drop(standard_metadata);
            } else {
                // gradient_aggregator.weft:34: let job = jobs.get((p.chunk.job, p.chunk.epoch)) else { refuse(Refusal::NoJob); };
                bool job_found;
                job_found = jobs.apply().hit;
                if (job_found) {
                    // gradient_aggregator.weft:35: let place = places.get((p.chunk.job, p.chunk.worker)) else { refuse(Refusal::WrongPort)...
                    bool place_found;
                    place_found = places.apply().hit;
                    if (place_found) {
                        if (places_value0 != meta.port) {
                            // gradient_aggregator.weft:68: refused.add(why);
                            refused_add(2, meta.length);
                            // gradient_aggregator.weft:69: drop
                            mark_to_drop(standard_metadata);
                        } else {
                            bit<32> value = (bit<32>) hdr.chunk.slot;
                            bool part_2;
                            part_2 = (value < jobs_value1) && (((jobs_value3 >> hdr.chunk.op) & 1) == 1) && (((jobs_value2 >> hdr.chunk.worker) & 1) == 1);
                            if (part_2) {
                                // gradient_aggregator.weft:38: match sums.contribute(
                                sums_contribute_slot = jobs_value0 + value;
                                sums_contribute_epoch = hdr.chunk.epoch;
                                sums_contribute_round = hdr.chunk.round;
                                sums_contribute_tag = hdr.chunk.tag;
                                sums_contribute_member = hdr.chunk.worker;
                                sums_contribute_members = jobs_value2;
                                sums_contribute_operator = (bit<2>) hdr.chunk.op;
                                sums_contribute_value = hdr.chunk.lanes;
                                do_sums_contribute.apply();
                                if (sums_contribute_verdict == 0) {
                                    // gradient_aggregator.weft:48: Pending => drop,
                                    mark_to_drop(standard_metadata);
                                } else if (sums_contribute_verdict == 1) {
                                    // gradient_aggregator.weft:73: p.chunk.message = collective::Message::Result;
                                    hdr.chunk.message = 1;
                                    // gradient_aggregator.weft:74: p.chunk.lanes = sum;
                                    hdr.chunk.lanes = sums_contribute_total;
                                    bit<32> crc;
                                    hash(crc, HashAlgorithm.crc32_custom, 32w0, { 8w1, hdr.chunk.op, hdr.chunk.job, hdr.chunk.epoch, hdr.chunk.slot, hdr.chunk.worker, hdr.chunk.reserved, hdr.chunk.round, hdr.chunk.tag, sums_contribute_total }, 33w0x100000000);
                                    // gradient_aggregator.weft:75: p.chunk.crc = p.crc_with(sum);
                                    hdr.chunk.crc = crc;
                                    // gradient_aggregator.weft:51: p.eth.src = OWN_MAC;
                                    hdr.eth.src = 0x200000000fe;
                                    // gradient_aggregator.weft:52: p.eth.dst = collective::group_mac(job.address);
                                    hdr.eth.dst = 48w0x1005e000000 | ((bit<48>) (jobs_value5 & 0x7fffff));
                                    // gradient_aggregator.weft:53: p.ipv4.src = ADDRESS;
                                    hdr.ipv4.src = 0xa0000fe;
                                    // gradient_aggregator.weft:54: p.ipv4.dst = job.address;
                                    hdr.ipv4.dst = jobs_value5;
                                    // gradient_aggregator.weft:55: p.udp.sport = 4242;
                                    hdr.udp.sport = 0x1092;
                                    // gradient_aggregator.weft:56: p.udp.dport = RESULTS;
                                    hdr.udp.dport = 0x1093;
                                    // gradient_aggregator.weft:57: multicast job.group
                                    if (jobs_value4 <= 0x7f00) {
                                        standard_metadata.mcast_grp = jobs_value4 + 1;
                                    }
                                    else {
                                        mark_to_drop(standard_metadata); // no such group can be served
                                    }
                                } else if (sums_contribute_verdict == 2) {
                                    // gradient_aggregator.weft:73: p.chunk.message = collective::Message::Result;
                                    hdr.chunk.message = 1;
                                    // gradient_aggregator.weft:74: p.chunk.lanes = sum;
                                    hdr.chunk.lanes = sums_contribute_total;
                                    bit<32> crc_2;
                                    hash(crc_2, HashAlgorithm.crc32_custom, 32w0, { 8w1, hdr.chunk.op, hdr.chunk.job, hdr.chunk.epoch, hdr.chunk.slot, hdr.chunk.worker, hdr.chunk.reserved, hdr.chunk.round, hdr.chunk.tag, sums_contribute_total }, 33w0x100000000);
                                    // gradient_aggregator.weft:75: p.chunk.crc = p.crc_with(sum);
                                    hdr.chunk.crc = crc_2;
                                    // gradient_aggregator.weft:61: reply
                                    swap_ends();
                                    standard_metadata.egress_spec = (bit<9>) meta.port;
                                } else {
                                    // gradient_aggregator.weft:68: refused.add(why);
                                    refused_add(4, meta.length);
                                    // gradient_aggregator.weft:69: drop
                                    mark_to_drop(standard_metadata);
                                }
                            } else {
                                // gradient_aggregator.weft:68: refused.add(why);
                                refused_add(3, meta.length);
                                // gradient_aggregator.weft:69: drop
                                mark_to_drop(standard_metadata);
                            }
                        }
                    } else {
                        // gradient_aggregator.weft:68: refused.add(why);
                        refused_add(2, meta.length);
                        // gradient_aggregator.weft:69: drop
                        mark_to_drop(standard_metadata);
                    }
                } else {
                    // gradient_aggregator.weft:68: refused.add(why);
                    refused_add(1, meta.length);
                    // gradient_aggregator.weft:69: drop
                    mark_to_drop(standard_metadata);
                }
            }
        } else if (hdr.arp.isValid() && (hdr.arp.operation == 1) && (hdr.arp.target_ip == 0xa0000fe)) {
            // gradient_aggregator.weft:94: p.arp.operation = 2;
            hdr.arp.operation = 2;
            // gradient_aggregator.weft:95: p.arp.target_mac = p.arp.sender_mac;
            hdr.arp.target_mac = hdr.arp.sender_mac;
            // gradient_aggregator.weft:96: p.arp.target_ip = p.arp.sender_ip;
            hdr.arp.target_ip = hdr.arp.sender_ip;
            // gradient_aggregator.weft:97: p.arp.sender_mac = OWN_MAC;
            hdr.arp.sender_mac = 0x200000000fe;
            // gradient_aggregator.weft:98: p.arp.sender_ip = ADDRESS;
            hdr.arp.sender_ip = 0xa0000fe;
            // gradient_aggregator.weft:99: p.eth.dst = OWN_MAC; // becomes the source
            hdr.eth.dst = 0x200000000fe;
            // gradient_aggregator.weft:100: reply;
            swap_ends();
            standard_metadata.egress_spec = (bit<9>) meta.port;
        } else {
            // gradient_aggregator.weft:103: on any (_) { drop }
            mark_to_drop(standard_metadata);
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta,
               inout standard_metadata_t standard_metadata) {
    bit<32> changes = 0; // of 16-bit words under a checksum

    apply {
        // inner_udp.checksum
        if (hdr.inner_udp.isValid()) {
            changes = 0;
            changes = changes + change16(meta.received_inner_udp_sport, hdr.inner_udp.sport);
            changes = changes + change16(meta.received_inner_udp_dport, hdr.inner_udp.dport);
            if (hdr.inner_ipv6.isValid()) {
                changes = changes + change16(meta.received_inner_ipv6_src[127:112], hdr.inner_ipv6.src[127:112]);
                changes = changes + change16(meta.received_inner_ipv6_src[111:96], hdr.inner_ipv6.src[111:96]);
                changes = changes + change16(meta.received_inner_ipv6_src[95:80], hdr.inner_ipv6.src[95:80]);
                changes = changes + change16(meta.received_inner_ipv6_src[79:64], hdr.inner_ipv6.src[79:64]);
                changes = changes + change16(meta.received_inner_ipv6_src[63:48], hdr.inner_ipv6.src[63:48]);
                changes = changes + change16(meta.received_inner_ipv6_src[47:32], hdr.inner_ipv6.src[47:32]);
                changes = changes + change16(meta.received_inner_ipv6_src[31:16], hdr.inner_ipv6.src[31:16]);
                changes = changes + change16(meta.received_inner_ipv6_src[15:0], hdr.inner_ipv6.src[15:0]);
                changes = changes + change16(meta.received_inner_ipv6_dst[127:112], hdr.inner_ipv6.dst[127:112]);
                changes = changes + change16(meta.received_inner_ipv6_dst[111:96], hdr.inner_ipv6.dst[111:96]);
                changes = changes + change16(meta.received_inner_ipv6_dst[95:80], hdr.inner_ipv6.dst[95:80]);
                changes = changes + change16(meta.received_inner_ipv6_dst[79:64], hdr.inner_ipv6.dst[79:64]);
                changes = changes + change16(meta.received_inner_ipv6_dst[63:48], hdr.inner_ipv6.dst[63:48]);
                changes = changes + change16(meta.received_inner_ipv6_dst[47:32], hdr.inner_ipv6.dst[47:32]);
                changes = changes + change16(meta.received_inner_ipv6_dst[31:16], hdr.inner_ipv6.dst[31:16]);
                changes = changes + change16(meta.received_inner_ipv6_dst[15:0], hdr.inner_ipv6.dst[15:0]);
            }
            else if (hdr.inner_ipv4.isValid()) {
                changes = changes + change16(meta.received_inner_ipv4_src[31:16], hdr.inner_ipv4.src[31:16]);
                changes = changes + change16(meta.received_inner_ipv4_src[15:0], hdr.inner_ipv4.src[15:0]);
                changes = changes + change16(meta.received_inner_ipv4_dst[31:16], hdr.inner_ipv4.dst[31:16]);
                changes = changes + change16(meta.received_inner_ipv4_dst[15:0], hdr.inner_ipv4.dst[15:0]);
            }
            hdr.inner_udp.checksum = updated_checksum_or_none(hdr.inner_udp.checksum, changes);
        }
        // inner_tcp.checksum
        if (hdr.inner_tcp.isValid()) {
            changes = 0;
            changes = changes + change16(meta.received_inner_tcp_sport, hdr.inner_tcp.sport);
            changes = changes + change16(meta.received_inner_tcp_dport, hdr.inner_tcp.dport);
            if (hdr.inner_ipv6.isValid()) {
                changes = changes + change16(meta.received_inner_ipv6_src[127:112], hdr.inner_ipv6.src[127:112]);
                changes = changes + change16(meta.received_inner_ipv6_src[111:96], hdr.inner_ipv6.src[111:96]);
                changes = changes + change16(meta.received_inner_ipv6_src[95:80], hdr.inner_ipv6.src[95:80]);
                changes = changes + change16(meta.received_inner_ipv6_src[79:64], hdr.inner_ipv6.src[79:64]);
                changes = changes + change16(meta.received_inner_ipv6_src[63:48], hdr.inner_ipv6.src[63:48]);
                changes = changes + change16(meta.received_inner_ipv6_src[47:32], hdr.inner_ipv6.src[47:32]);
                changes = changes + change16(meta.received_inner_ipv6_src[31:16], hdr.inner_ipv6.src[31:16]);
                changes = changes + change16(meta.received_inner_ipv6_src[15:0], hdr.inner_ipv6.src[15:0]);
                changes = changes + change16(meta.received_inner_ipv6_dst[127:112], hdr.inner_ipv6.dst[127:112]);
                changes = changes + change16(meta.received_inner_ipv6_dst[111:96], hdr.inner_ipv6.dst[111:96]);
                changes = changes + change16(meta.received_inner_ipv6_dst[95:80], hdr.inner_ipv6.dst[95:80]);
                changes = changes + change16(meta.received_inner_ipv6_dst[79:64], hdr.inner_ipv6.dst[79:64]);
                changes = changes + change16(meta.received_inner_ipv6_dst[63:48], hdr.inner_ipv6.dst[63:48]);
                changes = changes + change16(meta.received_inner_ipv6_dst[47:32], hdr.inner_ipv6.dst[47:32]);
                changes = changes + change16(meta.received_inner_ipv6_dst[31:16], hdr.inner_ipv6.dst[31:16]);
                changes = changes + change16(meta.received_inner_ipv6_dst[15:0], hdr.inner_ipv6.dst[15:0]);
            }
            else if (hdr.inner_ipv4.isValid()) {
                changes = changes + change16(meta.received_inner_ipv4_src[31:16], hdr.inner_ipv4.src[31:16]);
                changes = changes + change16(meta.received_inner_ipv4_src[15:0], hdr.inner_ipv4.src[15:0]);
                changes = changes + change16(meta.received_inner_ipv4_dst[31:16], hdr.inner_ipv4.dst[31:16]);
                changes = changes + change16(meta.received_inner_ipv4_dst[15:0], hdr.inner_ipv4.dst[15:0]);
            }
            hdr.inner_tcp.checksum = updated_checksum(hdr.inner_tcp.checksum, changes);
        }
        // inner_ipv4.checksum
        if (hdr.inner_ipv4.isValid()) {
            changes = 0;
            changes = changes + change16(meta.received_inner_ipv4_src[31:16], hdr.inner_ipv4.src[31:16]);
            changes = changes + change16(meta.received_inner_ipv4_src[15:0], hdr.inner_ipv4.src[15:0]);
            changes = changes + change16(meta.received_inner_ipv4_dst[31:16], hdr.inner_ipv4.dst[31:16]);
            changes = changes + change16(meta.received_inner_ipv4_dst[15:0], hdr.inner_ipv4.dst[15:0]);
            hdr.inner_ipv4.checksum = updated_checksum(hdr.inner_ipv4.checksum, changes);
        }
        // udp.checksum
        if (hdr.udp.isValid()) {
            changes = 0;
            changes = changes + change16(meta.received_udp_sport, hdr.udp.sport);
            changes = changes + change16(meta.received_udp_dport, hdr.udp.dport);
            if (hdr.inner_eth.isValid()) {
                changes = changes + change16(meta.received_inner_eth_dst[47:32], hdr.inner_eth.dst[47:32]);
                changes = changes + change16(meta.received_inner_eth_dst[31:16], hdr.inner_eth.dst[31:16]);
                changes = changes + change16(meta.received_inner_eth_dst[15:0], hdr.inner_eth.dst[15:0]);
                changes = changes + change16(meta.received_inner_eth_src[47:32], hdr.inner_eth.src[47:32]);
                changes = changes + change16(meta.received_inner_eth_src[31:16], hdr.inner_eth.src[31:16]);
                changes = changes + change16(meta.received_inner_eth_src[15:0], hdr.inner_eth.src[15:0]);
            }
            if (hdr.inner_ipv4.isValid()) {
                changes = changes + change16(meta.received_inner_ipv4_checksum, hdr.inner_ipv4.checksum);
                changes = changes + change16(meta.received_inner_ipv4_src[31:16], hdr.inner_ipv4.src[31:16]);
                changes = changes + change16(meta.received_inner_ipv4_src[15:0], hdr.inner_ipv4.src[15:0]);
                changes = changes + change16(meta.received_inner_ipv4_dst[31:16], hdr.inner_ipv4.dst[31:16]);
                changes = changes + change16(meta.received_inner_ipv4_dst[15:0], hdr.inner_ipv4.dst[15:0]);
            }
            if (hdr.inner_ipv6.isValid()) {
                changes = changes + change16(meta.received_inner_ipv6_src[127:112], hdr.inner_ipv6.src[127:112]);
                changes = changes + change16(meta.received_inner_ipv6_src[111:96], hdr.inner_ipv6.src[111:96]);
                changes = changes + change16(meta.received_inner_ipv6_src[95:80], hdr.inner_ipv6.src[95:80]);
                changes = changes + change16(meta.received_inner_ipv6_src[79:64], hdr.inner_ipv6.src[79:64]);
                changes = changes + change16(meta.received_inner_ipv6_src[63:48], hdr.inner_ipv6.src[63:48]);
                changes = changes + change16(meta.received_inner_ipv6_src[47:32], hdr.inner_ipv6.src[47:32]);
                changes = changes + change16(meta.received_inner_ipv6_src[31:16], hdr.inner_ipv6.src[31:16]);
                changes = changes + change16(meta.received_inner_ipv6_src[15:0], hdr.inner_ipv6.src[15:0]);
                changes = changes + change16(meta.received_inner_ipv6_dst[127:112], hdr.inner_ipv6.dst[127:112]);
                changes = changes + change16(meta.received_inner_ipv6_dst[111:96], hdr.inner_ipv6.dst[111:96]);
                changes = changes + change16(meta.received_inner_ipv6_dst[95:80], hdr.inner_ipv6.dst[95:80]);
                changes = changes + change16(meta.received_inner_ipv6_dst[79:64], hdr.inner_ipv6.dst[79:64]);
                changes = changes + change16(meta.received_inner_ipv6_dst[63:48], hdr.inner_ipv6.dst[63:48]);
                changes = changes + change16(meta.received_inner_ipv6_dst[47:32], hdr.inner_ipv6.dst[47:32]);
                changes = changes + change16(meta.received_inner_ipv6_dst[31:16], hdr.inner_ipv6.dst[31:16]);
                changes = changes + change16(meta.received_inner_ipv6_dst[15:0], hdr.inner_ipv6.dst[15:0]);
            }
            if (hdr.inner_tcp.isValid()) {
                changes = changes + change16(meta.received_inner_tcp_sport, hdr.inner_tcp.sport);
                changes = changes + change16(meta.received_inner_tcp_dport, hdr.inner_tcp.dport);
                changes = changes + change16(meta.received_inner_tcp_checksum, hdr.inner_tcp.checksum);
            }
            if (hdr.inner_udp.isValid()) {
                changes = changes + change16(meta.received_inner_udp_sport, hdr.inner_udp.sport);
                changes = changes + change16(meta.received_inner_udp_dport, hdr.inner_udp.dport);
                changes = changes + change16(meta.received_inner_udp_checksum, hdr.inner_udp.checksum);
            }
            if (hdr.chunk.isValid()) {
                changes = changes + change16(meta.received_chunk_message ++ hdr.chunk.op, hdr.chunk.message ++ hdr.chunk.op);
                changes = changes + change16(meta.received_chunk_crc[31:16], hdr.chunk.crc[31:16]);
                changes = changes + change16(meta.received_chunk_crc[15:0], hdr.chunk.crc[15:0]);
                changes = changes + change16(meta.received_chunk_lanes[2047:2032], hdr.chunk.lanes[2047:2032]);
                changes = changes + change16(meta.received_chunk_lanes[2031:2016], hdr.chunk.lanes[2031:2016]);
                changes = changes + change16(meta.received_chunk_lanes[2015:2000], hdr.chunk.lanes[2015:2000]);
                changes = changes + change16(meta.received_chunk_lanes[1999:1984], hdr.chunk.lanes[1999:1984]);
                changes = changes + change16(meta.received_chunk_lanes[1983:1968], hdr.chunk.lanes[1983:1968]);
                changes = changes + change16(meta.received_chunk_lanes[1967:1952], hdr.chunk.lanes[1967:1952]);
                changes = changes + change16(meta.received_chunk_lanes[1951:1936], hdr.chunk.lanes[1951:1936]);
                changes = changes + change16(meta.received_chunk_lanes[1935:1920], hdr.chunk.lanes[1935:1920]);
                changes = changes + change16(meta.received_chunk_lanes[1919:1904], hdr.chunk.lanes[1919:1904]);
                changes = changes + change16(meta.received_chunk_lanes[1903:1888], hdr.chunk.lanes[1903:1888]);
                changes = changes + change16(meta.received_chunk_lanes[1887:1872], hdr.chunk.lanes[1887:1872]);
                changes = changes + change16(meta.received_chunk_lanes[1871:1856], hdr.chunk.lanes[1871:1856]);
                changes = changes + change16(meta.received_chunk_lanes[1855:1840], hdr.chunk.lanes[1855:1840]);
                changes = changes + change16(meta.received_chunk_lanes[1839:1824], hdr.chunk.lanes[1839:1824]);
                changes = changes + change16(meta.received_chunk_lanes[1823:1808], hdr.chunk.lanes[1823:1808]);
                changes = changes + change16(meta.received_chunk_lanes[1807:1792], hdr.chunk.lanes[1807:1792]);
                changes = changes + change16(meta.received_chunk_lanes[1791:1776], hdr.chunk.lanes[1791:1776]);
                changes = changes + change16(meta.received_chunk_lanes[1775:1760], hdr.chunk.lanes[1775:1760]);
                changes = changes + change16(meta.received_chunk_lanes[1759:1744], hdr.chunk.lanes[1759:1744]);
                changes = changes + change16(meta.received_chunk_lanes[1743:1728], hdr.chunk.lanes[1743:1728]);
                changes = changes + change16(meta.received_chunk_lanes[1727:1712], hdr.chunk.lanes[1727:1712]);
                changes = changes + change16(meta.received_chunk_lanes[1711:1696], hdr.chunk.lanes[1711:1696]);
                changes = changes + change16(meta.received_chunk_lanes[1695:1680], hdr.chunk.lanes[1695:1680]);
                changes = changes + change16(meta.received_chunk_lanes[1679:1664], hdr.chunk.lanes[1679:1664]);
                changes = changes + change16(meta.received_chunk_lanes[1663:1648], hdr.chunk.lanes[1663:1648]);
                changes = changes + change16(meta.received_chunk_lanes[1647:1632], hdr.chunk.lanes[1647:1632]);
                changes = changes + change16(meta.received_chunk_lanes[1631:1616], hdr.chunk.lanes[1631:1616]);
                changes = changes + change16(meta.received_chunk_lanes[1615:1600], hdr.chunk.lanes[1615:1600]);
                changes = changes + change16(meta.received_chunk_lanes[1599:1584], hdr.chunk.lanes[1599:1584]);
                changes = changes + change16(meta.received_chunk_lanes[1583:1568], hdr.chunk.lanes[1583:1568]);
                changes = changes + change16(meta.received_chunk_lanes[1567:1552], hdr.chunk.lanes[1567:1552]);
                changes = changes + change16(meta.received_chunk_lanes[1551:1536], hdr.chunk.lanes[1551:1536]);
                changes = changes + change16(meta.received_chunk_lanes[1535:1520], hdr.chunk.lanes[1535:1520]);
                changes = changes + change16(meta.received_chunk_lanes[1519:1504], hdr.chunk.lanes[1519:1504]);
                changes = changes + change16(meta.received_chunk_lanes[1503:1488], hdr.chunk.lanes[1503:1488]);
                changes = changes + change16(meta.received_chunk_lanes[1487:1472], hdr.chunk.lanes[1487:1472]);
                changes = changes + change16(meta.received_chunk_lanes[1471:1456], hdr.chunk.lanes[1471:1456]);
                changes = changes + change16(meta.received_chunk_lanes[1455:1440], hdr.chunk.lanes[1455:1440]);
                changes = changes + change16(meta.received_chunk_lanes[1439:1424], hdr.chunk.lanes[1439:1424]);
                changes = changes + change16(meta.received_chunk_lanes[1423:1408], hdr.chunk.lanes[1423:1408]);
                changes = changes + change16(meta.received_chunk_lanes[1407:1392], hdr.chunk.lanes[1407:1392]);
                changes = changes + change16(meta.received_chunk_lanes[1391:1376], hdr.chunk.lanes[1391:1376]);
                changes = changes + change16(meta.received_chunk_lanes[1375:1360], hdr.chunk.lanes[1375:1360]);
                changes = changes + change16(meta.received_chunk_lanes[1359:1344], hdr.chunk.lanes[1359:1344]);
                changes = changes + change16(meta.received_chunk_lanes[1343:1328], hdr.chunk.lanes[1343:1328]);
                changes = changes + change16(meta.received_chunk_lanes[1327:1312], hdr.chunk.lanes[1327:1312]);
                changes = changes + change16(meta.received_chunk_lanes[1311:1296], hdr.chunk.lanes[1311:1296]);
                changes = changes + change16(meta.received_chunk_lanes[1295:1280], hdr.chunk.lanes[1295:1280]);
                changes = changes + change16(meta.received_chunk_lanes[1279:1264], hdr.chunk.lanes[1279:1264]);
                changes = changes + change16(meta.received_chunk_lanes[1263:1248], hdr.chunk.lanes[1263:1248]);
                changes = changes + change16(meta.received_chunk_lanes[1247:1232], hdr.chunk.lanes[1247:1232]);
                changes = changes + change16(meta.received_chunk_lanes[1231:1216], hdr.chunk.lanes[1231:1216]);
                changes = changes + change16(meta.received_chunk_lanes[1215:1200], hdr.chunk.lanes[1215:1200]);
                changes = changes + change16(meta.received_chunk_lanes[1199:1184], hdr.chunk.lanes[1199:1184]);
                changes = changes + change16(meta.received_chunk_lanes[1183:1168], hdr.chunk.lanes[1183:1168]);
                changes = changes + change16(meta.received_chunk_lanes[1167:1152], hdr.chunk.lanes[1167:1152]);
                changes = changes + change16(meta.received_chunk_lanes[1151:1136], hdr.chunk.lanes[1151:1136]);
                changes = changes + change16(meta.received_chunk_lanes[1135:1120], hdr.chunk.lanes[1135:1120]);
                changes = changes + change16(meta.received_chunk_lanes[1119:1104], hdr.chunk.lanes[1119:1104]);
                changes = changes + change16(meta.received_chunk_lanes[1103:1088], hdr.chunk.lanes[1103:1088]);
                changes = changes + change16(meta.received_chunk_lanes[1087:1072], hdr.chunk.lanes[1087:1072]);
                changes = changes + change16(meta.received_chunk_lanes[1071:1056], hdr.chunk.lanes[1071:1056]);
                changes = changes + change16(meta.received_chunk_lanes[1055:1040], hdr.chunk.lanes[1055:1040]);
                changes = changes + change16(meta.received_chunk_lanes[1039:1024], hdr.chunk.lanes[1039:1024]);
                changes = changes + change16(meta.received_chunk_lanes[1023:1008], hdr.chunk.lanes[1023:1008]);
                changes = changes + change16(meta.received_chunk_lanes[1007:992], hdr.chunk.lanes[1007:992]);
                changes = changes + change16(meta.received_chunk_lanes[991:976], hdr.chunk.lanes[991:976]);
                changes = changes + change16(meta.received_chunk_lanes[975:960], hdr.chunk.lanes[975:960]);
                changes = changes + change16(meta.received_chunk_lanes[959:944], hdr.chunk.lanes[959:944]);
                changes = changes + change16(meta.received_chunk_lanes[943:928], hdr.chunk.lanes[943:928]);
                changes = changes + change16(meta.received_chunk_lanes[927:912], hdr.chunk.lanes[927:912]);
                changes = changes + change16(meta.received_chunk_lanes[911:896], hdr.chunk.lanes[911:896]);
                changes = changes + change16(meta.received_chunk_lanes[895:880], hdr.chunk.lanes[895:880]);
                changes = changes + change16(meta.received_chunk_lanes[879:864], hdr.chunk.lanes[879:864]);
                changes = changes + change16(meta.received_chunk_lanes[863:848], hdr.chunk.lanes[863:848]);
                changes = changes + change16(meta.received_chunk_lanes[847:832], hdr.chunk.lanes[847:832]);
                changes = changes + change16(meta.received_chunk_lanes[831:816], hdr.chunk.lanes[831:816]);
                changes = changes + change16(meta.received_chunk_lanes[815:800], hdr.chunk.lanes[815:800]);
                changes = changes + change16(meta.received_chunk_lanes[799:784], hdr.chunk.lanes[799:784]);
                changes = changes + change16(meta.received_chunk_lanes[783:768], hdr.chunk.lanes[783:768]);
                changes = changes + change16(meta.received_chunk_lanes[767:752], hdr.chunk.lanes[767:752]);
                changes = changes + change16(meta.received_chunk_lanes[751:736], hdr.chunk.lanes[751:736]);
                changes = changes + change16(meta.received_chunk_lanes[735:720], hdr.chunk.lanes[735:720]);
                changes = changes + change16(meta.received_chunk_lanes[719:704], hdr.chunk.lanes[719:704]);
                changes = changes + change16(meta.received_chunk_lanes[703:688], hdr.chunk.lanes[703:688]);
                changes = changes + change16(meta.received_chunk_lanes[687:672], hdr.chunk.lanes[687:672]);
                changes = changes + change16(meta.received_chunk_lanes[671:656], hdr.chunk.lanes[671:656]);
                changes = changes + change16(meta.received_chunk_lanes[655:640], hdr.chunk.lanes[655:640]);
                changes = changes + change16(meta.received_chunk_lanes[639:624], hdr.chunk.lanes[639:624]);
                changes = changes + change16(meta.received_chunk_lanes[623:608], hdr.chunk.lanes[623:608]);
                changes = changes + change16(meta.received_chunk_lanes[607:592], hdr.chunk.lanes[607:592]);
                changes = changes + change16(meta.received_chunk_lanes[591:576], hdr.chunk.lanes[591:576]);
                changes = changes + change16(meta.received_chunk_lanes[575:560], hdr.chunk.lanes[575:560]);
                changes = changes + change16(meta.received_chunk_lanes[559:544], hdr.chunk.lanes[559:544]);
                changes = changes + change16(meta.received_chunk_lanes[543:528], hdr.chunk.lanes[543:528]);
                changes = changes + change16(meta.received_chunk_lanes[527:512], hdr.chunk.lanes[527:512]);
                changes = changes + change16(meta.received_chunk_lanes[511:496], hdr.chunk.lanes[511:496]);
                changes = changes + change16(meta.received_chunk_lanes[495:480], hdr.chunk.lanes[495:480]);
                changes = changes + change16(meta.received_chunk_lanes[479:464], hdr.chunk.lanes[479:464]);
                changes = changes + change16(meta.received_chunk_lanes[463:448], hdr.chunk.lanes[463:448]);
                changes = changes + change16(meta.received_chunk_lanes[447:432], hdr.chunk.lanes[447:432]);
                changes = changes + change16(meta.received_chunk_lanes[431:416], hdr.chunk.lanes[431:416]);
                changes = changes + change16(meta.received_chunk_lanes[415:400], hdr.chunk.lanes[415:400]);
                changes = changes + change16(meta.received_chunk_lanes[399:384], hdr.chunk.lanes[399:384]);
                changes = changes + change16(meta.received_chunk_lanes[383:368], hdr.chunk.lanes[383:368]);
                changes = changes + change16(meta.received_chunk_lanes[367:352], hdr.chunk.lanes[367:352]);
                changes = changes + change16(meta.received_chunk_lanes[351:336], hdr.chunk.lanes[351:336]);
                changes = changes + change16(meta.received_chunk_lanes[335:320], hdr.chunk.lanes[335:320]);
                changes = changes + change16(meta.received_chunk_lanes[319:304], hdr.chunk.lanes[319:304]);
                changes = changes + change16(meta.received_chunk_lanes[303:288], hdr.chunk.lanes[303:288]);
                changes = changes + change16(meta.received_chunk_lanes[287:272], hdr.chunk.lanes[287:272]);
                changes = changes + change16(meta.received_chunk_lanes[271:256], hdr.chunk.lanes[271:256]);
                changes = changes + change16(meta.received_chunk_lanes[255:240], hdr.chunk.lanes[255:240]);
                changes = changes + change16(meta.received_chunk_lanes[239:224], hdr.chunk.lanes[239:224]);
                changes = changes + change16(meta.received_chunk_lanes[223:208], hdr.chunk.lanes[223:208]);
                changes = changes + change16(meta.received_chunk_lanes[207:192], hdr.chunk.lanes[207:192]);
                changes = changes + change16(meta.received_chunk_lanes[191:176], hdr.chunk.lanes[191:176]);
                changes = changes + change16(meta.received_chunk_lanes[175:160], hdr.chunk.lanes[175:160]);
                changes = changes + change16(meta.received_chunk_lanes[159:144], hdr.chunk.lanes[159:144]);
                changes = changes + change16(meta.received_chunk_lanes[143:128], hdr.chunk.lanes[143:128]);
                changes = changes + change16(meta.received_chunk_lanes[127:112], hdr.chunk.lanes[127:112]);
                changes = changes + change16(meta.received_chunk_lanes[111:96], hdr.chunk.lanes[111:96]);
                changes = changes + change16(meta.received_chunk_lanes[95:80], hdr.chunk.lanes[95:80]);
                changes = changes + change16(meta.received_chunk_lanes[79:64], hdr.chunk.lanes[79:64]);
                changes = changes + change16(meta.received_chunk_lanes[63:48], hdr.chunk.lanes[63:48]);
                changes = changes + change16(meta.received_chunk_lanes[47:32], hdr.chunk.lanes[47:32]);
                changes = changes + change16(meta.received_chunk_lanes[31:16], hdr.chunk.lanes[31:16]);
                changes = changes + change16(meta.received_chunk_lanes[15:0], hdr.chunk.lanes[15:0]);
            }
            if (hdr.ipv6.isValid()) {
                changes = changes + change16(meta.received_ipv6_src[127:112], hdr.ipv6.src[127:112]);
                changes = changes + change16(meta.received_ipv6_src[111:96], hdr.ipv6.src[111:96]);
                changes = changes + change16(meta.received_ipv6_src[95:80], hdr.ipv6.src[95:80]);
                changes = changes + change16(meta.received_ipv6_src[79:64], hdr.ipv6.src[79:64]);
                changes = changes + change16(meta.received_ipv6_src[63:48], hdr.ipv6.src[63:48]);
                changes = changes + change16(meta.received_ipv6_src[47:32], hdr.ipv6.src[47:32]);
                changes = changes + change16(meta.received_ipv6_src[31:16], hdr.ipv6.src[31:16]);
                changes = changes + change16(meta.received_ipv6_src[15:0], hdr.ipv6.src[15:0]);
                changes = changes + change16(meta.received_ipv6_dst[127:112], hdr.ipv6.dst[127:112]);
                changes = changes + change16(meta.received_ipv6_dst[111:96], hdr.ipv6.dst[111:96]);
                changes = changes + change16(meta.received_ipv6_dst[95:80], hdr.ipv6.dst[95:80]);
                changes = changes + change16(meta.received_ipv6_dst[79:64], hdr.ipv6.dst[79:64]);
                changes = changes + change16(meta.received_ipv6_dst[63:48], hdr.ipv6.dst[63:48]);
                changes = changes + change16(meta.received_ipv6_dst[47:32], hdr.ipv6.dst[47:32]);
                changes = changes + change16(meta.received_ipv6_dst[31:16], hdr.ipv6.dst[31:16]);
                changes = changes + change16(meta.received_ipv6_dst[15:0], hdr.ipv6.dst[15:0]);
            }
            else if (hdr.ipv4.isValid()) {
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
            if (hdr.ipv6.isValid()) {
                changes = changes + change16(meta.received_ipv6_src[127:112], hdr.ipv6.src[127:112]);
                changes = changes + change16(meta.received_ipv6_src[111:96], hdr.ipv6.src[111:96]);
                changes = changes + change16(meta.received_ipv6_src[95:80], hdr.ipv6.src[95:80]);
                changes = changes + change16(meta.received_ipv6_src[79:64], hdr.ipv6.src[79:64]);
                changes = changes + change16(meta.received_ipv6_src[63:48], hdr.ipv6.src[63:48]);
                changes = changes + change16(meta.received_ipv6_src[47:32], hdr.ipv6.src[47:32]);
                changes = changes + change16(meta.received_ipv6_src[31:16], hdr.ipv6.src[31:16]);
                changes = changes + change16(meta.received_ipv6_src[15:0], hdr.ipv6.src[15:0]);
                changes = changes + change16(meta.received_ipv6_dst[127:112], hdr.ipv6.dst[127:112]);
                changes = changes + change16(meta.received_ipv6_dst[111:96], hdr.ipv6.dst[111:96]);
                changes = changes + change16(meta.received_ipv6_dst[95:80], hdr.ipv6.dst[95:80]);
                changes = changes + change16(meta.received_ipv6_dst[79:64], hdr.ipv6.dst[79:64]);
                changes = changes + change16(meta.received_ipv6_dst[63:48], hdr.ipv6.dst[63:48]);
                changes = changes + change16(meta.received_ipv6_dst[47:32], hdr.ipv6.dst[47:32]);
                changes = changes + change16(meta.received_ipv6_dst[31:16], hdr.ipv6.dst[31:16]);
                changes = changes + change16(meta.received_ipv6_dst[15:0], hdr.ipv6.dst[15:0]);
            }
            else if (hdr.ipv4.isValid()) {
                changes = changes + change16(meta.received_ipv4_src[31:16], hdr.ipv4.src[31:16]);
                changes = changes + change16(meta.received_ipv4_src[15:0], hdr.ipv4.src[15:0]);
                changes = changes + change16(meta.received_ipv4_dst[31:16], hdr.ipv4.dst[31:16]);
                changes = changes + change16(meta.received_ipv4_dst[15:0], hdr.ipv4.dst[15:0]);
            }
            hdr.tcp.checksum = updated_checksum(hdr.tcp.checksum, changes);
        }
        // icmpv6.checksum
        if (hdr.icmpv6.isValid()) {
            changes = 0;
            if (hdr.ipv6.isValid()) {
                changes = changes + change16(meta.received_ipv6_src[127:112], hdr.ipv6.src[127:112]);
                changes = changes + change16(meta.received_ipv6_src[111:96], hdr.ipv6.src[111:96]);
                changes = changes + change16(meta.received_ipv6_src[95:80], hdr.ipv6.src[95:80]);
                changes = changes + change16(meta.received_ipv6_src[79:64], hdr.ipv6.src[79:64]);
                changes = changes + change16(meta.received_ipv6_src[63:48], hdr.ipv6.src[63:48]);
                changes = changes + change16(meta.received_ipv6_src[47:32], hdr.ipv6.src[47:32]);
                changes = changes + change16(meta.received_ipv6_src[31:16], hdr.ipv6.src[31:16]);
                changes = changes + change16(meta.received_ipv6_src[15:0], hdr.ipv6.src[15:0]);
                changes = changes + change16(meta.received_ipv6_dst[127:112], hdr.ipv6.dst[127:112]);
                changes = changes + change16(meta.received_ipv6_dst[111:96], hdr.ipv6.dst[111:96]);
                changes = changes + change16(meta.received_ipv6_dst[95:80], hdr.ipv6.dst[95:80]);
                changes = changes + change16(meta.received_ipv6_dst[79:64], hdr.ipv6.dst[79:64]);
                changes = changes + change16(meta.received_ipv6_dst[63:48], hdr.ipv6.dst[63:48]);
                changes = changes + change16(meta.received_ipv6_dst[47:32], hdr.ipv6.dst[47:32]);
                changes = changes + change16(meta.received_ipv6_dst[31:16], hdr.ipv6.dst[31:16]);
                changes = changes + change16(meta.received_ipv6_dst[15:0], hdr.ipv6.dst[15:0]);
            }
            hdr.icmpv6.checksum = updated_checksum(hdr.icmpv6.checksum, changes);
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
        packet.emit(hdr.icmpv6);
        packet.emit(hdr.tcp);
        packet.emit(hdr.udp);
        packet.emit(hdr.gre);
        packet.emit(hdr.vxlan);
        packet.emit(hdr.inner_eth);
        packet.emit(hdr.inner_ipv4);
        packet.emit(hdr.inner_ipv6);
        packet.emit(hdr.inner_tcp);
        packet.emit(hdr.inner_udp);
        packet.emit(hdr.chunk);
    }
}

V1Switch(PacketParser(), VerifyNothing(), ingress(), egress(), ComputeNothing(), PacketDeparser()) main;
