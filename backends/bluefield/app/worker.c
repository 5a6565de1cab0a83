#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#define DIGEST_BYTES (1u << 20)

const char *const weft_cause_names[WEFT_CAUSES] = {
    "queue_full", "no_such_port",    "port_not_connected", "no_buffer",   "too_long",
    "segments",   "bad_test_header", "owner_busy",         "digest_lost",
};

/* In front of each packet of a test build, in network order. */
struct test_header {
    rte_be64_t now;
    rte_be16_t port;
    rte_be32_t sequence;
    rte_be32_t wire_length;
} __attribute__((packed));

static void drop(struct weft_worker *worker, struct rte_mbuf *mbuf, enum weft_cause cause)
{
    weft_count(&worker->counts.dropped[cause], 1);
    rte_pktmbuf_free(mbuf);
}

/* --- arrival */

/* One buffer, ours alone, that holds the whole packet; NULL, and counted, where that cannot be. */
static struct rte_mbuf *whole(struct weft_worker *worker, struct rte_mbuf *mbuf)
{
    if (likely(mbuf->nb_segs == 1 && RTE_MBUF_DIRECT(mbuf) && rte_mbuf_refcnt_read(mbuf) == 1))
        return mbuf;
    struct rte_mempool *pool = worker->application->ports.pool;
    const uint32_t size = rte_pktmbuf_pkt_len(mbuf);
    if (size > worker->application->options.mbuf_bytes) {
        drop(worker, mbuf, WEFT_SEGMENTS);
        return NULL;
    }
    struct rte_mbuf *made = rte_pktmbuf_copy(mbuf, pool, 0, UINT32_MAX);
    if (!made) {
        drop(worker, mbuf, WEFT_NO_BUFFER);
        return NULL;
    }
    rte_pktmbuf_free(mbuf);
    return made;
}

static bool take_test_header(struct rte_mbuf *mbuf, struct weft_packet *packet)
{
    struct test_header head;
    if (rte_pktmbuf_data_len(mbuf) < sizeof head)
        return false;
    memcpy(&head, rte_pktmbuf_mtod(mbuf, void *), sizeof head);
    packet->now = rte_be_to_cpu_64(head.now);
    packet->port = rte_be_to_cpu_16(head.port);
    packet->wire_length = rte_be_to_cpu_32(head.wire_length);
    if (packet->port >= weft_program.port_count || packet->wire_length < rte_pktmbuf_data_len(mbuf) - sizeof head)
        return false;
    rte_pktmbuf_adj(mbuf, sizeof head);
    return true;
}

/* What the datapath is told of a buffer that just came in; NULL where it went no further. */
static struct rte_mbuf *admit(struct weft_worker *worker, struct rte_mbuf *mbuf, uint16_t port, uint64_t now,
                              struct weft_packet *packet)
{
    mbuf = whole(worker, mbuf);
    if (!mbuf)
        return NULL;
    *packet = (struct weft_packet){.now = now, .wire_length = rte_pktmbuf_data_len(mbuf), .port = port};
    if (weft_program.test_header && !take_test_header(mbuf, packet)) {
        drop(worker, mbuf, WEFT_BAD_TEST_HEADER);
        return NULL;
    }
    packet->data = rte_pktmbuf_mtod(mbuf, uint8_t *);
    packet->size = rte_pktmbuf_data_len(mbuf);
    weft_count(&worker->counts.received[packet->port].packets, 1);
    weft_count(&worker->counts.received[packet->port].bytes, packet->wire_length);
    return mbuf;
}

static uint64_t now_ns(const struct weft_application *application)
{
    const uint64_t cycles = rte_rdtsc() - application->start_cycles;
    return application->start_ns + (uint64_t)((double)cycles * application->ns_per_cycle);
}

/* In test builds whoever stands in for the eSwitch may know of packets that came no further. */
extern uint64_t weft_test_clock(void) __attribute__((weak));

uint64_t weft_rule_time(const struct weft_worker *worker)
{
    if (!weft_program.test_header)
        return now_ns(worker->application);
    return weft_test_clock ? weft_test_clock() : worker->last_ns;
}

/* --- packets that belong to other workers */

