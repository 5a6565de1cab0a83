/* What the program tells the control plane: each worker writes into a ring of bytes, and one thread writes the file. */
#ifndef WEFT_APP_DIGESTS_H
#define WEFT_APP_DIGESTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In front of each digest's values in the file; little-endian, and records begin at multiples of 8 bytes. */
struct weft_told {
    uint64_t now; /* when the packet arrived, in nanoseconds */
    uint16_t record;
    uint16_t size; /* bytes of the values; zeros fill them up to a multiple of 8 */
    uint16_t worker;
    uint16_t reserved;
};

struct weft_digests {
    uint8_t *bytes;
    size_t capacity; /* a power of two */
    _Atomic size_t head; /* bytes written so far, by the worker */
    _Atomic size_t tail; /* bytes taken so far, by the thread that writes the file */
};

bool weft_digests_begin(struct weft_digests *digests, size_t capacity);

/* Whether there was room for it. */
bool weft_digests_put(struct weft_digests *digests, const struct weft_told *told, const uint8_t *values);

/* Write what is there to `file`; whether that could be done. */
bool weft_digests_write(struct weft_digests *digests, int file);

#endif
