/* Answers to DPDK's telemetry. It has room for 16 KiB an answer, so what is long comes in parts; and within a
   dictionary it knows nothing but arrays of numbers or strings, so what others would write as rows comes as columns. */
#include <stdlib.h>

#include <rte_telemetry.h>
#include <rte_version.h>

#include "stats.h"

#define PAGE 64 /* entries of one answer */

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#define append_number rte_tel_data_add_array_uint
#define NUMBERS RTE_TEL_UINT_VAL
#else
#define add_number rte_tel_data_add_dict_u64
#define append_number rte_tel_data_add_array_u64
#define NUMBERS RTE_TEL_U64_VAL
#endif

static const struct weft_application *shown; /* what telemetry, which knows no context, answers about */

/* The workers from `first` to before `last` that the parameter means: one, or all of them. */
static bool choose(const char *parameter, uint32_t *first, uint32_t *last)
{
    *first = 0;
    *last = shown->worker_count;
    if (!parameter || !*parameter)
        return true;
    *first = (uint32_t)strtoul(parameter, NULL, 10);
    *last = *first + 1;
    return *first < shown->worker_count;
}

static int tell_stats(const char *command __rte_unused, const char *parameter, struct rte_tel_data *data)
{
    uint64_t handed_over = 0, digests = 0, dropped[WEFT_CAUSES] = {0};
    uint32_t first, last;
    if (!choose(parameter, &first, &last))
        return -1;
    for (uint32_t w = first; w < last; w++) {
        const struct weft_counts *counts = &shown->workers[w].counts;
        for (uint32_t to = 0; to < shown->worker_count; to++)
            handed_over += weft_look(&counts->handed_over[to]);
        for (unsigned c = 0; c < WEFT_CAUSES; c++)
            dropped[c] += weft_look(&counts->dropped[c]);
        digests += weft_look(&counts->digests);
    }
    rte_tel_data_start_dict(data);
    rte_tel_data_add_dict_string(data, "program", weft_program.name);
    add_number(data, "workers", shown->worker_count);
    add_number(data, "handed_over", handed_over);
    add_number(data, "digests", digests);
    for (unsigned c = 0; c < WEFT_CAUSES; c++)
        add_number(data, weft_cause_names[c], dropped[c]);
    return 0;
}

static int tell_rules(const char *command __rte_unused, const char *parameter, struct rte_tel_data *data)
{
    uint32_t first, last;
    if (!choose(parameter, &first, &last))
        return -1;
    rte_tel_data_start_dict(data);
    for (unsigned c = 0; c < WEFT_RULE_COUNTS; c++)
        add_number(data, weft_rule_count_names[c], weft_rule_count(shown, (enum weft_rule_count)c, first, last));
    return 0;
}

/* --- columns */

struct columns {
    unsigned count;
    const char *names[8];
    struct rte_tel_data *of[8];
};

static struct rte_tel_data *add_column(struct columns *columns, const char *name, enum rte_tel_value_type kind)
{
    struct rte_tel_data *made = rte_tel_data_alloc();
    if (made)
        rte_tel_data_start_array(made, kind);
    columns->names[columns->count] = name;
    columns->of[columns->count++] = made;
    return made;
}

/* Put them into the answer; 0, or -1 where there was no memory. */
static int put_columns(struct columns *columns, struct rte_tel_data *data)
{
    bool all = true;
    rte_tel_data_start_dict(data);
    for (unsigned c = 0; c < columns->count; c++)
        if (columns->of[c])
            rte_tel_data_add_dict_container(data, columns->names[c], columns->of[c], 0);
        else
            all = false;
    return all ? 0 : -1;
}

static void append(struct rte_tel_data *column, uint64_t number)
{
    if (column)
        append_number(column, number);
}

static void append_text(struct rte_tel_data *column, const char *text)
{
    if (column)
        rte_tel_data_add_array_string(column, text);
}

static void append_port(struct columns *columns, uint32_t port, uint32_t first, uint32_t last)
{
    uint64_t numbers[5] = {0};
    for (uint32_t w = first; w < last; w++) {
        const struct weft_counts *counts = &shown->workers[w].counts;
        numbers[0] += weft_look(&counts->received[port].packets);
        numbers[1] += weft_look(&counts->received[port].bytes);
        numbers[2] += weft_look(&counts->sent[port].packets);
        numbers[3] += weft_look(&counts->sent[port].bytes);
        numbers[4] += weft_look(&counts->queue_full[port]);
    }
    append_text(columns->of[0], weft_program.ports[port]);
    for (unsigned n = 0; n < RTE_DIM(numbers); n++)
        append(columns->of[n + 1], numbers[n]);
}

static int tell_ports(const char *command __rte_unused, const char *parameter, struct rte_tel_data *data)
{
    static const char *const names[] = {
        "received_packets", "received_bytes", "sent_packets", "sent_bytes", "queue_full",
    };
    struct columns columns = {0};
    uint32_t first, last;
    if (!choose(parameter, &first, &last))
        return -1;
    add_column(&columns, "port", RTE_TEL_STRING_VAL);
    for (unsigned n = 0; n < RTE_DIM(names); n++)
        add_column(&columns, names[n], NUMBERS);
    for (uint32_t p = 0; p < weft_program.port_count && p < PAGE; p++)
        append_port(&columns, p, first, last);
    return put_columns(&columns, data);
}

static int tell_finals(const char *command __rte_unused, const char *parameter, struct rte_tel_data *data)
{
    const uint32_t first = parameter ? (uint32_t)strtoul(parameter, NULL, 10) : 0;
    struct columns columns = {0};
    struct rte_tel_data *places = add_column(&columns, "place", RTE_TEL_STRING_VAL);
    struct rte_tel_data *kinds = add_column(&columns, "kind", RTE_TEL_STRING_VAL);
    struct rte_tel_data *packets = add_column(&columns, "packets", NUMBERS);
    for (uint32_t f = first; f < weft_program.final_count && f - first < PAGE; f++) {
        append_text(places, weft_program.finals[f].place);
        append_text(kinds, weft_program.finals[f].kind);
        append(packets, weft_final_count(shown, f));
    }
    return put_columns(&columns, data);
}

void weft_register_telemetry(const struct weft_application *application)
{
    shown = application;
    rte_telemetry_register_cmd("/weft/stats", tell_stats,
                               "Hand-overs, digests, losses by cause. Parameter: a worker; without it, all of them.");
    rte_telemetry_register_cmd("/weft/ports", tell_ports,
                               "Traffic of the first 64 ports. Parameter: a worker; without it, all of them.");
    rte_telemetry_register_cmd("/weft/rules", tell_rules,
                               "Rules in the eSwitch. Parameter: a worker; without it, all of them.");
    rte_telemetry_register_cmd("/weft/finals", tell_finals,
                               "Packets by the line that ended them, 64 at once. Parameter: the first one, from 0.");
}
