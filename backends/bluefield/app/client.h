/* The connection to one client of the control socket. */
#ifndef WEFT_APP_CLIENT_H
#define WEFT_APP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define WEFT_MAX_HEAD 1024 /* bytes of a request's JSON */

struct weft_client {
    int socket; /* -1: there is none */
    uint8_t head[4 + WEFT_MAX_HEAD + 1];
    size_t have; /* bytes of the length and the JSON, then of the raw bytes as well */
    bool is_read; /* the JSON is */
    struct weft_json request;
    uint8_t *bytes; /* the raw ones; whoever takes them over puts NULL here */
    size_t size;
};

enum weft_progress { WEFT_WAITS, WEFT_COMPLETE, WEFT_GONE };

/* Take what has come; `most` raw bytes are taken of one request. A request that is complete is in `request`, `bytes`
   and `size`. `error`: why a client is sent away, or NULL. */
enum weft_progress weft_client_receive(struct weft_client *client, size_t most, const char **error);

/* Be ready for the next request. */
void weft_client_next(struct weft_client *client);

void weft_client_close(struct weft_client *client);

/* Whether all of it could be sent, which may take a few seconds. */
bool weft_client_send(struct weft_client *client, const void *bytes, size_t size);

/* An answer: `json` and raw bytes. */
bool weft_client_answer(struct weft_client *client, const char *json, const void *bytes, size_t size);

#endif
