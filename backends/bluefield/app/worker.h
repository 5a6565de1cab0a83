/* A worker: one core that receives, processes and sends, with a block of state of its own. */
#ifndef WEFT_APP_WORKER_H
#define WEFT_APP_WORKER_H

#include <stdatomic.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "digests.h"
#include "ports.h"
#include "program.h"
#include "rules.h"

#define WEFT_MAX_WORKERS 64
#define WEFT_BURST 32
#define WEFT_TX_BUFFER 64

/* Why packets are lost; names in `weft_cause_names`. */
enum weft_cause {
    WEFT_QUEUE_FULL,     /* the port did not take it */
    WEFT_NO_SUCH_PORT,   /* the program sent it to a port that it does not have */
    WEFT_PORT_NOT_CONNECTED,
    WEFT_NO_BUFFER,      /* no buffer was left for a copy */
    WEFT_TOO_LONG,       /* longer than a buffer */
    WEFT_SEGMENTS,       /* it came in several buffers, and one does not hold it */
    WEFT_BAD_TEST_HEADER,
    WEFT_OWNER_BUSY,     /* the ring to the worker that owns its share was full */
    WEFT_DIGEST_LOST,    /* a digest, not a packet: nobody takes them, or not as fast as they come */
    WEFT_CAUSES
};

extern const char *const weft_cause_names[WEFT_CAUSES];

struct weft_traffic {
    uint64_t packets;
    uint64_t bytes;
};

/* Written by the worker alone, read by others at any time: each number is right, all together are of about now. */
struct weft_counts {
    struct weft_traffic *received; /* by logical port */
    struct weft_traffic *sent;
    uint64_t *queue_full;
    uint64_t handed_over[WEFT_MAX_WORKERS];
    uint64_t dropped[WEFT_CAUSES];
    uint64_t digests;
    uint64_t *finals;
};

struct weft_tx {
    struct rte_mbuf *packets[WEFT_TX_BUFFER];
    uint16_t count;
};

struct weft_application;

struct weft_worker {
    struct weft_application *application;
    uint32_t index;
    unsigned lcore;
    void *state;
    struct weft_output out;
    struct weft_counts counts;
    struct weft_digests digests;
    uint64_t last_ns; /* the highest time of a packet */
    struct weft_tx *tx; /* by logical port */
    struct weft_rules *rules; /* NULL: there are none */

    struct rte_ring *from[WEFT_MAX_WORKERS]; /* what others hand over */
    struct rte_mbuf *stash[WEFT_MAX_WORKERS][WEFT_BURST]; /* what a full ring did not take */
    uint16_t stashed[WEFT_MAX_WORKERS];
    uint32_t tries; /* of emptying the stash */

    /* Shared with the control thread. */
    _Atomic bool hold;          /* it asks the worker to wait between two batches */
    _Atomic bool held;          /* the worker does */
    _Atomic bool has_ended;
    _Atomic uint64_t idle_since; /* cycles; 0: there was work in the last round */
};

struct weft_application {
    struct weft_options options;
    struct weft_ports ports;
    uint32_t worker_count;
    struct weft_worker workers[WEFT_MAX_WORKERS];
    _Atomic bool stop;
    _Atomic bool takes_digests; /* there is a file for them, and it can be written */
    _Atomic uint32_t receiving; /* workers that may still hand packets over */
    uint64_t start_ns; /* since the epoch, when the cycle counter was at `start_cycles` */
    uint64_t start_cycles;
    double ns_per_cycle;
};

/* Give the worker its memory, on its own core. Returns 0, or 1 where there is none. */
int weft_prepare_worker(void *worker);

/* Work until the application stops; what other workers have handed over is done then. */
int weft_run_worker(void *worker);

/* Process `count` packets, all of this worker's shares, and send what they emit. */
void weft_process_batch(struct weft_worker *worker, struct rte_mbuf **mbufs, const struct weft_packet *packets,
                        uint32_t count);

/* The time of the worker's rules: of its packets in test builds, else the system's. */
uint64_t weft_rule_time(const struct weft_worker *worker);

/* Send what waits in the buffers of all ports. */
void weft_flush_all(struct weft_worker *worker);

static inline void weft_count(uint64_t *number, uint64_t more)
{
    __atomic_store_n(number, *number + more, __ATOMIC_RELAXED);
}

static inline uint64_t weft_look(const uint64_t *number) { return __atomic_load_n(number, __ATOMIC_RELAXED); }

#endif
