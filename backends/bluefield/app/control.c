#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "state.h"
#include "stats.h"

#define CLIENTS 4
#define WAITING 64 /* clients that may wait to be accepted */
#define LOOK_MS 10 /* how often it is asked whether the application stops */
#define MAX_RECORD_BYTES (64u << 20)

struct connection {
    struct weft_client client;
    struct weft_staged staged;
};

struct weft_control {
    struct weft_application *application;
    char path[108];
    int socket;
    bool paused;
    uint8_t *record;
    size_t record_bytes;
    struct connection connections[CLIENTS];
};

/* --- answers */

static bool refuse(struct weft_client *client, const char *error)
{
    char json[512];
    snprintf(json, sizeof json, "{\"ok\":0,\"error\":\"%s\",\"bytes\":0}", error);
    return weft_client_answer(client, json, NULL, 0);
}

static bool accept_it(struct weft_client *client)
{
    return weft_client_answer(client, "{\"ok\":1,\"bytes\":0}", NULL, 0);
}

static void describe(const struct weft_application *application, size_t record_bytes, size_t bytes, char *json,
                     size_t room)
{
    snprintf(json, room,
             "{\"ok\":1,\"protocol\":1,\"program\":\"%s\",\"build\":\"%s\",\"workers\":%" PRIu32 ",\"shares\":%" PRIu32
             ",\"block_bytes\":%zu,\"record_bytes\":%zu,\"now_ns\":%" PRIu64 ",\"bytes\":%zu}",
             weft_program.name, weft_program.build, application->worker_count, weft_program.shares,
             weft_program.block_bytes, record_bytes, weft_last_ns(application), bytes);
}

static bool say_hello(struct weft_control *control, struct weft_client *client)
{
    char json[1024];
    describe(control->application, control->record_bytes, 0, json, sizeof json);
    return weft_client_answer(client, json, NULL, 0);
}

static bool send_stats(struct weft_control *control, struct weft_client *client)
{
    size_t size = 0;
    char json[64], *text = weft_stats_json(control->application, &size);
    if (!text)
        return refuse(client, "no memory");
    snprintf(json, sizeof json, "{\"ok\":1,\"bytes\":%zu}", size);
    const bool sent = weft_client_answer(client, json, text, size);
    free(text);
    return sent;
}

/* The block of a program that has seen no packet. */
static bool send_fresh(struct weft_client *client)
{
    char json[64];
    const size_t size = RTE_ALIGN_CEIL(weft_program.block_bytes, 64);
    uint8_t *block = aligned_alloc(64, size);
    if (!block)
        return refuse(client, "no memory");
    memset(block, 0, size);
    weft_program.init(block);
    snprintf(json, sizeof json, "{\"ok\":1,\"bytes\":%zu}", weft_program.block_bytes);
    const bool sent = weft_client_answer(client, json, block, weft_program.block_bytes);
    free(block);
    return sent;
}

bool weft_write_state(const struct weft_application *application, const uint8_t *record, size_t record_bytes, FILE *out)
{
    char json[1024];
    const size_t bytes = record_bytes + application->worker_count * weft_program.block_bytes;
    describe(application, record_bytes, bytes, json, sizeof json);
    const size_t length = strlen(json);
    const uint8_t head[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
    fwrite(head, 1, 4, out);
    fwrite(json, 1, length, out);
    if (record_bytes)
        fwrite(record, 1, record_bytes, out);
    for (uint32_t w = 0; w < application->worker_count; w++)
        fwrite(application->workers[w].state, 1, weft_program.block_bytes, out);
    return !ferror(out);
}

/* The workers wait while their blocks are copied, not while the copy is sent. */
static bool send_state(struct weft_control *control, struct weft_client *client)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return refuse(client, "no memory");
    if (!control->paused)
        weft_hold_all(control->application);
    weft_collect_rules(control->application);
    bool written = weft_write_state(control->application, control->record, control->record_bytes, out);
    if (!control->paused)
        weft_release_all(control->application);
    written &= !fclose(out);
    const bool sent = written ? weft_client_send(client, text, size) : refuse(client, "no memory");
    free(text);
    return sent;
}

