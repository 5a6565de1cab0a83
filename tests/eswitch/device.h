/* A software eSwitch, in the place of a NIC's: the rules that it holds, and what it does with packets.
 *
 * `rte_flow_api.c` checks what it is given as a device does, and makes rules of it; `schedule.c` puts them in force when it pleases; `ports.c` lets packets of software devices pass by them first. */
#ifndef WEFT_TEST_DEVICE_H
#define WEFT_TEST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum es_header { ES_ETH, ES_VLAN, ES_IPV4, ES_IPV6, ES_TCP, ES_UDP };

#define ES_MOST_HEADERS 5
#define ES_HEADER_BYTES 40
#define ES_MOST_WRITES 10

/* Integrity bits. */
enum { ES_L3_OK = 1, ES_IPV4_CSUM_OK = 2, ES_L4_OK = 4, ES_L4_CSUM_OK = 8 };

struct es_item {
    enum es_header kind;
    uint8_t mask[ES_HEADER_BYTES];
    uint8_t value[ES_HEADER_BYTES];
};

struct es_write {
    enum es_header header;
    uint8_t at;    /* byte */
    uint8_t shift; /* bits that follow it in its last byte */
    uint8_t width; /* bits */
    bool adds;     /* modulo 2^width, instead of writing */
    uint8_t value[16];
};

struct es_counter {
    uint64_t packets;
    uint64_t bytes;
    uint32_t users; /* rules that count in it */
    bool is_there;
};

struct es_rule {
    uint32_t number; /* for the log */
    uint16_t port;   /* by which packets come in */
    uint8_t integrity;
    bool asks_vlan; /* whether there is a tag */
    bool has_vlan;
    uint32_t item_count;
    struct es_item items[ES_MOST_HEADERS];
    uint32_t write_count;
    struct es_write writes[ES_MOST_WRITES];
    bool drops;
    bool jumps; /* it only sends packets on to the others */
    uint16_t out;
    struct es_counter *counter;
    uint64_t used; /* time of its last packet, or when it came into force */
    bool in_force;
    bool is_there;
    bool is_leaving;
    void *owner; /* whoever is told when it is gone, or was refused */
    struct es_rule *next;
};

/* Match, rewrite and count one packet. */
struct es_rule *es_serve(uint8_t *data, uint32_t size, uint16_t port, uint64_t now);

/* Rules in force. */
void es_put_in_force(struct es_rule *rule);
void es_take_out_of_force(struct es_rule *rule);

/* --- schedule.c */

struct es_options {
    uint32_t delay;  /* rounds before a request takes effect, at most */
    uint32_t fails;  /* of 100 insertions */
    uint32_t hold;   /* rounds that a packet takes from the wire to a core, at most */
    bool reorders;   /* requests take effect in any order */
    bool has_templates;
    uint32_t queue;  /* requests that can be under way in one queue; 0: as it was configured */
};

const struct es_options *es_options(void);
uint32_t es_random(uint32_t below);
uint64_t es_round(void);
void es_next_round(void);
uint64_t es_now(void);
void es_see_time(uint64_t now);

void es_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum es_request { ES_INSERT, ES_REMOVE };

/* A request of a queue; it takes effect, and has its answer, some rounds after the queue was pushed. */
bool es_request(uint32_t queue, enum es_request what, struct es_rule *rule, void *context);
void es_push(uint32_t queue);
bool es_answer(uint32_t queue, void **context, bool *done);
void es_set_queue_size(uint32_t size);

/* A rule is gone, or was refused: what the interface keeps of it. */
void es_gone(struct es_rule *rule);

/* The program is wrong: say so and end, whatever it does with errors. */
void es_misuse(const char *what) __attribute__((noreturn));

#endif
