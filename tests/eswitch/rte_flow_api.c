/* DPDK's flow API in front of the device. What mlx5's guide says that its cards refuse is refused here. */
#define ALLOW_EXPERIMENTAL_API
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_flow.h>

#define MOST_LISTED 16

struct rte_flow {
    struct es_rule rule;
};

struct rte_flow_action_handle {
    struct es_counter counter;
};

struct rte_flow_pattern_template {
    struct rte_flow_item items[MOST_LISTED];
    uint8_t masks[MOST_LISTED][64];
    uint32_t users;
};

struct rte_flow_actions_template {
    struct rte_flow_action actions[MOST_LISTED];
    struct rte_flow_action masks[MOST_LISTED];
    uint32_t users;
};

struct rte_flow_template_table {
    struct rte_flow_pattern_template *pattern;
    struct rte_flow_actions_template *actions;
    uint32_t group;
    uint32_t size;
    uint32_t rules;
};

static struct {
    bool configured;
    uint16_t queues;
    uint32_t counters; /* that may be there */
    uint32_t counters_now;
    uint32_t ages;
    uint32_t ages_now;
    uint32_t numbers;
} device;

static int refuse(struct rte_flow_error *error, int code, const char *why)
{
    es_log("refused %s\n", why);
    return rte_flow_error_set(error, code, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, why);
}

static size_t conf_size(enum rte_flow_item_type type)
{
    switch (type) {
    case RTE_FLOW_ITEM_TYPE_ETH: return sizeof(struct rte_flow_item_eth);
    case RTE_FLOW_ITEM_TYPE_VLAN: return sizeof(struct rte_flow_item_vlan);
    case RTE_FLOW_ITEM_TYPE_IPV4: return sizeof(struct rte_flow_item_ipv4);
    case RTE_FLOW_ITEM_TYPE_IPV6: return sizeof(struct rte_flow_item_ipv6);
    case RTE_FLOW_ITEM_TYPE_TCP: return sizeof(struct rte_flow_item_tcp);
    case RTE_FLOW_ITEM_TYPE_UDP: return sizeof(struct rte_flow_item_udp);
    case RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT: return sizeof(struct rte_flow_item_ethdev);
    case RTE_FLOW_ITEM_TYPE_INTEGRITY: return sizeof(struct rte_flow_item_integrity);
    default: return 0;
    }
}

/* --- patterns */

