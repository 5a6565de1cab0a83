/* The blocks of all workers, from outside of them. */
#ifndef WEFT_APP_STATE_H
#define WEFT_APP_STATE_H

#include "worker.h"

/* Workers wait between two batches until they are released; both return when all have seen it. */
void weft_hold(struct weft_worker *worker);
void weft_release(struct weft_worker *worker);
void weft_hold_all(struct weft_application *application);
void weft_release_all(struct weft_application *application);

/* What one client wants to be written; it comes into force as a whole, between two batches of each worker. */
struct weft_staged {
    uint8_t **tables; /* for each table of the program its entries, or NULL */
    uint32_t *counts;
    uint8_t *tunables;
    uint8_t *groups;
    uint8_t *blocks; /* of all workers */
    uint8_t *record;
    size_t record_bytes;
};

bool weft_stage_begin(struct weft_staged *staged);
void weft_stage_discard(struct weft_staged *staged); /* what is staged is freed, and can be staged anew */
void weft_stage_end(struct weft_staged *staged);

/* Each takes over `bytes`, `size` of them, or returns what is wrong with them. */
const char *weft_stage_table(struct weft_staged *staged, const char *name, uint64_t count, uint8_t *bytes, size_t size);
const char *weft_stage_tunables(struct weft_staged *staged, uint8_t *bytes, size_t size);
const char *weft_stage_groups(struct weft_staged *staged, uint8_t *bytes, size_t size);
const char *weft_stage_blocks(struct weft_staged *staged, const struct weft_application *application, uint8_t *bytes,
                              size_t size);

/* Bring what is staged into force; `held`: the workers wait already. */
void weft_commit(struct weft_staged *staged, struct weft_application *application, bool held);

/* Of workers that are all held: take their rules away; or only bring into the state what they have counted. */
void weft_flush_rules(struct weft_application *application);
void weft_collect_rules(struct weft_application *application);

/* The highest time of a packet that was processed. */
uint64_t weft_last_ns(const struct weft_application *application);

#endif
