/* Rules, one of a name, that the software eSwitch is asked for; says of each whether it has it, or why not. */
#define ALLOW_EXPERIMENTAL_API
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_flow.h>

#include "device.h"

/* There are two ports; no packet comes by them. */
int rte_eth_dev_is_valid_port(uint16_t port) { return port < 2; }

static const struct rte_flow_item_ethdev port0 = {.port_id = 0}, any_port = {.port_id = UINT16_MAX};
static const struct rte_flow_item_eth no_eth;
static const struct rte_flow_item_ipv4 no_ipv4;
static const struct rte_flow_item_udp no_udp;
static const struct rte_flow_action_ethdev to1 = {.port_id = 1}, to7 = {.port_id = 7};

#define PORT {.type = RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT, .spec = &port0, .mask = &any_port}
#define ETH {.type = RTE_FLOW_ITEM_TYPE_ETH, .mask = &no_eth}
#define IPV4(m, s) {.type = RTE_FLOW_ITEM_TYPE_IPV4, .mask = m, .spec = s}
#define UDP(m, s) {.type = RTE_FLOW_ITEM_TYPE_UDP, .mask = m, .spec = s}
#define INTEGRITY(m, s) {.type = RTE_FLOW_ITEM_TYPE_INTEGRITY, .mask = m, .spec = s}
#define END_ITEM {.type = RTE_FLOW_ITEM_TYPE_END}
#define SEND {RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &to1}
#define DROP {RTE_FLOW_ACTION_TYPE_DROP, NULL}
#define WRITE(w) {RTE_FLOW_ACTION_TYPE_MODIFY_FIELD, w}
#define END_ACTION {RTE_FLOW_ACTION_TYPE_END, NULL}

static void attempt(const char *name, const struct rte_flow_attr *attr, const struct rte_flow_item *items,
                    const struct rte_flow_action *actions)
{
    struct rte_flow_error error = {0};
    struct rte_flow *flow = rte_flow_create(0, attr, items, actions, &error);
    printf("%s: %s\n", name, flow ? "made" : error.message);
    if (flow)
        rte_flow_destroy(0, flow, &error);
}

#define TRY(name, attr, items, actions) attempt(name, attr, items, actions)
#define ITEMS(...) (const struct rte_flow_item[]) { __VA_ARGS__, END_ITEM }
#define ACTIONS(...) (const struct rte_flow_action[]) { __VA_ARGS__, END_ACTION }

static struct rte_flow_action_modify_field writing(enum rte_flow_field_id field, uint32_t width)
{
    return (struct rte_flow_action_modify_field){
        .operation = RTE_FLOW_MODIFY_SET, .dst = {.field = field}, .src = {.field = RTE_FLOW_FIELD_VALUE}, .width = width};
}

static const struct rte_flow_attr rules = {.group = 1, .transfer = 1};

