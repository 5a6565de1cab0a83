/* Captures through a datapath, without a call into Python for a packet: records in, batches to the program, records
 * out. All memory is the caller's, who also reads and writes the files. */
#ifndef WEFT_REPLAY_H
#define WEFT_REPLAY_H

#include "weft/packet.h"

enum weft_replay_limits { WEFT_REPLAY_BATCH = 256, WEFT_RECORD_HEADER = 16 };

/* What the caller has to do before the next step. */
enum weft_replay_wants {
    WEFT_WANTS_NOTHING,  /* all inputs have ended, and all that they caused has been taken */
    WEFT_WANTS_INPUT,    /* extend `input` to `needed` bytes from `position` on, or say that it has ended */
    WEFT_WANTS_VERDICT,  /* the record at `position` of `input` is longer than any can be */
    WEFT_WANTS_ROOM,     /* write the records of `output` away */
    WEFT_WANTS_NO_PACKET, /* the emission `refused` does not fit a record */
    WEFT_WANTS_DIGESTS   /* read the digests of the packets from `first` on, and empty them */
};

/* The records of one capture, some of them at a time. Packets point into `bytes`, and programs change them there. */
struct weft_input {
    uint8_t *bytes;
    size_t position;      /* the first byte not taken yet */
    size_t end;           /* behind the last byte that is there */
    size_t needed;        /* bytes from `position` on that the record there takes, as far as is known */
    uint64_t number;      /* of the record at `position`, from 1 */
    uint64_t now;         /* when that came, if it is whole */
    uint32_t captured;
    uint32_t wire_length;
    uint32_t fraction_ns; /* unit of the second word of a record; 0: the first two words are one count of ns */
    uint16_t port;
    bool is_swapped;      /* written in the other byte order */
    bool is_whole;        /* whether the record at `position` is there and read */
    bool has_ended;
};

/* The records that leave by one port. */
struct weft_port {
    uint8_t *records;
    size_t used;
    uint64_t pending; /* how many records that is */
    uint64_t received_packets;
    uint64_t received_bytes; /* on the wire, as is the next */
    uint64_t sent_packets;
    uint64_t sent_bytes;
};

struct weft_replay {
    uint32_t (*process)(void *state, const struct weft_packet *packets, uint32_t count, struct weft_output *out);
    void *state;
    struct weft_input *inputs; /* of equal times, an earlier input's packet comes first */
    uint32_t input_count;
    struct weft_port *ports;
    uint32_t port_count;
    uint32_t most_captured; /* bytes of the longest record */
    size_t full;            /* `records` with as many bytes are written away; they have room for a record more */

    uint32_t input;   /* what a step that wants something means by it */
    uint32_t output;
    uint32_t refused; /* place in `out.emissions` */

    struct weft_packet packets[WEFT_REPLAY_BATCH];
    uint32_t count;
    uint32_t first; /* of the packets that `out` comes from */
    uint32_t done;  /* behind the last of them */
    uint32_t sent;  /* how many emissions of `out` have been taken */
    struct weft_output out;

    uint64_t lost; /* emissions to ports that the program does not have */
    uint64_t first_ns; /* earliest and latest arrival; where there is none, the earliest is behind the latest */
    uint64_t last_ns;
};

/* Go on until the caller has to do something, and say what: a `weft_replay_wants`. */
int weft_replay_step(struct weft_replay *replay);

#endif
