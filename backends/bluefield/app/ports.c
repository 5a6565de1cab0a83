#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "eswitch.h"
#include "program.h"

#define RX_DESCRIPTORS 1024
#define TX_DESCRIPTORS 1024
#define CACHE 256u /* free buffers that a worker keeps */
#define SLACK 64   /* bytes behind the longest packet */

/* The key for which Toeplitz is the program's share function: equal 16-bit words at every 16 bits. */
static uint8_t rss_key[64];

static bool find_port(uint32_t logical, const char *given, uint16_t *id)
{
    char *end = NULL;
    if (given && !strcmp(given, "none")) {
        *id = WEFT_NOT_CONNECTED;
        return true;
    }
    if (!given)
        *id = (uint16_t)logical;
    else if (given[0] >= '0' && given[0] <= '9' && (*id = (uint16_t)strtoul(given, &end, 10), !*end))
        ;
    else if (rte_eth_dev_get_port_by_name(given, id))
        *id = RTE_MAX_ETHPORTS;
    if (rte_eth_dev_is_valid_port(*id))
        return true;
    fprintf(stderr, "weft: there is no DPDK port for `%s`: %u are there; add devices (-a, --vdev), or name one\n"
            "weft: by --port NAME=N, or leave it out by --port NAME=none\n",
            weft_program.ports[logical], rte_eth_dev_count_avail());
    return false;
}

static bool find_ports(const struct weft_options *options, struct weft_ports *ports)
{
    ports->count = weft_program.port_count;
    for (uint32_t p = 0; p < ports->count; p++) {
        if (!find_port(p, options->ports[p], &ports->of[p].id))
            return false;
        for (uint32_t q = 0; q < p; q++)
            if (ports->of[q].id == ports->of[p].id && ports->of[p].id != WEFT_NOT_CONNECTED) {
                fprintf(stderr, "weft: `%s` and `%s` are the same DPDK port %u\n", weft_program.ports[q],
                        weft_program.ports[p], ports->of[p].id);
                return false;
            }
    }
    return true;
}

/* Let each queue have what hashes to the shares of its worker. It only helps: who gets another's packet hands it on. */
static void set_indirection(const struct weft_port *port, const struct rte_eth_dev_info *device, uint32_t first,
                            uint32_t workers)
{
    struct rte_eth_rss_reta_entry64 table[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];
    const uint32_t size = device->reta_size;
    if (size == 0 || size > RTE_ETH_RSS_RETA_SIZE_512 || port->rx_queues != workers)
        return;
    memset(table, 0, sizeof table);
    for (uint32_t e = 0; e < size; e++) {
        const uint32_t owner = (e & (weft_program.shares - 1)) % workers;
        table[e / RTE_ETH_RETA_GROUP_SIZE].mask |= 1ull << (e % RTE_ETH_RETA_GROUP_SIZE);
        table[e / RTE_ETH_RETA_GROUP_SIZE].reta[e % RTE_ETH_RETA_GROUP_SIZE] =
            (uint16_t)((owner + workers - first % workers) % workers);
    }
    if (rte_eth_dev_rss_reta_update(port->id, table, (uint16_t)size))
        fprintf(stderr, "weft: port %u keeps its own spread over queues\n", port->id);
}

static struct rte_eth_conf configuration(const struct rte_eth_dev_info *device, bool spreads)
{
    struct rte_eth_conf found = {0};
    if (spreads && device->flow_type_rss_offloads) {
        for (size_t i = 0; i < sizeof rss_key; i++)
            rss_key[i] = i % 2 ? 0x5a : 0x6d;
        found.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        found.rx_adv_conf.rss_conf.rss_key = rss_key;
        found.rx_adv_conf.rss_conf.rss_key_len = device->hash_key_size ? device->hash_key_size : 40;
        if (found.rx_adv_conf.rss_conf.rss_key_len > sizeof rss_key)
            found.rx_adv_conf.rss_conf.rss_key = NULL;
        found.rx_adv_conf.rss_conf.rss_hf =
            (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP) & device->flow_type_rss_offloads;
    }
    if (device->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER)
        found.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
    return found;
}

static int start_queues(struct weft_port *port, uint16_t rx, uint16_t tx, struct rte_mempool *pool)
{
    const int socket = rte_eth_dev_socket_id(port->id);
    int failed = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);
    for (uint16_t q = 0; !failed && q < port->rx_queues; q++)
        failed = rte_eth_rx_queue_setup(port->id, q, rx, (unsigned)socket, NULL, pool);
    for (uint16_t q = 0; !failed && q < port->tx_queues; q++)
        failed = rte_eth_tx_queue_setup(port->id, q, tx, (unsigned)socket, NULL);
    return failed;
}

