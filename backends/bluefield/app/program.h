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

/* Headers that an eSwitch knows; their bytes are numbered as on the wire. */
enum weft_item { WEFT_ETH, WEFT_VLAN, WEFT_IPV4, WEFT_IPV6, WEFT_TCP, WEFT_UDP };

#define WEFT_ITEM_BYTES 40

/* What a rule compares in one header: the bits of `mask`, with `value` or with what the rule's values say. */
struct weft_rule_item {
    enum weft_item kind;
    uint8_t mask[WEFT_ITEM_BYTES];
    uint8_t value[WEFT_ITEM_BYTES]; /* bits that are the same in all rules of the template */
};

/* `count` bytes of the rule's values, from `value` on, are or-ed into the header of item `item` from byte `at` on. */
struct weft_rule_part {
    uint8_t item;
    uint8_t at;
    uint8_t count;
    uint16_t value;
};

/* Fields that an eSwitch can write. */
enum weft_rule_field {
    WEFT_ETH_DST,
    WEFT_ETH_SRC,
    WEFT_IPV4_DSCP,
    WEFT_IPV4_TTL,
    WEFT_IPV4_SRC,
    WEFT_IPV4_DST,
    WEFT_IPV6_HOP_LIMIT,
    WEFT_IPV6_SRC,
    WEFT_IPV6_DST,
    WEFT_TCP_SPORT,
    WEFT_TCP_DPORT,
    WEFT_UDP_SPORT,
    WEFT_UDP_DPORT,
};

struct weft_rule_write {
    enum weft_rule_field field;
    uint16_t width; /* bits */
    uint16_t value; /* byte of the rule's values */
};

/* What all rules of one kind have in common. Their `values` are what is compared, then what is written, and so on. */
struct weft_rule_template {
    const struct weft_rule_item *items;
    const struct weft_rule_part *parts;
    const struct weft_rule_write *writes;
    uint16_t item_count;
    uint16_t part_count;
    uint16_t write_count;
    uint16_t compared_bytes; /* of the values */
    uint16_t value_bytes;
    bool counts_down; /* makes the TTL or hop limit one less */
    bool sends;       /* by the port that stands in the values from byte `port` on; else it drops */
    uint16_t port;
    uint64_t idle_ns; /* the shortest idle time of what its rules lean on; 0: nothing of that expires */
    const char *lines; /* where the paths end that it serves */
};

#define WEFT_MOST_RULE_BYTES 160 /* of values */
#define WEFT_MOST_RULE_WORKERS 64

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

    /* Rules for packets: `find` has the number of a template from 1 on, or 0; `fold` adds what a rule has counted. */
    uint32_t rule_template_count;
    const struct weft_rule_template *rule_templates;
    uint32_t (*find_rule)(void *state, const struct weft_packet *packet, uint8_t *values);
    void (*fold_rule)(void *state, uint32_t number, const uint8_t *values, uint64_t packets, uint64_t bytes);
};

extern const struct weft_program weft_program;

#define WEFT_GROUPS 65536u /* multicast groups; `group_starts` has one number more */

#endif
