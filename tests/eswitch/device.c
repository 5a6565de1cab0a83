/* What the device does with a packet: it parses, finds a rule, rewrites, and mends checksums by what it changed. */
#include "device.h"

#include <string.h>

struct parsed {
    int at[6]; /* where each header begins; -1: it is not there */
    bool has_vlan;
    uint8_t integrity;
};

static struct es_rule *rules; /* in force */
static uint32_t ways_in;       /* rules that send packets on to them */

static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

static uint32_t sum_of(const uint8_t *at, size_t size, uint32_t sum)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += get16(at + i);
    if (size & 1)
        sum += (uint32_t)at[size - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static uint32_t pseudo_sum(const uint8_t *ip, bool is_ipv6, uint32_t length, uint32_t protocol)
{
    const uint32_t sum = is_ipv6 ? sum_of(ip + 8, 32, 0) : sum_of(ip + 12, 8, 0);
    return sum + length + protocol;
}

/* Layer 4 behind an IP header, where a device would look for it: never behind options or in fragments. */
static void parse_l4(const uint8_t *data, int ip, bool is_ipv6, int at, int end, struct parsed *found)
{
    const uint32_t protocol = is_ipv6 ? data[ip + 6] : data[ip + 9];
    const uint32_t length = end > at ? (uint32_t)(end - at) : 0;
    if (protocol == 6) {
        found->at[ES_TCP] = at;
        if (length < 20 || (data[at + 12] >> 4) < 5 || (uint32_t)(data[at + 12] >> 4) * 4 > length)
            return;
    } else if (protocol == 17) {
        found->at[ES_UDP] = at;
        if (length < 8 || get16(data + at + 4) < 8 || get16(data + at + 4) > length)
            return;
    } else
        return;
    found->integrity |= ES_L4_OK;
    const uint32_t sum = pseudo_sum(data + ip, is_ipv6, length, protocol);
    if (protocol == 17 && !is_ipv6 && get16(data + at + 6) == 0) {
        found->integrity |= ES_L4_CSUM_OK; /* there is none */
        return;
    }
    if (protocol == 17 && get16(data + at + 6) == 0)
        return;
    const uint32_t covered = protocol == 17 ? get16(data + at + 4) : length;
    const uint32_t of_udp = protocol == 17 ? pseudo_sum(data + ip, is_ipv6, covered, protocol) : sum;
    if (sum_of(data + at, covered, of_udp) == 0xffff)
        found->integrity |= ES_L4_CSUM_OK;
}

static void parse_ipv4(const uint8_t *data, int at, int size, struct parsed *found)
{
    if (size - at < 20)
        return;
    found->at[ES_IPV4] = at;
    const int header = (data[at] & 15) * 4, total = (int)get16(data + at + 2);
    if (data[at] >> 4 != 4 || header < 20 || total < header || at + total > size)
        return;
    found->integrity |= ES_L3_OK;
    if (sum_of(data + at, (size_t)header, 0) == 0xffff)
        found->integrity |= ES_IPV4_CSUM_OK;
    if (header == 20 && !(get16(data + at + 6) & 0x3fff))
        parse_l4(data, at, false, at + 20, at + total, found);
}

static void parse_ipv6(const uint8_t *data, int at, int size, struct parsed *found)
{
    if (size - at < 40)
        return;
    found->at[ES_IPV6] = at;
    const int end = at + 40 + (int)get16(data + at + 4);
    if (data[at] >> 4 != 6 || end > size)
        return;
    found->integrity |= ES_L3_OK;
    parse_l4(data, at, true, at + 40, end, found);
}

/* The type of a frame is what stands behind its tags; a rule sees the outermost of them. */
static struct parsed parse(const uint8_t *data, uint32_t size)
{
    struct parsed found = {.at = {-1, -1, -1, -1, -1, -1}};
    if (size < 14)
        return found;
    found.at[ES_ETH] = 0;
    int at = 12;
    while ((get16(data + at) == 0x8100 || get16(data + at) == 0x88a8) && at + 6 <= (int)size) {
        if (found.at[ES_VLAN] < 0)
            found.at[ES_VLAN] = at + 2;
        found.has_vlan = true;
        at += 4;
    }
    const uint32_t type = get16(data + at);
    if (type == 0x0800)
        parse_ipv4(data, at + 2, (int)size, &found);
    else if (type == 0x86dd)
        parse_ipv6(data, at + 2, (int)size, &found);
    return found;
}

/* --- matching */

static bool has_bits(const uint8_t *at, const struct es_item *item, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((at[i] ^ item->value[i]) & item->mask[i])
            return false;
    return true;
}

static bool matches(const struct es_rule *rule, const uint8_t *data, const struct parsed *found, uint32_t size,
                    uint16_t port)
{
    static const uint8_t sizes[] = {14, 4, 20, 40, 20, 8};
    if (rule->port != port || (found->integrity & rule->integrity) != rule->integrity)
        return false;
    if (rule->asks_vlan && rule->has_vlan != found->has_vlan)
        return false;
    for (uint32_t i = 0; i < rule->item_count; i++) {
        const struct es_item *item = &rule->items[i];
        const int at = found->at[item->kind];
        uint8_t header[ES_HEADER_BYTES];
        if (at < 0 || (uint32_t)at + sizes[item->kind] > size)
            return false;
        memcpy(header, data + at, sizes[item->kind]);
        if (item->kind == ES_ETH && found->has_vlan) { /* the type behind the tags */
            int last = 12;
            while (get16(data + last) == 0x8100 || get16(data + last) == 0x88a8)
                last += 4;
            memcpy(header + 12, data + last, 2);
        }
        if (!has_bits(header, item, sizes[item->kind]))
            return false;
    }
    return true;
}

/* --- acting */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* RFC 1624, equation 3, for every word that differs. */
static void mend(uint8_t *sum, const uint8_t *before, const uint8_t *after, size_t size, bool is_udp)
{
    uint32_t changed = 0, total = ~get16(sum) & 0xffff;
    if (is_udp && get16(sum) == 0)
        return;
    for (size_t i = 0; i < size; i += 2)
        if (get16(before + i) != get16(after + i)) {
            changed = 1;
            total += (~get16(before + i) & 0xffff) + get16(after + i);
        }
    if (!changed)
        return;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    total = ~total & 0xffff;
    put16(sum, is_udp && total == 0 ? 0xffff : total);
}

static void write_bits(uint8_t *header, const struct es_write *write)
{
    const uint32_t bytes = (write->width + write->shift + 7u) / 8;
    uint32_t left = write->width;
    if (write->adds) {
        header[write->at] = (uint8_t)(header[write->at] + write->value[0]);
        return;
    }
    if (write->width % 8 == 0) {
        memcpy(header + write->at, write->value, bytes);
        return;
    }
    const uint8_t mask = (uint8_t)(((1u << left) - 1) << write->shift); /* within one byte */
    header[write->at] = (uint8_t)((header[write->at] & ~mask) | ((write->value[0] << write->shift) & mask));
}

static void rewrite(const struct es_rule *rule, uint8_t *data, const struct parsed *found)
{
    const int ip = found->at[ES_IPV4] >= 0 ? found->at[ES_IPV4] : found->at[ES_IPV6];
    const int l4 = found->at[ES_TCP] >= 0 ? found->at[ES_TCP] : found->at[ES_UDP];
    uint8_t before_ip[40] = {0}, before_l4[20] = {0};
    const size_t of_ip = found->at[ES_IPV4] >= 0 ? 20 : 40, of_l4 = found->at[ES_TCP] >= 0 ? 16 : 6;
    if (ip >= 0)
        memcpy(before_ip, data + ip, of_ip);
    if (l4 >= 0)
        memcpy(before_l4, data + l4, of_l4);
    for (uint32_t w = 0; w < rule->write_count; w++)
        write_bits(data + found->at[rule->writes[w].header], &rule->writes[w]);
    if (found->at[ES_IPV4] >= 0) {
        uint8_t before[18], after[18];
        memcpy(before, before_ip, 10);
        memcpy(before + 10, before_ip + 12, 8);
        memcpy(after, data + ip, 10);
        memcpy(after + 10, data + ip + 12, 8);
        mend(data + ip + 10, before, after, sizeof before, false);
    }
    if (ip >= 0 && l4 >= 0) {
        const bool is_udp = found->at[ES_UDP] >= 0;
        uint8_t *sum = data + l4 + (is_udp ? 6 : 16);
        const size_t addresses = found->at[ES_IPV4] >= 0 ? 12 : 8;
        uint8_t before[56], after[56];
        const size_t long_as = of_ip - addresses;
        memcpy(before, before_ip + addresses, long_as);
        memcpy(before + long_as, before_l4, of_l4);
        memcpy(after, data + ip + addresses, long_as);
        memcpy(after + long_as, data + l4, of_l4);
        mend(sum, before, after, long_as + of_l4, is_udp);
    }
}

struct es_rule *es_serve(uint8_t *data, uint32_t size, uint16_t port, uint64_t now)
{
    const struct parsed found = parse(data, size);
    struct es_rule *rule = ways_in ? rules : NULL;
    while (rule && !matches(rule, data, &found, size, port))
        rule = rule->next;
    if (!rule)
        return NULL;
    rule->used = now > rule->used ? now : rule->used;
    if (rule->counter) {
        rule->counter->packets++;
        rule->counter->bytes += size;
    }
    if (!rule->drops)
        rewrite(rule, data, &found);
    return rule;
}

void es_put_in_force(struct es_rule *rule)
{
    rule->in_force = true;
    if (rule->jumps) {
        ways_in++;
        return;
    }
    rule->next = rules;
    rules = rule;
    rule->used = es_now();
}

void es_take_out_of_force(struct es_rule *rule)
{
    struct es_rule **at = &rules;
    if (rule->jumps && rule->in_force) {
        rule->in_force = false;
        ways_in--;
        return;
    }
    while (*at && *at != rule)
        at = &(*at)->next;
    if (!*at)
        es_misuse("a rule is taken away that is not in force");
    *at = rule->next;
    rule->in_force = false;
}
