/* What the NAT written by hand shows its driver. Its packets come as those of every Weft datapath do. */
#ifndef NAT_BY_HAND_H
#define NAT_BY_HAND_H

#include "weft/packet.h"

struct nat;

/* A packet that leaves. */
struct sent {
    uint8_t *data;
    uint32_t size;
    uint32_t port;
};

/* Bytes of a `struct nat`; one of zeros has no session yet. */
uint64_t nat_by_hand_bytes(void);
/* Process packets in order. Returns how many leave; `sent` has room for `count`. */
uint32_t nat_by_hand_process(struct nat *nat, const struct weft_packet *packets, uint32_t count, struct sent *sent);
/* How many packets were dropped because no session could be opened for them. */
uint64_t nat_by_hand_failed(const struct nat *nat);

#endif
