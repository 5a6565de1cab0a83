#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_pause.h>

#include "eswitch.h"
#include "rule_log.h"
#include "worker.h"

#define HEAD_BYTES 128 /* of a packet that are kept: more than all headers that a rule can be about */
#define VISITS 8       /* rules that are looked at between two batches */
#define MS 1000000ull  /* nanoseconds */

const char *const weft_rule_count_names[WEFT_RULE_COUNTS] = {
    "live", "asked", "waiting", "made", "forced", "refused", "idle", "stale", "flushed", "packets", "bytes", "late",
};

/* FREE -> SEEN -> WAITING -> ASKED -> LIVE -> LEAVING -> FREE. */
enum stage { FREE, SEEN, WAITING, ASKED, LIVE, LEAVING };

struct key {
    uint16_t number; /* of the template */
    uint16_t port;   /* by which its packets come in */
    uint8_t compared[WEFT_MOST_RULE_BYTES];
};

struct rule {
    enum stage stage;
    bool is_unwanted;  /* it goes as soon as it is there */
    uint32_t index;
    uint32_t packets;  /* that came to the core */
    uint64_t seen;     /* when the last of them did */
    uint64_t waits;    /* since when it waits */
    uint64_t used;     /* when its last packet was, as far as is known */
    uint64_t asked;    /* when it was asked what it counted */
    uint64_t counted_packets; /* that are in the state already */
    uint64_t counted_bytes;
    struct weft_eswitch_rule *device;
    struct key key;
    uint8_t values[WEFT_MOST_RULE_BYTES];
    uint32_t wire_length;
    uint32_t size;
    uint8_t head[HEAD_BYTES]; /* of the packet that it was made of */
};

struct weft_rules {
    struct weft_worker *worker;
    struct weft_rule_options options;
    struct rte_hash *by_key;
    struct rule *rules;
    uint32_t size;     /* of `rules` */
    uint32_t *vacant;  /* places of `rules` */
    uint32_t vacancies;
    uint32_t used;     /* places of `rules` that ever were */
    uint32_t hand;     /* the place that is visited next */
    double tokens;     /* rules that may be asked for now */
    uint64_t filled;   /* when `tokens` was right */
    uint64_t counts[WEFT_RULE_COUNTS];
};

static void count(struct weft_rules *rules, enum weft_rule_count what, int64_t more)
{
    weft_count(&rules->counts[what], (uint64_t)more);
}

const uint64_t *weft_rules_counts(const struct weft_rules *rules) { return rules->counts; }

struct weft_rules *weft_rules_begin(struct weft_worker *worker, const struct weft_rule_options *options)
{
    char name[32];
    struct weft_rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        return NULL;
    rules->worker = worker;
    rules->options = *options;
    rules->size = 2 * options->most + 64; /* as many flows again that may come to have rules */
    rules->rules = calloc(rules->size, sizeof *rules->rules);
    rules->vacant = calloc(rules->size, sizeof *rules->vacant);
    snprintf(name, sizeof name, "weft rules %u", worker->index);
    const struct rte_hash_parameters parameters = {
        .name = name,
        .entries = rules->size + rules->size / 4,
        .key_len = sizeof(struct key),
        .hash_func = rte_hash_crc,
        .socket_id = SOCKET_ID_ANY,
    };
    rules->by_key = rte_hash_create(&parameters);
    if (!rules->rules || !rules->vacant || !rules->by_key) {
        weft_rules_end(rules);
        return NULL;
    }
    return rules;
}

void weft_rules_end(struct weft_rules *rules)
{
    if (!rules)
        return;
    rte_hash_free(rules->by_key);
    free(rules->rules);
    free(rules->vacant);
    free(rules);
}

/* --- places */

static const struct weft_rule_template *template_of(const struct rule *rule)
{
    return &weft_program.rule_templates[rule->key.number - 1];
}

