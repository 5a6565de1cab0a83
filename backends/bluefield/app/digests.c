#include "digests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool weft_digests_begin(struct weft_digests *digests, size_t capacity)
{
    *digests = (struct weft_digests){.capacity = capacity};
    if (capacity)
        digests->bytes = malloc(capacity);
    return !capacity || digests->bytes;
}

static void put_bytes(struct weft_digests *digests, size_t at, const void *from, size_t size)
{
    const size_t first = at & (digests->capacity - 1);
    const size_t before = size < digests->capacity - first ? size : digests->capacity - first;
    memcpy(digests->bytes + first, from, before);
    memcpy(digests->bytes, (const uint8_t *)from + before, size - before);
}

bool weft_digests_put(struct weft_digests *digests, const struct weft_told *told, const uint8_t *values)
{
    static const uint8_t zeros[8];
    const size_t size = sizeof *told + ((told->size + (size_t)7) & ~(size_t)7);
    const size_t head = atomic_load_explicit(&digests->head, memory_order_relaxed);
    if (digests->capacity - (head - atomic_load_explicit(&digests->tail, memory_order_acquire)) < size)
        return false;
    put_bytes(digests, head, told, sizeof *told);
    put_bytes(digests, head + sizeof *told, values, told->size);
    put_bytes(digests, head + sizeof *told + told->size, zeros, size - sizeof *told - told->size);
    atomic_store_explicit(&digests->head, head + size, memory_order_release);
    return true;
}

bool weft_digests_write(struct weft_digests *digests, int file)
{
    size_t tail = atomic_load_explicit(&digests->tail, memory_order_relaxed);
    const size_t head = atomic_load_explicit(&digests->head, memory_order_acquire);
    while (tail != head) {
        const size_t first = tail & (digests->capacity - 1);
        const size_t whole = head - tail < digests->capacity - first ? head - tail : digests->capacity - first;
        const ssize_t written = write(file, digests->bytes + first, whole);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno == EAGAIN;
        tail += (size_t)written;
        atomic_store_explicit(&digests->tail, tail, memory_order_release);
    }
    return true;
}
