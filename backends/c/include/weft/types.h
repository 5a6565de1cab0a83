/* What every part of a Weft datapath is written with. Freestanding C11 and the 128-bit integers of gcc and clang. */
#ifndef WEFT_TYPES_H
#define WEFT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 weft_u128;
__extension__ typedef __int128 weft_s128;

#define WEFT_U128(high, low) ((weft_u128)(high) << 64 | (weft_u128)(low))
#define WEFT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define WEFT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* For what is compiled once for every shape of packets. */
#define WEFT_INLINE inline __attribute__((always_inline))

/* For what is rarely needed, and would only be in the way of what is. */
#define WEFT_APART __attribute__((noinline))

/* Ask for the line at an address that need not be one. */
#define WEFT_FETCH(address) __builtin_prefetch(address)

/* One cache line of every processor that Weft is used on. */
#define WEFT_LINE 64

#endif
