// What a manifest can describe, written by hand; described.p4info.txtpb is p4c's description of it.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> kind;
}

@id(0x04000001) @controller_header("packet_in") header packet_in_t {
    bit<16> record;
    bit<32> sequence;
}

struct headers_t {
    packet_in_t packet_in;
    ethernet_t ethernet;
}

struct metadata_t {
    bit<32> ip;
    bit<128> wide;
    bit<16> port;
    bit<2> class;
    bit<32> threshold;
}

parser ThisParser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                  inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.ethernet);
        transition accept;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    @id(0x16000001) register<bit<32>>(1) packets_seen;
    @id(0x16000002) register<bit<32>>(1) digests_sent;
    @id(0x16000003) register<bit<1>>(64) known__used;
    @id(0x16000004) register<bit<56>>(128) known__key0__word1;

    @id(0x01000001) action routes_hit(@id(1) bit<16> value0, @id(2) bit<48> value1) {
        standard_metadata.egress_spec = (bit<9>) value0;
        hdr.ethernet.dst = value1;
    }
    @id(0x01000002) action routes_miss() {
        mark_to_drop(standard_metadata);
    }
    @id(0x02000001) table routes_1 {
        key = {
            meta.ip: lpm @name("key0");
        }
        actions = {
            routes_hit;
            @defaultonly routes_miss;
        }
        const default_action = routes_miss();
        size = 1024;
    }
    @id(0x02000002) table routes_2 {
        key = {
            meta.ip: lpm @name("key0");
        }
        actions = {
            routes_hit;
            @defaultonly routes_miss;
        }
        const default_action = routes_miss();
        size = 1024;
    }
    @id(0x01000003) action rules_hit() {
        mark_to_drop(standard_metadata);
    }
    @id(0x01000004) action rules_miss() {
    }
    @id(0x02000003) table rules {
        key = {
            meta.wide: ternary @name("key0");
            meta.port: range @name("key1");
            meta.class: exact @name("key2");
        }
        actions = {
            rules_hit;
            @defaultonly rules_miss;
        }
        const default_action = rules_miss();
        size = 7;
    }
    @id(0x01000005) action copies_hit(@id(1) bit<48> value0) {
        hdr.ethernet.src = value0;
    }
    @id(0x01000006) action copies_miss() {
    }
    @id(0x02000004) table routes {
        key = {
            meta.threshold: exact @name("index");
        }
        actions = {
            copies_hit;
            @defaultonly copies_miss;
        }
        const default_action = copies_miss();
        size = 4;
    }
    @id(0x01000007) action set_tunables(@id(1) bit<32> new_threshold, @id(2) bit<7> new_share) {
        meta.threshold = new_threshold;
        meta.class = (bit<2>) new_share;
    }
    @id(0x02000005) table tunables {
        key = {}
        actions = { set_tunables; }
        default_action = set_tunables(5000, 96);
    }
    @hidden action seen() {
        bit<32> packets;
        packets_seen.read(packets, 0);
        packets_seen.write(0, packets + 1);
        digests_sent.write(0, packets);
        known__used.write(0, 1);
        known__key0__word1.write(0, 1);
    }
    apply {
        seen();
        tunables.apply();
        if (meta.threshold == 0) {
            routes_1.apply();
        } else {
            routes_2.apply();
        }
        rules.apply();
        routes.apply();
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    @id(0x16000005) register<bit<24>>(64) routes;
    apply {
        routes.write(0, 1);
    }
}

control Nothing(inout headers_t hdr, inout metadata_t meta) {
    apply {}
}

control ThisDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}

V1Switch(ThisParser(), Nothing(), ingress(), egress(), Nothing(), ThisDeparser()) main;
