#include "state.h"

#include <stdlib.h>
#include <string.h>

#include <rte_pause.h>

/* --- waiting workers */

static void ask_to_hold(struct weft_worker *worker) { atomic_store(&worker->hold, true); }

static void await_hold(struct weft_worker *worker)
{
    while (!atomic_load(&worker->held) && !atomic_load(&worker->has_ended))
        rte_pause();
}

void weft_hold(struct weft_worker *worker)
{
    ask_to_hold(worker);
    await_hold(worker);
}

void weft_release(struct weft_worker *worker)
{
    atomic_store(&worker->hold, false);
    while (atomic_load(&worker->held))
        rte_pause();
}

void weft_hold_all(struct weft_application *application)
{
    for (uint32_t w = 0; w < application->worker_count; w++)
        ask_to_hold(&application->workers[w]);
    for (uint32_t w = 0; w < application->worker_count; w++)
        await_hold(&application->workers[w]);
}

void weft_release_all(struct weft_application *application)
{
    for (uint32_t w = 0; w < application->worker_count; w++)
        weft_release(&application->workers[w]);
}

/* --- rules of workers that are held */

static void flush_rules(struct weft_worker *worker)
{
    if (worker->rules)
        weft_rules_flush(worker->rules, weft_rule_time(worker));
}

void weft_flush_rules(struct weft_application *application)
{
    for (uint32_t w = 0; w < application->worker_count; w++)
        flush_rules(&application->workers[w]);
}

void weft_collect_rules(struct weft_application *application)
{
    for (uint32_t w = 0; w < application->worker_count; w++)
        if (application->workers[w].rules)
            weft_rules_collect(application->workers[w].rules, weft_rule_time(&application->workers[w]));
}

uint64_t weft_last_ns(const struct weft_application *application)
{
    uint64_t last = 0;
    for (uint32_t w = 0; w < application->worker_count; w++)
        last = RTE_MAX(last, weft_look(&application->workers[w].last_ns));
    return last;
}

/* --- what is staged */

bool weft_stage_begin(struct weft_staged *staged)
{
    *staged = (struct weft_staged){0};
    staged->tables = calloc(weft_program.table_count + 1, sizeof *staged->tables);
    staged->counts = calloc(weft_program.table_count + 1, sizeof *staged->counts);
    return staged->tables && staged->counts;
}

static void replace(uint8_t **place, uint8_t *bytes)
{
    free(*place);
    *place = bytes;
}

void weft_stage_discard(struct weft_staged *staged)
{
    for (uint32_t t = 0; staged->tables && t < weft_program.table_count; t++)
        replace(&staged->tables[t], NULL);
    replace(&staged->tunables, NULL);
    replace(&staged->groups, NULL);
    replace(&staged->blocks, NULL);
    replace(&staged->record, NULL);
}

void weft_stage_end(struct weft_staged *staged)
{
    weft_stage_discard(staged);
    free(staged->tables);
    free(staged->counts);
    *staged = (struct weft_staged){0};
}

/* The lengths in use are counted where they change: entries in another order would overflow the list of them. */
static bool are_lengths_falling(const struct weft_table *table, const uint8_t *entries, uint64_t count)
{
    uint16_t before = table->most_length;
    for (uint64_t i = 0; i < count; i++) {
        uint16_t length;
        memcpy(&length, entries + i * table->entry_bytes + table->length, sizeof length);
        if (length > before)
            return false;
        before = length;
    }
    return true;
}

const char *weft_stage_table(struct weft_staged *staged, const char *name, uint64_t count, uint8_t *bytes, size_t size)
{
    for (uint32_t t = 0; t < weft_program.table_count; t++) {
        const struct weft_table *table = &weft_program.tables[t];
        if (strcmp(table->name, name))
            continue;
        if (count > table->capacity)
            return "more entries than the table has room for";
        if (count < table->least)
            return "an array is given with all its cells";
        if (size != count * table->entry_bytes)
            return "the entries are not as long as so many of them are";
        if (table->length != WEFT_NO_LENGTH && !are_lengths_falling(table, bytes, count))
            return "an entry with a longer prefix comes behind a shorter one";
        replace(&staged->tables[t], bytes);
        staged->counts[t] = (uint32_t)count;
        return NULL;
    }
    return "the program has no such table";
}

