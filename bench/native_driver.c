/* Feeds batches of packets to a datapath and to the NAT written by hand, so that no step of a packet is in Python.

   Both contenders' packets are the same records in the same memory, made anew for each batch out of a recording: a
   datapath works in place. Times go on from pass to pass. */
#include "nat_by_hand.h"

enum { BATCH = 256 };

/* A packet of a recording. */
struct recorded {
    uint64_t time_ns;
    uint64_t start; /* of its bytes, from the first byte of the recording */
    uint32_t wire_length;
    uint16_t size;
    uint16_t port;
};

struct recording {
    const uint8_t *bytes; /* readable for 64 bytes behind the last packet */
    const struct recorded *packets;
    uint64_t count;
    uint64_t duration_ns; /* what times go forward from one pass to the next */
};

struct buffers {
    uint8_t *bytes;                       /* a stride for each packet of a batch */
    uint8_t *kept;                        /* NULL, or room for the first 64 bytes of each packet of one pass */
    uint8_t *ports;                       /* NULL, or room for the port that each packet of one pass left by; 0xff: none */
    uint64_t stride;                      /* a multiple of 64, and 64 bytes more than the largest packet */
    struct weft_packet packets[BATCH];    /* of the batch */
    struct sent sent[BATCH];              /* what the NAT written by hand sends */
};

typedef uint32_t process_function(void *state, const struct weft_packet *packets, uint32_t count,
                                  struct weft_output *out);

static inline uint32_t fill(struct buffers *to, const struct recording *from, uint64_t first, uint64_t later_ns)
{
    uint32_t count = from->count - first < BATCH ? (uint32_t)(from->count - first) : BATCH;
    for (uint32_t i = 0; i < count; i++) {
        const struct recorded *packet = &from->packets[first + i];
        uint8_t *data = to->bytes + i * to->stride;
        const uint8_t *bytes = from->bytes + packet->start;
        for (uint32_t at = 0; at < packet->size; at += 64)
            __builtin_memcpy(data + at, bytes + at, 64);
        to->packets[i] = (struct weft_packet){data, packet->size, packet->wire_length, packet->time_ns + later_ns,
                                              packet->port};
    }
    return count;
}

static void keep(struct buffers *to, uint64_t number, const uint8_t *data, uint32_t port)
{
    if (to->kept) {
        __builtin_memcpy(to->kept + 64 * number, data, 64);
        to->ports[number] = (uint8_t)port;
    }
}

/* The making of the batches alone. */
uint64_t drive_nothing(struct buffers *buffers, const struct recording *recording, uint32_t passes)
{
    uint64_t made = 0;
    for (uint32_t pass = 0; pass < passes; pass++)
        for (uint64_t first = 0; first < recording->count; first += BATCH) {
            made += fill(buffers, recording, first, pass * recording->duration_ns);
            __asm__ volatile("" ::: "memory");
        }
    return made;
}

/* How many packets left. */
uint64_t drive_datapath(process_function *process, void *state, struct weft_output *out, struct buffers *buffers,
                        const struct recording *recording, uint32_t passes)
{
    uint64_t sent = 0;
    for (uint32_t pass = 0; pass < passes; pass++)
        for (uint64_t first = 0; first < recording->count; first += BATCH) {
            uint32_t count = fill(buffers, recording, first, pass * recording->duration_ns);
            for (uint32_t done = 0; done < count;) {
                out->emission_count = 0;
                out->bytes_used = out->digests_used = 0;
                uint32_t now_done = process(state, buffers->packets + done, count - done, out);
                for (uint32_t i = 0; buffers->kept && i < out->emission_count; i++)
                    keep(buffers, first + done + out->emissions[i].packet, out->emissions[i].data,
                         out->emissions[i].port);
                sent += out->emission_count;
                done += now_done;
            }
        }
    return sent;
}

uint64_t drive_by_hand(struct nat *nat, struct buffers *buffers, const struct recording *recording, uint32_t passes)
{
    uint64_t sent = 0;
    for (uint32_t pass = 0; pass < passes; pass++)
        for (uint64_t first = 0; first < recording->count; first += BATCH) {
            uint32_t count = fill(buffers, recording, first, pass * recording->duration_ns);
            uint32_t now_sent = nat_by_hand_process(nat, buffers->packets, count, buffers->sent);
            for (uint32_t i = 0; buffers->kept && i < now_sent; i++)
                keep(buffers, first + (uint64_t)(buffers->sent[i].data - buffers->bytes) / buffers->stride,
                     buffers->sent[i].data, buffers->sent[i].port);
            sent += now_sent;
        }
    return sent;
}
