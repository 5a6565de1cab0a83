/* A program as a DPDK application: every lcore is a worker, one thread more writes digests, one serves the control
   socket. `application [EAL options] -- [options]` */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "control.h"
#include "eswitch.h"
#include "rule_log.h"
#include "stats.h"
#include "threads.h"

static struct weft_application application;
static int digest_file = -1;

static void stop(int number __rte_unused) { atomic_store(&application.stop, true); }

/* --- the thread beside the workers: digests, and the end of a run that waits for it */

static void write_digests(void)
{
    for (uint32_t w = 0; digest_file >= 0 && w < application.worker_count; w++)
        if (!weft_digests_write(&application.workers[w].digests, digest_file)) {
            fprintf(stderr, "weft: %s: cannot write: %s\n", application.options.digests, strerror(errno));
            atomic_store(&application.takes_digests, false);
            close(digest_file);
            digest_file = -1;
        }
}

/* Whether no worker found anything to do for so long, and nothing waits between two of them. A worker may have become
   idle after `now`. */
static bool is_idle(uint64_t cycles)
{
    const uint64_t now = rte_rdtsc();
    for (uint32_t w = 0; w < application.worker_count; w++) {
        struct weft_worker *worker = &application.workers[w];
        const uint64_t since = atomic_load_explicit(&worker->idle_since, memory_order_acquire);
        if (!since || (int64_t)(now - since) < (int64_t)cycles)
            return false;
        for (uint32_t other = 0; other < application.worker_count; other++)
            if (other != w && rte_ring_count(worker->from[other]))
                return false;
    }
    return true;
}

static void *look_after(void *unused __rte_unused)
{
    const uint64_t cycles = application.options.until_idle_ms * rte_get_tsc_hz() / 1000;
    while (!atomic_load(&application.stop)) {
        write_digests();
        if (cycles && is_idle(cycles))
            atomic_store(&application.stop, true);
        rte_delay_us_sleep(1000);
    }
    return NULL;
}

/* --- setting up */

static bool make_rings(void)
{
    char name[RTE_RING_NAMESIZE];
    for (uint32_t to = 0; to < application.worker_count; to++)
        for (uint32_t from = 0; from < application.worker_count; from++) {
            if (from == to)
                continue;
            snprintf(name, sizeof name, "weft-%u-%u", from, to);
            application.workers[to].from[from] = rte_ring_create(
                name, application.options.ring, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
            if (!application.workers[to].from[from]) {
                fprintf(stderr, "weft: no memory for the rings between workers (--ring)\n");
                return false;
            }
        }
    return true;
}

static bool on_all_cores(lcore_function_t *work)
{
    int failed = 0;
    for (uint32_t w = 0; w < application.worker_count; w++) {
        struct weft_worker *worker = &application.workers[w];
        if (worker->lcore != rte_get_main_lcore())
            failed |= rte_eal_remote_launch(work, worker, worker->lcore);
    }
    for (uint32_t w = 0; w < application.worker_count; w++)
        if (application.workers[w].lcore == rte_get_main_lcore())
            failed |= work(&application.workers[w]);
    for (uint32_t w = 0; w < application.worker_count; w++)
        if (application.workers[w].lcore != rte_get_main_lcore())
            failed |= rte_eal_wait_lcore(application.workers[w].lcore);
    return !failed;
}

static bool make_workers(void)
{
    unsigned lcore;
    RTE_LCORE_FOREACH(lcore)
    {
        if (application.worker_count == WEFT_MAX_WORKERS) {
            fprintf(stderr, "weft: more than %d lcores\n", WEFT_MAX_WORKERS);
            return false;
        }
        struct weft_worker *worker = &application.workers[application.worker_count];
        worker->application = &application;
        worker->index = application.worker_count++;
        worker->lcore = lcore;
        atomic_store(&worker->hold, application.options.paused);
    }
    atomic_store(&application.receiving, application.worker_count);
    return make_rings();
}

static bool open_digests(const char *path)
{
    if (path)
        digest_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (path && digest_file < 0)
        fprintf(stderr, "weft: %s: cannot write: %s\n", path, strerror(errno));
    atomic_store(&application.takes_digests, digest_file >= 0);
    return !path || digest_file >= 0;
}

/* Nanoseconds since the epoch come from the cycle counter, which begins with the system's clock. */
static void start_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    application.start_cycles = rte_rdtsc();
    application.start_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    application.ns_per_cycle = 1e9 / (double)rte_get_tsc_hz();
}

static bool save(const char *path, const struct weft_control *control)
{
    size_t record_bytes = 0;
    const uint8_t *record = control ? weft_control_record(control, &record_bytes) : NULL;
    FILE *out = fopen(path, "wb");
    const bool written = out && weft_write_state(&application, record, record_bytes, out);
    if (out && !fclose(out) && written)
        return true;
    fprintf(stderr, "weft: %s: cannot write: %s\n", path, strerror(errno));
    return false;
}

/* --- running */

static bool run(struct weft_control *control)
{
    pthread_t keeper, server;
    if (!weft_start_thread(&keeper, look_after, NULL))
        return false;
    const bool served = control && weft_start_thread(&server, weft_control_run, control);
    if (control && !served)
        atomic_store(&application.stop, true);
    bool well = on_all_cores(weft_run_worker) && (served || !control);
    pthread_join(keeper, NULL);
    if (served)
        pthread_join(server, NULL);
    write_digests();
    if (application.options.save)
        well &= save(application.options.save, control);
    weft_print_stats(&application, stderr);
    return well;
}

static bool set_up_and_run(int count, char **words)
{
    struct weft_control *control = NULL;
    if (!weft_read_options(count, words, &application.options) || !make_workers() ||
        !weft_start_ports(&application.options, application.worker_count, &application.ports))
        return false;
    if (!on_all_cores(weft_prepare_worker)) {
        fprintf(stderr, "weft: no memory for the state of %u workers\n", application.worker_count);
        return false;
    }
    if (!open_digests(application.options.digests) ||
        (application.options.rule_log && !weft_rule_log_begin(application.options.rule_log)))
        return false;
    start_clock();
    if (application.options.control && !(control = weft_control_open(application.options.control, &application)))
        return false;
    weft_register_telemetry(&application);
    const bool well = run(control);
    if (control)
        weft_control_close(control);
    if (application.options.rules.most)
        weft_eswitch_end();
    weft_stop_ports(&application.ports);
    return well;
}

int main(int count, char **words)
{
    const struct sigaction stopping = {.sa_handler = stop};
    weft_note_processors();
    const int taken = rte_eal_init(count, words);
    if (taken < 0)
        return 2;
    sigaction(SIGINT, &stopping, NULL);
    sigaction(SIGTERM, &stopping, NULL);
    signal(SIGPIPE, SIG_IGN);
    words[taken] = words[0];
    const bool well = set_up_and_run(count - taken, words + taken);
    rte_eal_cleanup();
    return well ? 0 : 1;
}
