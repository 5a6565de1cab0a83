/* A source NAT for TCP and UDP, written by hand: what the NAT that Weft writes is measured against.

   A session is a number, and the number is a public address and a port: number >> 16 counts addresses from
   PUBLIC_ADDRESS, the lower half is the port. It lasts while packets pass in either direction, and 300 s longer.

   A flow is found in a bucket of one cache line, which has 16-bit tags and numbers of sessions; the key itself stands
   in the session, which is needed anyway. So a packet touches two lines of memory at most, and a burst of packets
   asks for all of them before it needs the first. A flow whose bucket is full stands in a second one. */
#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE4_2__)
#include <immintrin.h>
#endif

#include "nat_by_hand.h"

#ifndef PUBLIC_ADDRESS
#define PUBLIC_ADDRESS 0xcb007101u /* 203.0.113.1 */
#endif
#ifndef ADDRESSES
#define ADDRESSES 1u
#endif
#ifndef BUCKETS
#define BUCKETS 16384u /* a power of two */
#endif

enum {
    LAN = 0,
    WAN = 1,
    FIRST_SESSION = 1024,
    SESSIONS = 65536 * ADDRESSES - FIRST_SESSION,
    WAYS = 8,
    BURST = 24, /* of 8 to 64 the best with 1,000,000 flows; with 10,000 all from 16 on are the same */
    STEPS = 16, /* sessions that are looked at for one that is free */
    IDLE_TICKS = 286103,
    TCP = 6,
    UDP = 17,
};

/* `addresses` and `ports` are the flow as it stands in its packets: 4 + 4 bytes; 2 + 2 bytes, protocol, 1 where open. */
struct session {
    uint64_t addresses;
    uint64_t ports;
    uint32_t last; /* tick of its latest packet */
    uint32_t hash;
    uint64_t unused;
};

struct bucket {
    _Alignas(64) uint16_t tag[WAYS]; /* 0: free */
    uint32_t session[WAYS];
};

struct nat {
    struct bucket buckets[BUCKETS];
    _Alignas(64) struct session sessions[SESSIONS];
    uint32_t hand; /* the session to look at first when one has to be opened */
    uint64_t failed;
};

/* What is known of one packet of a burst. */
struct parsed {
    uint8_t *ip; /* NULL: to be dropped */
    uint8_t *l4;
    uint64_t addresses;
    uint64_t ports;
    struct session *session; /* probably; may be another one's, or NULL */
    uint32_t hash;
    uint32_t tick;
};

static inline uint16_t load16(const uint8_t *from)
{
    uint16_t word;
    __builtin_memcpy(&word, from, 2);
    return word;
}

static inline uint32_t load32(const uint8_t *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

static inline uint64_t load64(const uint8_t *from)
{
    uint64_t word;
    __builtin_memcpy(&word, from, 8);
    return word;
}

static inline void store16(uint8_t *to, uint16_t word) { __builtin_memcpy(to, &word, 2); }
static inline void store32(uint8_t *to, uint32_t word) { __builtin_memcpy(to, &word, 4); }

static inline uint16_t big16(uint16_t word) { return __builtin_bswap16(word); }
static inline uint32_t big32(uint32_t word) { return __builtin_bswap32(word); }

/* --- the tables */

static inline uint32_t hash_of(uint64_t addresses, uint64_t ports)
{
#if defined(__SSE4_2__)
    uint32_t crc = (uint32_t)_mm_crc32_u64(_mm_crc32_u64(0x5bd1e995u, addresses), ports);
    return crc * 0x9e3779b1u; /* a CRC is linear; its upper bits choose the bucket, its lower ones are the tag */
#else
    uint64_t mixed = (addresses ^ ports * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 32) * 0x94d049bb133111ebu;
    return (uint32_t)(mixed >> 32);
#endif
}

static inline uint16_t tag_of(uint32_t hash) { return (uint16_t)(hash | 1); }

static inline struct bucket *bucket_of(struct nat *nat, uint32_t hash)
{
    return &nat->buckets[(uint64_t)hash * BUCKETS >> 32];
}

static inline struct bucket *second_bucket_of(struct nat *nat, uint32_t hash)
{
    return bucket_of(nat, (hash ^ tag_of(hash) << 16) * 0x85ebca6bu);
}

/* A bit for each way with this tag. */
static inline uint32_t ways_with(const struct bucket *bucket, uint16_t tag)
{
#if defined(__SSE2__)
    __m128i found = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(const void *)bucket->tag), _mm_set1_epi16((short)tag));
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(found, _mm_setzero_si128()));
#else
    uint32_t ways = 0;
    for (uint32_t way = 0; way < WAYS; way++)
        ways |= (uint32_t)(bucket->tag[way] == tag) << way;
    return ways;
#endif
}

