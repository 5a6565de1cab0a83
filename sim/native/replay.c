/* Merges captures by time, hands their packets to a program, and lays out what leaves as records of captures. */
#include "replay.h"

static inline uint32_t load32(const uint8_t *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

/* Little-endian, which is what Weft writes. */
static inline void store32_little(uint8_t *to, uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    __builtin_memcpy(to, &word, 4);
}

/* Read the head of the record at `position`. What is wanted where it is not there as a whole, or cannot be. */
static enum weft_replay_wants look(struct weft_input *input, uint32_t most_captured)
{
    const size_t left = input->end - input->position;
    const uint8_t *record = input->bytes + input->position;
    uint32_t words[4];
    input->needed = WEFT_RECORD_HEADER;
    if (left < WEFT_RECORD_HEADER)
        return WEFT_WANTS_INPUT;
    for (int i = 0; i < 4; i++) {
        words[i] = load32(record + 4 * i);
        if (input->is_swapped)
            words[i] = __builtin_bswap32(words[i]);
    }
    input->captured = words[2];
    if (words[2] > most_captured)
        return WEFT_WANTS_VERDICT;
    input->needed = WEFT_RECORD_HEADER + (size_t)words[2];
    if (left < input->needed)
        return WEFT_WANTS_INPUT;
    if (input->fraction_ns != 0)
        input->now = words[0] * UINT64_C(1000000000) + (uint64_t)words[1] * input->fraction_ns;
    else
        __builtin_memcpy(&input->now, record, 8);
    /* Some writers leave the length on the wire 0; it is never less than what was captured. */
    input->wire_length = words[3] > words[2] ? words[3] : words[2];
    input->is_whole = true;
    return WEFT_WANTS_NOTHING;
}

/* Make the record at `position` the next packet of the batch. */
static inline void take(struct weft_replay *replay, struct weft_input *input)
{
    struct weft_port *port = &replay->ports[input->port];
    replay->packets[replay->count++] = (struct weft_packet){
        .data = input->bytes + input->position + WEFT_RECORD_HEADER,
        .size = input->captured,
        .wire_length = input->wire_length,
        .now = input->now,
        .port = input->port,
    };
    port->received_packets++;
    port->received_bytes += input->wire_length;
    if (input->now < replay->first_ns)
        replay->first_ns = input->now;
    if (input->now > replay->last_ns)
        replay->last_ns = input->now;
    input->position += input->needed;
    input->number++;
    input->is_whole = false;
}

/* The input whose record is the earliest; NULL where all have ended. All others have a whole record. */
static inline struct weft_input *earliest(struct weft_replay *replay)
{
    struct weft_input *found = NULL;
    for (uint32_t i = 0; i < replay->input_count; i++) {
        struct weft_input *input = &replay->inputs[i];
        if (!input->has_ended && (found == NULL || input->now < found->now))
            found = input;
    }
    return found;
}

/* Have a whole record at the head of every input. */
static enum weft_replay_wants look_at_all(struct weft_replay *replay)
{
    for (uint32_t i = 0; i < replay->input_count; i++) {
        struct weft_input *input = &replay->inputs[i];
        if (input->has_ended || input->is_whole)
            continue;
        const enum weft_replay_wants wanted = look(input, replay->most_captured);
        if (wanted != WEFT_WANTS_NOTHING) {
            replay->input = i;
            return wanted;
        }
    }
    return WEFT_WANTS_NOTHING;
}

/* Collect a batch. It is shorter, or empty, where an input wants something: no packet of another may overtake. */
static enum weft_replay_wants gather(struct weft_replay *replay)
{
    replay->count = replay->first = replay->done = 0;
    enum weft_replay_wants wanted = look_at_all(replay);
    while (wanted == WEFT_WANTS_NOTHING && replay->count < WEFT_REPLAY_BATCH) {
        struct weft_input *input = earliest(replay);
        if (input == NULL)
            break;
        take(replay, input);
        replay->input = (uint32_t)(input - replay->inputs);
        wanted = look(input, replay->most_captured);
    }
    return wanted;
}

/* Lay out one emission behind the records of its port. */
static enum weft_replay_wants append(struct weft_replay *replay, const struct weft_emission *emission)
{
    if (WEFT_UNLIKELY(emission->port >= replay->port_count)) {
        replay->lost++;
        return WEFT_WANTS_NOTHING;
    }
    struct weft_port *port = &replay->ports[emission->port];
    const uint64_t now = replay->packets[replay->first + emission->packet].now;
    const uint64_t seconds = now / 1000000000u;
    if (WEFT_UNLIKELY(emission->size > emission->wire_length || emission->size > replay->most_captured ||
                      seconds > UINT32_MAX))
        return WEFT_WANTS_NO_PACKET;
    uint8_t *record = port->records + port->used;
    store32_little(record, (uint32_t)seconds);
    store32_little(record + 4, (uint32_t)(now - seconds * 1000000000u));
    store32_little(record + 8, emission->size);
    store32_little(record + 12, emission->wire_length);
    __builtin_memcpy(record + WEFT_RECORD_HEADER, emission->data, emission->size);
    port->used += WEFT_RECORD_HEADER + (size_t)emission->size;
    port->pending++;
    port->sent_packets++;
    port->sent_bytes += emission->wire_length;
    replay->output = emission->port;
    return port->used >= replay->full ? WEFT_WANTS_ROOM : WEFT_WANTS_NOTHING;
}

/* Take the emissions that wait, from the first that was not taken before. */
static enum weft_replay_wants send(struct weft_replay *replay)
{
    while (replay->sent < replay->out.emission_count) {
        const enum weft_replay_wants wanted = append(replay, &replay->out.emissions[replay->sent]);
        if (wanted == WEFT_WANTS_NO_PACKET) {
            replay->refused = replay->sent;
            return wanted;
        }
        replay->sent++;
        if (wanted != WEFT_WANTS_NOTHING)
            return wanted;
    }
    return WEFT_WANTS_NOTHING;
}

static void process(struct weft_replay *replay)
{
    struct weft_output *out = &replay->out;
    out->emission_count = 0;
    out->bytes_used = 0;
    replay->sent = 0;
    replay->first = replay->done;
    replay->done += replay->process(replay->state, replay->packets + replay->first, replay->count - replay->first, out);
}

int weft_replay_step(struct weft_replay *replay)
{
    for (;;) {
        enum weft_replay_wants wanted = send(replay);
        if (wanted != WEFT_WANTS_NOTHING)
            return wanted;
        if (replay->out.digests_used != 0)
            return WEFT_WANTS_DIGESTS;
        if (replay->done == replay->count) {
            wanted = gather(replay);
            if (replay->count == 0)
                return wanted;
        }
        process(replay);
    }
}
