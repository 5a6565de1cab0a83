/* What rules do, line by line, in a file: for those who ask why a packet was served as it was. */
#ifndef WEFT_APP_RULE_LOG_H
#define WEFT_APP_RULE_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct weft_worker;

/* Append to the file from now on; false, with a message, where it cannot be opened. */
bool weft_rule_log_begin(const char *path);

/* One line: what, worker, number of the rule among the worker's, port, time in nanoseconds, bytes of a packet. */
void weft_log_rule(const struct weft_worker *worker, const char *what, uint32_t rule, uint16_t port, uint64_t now,
                   const uint8_t *head, uint32_t size);

#endif
