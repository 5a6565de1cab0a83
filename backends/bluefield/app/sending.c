/* From what the datapath emits to what the ports are given. */
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#include "worker.h"

static void flush(struct weft_worker *worker, uint32_t logical)
{
    struct weft_application *application = worker->application;
    struct weft_port *port = &application->ports.of[logical];
    struct weft_tx *tx = &worker->tx[logical];
    const uint16_t queue = (uint16_t)(worker->index % port->tx_queues);
    const bool shared = port->tx_queues < application->worker_count;
    uint64_t octets = 0;
    uint16_t sent = 0;
    for (uint16_t i = 0; i < tx->count; i++)
        octets += rte_pktmbuf_pkt_len(tx->packets[i]);
    if (shared)
        rte_spinlock_lock(&port->lock);
    for (uint32_t tries = 0; sent < tx->count; tries++) {
        sent = (uint16_t)(sent + rte_eth_tx_burst(port->id, queue, tx->packets + sent, (uint16_t)(tx->count - sent)));
        if (tries >= application->options.patience)
            break;
        if (sent < tx->count)
            rte_pause();
    }
    if (shared)
        rte_spinlock_unlock(&port->lock);
    const uint16_t lost = (uint16_t)(tx->count - sent);
    for (uint16_t i = sent; i < tx->count; i++) {
        octets -= rte_pktmbuf_pkt_len(tx->packets[i]);
        rte_pktmbuf_free(tx->packets[i]);
    }
    weft_count(&worker->counts.sent[logical].packets, sent);
    weft_count(&worker->counts.sent[logical].bytes, octets);
    weft_count(&worker->counts.queue_full[logical], lost);
    weft_count(&worker->counts.dropped[WEFT_QUEUE_FULL], lost);
    tx->count = 0;
}

void weft_flush_all(struct weft_worker *worker)
{
    for (uint32_t p = 0; p < worker->application->ports.count; p++)
        if (worker->tx[p].count)
            flush(worker, p);
}

static void lose(struct weft_worker *worker, enum weft_cause cause) { weft_count(&worker->counts.dropped[cause], 1); }

/* Why nothing can be sent to the port; WEFT_CAUSES: it can. */
static enum weft_cause obstacle(const struct weft_worker *worker, uint16_t logical)
{
    if (logical >= weft_program.port_count)
        return WEFT_NO_SUCH_PORT;
    return worker->application->ports.of[logical].id == WEFT_NOT_CONNECTED ? WEFT_PORT_NOT_CONNECTED : WEFT_CAUSES;
}

static void enqueue(struct weft_worker *worker, uint16_t logical, struct rte_mbuf *mbuf)
{
    struct weft_tx *tx = &worker->tx[logical];
    tx->packets[tx->count++] = mbuf;
    if (tx->count == WEFT_TX_BUFFER)
        flush(worker, logical);
}

static void send_copy(struct weft_worker *worker, const struct weft_emission *emission)
{
    struct rte_mbuf *mbuf;
    if (emission->size > worker->application->options.mbuf_bytes)
        lose(worker, WEFT_TOO_LONG);
    else if (!(mbuf = rte_pktmbuf_alloc(worker->application->ports.pool)))
        lose(worker, WEFT_NO_BUFFER);
    else {
        memcpy(rte_pktmbuf_append(mbuf, (uint16_t)emission->size), emission->data, emission->size);
        enqueue(worker, emission->port, mbuf);
    }
}

static bool is_within(const struct weft_emission *emission, const struct rte_mbuf *mbuf)
{
    const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
    return emission->data >= data && emission->data + emission->size <= data + rte_pktmbuf_data_len(mbuf);
}

/* The buffer shows the bytes of the emission, and no others. Only before the first of its references is given away. */
static void narrow(struct rte_mbuf *mbuf, const struct weft_emission *emission)
{
    rte_pktmbuf_adj(mbuf, (uint16_t)(emission->data - rte_pktmbuf_mtod(mbuf, uint8_t *)));
    rte_pktmbuf_trim(mbuf, (uint16_t)(rte_pktmbuf_data_len(mbuf) - emission->size));
}

