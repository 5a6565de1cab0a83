/* Numbers of more than 128 bits: 64-bit words, the lowest first. Results may be where an operand is. */
#ifndef WEFT_WIDE_H
#define WEFT_WIDE_H

#include "weft/bytes.h"

#define WEFT_WIDEST 32 /* words of the widest value, of 2048 bits */

static inline void weft_wide_zero(uint64_t *to, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = 0;
}

static inline void weft_wide_copy(uint64_t *to, const uint64_t *from, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = from[i];
}

/* Clear what stands above `width` bits. */
static inline void weft_wide_cut(uint64_t *number, uint32_t words, uint32_t width)
{
    for (uint32_t i = 0; i < words; i++) {
        if (64 * i >= width)
            number[i] = 0;
        else if (64 * (i + 1) > width)
            number[i] &= ((uint64_t)1 << (width - 64 * i)) - 1;
    }
}

static inline void weft_wide_set(uint64_t *to, uint32_t words, weft_u128 number)
{
    weft_wide_zero(to, words);
    to[0] = (uint64_t)number;
    if (words > 1)
        to[1] = (uint64_t)(number >> 64);
}

/* Another number of words: what is cut off is lost, what comes on top is 0. */
static inline void weft_wide_resize(uint64_t *to, uint32_t words, const uint64_t *from, uint32_t from_words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = i < from_words ? from[i] : 0;
}

static inline int weft_wide_compare(const uint64_t *left, const uint64_t *right, uint32_t words)
{
    for (uint32_t i = words; i-- > 0;)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/* Whether the bits of `key` under `mask` are those of `value`. */
static inline bool weft_wide_matches(const uint64_t *key, const uint64_t *mask, const uint64_t *value, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        if ((key[i] & mask[i]) != value[i])
            return false;
    return true;
}

/* The carry out of the highest word. */
static inline uint64_t weft_wide_add(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < words; i++) {
        weft_u128 sum = (weft_u128)left[i] + right[i] + carry;
        to[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return carry;
}

/* The borrow of the highest word. */
static inline uint64_t weft_wide_sub(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < words; i++) {
        weft_u128 difference = (weft_u128)left[i] - right[i] - borrow;
        to[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

static inline void weft_wide_mul(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    uint64_t product[WEFT_WIDEST] = {0};
    for (uint32_t i = 0; i < words; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; i + j < words; j++) {
            weft_u128 sum = (weft_u128)left[i] * right[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
    }
    weft_wide_copy(to, product, words);
}

static inline void weft_wide_not(uint64_t *to, const uint64_t *number, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = ~number[i];
}

static inline void weft_wide_and(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = left[i] & right[i];
}

static inline void weft_wide_or(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = left[i] | right[i];
}

static inline void weft_wide_xor(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        to[i] = left[i] ^ right[i];
}

static inline void weft_wide_shl(uint64_t *to, const uint64_t *number, uint32_t words, uint64_t by)
{
    uint64_t whole = by / 64, part = by % 64;
    for (uint32_t i = words; i-- > 0;) {
        uint64_t high = i >= whole ? number[i - whole] : 0;
        uint64_t low = i >= whole + 1 ? number[i - whole - 1] : 0;
        to[i] = part ? high << part | low >> (64 - part) : high;
    }
}

/* `to` may have other words than `number`: what is shifted in from above is 0, what is left above is cut off. */
static inline void weft_wide_shr(uint64_t *to, uint32_t to_words, const uint64_t *number, uint32_t words, uint64_t by)
{
    uint64_t whole = by / 64, part = by % 64;
    for (uint32_t i = 0; i < to_words; i++) {
        uint64_t low = i + whole < words ? number[i + whole] : 0;
        uint64_t high = i + whole + 1 < words ? number[i + whole + 1] : 0;
        to[i] = part ? low >> part | high << (64 - part) : low;
    }
}

/* Quotient and remainder, bit by bit; both 0 where the divisor is. */
static inline void weft_wide_divide(uint64_t *quotient, uint64_t *remainder, const uint64_t *left,
                                    const uint64_t *right, uint32_t words)
{
    uint64_t result[WEFT_WIDEST] = {0}, rest[WEFT_WIDEST] = {0}, zero[WEFT_WIDEST] = {0};
    if (weft_wide_compare(right, zero, words) != 0) {
        for (uint32_t bit = 64 * words; bit-- > 0;) {
            uint64_t out = rest[words - 1] >> 63;
            weft_wide_shl(rest, rest, words, 1);
            rest[0] |= left[bit / 64] >> (bit % 64) & 1;
            if (out || weft_wide_compare(rest, right, words) >= 0) {
                weft_wide_sub(rest, rest, right, words);
                result[bit / 64] |= (uint64_t)1 << (bit % 64);
            }
        }
    }
    weft_wide_copy(quotient, result, words);
    weft_wide_copy(remainder, rest, words);
}

static inline void weft_wide_sat_add(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words,
                                     uint32_t width)
{
    uint64_t over = weft_wide_add(to, left, right, words);
    for (uint32_t i = 0; i < words; i++)
        if (64 * (i + 1) > width && to[i] >> (width - 64 * i) % 64 && width % 64)
            over = 1;
    if (over) {
        for (uint32_t i = 0; i < words; i++)
            to[i] = ~(uint64_t)0;
        weft_wide_cut(to, words, width);
    }
}

static inline void weft_wide_sat_sub(uint64_t *to, const uint64_t *left, const uint64_t *right, uint32_t words)
{
    if (weft_wide_sub(to, left, right, words))
        weft_wide_zero(to, words);
}

/* A wide number as the amount of a shift: the largest where it is larger than all. */
static inline uint64_t weft_wide_amount(const uint64_t *number, uint32_t words)
{
    for (uint32_t i = 1; i < words; i++)
        if (number[i])
            return ~(uint64_t)0;
    return number[0];
}

/* `width` bits, at most 64, from bit `low` on. */
static inline uint64_t weft_wide_bits(const uint64_t *number, uint32_t words, uint32_t low, uint32_t width)
{
    uint64_t found = 0;
    weft_wide_shr(&found, 1, number, words, low);
    return width < 64 ? found & (((uint64_t)1 << width) - 1) : found;
}

/* Put `width` bits, at most 64, at bit `low` of a number that is 0 there. */
static inline void weft_wide_put(uint64_t *to, uint32_t low, uint32_t width, uint64_t number)
{
    to[low / 64] |= number << (low % 64);
    if (low % 64 && low % 64 + width > 64)
        to[low / 64 + 1] |= number >> (64 - low % 64);
}

/* A field of `width` bits that begins `bit` bits behind `from`. */
static inline void weft_wide_get_field(uint64_t *to, uint32_t words, const uint8_t *from, uint32_t bit, uint32_t width)
{
    weft_wide_zero(to, words);
    for (uint32_t low = 0; low < width; low += 64) {
        uint32_t take = width - low < 64 ? width - low : 64;
        to[low / 64] = weft_get_bits(from, bit + width - low - take, take);
    }
}

static inline void weft_wide_put_field(uint8_t *to, uint32_t bit, uint32_t width, const uint64_t *number)
{
    for (uint32_t low = 0; low < width; low += 64) {
        uint32_t take = width - low < 64 ? width - low : 64;
        weft_put_bits(to, bit + width - low - take, take, number[low / 64]);
    }
}

#endif
