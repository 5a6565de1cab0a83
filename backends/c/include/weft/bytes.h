/* Numbers in packets: big-endian, at any address. */
#ifndef WEFT_BYTES_H
#define WEFT_BYTES_H

#include "weft/types.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WEFT_BIG16(number) __builtin_bswap16(number)
#define WEFT_BIG32(number) __builtin_bswap32(number)
#define WEFT_BIG64(number) __builtin_bswap64(number)
#else
#define WEFT_BIG16(number) (number)
#define WEFT_BIG32(number) (number)
#define WEFT_BIG64(number) (number)
#endif

static inline uint32_t weft_get8(const uint8_t *from) { return from[0]; }

static inline uint32_t weft_get16(const uint8_t *from)
{
    uint16_t number;
    __builtin_memcpy(&number, from, 2);
    return WEFT_BIG16(number);
}

static inline uint32_t weft_get24(const uint8_t *from) { return weft_get16(from) << 8 | from[2]; }

static inline uint32_t weft_get32(const uint8_t *from)
{
    uint32_t number;
    __builtin_memcpy(&number, from, 4);
    return WEFT_BIG32(number);
}

static inline uint64_t weft_get64(const uint8_t *from)
{
    uint64_t number;
    __builtin_memcpy(&number, from, 8);
    return WEFT_BIG64(number);
}

static inline uint64_t weft_get40(const uint8_t *from) { return (uint64_t)weft_get32(from) << 8 | from[4]; }
static inline uint64_t weft_get48(const uint8_t *from) { return (uint64_t)weft_get32(from) << 16 | weft_get16(from + 4); }
static inline uint64_t weft_get56(const uint8_t *from) { return (uint64_t)weft_get32(from) << 24 | weft_get24(from + 4); }
static inline weft_u128 weft_get128(const uint8_t *from) { return WEFT_U128(weft_get64(from), weft_get64(from + 8)); }

static inline void weft_put8(uint8_t *to, uint32_t number) { to[0] = (uint8_t)number; }

static inline void weft_put16(uint8_t *to, uint32_t number)
{
    uint16_t swapped = WEFT_BIG16((uint16_t)number);
    __builtin_memcpy(to, &swapped, 2);
}

static inline void weft_put24(uint8_t *to, uint32_t number)
{
    weft_put16(to, number >> 8);
    to[2] = (uint8_t)number;
}

static inline void weft_put32(uint8_t *to, uint32_t number)
{
    uint32_t swapped = WEFT_BIG32(number);
    __builtin_memcpy(to, &swapped, 4);
}

static inline void weft_put64(uint8_t *to, uint64_t number)
{
    uint64_t swapped = WEFT_BIG64(number);
    __builtin_memcpy(to, &swapped, 8);
}

static inline void weft_put40(uint8_t *to, uint64_t number)
{
    weft_put32(to, (uint32_t)(number >> 8));
    to[4] = (uint8_t)number;
}

static inline void weft_put48(uint8_t *to, uint64_t number)
{
    weft_put32(to, (uint32_t)(number >> 16));
    weft_put16(to + 4, (uint32_t)number);
}

static inline void weft_put56(uint8_t *to, uint64_t number)
{
    weft_put32(to, (uint32_t)(number >> 24));
    weft_put24(to + 4, (uint32_t)number);
}

static inline void weft_put128(uint8_t *to, weft_u128 number)
{
    weft_put64(to, (uint64_t)(number >> 64));
    weft_put64(to + 8, (uint64_t)number);
}

/* `width` bits, at most 64, that begin `bit` bits behind `from`, the highest bit of a byte first. */
static inline uint64_t weft_get_bits(const uint8_t *from, uint32_t bit, uint32_t width)
{
    uint64_t number = 0;
    for (uint32_t got = 0; got < width;) {
        uint32_t at = bit + got, inside = at % 8, take = 8 - inside;
        if (take > width - got)
            take = width - got;
        number = number << take | (from[at / 8] >> (8 - inside - take) & (0xffu >> (8 - take)));
        got += take;
    }
    return number;
}

static inline void weft_put_bits(uint8_t *to, uint32_t bit, uint32_t width, uint64_t number)
{
    for (uint32_t put = 0; put < width;) {
        uint32_t at = bit + put, inside = at % 8, take = 8 - inside;
        if (take > width - put)
            take = width - put;
        uint32_t mask = 0xffu >> (8 - take), shift = 8 - inside - take;
        uint32_t piece = (uint32_t)(number >> (width - put - take)) & mask;
        to[at / 8] = (uint8_t)((to[at / 8] & ~(mask << shift)) | piece << shift);
        put += take;
    }
}

#endif
