#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

static const char usage[] =
    "options behind `--`:\n"
    "  --port NAME=N       the logical port NAME is the DPDK port N (a number, a device's name, or none)\n"
    "  --control PATH      a unix socket through which the program is controlled\n"
    "  --paused            process nothing before the control socket says `resume`\n"
    "  --digests FILE      write digests to FILE (a file, or a named pipe that somebody reads)\n"
    "  --save FILE         write the state to FILE at the end\n"
    "  --until-idle MS     end when no packet came for MS milliseconds\n"
    "  --patience N        try a full queue N times again before its packets are dropped (1000)\n"
    "  --mbufs N           buffers in all\n"
    "  --mbuf-bytes N      the longest packet that fits into a buffer (2048)\n"
    "  --mtu N             set the MTU of every port\n"
    "  --ring N            packets that can wait between two workers, a power of two (1024)\n"
    "rules in the eSwitch, of each worker:\n"
    "  --rules N           at most N rules (0: none, all packets go through the cores)\n"
    "  --rule-after N      a flow gets its rule after N packets (4)\n"
    "  --rule-gap US       when none came for US microseconds, so that none is overtaken (200)\n"
    "  --rule-limit MS     or after MS milliseconds without such a gap; 0: never (1000)\n"
    "  --rule-idle MS      and loses it after MS milliseconds without a packet (10000)\n"
    "  --rule-check MS     how often rules are asked what they counted (1000)\n"
    "  --rule-rate N       rules asked for in a second; 0: as they come (0)\n"
    "  --rule-log FILE     append to FILE what rules do\n";

enum {
    PORT = 1, CONTROL, PAUSED, DIGESTS, SAVE, UNTIL_IDLE, PATIENCE, MBUFS, MBUF_BYTES, MTU, RING, RULES, RULE_AFTER,
    RULE_GAP, RULE_LIMIT, RULE_IDLE, RULE_CHECK, RULE_RATE, RULE_LOG, HELP
};

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"control", required_argument, NULL, CONTROL},
    {"paused", no_argument, NULL, PAUSED},
    {"digests", required_argument, NULL, DIGESTS},
    {"save", required_argument, NULL, SAVE},
    {"until-idle", required_argument, NULL, UNTIL_IDLE},
    {"patience", required_argument, NULL, PATIENCE},
    {"mbufs", required_argument, NULL, MBUFS},
    {"mbuf-bytes", required_argument, NULL, MBUF_BYTES},
    {"mtu", required_argument, NULL, MTU},
    {"ring", required_argument, NULL, RING},
    {"rules", required_argument, NULL, RULES},
    {"rule-after", required_argument, NULL, RULE_AFTER},
    {"rule-gap", required_argument, NULL, RULE_GAP},
    {"rule-limit", required_argument, NULL, RULE_LIMIT},
    {"rule-idle", required_argument, NULL, RULE_IDLE},
    {"rule-check", required_argument, NULL, RULE_CHECK},
    {"rule-rate", required_argument, NULL, RULE_RATE},
    {"rule-log", required_argument, NULL, RULE_LOG},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

/* A number from `least` to `most`, or `false` and a message. */
static bool read_number(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || *number < least || *number > most) {
        fprintf(stderr, "weft: --%s: expected a number from %llu to %llu, found `%s`\n", option,
                (unsigned long long)least, (unsigned long long)most, text);
        return false;
    }
    return true;
}

static bool read_small(const char *option, const char *text, uint32_t least, uint32_t most, uint32_t *number)
{
    uint64_t found;
    if (!read_number(option, text, least, most, &found))
        return false;
    *number = (uint32_t)found;
    return true;
}

/* A time in units of `unit_ns` nanoseconds. */
static bool read_time(const char *option, const char *text, uint64_t least, uint64_t unit_ns, uint64_t *ns)
{
    if (!read_number(option, text, least, 86400000000000ull / unit_ns, ns))
        return false;
    *ns *= unit_ns;
    return true;
}