static void try_patterns(void)
{
    const struct rte_flow_item_ipv4 length = {.hdr.total_length = RTE_BE16(0xffff)};
    const struct rte_flow_item_ipv4 part = {.hdr.fragment_offset = RTE_BE16(0x1fff)};
    const struct rte_flow_item_ipv4 whole = {.hdr.fragment_offset = RTE_BE16(0x3fff)};
    const struct rte_flow_item_ipv4 fragment = {.hdr.fragment_offset = RTE_BE16(0x2000)};
    const struct rte_flow_item_ipv4 network = {.hdr.src_addr = RTE_BE32(0xffff0000)};
    const struct rte_flow_item_ipv4 host = {.hdr.src_addr = RTE_BE32(0x0a000001)};
    const struct rte_flow_item_udp checksum = {.hdr.dgram_cksum = RTE_BE16(0xffff)};
    struct rte_flow_item_integrity l4 = {0}, none = {0}, packet = {0};
    l4.l4_ok = packet.packet_ok = 1;
    TRY("plain", &rules, ITEMS(PORT, ETH, IPV4(&no_ipv4, NULL), UDP(&no_udp, NULL)), ACTIONS(SEND));
    TRY("no fragments", &rules, ITEMS(PORT, ETH, IPV4(&whole, &no_ipv4)), ACTIONS(SEND));
    TRY("l4 without l3", &rules, ITEMS(PORT, ETH, UDP(&no_udp, NULL)), ACTIONS(SEND));
    TRY("l3 behind l4", &rules, ITEMS(PORT, IPV4(&no_ipv4, NULL), UDP(&no_udp, NULL), IPV4(&no_ipv4, NULL)), ACTIONS(SEND));
    TRY("length", &rules, ITEMS(PORT, ETH, IPV4(&length, NULL)), ACTIONS(SEND));
    TRY("checksum", &rules, ITEMS(PORT, ETH, IPV4(&no_ipv4, NULL), UDP(&checksum, NULL)), ACTIONS(SEND));
    TRY("part of the fragment offset", &rules, ITEMS(PORT, ETH, IPV4(&part, &no_ipv4)), ACTIONS(SEND));
    TRY("fragments", &rules, ITEMS(PORT, ETH, IPV4(&whole, &fragment)), ACTIONS(SEND));
    TRY("value beyond its mask", &rules, ITEMS(PORT, ETH, IPV4(&network, &host)), ACTIONS(SEND));
    TRY("no mask", &rules, ITEMS(PORT, ETH, IPV4(NULL, &host)), ACTIONS(SEND));
    TRY("integrity of no l4", &rules, ITEMS(PORT, INTEGRITY(&l4, &l4), ETH, IPV4(&no_ipv4, NULL)), ACTIONS(SEND));
    TRY("negative integrity", &rules,
        ITEMS(PORT, INTEGRITY(&l4, &none), ETH, IPV4(&no_ipv4, NULL), UDP(&no_udp, NULL)), ACTIONS(SEND));
    TRY("unknown integrity", &rules, ITEMS(PORT, INTEGRITY(&packet, &packet), ETH), ACTIONS(SEND));
}

static void try_actions(void)
{
    const struct rte_flow_action_modify_field port = writing(RTE_FLOW_FIELD_UDP_PORT_SRC, 16);
    const struct rte_flow_action_modify_field tag = writing(RTE_FLOW_FIELD_VLAN_ID, 12);
    const struct rte_flow_action_modify_field narrow = writing(RTE_FLOW_FIELD_IPV4_SRC, 16);
    struct rte_flow_action_modify_field sum = writing(RTE_FLOW_FIELD_IPV4_SRC, 32);
    sum.operation = RTE_FLOW_MODIFY_ADD;
#define IP ITEMS(PORT, ETH, IPV4(&no_ipv4, NULL))
    TRY("write", &rules, ITEMS(PORT, ETH, IPV4(&no_ipv4, NULL), UDP(&no_udp, NULL)), ACTIONS(WRITE(&port), SEND));
    TRY("write into no header", &rules, IP, ACTIONS(WRITE(&port), SEND));
    TRY("write a tag", &rules, IP, ACTIONS(WRITE(&tag), SEND));
    TRY("write part of a field", &rules, IP, ACTIONS(WRITE(&narrow), SEND));
    TRY("add to an address", &rules, IP, ACTIONS(WRITE(&sum), SEND));
    TRY("no end", &rules, IP, ACTIONS({RTE_FLOW_ACTION_TYPE_AGE, NULL}));
    TRY("two ends", &rules, IP, ACTIONS(DROP, SEND));
    TRY("write behind the end", &rules, IP, ACTIONS(SEND, WRITE(&sum)));
    TRY("no such port", &rules, IP, ACTIONS({RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &to7}));
}

static void try_places(void)
{
    const struct rte_flow_attr ingress = {.group = 1, .ingress = 1}, root = {.group = 0, .transfer = 1};
    const struct rte_flow_attr far = {.group = 2, .transfer = 1};
    const struct rte_flow_attr low = {.group = 1, .transfer = 1, .priority = 21844};
    TRY("ingress", &ingress, IP, ACTIONS(SEND));
    TRY("root table", &root, IP, ACTIONS(SEND));
    TRY("unreached group", &far, IP, ACTIONS(SEND));
    TRY("priority", &low, IP, ACTIONS(SEND));
}

int main(void)
{
    try_patterns();
    try_actions();
    try_places();
    return 0;
}
