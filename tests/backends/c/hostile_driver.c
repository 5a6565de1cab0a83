// Feeds packets of a file to a datapath, each in memory of exactly its size, so that sanitizers see every byte
// that is read or written outside. The file: for each packet its port (2 bytes), size (4), length on the wire (4) and
// time (8), in the machine's order, and its bytes. Arguments: the file, and what one packet may need at most
// (emissions, copies of itself, bytes in front of them, bytes of digests, final operations).
#include HEADER

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JOINED(one, other) one##other
#define NAMED(one, other) JOINED(one, other)

// FNV-1a (draft-eastlake-fnv), continued: reads every byte, and tells outputs on different machines apart.
static uint64_t more(uint64_t digest, const void *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++)
        digest = (digest ^ ((const uint8_t *)bytes)[at]) * 0x100000001b3u;
    return digest;
}

static uint64_t more_output(uint64_t digest, const struct weft_output *out)
{
    for (uint32_t i = 0; i < out->emission_count; i++) {
        digest = more(digest, &out->emissions[i].port, sizeof out->emissions[i].port);
        digest = more(digest, &out->emissions[i].size, sizeof out->emissions[i].size);
        digest = more(digest, &out->emissions[i].wire_length, sizeof out->emissions[i].wire_length);
        digest = more(digest, out->emissions[i].data, out->emissions[i].size);
    }
    return more(digest, out->digests, out->digests_used);
}

int main(int count, char **arguments)
{
    if (count != 7)
        return 2;
    FILE *file = fopen(arguments[1], "rb");
    if (!file)
        return 2;
    const uint32_t emissions = (uint32_t)atoi(arguments[2]), copies = (uint32_t)atoi(arguments[3]);
    const size_t front = (size_t)atoi(arguments[4]), digests = (size_t)atoi(arguments[5]);
    struct NAMED(PROGRAM, _state) *state = aligned_alloc(64, sizeof *state);
    __builtin_memset(state, 0, sizeof *state);
    NAMED(PROGRAM, _init)(state);
    uint64_t *finals = calloc((size_t)atoi(arguments[6]) + 1, sizeof *finals);
    uint64_t processed = 0, digest = 0xcbf29ce484222325u;
    struct weft_packet packet;
    while (fread(&packet.port, 2, 1, file) == 1 && fread(&packet.size, 4, 1, file) == 1 &&
           fread(&packet.wire_length, 4, 1, file) == 1 && fread(&packet.now, 8, 1, file) == 1) {
        packet.data = malloc(packet.size);
        if (packet.size && fread(packet.data, packet.size, 1, file) != 1)
            return 2;
        struct weft_output out = {0};
        out.emission_capacity = emissions;
        out.emissions = malloc(emissions * sizeof *out.emissions);
        out.bytes_capacity = copies * (size_t)packet.size + front;
        out.bytes = malloc(out.bytes_capacity);
        out.digests_capacity = digests;
        out.digests = calloc(digests + 1, 1); // nobody writes the bytes between two records
        out.finals = finals;
        processed += NAMED(PROGRAM, _process)(state, &packet, 1, &out);
        digest = more_output(digest, &out);
        free(packet.data);
        free(out.emissions);
        free(out.bytes);
        free(out.digests);
    }
    digest = more(digest, state, sizeof *state);
    digest = more(digest, finals, (size_t)atoi(arguments[6]) * sizeof *finals);
    printf("%" PRIu64 " %016" PRIx64 "\n", processed, digest);
    fclose(file);
    free(finals);
    free(state);
    return 0;
}
