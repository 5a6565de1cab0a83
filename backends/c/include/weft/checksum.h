/* Internet checksums: mended by what changed (RFC 1624, equation 3), so that a wrong one stays wrong. */
#ifndef WEFT_CHECKSUM_H
#define WEFT_CHECKSUM_H

#include "weft/bytes.h"

/* What one 16-bit word adds to the sum of changes; nothing where it did not change. */
static inline uint32_t weft_change16(uint32_t old, uint32_t new)
{
    return old == new ? 0 : (old ^ 0xffffu) + new;
}

static inline uint32_t weft_change32(uint32_t old, uint32_t new)
{
    return weft_change16(old >> 16, new >> 16) + weft_change16(old & 0xffffu, new & 0xffffu);
}

static inline uint32_t weft_change64(uint64_t old, uint64_t new)
{
    return weft_change32((uint32_t)(old >> 32), (uint32_t)(new >> 32)) + weft_change32((uint32_t)old, (uint32_t)new);
}

static inline uint32_t weft_smaller(uint32_t one, uint32_t other) { return one < other ? one : other; }

/* The sum of changes of all 16-bit words from byte `first` to `last`, counted from `first`. Behind `last` nothing
   changed; an odd byte at the end of the packet is the high one of its word. */
static inline uint32_t weft_changes(const uint8_t *received, const uint8_t *now, uint32_t first, uint32_t last,
                                    uint32_t size)
{
    uint32_t changes = 0;
    for (uint32_t at = first; at < last; at += 2) {
        uint32_t behind = at + 1 < size ? now[at + 1] : 0;
        uint32_t was_behind = at + 1 < last ? received[at + 1] : behind;
        changes += weft_change16((uint32_t)received[at] << 8 | was_behind, (uint32_t)now[at] << 8 | behind);
    }
    return changes;
}

/* The one's complement sum of 16 bits; 0 only where `sum` is. */
static inline uint32_t weft_fold(uint32_t sum)
{
    sum = (sum & 0xffffu) + (sum >> 16);
    return (sum & 0xffffu) + (sum >> 16);
}

/* The same of a sum of more words than 32 bits hold. */
static inline uint32_t weft_fold64(uint64_t sum)
{
    sum = (sum & 0xffffffffu) + (sum >> 32);
    return weft_fold((uint32_t)((sum & 0xffffffffu) + (sum >> 32)));
}

/* The checksum after changes of this sum, which has at most 30,000 words in it. */
static inline uint32_t weft_mended(uint32_t checksum, uint32_t changes)
{
    return weft_fold((checksum ^ 0xffffu) + changes) ^ 0xffffu;
}

/* One that is 0 where there is none: that stays, and a 0 that was computed is sent as 0xffff (RFC 768). */
static inline uint32_t weft_mended_or_none(uint32_t checksum, uint32_t changes)
{
    uint32_t mended = weft_mended(checksum, changes);
    return checksum == 0 ? 0 : mended ? mended : 0xffffu;
}

/* The two 16-bit words of a number. */
static inline uint32_t weft_words32(uint32_t number) { return (number >> 16) + (number & 0xffffu); }

/* The sum of the 16-bit words of `size` bytes, an odd last byte filled up with zeros. */
static inline uint64_t weft_sum(const uint8_t *bytes, uint32_t size)
{
    uint64_t sum = 0;
    uint32_t at = 0;
    for (; at + 2 <= size; at += 2)
        sum += weft_get16(bytes + at);
    return at < size ? sum + ((uint32_t)bytes[at] << 8) : sum;
}

#endif
