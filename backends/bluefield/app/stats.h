/* What the application has counted, for the control socket and for DPDK's telemetry. */
#ifndef WEFT_APP_STATS_H
#define WEFT_APP_STATS_H

#include "worker.h"

/* The counts as JSON text, to be freed; NULL where there is no memory. */
char *weft_stats_json(const struct weft_application *application, size_t *size);

/* Answer `/weft/stats` and `/weft/finals` from now on. */
void weft_register_telemetry(const struct weft_application *application);

/* The counts in a few lines, for people. */
void weft_print_stats(const struct weft_application *application, FILE *out);

#endif
