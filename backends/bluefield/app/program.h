/* What the application has to know of the program that it runs; `app/program.c`, which the compiler writes, says it. */
#ifndef WEFT_APP_PROGRAM_H
#define WEFT_APP_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/packet.h"

/* A table or an array that the control plane fills. Its entries stand in the block twice; one copy is active. */
struct weft_table {
    const char *name;     /* in C */
    size_t entries;       /* byte of the block at which the first copy begins */
    size_t entry_bytes;
    uint32_t least;       /* entries that are given at once: of an array, all cells */
    uint32_t capacity;    /* entries of one copy */
    size_t active;        /* byte of the block with the number of the active copy, in 32 bits */
    size_t length;        /* byte of an entry with the length of its prefix, in 16 bits; the longest come first */
    uint16_t most_length;
    void (*install)(void *state, uint32_t count); /* makes the other copy the active one */
};

#define WEFT_NO_LENGTH SIZE_MAX /* the entries of the table have no prefix by which they are found */

/* An operation that ends packets, and the line that it comes from. */
struct weft_final {
    const char *place;
    const char *kind;
};

struct weft_program {
    const char *name;
    const char *build; /* names the layout of the block: two builds with one name agree on every byte of it */
    size_t block_bytes;
    uint32_t shares;
    bool test_header; /* time, port and length come in a header in front of each packet */

    uint32_t port_count;
    const char *const *ports;
    uint32_t table_count;
    const struct weft_table *tables;
    uint32_t final_count;
    const struct weft_final *finals;

    size_t tunables; /* byte of the block; `tunables_bytes` 0: there are none */
    size_t tunables_bytes;
    size_t group_starts; /* bytes of the block; `group_port_count` 0: there are none */
    size_t group_ports;
    uint32_t group_port_count;

    /* The most that one packet can need of a `weft_output`. */
    uint32_t most_emissions;
    uint32_t most_copies;
    uint32_t most_front;
    uint32_t most_digest_bytes;

    void (*init)(void *state);
    uint32_t (*process)(void *state, const struct weft_packet *packets, uint32_t count, struct weft_output *out);
    uint32_t (*share)(const struct weft_packet *packet);
};

extern const struct weft_program weft_program;

#define WEFT_GROUPS 65536u /* multicast groups; `group_starts` has one number more */

#endif
