/* The table in memory. */
#include "threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { MOST_RANKS = 16, CHANNELS = 512 };

typedef struct message {
    struct message *next;
    int from, to, channel;
    unsigned number; /* of its way and channel: first meets first, whichever is looked for first */
    size_t bytes;
    unsigned char data[];
} message;

struct hub {
    pthread_mutex_t lock;
    message *first, **last;
    size_t sent; /* by rank 0 */
};

typedef struct place {
    hub *hub;
    tad_ranks ranks;
    rank_fn *f;
    void *user;
    long blocks; /* of memory in use */
    unsigned sent[MOST_RANKS][CHANNELS], awaited[MOST_RANKS][CHANNELS];
} place;

typedef struct awaited {
    place *at;
    int channel;
    struct {
        tad_piece piece; /* data NULL: is there */
        unsigned number;
    } from[];
} awaited;

static void *resize(void *user, void *old, size_t bytes) {
    place *p = user;
    void *new = NULL;
    if (bytes)
        new = realloc(old, bytes);
    else
        free(old);
    p->blocks += (new && !old) - (!bytes && old);
    return new;
}

static void send_to(place *p, int to, int channel, tad_piece piece) {
    message *m = malloc(sizeof *m + piece.bytes);
    *m = (message){.from = p->ranks.rank, .to = to, .channel = channel, .bytes = piece.bytes};
    m->number = p->sent[to][channel]++;
    memcpy(m->data, piece.data, piece.bytes);
    pthread_mutex_lock(&p->hub->lock);
    *p->hub->last = m;
    p->hub->last = &m->next;
    p->hub->sent += p->ranks.rank == 0 ? piece.bytes : 0;
    pthread_mutex_unlock(&p->hub->lock);
}

static tad_status start(void *user, const tad_exchange *what, void **request) {
    place *p = user;
    const int n = p->ranks.size;
    awaited *a = malloc(sizeof *a + (size_t)n * sizeof *a->from);
    a->at = p;
    a->channel = what->channel;
    for (int r = 0; r < n; r++) {
        const bool comes = r != p->ranks.rank && what->receive[r].bytes;
        a->from[r].piece = comes ? what->receive[r] : (tad_piece){0};
        if (comes) a->from[r].number = p->awaited[r][what->channel]++;
        if (r != p->ranks.rank && what->send[r].bytes) send_to(p, r, what->channel, what->send[r]);
    }
    *request = a;
    return TAD_OK;
}

/* A message, taken out; NULL: it is not there yet. */
static message *take(hub *h, int from, int to, int channel, unsigned number) {
    pthread_mutex_lock(&h->lock);
    message **at = &h->first, *m;
    while ((m = *at) &&
           (m->from != from || m->to != to || m->channel != channel || m->number != number))
        at = &m->next;
    if (m) {
        *at = m->next;
        if (!*at) h->last = at;
    }
    pthread_mutex_unlock(&h->lock);
    return m;
}

static tad_status test(void *user, void *request, bool *done, int *other) {
    place *p = user;
    awaited *a = request;
    *done = true;
    for (int r = 0; r < p->ranks.size; r++) {
        if (!a->from[r].piece.data) continue;
        message *m = take(p->hub, r, p->ranks.rank, a->channel, a->from[r].number);
        if (m && m->bytes != a->from[r].piece.bytes) {
            *other = r;
            free(m);
            free(a);
            return TAD_DISAGREE;
        }
        if (m) memcpy(a->from[r].piece.data, m->data, m->bytes);
        if (m) a->from[r].piece.data = NULL;
        if (!m) *done = false, *other = r;
        free(m);
    }
    if (*done) free(a);
    return TAD_OK;
}

static void abandon(void *user, void *request) {
    (void)user;
    free(request);
}

static void *run(void *argument) {
    place *p = argument;
    p->f(&p->ranks, p->user);
    return NULL;
}

size_t run_ranks(int size, rank_fn *f, void *user) {
    hub h = {.last = &h.first};
    place *at = calloc((size_t)size, sizeof *at);
    pthread_t thread[MOST_RANKS];
    ck_assert_int_le(size, MOST_RANKS);
    pthread_mutex_init(&h.lock, NULL);
    for (int r = 0; r < size; r++) {
        at[r].hub = &h;
        at[r].f = f;
        at[r].user = user;
        at[r].ranks = (tad_ranks){r, size, &at[r], resize, start, test, abandon};
        ck_assert_int_eq(pthread_create(&thread[r], NULL, run, &at[r]), 0);
    }
    for (int r = 0; r < size; r++) pthread_join(thread[r], NULL);
    for (int r = 0; r < size; r++) ck_assert_int_eq(at[r].blocks, 0);
    for (message *m = h.first, *next; m; m = next) {
        next = m->next;
        free(m);
    }
    pthread_mutex_destroy(&h.lock);
    free(at);
    return h.sent;
}
