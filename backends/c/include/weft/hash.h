/* Hashes, to the bit what the other engines compute. The tables of `weft/hash_tables.h` are written by the compiler. */
#ifndef WEFT_HASH_H
#define WEFT_HASH_H

#include "weft/bytes.h"
#include "weft/hash_tables.h"

#if defined(__PCLMUL__) && defined(__SSE4_1__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

#if defined(__ARM_FEATURE_CRC32)
/* CRC-32 of IEEE 802.3 over the `size` lowest bytes, at most 8, of a number, the highest of them first. */
static inline uint32_t weft_crc32_low_bytes(uint32_t crc, uint64_t number, uint32_t size)
{
    if (size == 8)
        return __crc32d(crc, __builtin_bswap64(number));
    if (size & 4)
        crc = __crc32w(crc, __builtin_bswap32((uint32_t)(number >> 8 * (size & 3))));
    if (size & 2)
        crc = __crc32h(crc, __builtin_bswap16((uint16_t)(number >> 8 * (size & 1))));
    return size & 1 ? __crc32b(crc, (uint8_t)number) : crc;
}

static inline uint32_t weft_crc32_more(uint32_t crc, const uint8_t *bytes, uint32_t size)
{
    for (; size >= 8; bytes += 8, size -= 8)
        crc = weft_crc32_low_bytes(crc, weft_get64(bytes), 8);
    if (size & 4) {
        crc = weft_crc32_low_bytes(crc, weft_get32(bytes), 4);
        bytes += 4;
    }
    for (; size & 3; bytes++, size--)
        crc = weft_crc32_low_bytes(crc, *bytes, 1);
    return crc;
}
#else
/* CRC-32 of IEEE 802.3 over at most 16 more bytes: a look-up a byte, none of which waits for another. */
static inline uint32_t weft_crc32_piece(uint32_t crc, const uint8_t *bytes, uint32_t size)
{
    uint32_t next = size < 4 ? crc >> (8 * size) : 0;
#pragma GCC unroll 16
    for (uint32_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i] ^ (i < 4 ? (uint8_t)(crc >> (8 * i)) : 0);
        next ^= weft_crc32_table[size - 1 - i][byte];
    }
    return next;
}

static inline uint32_t weft_crc32_more(uint32_t crc, const uint8_t *bytes, uint32_t size)
{
    for (; size > 16; bytes += 16, size -= 16)
        crc = weft_crc32_piece(crc, bytes, 16);
    return weft_crc32_piece(crc, bytes, size);
}
#endif

static inline uint32_t weft_crc32(const uint8_t *bytes, uint32_t size)
{
    return ~weft_crc32_more(0xffffffffu, bytes, size);
}

#if defined(__PCLMUL__) && defined(__SSE4_1__)
/* The remainder of 16 bytes: two folds and a Barrett reduction. Source of the method and of the constants: Gopal et
   al., "Fast CRC computation for generic polynomials using PCLMULQDQ instruction", Intel, 2009, for 0x04c11db7. */
static inline uint32_t weft_crc32_remainder(__m128i block)
{
    const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);
    const __m128i fold_128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0), fold_64 = _mm_set_epi64x(0, 0x0163cd6124);
    const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
    block = _mm_xor_si128(_mm_srli_si128(block, 8), _mm_clmulepi64_si128(block, fold_128, 0x10));
    __m128i rest = _mm_srli_si128(block, 4);
    block = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(block, low_words), fold_64, 0x00), rest);
    rest = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(block, low_words), barrett, 0x10), low_words);
    block = _mm_xor_si128(block, _mm_clmulepi64_si128(rest, barrett, 0x00));
    return (uint32_t)_mm_extract_epi32(block, 1);
}
#endif

