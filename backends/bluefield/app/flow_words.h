/* The arrays that rules are given to DPDK's flow API as: what they compare, and what they do. */
#ifndef WEFT_APP_FLOW_WORDS_H
#define WEFT_APP_FLOW_WORDS_H

#include <stdint.h>

#include <rte_flow.h>

#include "program.h"

#define WEFT_MOST_ITEMS 10
#define WEFT_MOST_ACTIONS 14

struct weft_pattern {
    struct rte_flow_item items[WEFT_MOST_ITEMS];
    struct rte_flow_item_ethdev port;
    struct rte_flow_item_integrity integrity;
    union {
        struct rte_flow_item_eth eth;
        struct rte_flow_item_vlan vlan;
        struct rte_flow_item_ipv4 ipv4;
        struct rte_flow_item_ipv6 ipv6;
        struct rte_flow_item_tcp tcp;
        struct rte_flow_item_udp udp;
    } headers[WEFT_MOST_ITEMS];
};

struct weft_actions {
    struct rte_flow_action actions[WEFT_MOST_ACTIONS];
    struct rte_flow_action_age age;
    struct rte_flow_action_modify_field fields[WEFT_MOST_ACTIONS];
    struct rte_flow_action_ethdev port;
};

/* The items of one rule, or (`values` NULL) the masks of all rules of a template, which stand as their specs. */
void weft_fill_pattern(const struct weft_rule_template *template, const uint8_t *values, uint16_t port,
                       struct weft_pattern *pattern);

/* The actions of one rule, or (`values` NULL) what rules of a template share; `masks` of that. */
void weft_fill_actions(const struct weft_rule_template *template, const uint8_t *values, uint16_t port, uint32_t idle_s,
                       struct rte_flow_action_handle *counter, struct weft_actions *actions,
                       struct weft_actions *masks);

#endif
