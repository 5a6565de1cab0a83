/* The DPDK ports that stand for the logical ports of the program. */
#ifndef WEFT_APP_PORTS_H
#define WEFT_APP_PORTS_H

#include <rte_mempool.h>
#include <rte_spinlock.h>

#include "options.h"

#define WEFT_NOT_CONNECTED UINT16_MAX

struct weft_port {
    uint16_t id;        /* DPDK's number, or WEFT_NOT_CONNECTED: then it has no queues */
    uint16_t rx_queues; /* queue q is polled by worker (port + q) % workers */
    uint16_t tx_queues; /* worker w sends by queue w % tx_queues */
    rte_spinlock_t lock; /* for sending, where workers share a queue */
};

struct weft_ports {
    uint32_t count;
    struct weft_port of[WEFT_MAX_PORTS];
    struct rte_mempool *pool;
};

/* What stands in a buffer's private part while one worker hands it to another. */
struct weft_arrival {
    uint64_t now;
    uint32_t wire_length;
    uint16_t port;
};

/* Find, set up and start the ports; says what is wrong and returns false where that fails. */
bool weft_start_ports(const struct weft_options *options, uint32_t workers, struct weft_ports *ports);

void weft_stop_ports(struct weft_ports *ports);

#endif