static void stash(struct weft_worker *worker, uint32_t owner, struct rte_mbuf *mbuf, const struct weft_packet *packet)
{
    struct weft_arrival *arrival = rte_mbuf_to_priv(mbuf);
    *arrival = (struct weft_arrival){packet->now, packet->wire_length, packet->port};
    worker->stash[owner][worker->stashed[owner]++] = mbuf;
}

/* Hand over what is stashed, in order; whether all of it went. */
static bool hand_over(struct weft_worker *worker)
{
    struct weft_application *application = worker->application;
    bool all = true;
    for (uint32_t owner = 0; owner < application->worker_count; owner++) {
        const uint16_t count = worker->stashed[owner];
        if (!count)
            continue;
        struct rte_ring *ring = application->workers[owner].from[worker->index];
        const unsigned taken = rte_ring_sp_enqueue_burst(ring, (void **)worker->stash[owner], count, NULL);
        weft_count(&worker->counts.handed_over[owner], taken);
        worker->stashed[owner] = (uint16_t)(count - taken);
        memmove(worker->stash[owner], worker->stash[owner] + taken, worker->stashed[owner] * sizeof(struct rte_mbuf *));
        all &= taken == count;
    }
    return all;
}

static void drop_stash(struct weft_worker *worker)
{
    for (uint32_t owner = 0; owner < worker->application->worker_count; owner++)
        while (worker->stashed[owner])
            drop(worker, worker->stash[owner][--worker->stashed[owner]], WEFT_OWNER_BUSY);
}

/* Whether there is room for one burst more of others' packets. What waits too long is dropped. */
static bool is_ready_to_receive(struct weft_worker *worker)
{
    if (hand_over(worker)) {
        worker->tries = 0;
        return true;
    }
    if (worker->tries++ < worker->application->options.patience)
        return false;
    drop_stash(worker);
    worker->tries = 0;
    return true;
}

static bool take_handed_over(struct weft_worker *worker)
{
    struct rte_mbuf *mbufs[WEFT_BURST];
    struct weft_packet packets[WEFT_BURST];
    bool found = false;
    for (uint32_t other = 0; other < worker->application->worker_count; other++) {
        if (other == worker->index)
            continue;
        const unsigned count = rte_ring_sc_dequeue_burst(worker->from[other], (void **)mbufs, WEFT_BURST, NULL);
        for (unsigned i = 0; i < count; i++) {
            const struct weft_arrival *arrival = rte_mbuf_to_priv(mbufs[i]);
            packets[i] = (struct weft_packet){rte_pktmbuf_mtod(mbufs[i], uint8_t *), rte_pktmbuf_data_len(mbufs[i]),
                                              arrival->wire_length, arrival->now, arrival->port};
        }
        if (count)
            weft_process_batch(worker, mbufs, packets, count);
        found |= count > 0;
    }
    return found;
}

/* --- receiving */

static uint32_t owner_of(const struct weft_worker *worker, const struct weft_packet *packet)
{
    const uint32_t workers = worker->application->worker_count;
    if (workers == 1)
        return 0;
    const uint32_t share = weft_program.share(packet);
    return share == WEFT_ANY_SHARE ? worker->index : share % workers;
}

static bool receive_from(struct weft_worker *worker, uint16_t logical, uint16_t queue)
{
    struct rte_mbuf *mbufs[WEFT_BURST];
    struct weft_packet packets[WEFT_BURST];
    uint32_t ours = 0;
    const uint16_t count =
        rte_eth_rx_burst(worker->application->ports.of[logical].id, queue, mbufs, WEFT_BURST);
    if (!count)
        return false;
    const uint64_t now = now_ns(worker->application);
    for (uint16_t i = 0; i < count; i++)
        rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
    for (uint16_t i = 0; i < count; i++) {
        struct rte_mbuf *mbuf = admit(worker, mbufs[i], logical, now, &packets[ours]);
        if (!mbuf)
            continue;
        const uint32_t owner = owner_of(worker, &packets[ours]);
        if (owner == worker->index)
            mbufs[ours++] = mbuf;
        else
            stash(worker, owner, mbuf, &packets[ours]);
    }
    if (ours)
        weft_process_batch(worker, mbufs, packets, ours);
    return true;
}