/* The CRC-32 of the `size` lowest bytes, 4 to 16, of a number of 128 bits, the highest of them first. */
static inline uint32_t weft_crc32_number(uint64_t high, uint64_t low, uint32_t size)
{
#if defined(__PCLMUL__) && defined(__SSE4_1__)
    weft_u128 first = (weft_u128)0xffffffffu << (8 * (size - 4));
    high ^= (uint64_t)(first >> 64);
    low ^= (uint64_t)first;
    return ~weft_crc32_remainder(_mm_set_epi64x((long long)WEFT_BIG64(low), (long long)WEFT_BIG64(high)));
#elif defined(__ARM_FEATURE_CRC32)
    const uint32_t crc = weft_crc32_low_bytes(0xffffffffu, high, size > 8 ? size - 8 : 0);
    return ~weft_crc32_low_bytes(crc, low, size > 8 ? 8 : size);
#else
    uint32_t crc = 0;
#pragma GCC unroll 16
    for (uint32_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(i < 8 ? low >> (8 * i) : high >> (8 * (i - 8)));
        crc ^= weft_crc32_table[i][size - 1 - i < 4 ? (uint8_t)~byte : byte];
    }
    return ~crc;
#endif
}

/* CRC-32C, Castagnoli (RFC 3720, 12.1). */
static inline uint32_t weft_crc32c(const uint8_t *bytes, uint32_t size)
{
    uint32_t crc = 0xffffffffu;
    for (uint32_t i = 0; i < size; i++)
        crc = crc >> 8 ^ weft_crc32c_table[(crc ^ bytes[i]) & 0xffu];
    return ~crc;
}

/* CRC-16/ARC. */
static inline uint32_t weft_crc16(const uint8_t *bytes, uint32_t size)
{
    uint32_t crc = 0;
    for (uint32_t i = 0; i < size; i++)
        crc = crc >> 8 ^ weft_crc16_table[(crc ^ bytes[i]) & 0xffu];
    return crc;
}

/* One member of the family of independent hashes: the highest bits of a CRC-32 times an odd number. */
static inline uint32_t weft_family(uint32_t crc, uint64_t multiplier)
{
    return (uint32_t)(crc * multiplier >> 32);
}

/* The XOR of the 16-bit words of a number. */
static inline uint32_t weft_fold32_16(uint32_t number) { return (number ^ number >> 16) & 0xffffu; }
static inline uint32_t weft_fold64_16(uint64_t number) { return weft_fold32_16((uint32_t)(number ^ number >> 32)); }

/* The XOR of as many 16-bit words. */
static inline uint32_t weft_fold_bytes(const uint8_t *bytes, uint32_t words)
{
    uint32_t folded = 0;
    for (uint32_t i = 0; i < words; i++)
        folded ^= weft_get16(bytes + 2 * i);
    return folded;
}

/* The RSS hash of a 16-bit word under the key 0x6d5a repeated. */
static inline uint32_t weft_toeplitz16(uint32_t word)
{
    return (uint32_t)(weft_toeplitz_high[word >> 8 & 0xffu] ^ weft_toeplitz_low[word & 0xffu]);
}

/* The word whose `weft_toeplitz16` it is. */
static inline uint32_t weft_toeplitz16_inverse(uint32_t hashed)
{
    return (uint32_t)(weft_inverse_high[hashed >> 8 & 0xffu] ^ weft_inverse_low[hashed & 0xffu]);
}

/* One output of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014, figure 17). */
static inline uint64_t weft_splitmix64(uint64_t state)
{
    uint64_t mixed = state + 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

/* One more word in a hash that only this program needs to know of: the look-up in a table. */
static inline uint64_t weft_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static inline uint64_t weft_mix_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    for (; size >= 8; next += 8, size -= 8)
        hash = weft_mix(hash, weft_get64(next));
    for (; size > 0; next++, size--)
        hash = weft_mix(hash, *next);
    return hash;
}

/* 32 random bits for one place of the source and one packet. `digest` is the CRC-32 of the packet's headers. */
static inline uint32_t weft_random(uint64_t site, uint64_t now, uint64_t port, uint32_t digest)
{
    uint64_t mixed = weft_splitmix64(0x5745465452414e44u ^ site);
    mixed = weft_splitmix64(mixed ^ now);
    return (uint32_t)(weft_splitmix64(mixed ^ (port << 32 | digest)) >> 32);
}

#endif
