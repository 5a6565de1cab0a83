/* The application's own options, behind `--` on the command line. */
#ifndef WEFT_APP_OPTIONS_H
#define WEFT_APP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define WEFT_MAX_PORTS 512 /* logical ports of a program */

/* When flows get rules in the eSwitch, and when they lose them. */
struct weft_rule_options {
    uint32_t most;     /* rules of one worker; 0: all packets go through the cores */
    uint32_t after;    /* packets of a flow that come to the core first */
    uint32_t rate;     /* rules asked for in a second, by one worker; 0: as they come */
    uint64_t gap_ns;   /* so long no packet of the flow came to the core: none is on its way through it */
    uint64_t limit_ns; /* after so long it gets its rule without a gap; 0: never */
    uint64_t idle_ns;  /* so long without a packet, and the rule goes */
    uint64_t check_ns; /* how often a rule is asked what it counted, and is compared with the program */
};

struct weft_options {
    const char *ports[WEFT_MAX_PORTS]; /* the DPDK port of each logical one, by number or name; NULL: the next one */
    const char *control;               /* path of the control socket; NULL: none */
    const char *digests;               /* file that digests are written to; NULL: none */
    const char *save;                  /* file that the state is written to at the end; NULL: none */
    bool paused;                       /* begin only when the control socket says so */
    uint64_t until_idle_ms;            /* end when no packet came for that long; 0: never */
    uint32_t patience;                 /* how often a full queue is tried again before its packets are dropped */
    uint32_t mbufs;                    /* buffers in all; 0: as many as the queues need */
    uint32_t mbuf_bytes;               /* the longest packet that a buffer takes */
    uint32_t mtu;                      /* of every port; 0: as it is */
    uint32_t ring;                     /* packets that wait between two workers */
    struct weft_rule_options rules;
    const char *rule_log;              /* file that tells what rules do; NULL: none */
};

/* Read the options; says what is wrong and returns false where they cannot be used. */
bool weft_read_options(int count, char **words, struct weft_options *options);

#endif
