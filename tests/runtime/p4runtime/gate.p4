// The tables of the gate program and nothing else: what a switch needs to be deployed to.
#include <core.p4>
#include <v1model.p4>

header key_h {
    bit<32> address; bit<8> protocol; bit<8> ttl; bit<16> port; bit<48> mac; bit<9> slot; bit<9> cell; bit<2> share;
    bit<4> pad;
}
struct headers_t { key_h key; }
struct meta_t { bit<64> value; bit<32> limit; bit<1> strict; }

parser P(packet_in packet, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { packet.extract(h.key); transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t s) { apply { } }
control D(packet_out packet, in headers_t h) { apply { packet.emit(h.key); } }

control ingress(inout headers_t h, inout meta_t m, inout standard_metadata_t s) {
    @id(0x16000001) register<bit<32>>(1) packets_seen;

    @id(0x01000010) action hosts_hit(@id(1) bit<16> v0, @id(2) bit<48> v1) { m.value = v1 ++ v0; }
    @id(0x01000011) action hosts_miss() { }
    @id(0x02000010) table hosts {
        key = { h.key.address: exact @id(1) @name("k0"); }
        actions = { hosts_hit; @defaultonly hosts_miss; }
        const default_action = hosts_miss();
        size = 8;
    }
    @id(0x01000020) action routes_hit(@id(1) bit<16> v0) { m.value = (bit<64>)v0; }
    @id(0x01000021) action routes_miss() { }
    @id(0x02000020) table routes {
        key = { h.key.address: lpm @id(1) @name("k0"); }
        actions = { routes_hit; @defaultonly routes_miss; }
        const default_action = routes_miss();
        size = 16;
    }
    @id(0x01000030) action rules_hit(@id(1) bit<1> v0, @id(2) bit<10> v1) { m.value = (bit<64>)(v0 ++ v1); }
    @id(0x01000031) action rules_miss() { }
    @id(0x02000030) table rules {
        key = {
            h.key.address: ternary @id(1) @name("k0");
            h.key.port: range @id(2) @name("k1");
            h.key.protocol: exact @id(3) @name("k2");
        }
        actions = { rules_hit; @defaultonly rules_miss; }
        const default_action = rules_miss();
        size = 32;
    }
    @id(0x02000031) table rules__2 {
        key = {
            h.key.address: ternary @id(1) @name("k0");
            h.key.port: range @id(2) @name("k1");
            h.key.protocol: exact @id(3) @name("k2");
        }
        actions = { rules_hit; @defaultonly rules_miss; }
        const default_action = rules_miss();
        size = 32;
    }
    @id(0x01000040) action zones_hit(@id(1) bit<16> v0) { m.value = (bit<64>)v0; }
    @id(0x01000041) action zones_miss() { }
    @id(0x02000040) table zones {
        key = { h.key.address: lpm @id(1) @name("k0"); h.key.ttl: ternary @id(2) @name("k1"); }
        actions = { zones_hit; @defaultonly zones_miss; }
        const default_action = zones_miss();
        size = 16;
    }
    @id(0x01000050) action blocked_hit() { m.value = 1; }
    @id(0x01000051) action blocked_miss() { }
    @id(0x02000050) table blocked {
        key = { h.key.mac: exact @id(1) @name("k0"); }
        actions = { blocked_hit; @defaultonly blocked_miss; }
        const default_action = blocked_miss();
        size = 4;
    }
    @id(0x01000060) action weights_hit(@id(1) bit<16> v0, @id(2) bit<16> v1) { m.value = (bit<64>)(v0 ++ v1); }
    @id(0x01000061) action weights_miss() { }
    @id(0x02000060) table weights {
        key = { h.key.ttl: exact @id(1) @name("k0"); }
        actions = { weights_hit; @defaultonly weights_miss; }
        const default_action = weights_miss();
        size = 4;
    }
    @id(0x01000070) action slots_hit(@id(1) bit<16> v0) { m.value = (bit<64>)v0; }
    @id(0x01000071) action slots_miss() { }
    @id(0x02000070) table slots {
        key = { h.key.slot: exact @id(1) @name("k0"); }
        actions = { slots_hit; @defaultonly slots_miss; }
        const default_action = slots_miss();
        size = 300;
    }
    @id(0x01000080) action sessions__order_hit(@id(1) bit<16> v0) { m.value = (bit<64>)v0; }
    @id(0x01000081) action sessions__order_miss() { }
    @id(0x02000080) table sessions__order {
        key = { h.key.cell: exact @id(1) @name("k0"); }
        actions = { sessions__order_hit; @defaultonly sessions__order_miss; }
        const default_action = sessions__order_miss();
        size = 512;
    }
    @id(0x01000090) action sessions__length_hit(@id(1) bit<32> v0) { m.value = (bit<64>)v0; }
    @id(0x01000091) action sessions__length_miss() { }
    @id(0x02000090) table sessions__length {
        key = { h.key.share: exact @id(1) @name("k0"); }
        actions = { sessions__length_hit; @defaultonly sessions__length_miss; }
        const default_action = sessions__length_miss();
        size = 4;
    }
    @id(0x01000100) action set_tunables(@id(1) bit<32> v0, @id(2) bit<1> v1) { m.limit = v0; m.strict = v1; }
    @id(0x02000100) table tunables {
        actions = { set_tunables; }
        default_action = set_tunables(1000, 0);
    }

    apply {
        packets_seen.write(0, 1);
        tunables.apply();
        hosts.apply();
        routes.apply();
        rules.apply();
        rules__2.apply();
        zones.apply();
        blocked.apply();
        weights.apply();
        slots.apply();
        sessions__order.apply();
        sessions__length.apply();
        if (m.value == 0 && m.strict == 1) { mark_to_drop(s); }
        h.key.mac = (bit<48>)m.value;
        s.egress_spec = 1;
    }
}

V1Switch(P(), V(), ingress(), E(), C(), D()) main;
