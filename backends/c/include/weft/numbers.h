/* Arithmetic that is total: shifts by any amount, division by zero, saturation. */
#ifndef WEFT_NUMBERS_H
#define WEFT_NUMBERS_H

#include "weft/types.h"

#define WEFT_TOTAL_ARITHMETIC(bits, type)                                                                   \
    static inline type weft_shl##bits(type number, uint64_t by) { return by < bits ? number << by : 0; }    \
    static inline type weft_shr##bits(type number, uint64_t by) { return by < bits ? number >> by : 0; }    \
    static inline type weft_div##bits(type left, type right) { return right ? left / right : 0; }           \
    static inline type weft_mod##bits(type left, type right) { return right ? left % right : 0; }           \
    static inline type weft_min##bits(type left, type right) { return left < right ? left : right; }        \
    static inline type weft_max##bits(type left, type right) { return left > right ? left : right; }        \
    static inline type weft_sat_sub##bits(type left, type right) { return left > right ? left - right : 0; } \
    static inline type weft_sat_add##bits(type left, type right, type most)                                 \
    {                                                                                                       \
        return right > most - left ? most : left + right;                                                   \
    }

WEFT_TOTAL_ARITHMETIC(32, uint32_t)
WEFT_TOTAL_ARITHMETIC(64, uint64_t)
WEFT_TOTAL_ARITHMETIC(128, weft_u128)

/* A number of more than 64 bits as the amount of a shift: the largest where it is larger than all. */
static inline uint64_t weft_amount(weft_u128 number) { return number >> 64 ? ~(uint64_t)0 : (uint64_t)number; }

#endif