static int most_queues(uint32_t workers, uint16_t device) { return device && device < workers ? device : (int)workers; }

static bool says_it_fails(const struct weft_port *port, uint32_t logical, int failed)
{
    fprintf(stderr, "weft: port `%s` (DPDK %u) does not start: %s\n", weft_program.ports[logical], port->id,
            rte_strerror(-failed));
    return false;
}

static bool set_up_port(struct weft_port *port, uint32_t logical, const struct weft_options *options, uint32_t workers,
                        struct rte_mempool *pool)
{
    struct rte_eth_dev_info device;
    int failed = rte_eth_dev_info_get(port->id, &device);
    if (!failed) {
        port->rx_queues = (uint16_t)most_queues(workers, device.max_rx_queues);
        port->tx_queues = (uint16_t)most_queues(workers, device.max_tx_queues);
        rte_spinlock_init(&port->lock);
        const struct rte_eth_conf conf = configuration(&device, port->rx_queues > 1);
        failed = rte_eth_dev_configure(port->id, port->rx_queues, port->tx_queues, &conf);
    }
    if (!failed && options->mtu)
        failed = rte_eth_dev_set_mtu(port->id, (uint16_t)options->mtu);
    if (!failed)
        failed = start_queues(port, RX_DESCRIPTORS, TX_DESCRIPTORS, pool);
    return failed ? says_it_fails(port, logical, failed) : true;
}

static bool start_port(struct weft_port *port, uint32_t logical, uint32_t workers)
{
    struct rte_eth_dev_info device;
    int failed = rte_eth_dev_info_get(port->id, &device);
    if (!failed)
        failed = rte_eth_dev_start(port->id);
    if (failed)
        return says_it_fails(port, logical, failed);
    set_indirection(port, &device, logical, workers);
    rte_eth_promiscuous_enable(port->id); /* not every device can; those that cannot take all packets anyhow */
    return true;
}

/* Enough for every queue, ring and batch to be full at once. */
static uint32_t enough_buffers(const struct weft_options *options, uint32_t workers, uint32_t ports)
{
    const uint32_t queues = ports * workers * (RX_DESCRIPTORS + TX_DESCRIPTORS) / 2;
    const uint32_t rings = workers * (workers - 1) * options->ring;
    return RTE_MAX(8191u, queues + rings + workers * (CACHE + 1024));
}

bool weft_start_ports(const struct weft_options *options, uint32_t workers, struct weft_ports *ports)
{
    if (!find_ports(options, ports))
        return false;
    const uint32_t mbufs = options->mbufs ? options->mbufs : enough_buffers(options, workers, ports->count);
    const uint16_t private = RTE_ALIGN(sizeof(struct weft_arrival), RTE_MBUF_PRIV_ALIGN);
    const uint16_t room = (uint16_t)(options->mbuf_bytes + RTE_PKTMBUF_HEADROOM + SLACK);
    ports->pool = rte_pktmbuf_pool_create("weft", mbufs, RTE_MIN(CACHE, mbufs / 2), private, room, SOCKET_ID_ANY);
    if (!ports->pool) {
        fprintf(stderr, "weft: no memory for %u buffers of %u bytes: %s (--mbufs, --mbuf-bytes, and EAL's -m)\n", mbufs,
                room, rte_strerror(rte_errno));
        return false;
    }
    for (uint32_t p = 0; p < ports->count; p++)
        if (ports->of[p].id != WEFT_NOT_CONNECTED && !set_up_port(&ports->of[p], p, options, workers, ports->pool))
            return false;
    if (options->rules.most &&
        !weft_eswitch_configure(ports, workers, options->rules.most, (uint32_t)(options->rules.idle_ns / 1000000000)))
        return false;
    for (uint32_t p = 0; p < ports->count; p++)
        if (ports->of[p].id != WEFT_NOT_CONNECTED && !start_port(&ports->of[p], p, workers))
            return false;
    return !options->rules.most || weft_eswitch_begin(ports);
}

void weft_stop_ports(struct weft_ports *ports)
{
    for (uint32_t p = 0; p < ports->count; p++) {
        if (ports->of[p].id == WEFT_NOT_CONNECTED)
            continue;
        rte_eth_dev_stop(ports->of[p].id);
        rte_eth_dev_close(ports->of[p].id);
    }
}
