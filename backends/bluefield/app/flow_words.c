#define ALLOW_EXPERIMENTAL_API
#include "flow_words.h"

#include <string.h>

/* --- what a rule compares */

static const struct {
    enum rte_flow_item_type type;
    uint8_t size; /* of the header in front of the item's struct */
} item_types[] = {
    [WEFT_ETH] = {RTE_FLOW_ITEM_TYPE_ETH, 14},   [WEFT_VLAN] = {RTE_FLOW_ITEM_TYPE_VLAN, 4},
    [WEFT_IPV4] = {RTE_FLOW_ITEM_TYPE_IPV4, 20}, [WEFT_IPV6] = {RTE_FLOW_ITEM_TYPE_IPV6, 40},
    [WEFT_TCP] = {RTE_FLOW_ITEM_TYPE_TCP, 20},   [WEFT_UDP] = {RTE_FLOW_ITEM_TYPE_UDP, 8},
};

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

/* The integrity of all headers that the rule is about: what is broken, or has a wrong checksum, goes to the cores. */
static struct rte_flow_item_integrity integrity_of(const struct weft_rule_template *template)
{
    struct rte_flow_item_integrity found = {0};
    for (uint32_t i = 0; i < template->item_count; i++)
        switch (template->items[i].kind) {
        case WEFT_IPV4: found.l3_ok = found.ipv4_csum_ok = 1; break;
        case WEFT_IPV6: found.l3_ok = 1; break;
        case WEFT_TCP:
        case WEFT_UDP: found.l4_ok = found.l4_csum_ok = 1; break;
        default: break;
        }
    return found;
}

/* A device skips tags before it looks at the type of an Ethernet frame: whether there is one is asked for apart. */
static bool asks_for_tag(const struct weft_rule_template *template)
{
    const bool has_type = !is_zero(template->items[0].mask + 12, 2);
    return has_type || (template->item_count > 1 && template->items[1].kind == WEFT_VLAN);
}

void weft_fill_pattern(const struct weft_rule_template *template, const uint8_t *values, uint16_t port,
                         struct weft_pattern *pattern)
{
    struct rte_flow_item *item = pattern->items;
    memset(pattern, 0, sizeof *pattern);
    pattern->port.port_id = values ? port : UINT16_MAX;
    *item++ = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT, .spec = &pattern->port};
    pattern->integrity = integrity_of(template);
    if (pattern->integrity.value)
        *item++ = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_INTEGRITY, .spec = &pattern->integrity};
    for (uint32_t i = 0; i < template->item_count; i++) {
        const struct weft_rule_item *wanted = &template->items[i];
        memcpy(&pattern->headers[i], values ? wanted->value : wanted->mask, item_types[wanted->kind].size);
        *item++ = (struct rte_flow_item){.type = item_types[wanted->kind].type, .spec = &pattern->headers[i]};
    }
    for (uint32_t p = 0; values && p < template->part_count; p++) {
        const struct weft_rule_part *part = &template->parts[p];
        uint8_t *at = (uint8_t *)&pattern->headers[part->item] + part->at;
        for (uint32_t i = 0; i < part->count; i++)
            at[i] |= values[part->value + i];
    }
    const bool tagged = template->item_count > 1 && template->items[1].kind == WEFT_VLAN;
    pattern->headers[0].eth.has_vlan = asks_for_tag(template) && (!values || tagged);
    if (tagged) /* the tag says it */
        pattern->headers[0].eth.hdr.ether_type = 0;
    item->type = RTE_FLOW_ITEM_TYPE_END;
}

/* --- what it does */

