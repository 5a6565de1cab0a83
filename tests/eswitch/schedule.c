/* When requests take effect. Rounds are bursts that cores ask for, and looks for answers: no clock is read. */
#include "device.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 65536
#define QUEUES 64

struct request {
    enum es_request what;
    struct es_rule *rule;
    void *context;
    uint64_t due; /* round; 0: its queue was not pushed yet */
    bool took_effect;
    bool done;
};

static struct {
    struct request of[MOST]; /* in order */
    uint32_t count;
} queues[QUEUES];

static struct es_options options = {.has_templates = true};
static uint64_t state = 1, rounds, clock_ns;
static int file = -1;
static uint32_t size = 256;

/* "delay=3,fails=10,seed=7": what WEFT_ESWITCH says. */
__attribute__((constructor)) static void read_options(void)
{
    const char *given = getenv("WEFT_ESWITCH"), *path = getenv("WEFT_ESWITCH_LOG");
    char words[256] = "", *rest = words, *word;
    if (given)
        snprintf(words, sizeof words, "%s", given);
    while ((word = strsep(&rest, ",")) && *word) {
        char *value = strchr(word, '=');
        const uint32_t number = value ? (uint32_t)strtoul(value + 1, NULL, 10) : 0;
        if (value)
            *value = 0;
        if (!strcmp(word, "delay"))
            options.delay = number;
        else if (!strcmp(word, "fails"))
            options.fails = number;
        else if (!strcmp(word, "hold"))
            options.hold = number;
        else if (!strcmp(word, "reorders"))
            options.reorders = number;
        else if (!strcmp(word, "templates"))
            options.has_templates = number;
        else if (!strcmp(word, "queue"))
            options.queue = number;
        else if (!strcmp(word, "seed"))
            state = 2 * (uint64_t)number + 1;
        else
            es_misuse("WEFT_ESWITCH has an unknown word");
    }
    if (path && (file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        es_misuse("WEFT_ESWITCH_LOG cannot be written");
}

const struct es_options *es_options(void) { return &options; }

uint32_t es_random(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return below ? (uint32_t)(state >> 33) % below : 0;
}

uint64_t es_round(void) { return rounds; }
uint64_t es_now(void) { return clock_ns; }
void es_see_time(uint64_t now) { clock_ns = now > clock_ns ? now : clock_ns; }

/* What the application takes the time to be, in test builds. */
uint64_t weft_test_clock(void) { return clock_ns; }

void es_log(const char *format, ...)
{
    char line[256];
    va_list arguments;
    if (file < 0)
        return;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (write(file, line, (size_t)length) != length)
        es_misuse("the log cannot be written");
}

void es_misuse(const char *what)
{
    fprintf(stderr, "eswitch: %s\n", what);
    _exit(70);
}

void es_set_queue_size(uint32_t given) { size = options.queue ? options.queue : given; }

bool es_request(uint32_t queue, enum es_request what, struct es_rule *rule, void *context)
{
    if (queue >= QUEUES)
        es_misuse("a queue that was not configured");
    if (queues[queue].count >= size)
        return false;
    queues[queue].of[queues[queue].count++] = (struct request){.what = what, .rule = rule, .context = context};
    return true;
}

void es_push(uint32_t queue)
{
    for (uint32_t i = 0; i < queues[queue].count; i++)
        if (!queues[queue].of[i].due)
            queues[queue].of[i].due = rounds + 1 + es_random(options.delay + 1);
}

static void take_effect(struct request *request)
{
    request->took_effect = true;
    if (request->what == ES_REMOVE) {
        es_take_out_of_force(request->rule);
        request->done = true;
        es_log("removed %u\n", request->rule->number);
        es_gone(request->rule);
        return;
    }
    request->done = request->rule->jumps || es_random(100) >= options.fails;
    if (request->done) {
        es_put_in_force(request->rule);
        es_log("inserted %u\n", request->rule->number);
    } else
        es_gone(request->rule);
}

/* A device that keeps order works on the requests of a queue one after another. */
void es_next_round(void)
{
    rounds++;
    for (uint32_t q = 0; q < QUEUES; q++)
        for (uint32_t i = 0; i < queues[q].count; i++) {
            struct request *request = &queues[q].of[i];
            if (request->took_effect)
                continue;
            if (request->due && request->due <= rounds)
                take_effect(request);
            else if (!options.reorders)
                break;
        }
}

/* An answer comes at the earliest in the round behind that of its effect. */
bool es_answer(uint32_t queue, void **context, bool *done)
{
    for (uint32_t i = 0; i < queues[queue].count; i++) {
        struct request *request = &queues[queue].of[i];
        if (!request->took_effect) {
            if (options.reorders)
                continue;
            return false;
        }
        if (options.reorders && es_random(2))
            continue;
        *context = request->context;
        *done = request->done;
        queues[queue].count--;
        memmove(request, request + 1, (queues[queue].count - i) * sizeof *request);
        return true;
    }
    return false;
}