static struct rule *place_for(struct weft_rules *rules, const struct key *key)
{
    if (!rules->vacancies && rules->used == rules->size)
        return NULL;
    const uint32_t index = rules->vacancies ? rules->vacant[--rules->vacancies] : rules->used++;
    struct rule *rule = &rules->rules[index];
    *rule = (struct rule){.stage = SEEN, .index = index, .key = *key};
    if (rte_hash_add_key_data(rules->by_key, key, rule)) {
        rule->stage = FREE;
        rules->vacant[rules->vacancies++] = index;
        return NULL;
    }
    return rule;
}

static void free_place(struct weft_rules *rules, struct rule *rule)
{
    rte_hash_del_key(rules->by_key, &rule->key);
    rule->stage = FREE;
    rules->vacant[rules->vacancies++] = rule->index;
}

static void move_to(struct weft_rules *rules, struct rule *rule, enum stage stage)
{
    static const int8_t counted[] = {[ASKED] = WEFT_RULES_ASKED + 1, [LIVE] = WEFT_RULES_LIVE + 1,
                                     [WAITING] = WEFT_RULES_WAITING + 1, [LEAVING] = 0};
    if (counted[rule->stage])
        count(rules, counted[rule->stage] - 1, -1);
    if (counted[stage])
        count(rules, counted[stage] - 1, 1);
    rule->stage = stage;
}

/* --- what the program says */

/* The packet that the rule was made of, at another time. */
static uint32_t find_again(struct weft_rules *rules, struct rule *rule, uint64_t now, uint8_t *values)
{
    const struct weft_packet packet = {rule->head, rule->size, rule->wire_length, now, rule->key.port};
    return weft_program.find_rule(rules->worker->state, &packet, values);
}

/* Whether the program would make the same rule. What that leans on was used at that time already. */
static bool is_still_right(struct weft_rules *rules, struct rule *rule)
{
    uint8_t values[WEFT_MOST_RULE_BYTES];
    const uint32_t number = find_again(rules, rule, rule->used, values);
    return number == rule->key.number && !memcmp(values, rule->values, template_of(rule)->value_bytes);
}

void weft_rules_see(struct weft_rules *rules, const struct weft_packet *packet)
{
    uint8_t values[WEFT_MOST_RULE_BYTES];
    struct rule *rule;
    const uint32_t number = weft_program.find_rule(rules->worker->state, packet, values);
    if (!number)
        return;
    const struct weft_rule_template *template = &weft_program.rule_templates[number - 1];
    struct key key = {.number = (uint16_t)number, .port = packet->port};
    memcpy(key.compared, values, template->compared_bytes);
    if (rte_hash_lookup_data(rules->by_key, &key, (void **)&rule) < 0 && !(rule = place_for(rules, &key)))
        return;
    rule->seen = packet->now;
    if (rule->stage == LIVE)
        count(rules, WEFT_RULES_LATE, 1);
    if (rule->stage != SEEN || ++rule->packets < rules->options.after)
        return;
    memcpy(rule->values, values, template->value_bytes);
    rule->size = RTE_MIN(packet->size, (uint32_t)HEAD_BYTES);
    rule->wire_length = packet->wire_length;
    memcpy(rule->head, packet->data, rule->size);
    rule->waits = packet->now;
    move_to(rules, rule, WAITING);
}

/* --- making */

static bool has_token(struct weft_rules *rules, uint64_t now)
{
    const double most = RTE_MAX(1.0, (double)rules->options.rate / 100);
    if (!rules->options.rate)
        return true;
    if (now > rules->filled) {
        rules->tokens = RTE_MIN(most, rules->tokens + (double)(now - rules->filled) * 1e-9 * (double)rules->options.rate);
        rules->filled = now;
    }
    if (rules->tokens < 1)
        return false;
    rules->tokens -= 1;
    return true;
}

static uint64_t in_device(const struct weft_rules *rules)
{
    return rules->counts[WEFT_RULES_LIVE] + rules->counts[WEFT_RULES_ASKED];
}

