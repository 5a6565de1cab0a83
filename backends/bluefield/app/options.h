/* The application's own options, behind `--` on the command line. */
#ifndef WEFT_APP_OPTIONS_H
#define WEFT_APP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define WEFT_MAX_PORTS 512 /* logical ports of a program */

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
};

/* Read the options; says what is wrong and returns false where they cannot be used. */
bool weft_read_options(int count, char **words, struct weft_options *options);

#endif
