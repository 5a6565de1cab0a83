#include "rule_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

static int file = -1;

bool weft_rule_log_begin(const char *path)
{
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        fprintf(stderr, "weft: %s: cannot write: %s\n", path, strerror(errno));
    return file >= 0;
}

void weft_log_rule(const struct weft_worker *worker, const char *what, uint32_t rule, uint16_t port, uint64_t now,
                   const uint8_t *head, uint32_t size)
{
    char line[400];
    if (file < 0)
        return;
    int at = snprintf(line, sizeof line, "%s %" PRIu32 " %" PRIu32 " %u %" PRIu64 " ", what, worker->index, rule, port,
                      now);
    for (uint32_t i = 0; i < size && at + 4 < (int)sizeof line; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", head[i]);
    line[at++] = '\n';
    if (write(file, line, (size_t)at) < 0) /* it is only told */
        return;
}