static inline bool is_live(const struct session *session, uint32_t tick)
{
    uint32_t idle = tick - session->last;
    return session->ports >> 40 && (idle <= IDLE_TICKS || idle >> 31);
}

static inline void refresh(struct session *session, uint32_t tick)
{
    if ((int32_t)(tick - session->last) > 0)
        session->last = tick;
}

static inline bool is_of(const struct session *session, const struct parsed *p)
{
    return session->addresses == p->addresses && session->ports == p->ports;
}

static struct session *find_in(struct nat *nat, struct bucket *bucket, const struct parsed *p)
{
    for (uint32_t ways = ways_with(bucket, tag_of(p->hash)); ways; ways &= ways - 1) {
        struct session *session = &nat->sessions[bucket->session[__builtin_ctz(ways)]];
        if (is_of(session, p))
            return session;
    }
    return 0;
}

static bool forget_in(struct bucket *bucket, uint32_t number)
{
    for (uint32_t way = 0; way < WAYS; way++)
        if (bucket->tag[way] && bucket->session[way] == number) {
            bucket->tag[way] = 0;
            return true;
        }
    return false;
}

/* A free session, or one that has been idle for too long and is taken from its flow; NULL where there is none. */
static struct session *take_session(struct nat *nat, uint32_t tick)
{
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t number = nat->hand;
        struct session *session = &nat->sessions[number];
        nat->hand = number + 1 < SESSIONS ? number + 1 : 0;
        if (is_live(session, tick))
            continue;
        if (session->ports && !forget_in(bucket_of(nat, session->hash), number))
            forget_in(second_bucket_of(nat, session->hash), number);
        session->ports = 0;
        return session;
    }
    return 0;
}

/* Move one flow to the other bucket that it may stand in. A bit for the way that is free now, or 0. */
static uint32_t make_room(struct nat *nat, struct bucket *bucket)
{
    for (uint32_t way = 0; way < WAYS; way++) {
        uint32_t number = bucket->session[way], hash = nat->sessions[number].hash;
        struct bucket *first = bucket_of(nat, hash), *other = bucket == first ? second_bucket_of(nat, hash) : first;
        uint32_t free = ways_with(other, 0);
        if (free) {
            other->tag[__builtin_ctz(free)] = bucket->tag[way];
            other->session[__builtin_ctz(free)] = number;
            bucket->tag[way] = 0;
            return 1u << way;
        }
    }
    return 0;
}

/* The session of a flow that the first look did not find; NULL where none can be opened. */
static __attribute__((noinline)) struct session *find_or_open(struct nat *nat, const struct parsed *p)
{
    struct bucket *bucket = bucket_of(nat, p->hash), *second = second_bucket_of(nat, p->hash);
    struct session *session = find_in(nat, bucket, p);
    if (!session)
        session = find_in(nat, second, p);
    if (session) { /* one that expired goes on with its number */
        refresh(session, p->tick);
        return session;
    }
    uint32_t free = ways_with(bucket, 0);
    if (!free) {
        bucket = second;
        free = ways_with(bucket, 0);
    }
    if (!free)
        free = make_room(nat, bucket);
    session = free ? take_session(nat, p->tick) : 0;
    if (!session) {
        nat->failed++;
        return 0;
    }
    bucket->tag[__builtin_ctz(free)] = tag_of(p->hash);
    bucket->session[__builtin_ctz(free)] = (uint32_t)(session - nat->sessions);
    *session = (struct session){p->addresses, p->ports, p->tick, p->hash, 0};
    return session;
}

/* --- packets */

/* Find the headers of TCP or UDP over IPv4. False: there are none, or they are damaged. */
static inline bool parse(uint8_t *frame, uint32_t size, struct parsed *p)
{
    if (size < 14 + 20 + 8 || load16(frame + 12) != big16(0x0800))
        return false;
    uint8_t *ip = frame + 14;
    uint32_t header = (ip[0] & 15u) * 4, protocol = ip[9];
    if (ip[0] >> 4 != 4 || header < 20 || big16(load16(ip + 2)) < header || load16(ip + 6) & big16(0x1fff))
        return false;
    uint8_t *l4 = ip + header;
    uint32_t left = size - 14;
    if (protocol == UDP) {
        if (left < header + 8 || big16(load16(l4 + 4)) < 8)
            return false;
    } else if (protocol == TCP) {
        if (left < header + 20)
            return false;
        uint32_t tcp_header = (l4[12] >> 4) * 4u;
        if (tcp_header < 20 || left < header + tcp_header)
            return false;
    } else
        return false;
    p->ip = ip;
    p->l4 = l4;
    p->addresses = load64(ip + 12);
    p->ports = load32(l4) | (uint64_t)protocol << 32 | 1ull << 40;
    return true;
}

/* Checksums of the network, in the byte order of memory: the one's complement sum does not care. RFC 1624, eq. 3. */
static inline uint16_t mended(uint16_t checksum, uint64_t change)
{
    uint64_t sum = (uint16_t)~checksum + change;
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)~((sum & 0xffffu) + (sum >> 16));
}