const char *weft_stage_tunables(struct weft_staged *staged, uint8_t *bytes, size_t size)
{
    if (size == 0 || size != weft_program.tunables_bytes)
        return "the tunables of this program are not as long";
    replace(&staged->tunables, bytes);
    return NULL;
}

/* `group_starts`, then `group_ports`. A start beyond the ports would let the program read what is behind them. */
const char *weft_stage_groups(struct weft_staged *staged, uint8_t *bytes, size_t size)
{
    const size_t starts = (WEFT_GROUPS + 1) * sizeof(uint32_t);
    const uint32_t *start = (const uint32_t *)(const void *)bytes; /* as malloc aligns it */
    if (weft_program.group_port_count == 0)
        return "the program multicasts nothing";
    if (size != starts + weft_program.group_port_count * sizeof(uint16_t))
        return "the groups are not as long";
    for (uint32_t g = 0; g < WEFT_GROUPS; g++)
        if (start[g] > start[g + 1])
            return "a group ends before it begins";
    if (start[WEFT_GROUPS] > weft_program.group_port_count)
        return "more ports in groups than there is room for";
    replace(&staged->groups, bytes);
    return NULL;
}

const char *weft_stage_blocks(struct weft_staged *staged, const struct weft_application *application, uint8_t *bytes,
                              size_t size)
{
    if (size != application->worker_count * weft_program.block_bytes)
        return "the blocks of all workers together are not as long";
    replace(&staged->blocks, bytes);
    return NULL;
}

/* --- into force */

/* Nobody reads the copy that is not active: the worker has been between two batches since it was. */
static void fill_tables(const struct weft_staged *staged, struct weft_worker *worker)
{
    for (uint32_t t = 0; t < weft_program.table_count; t++) {
        const struct weft_table *table = &weft_program.tables[t];
        if (!staged->tables[t])
            continue;
        uint8_t *block = worker->state;
        uint32_t active;
        memcpy(&active, block + table->active, sizeof active);
        const size_t room = table->capacity * table->entry_bytes, used = staged->counts[t] * table->entry_bytes;
        uint8_t *copy = block + table->entries + (active ? 0 : room);
        memcpy(copy, staged->tables[t], used);
        memset(copy + used, 0, room - used);
    }
}

static void switch_over(const struct weft_staged *staged, struct weft_worker *worker)
{
    uint8_t *block = worker->state;
    for (uint32_t t = 0; t < weft_program.table_count; t++)
        if (staged->tables[t])
            weft_program.tables[t].install(block, staged->counts[t]);
    if (staged->tunables)
        memcpy(block + weft_program.tunables, staged->tunables, weft_program.tunables_bytes);
    if (staged->groups) {
        const size_t starts = (WEFT_GROUPS + 1) * sizeof(uint32_t);
        const size_t ports = weft_program.group_port_count * sizeof(uint16_t);
        memcpy(block + weft_program.group_starts, staged->groups, starts);
        memcpy(block + weft_program.group_ports, staged->groups + starts, ports);
    }
}

void weft_commit(struct weft_staged *staged, struct weft_application *application, bool held)
{
    const bool all = staged->blocks && !held;
    if (all)
        weft_hold_all(application);
    for (uint32_t w = 0; w < application->worker_count; w++) {
        struct weft_worker *worker = &application->workers[w];
        if (staged->blocks)
            flush_rules(worker);
        if (staged->blocks)
            memcpy(worker->state, staged->blocks + w * weft_program.block_bytes, weft_program.block_bytes);
        fill_tables(staged, worker);
        if (!held && !all)
            weft_hold(worker);
        flush_rules(worker); /* they are of the entries that go */
        switch_over(staged, worker);
        if (!held && !all)
            weft_release(worker);
    }
    if (all)
        weft_release_all(application);
}
