/* What the application has counted, for the control socket and for DPDK's telemetry. */
#ifndef WEFT_APP_STATS_H
#define WEFT_APP_STATS_H

#include <stdio.h>

#include "worker.h"

/* The counts as JSON text, to be freed; NULL where there is no memory. */
char *weft_stats_json(const struct weft_application *application, size_t *size);

/* How many packets the final operation of this number ended. */
uint64_t weft_final_count(const struct weft_application *application, uint32_t number);

/* The counts in a few lines, for people. */
void weft_print_stats(const struct weft_application *application, FILE *out);

/* Answer `/weft/stats`, `/weft/ports` and `/weft/finals` from now on. */
void weft_register_telemetry(const struct weft_application *application);

/* The sum over the workers from `first` to before `last`. */
uint64_t weft_rule_count(const struct weft_application *application, enum weft_rule_count what, uint32_t first,
                         uint32_t last);

#endif
