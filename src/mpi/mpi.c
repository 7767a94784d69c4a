/* Exchanges by MPI: a message for each piece, none of which is waited for here. Rests on the public
 * headers and MPI. */
#define _POSIX_C_SOURCE 200809L
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include <tad/mpi.h>

/* MPI counts in int. */
enum { MOST_BYTES = 1 << 30 };

/* A message under way; of one that is sent, `rank` is -1. */
typedef struct message {
    MPI_Request request;
    int rank, bytes;
} message;

typedef struct exchange {
    size_t count;
    message of[];
} exchange;

/* Memory that a message may still write or read. It can be found, so that no tool calls it lost. */
typedef struct memory {
    struct memory *next;
    size_t pad; /* what follows is aligned as malloc's */
} memory;
static memory *left_behind;

typedef struct transport {
    struct transport *next; /* of those that were not opened in time: MPI may still write to them */
    MPI_Comm comm;
    MPI_Request *lost; /* of messages that were abandoned and are not over */
    size_t n_lost;
} transport;
static transport *never_opened;

/* ---- memory ---- */

/* Whether no message that was abandoned is still under way. */
static bool all_is_over(transport *t) {
    int flag = 1;
    while (t->n_lost && flag) {
        MPI_Request *last = &t->lost[t->n_lost - 1];
        if (MPI_Test(last, &flag, MPI_STATUS_IGNORE) != MPI_SUCCESS) flag = 1;
        if (flag) t->n_lost--;
    }
    return t->n_lost == 0;
}

static void *resize(void *user, void *old, size_t bytes) {
    memory *m = old ? (memory *)old - 1 : NULL;
    if (bytes) {
        m = bytes <= PTRDIFF_MAX - sizeof *m ? realloc(m, sizeof *m + bytes) : NULL;
        return m ? m + 1 : NULL;
    }
    if (!m || all_is_over(user)) {
        free(m);
    } else {
        m->next = left_behind;
        left_behind = m;
    }
    return NULL;
}

/* ---- exchanging ---- */

/* Adds the messages of a piece; MPI counts in int, so a large one is several. */
static bool post(transport *t, exchange *e, tad_piece piece, int rank, int channel, bool sends) {
    unsigned char *data = piece.data;
    for (size_t left = piece.bytes; left > 0;) {
        const int bytes = left < MOST_BYTES ? (int)left : MOST_BYTES;
        message *m = &e->of[e->count];
        *m = (message){MPI_REQUEST_NULL, sends ? -1 : rank, bytes};
        const int result =
            sends ? MPI_Isend(data, bytes, MPI_BYTE, rank, channel, t->comm, &m->request)
                  : MPI_Irecv(data, bytes, MPI_BYTE, rank, channel, t->comm, &m->request);
        if (result != MPI_SUCCESS) return false;
        e->count++;
        data += bytes;
        left -= (size_t)bytes;
    }
    return true;
}

static size_t messages(size_t bytes) { return bytes / MOST_BYTES + 1; }

/* What is not over is no longer waited for. A receive can be taken back, a message that was sent
 * cannot. Without memory to remember them by, the messages stay where they are. */
static void abandon(void *user, void *request) {
    transport *t = user;
    exchange *e = request;
    MPI_Request *grown = realloc(t->lost, (t->n_lost + e->count + 1) * sizeof *grown);
    if (grown) t->lost = grown;
    for (size_t i = 0; i < e->count; i++) {
        int flag = 1;
        message *m = &e->of[i];
        if (m->request == MPI_REQUEST_NULL) continue;
        if (m->rank >= 0) MPI_Cancel(&m->request);
        if (MPI_Test(&m->request, &flag, MPI_STATUS_IGNORE) == MPI_SUCCESS && !flag && grown)
            t->lost[t->n_lost++] = m->request;
    }
    if (grown) free(e);
}

