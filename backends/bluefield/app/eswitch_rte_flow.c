/* Rules by DPDK's generic flow API: with templates where the driver has them, else one by one.
 *
 * All of it is in the domain of the eSwitch (`transfer`), through the port that manages it. Group 0 only sends packets on
 * to group 1, where the rules are: drivers write per-rule values in no root table. */
#define ALLOW_EXPERIMENTAL_API /* templates and indirect actions, in the releases that have them */
#include "eswitch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_flow.h>

#define GROUP 1
#define MOST_ITEMS 10
#define MOST_ACTIONS 12
#define QUEUE_SIZE 256

struct weft_eswitch_rule {
    struct rte_flow *flow;
    struct rte_flow_action_handle *counter;
    bool is_leaving; /* drivers know nothing of its age any more */
};

/* One direction of a template: the arrays that a rule, or what rules share, is given as. */
struct pattern {
    struct rte_flow_item items[MOST_ITEMS];
    struct rte_flow_item_ethdev port;
    struct rte_flow_item_integrity integrity;
    union {
        struct rte_flow_item_eth eth;
        struct rte_flow_item_vlan vlan;
        struct rte_flow_item_ipv4 ipv4;
        struct rte_flow_item_ipv6 ipv6;
        struct rte_flow_item_tcp tcp;
        struct rte_flow_item_udp udp;
    } headers[MOST_ITEMS];
};

struct actions {
    struct rte_flow_action actions[MOST_ACTIONS];
    struct rte_flow_action_age age;
    struct rte_flow_action_modify_field fields[MOST_ACTIONS];
    struct rte_flow_action_ethdev port;
};

struct kind {
    struct pattern masks;
    struct actions action_masks;
    struct rte_flow_pattern_template *pattern;
    struct rte_flow_actions_template *actions;
    struct rte_flow_template_table *table;
};

static struct {
    uint16_t proxy; /* the port that manages the eSwitch */
    bool has_templates;
    uint32_t rules; /* of one worker */
    uint32_t workers;
    uint32_t idle_s;
    const struct weft_ports *ports;
    struct kind *kinds;
    struct rte_flow_pattern_template *all;
    struct rte_flow_actions_template *jump;
    struct rte_flow_template_table *first; /* of group 0 */
    struct rte_flow *on; /* from group 0 to the rules */
} eswitch;

static bool fail(const char *what, const struct rte_flow_error *error)
{
    fprintf(stderr, "weft: the eSwitch refuses %s: %s\n", what, error->message ? error->message : "no reason given");
    return false;
}

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

/* The items of one rule, or (`values` NULL) the masks of all. */
static void fill_pattern(const struct weft_rule_template *template, const uint8_t *values, uint16_t port,
                         struct pattern *pattern)
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
        pattern->headers[0].eth.type = 0;
    item->type = RTE_FLOW_ITEM_TYPE_END;
}

/* --- what it does */

static const struct {
    enum rte_flow_field_id id;
} fields[] = {
    [WEFT_ETH_DST] = {RTE_FLOW_FIELD_MAC_DST},          [WEFT_ETH_SRC] = {RTE_FLOW_FIELD_MAC_SRC},
    [WEFT_IPV4_DSCP] = {RTE_FLOW_FIELD_IPV4_DSCP},      [WEFT_IPV4_TTL] = {RTE_FLOW_FIELD_IPV4_TTL},
    [WEFT_IPV4_SRC] = {RTE_FLOW_FIELD_IPV4_SRC},        [WEFT_IPV4_DST] = {RTE_FLOW_FIELD_IPV4_DST},
    [WEFT_IPV6_HOP_LIMIT] = {RTE_FLOW_FIELD_IPV6_HOPLIMIT}, [WEFT_IPV6_SRC] = {RTE_FLOW_FIELD_IPV6_SRC},
    [WEFT_IPV6_DST] = {RTE_FLOW_FIELD_IPV6_DST},        [WEFT_TCP_SPORT] = {RTE_FLOW_FIELD_TCP_PORT_SRC},
    [WEFT_TCP_DPORT] = {RTE_FLOW_FIELD_TCP_PORT_DST},   [WEFT_UDP_SPORT] = {RTE_FLOW_FIELD_UDP_PORT_SRC},
    [WEFT_UDP_DPORT] = {RTE_FLOW_FIELD_UDP_PORT_DST},
};

