#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>
#include <rte_telemetry.h>
#include <rte_version.h>

#include "json.h"

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#else
#define add_number rte_tel_data_add_dict_u64
#endif

static const struct weft_application *shown; /* what telemetry, which knows no context, answers about */

/* --- JSON */

static void write_traffic(FILE *out, const char *name, const struct weft_traffic *traffic)
{
    fprintf(out, "\"%s\":{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", name, weft_look(&traffic->packets),
            weft_look(&traffic->bytes));
}

static void write_worker(FILE *out, const struct weft_application *application, const struct weft_worker *worker)
{
    const struct weft_counts *counts = &worker->counts;
    fprintf(out, "{\"lcore\":%u,\"ports\":{", worker->lcore);
    for (uint32_t p = 0; p < weft_program.port_count; p++) {
        fputs(p ? "," : "", out);
        weft_write_json_text(out, weft_program.ports[p]);
        fputs(":{", out);
        write_traffic(out, "received", &counts->received[p]);
        fputc(',', out);
        write_traffic(out, "sent", &counts->sent[p]);
        fprintf(out, ",\"queue_full\":%" PRIu64 "}", weft_look(&counts->queue_full[p]));
    }
    fputs("},\"handed_over\":[", out);
    for (uint32_t w = 0; w < application->worker_count; w++)
        fprintf(out, "%s%" PRIu64, w ? "," : "", weft_look(&counts->handed_over[w]));
    fputs("],\"dropped\":{", out);
    for (unsigned c = 0; c < WEFT_CAUSES; c++)
        fprintf(out, "%s\"%s\":%" PRIu64, c ? "," : "", weft_cause_names[c], weft_look(&counts->dropped[c]));
    fprintf(out, "},\"digests\":%" PRIu64 "}", weft_look(&counts->digests));
}

static uint64_t final_count(const struct weft_application *application, uint32_t number)
{
    uint64_t total = 0;
    for (uint32_t w = 0; w < application->worker_count; w++)
        total += weft_look(&application->workers[w].counts.finals[number]);
    return total;
}

static void write_finals(FILE *out, const struct weft_application *application)
{
    for (uint32_t f = 0; f < weft_program.final_count; f++) {
        fputs(f ? ",{\"place\":" : "{\"place\":", out);
        weft_write_json_text(out, weft_program.finals[f].place);
        fputs(",\"kind\":", out);
        weft_write_json_text(out, weft_program.finals[f].kind);
        fprintf(out, ",\"packets\":%" PRIu64 "}", final_count(application, f));
    }
}

/* What was lost before the program could see it, or behind it. */
static void write_devices(FILE *out, const struct weft_application *application)
{
    for (uint32_t p = 0; p < application->ports.count; p++) {
        struct rte_eth_stats stats = {0};
        if (application->ports.of[p].id != WEFT_NOT_CONNECTED)
            rte_eth_stats_get(application->ports.of[p].id, &stats);
        fputs(p ? "," : "", out);
        weft_write_json_text(out, weft_program.ports[p]);
        fprintf(out, ":{\"id\":%u,\"missed\":%" PRIu64 ",\"rx_errors\":%" PRIu64 ",\"no_mbuf\":%" PRIu64, //
                application->ports.of[p].id, stats.imissed, stats.ierrors, stats.rx_nombuf);
        fprintf(out, ",\"tx_errors\":%" PRIu64 "}", stats.oerrors);
    }
}