static bool receive(struct weft_worker *worker)
{
    const struct weft_application *application = worker->application;
    bool found = false;
    for (uint32_t p = 0; p < application->ports.count; p++)
        for (uint16_t q = 0; q < application->ports.of[p].rx_queues; q++)
            if ((p + q) % application->worker_count == worker->index && is_ready_to_receive(worker))
                found |= receive_from(worker, (uint16_t)p, q);
    return found;
}

/* --- the loop */

static void wait_while_held(struct weft_worker *worker)
{
    atomic_store(&worker->idle_since, 0);
    atomic_store(&worker->held, true);
    while (atomic_load(&worker->hold))
        rte_pause();
    atomic_store(&worker->held, false);
}

static void note_work(struct weft_worker *worker, bool found)
{
    const uint64_t since = atomic_load_explicit(&worker->idle_since, memory_order_relaxed);
    if (found != (since == 0))
        atomic_store_explicit(&worker->idle_since, found ? 0 : rte_rdtsc(), memory_order_release);
}

static void finish(struct weft_worker *worker)
{
    while (!is_ready_to_receive(worker)) {
        take_handed_over(worker);
        weft_flush_all(worker);
    }
    atomic_fetch_sub(&worker->application->receiving, 1);
    while (atomic_load(&worker->application->receiving) || take_handed_over(worker)) {
        take_handed_over(worker);
        weft_flush_all(worker);
    }
    weft_flush_all(worker);
    if (worker->rules)
        weft_rules_flush(worker->rules, weft_rule_time(worker));
    atomic_store(&worker->has_ended, true);
}

int weft_run_worker(void *given)
{
    struct weft_worker *worker = given;
    while (!atomic_load_explicit(&worker->application->stop, memory_order_relaxed)) {
        if (unlikely(atomic_load_explicit(&worker->hold, memory_order_relaxed)))
            wait_while_held(worker);
        bool found = receive(worker);
        found |= take_handed_over(worker);
        found |= !hand_over(worker);
        weft_flush_all(worker);
        if (worker->rules)
            weft_rules_work(worker->rules, weft_rule_time(worker));
        note_work(worker, found);
    }
    finish(worker);
    return 0;
}

/* --- memory */

int weft_prepare_worker(void *given)
{
    struct weft_worker *worker = given;
    const struct weft_program *program = &weft_program;
    struct weft_output *out = &worker->out;
    const uint32_t longest = worker->application->options.mbuf_bytes;
    const size_t block = RTE_ALIGN_CEIL(program->block_bytes, 1u << 21);
    worker->state = mmap(NULL, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (worker->state == MAP_FAILED)
        return 1;
    madvise(worker->state, block, MADV_HUGEPAGE);
    out->emission_capacity = RTE_MAX(4u * WEFT_BURST, 2 * program->most_emissions);
    out->bytes_capacity = 16 * ((size_t)program->most_copies * longest + program->most_front);
    out->digests_capacity = (size_t)WEFT_BURST * program->most_digest_bytes;
    out->emissions = calloc(out->emission_capacity, sizeof *out->emissions);
    out->bytes = malloc(out->bytes_capacity + 1);
    out->digests = malloc(out->digests_capacity + 8);
    out->finals = worker->counts.finals = calloc(program->final_count + 1, sizeof(uint64_t));
    worker->counts.received = calloc(program->port_count + 1, sizeof(struct weft_traffic));
    worker->counts.sent = calloc(program->port_count + 1, sizeof(struct weft_traffic));
    worker->counts.queue_full = calloc(program->port_count + 1, sizeof(uint64_t));
    worker->tx = calloc(program->port_count + 1, sizeof *worker->tx);
    const bool all = out->emissions && out->bytes && out->digests && out->finals && worker->counts.received &&
                     worker->counts.sent && worker->counts.queue_full && worker->tx &&
                     weft_digests_begin(&worker->digests, program->most_digest_bytes ? DIGEST_BYTES : 0);
    if (!all)
        return 1;
    program->init(worker->state);
    const struct weft_rule_options *rules = &worker->application->options.rules;
    return rules->most && !(worker->rules = weft_rules_begin(worker, rules)) ? 1 : 0;
}
