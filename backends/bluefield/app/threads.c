#define _GNU_SOURCE
#include "threads.h"

#include <sched.h>

#include <rte_lcore.h>

static cpu_set_t allowed;

void weft_note_processors(void)
{
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        CPU_ZERO(&allowed);
}

static cpu_set_t left_over(void)
{
    cpu_set_t found = allowed;
    unsigned lcore;
    RTE_LCORE_FOREACH(lcore)
    {
        const rte_cpuset_t taken = rte_lcore_cpuset(lcore);
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
            if (CPU_ISSET(cpu, &taken))
                CPU_CLR(cpu, &found);
    }
    return CPU_COUNT(&found) ? found : allowed;
}

bool weft_start_thread(pthread_t *thread, void *(*work)(void *), void *argument)
{
    pthread_attr_t attributes;
    const cpu_set_t processors = left_over();
    if (pthread_attr_init(&attributes))
        return false;
    if (CPU_COUNT(&processors))
        pthread_attr_setaffinity_np(&attributes, sizeof processors, &processors);
    const bool started = !pthread_create(thread, &attributes, work, argument);
    pthread_attr_destroy(&attributes);
    return started;
}
