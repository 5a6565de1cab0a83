#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "json.h"

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
    fprintf(out, "},\"digests\":%" PRIu64, weft_look(&counts->digests));
    for (unsigned c = 0; worker->rules && c < WEFT_RULE_COUNTS; c++)
        fprintf(out, "%s\"%s\":%" PRIu64, c ? "," : ",\"rules\":{", weft_rule_count_names[c],
                weft_look(&weft_rules_counts(worker->rules)[c]));
    fputs(worker->rules ? "}}" : "}", out);
}

uint64_t weft_rule_count(const struct weft_application *application, enum weft_rule_count what, uint32_t first,
                         uint32_t last)
{
    uint64_t total = 0;
    for (uint32_t w = first; w < last; w++)
        if (application->workers[w].rules)
            total += weft_look(&weft_rules_counts(application->workers[w].rules)[what]);
    return total;
}

uint64_t weft_final_count(const struct weft_application *application, uint32_t number)
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
        fprintf(out, ",\"packets\":%" PRIu64 "}", weft_final_count(application, f));
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
    for (uint32_t w = 0; w < application->worker_count; w++) {
        uint64_t handed_over = 0;
        for (uint32_t to = 0; to < application->worker_count; to++)
            handed_over += weft_look(&application->workers[w].counts.handed_over[to]);
        if (application->worker_count > 1)
            fprintf(out, "weft: worker %" PRIu32 ": %" PRIu64 " handed over to others\n", w, handed_over);
        for (unsigned c = 0; c < WEFT_CAUSES; c++)
            dropped[c] += weft_look(&application->workers[w].counts.dropped[c]);
    }
    for (unsigned c = WEFT_RULES_MADE; application->options.rules.most && c < WEFT_RULE_COUNTS; c++) {
        const uint64_t total = weft_rule_count(application, (enum weft_rule_count)c, 0, application->worker_count);
        if (total)
            fprintf(out, "weft: rules, %s: %" PRIu64 "\n", weft_rule_count_names[c], total);
    }
    for (unsigned c = 0; c < WEFT_CAUSES; c++)
        if (dropped[c])
            fprintf(out, "weft: lost, %s: %" PRIu64 "\n", weft_cause_names[c], dropped[c]);
}
