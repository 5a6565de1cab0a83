/* Stored time: 32-bit ticks of 2^20 ns, compared as serial numbers, for packets need not come in order. */
#ifndef WEFT_CLOCK_H
#define WEFT_CLOCK_H

#include "weft/types.h"

#define WEFT_HALF_RANGE 0x80000000u

static inline uint32_t weft_tick(uint64_t now) { return (uint32_t)(now >> 20); }

/* Whether what was last used at `last` has been idle for more than `idle` ticks. Backward is no time at all. */
static inline bool weft_is_expired(uint32_t tick, uint32_t last, uint32_t idle)
{
    uint32_t elapsed = tick - last;
    return elapsed > idle && elapsed < WEFT_HALF_RANGE;
}

/* The later of two ticks. */
static inline uint32_t weft_later(uint32_t tick, uint32_t last)
{
    return tick - last < WEFT_HALF_RANGE ? tick : last;
}

#endif
