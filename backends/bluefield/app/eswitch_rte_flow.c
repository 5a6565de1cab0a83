/* Rules by DPDK's generic flow API: with templates where the driver has them, else one by one.
 *
 * All of it is in the domain of the eSwitch (`transfer`), through the port that manages it. Group 0 only sends packets on
 * to group 1, where the rules are: drivers write per-rule values in no root table. */
#define ALLOW_EXPERIMENTAL_API /* templates and indirect actions, in the releases that have them */
#include "eswitch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_version.h>

#include "flow_words.h"

#if RTE_VERSION >= RTE_VERSION_NUM(22, 11, 0, 0)

#define GROUP 1
#define QUEUE_SIZE 256

struct weft_eswitch_rule {
    struct rte_flow *flow;
    struct rte_flow_action_handle *counter;
    bool is_leaving; /* drivers know nothing of its age any more */
};

struct kind {
    struct weft_pattern masks;
    struct weft_actions action_masks;
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
    struct weft_actions actions;
    const struct weft_rule_template *template = &weft_program.rule_templates[number - 1];
    weft_fill_pattern(template, NULL, 0, &kind->masks);
    as_masks(kind->masks.items);
    if (!eswitch.has_templates)
        return true;
    weft_fill_actions(template, NULL, 0, eswitch.idle_s, NULL, &actions, &kind->action_masks);
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

static void give_specs(const struct kind *kind, struct weft_pattern *pattern)
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
    struct weft_pattern pattern;
    struct weft_actions actions, masks;
    struct weft_eswitch_rule *rule;
    if (out == WEFT_NOT_CONNECTED || !has_room(worker) || !(rule = calloc(1, sizeof *rule)))
        return NULL;
    rule->counter = rte_flow_action_handle_create(eswitch.proxy, &shared, &count, &error);
    if (!rule->counter) {
        free(rule);
        return NULL;
    }
    weft_fill_pattern(template, values, eswitch.ports->of[port].id, &pattern);
    weft_fill_actions(template, values, out, eswitch.idle_s, rule->counter, &actions, &masks);
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

#else

bool weft_eswitch_configure(const struct weft_ports *ports, uint32_t workers, uint32_t rules, uint32_t idle_s)
{
    (void)ports, (void)workers, (void)rules, (void)idle_s;
    fprintf(stderr, "weft: --rules: this was built with a DPDK older than 22.11\n");
    return false;
}

bool weft_eswitch_begin(const struct weft_ports *ports) { return (void)ports, false; }

void weft_eswitch_end(void) {}

struct weft_eswitch_rule *weft_eswitch_insert(uint32_t worker, uint32_t number, uint16_t port, const uint8_t *values,
                                              void *context)
{
    return (void)worker, (void)number, (void)port, (void)values, (void)context, NULL;
}

bool weft_eswitch_remove(uint32_t worker, struct weft_eswitch_rule *rule, void *context)
{
    return (void)worker, (void)rule, (void)context, false;
}

void weft_eswitch_forget(struct weft_eswitch_rule *rule) { (void)rule; }

uint32_t weft_eswitch_answers(uint32_t worker, struct weft_eswitch_answer *found, uint32_t most)
{
    return (void)worker, (void)found, (void)most, 0;
}

bool weft_eswitch_query(struct weft_eswitch_rule *rule, struct weft_eswitch_age *age)
{
    return (void)rule, (void)age, false;
}

#endif
