/* What the application asks of an eSwitch. `eswitch_rte_flow.c` has it by DPDK's flow API. */
#ifndef WEFT_APP_ESWITCH_H
#define WEFT_APP_ESWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ports.h"
#include "program.h"

/* A rule in the eSwitch. */
struct weft_eswitch_rule;

/* What became of a request: `context` as it was given with it. */
struct weft_eswitch_answer {
    void *context;
    bool done;
};

struct weft_eswitch_age {
    uint64_t packets; /* since the rule is there */
    uint64_t bytes;
    bool knows_idle;
    uint32_t idle_s; /* whole seconds since the last packet, rounded down; of a new rule, since it is there */
};

/* Before the ports are started: room for `rules` rules of each of `workers` workers. Says what is wrong, and false. */
bool weft_eswitch_configure(const struct weft_ports *ports, uint32_t workers, uint32_t rules, uint32_t idle_s);

/* When they are started: whatever all rules of a kind share. */
bool weft_eswitch_begin(const struct weft_ports *ports);
void weft_eswitch_end(void);

/* Ask for the rule of template `number` (from 1 on) for packets that come in by a logical port. NULL: not now. What
 * comes of it is an answer of `weft_eswitch_answers`. */
struct weft_eswitch_rule *weft_eswitch_insert(uint32_t worker, uint32_t number, uint16_t port, const uint8_t *values,
                                              void *context);

/* Ask for its end; false: not now. What it counted can be asked for until `weft_eswitch_forget`. */
bool weft_eswitch_remove(uint32_t worker, struct weft_eswitch_rule *rule, void *context);
void weft_eswitch_forget(struct weft_eswitch_rule *rule);

uint32_t weft_eswitch_answers(uint32_t worker, struct weft_eswitch_answer *answers, uint32_t most);
bool weft_eswitch_query(struct weft_eswitch_rule *rule, struct weft_eswitch_age *age);

#endif