static bool is_same(const struct weft_emission *one, const struct weft_emission *other)
{
    return one->packet == other->packet && one->data == other->data && one->size == other->size;
}

/* Emissions of one packet as it stands share its buffer: each has a reference, and nobody writes into it any more. */
static void send_emissions(struct weft_worker *worker, struct rte_mbuf **mbufs)
{
    const struct weft_output *out = &worker->out;
    for (uint32_t i = 0; i < out->emission_count; i++) {
        const struct weft_emission *emission = &out->emissions[i];
        struct rte_mbuf **mbuf = &mbufs[emission->packet];
        const enum weft_cause why_not = obstacle(worker, emission->port);
        if (why_not != WEFT_CAUSES) {
            lose(worker, why_not);
            continue;
        }
        if (!*mbuf || !is_within(emission, *mbuf)) {
            send_copy(worker, emission);
            continue;
        }
        narrow(*mbuf, emission);
        struct rte_mbuf *sent = *mbuf;
        bool more = false;
        for (uint32_t n = i + 1; n < out->emission_count && is_same(emission, &out->emissions[n]) && !more; n++)
            more = obstacle(worker, out->emissions[n].port) == WEFT_CAUSES;
        if (more)
            rte_mbuf_refcnt_update(sent, 1);
        else
            *mbuf = NULL;
        enqueue(worker, emission->port, sent);
    }
}

/* Whether there was room for the digest, or came to be within patience. */
static bool has_told(struct weft_worker *worker, const struct weft_told *told, const uint8_t *values)
{
    const struct weft_application *application = worker->application;
    for (uint32_t tries = 0; atomic_load_explicit(&application->takes_digests, memory_order_relaxed); tries++) {
        if (weft_digests_put(&worker->digests, told, values))
            return true;
        if (tries >= application->options.patience)
            return false;
        rte_delay_us_block(1); /* the thread that writes them looks a thousand times a second */
    }
    return false;
}

static void tell(struct weft_worker *worker, const struct weft_packet *packets)
{
    const struct weft_output *out = &worker->out;
    struct weft_digest head;
    for (size_t at = 0; at < out->digests_used; at += sizeof head + RTE_ALIGN_CEIL((size_t)head.size, 8)) {
        memcpy(&head, out->digests + at, sizeof head);
        const struct weft_told told = {packets[head.packet].now, head.record, head.size, (uint16_t)worker->index, 0};
        weft_count(&worker->counts.digests, 1);
        if (!has_told(worker, &told, out->digests + at + sizeof head))
            lose(worker, WEFT_DIGEST_LOST);
    }
}

/* Look for rules before the packets are processed: they are still as they came. */
static void see(struct weft_worker *worker, const struct weft_packet *packets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        weft_rules_see(worker->rules, &packets[i]);
}

void weft_process_batch(struct weft_worker *worker, struct rte_mbuf **mbufs, const struct weft_packet *packets,
                        uint32_t count)
{
    struct weft_output *out = &worker->out;
    for (uint32_t i = 0; i < count; i++)
        worker->last_ns = RTE_MAX(worker->last_ns, packets[i].now);
    if (worker->rules)
        see(worker, packets, count);
    for (uint32_t done = 0; done < count;) {
        out->emission_count = 0;
        out->bytes_used = out->digests_used = 0;
        const uint32_t more = weft_program.process(worker->state, packets + done, count - done, out);
        if (out->digests_used)
            tell(worker, packets + done);
        send_emissions(worker, mbufs + done);
        for (uint32_t i = done; i < done + more; i++)
            rte_pktmbuf_free(mbufs[i]); /* nothing where it was given away */
        done += more;
    }
}
