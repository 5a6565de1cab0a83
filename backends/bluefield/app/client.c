#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 5000 /* for a client that does not read its answer */

static size_t length_of(const struct weft_client *client)
{
    const uint8_t *at = client->head;
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static ssize_t receive(struct weft_client *client, void *to, size_t size)
{
    const ssize_t got = recv(client->socket, to, size, MSG_DONTWAIT);
    if (got > 0)
        client->have += (size_t)got;
    return got;
}

/* Read the JSON, and make room for what follows. */
static const char *begin_bytes(struct weft_client *client, size_t length, size_t most)
{
    uint64_t size = 0;
    client->is_read = true;
    client->have = 0;
    if (!weft_read_json((char *)client->head + 4, length, &client->request))
        return "not a request: expected a flat JSON object of strings and whole numbers";
    if (!weft_json_number(&client->request, "bytes", &size) && weft_json_text(&client->request, "bytes"))
        return "`bytes` is no number";
    if (size > most)
        return "more bytes than any request of this program has";
    client->size = (size_t)size;
    client->bytes = malloc(client->size + 1);
    return client->bytes ? NULL : "no memory";
}

enum weft_progress weft_client_receive(struct weft_client *client, size_t most, const char **error)
{
    *error = NULL;
    for (;;) {
        ssize_t got;
        if (!client->is_read) {
            size_t wanted = 4;
            if (client->have >= 4) {
                wanted += length_of(client);
                if (wanted > 4 + WEFT_MAX_HEAD) {
                    *error = "the JSON of a request is longer than 1024 bytes";
                    return WEFT_GONE;
                }
            }
            if (client->have >= 4 && client->have == wanted) {
                *error = begin_bytes(client, wanted - 4, most);
                if (*error)
                    return WEFT_GONE;
                continue;
            }
            got = receive(client, client->head + client->have, wanted - client->have);
        } else {
            if (client->have == client->size)
                return WEFT_COMPLETE;
            got = receive(client, client->bytes + client->have, client->size - client->have);
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return WEFT_WAITS;
        if (got <= 0)
            return WEFT_GONE;
    }
}

void weft_client_next(struct weft_client *client)
{
    free(client->bytes);
    client->bytes = NULL;
    client->size = client->have = 0;
    client->is_read = false;
}

void weft_client_close(struct weft_client *client)
{
    weft_client_next(client);
    if (client->socket >= 0)
        close(client->socket);
    client->socket = -1;
}

bool weft_client_send(struct weft_client *client, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size) {
        struct pollfd waiting = {client->socket, POLLOUT, 0};
        const ssize_t sent = send(client->socket, at, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            size -= (size_t)sent;
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return false;
        else if (poll(&waiting, 1, PATIENCE_MS) == 0)
            return false;
    }
    return true;
}

bool weft_client_answer(struct weft_client *client, const char *json, const void *bytes, size_t size)
{
    const size_t length = strlen(json);
    const uint8_t head[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
    return weft_client_send(client, head, 4) && weft_client_send(client, json, length) &&
           weft_client_send(client, bytes, size);
}
