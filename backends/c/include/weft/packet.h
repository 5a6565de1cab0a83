/* Packets as they come, and what becomes of them. */
#ifndef WEFT_PACKET_H
#define WEFT_PACKET_H

#include "weft/types.h"

struct weft_packet {
    uint8_t *data;        /* its bytes; an emission of the packet as it stands is made in them */
    uint32_t size;        /* how many of them there are */
    uint32_t wire_length; /* bytes on the wire: more than `size` where a capture cut the packet */
    uint64_t now;         /* when it arrived, in nanoseconds */
    uint16_t port;        /* the logical port that it came in by */
};

/* The share of a packet that any core may process. */
#define WEFT_ANY_SHARE 0xffffffffu

/* A packet that leaves. Several may share their bytes: a flood is one packet and many emissions. */
struct weft_emission {
    uint8_t *data;
    uint32_t size;
    uint32_t wire_length;
    uint32_t packet; /* place in its batch of the packet that caused it */
    uint16_t port;
};

/* Where a batch puts what it makes. The caller owns all of it, empties it, and gives it again. */
struct weft_output {
    struct weft_emission *emissions; /* in program order, packet after packet */
    uint32_t emission_count;
    uint32_t emission_capacity;
    uint8_t *bytes; /* of clones and of packets built anew */
    size_t bytes_used;
    size_t bytes_capacity;
    uint8_t *digests; /* records, each a `weft_digest` and its packed values */
    size_t digests_used;
    size_t digests_capacity;
    uint64_t *finals; /* how many packets each final operation of the program ended, counted on */
};

/* In front of each digest's values. */
struct weft_digest {
    uint32_t packet; /* place in its batch of the packet that caused it */
    uint16_t record; /* the record's number in the program */
    uint16_t size;   /* bytes of the values */
};

/* One more packet that leaves. The caller has seen to it that there is room. */
static inline void weft_emit(struct weft_output *out, uint32_t packet, uint16_t port, uint8_t *data, uint32_t size,
                             uint32_t wire_length)
{
    out->emissions[out->emission_count++] = (struct weft_emission){data, size, wire_length, packet, port};
}

/* A digest's values, all 0. Records begin at multiples of 8 bytes. */
static inline uint8_t *weft_digest_begin(struct weft_output *out, uint32_t packet, uint16_t record, uint16_t size)
{
    uint8_t *at = out->digests + out->digests_used;
    struct weft_digest head = {packet, record, size};
    __builtin_memcpy(at, &head, sizeof head);
    __builtin_memset(at + sizeof head, 0, size);
    out->digests_used += sizeof head + (((size_t)size + 7) & ~(size_t)7);
    return at + sizeof head;
}

/* Room for the bytes of a packet. */
static inline uint8_t *weft_take(struct weft_output *out, size_t size)
{
    uint8_t *taken = out->bytes + out->bytes_used;
    out->bytes_used += size;
    return taken;
}

#endif
