/* The rules of one worker's flows: which are asked for, when, what they counted, and when they go.
 *
 * The block of state stays the authority. A rule is made of what the program finds for a packet (`find_rule`); what it
 * counted, and when it was used last, is brought back; before anything that it leans on can expire, it is gone. */
#ifndef WEFT_APP_RULES_H
#define WEFT_APP_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "weft/packet.h"

struct weft_worker;
struct weft_rules;

/* What happened, over all time but for the first three. */
enum weft_rule_count {
    WEFT_RULES_LIVE,    /* rules that serve packets now */
    WEFT_RULES_ASKED,   /* for which an answer is awaited */
    WEFT_RULES_WAITING, /* flows that wait for a gap, or for room */
    WEFT_RULES_MADE,
    WEFT_RULES_FORCED,  /* of those made: without a gap, since none came */
    WEFT_RULES_REFUSED, /* by the eSwitch */
    WEFT_RULES_IDLE,    /* gone since no packet came */
    WEFT_RULES_STALE,   /* gone since the program would now do something else */
    WEFT_RULES_FLUSHED, /* gone since tables changed, state was loaded, or the application ended */
    WEFT_RULES_PACKETS, /* served by rules, as far as they were asked */
    WEFT_RULES_BYTES,
    WEFT_RULES_LATE,    /* packets that came to a core though a rule was there: others may have overtaken them */
    WEFT_RULE_COUNTS
};

extern const char *const weft_rule_count_names[WEFT_RULE_COUNTS];

/* NULL where there is no memory. */
struct weft_rules *weft_rules_begin(struct weft_worker *worker, const struct weft_rule_options *options);
void weft_rules_end(struct weft_rules *rules);

/* A packet that the worker is about to process. */
void weft_rules_see(struct weft_rules *rules, const struct weft_packet *packet);

/* Some of what there is to do, between two batches; `now` as packets tell it. */
void weft_rules_work(struct weft_rules *rules, uint64_t now);

/* Take the rules away, and bring back what they know. Their worker is held, or calls it itself. */
void weft_rules_flush(struct weft_rules *rules, uint64_t now);

/* Bring back what the rules know, and leave them. */
void weft_rules_collect(struct weft_rules *rules, uint64_t now);

/* The numbers of `weft_rule_count`, which others may read at any time. */
const uint64_t *weft_rules_counts(const struct weft_rules *rules);

#endif
