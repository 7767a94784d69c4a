/* The thread pool. A split is posted by setting `left`, the number of pieces nobody has taken;
 * every thread, the caller too, takes pieces until there are none, so a thread that comes late is
 * not waited for. Waiting is spinning for a while, then sleep. Relies on pthreads and C11 atomics
 * only. */
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A wait is spent alert for as long as the next kernel of a sweep may take to come (some 20
 * microseconds), then giving the core to whoever wants it until the next step may have come (some
 * 300); then asleep. */
enum { LOOKS = 32, ALERT = 12, AWAKE = 150, LINE = 64 };

typedef struct gate {
    atomic_int asleep; /* who waits for it on the condition variable */
    pthread_cond_t changed;
} gate;

struct tad__pool {
    size_t threads;   /* the caller and the workers */
    atomic_flag busy; /* set while a split is under way */
    /* these four are read only by who has taken a piece; NULL: ends the workers */
    tad__split_fn *fn;
    void *arg;
    size_t n, piece, pieces;
    char apart[3][LINE]; /* what threads write often, on lines of its own */
    atomic_size_t left;  /* pieces not taken */
    atomic_size_t open;  /* pieces not finished */
    gate posted, done;
    pthread_mutex_t mutex; /* guards going to sleep against lost wake-ups */
    pthread_t worker[];
};

/* ---- waiting ---- */

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static bool is_zero(atomic_size_t *counter) {
    return atomic_load_explicit(counter, memory_order_acquire) == 0;
}

/* Waits until a counter is zero, or until it is not. */
static void await(tad__pool *pool, atomic_size_t *counter, bool zero, gate *s) {
    for (int round = 0; round < AWAKE; round++) {
        if (round > ALERT) sched_yield();
        for (int i = 0; i < LOOKS; i++) {
            if (is_zero(counter) == zero) return;
            relax();
        }
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&s->asleep, 1); /* before the last look: who changes the counter looks here */
    while ((atomic_load(counter) == 0) != zero) pthread_cond_wait(&s->changed, &pool->mutex);
    atomic_fetch_sub(&s->asleep, 1);
    pthread_mutex_unlock(&pool->mutex);
}

/* After a counter was changed. */
static void wake(tad__pool *pool, gate *s) {
    if (!atomic_load(&s->asleep)) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&pool->mutex);
}

/* ---- pieces ---- */

static void run_piece(tad__split_fn *fn, void *arg, size_t n, size_t first, size_t piece) {
    fn(arg, first, n - first < piece ? n : first + piece);
}

/* Takes pieces while there are any; false when asked to end. What was posted is seen by the one who
 * takes a piece of it, and stays until that piece is finished. */
static bool take_pieces(tad__pool *pool) {
    size_t left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    while (left) {
        if (!atomic_compare_exchange_weak_explicit(&pool->left, &left, left - 1,
                                                   memory_order_acquire, memory_order_relaxed))
            continue;
        if (!pool->fn) return false;
        run_piece(pool->fn, pool->arg, pool->n, (pool->pieces - left) * pool->piece, pool->piece);
        if (atomic_fetch_sub(&pool->open, 1) == 1) wake(pool, &pool->done);
        left = atomic_load_explicit(&pool->left, memory_order_relaxed);
    }
    return true;
}

static void *work(void *arg) {
    tad__pool *pool = arg;
    do await(pool, &pool->left, false, &pool->posted);
    while (take_pieces(pool));
    return NULL;
}

static void post(tad__pool *pool, size_t pieces) {
    pool->pieces = pieces;
    atomic_store_explicit(&pool->open, pieces, memory_order_relaxed);
    atomic_store(&pool->left, pieces);
    wake(pool, &pool->posted);
}

void tad__split(tad__pool *pool, size_t n, size_t grain, tad__split_fn *fn, void *arg) {
    if (n <= grain) {
        if (n) fn(arg, 0, n);
        return;
    }
    size_t piece = tad__split_size(n, grain);
    if (tad__pool_threads(pool) < 2 || atomic_flag_test_and_set(&pool->busy)) {
        for (size_t first = 0; first < n; first += piece) run_piece(fn, arg, n, first, piece);
        return;
    }
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    pool->piece = piece;
    post(pool, (n - 1) / piece + 1);
    take_pieces(pool);
    await(pool, &pool->open, true, &pool->done);
    atomic_flag_clear(&pool->busy);
}

/* ---- life ---- */

size_t tad__pool_threads(const tad__pool *pool) { return pool ? pool->threads : 1; }

size_t tad__pool_bytes(size_t threads) { return sizeof(tad__pool) + threads * sizeof(pthread_t); }

static int make_signals(tad__pool *pool) {
    if (pthread_mutex_init(&pool->mutex, NULL)) return 0;
    if (!pthread_cond_init(&pool->posted.changed, NULL)) {
        if (!pthread_cond_init(&pool->done.changed, NULL)) return 1;
        pthread_cond_destroy(&pool->posted.changed);
    }
    pthread_mutex_destroy(&pool->mutex);
    return 0;
}

tad__pool *tad__pool_create(void *memory, size_t threads) {
    tad__pool *pool = memory;
    *pool = (tad__pool){.threads = 1, .busy = ATOMIC_FLAG_INIT};
    atomic_init(&pool->left, 0);
    atomic_init(&pool->open, 0);
    atomic_init(&pool->posted.asleep, 0);
    atomic_init(&pool->done.asleep, 0);
    if (!make_signals(pool)) return NULL;
    while (pool->threads < threads &&
           !pthread_create(&pool->worker[pool->threads - 1], NULL, work, pool))
        pool->threads++;
    return pool;
}

void tad__pool_destroy(tad__pool *pool) {
    if (!pool) return;
    pool->fn = NULL;
    post(pool, pool->threads - 1);
    for (size_t i = 0; i + 1 < pool->threads; i++) pthread_join(pool->worker[i], NULL);
    pthread_cond_destroy(&pool->posted.changed);
    pthread_cond_destroy(&pool->done.changed);
    pthread_mutex_destroy(&pool->mutex);
}
