/* Exchanges, and waiting for them no longer than was said. Rests on dist.h. */
#define _POSIX_C_SOURCE 200809L
#include <sched.h>
#include <string.h>
#include <time.h>

#include "dist.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void tad__dist_wait_from_now(tad_dist *d) { d->deadline = now() + d->options.patience; }

static void tell(const tad_dist *d, const tad__post *p, bool begins) {
    if (d->options.watch) d->options.watch(d->options.watcher, p->what, p->bucket, begins);
}

tad_status tad__post_start(tad_dist *d, tad__post *p, int channel, const char *what, int bucket) {
    const tad_exchange e = {channel, d->send, d->receive};
    *p = (tad__post){.what = what, .bucket = bucket, .other = -1};
    if (d->broken != TAD_OK) return d->broken;
    tell(d, p, true);
    const tad_status s =
        d->ranks.size > 1 ? d->ranks.start(d->ranks.user, &e, &p->request) : TAD_OK;
    memset(d->send, 0, (size_t)d->ranks.size * sizeof *d->send);
    memset(d->receive, 0, (size_t)d->ranks.size * sizeof *d->receive);
    if (s != TAD_OK) return tad__dist_break(d, s, "dist: %s: cannot be started", what);
    p->active = true;
    return TAD_OK;
}

/* Of rank `other`, where one is known. */
static tad_status fail(tad_dist *d, const tad__post *p, tad_status status, int other) {
    if (status == TAD_DISAGREE)
        return tad__dist_break(d, status,
                               "dist: %s: rank %d sent another number of bytes than rank %d "
                               "expects: it is at another call",
                               p->what, other, d->ranks.rank);
    return tad__dist_break(d, status, "dist: %s: exchanging with other ranks failed", p->what);
}

tad_status tad__post_test(tad_dist *d, tad__post *p, bool *done) {
    int other = -1;
    *done = !p->active || d->ranks.size == 1;
    if (!p->active) return TAD_OK;
    const tad_status s = *done ? TAD_OK : d->ranks.test(d->ranks.user, p->request, done, &other);
    if (s != TAD_OK || *done) p->active = false;
    if (s != TAD_OK) return fail(d, p, s, other);
    if (*done) tell(d, p, false);
    p->other = other;
    return TAD_OK;
}

/* Looks often at first, then leaves the processor to others: there may be more ranks than
 * processors. */
tad_status tad__dist_pause(tad_dist *d, const tad__post *p) {
    const double left = d->deadline - now();
    if (left <= 0 && p->other >= 0)
        return tad__dist_break(d, TAD_TIMEOUT, "dist: %s: rank %d has not come within %g s",
                               p->what, p->other, d->options.patience);
    if (left <= 0)
        return tad__dist_break(d, TAD_TIMEOUT, "dist: %s: some rank has not come within %g s",
                               p->what, d->options.patience);
    sched_yield();
    return TAD_OK;
}

tad_status tad__post_wait(tad_dist *d, tad__post *p) {
    bool done;
    tad_status s = tad__post_test(d, p, &done);
    while (s == TAD_OK && !done) {
        s = tad__dist_pause(d, p);
        if (s == TAD_OK) s = tad__post_test(d, p, &done);
    }
    return s;
}

void tad__post_abandon(tad_dist *d, tad__post *p) {
    if (p->active && d->ranks.size > 1) d->ranks.abandon(d->ranks.user, p->request);
    p->active = false;
}