/* Put `address` and `port` in place of those that stand at `ip + at` and `l4 + port_at`. */
static inline void rewrite(const struct parsed *p, uint32_t at, uint32_t address, uint32_t port_at, uint16_t port)
{
    uint8_t *ip = p->ip, *l4 = p->l4;
    uint64_t address_change = (uint64_t)(uint32_t)~load32(ip + at) + address;
    uint64_t change = address_change + (uint16_t)~load16(l4 + port_at) + port;
    store32(ip + at, address);
    store16(l4 + port_at, port);
    store16(ip + 10, mended(load16(ip + 10), address_change));
    if ((uint8_t)(p->ports >> 32) == TCP)
        store16(l4 + 16, mended(load16(l4 + 16), change));
    else if (load16(l4 + 6)) { /* 0: the sender made none. One that comes to 0 is sent as 0xffff (RFC 768). */
        uint16_t checksum = mended(load16(l4 + 6), change);
        store16(l4 + 6, checksum ? checksum : 0xffff);
    }
}

static inline bool translate_out(struct nat *nat, const struct parsed *p)
{
    struct session *session = p->session;
    if (session && is_of(session, p) && is_live(session, p->tick))
        refresh(session, p->tick);
    else if (!(session = find_or_open(nat, p)))
        return false;
    uint32_t number = FIRST_SESSION + (uint32_t)(session - nat->sessions);
    rewrite(p, 12, big32(PUBLIC_ADDRESS + (number >> 16)), 0, big16((uint16_t)number));
    return true;
}

static inline bool translate_back(const struct parsed *p)
{
    struct session *session = p->session;
    if (!session || !is_live(session, p->tick))
        return false;
    /* Only the peer of the session may answer. */
    if ((uint32_t)p->addresses != (uint32_t)(session->addresses >> 32) ||
        (uint16_t)p->ports != (uint16_t)(session->ports >> 16) || p->ports >> 32 != session->ports >> 32)
        return false;
    refresh(session, p->tick);
    rewrite(p, 16, (uint32_t)session->addresses, 2, (uint16_t)session->ports);
    return true;
}

/* Parse a packet and ask for the memory that says more. */
static inline void begin(struct nat *nat, const struct weft_packet *packet, struct parsed *p)
{
    p->session = 0;
    p->tick = (uint32_t)(packet->now >> 20);
    if (!parse(packet->data, packet->size, p)) {
        p->ip = 0;
        return;
    }
    if (packet->port == LAN) {
        p->hash = hash_of(p->addresses, p->ports);
        __builtin_prefetch(bucket_of(nat, p->hash));
        return;
    }
    uint32_t number = (big32((uint32_t)(p->addresses >> 32)) - PUBLIC_ADDRESS) << 16 | big16((uint16_t)(p->ports >> 16));
    bool is_ours = big32((uint32_t)(p->addresses >> 32)) - PUBLIC_ADDRESS < ADDRESSES;
    if (is_ours && number >= FIRST_SESSION) {
        p->session = &nat->sessions[number - FIRST_SESSION];
        __builtin_prefetch(p->session, 1);
    }
}

/* Follow the first entry with the right tag; whether it is the flow's is seen later. */
static inline void look_up(struct nat *nat, struct parsed *p)
{
    const struct bucket *bucket = bucket_of(nat, p->hash);
    uint32_t ways = ways_with(bucket, tag_of(p->hash));
    if (ways) {
        p->session = &nat->sessions[bucket->session[__builtin_ctz(ways)]];
        __builtin_prefetch(p->session, 1);
    }
}

uint32_t nat_by_hand_process(struct nat *nat, const struct weft_packet *packets, uint32_t count, struct sent *sent)
{
    uint32_t sent_count = 0;
    struct parsed burst[BURST];
    for (uint32_t first = 0; first < count; first += BURST) {
        uint32_t size = count - first < BURST ? count - first : BURST;
        for (uint32_t i = 0; i < size; i++)
            begin(nat, &packets[first + i], &burst[i]);
        for (uint32_t i = 0; i < size; i++)
            if (packets[first + i].port == LAN && burst[i].ip)
                look_up(nat, &burst[i]);
        for (uint32_t i = 0; i < size; i++) {
            const struct weft_packet *packet = &packets[first + i];
            if (burst[i].ip && (packet->port == LAN ? translate_out(nat, &burst[i]) : translate_back(&burst[i])))
                sent[sent_count++] = (struct sent){packet->data, packet->size, packet->port ^ 1};
        }
    }
    return sent_count;
}

uint64_t nat_by_hand_bytes(void) { return sizeof(struct nat); }
uint64_t nat_by_hand_failed(const struct nat *nat) { return nat->failed; }