/* Bytes of each header that a card can compare. */
static const struct {
    enum rte_flow_item_type type;
    uint8_t size;
    uint8_t can[ES_HEADER_BYTES];
} headers[] = {
    [ES_ETH] = {RTE_FLOW_ITEM_TYPE_ETH, 14, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
    [ES_VLAN] = {RTE_FLOW_ITEM_TYPE_VLAN, 4, {255, 255, 255, 255}},
    [ES_IPV4] = {RTE_FLOW_ITEM_TYPE_IPV4, 20,
                 {255, 255, 0, 0, 0, 0, 0x3f, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}},
    [ES_IPV6] = {RTE_FLOW_ITEM_TYPE_IPV6, 40,
                 {255, 255, 255, 255, 0,   0,   255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
    [ES_TCP] = {RTE_FLOW_ITEM_TYPE_TCP, 20, {255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255}},
    [ES_UDP] = {RTE_FLOW_ITEM_TYPE_UDP, 8, {255, 255, 255, 255}},
};

static int header_of(enum rte_flow_item_type type)
{
    for (int h = 0; h < (int)RTE_DIM(headers); h++)
        if (headers[h].type == type)
            return h;
    return -1;
}

/* Which layer an item is of, so that one behind another is of a higher one. */
static int layer_of(enum es_header header)
{
    static const int layers[] = {[ES_ETH] = 2, [ES_VLAN] = 3, [ES_IPV4] = 4, [ES_IPV6] = 4, [ES_TCP] = 5, [ES_UDP] = 5};
    return layers[header];
}

static int add_header(struct es_rule *rule, enum es_header kind, const struct rte_flow_item *item,
                      struct rte_flow_error *error)
{
    const uint8_t *mask = item->mask, *spec = item->spec;
    if (rule->item_count == ES_MOST_HEADERS)
        return refuse(error, ENOTSUP, "too many headers");
    if (rule->item_count && layer_of(kind) <= layer_of(rule->items[rule->item_count - 1].kind))
        return refuse(error, EINVAL, "headers do not follow each other");
    if (layer_of(kind) == 5 && (!rule->item_count || layer_of(rule->items[rule->item_count - 1].kind) != 4))
        return refuse(error, EINVAL, "layer 4 without layer 3");
    if (!mask)
        return refuse(error, EINVAL, "an item has no mask");
    struct es_item *made = &rule->items[rule->item_count++];
    made->kind = kind;
    for (uint32_t i = 0; i < headers[kind].size; i++) {
        if (mask[i] & ~headers[kind].can[i])
            return refuse(error, ENOTSUP, "a field that cannot be matched");
        if (spec && (spec[i] & ~mask[i]))
            return refuse(error, EINVAL, "a value has bits that its mask has not");
        made->mask[i] = mask[i];
        made->value[i] = spec ? spec[i] : 0;
    }
    if (kind == ES_IPV4 && (made->mask[6] || made->mask[7])) {
        if (made->mask[6] != 0x3f || made->mask[7] != 0xff)
            return refuse(error, ENOTSUP, "part of the fragment offset");
        if (made->value[6] || made->value[7])
            return refuse(error, ENOTSUP, "fragments");
    }
    if (kind == ES_ETH) {
        const struct rte_flow_item_eth *eth_mask = item->mask, *eth = item->spec;
        rule->asks_vlan = eth_mask->has_vlan;
        rule->has_vlan = eth && eth->has_vlan;
        if (rule->has_vlan && !rule->asks_vlan)
            return refuse(error, EINVAL, "a value has bits that its mask has not");
    }
    return 0;
}

static int add_integrity(struct es_rule *rule, const struct rte_flow_item *item, struct rte_flow_error *error)
{
    const struct rte_flow_item_integrity *mask = item->mask, *spec = item->spec;
    struct rte_flow_item_integrity known = {0};
    known.l3_ok = known.l4_ok = known.ipv4_csum_ok = known.l4_csum_ok = 1;
    if (rule->integrity)
        return refuse(error, ENOTSUP, "two integrity items");
    if (!mask || mask->level || (mask->value & ~known.value))
        return refuse(error, ENOTSUP, "integrity that cards do not know");
    if (spec && spec->value != mask->value)
        return refuse(error, ENOTSUP, "negative integrity");
    rule->integrity = (uint8_t)((mask->l3_ok ? ES_L3_OK : 0) | (mask->ipv4_csum_ok ? ES_IPV4_CSUM_OK : 0) |
                                (mask->l4_ok ? ES_L4_OK : 0) | (mask->l4_csum_ok ? ES_L4_CSUM_OK : 0));
    return 0;
}

static bool has_layer(const struct es_rule *rule, int layer)
{
    for (uint32_t i = 0; i < rule->item_count; i++)
        if (layer_of(rule->items[i].kind) == layer)
            return true;
    return false;
}

static int read_pattern(struct es_rule *rule, const struct rte_flow_item *items, struct rte_flow_error *error)
{
    bool has_port = false;
    for (; items->type != RTE_FLOW_ITEM_TYPE_END; items++) {
        const int header = header_of(items->type);
        int failed = 0;
        if (items->last)
            return refuse(error, ENOTSUP, "ranges");
        if (header >= 0)
            failed = add_header(rule, (enum es_header)header, items, error);
        else if (items->type == RTE_FLOW_ITEM_TYPE_INTEGRITY)
            failed = add_integrity(rule, items, error);
        else if (items->type == RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT) {
            const struct rte_flow_item_ethdev *spec = items->spec, *mask = items->mask;
            if (has_port || rule->item_count || !mask || mask->port_id != UINT16_MAX)
                return refuse(error, EINVAL, "a port that stands behind headers, twice, or in part");
            has_port = true;
            rule->port = spec ? spec->port_id : 0;
            if (spec && !rte_eth_dev_is_valid_port(spec->port_id))
                return refuse(error, EINVAL, "packets from a port that is not there");
        } else
            return refuse(error, ENOTSUP, "an item that cards do not know");
        if (failed)
            return failed;
    }
    if ((rule->integrity & (ES_L3_OK | ES_IPV4_CSUM_OK)) && !has_layer(rule, 4))
        return refuse(error, EINVAL, "integrity of a layer 3 that the pattern has not");
    if ((rule->integrity & (ES_L4_OK | ES_L4_CSUM_OK)) && !has_layer(rule, 5))
        return refuse(error, EINVAL, "integrity of a layer 4 that the pattern has not");
    return 0;
}

/* --- actions */

static const struct {
    enum rte_flow_field_id id;
    enum es_header header;
    uint8_t at, shift, width;
    bool adds;
} fields[] = {
    {RTE_FLOW_FIELD_MAC_DST, ES_ETH, 0, 0, 48, false},      {RTE_FLOW_FIELD_MAC_SRC, ES_ETH, 6, 0, 48, false},
    {RTE_FLOW_FIELD_IPV4_DSCP, ES_IPV4, 1, 2, 6, false},    {RTE_FLOW_FIELD_IPV4_TTL, ES_IPV4, 8, 0, 8, true},
    {RTE_FLOW_FIELD_IPV4_SRC, ES_IPV4, 12, 0, 32, false},   {RTE_FLOW_FIELD_IPV4_DST, ES_IPV4, 16, 0, 32, false},
    {RTE_FLOW_FIELD_IPV6_HOPLIMIT, ES_IPV6, 7, 0, 8, true}, {RTE_FLOW_FIELD_IPV6_SRC, ES_IPV6, 8, 0, 128, false},
    {RTE_FLOW_FIELD_IPV6_DST, ES_IPV6, 24, 0, 128, false},  {RTE_FLOW_FIELD_TCP_PORT_SRC, ES_TCP, 0, 0, 16, false},
    {RTE_FLOW_FIELD_TCP_PORT_DST, ES_TCP, 2, 0, 16, false}, {RTE_FLOW_FIELD_UDP_PORT_SRC, ES_UDP, 0, 0, 16, false},
    {RTE_FLOW_FIELD_UDP_PORT_DST, ES_UDP, 2, 0, 16, false},
};

static bool has_header(const struct es_rule *rule, enum es_header header)
{
    for (uint32_t i = 0; i < rule->item_count; i++)
        if (rule->items[i].kind == header)
            return true;
    return false;
}

static int add_write(struct es_rule *rule, const struct rte_flow_action_modify_field *modify,
                     struct rte_flow_error *error)
{
    for (uint32_t f = 0; f < RTE_DIM(fields); f++) {
        if (fields[f].id != modify->dst.field)
            continue;
        if (modify->operation == RTE_FLOW_MODIFY_SUB || (modify->operation == RTE_FLOW_MODIFY_ADD && !fields[f].adds))
            return refuse(error, ENOTSUP, "arithmetic on a field that is only written");
        if (modify->src.field != RTE_FLOW_FIELD_VALUE || modify->dst.level || modify->dst.offset)
            return refuse(error, ENOTSUP, "a source that is no value, or a place within a field");
        if (modify->width != fields[f].width)
            return refuse(error, EINVAL, "another width than the field's");
        if (!has_header(rule, fields[f].header))
            return refuse(error, EINVAL, "a write into a header that the pattern has not");
        if (rule->write_count == ES_MOST_WRITES)
            return refuse(error, ENOTSUP, "too many writes");
        struct es_write *made = &rule->writes[rule->write_count++];
        *made = (struct es_write){fields[f].header, fields[f].at, fields[f].shift, fields[f].width,
                                  modify->operation == RTE_FLOW_MODIFY_ADD, {0}};
        memcpy(made->value, modify->src.value, sizeof made->value);
        return 0;
    }
    return refuse(error, ENOTSUP, "a field that cannot be written");
}

/* The order in which cards carry actions out. */
static int rank_of(enum rte_flow_action_type type)
{
    switch (type) {
    case RTE_FLOW_ACTION_TYPE_AGE:
    case RTE_FLOW_ACTION_TYPE_COUNT:
    case RTE_FLOW_ACTION_TYPE_INDIRECT: return 1;
    case RTE_FLOW_ACTION_TYPE_MODIFY_FIELD: return 2;
    case RTE_FLOW_ACTION_TYPE_JUMP:
    case RTE_FLOW_ACTION_TYPE_DROP:
    case RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT: return 3;
    default: return 0;
    }
}

/* `jumps`: set where the rule only sends packets on to group 1. */
static int read_actions(struct es_rule *rule, const struct rte_flow_action *actions, bool *jumps, bool *ages,
                        struct rte_flow_error *error)
{
    int rank = 0;
    for (; actions->type != RTE_FLOW_ACTION_TYPE_END; actions++) {
        const int next = rank_of(actions->type);
        if (!next)
            return refuse(error, ENOTSUP, "an action that cards do not know");
        if (next < rank || rank == 3)
            return refuse(error, EINVAL, "actions in an order that cards do not know");
        rank = next;
        int failed = 0;
        if (actions->type == RTE_FLOW_ACTION_TYPE_AGE)
            *ages = true;
        else if (actions->type == RTE_FLOW_ACTION_TYPE_INDIRECT) {
            struct rte_flow_action_handle *handle = (void *)(uintptr_t)actions->conf;
            if (rule->counter || !handle || !handle->counter.is_there)
                return refuse(error, EINVAL, "a counter that is not there, or two");
            rule->counter = &handle->counter;
        } else if (actions->type == RTE_FLOW_ACTION_TYPE_MODIFY_FIELD)
            failed = add_write(rule, actions->conf, error);
        else if (actions->type == RTE_FLOW_ACTION_TYPE_DROP)
            rule->drops = true;
        else if (actions->type == RTE_FLOW_ACTION_TYPE_JUMP)
            *jumps = ((const struct rte_flow_action_jump *)actions->conf)->group == 1;
        else if (actions->type == RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT) {
            rule->out = ((const struct rte_flow_action_ethdev *)actions->conf)->port_id;
            if (!rte_eth_dev_is_valid_port(rule->out))
                return refuse(error, EINVAL, "packets to a port that is not there");
        }
        if (failed)
            return failed;
    }
    return rank == 3 ? 0 : refuse(error, EINVAL, "no action that says where packets go");
}

/* --- rules */

static struct rte_flow *make(uint32_t group, const struct rte_flow_item *items, const struct rte_flow_action *actions,
                             bool *jumps, struct rte_flow_error *error)
{
    struct rte_flow *flow = calloc(1, sizeof *flow);
    bool ages = false;
    *jumps = false;
    if (!flow || read_pattern(&flow->rule, items, error) || read_actions(&flow->rule, actions, jumps, &ages, error)) {
        free(flow);
        return NULL;
    }
    if (group > 1 || (group == 0) != *jumps) {
        refuse(error, ENOTSUP, group ? "a group that nothing leads to" : "a root table that does more than send on");
        free(flow);
        return NULL;
    }
    if (ages && ++device.ages_now > device.ages && device.configured)
        es_misuse("more ages than were configured");
    if (flow->rule.counter)
        flow->rule.counter->users++;
    flow->rule.jumps = *jumps;
    flow->rule.is_there = true;
    flow->rule.number = device.numbers++;
    es_log("rule %u\n", flow->rule.number);
    return flow;
}

static void unmake(struct rte_flow *flow)
{
    if (flow->rule.counter) {
        flow->rule.counter->users--;
        device.ages_now--;
    }
    flow->rule.is_there = false;
}

struct rte_flow *rte_flow_create(uint16_t port, const struct rte_flow_attr *attr, const struct rte_flow_item *items,
                                 const struct rte_flow_action *actions, struct rte_flow_error *error)
{
    bool jumps;
    (void)port;
    if (!attr->transfer || attr->ingress || attr->egress) {
        refuse(error, ENOTSUP, "rules of another domain");
        return NULL;
    }
    if (attr->priority > 21843) {
        refuse(error, ENOTSUP, "a priority beyond the lowest");
        return NULL;
    }
    struct rte_flow *flow = make(attr->group, items, actions, &jumps, error);
    if (flow && !jumps && es_random(100) < es_options()->fails) {
        unmake(flow);
        free(flow);
        refuse(error, ENOSPC, "no room");
        return NULL;
    } else if (flow) {
        es_put_in_force(&flow->rule);
        es_log("inserted %u\n", flow->rule.number);
    }
    return flow;
}

int rte_flow_destroy(uint16_t port, struct rte_flow *flow, struct rte_flow_error *error)
{
    (void)port;
    (void)error;
    if (!flow->rule.is_there)
        es_misuse("a rule is destroyed twice");
    if (flow->rule.in_force) {
        es_take_out_of_force(&flow->rule);
        es_log("removed %u\n", flow->rule.number);
    }
    unmake(flow);
    return 0;
}

int rte_flow_query(uint16_t port, struct rte_flow *flow, const struct rte_flow_action *action, void *data,
                   struct rte_flow_error *error)
{
    (void)port;
    struct rte_flow_query_age *age = data;
    if (action->type != RTE_FLOW_ACTION_TYPE_AGE)
        return refuse(error, ENOTSUP, "a query for something else than an age");
    if (!flow->rule.is_there)
        return refuse(error, EINVAL, "a rule that is gone");
    const uint64_t idle = es_now() - flow->rule.used;
    *age = (struct rte_flow_query_age){.sec_since_last_hit_valid = 1,
                                       .sec_since_last_hit = (uint32_t)(idle / 1000000000) & 0xffffff};
    return 0;
}

/* --- counters */

struct rte_flow_action_handle *rte_flow_action_handle_create(uint16_t port, const struct rte_flow_indir_action_conf *conf,
                                                             const struct rte_flow_action *action,
                                                             struct rte_flow_error *error)
{
    (void)port;
    if (!conf->transfer || action->type != RTE_FLOW_ACTION_TYPE_COUNT) {
        refuse(error, ENOTSUP, "a shared action that is no counter of the eSwitch");
        return NULL;
    }
    if (device.configured && device.counters_now == device.counters) {
        refuse(error, ENOENT, "no counter is left");
        return NULL;
    }
    struct rte_flow_action_handle *made = calloc(1, sizeof *made);
    made->counter.is_there = true;
    device.counters_now++;
    return made;
}

int rte_flow_action_handle_destroy(uint16_t port, struct rte_flow_action_handle *handle, struct rte_flow_error *error)
{
    (void)port;
    if (!handle->counter.is_there)
        es_misuse("a counter is destroyed twice");
    if (handle->counter.users)
        return refuse(error, EBUSY, "a counter that rules count in");
    handle->counter.is_there = false; /* kept: whoever uses it still is found out */
    device.counters_now--;
    return 0;
}

int rte_flow_action_handle_query(uint16_t port, const struct rte_flow_action_handle *handle, void *data,
                                 struct rte_flow_error *error)
{
    (void)port;
    struct rte_flow_query_count *count = data;
    if (!handle->counter.is_there)
        return refuse(error, EINVAL, "a counter that is gone");
    *count = (struct rte_flow_query_count){
        .hits_set = 1, .bytes_set = 1, .hits = handle->counter.packets, .bytes = handle->counter.bytes};
    return 0;
}

/* --- templates */

int rte_flow_pick_transfer_proxy(uint16_t port, uint16_t *proxy, struct rte_flow_error *error)
{
    (void)error;
    (void)port;
    *proxy = 0;
    return 0;
}

int rte_flow_configure(uint16_t port, const struct rte_flow_port_attr *attr, uint16_t count,
                       const struct rte_flow_queue_attr *queues[], struct rte_flow_error *error)
{
    (void)port;
    if (!es_options()->has_templates)
        return refuse(error, ENOTSUP, "no templates here");
    if (device.configured)
        return refuse(error, EBUSY, "configured twice");
    device.configured = true;
    device.queues = count;
    device.counters = attr->nb_counters;
    device.ages = attr->nb_aging_objects;
    es_set_queue_size(queues[0]->size);
    return 0;
}

static const void *kept(const void *conf, size_t size, uint8_t *place)
{
    return conf && size ? memcpy(place, conf, size) : NULL;
}

struct rte_flow_pattern_template *
rte_flow_pattern_template_create(uint16_t port, const struct rte_flow_pattern_template_attr *attr,
                                 const struct rte_flow_item items[], struct rte_flow_error *error)
{
    struct es_rule checked = {0};
    (void)port;
    if (!device.configured || !attr->transfer || !attr->relaxed_matching || read_pattern(&checked, items, error)) {
        refuse(error, EINVAL, "the template of a pattern");
        return NULL;
    }
    struct rte_flow_pattern_template *made = calloc(1, sizeof *made);
    for (uint32_t i = 0; i + 1 < MOST_LISTED && items[i].type != RTE_FLOW_ITEM_TYPE_END; i++) {
        made->items[i].type = items[i].type;
        made->items[i].mask = kept(items[i].mask, conf_size(items[i].type), made->masks[i]);
    }
    return made;
}

int rte_flow_pattern_template_destroy(uint16_t port, struct rte_flow_pattern_template *template,
                                      struct rte_flow_error *error)
{
    (void)port;
    if (template->users)
        return refuse(error, EBUSY, "a template that is in use");
    free(template);
    return 0;
}

struct rte_flow_actions_template *
rte_flow_actions_template_create(uint16_t port, const struct rte_flow_actions_template_attr *attr,
                                 const struct rte_flow_action actions[], const struct rte_flow_action masks[],
                                 struct rte_flow_error *error)
{
    (void)port;
    if (!device.configured || !attr->transfer) {
        refuse(error, EINVAL, "the template of actions");
        return NULL;
    }
    struct rte_flow_actions_template *made = calloc(1, sizeof *made);
    for (uint32_t i = 0; i + 1 < MOST_LISTED && actions[i].type != RTE_FLOW_ACTION_TYPE_END; i++) {
        const bool indirect = actions[i].type == RTE_FLOW_ACTION_TYPE_INDIRECT;
        if (masks[i].type != (indirect ? RTE_FLOW_ACTION_TYPE_COUNT : actions[i].type)) {
            free(made);
            refuse(error, EINVAL, "masks of other actions");
            return NULL;
        }
        made->actions[i].type = actions[i].type;
    }
    return made;
}

int rte_flow_actions_template_destroy(uint16_t port, struct rte_flow_actions_template *template,
                                      struct rte_flow_error *error)
{
    (void)port;
    if (template->users)
        return refuse(error, EBUSY, "a template that is in use");
    free(template);
    return 0;
}

struct rte_flow_template_table *
rte_flow_template_table_create(uint16_t port, const struct rte_flow_template_table_attr *attr,
                               struct rte_flow_pattern_template *patterns[], uint8_t pattern_count,
                               struct rte_flow_actions_template *actions[], uint8_t actions_count,
                               struct rte_flow_error *error)
{
    (void)port;
    if (!attr->flow_attr.transfer || pattern_count != 1 || actions_count != 1 || !attr->nb_flows) {
        refuse(error, EINVAL, "a table of another domain, or of no rules");
        return NULL;
    }
    struct rte_flow_template_table *made = calloc(1, sizeof *made);
    *made = (struct rte_flow_template_table){patterns[0], actions[0], attr->flow_attr.group, attr->nb_flows, 0};
    patterns[0]->users++;
    actions[0]->users++;
    return made;
}

int rte_flow_template_table_destroy(uint16_t port, struct rte_flow_template_table *table, struct rte_flow_error *error)
{
    (void)port;
    if (table->rules)
        return refuse(error, EBUSY, "a table that has rules");
    table->pattern->users--;
    table->actions->users--;
    free(table);
    return 0;
}

/* --- rules of tables */

void es_gone(struct es_rule *rule)
{
    struct rte_flow_template_table *table = rule->owner;
    table->rules--;
    unmake((struct rte_flow *)(void *)rule);
}

struct rte_flow *rte_flow_async_create(uint16_t port, uint32_t queue, const struct rte_flow_op_attr *attr,
                                       struct rte_flow_template_table *table, const struct rte_flow_item items[],
                                       uint8_t pattern, const struct rte_flow_action actions[], uint8_t template,
                                       void *context, struct rte_flow_error *error)
{
    struct rte_flow_item masked[MOST_LISTED] = {0};
    bool jumps;
    (void)port;
    if (queue >= device.queues || pattern || template)
        es_misuse("a queue or a template that is not there");
    for (uint32_t i = 0; i + 1 < MOST_LISTED && items[i].type != RTE_FLOW_ITEM_TYPE_END; i++) {
        if (items[i].type != table->pattern->items[i].type) {
            refuse(error, EINVAL, "other items than the template's");
            return NULL;
        }
        masked[i] = (struct rte_flow_item){
            .type = items[i].type, .spec = items[i].spec, .mask = table->pattern->items[i].mask};
    }
    for (uint32_t i = 0; i + 1 < MOST_LISTED && actions[i].type != RTE_FLOW_ACTION_TYPE_END; i++)
        if (actions[i].type != table->actions->actions[i].type) {
            refuse(error, EINVAL, "other actions than the template's");
            return NULL;
        }
    if (table->rules == table->size) {
        refuse(error, ENOSPC, "the table is full");
        return NULL;
    }
    struct rte_flow *made = make(table->group, masked, actions, &jumps, error);
    if (!made)
        return NULL;
    if (!es_request(queue, ES_INSERT, &made->rule, context)) {
        unmake(made);
        refuse(error, EAGAIN, "the queue is full");
        return NULL;
    }
    if (!attr->postpone)
        es_push(queue);
    table->rules++;
    made->rule.owner = table;
    return made;
}

int rte_flow_async_destroy(uint16_t port, uint32_t queue, const struct rte_flow_op_attr *attr, struct rte_flow *flow,
                           void *context, struct rte_flow_error *error)
{
    (void)port;
    if (!flow->rule.is_there)
        es_misuse("a rule is destroyed twice");
    if (!flow->rule.in_force || flow->rule.is_leaving)
        es_misuse("a rule is destroyed before it is there, or twice");
    if (!es_request(queue, ES_REMOVE, &flow->rule, context))
        return refuse(error, EAGAIN, "the queue is full");
    if (!attr->postpone)
        es_push(queue);
    flow->rule.is_leaving = true;
    return 0;
}

int rte_flow_push(uint16_t port, uint32_t queue, struct rte_flow_error *error)
{
    (void)port;
    (void)error;
    es_push(queue);
    return 0;
}

int rte_flow_pull(uint16_t port, uint32_t queue, struct rte_flow_op_result results[], uint16_t most,
                  struct rte_flow_error *error)
{
    (void)port;
    (void)error;
    bool done;
    int count = 0;
    es_next_round();
    while (count < most && es_answer(queue, &results[count].user_data, &done)) {
        results[count].status = done ? RTE_FLOW_OP_SUCCESS : RTE_FLOW_OP_ERROR;
        count++;
    }
    return count;
}