/* A rule for what has no gap lets packets overtake those that are on their way through the core. */
static void consider(struct weft_rules *rules, struct rule *rule, uint64_t now)
{
    const struct weft_rule_options *options = &rules->options;
    const bool has_gap = now >= rule->seen + options->gap_ns && now > rule->waits;
    const bool is_forced = !has_gap && options->limit_ns && now >= rule->waits + options->limit_ns;
    if (now >= rule->seen + options->idle_ns) {
        move_to(rules, rule, LEAVING); /* there is no use in a rule any more */
        free_place(rules, rule);
        return;
    }
    if ((!has_gap && !is_forced) || in_device(rules) >= options->most || !has_token(rules, now))
        return;
    /* What it leans on may have changed while it waited. */
    rule->used = rule->seen;
    if (!is_still_right(rules, rule)) {
        move_to(rules, rule, LEAVING);
        free_place(rules, rule);
        return;
    }
    weft_log_rule(rules->worker, "asked", rule->index, rule->key.port, rule->used, rule->head, rule->size);
    rule->device = weft_eswitch_insert(rules->worker->index, rule->key.number, rule->key.port, rule->values, rule);
    if (!rule->device)
        return;
    count(rules, WEFT_RULES_FORCED, is_forced);
    move_to(rules, rule, ASKED);
}

/* --- asking what they did */

/* What it counted since it was asked last goes into the state, and, where it is right still, the time of its last
 * packet. Returns whether it is. */
static bool bring_back(struct weft_rules *rules, struct rule *rule, const struct weft_eswitch_age *age, uint64_t now)
{
    const uint64_t packets = age->packets - rule->counted_packets, bytes = age->bytes - rule->counted_bytes;
    const bool is_right = is_still_right(rules, rule);
    uint8_t values[WEFT_MOST_RULE_BYTES];
    rule->asked = now;
    if (!packets)
        return is_right;
    /* Never before the true time: what it leans on must not expire too early. */
    const uint64_t idle_ns = age->knows_idle ? age->idle_s * 1000 * MS : 0;
    rule->used = RTE_MAX(rule->used, now > idle_ns ? now - idle_ns : 0);
    rule->counted_packets = age->packets;
    rule->counted_bytes = age->bytes;
    if (is_right) {
        weft_log_rule(rules->worker, "use", rule->index, rule->key.port, rule->used, rule->head, rule->size);
        find_again(rules, rule, rule->used, values);
    }
    weft_program.fold_rule(rules->worker->state, rule->key.number, rule->values, packets, bytes);
    count(rules, WEFT_RULES_PACKETS, (int64_t)packets);
    count(rules, WEFT_RULES_BYTES, (int64_t)bytes);
    return is_right;
}

static void leave(struct weft_rules *rules, struct rule *rule, enum weft_rule_count why)
{
    if (!weft_eswitch_remove(rules->worker->index, rule->device, rule))
        return; /* it is tried again at the next visit */
    count(rules, why, 1);
    move_to(rules, rule, LEAVING);
}

static uint64_t idle_ns_of(const struct weft_rules *rules, const struct rule *rule)
{
    const uint64_t idle_ns = template_of(rule)->idle_ns;
    return idle_ns ? RTE_MIN(rules->options.idle_ns, idle_ns / 2) : rules->options.idle_ns;
}

static uint64_t check_ns_of(const struct weft_rules *rules, const struct rule *rule)
{
    const uint64_t idle_ns = template_of(rule)->idle_ns;
    return idle_ns ? RTE_MIN(rules->options.check_ns, idle_ns / 8) : rules->options.check_ns;
}

static void check(struct weft_rules *rules, struct rule *rule, uint64_t now)
{
    struct weft_eswitch_age age;
    if (rule->is_unwanted) {
        leave(rules, rule, WEFT_RULES_FLUSHED);
        return;
    }
    if (now < rule->asked + check_ns_of(rules, rule) || !weft_eswitch_query(rule->device, &age))
        return;
    if (!bring_back(rules, rule, &age, now))
        leave(rules, rule, WEFT_RULES_STALE);
    else if (now >= rule->used + idle_ns_of(rules, rule))
        leave(rules, rule, WEFT_RULES_IDLE);
}