/* --- requests */

static bool commit(struct weft_control *control, struct connection *from)
{
    weft_commit(&from->staged, control->application, control->paused);
    if (from->staged.record) {
        free(control->record);
        control->record = from->staged.record;
        control->record_bytes = from->staged.record_bytes;
        from->staged.record = NULL;
    }
    weft_stage_discard(&from->staged);
    return accept_it(&from->client);
}

static const char *stage_record(struct weft_staged *staged, uint8_t *bytes, size_t size)
{
    if (size > MAX_RECORD_BYTES)
        return "a record has 64 MiB at most";
    free(staged->record);
    staged->record = bytes;
    staged->record_bytes = size;
    return NULL;
}

/* Stage the raw bytes of the request; false where it is none of these. */
static bool stage(struct weft_control *control, struct connection *from, const char *wanted, bool *goes_on)
{
    struct weft_client *client = &from->client;
    struct weft_staged *staged = &from->staged;
    const char *error;
    if (!strcmp(wanted, "table")) {
        const char *name = weft_json_text(&client->request, "name");
        uint64_t count;
        if (name && weft_json_number(&client->request, "count", &count))
            error = weft_stage_table(staged, name, count, client->bytes, client->size);
        else
            error = "`table` has a name and a count";
    } else if (!strcmp(wanted, "tunables"))
        error = weft_stage_tunables(staged, client->bytes, client->size);
    else if (!strcmp(wanted, "groups"))
        error = weft_stage_groups(staged, client->bytes, client->size);
    else if (!strcmp(wanted, "blocks"))
        error = weft_stage_blocks(staged, control->application, client->bytes, client->size);
    else if (!strcmp(wanted, "record"))
        error = stage_record(staged, client->bytes, client->size);
    else
        return false;
    if (!error)
        client->bytes = NULL; /* taken over */
    *goes_on = error ? refuse(client, error) : accept_it(client);
    return true;
}

static void pause_or_resume(struct weft_control *control, bool pause)
{
    if (control->paused == pause)
        return;
    control->paused = pause;
    if (pause) {
        weft_hold_all(control->application);
        weft_flush_rules(control->application); /* they would go on serving packets */
    } else
        weft_release_all(control->application);
}

/* Whether the client may go on asking. */
static bool answer(struct weft_control *control, struct connection *from)
{
    struct weft_client *client = &from->client;
    const char *wanted = weft_json_text(&client->request, "do");
    bool goes_on;
    if (!wanted)
        return refuse(client, "a request says what to `do`");
    if (stage(control, from, wanted, &goes_on))
        return goes_on;
    if (!strcmp(wanted, "hello"))
        return say_hello(control, client);
    if (!strcmp(wanted, "stats"))
        return send_stats(control, client);
    if (!strcmp(wanted, "fresh"))
        return send_fresh(client);
    if (!strcmp(wanted, "save"))
        return send_state(control, client);
    if (!strcmp(wanted, "commit"))
        return commit(control, from);
    if (!strcmp(wanted, "discard"))
        weft_stage_discard(&from->staged);
    else if (!strcmp(wanted, "pause") || !strcmp(wanted, "resume"))
        pause_or_resume(control, wanted[0] == 'p');
    else if (!strcmp(wanted, "stop"))
        atomic_store(&control->application->stop, true);
    else
        return refuse(client, "there is no such request");
    return accept_it(client);
}

/* --- clients */

static size_t most_bytes(const struct weft_application *application)
{
    return RTE_MAX((size_t)MAX_RECORD_BYTES, application->worker_count * weft_program.block_bytes);
}

static void close_connection(struct connection *connection)
{
    weft_client_close(&connection->client);
    weft_stage_end(&connection->staged);
}

