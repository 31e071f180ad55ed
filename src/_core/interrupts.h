/* Ctrl-C within a long loop.

   Python only notes that a signal came; its handlers run when the interpreter looks. A loop asks
   residual_auction_stop before each piece of its work. The thread that called the kernel then
   looks for signals every twentieth of a second, for which it takes the interpreter's lock; the
   others read a flag. Once a handler has raised, all of them pass over what is left to do. */
#ifndef RESIDUAL_AUCTION_INTERRUPTS_H
#define RESIDUAL_AUCTION_INTERRUPTS_H

#include <Python.h>
#include <stdint.h>
#include <time.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#define RESIDUAL_AUCTION_LOOK_NS 50000000

typedef struct {
    int stopped;
    int64_t due;
} residual_auction_watch;

/* Coarse clocks tell milliseconds, and cost a quarter of the exact ones. */
static inline int64_t residual_auction_now(void) {
    struct timespec now;
#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline residual_auction_watch residual_auction_watching(void) {
    residual_auction_watch watch = {0, residual_auction_now() + RESIDUAL_AUCTION_LOOK_NS};
    return watch;
}

static inline int residual_auction_stop(residual_auction_watch *watch) {
    int64_t now;
    PyGILState_STATE state;
    if (__atomic_load_n(&watch->stopped, __ATOMIC_RELAXED)) return 1;
#ifdef _OPENMP
    if (omp_get_thread_num() != 0) return 0;
#endif
    now = residual_auction_now();
    if (now < watch->due) return 0;
    watch->due = now + RESIDUAL_AUCTION_LOOK_NS;
    state = PyGILState_Ensure();
    if (PyErr_CheckSignals() != 0) __atomic_store_n(&watch->stopped, 1, __ATOMIC_RELAXED);
    PyGILState_Release(state);
    return __atomic_load_n(&watch->stopped, __ATOMIC_RELAXED);
}

/* -1 if a handler raised: what it raised is then set in the calling thread. */
static inline int residual_auction_over(const residual_auction_watch *watch) {
    return __atomic_load_n(&watch->stopped, __ATOMIC_RELAXED) ? -1 : 0;
}

#endif