static void set_field(struct rte_flow_action_modify_field *made, const struct weft_rule_write *write,
                      const uint8_t *values)
{
    *made = (struct rte_flow_action_modify_field){
        .operation = RTE_FLOW_MODIFY_SET,
        .dst = {.field = fields[write->field].id},
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
    *mask = (struct rte_flow_action_modify_field){
        .operation = (enum rte_flow_modify_op)UINT32_MAX,
        .dst = {.field = (enum rte_flow_field_id)UINT32_MAX, .level = UINT32_MAX, .offset = UINT32_MAX},
        .src = {.field = (enum rte_flow_field_id)UINT32_MAX},
        .width = UINT32_MAX,
    };
    if (with_value)
        memset(mask->src.value, 0xff, sizeof mask->src.value);
}

/* The actions of one rule, in the order that mlx5 asks for; without `values`, of what rules share; `masks` of that. */
static void fill_actions(const struct weft_rule_template *template, const uint8_t *values, uint16_t port,
                         struct rte_flow_action_handle *counter, struct actions *actions, struct actions *masks)
{
    struct rte_flow_action *action = actions->actions, *mask = masks->actions;
    uint32_t field = 0;
    memset(actions, 0, sizeof *actions);
    memset(masks, 0, sizeof *masks);
    actions->age.timeout = eswitch.idle_s;
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

/* --- setting up */

bool weft_eswitch_configure(const struct weft_ports *ports, uint32_t workers, uint32_t rules, uint32_t idle_s)
{
    struct rte_flow_error error = {0};
    bool first = true;
    eswitch.ports = ports;
    eswitch.workers = workers;
    eswitch.rules = rules;
    eswitch.idle_s = idle_s ? idle_s : 1;
    for (uint32_t p = 0; p < ports->count; p++) {
        uint16_t proxy;
        if (ports->of[p].id == WEFT_NOT_CONNECTED)
            continue;
        if (rte_flow_pick_transfer_proxy(ports->of[p].id, &proxy, &error))
            return fail("to be managed from here (is it in switchdev mode?)", &error);
        if (!first && proxy != eswitch.proxy) {
            fprintf(stderr, "weft: --rules: the ports are not all of one eSwitch\n");
            return false;
        }
        eswitch.proxy = proxy;
        first = false;
    }
    const struct rte_flow_port_attr port = {.nb_counters = rules * workers, .nb_aging_objects = rules * workers};
    const struct rte_flow_queue_attr queue = {.size = QUEUE_SIZE};
    const struct rte_flow_queue_attr **queues = malloc(workers * sizeof *queues);
    if (!queues)
        return false;
    for (uint32_t w = 0; w < workers; w++)
        queues[w] = &queue;
    eswitch.has_templates = !rte_flow_configure(eswitch.proxy, &port, (uint16_t)workers, queues, &error);
    free(queues);
    return true;
}

/* A table that takes rules of one pattern and one list of actions. */
static struct rte_flow_template_table *make_table(uint32_t group, uint32_t size, const struct rte_flow_item *pattern,
                                                  const struct rte_flow_action *actions,
                                                  const struct rte_flow_action *masks,
                                                  struct rte_flow_pattern_template **with,
                                                  struct rte_flow_actions_template **and, struct rte_flow_error *error)
{
    const struct rte_flow_pattern_template_attr of_pattern = {.relaxed_matching = 1, .transfer = 1};
    const struct rte_flow_actions_template_attr of_actions = {.transfer = 1};
    const struct rte_flow_template_table_attr of_table = {
        .flow_attr = {.group = group, .transfer = 1},
        .nb_flows = size,
    };
    *with = rte_flow_pattern_template_create(eswitch.proxy, &of_pattern, pattern, error);
    *and = *with ? rte_flow_actions_template_create(eswitch.proxy, &of_actions, actions, masks, error) : NULL;
    return *and ? rte_flow_template_table_create(eswitch.proxy, &of_table, with, 1, and, 1, error) : NULL;
}

/* The masks of a pattern template are the masks of its items. */
static void as_masks(struct rte_flow_item *items)
{
    for (; items->type != RTE_FLOW_ITEM_TYPE_END; items++) {
        items->mask = items->spec;
        items->spec = NULL;
    }
}

static bool make_kind(uint32_t number, struct kind *kind)
{
    struct rte_flow_error error = {0};
    struct actions actions;
    const struct weft_rule_template *template = &weft_program.rule_templates[number - 1];
    fill_pattern(template, NULL, 0, &kind->masks);
    as_masks(kind->masks.items);
    if (!eswitch.has_templates)
        return true;
    fill_actions(template, NULL, 0, NULL, &actions, &kind->action_masks);
    const uint32_t size = eswitch.rules * eswitch.workers;
    kind->table = make_table(GROUP, size, kind->masks.items, actions.actions, kind->action_masks.actions, &kind->pattern,
                             &kind->actions, &error);
    if (kind->table)
        return true;
    fprintf(stderr, "weft: lines %s: ", template->lines);
    return fail("the template of their rules", &error);
}

/* Every packet goes on to the rules. */
static bool make_jump(void)
{
    struct rte_flow_error error = {0};
    const struct rte_flow_item_eth any = {0};
    const struct rte_flow_action_jump jump = {.group = GROUP};
    const struct rte_flow_item pattern[] = {
        {.type = RTE_FLOW_ITEM_TYPE_ETH, .mask = &any},
        {.type = RTE_FLOW_ITEM_TYPE_END},
    };
    const struct rte_flow_action actions[] = {
        {RTE_FLOW_ACTION_TYPE_JUMP, &jump},
        {RTE_FLOW_ACTION_TYPE_END, NULL},
    };
    if (eswitch.has_templates) {
        const struct rte_flow_op_attr at_once = {0};
        struct rte_flow_op_result result;
        eswitch.first = make_table(0, 1, pattern, actions, actions, &eswitch.all, &eswitch.jump, &error);
        if (eswitch.first)
            eswitch.on = rte_flow_async_create(eswitch.proxy, 0, &at_once, eswitch.first, pattern, 0, actions, 0, NULL,
                                               &error);
        if (eswitch.on && !rte_flow_push(eswitch.proxy, 0, &error))
            while (!rte_flow_pull(eswitch.proxy, 0, &result, 1, &error))
                ;
    } else {
        const struct rte_flow_attr attributes = {.group = 0, .transfer = 1};
        eswitch.on = rte_flow_create(eswitch.proxy, &attributes, pattern, actions, &error);
    }
    return eswitch.on ? true : fail("to send packets on to the rules", &error);
}

bool weft_eswitch_begin(const struct weft_ports *ports)
{
    eswitch.ports = ports;
    eswitch.kinds = calloc(weft_program.rule_template_count, sizeof *eswitch.kinds);
    for (uint32_t k = 0; k < weft_program.rule_template_count; k++)
        if (!eswitch.kinds || !make_kind(k + 1, &eswitch.kinds[k]))
            return false;
    return make_jump();
}

static void end_table(struct rte_flow_template_table *table, struct rte_flow_actions_template *actions,
                      struct rte_flow_pattern_template *pattern)
{
    struct rte_flow_error error;
    if (table)
        rte_flow_template_table_destroy(eswitch.proxy, table, &error);
    if (actions)
        rte_flow_actions_template_destroy(eswitch.proxy, actions, &error);
    if (pattern)
        rte_flow_pattern_template_destroy(eswitch.proxy, pattern, &error);
}

void weft_eswitch_end(void)
{
    struct rte_flow_error error;
    if (eswitch.on && eswitch.has_templates) {
        const struct rte_flow_op_attr at_once = {0};
        struct rte_flow_op_result result;
        if (!rte_flow_async_destroy(eswitch.proxy, 0, &at_once, eswitch.on, NULL, &error) &&
            !rte_flow_push(eswitch.proxy, 0, &error))
            while (!rte_flow_pull(eswitch.proxy, 0, &result, 1, &error))
                ;
    } else if (eswitch.on)
        rte_flow_destroy(eswitch.proxy, eswitch.on, &error);
    end_table(eswitch.first, eswitch.jump, eswitch.all);
    for (uint32_t k = 0; eswitch.kinds && k < weft_program.rule_template_count; k++)
        end_table(eswitch.kinds[k].table, eswitch.kinds[k].actions, eswitch.kinds[k].pattern);
    free(eswitch.kinds);
    eswitch.kinds = NULL;
    eswitch.on = NULL;
}

/* --- rules */

/* Where rules are made one by one, each is there, or not, when the call returns: its answer waits here. */
struct answers {
    uint32_t count;
    struct weft_eswitch_answer of[QUEUE_SIZE];
};

static struct answers answers_of[WEFT_MOST_RULE_WORKERS];

static bool note_answer(uint32_t worker, void *context, bool done)
{
    struct answers *answers = &answers_of[worker];
    answers->of[answers->count++] = (struct weft_eswitch_answer){context, done};
    return true;
}

static bool has_room(uint32_t worker) { return eswitch.has_templates || answers_of[worker].count < QUEUE_SIZE; }

/* The DPDK port that a rule sends by; WEFT_NOT_CONNECTED: there is none. */
static uint16_t port_of(const struct weft_rule_template *template, const uint8_t *values)
{
    if (!template->sends)
        return 0;
    const uint32_t logical = (uint32_t)values[template->port] << 8 | values[template->port + 1];
    return logical < eswitch.ports->count ? eswitch.ports->of[logical].id : WEFT_NOT_CONNECTED;
}

static void give_specs(const struct kind *kind, struct pattern *pattern)
{
    for (uint32_t i = 0; pattern->items[i].type != RTE_FLOW_ITEM_TYPE_END; i++)
        pattern->items[i].mask = kind->masks.items[i].mask;
}

struct weft_eswitch_rule *weft_eswitch_insert(uint32_t worker, uint32_t number, uint16_t port, const uint8_t *values,
                                              void *context)
{
    const struct weft_rule_template *template = &weft_program.rule_templates[number - 1];
    const struct rte_flow_indir_action_conf shared = {.transfer = 1};
    const struct rte_flow_action_count none = {0};
    const struct rte_flow_action count = {RTE_FLOW_ACTION_TYPE_COUNT, &none};
    const uint16_t out = port_of(template, values);
    struct rte_flow_error error = {0};
    struct pattern pattern;
    struct actions actions, masks;
    struct weft_eswitch_rule *rule;
    if (out == WEFT_NOT_CONNECTED || !has_room(worker) || !(rule = calloc(1, sizeof *rule)))
        return NULL;
    rule->counter = rte_flow_action_handle_create(eswitch.proxy, &shared, &count, &error);
    if (!rule->counter) {
        free(rule);
        return NULL;
    }
    fill_pattern(template, values, eswitch.ports->of[port].id, &pattern);
    fill_actions(template, values, out, rule->counter, &actions, &masks);
    if (eswitch.has_templates) {
        const struct rte_flow_op_attr soon = {.postpone = 1};
        rule->flow = rte_flow_async_create(eswitch.proxy, worker, &soon, eswitch.kinds[number - 1].table, pattern.items, 0,
                                           actions.actions, 0, context, &error);
    } else {
        const struct rte_flow_attr attributes = {.group = GROUP, .transfer = 1};
        give_specs(&eswitch.kinds[number - 1], &pattern);
        rule->flow = rte_flow_create(eswitch.proxy, &attributes, pattern.items, actions.actions, &error);
        note_answer(worker, context, rule->flow != NULL);
    }
    if (rule->flow || !eswitch.has_templates)
        return rule;
    weft_eswitch_forget(rule);
    return NULL;
}

bool weft_eswitch_remove(uint32_t worker, struct weft_eswitch_rule *rule, void *context)
{
    const struct rte_flow_op_attr soon = {.postpone = 1};
    struct rte_flow_error error;
    if (!has_room(worker))
        return false;
    if (eswitch.has_templates) {
        const bool is_asked = !rte_flow_async_destroy(eswitch.proxy, worker, &soon, rule->flow, context, &error);
        rule->is_leaving |= is_asked;
        return is_asked;
    }
    rule->is_leaving = true;
    return note_answer(worker, context, !rte_flow_destroy(eswitch.proxy, rule->flow, &error));
}

void weft_eswitch_forget(struct weft_eswitch_rule *rule)
{
    struct rte_flow_error error;
    rte_flow_action_handle_destroy(eswitch.proxy, rule->counter, &error);
    free(rule);
}

uint32_t weft_eswitch_answers(uint32_t worker, struct weft_eswitch_answer *found, uint32_t most)
{
    struct rte_flow_op_result results[32];
    struct rte_flow_error error;
    struct answers *answers = &answers_of[worker];
    if (!eswitch.has_templates) {
        const uint32_t count = RTE_MIN(most, answers->count);
        memcpy(found, answers->of, count * sizeof *found);
        answers->count -= count;
        memmove(answers->of, answers->of + count, answers->count * sizeof *found);
        return count;
    }
    rte_flow_push(eswitch.proxy, worker, &error);
    const int count = rte_flow_pull(eswitch.proxy, worker, results, (uint16_t)RTE_MIN(most, RTE_DIM(results)), &error);
    for (int i = 0; i < count; i++)
        found[i] = (struct weft_eswitch_answer){results[i].user_data, results[i].status == RTE_FLOW_OP_SUCCESS};
    return count > 0 ? (uint32_t)count : 0;
}

bool weft_eswitch_query(struct weft_eswitch_rule *rule, struct weft_eswitch_age *age)
{
    struct rte_flow_query_count count = {0};
    struct rte_flow_query_age idle = {0};
    struct rte_flow_error error;
    const struct rte_flow_action asked[] = {
        {RTE_FLOW_ACTION_TYPE_AGE, NULL},
        {RTE_FLOW_ACTION_TYPE_END, NULL},
    };
    /* The age first: a packet between the two is counted, and taken to be younger than it is. */
    const bool knows = rule->flow && !rule->is_leaving && !rte_flow_query(eswitch.proxy, rule->flow, asked, &idle, &error);
    if (rte_flow_action_handle_query(eswitch.proxy, rule->counter, &count, &error) || !count.hits_set)
        return false;
    *age = (struct weft_eswitch_age){
        .packets = count.hits,
        .bytes = count.bytes,
        .knows_idle = knows && idle.sec_since_last_hit_valid,
        .idle_s = idle.sec_since_last_hit,
    };
    return true;
}
