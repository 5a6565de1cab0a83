/* The control socket: requests and answers are a length in 4 bytes (big-endian), so much JSON, and raw bytes.

   `bytes` in the JSON says how many raw bytes follow; where it is not there, none do. An answer has `ok`, 1 or 0, and
   where that is 0, `error`. docs/bluefield.md lists the requests. */
#ifndef WEFT_APP_CONTROL_H
#define WEFT_APP_CONTROL_H

#include <stdio.h>

#include "worker.h"

struct weft_control;

/* Listen at `path`, for this user alone. NULL, and a message, where that cannot be. */
struct weft_control *weft_control_open(const char *path, struct weft_application *application);

/* Answer requests until the application stops; workers that were held are released then. */
void *weft_control_run(void *control);

void weft_control_close(struct weft_control *control);

/* Write the state of all workers, which do not run or are held, as the answer to `save` is. */
bool weft_write_state(const struct weft_application *application, const uint8_t *record, size_t record_bytes,
                      FILE *out);

/* What the control plane has last said of its entries; it means nothing here. */
const uint8_t *weft_control_record(const struct weft_control *control, size_t *size);

#endif