static bool read_port(const char *text, struct weft_options *options)
{
    const char *equal = strchr(text, '=');
    for (uint32_t port = 0; equal && equal[1] && port < weft_program.port_count; port++) {
        const char *name = weft_program.ports[port];
        if (strlen(name) == (size_t)(equal - text) && !strncmp(name, text, strlen(name))) {
            options->ports[port] = equal + 1;
            return true;
        }
    }
    fprintf(stderr, "weft: --port: expected NAME=N with a port of %s, found `%s`; its ports are", weft_program.name,
            text);
    for (uint32_t port = 0; port < weft_program.port_count; port++)
        fprintf(stderr, " %s", weft_program.ports[port]);
    fprintf(stderr, "\n");
    return false;
}

static bool read_one(int option, struct weft_options *options)
{
    switch (option) {
    case PORT: return read_port(optarg, options);
    case CONTROL: options->control = optarg; return true;
    case PAUSED: options->paused = true; return true;
    case DIGESTS: options->digests = optarg; return true;
    case SAVE: options->save = optarg; return true;
    case UNTIL_IDLE: return read_number("until-idle", optarg, 1, 86400000, &options->until_idle_ms);
    case PATIENCE: return read_small("patience", optarg, 0, UINT32_MAX, &options->patience);
    case MBUFS: return read_small("mbufs", optarg, 64, 1u << 28, &options->mbufs);
    case MBUF_BYTES: return read_small("mbuf-bytes", optarg, 256, 65000, &options->mbuf_bytes);
    case MTU: return read_small("mtu", optarg, 68, 65000, &options->mtu);
    case RING: return read_small("ring", optarg, 64, 1u << 20, &options->ring);
    case RULES: return read_small("rules", optarg, 0, 1u << 24, &options->rules.most);
    case RULE_AFTER: return read_small("rule-after", optarg, 1, 1u << 20, &options->rules.after);
    case RULE_GAP: return read_time("rule-gap", optarg, 0, 1000, &options->rules.gap_ns);
    case RULE_LIMIT: return read_time("rule-limit", optarg, 0, 1000000, &options->rules.limit_ns);
    case RULE_IDLE: return read_time("rule-idle", optarg, 1000, 1000000, &options->rules.idle_ns);
    case RULE_CHECK: return read_time("rule-check", optarg, 1, 1000000, &options->rules.check_ns);
    case RULE_RATE: return read_small("rule-rate", optarg, 0, 1u << 30, &options->rules.rate);
    case RULE_LOG: options->rule_log = optarg; return true;
    default: fputs(usage, stderr); return false;
    }
}

bool weft_read_options(int count, char **words, struct weft_options *options)
{
    *options = (struct weft_options){.patience = 1000, .mbuf_bytes = 2048, .ring = 1024};
    options->rules = (struct weft_rule_options){.after = 4, .gap_ns = 200000, .limit_ns = 1000000000,
                                                .idle_ns = 10000000000, .check_ns = 1000000000};
    if (weft_program.port_count > WEFT_MAX_PORTS) {
        fprintf(stderr, "weft: a program has at most %d ports here\n", WEFT_MAX_PORTS);
        return false;
    }
    int option;
    optind = 1;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1)
        if (!read_one(option, options))
            return false;
    if (optind < count) {
        fprintf(stderr, "weft: `%s` is no option\n%s", words[optind], usage);
        return false;
    }
    if (options->ring & (options->ring - 1)) {
        fprintf(stderr, "weft: --ring: expected a power of two, found %u\n", options->ring);
        return false;
    }
    if (options->rules.most && !weft_program.rule_template_count) {
        fprintf(stderr, "weft: --rules: no path of %s can be served by rules; its README says why\n", weft_program.name);
        return false;
    }
    if (options->paused && !options->control) {
        fprintf(stderr, "weft: --paused waits for the control socket: give --control PATH, too\n");
        return false;
    }
    return true;
}