static const enum rte_flow_field_id fields[] = {
    [WEFT_ETH_DST] = RTE_FLOW_FIELD_MAC_DST,          [WEFT_ETH_SRC] = RTE_FLOW_FIELD_MAC_SRC,
    [WEFT_IPV4_DSCP] = RTE_FLOW_FIELD_IPV4_DSCP,      [WEFT_IPV4_TTL] = RTE_FLOW_FIELD_IPV4_TTL,
    [WEFT_IPV4_SRC] = RTE_FLOW_FIELD_IPV4_SRC,        [WEFT_IPV4_DST] = RTE_FLOW_FIELD_IPV4_DST,
    [WEFT_IPV6_HOP_LIMIT] = RTE_FLOW_FIELD_IPV6_HOPLIMIT, [WEFT_IPV6_SRC] = RTE_FLOW_FIELD_IPV6_SRC,
    [WEFT_IPV6_DST] = RTE_FLOW_FIELD_IPV6_DST,        [WEFT_TCP_SPORT] = RTE_FLOW_FIELD_TCP_PORT_SRC,
    [WEFT_TCP_DPORT] = RTE_FLOW_FIELD_TCP_PORT_DST,   [WEFT_UDP_SPORT] = RTE_FLOW_FIELD_UDP_PORT_SRC,
    [WEFT_UDP_DPORT] = RTE_FLOW_FIELD_UDP_PORT_DST,
};

static void set_field(struct rte_flow_action_modify_field *made, const struct weft_rule_write *write,
                      const uint8_t *values)
{
    *made = (struct rte_flow_action_modify_field){
        .operation = RTE_FLOW_MODIFY_SET,
        .dst = {.field = fields[write->field]},
        .src = {.field = RTE_FLOW_FIELD_VALUE},
        .width = write->width,
    };
    if (values)
        memcpy(made->src.value, values + write->value, (write->width + 7u) / 8);
}

/* One less is 255 more in eight bits: `add` is what drivers know. */
static void count_down(struct rte_flow_action_modify_field *made, bool is_ipv6)
{
    *made = (struct rte_flow_action_modify_field){
        .operation = RTE_FLOW_MODIFY_ADD,
        .dst = {.field = is_ipv6 ? RTE_FLOW_FIELD_IPV6_HOPLIMIT : RTE_FLOW_FIELD_IPV4_TTL},
        .src = {.field = RTE_FLOW_FIELD_VALUE, .value = {255}},
        .width = 8,
    };
}

static bool has_item(const struct weft_rule_template *template, enum weft_item kind)
{
    for (uint32_t i = 0; i < template->item_count; i++)
        if (template->items[i].kind == kind)
            return true;
    return false;
}

/* In a mask: everything that is the same in all rules. */
static void cover(struct rte_flow_action_modify_field *mask, bool with_value)
{
    memset(mask, 0xff, sizeof *mask);
    if (!with_value)
        memset(mask->src.value, 0, sizeof mask->src.value);
}

/* In the order that mlx5 asks for. */
void weft_fill_actions(const struct weft_rule_template *template, const uint8_t *values, uint16_t port, uint32_t idle_s,
                       struct rte_flow_action_handle *counter, struct weft_actions *actions, struct weft_actions *masks)
{
    struct rte_flow_action *action = actions->actions, *mask = masks->actions;
    uint32_t field = 0;
    memset(actions, 0, sizeof *actions);
    memset(masks, 0, sizeof *masks);
    actions->age.timeout = idle_s;
    masks->age.timeout = 0xffffff;
    *action++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_AGE, &actions->age};
    *mask++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_AGE, &masks->age};
    *action++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_INDIRECT, counter};
    *mask++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_COUNT, NULL};
    for (uint32_t w = 0; template->sends && w < template->write_count; w++, field++) {
        set_field(&actions->fields[field], &template->writes[w], values);
        cover(&masks->fields[field], false);
        *action++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MODIFY_FIELD, &actions->fields[field]};
        *mask++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MODIFY_FIELD, &masks->fields[field]};
    }
    if (template->sends && template->counts_down) {
        count_down(&actions->fields[field], has_item(template, WEFT_IPV6));
        cover(&masks->fields[field], true);
        *action++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MODIFY_FIELD, &actions->fields[field]};
        *mask++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_MODIFY_FIELD, &masks->fields[field]};
    }
    if (template->sends) {
        actions->port.port_id = port;
        *action++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, &actions->port};
        *mask++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, NULL};
    } else {
        *action++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_DROP, NULL};
        *mask++ = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_DROP, NULL};
    }
    action->type = mask->type = RTE_FLOW_ACTION_TYPE_END;
}
