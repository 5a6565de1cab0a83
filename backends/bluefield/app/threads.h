/* Threads beside the workers. */
#ifndef WEFT_APP_THREADS_H
#define WEFT_APP_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* Note which processors this process may use; before EAL ties it to one. */
void weft_note_processors(void);

/* Start a thread on the processors that no worker has, or on all where none is left. */
bool weft_start_thread(pthread_t *thread, void *(*work)(void *), void *argument);

#endif
