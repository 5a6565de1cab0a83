/* Sets of ways: 16-bit tags side by side say which ways may hold a key; 0 is a free one. */
#ifndef WEFT_WAYS_H
#define WEFT_WAYS_H

#include "weft/types.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define WEFT_NO_SLOT 0xffffffffu
#define WEFT_NO_ID (~(uint64_t)0)

/* The tag of a key with this CRC-32: never 0. */
static inline uint16_t weft_tag(uint32_t crc)
{
    uint16_t tag = (uint16_t)crc;
    return tag ? tag : 1;
}

/* A bit for each of 8 ways, the lowest first: whether its tag is this one. */
static inline uint32_t weft_match8(const uint16_t tags[8], uint16_t tag)
{
#if defined(__SSE2__)
    __m128i found = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(const void *)tags), _mm_set1_epi16((short)tag));
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(found, _mm_setzero_si128()));
#elif defined(__ARM_NEON)
    static const uint16_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    return vaddvq_u16(vandq_u16(vceqq_u16(vld1q_u16(tags), vdupq_n_u16(tag)), vld1q_u16(bits)));
#else
    uint32_t matches = 0;
    for (uint32_t way = 0; way < 8; way++)
        matches |= (uint32_t)(tags[way] == tag) << way;
    return matches;
#endif
}

static inline uint32_t weft_match16(const uint16_t tags[16], uint16_t tag)
{
    return weft_match8(tags, tag) | weft_match8(tags + 8, tag) << 8;
}

/* The number of the lowest bit that is 1. */
static inline uint32_t weft_lowest(uint32_t bits) { return (uint32_t)__builtin_ctz(bits); }

#endif