char *weft_stats_json(const struct weft_application *application, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out)
        return NULL;
    fputs("{\"program\":", out);
    weft_write_json_text(out, weft_program.name);
    fputs(",\"workers\":[", out);
    for (uint32_t w = 0; w < application->worker_count; w++) {
        fputs(w ? "," : "", out);
        write_worker(out, application, &application->workers[w]);
    }
    fputs("],\"finals\":[", out);
    write_finals(out, application);
    fputs("],\"devices\":{", out);
    write_devices(out, application);
    fputs("}}", out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

/* --- telemetry */

static struct rte_tel_data *ports_of(const struct weft_worker *worker)
{
    struct rte_tel_data *all = rte_tel_data_alloc();
    rte_tel_data_start_array(all, RTE_TEL_CONTAINER);
    for (uint32_t p = 0; p < weft_program.port_count && p < RTE_TEL_MAX_ARRAY_ENTRIES; p++) {
        struct rte_tel_data *one = rte_tel_data_alloc();
        rte_tel_data_start_dict(one);
        rte_tel_data_add_dict_string(one, "port", weft_program.ports[p]);
        add_number(one, "received_packets", weft_look(&worker->counts.received[p].packets));
        add_number(one, "received_bytes", weft_look(&worker->counts.received[p].bytes));
        add_number(one, "sent_packets", weft_look(&worker->counts.sent[p].packets));
        add_number(one, "sent_bytes", weft_look(&worker->counts.sent[p].bytes));
        add_number(one, "queue_full", weft_look(&worker->counts.queue_full[p]));
        rte_tel_data_add_array_container(all, one, 0);
    }
    return all;
}

static struct rte_tel_data *worker_data(const struct weft_worker *worker)
{
    struct rte_tel_data *one = rte_tel_data_alloc();
    struct rte_tel_data *dropped = rte_tel_data_alloc();
    uint64_t handed_over = 0;
    for (uint32_t w = 0; w < worker->application->worker_count; w++)
        handed_over += weft_look(&worker->counts.handed_over[w]);
    rte_tel_data_start_dict(one);
    rte_tel_data_add_dict_int(one, "lcore", (int)worker->lcore);
    add_number(one, "handed_over", handed_over);
    add_number(one, "digests", weft_look(&worker->counts.digests));
    rte_tel_data_start_dict(dropped);
    for (unsigned c = 0; c < WEFT_CAUSES; c++)
        add_number(dropped, weft_cause_names[c], weft_look(&worker->counts.dropped[c]));
    rte_tel_data_add_dict_container(one, "dropped", dropped, 0);
    rte_tel_data_add_dict_container(one, "ports", ports_of(worker), 0);
    return one;
}

static int tell_stats(const char *command __rte_unused, const char *parameters __rte_unused, struct rte_tel_data *data)
{
    struct rte_tel_data *workers = rte_tel_data_alloc();
    rte_tel_data_start_array(workers, RTE_TEL_CONTAINER);
    for (uint32_t w = 0; w < shown->worker_count; w++)
        rte_tel_data_add_array_container(workers, worker_data(&shown->workers[w]), 0);
    rte_tel_data_start_dict(data);
    rte_tel_data_add_dict_string(data, "program", weft_program.name);
    rte_tel_data_add_dict_container(data, "workers", workers, 0);
    return 0;
}

static int tell_finals(const char *command __rte_unused, const char *parameters __rte_unused, struct rte_tel_data *data)
{
    rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
    for (uint32_t f = 0; f < weft_program.final_count && f < RTE_TEL_MAX_ARRAY_ENTRIES; f++) {
        struct rte_tel_data *one = rte_tel_data_alloc();
        rte_tel_data_start_dict(one);
        rte_tel_data_add_dict_string(one, "place", weft_program.finals[f].place);
        rte_tel_data_add_dict_string(one, "kind", weft_program.finals[f].kind);
        add_number(one, "packets", final_count(shown, f));
        rte_tel_data_add_array_container(data, one, 0);
    }
    return 0;
}

void weft_register_telemetry(const struct weft_application *application)
{
    shown = application;
    rte_telemetry_register_cmd("/weft/stats", tell_stats, "Traffic, hand-overs and losses of each worker. No parameters.");
    rte_telemetry_register_cmd("/weft/finals", tell_finals, "Packets by the line that ended them. No parameters.");
}

/* --- for people */

void weft_print_stats(const struct weft_application *application, FILE *out)
{
    uint64_t dropped[WEFT_CAUSES] = {0};
    for (uint32_t p = 0; p < weft_program.port_count; p++) {
        uint64_t received = 0, sent = 0;
        for (uint32_t w = 0; w < application->worker_count; w++) {
            received += weft_look(&application->workers[w].counts.received[p].packets);
            sent += weft_look(&application->workers[w].counts.sent[p].packets);
        }
        fprintf(out, "weft: %s: %" PRIu64 " received, %" PRIu64 " sent\n", weft_program.ports[p], received, sent);
    }
    for (uint32_t w = 0; w < application->worker_count; w++)
        for (unsigned c = 0; c < WEFT_CAUSES; c++)
            dropped[c] += weft_look(&application->workers[w].counts.dropped[c]);
    for (unsigned c = 0; c < WEFT_CAUSES; c++)
        if (dropped[c])
            fprintf(out, "weft: lost, %s: %" PRIu64 "\n", weft_cause_names[c], dropped[c]);
}
