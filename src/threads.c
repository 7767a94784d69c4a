/* The thread pool: workers watch a counter of jobs, first spinning for some microseconds, then
 * asleep on a condition variable. Relies on pthreads and C11 atomics only. */
#include "threads.h"

#include <pthread.h>
#include <stdatomic.h>

/* Rounds of waiting awake, 10 to 50 microseconds: long enough to catch the next kernel of a step,
 * short enough not to steal a shared core. */
enum { SPINS = 500 };

struct worker {
    tad__pool *pool;
    size_t number;
    pthread_t thread;
};

struct tad__pool {
    size_t threads;          /* the caller and the workers */
    atomic_flag busy;        /* set while a run is under way */
    atomic_size_t job, left; /* jobs handed out; workers not done with the last one */
    pthread_mutex_t mutex;   /* guards the changes of job and left against lost wake-ups */
    pthread_cond_t posted, done;
    void (*fn)(void *arg, size_t part); /* NULL asks the workers to end */
    void *arg;
    size_t parts;
    struct worker workers[];
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Waits until *counter differs from `old` and returns its value. */
static size_t await_change(tad__pool *pool, atomic_size_t *counter, size_t old,
                           pthread_cond_t *signal) {
    size_t now = old;
    for (int i = 0; i < SPINS; i++) {
        now = atomic_load_explicit(counter, memory_order_acquire);
        if (now != old) return now;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    while ((now = atomic_load_explicit(counter, memory_order_acquire)) == old)
        pthread_cond_wait(signal, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return now;
}

static void run_share(const tad__pool *pool, size_t number) {
    for (size_t part = number; part < pool->parts; part += pool->threads) pool->fn(pool->arg, part);
}

static void report_done(tad__pool *pool) {
    if (atomic_fetch_sub_explicit(&pool->left, 1, memory_order_acq_rel) != 1) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->mutex);
}

static void *work(void *arg) {
    struct worker *self = arg;
    tad__pool *pool = self->pool;
    for (size_t job = 0;;) {
        job = await_change(pool, &pool->job, job, &pool->posted);
        if (!pool->fn) return NULL;
        run_share(pool, self->number);
        report_done(pool);
    }
}

static void post(tad__pool *pool, void (*fn)(void *, size_t), void *arg, size_t parts) {
    pool->fn = fn;
    pool->arg = arg;
    pool->parts = parts;
    atomic_store_explicit(&pool->left, pool->threads - 1, memory_order_relaxed);
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->job, 1, memory_order_release);
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->mutex);
}

static void await_workers(tad__pool *pool) {
    for (size_t left = pool->threads - 1; left;)
        left = await_change(pool, &pool->left, left, &pool->done);
}

void tad__pool_run(tad__pool *pool, void (*fn)(void *arg, size_t part), void *arg, size_t parts) {
    int alone = parts < 2 || tad__pool_threads(pool) < 2 || atomic_flag_test_and_set(&pool->busy);
    if (alone) {
        for (size_t part = 0; part < parts; part++) fn(arg, part);
        return;
    }
    post(pool, fn, arg, parts);
    run_share(pool, 0);
    await_workers(pool);
    atomic_flag_clear(&pool->busy);
}

size_t tad__pool_threads(const tad__pool *pool) { return pool ? pool->threads : 1; }

size_t tad__pool_bytes(size_t threads) {
    return sizeof(tad__pool) + threads * sizeof(struct worker);
}

static int make_signals(tad__pool *pool) {
    if (pthread_mutex_init(&pool->mutex, NULL)) return 0;
    if (!pthread_cond_init(&pool->posted, NULL)) {
        if (!pthread_cond_init(&pool->done, NULL)) return 1;
        pthread_cond_destroy(&pool->posted);
    }
    pthread_mutex_destroy(&pool->mutex);
    return 0;
}

tad__pool *tad__pool_create(void *memory, size_t threads) {
    tad__pool *pool = memory;
    *pool = (tad__pool){.threads = 1, .busy = ATOMIC_FLAG_INIT};
    atomic_init(&pool->job, 0);
    atomic_init(&pool->left, 0);
    if (!make_signals(pool)) return NULL;
    for (size_t number = 1; number < threads; number++) {
        struct worker *worker = &pool->workers[number - 1];
        *worker = (struct worker){.pool = pool, .number = number};
        if (pthread_create(&worker->thread, NULL, work, worker)) break;
        pool->threads = number + 1; /* the worker reads it only after the first job is posted */
    }
    return pool;
}

void tad__pool_destroy(tad__pool *pool) {
    if (!pool) return;
    post(pool, NULL, NULL, 0);
    for (size_t i = 0; i + 1 < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->posted);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->mutex);
}