static tad_status start(void *user, const tad_exchange *what, void **request) {
    transport *t = user;
    int rank, size;
    size_t count = 0;
    MPI_Comm_rank(t->comm, &rank);
    MPI_Comm_size(t->comm, &size);
    for (int r = 0; r < size; r++)
        count += messages(what->send[r].bytes) + messages(what->receive[r].bytes);
    exchange *e = malloc(sizeof *e + count * sizeof *e->of);
    if (!e) return TAD_NO_MEMORY;
    e->count = 0;
    bool good = true;
    for (int r = 0; r < size && good; r++)
        good = r == rank || post(t, e, what->receive[r], r, what->channel, false);
    for (int k = 1; k < size && good; k++) { /* not all to the same one first */
        const int r = (rank + k) % size;
        good = post(t, e, what->send[r], r, what->channel, true);
    }
    *request = e;
    if (!good) abandon(t, e);
    return good ? TAD_OK : TAD_IO;
}

/* Whether a message is over, and what it was. */
static tad_status test_one(message *m, bool *done) {
    MPI_Status status;
    int flag = 0, bytes = m->bytes, class = MPI_SUCCESS;
    const int result = MPI_Test(&m->request, &flag, &status);
    if (result != MPI_SUCCESS) {
        MPI_Error_class(result, &class);
        m->request = MPI_REQUEST_NULL;
        return class == MPI_ERR_TRUNCATE ? TAD_DISAGREE : TAD_IO;
    }
    if (flag && m->rank >= 0) MPI_Get_count(&status, MPI_BYTE, &bytes);
    *done = flag;
    return bytes == m->bytes ? TAD_OK : TAD_DISAGREE;
}

static tad_status test(void *user, void *request, bool *done, int *other) {
    exchange *e = request;
    tad_status s = TAD_OK;
    *done = true;
    for (size_t i = 0; i < e->count && s == TAD_OK; i++) {
        bool over = true;
        if (e->of[i].request != MPI_REQUEST_NULL) s = test_one(&e->of[i], &over);
        if (over && s == TAD_OK) continue;
        *done = false;
        if (e->of[i].rank >= 0) *other = e->of[i].rank;
    }
    if (s != TAD_OK)
        abandon(user, e);
    else if (*done)
        free(e);
    return s;
}

/* ---- opening and closing ---- */

/* A copy, so that our messages meet none of the caller's. */
static tad_status copy_within(MPI_Comm comm, double patience, MPI_Comm *copy) {
    MPI_Request request;
    int flag = 0;
    if (MPI_Comm_idup(comm, copy, &request) != MPI_SUCCESS) return TAD_IO;
    const double end = MPI_Wtime() + (patience > 0 ? patience : 600);
    while (!flag) {
        if (MPI_Test(&request, &flag, MPI_STATUS_IGNORE) != MPI_SUCCESS) return TAD_IO;
        if (!flag && MPI_Wtime() > end) return TAD_TIMEOUT;
        sched_yield();
    }
    return MPI_Comm_set_errhandler(*copy, MPI_ERRORS_RETURN) == MPI_SUCCESS ? TAD_OK : TAD_IO;
}

tad_status tad_mpi_open(MPI_Comm comm, double patience, tad_ranks *out) {
    int begun = 0, ended = 0;
    if (!out || !(patience >= 0)) return TAD_BAD_ARGUMENT;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (!begun || ended) return TAD_UNSUPPORTED;
    if (comm == MPI_COMM_NULL) return TAD_BAD_ARGUMENT;
    transport *t = calloc(1, sizeof *t);
    const tad_status s = t ? copy_within(comm, patience, &t->comm) : TAD_NO_MEMORY;
    if (s == TAD_TIMEOUT) {
        t->next = never_opened;
        never_opened = t;
    } else if (s != TAD_OK) {
        free(t);
    }
    if (s != TAD_OK) return s;
    *out =
        (tad_ranks){.user = t, .resize = resize, .start = start, .test = test, .abandon = abandon};
    MPI_Comm_rank(t->comm, &out->rank);
    MPI_Comm_size(t->comm, &out->size);
    return TAD_OK;
}

void tad_mpi_close(tad_ranks *ranks) {
    transport *t = ranks ? ranks->user : NULL;
    if (!t) return;
    if (all_is_over(t)) {
        MPI_Comm_free(&t->comm);
        free(t->lost);
        free(t);
    }
    *ranks = (tad_ranks){0};
}
