/* Packets of software devices pass by the rules before the application sees them. */
#define _GNU_SOURCE
#include "device.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "app/program.h"

#define MOST_HELD 65536
#define ROUND_NS 50000000ull /* the longest round */

struct held {
    struct rte_mbuf *mbuf;
    uint64_t due; /* round */
};

struct line {
    struct held of[MOST_HELD];
    uint32_t first;
    uint32_t count;
};

/* By port: packets that did not arrive yet, and those on their way to a core. Both keep their order. */
static struct line coming[RTE_MAX_ETHPORTS], held[RTE_MAX_ETHPORTS];

struct test_header {
    rte_be64_t now;
    rte_be16_t port;
    rte_be32_t sequence;
    rte_be32_t wire_length;
} __attribute__((packed));

static uint64_t sequence; /* where no test header says it */

static void forward(const struct es_rule *rule, struct rte_mbuf *mbuf)
{
    if (rule->drops)
        rte_pktmbuf_free(mbuf);
    else
        while (!rte_eth_tx_burst(rule->out, 0, &mbuf, 1))
            ;
}

/* Whether a rule served it. */
static bool serve(struct rte_mbuf *mbuf, uint16_t port)
{
    struct test_header head = {.sequence = rte_cpu_to_be_32((uint32_t)sequence++)};
    const size_t before = weft_program.test_header ? sizeof head : 0;
    uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);
    const uint32_t size = rte_pktmbuf_data_len(mbuf);
    if (size < before)
        return false;
    if (before) {
        memcpy(&head, data, sizeof head);
        port = rte_be_to_cpu_16(head.port);
        es_see_time(rte_be_to_cpu_64(head.now));
        if (rte_be_to_cpu_32(head.wire_length) != size - before)
            return false; /* a capture cut it: such packets are on no wire */
    }
    struct es_rule *rule = es_serve(data + before, size - (uint32_t)before, port, es_now());
    if (!rule)
        return false;
    es_log("hit %u %u %llu\n", rte_be_to_cpu_32(head.sequence), rule->number, (unsigned long long)es_now());
    rte_pktmbuf_adj(mbuf, (uint16_t)before);
    forward(rule, mbuf);
    return true;
}

static void append(struct line *line, struct rte_mbuf *mbuf, uint64_t due)
{
    if (line->count == MOST_HELD)
        es_misuse("too many packets wait");
    line->of[(line->first + line->count++) % MOST_HELD] = (struct held){mbuf, due};
}

static struct held *first_of(struct line *line) { return line->count ? &line->of[line->first] : NULL; }

static void drop_first(struct line *line)
{
    line->first = (line->first + 1) % MOST_HELD;
    line->count--;
}

static uint16_t release(uint16_t port, struct rte_mbuf **mbufs, uint16_t most)
{
    struct held *first;
    uint16_t count = 0;
    while (count < most && (first = first_of(&held[port])) && first->due <= es_round()) {
        mbufs[count++] = first->mbuf;
        drop_first(&held[port]);
    }
    return count;
}

/* When it arrives, in test builds. */
static uint64_t time_of(const struct rte_mbuf *mbuf)
{
    rte_be64_t now = 0;
    if (weft_program.test_header && rte_pktmbuf_data_len(mbuf) >= sizeof now)
        memcpy(&now, rte_pktmbuf_mtod(mbuf, const void *), sizeof now);
    return rte_be_to_cpu_64(now);
}

/* Rounds are as short as those of an application that is fast: no time passes in which it could not look at its rules. */
static void let_arrive(uint16_t port)
{
    struct held *first;
    static bool has_begun;
    if (!(first = first_of(&coming[port])))
        return;
    if (!has_begun)
        es_see_time(time_of(first->mbuf));
    has_begun = true;
    const uint64_t next = time_of(first->mbuf), left = next > es_now() ? next - es_now() : 0;
    const uint64_t until = es_now() + RTE_MAX(ROUND_NS, left / 1000);
    while ((first = first_of(&coming[port])) && time_of(first->mbuf) <= until) {
        struct rte_mbuf *mbuf = first->mbuf;
        drop_first(&coming[port]);
        if (!serve(mbuf, port))
            append(&held[port], mbuf, es_round() + es_random(es_options()->hold + 1));
    }
    if (first)
        es_see_time(until);
}

static uint16_t receive(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint16_t most,
                        void *unused)
{
    (void)queue;
    (void)unused;
    es_next_round();
    for (uint16_t i = 0; i < count; i++)
        append(&coming[port], mbufs[i], 0);
    let_arrive(port);
    const uint16_t released = release(port, mbufs, most);
    for (uint16_t i = 0; i < released; i++) {
        struct test_header head = {0};
        memcpy(&head, rte_pktmbuf_mtod(mbufs[i], void *), RTE_MIN(sizeof head, (size_t)rte_pktmbuf_data_len(mbufs[i])));
        es_log("core %u\n", rte_be_to_cpu_32(head.sequence));
    }
    return released;
}

/* In the place of DPDK's: the device's packets come by here from its start on. */
int rte_eth_dev_start(uint16_t port)
{
    struct rte_eth_dev_info device;
    int (*start)(uint16_t);
    *(void **)&start = dlsym(RTLD_NEXT, "rte_eth_dev_start");
    const int failed = start(port);
    if (!failed && !rte_eth_dev_info_get(port, &device))
        for (uint16_t q = 0; q < device.nb_rx_queues; q++)
            if (!rte_eth_add_rx_callback(port, q, receive, NULL))
                es_misuse("DPDK was built without callbacks");
    return failed;
}