static void serve(struct weft_control *control, struct connection *connection)
{
    const char *error;
    struct weft_client *client = &connection->client;
    enum weft_progress progress;
    while ((progress = weft_client_receive(client, most_bytes(control->application), &error)) == WEFT_COMPLETE) {
        const bool goes_on = answer(control, connection);
        weft_client_next(client);
        if (!goes_on) {
            close_connection(connection);
            return;
        }
    }
    if (error)
        refuse(client, error);
    if (progress == WEFT_GONE)
        close_connection(connection);
}

static void welcome(struct weft_control *control)
{
    const int accepted = accept(control->socket, NULL, NULL);
    if (accepted < 0)
        return;
    for (int c = 0; c < CLIENTS; c++) {
        struct connection *connection = &control->connections[c];
        if (connection->client.socket >= 0)
            continue;
        connection->client = (struct weft_client){.socket = accepted};
        if (!weft_stage_begin(&connection->staged))
            close_connection(connection);
        return;
    }
    struct weft_client surplus = {.socket = accepted};
    refuse(&surplus, "others are connected, as many as there can be");
    weft_client_close(&surplus);
}

void *weft_control_run(void *given)
{
    struct weft_control *control = given;
    while (!atomic_load(&control->application->stop)) {
        struct pollfd waiting[CLIENTS + 1];
        for (int c = 0; c < CLIENTS; c++)
            waiting[c] = (struct pollfd){control->connections[c].client.socket, POLLIN, 0};
        waiting[CLIENTS] = (struct pollfd){control->socket, POLLIN, 0};
        if (poll(waiting, CLIENTS + 1, LOOK_MS) <= 0)
            continue;
        for (int c = 0; c < CLIENTS; c++)
            if (waiting[c].revents)
                serve(control, &control->connections[c]);
        if (waiting[CLIENTS].revents)
            welcome(control);
    }
    pause_or_resume(control, false);
    return NULL;
}

/* --- the socket */

static bool is_alive(const struct sockaddr_un *address)
{
    const int probe = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool alive = probe >= 0 && !connect(probe, (const struct sockaddr *)address, sizeof *address);
    if (probe >= 0)
        close(probe);
    return alive;
}

static int listen_at(const struct sockaddr_un *address)
{
    struct stat found;
    if (!lstat(address->sun_path, &found) && S_ISSOCK(found.st_mode) && !is_alive(address))
        unlink(address->sun_path); /* left by one that was killed */
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const mode_t before = umask(0177);
    const bool bound = made >= 0 && !bind(made, (const struct sockaddr *)address, sizeof *address);
    umask(before);
    if (bound && !listen(made, WAITING))
        return made;
    fprintf(stderr, "weft: %s: no control socket there: %s\n", address->sun_path, strerror(errno));
    if (made >= 0)
        close(made);
    return -1;
}

struct weft_control *weft_control_open(const char *path, struct weft_application *application)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct weft_control *control = calloc(1, sizeof *control);
    if (!control || strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "weft: %s: too long for a socket\n", path);
        free(control);
        return NULL;
    }
    strcpy(address.sun_path, path);
    strcpy(control->path, path);
    control->application = application;
    control->paused = application->options.paused;
    for (int c = 0; c < CLIENTS; c++)
        control->connections[c].client.socket = -1;
    control->socket = listen_at(&address);
    if (control->socket < 0) {
        free(control);
        return NULL;
    }
    return control;
}

void weft_control_close(struct weft_control *control)
{
    for (int c = 0; c < CLIENTS; c++)
        if (control->connections[c].client.socket >= 0)
            close_connection(&control->connections[c]);
    close(control->socket);
    unlink(control->path);
    free(control->record);
    free(control);
}

const uint8_t *weft_control_record(const struct weft_control *control, size_t *size)
{
    *size = control->record_bytes;
    return control->record;
}