/* A rule that is to go still serves packets, and what it leans on must live as long. */
static void watch(struct weft_rules *rules, struct rule *rule, uint64_t now)
{
    struct weft_eswitch_age age;
    if (now < rule->asked + check_ns_of(rules, rule) || !weft_eswitch_query(rule->device, &age))
        return;
    bring_back(rules, rule, &age, now);
}

/* --- answers */

static void answer_insert(struct weft_rules *rules, struct rule *rule, bool done, uint64_t now)
{
    if (done) {
        count(rules, WEFT_RULES_MADE, 1);
        rule->asked = now;
        move_to(rules, rule, LIVE);
        weft_log_rule(rules->worker, "made", rule->index, rule->key.port, now, rule->head, rule->size);
        return;
    }
    count(rules, WEFT_RULES_REFUSED, 1);
    weft_eswitch_forget(rule->device);
    move_to(rules, rule, LEAVING);
    free_place(rules, rule); /* its flow may come to have one later */
}

static void answer_remove(struct weft_rules *rules, struct rule *rule, bool done, uint64_t now)
{
    struct weft_eswitch_age age;
    if (!done) { /* it is still there */
        rule->is_unwanted = true;
        move_to(rules, rule, LIVE);
        return;
    }
    if (weft_eswitch_query(rule->device, &age)) {
        age.knows_idle = false; /* nobody tells the age of what is gone */
        bring_back(rules, rule, &age, now);
    }
    weft_log_rule(rules->worker, "gone", rule->index, rule->key.port, now, rule->head, rule->size);
    weft_eswitch_forget(rule->device);
    free_place(rules, rule);
}

static uint32_t take_answers(struct weft_rules *rules, uint64_t now)
{
    struct weft_eswitch_answer answers[32];
    const uint32_t found = weft_eswitch_answers(rules->worker->index, answers, RTE_DIM(answers));
    for (uint32_t i = 0; i < found; i++) {
        struct rule *rule = answers[i].context;
        if (rule->stage == ASKED)
            answer_insert(rules, rule, answers[i].done, now);
        else
            answer_remove(rules, rule, answers[i].done, now);
    }
    return found;
}

/* --- the round */

static void visit(struct weft_rules *rules, struct rule *rule, uint64_t now)
{
    if (rule->stage == SEEN && now >= rule->seen + rules->options.idle_ns)
        free_place(rules, rule);
    else if (rule->stage == WAITING)
        consider(rules, rule, now);
    else if (rule->stage == LIVE)
        check(rules, rule, now);
    else if (rule->stage == LEAVING)
        watch(rules, rule, now);
}

void weft_rules_work(struct weft_rules *rules, uint64_t now)
{
    take_answers(rules, now);
    for (uint32_t i = 0; i < VISITS && i < rules->used; i++) {
        rules->hand = rules->hand + 1 < rules->used ? rules->hand + 1 : 0;
        visit(rules, &rules->rules[rules->hand], now);
    }
}

void weft_rules_collect(struct weft_rules *rules, uint64_t now)
{
    struct weft_eswitch_age age;
    for (uint32_t i = 0; i < rules->used; i++) {
        struct rule *rule = &rules->rules[i];
        if (rule->stage != LIVE || !weft_eswitch_query(rule->device, &age))
            continue;
        rule->is_unwanted |= !bring_back(rules, rule, &age, now);
    }
}

void weft_rules_flush(struct weft_rules *rules, uint64_t now)
{
    bool any = true;
    while (any) {
        any = false;
        for (uint32_t i = 0; i < rules->used; i++) {
            struct rule *rule = &rules->rules[i];
            if (rule->stage == SEEN || rule->stage == WAITING) {
                move_to(rules, rule, LEAVING);
                free_place(rules, rule);
            } else if (rule->stage == LIVE)
                leave(rules, rule, WEFT_RULES_FLUSHED);
            any |= rule->stage != FREE;
        }
        if (any && !take_answers(rules, now))
            rte_pause();
    }
}
