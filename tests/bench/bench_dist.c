/* Training steps of a wide net over two ranks beside one rank with one and with two threads, all
 * for the same two shards; what an exchange takes; what is sent, and when.
 *
 *     mpirun -n 2 bench_dist [--rounds N] [--timeline FILE.svg]
 *
 * The three take turns, the rank that is not needed asleep. Times are the wall's. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include <tad/mpi.h>
#include <tad/tad.h>

#include "bench.h"

enum { FEATURES = 784, HIDDEN = 512, CLASSES = 10, BATCH = 128, SHARDS = 2, STEPS = 10 };
enum { MOST_EVENTS = 4096, MOST_LANES = 40 };

/* ---- a step ---- */

typedef struct trainer {
    tad_tape *tape;
    tad_net *net;
    tad_dist *dist;
    tad_optim *optim;
    tad_mark mark;
    const float *x;
    const int64_t *labels;
    double loss;
} trainer;

static tad_shard_loss shard_loss(tad_tape *t, int64_t shard, double *sums, void *user) {
    const trainer *tr = user;
    const int64_t n = BATCH / SHARDS, first = n * shard;
    (void)sums;
    const tad_var x = tad_borrow(t, TAD_F32, TAD_SHAPE(n, FEATURES), tr->x + first * FEATURES);
    const tad_var labels = tad_constant(t, TAD_I64, TAD_SHAPE(n), tr->labels + first);
    return (tad_shard_loss){tad_cross_entropy(tad_net_apply(tr->net, x), labels, NULL), 1};
}

static void train_step(trainer *t) {
    tad_dist_result result = {0};
    if (tad_dist_gradients(t->dist, shard_loss, t, &result) != TAD_OK ||
        tad_dist_step(t->dist, t->optim) != TAD_OK)
        bench_fail("dist", tad_message(t->tape));
    t->loss = result.loss;
}

static void make_trainer(trainer *t, const tad_ranks *ranks, int threads,
                         const tad_dist_options *given) {
    const int64_t sizes[] = {FEATURES, HIDDEN, HIDDEN, CLASSES};
    tad_dist_options o = *given;
    o.shards = SHARDS;
    t->tape = tad_tape_new(&(tad_settings){.threads = threads, .seed = 1});
    t->net = tad_mlp(t->tape, sizes, 4, &(tad_mlp_options){.dtype = TAD_F32});
    t->dist = tad_dist_new(t->tape, ranks, tad_net_params(t->net), &o);
    t->optim = tad_adam(tad_dist_params(t->dist), 0.001, NULL);
    if (tad_tape_status(t->tape) != TAD_OK) bench_fail("dist", tad_message(t->tape));
}

static void free_trainer(trainer *t) {
    tad_dist_free(t->dist);
    tad_tape_free(t->tape);
}

/* ---- ranks that take turns ---- */

static void sleep_a_little(void) { nanosleep(&(struct timespec){0, 100000}, NULL); }

/* All come here; who is early sleeps, so that the processor is the others'. */
static void meet(void) {
    MPI_Request request;
    int done = 0;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    for (MPI_Test(&request, &done, MPI_STATUS_IGNORE); !done;
         MPI_Test(&request, &done, MPI_STATUS_IGNORE))
        sleep_a_little();
}

/* Milliseconds a step; `takes_part`: whether this rank has one. */
static double time_steps(trainer *t, bool takes_part) {
    meet();
    const double begin = bench_now();
    for (int i = 0; takes_part && i < STEPS; i++) train_step(t);
    const double took = (bench_now() - begin) * 1e3 / STEPS;
    meet();
    return took;
}

/* ---- what is sent ---- */

static size_t sent;
static tad_status (*start_of_mpi)(void *user, const tad_exchange *what, void **request);
static int own_rank, n_ranks;

static tad_status count(void *user, const tad_exchange *what, void **request) {
    for (int r = 0; r < n_ranks; r++)
        if (r != own_rank) sent += what->send[r].bytes;
    return start_of_mpi(user, what, request);
}

/* Seconds of one exchange of so many bytes each way. */
static double time_exchange(const tad_ranks *ranks, size_t bytes, int times) {
    tad_piece send[64] = {{0}}, receive[64] = {{0}};
    unsigned char *memory = ranks->resize(ranks->user, NULL, 2 * bytes * 64);
    memset(memory, 0, 2 * bytes * 64);
    for (int r = 0; r < ranks->size && r < 64; r++) {
        send[r] = (tad_piece){memory + 2 * (size_t)r * bytes, bytes};
        receive[r] = (tad_piece){memory + (2 * (size_t)r + 1) * bytes, bytes};
    }
    MPI_Barrier(MPI_COMM_WORLD);
    const double begin = bench_now();
    for (int i = 0; i < times; i++) {
        const tad_exchange e = {32767, send, receive};
        void *request;
        bool done = false;
        int other;
        if (ranks->start(ranks->user, &e, &request) != TAD_OK) bench_fail("dist", "start");
        while (!done)
            if (ranks->test(ranks->user, request, &done, &other) != TAD_OK)
                bench_fail("dist", "test");
    }
    const double took = (bench_now() - begin) / times;
    ranks->resize(ranks->user, memory, 0);
    return took;
}

static void report_exchange(const tad_ranks *ranks) {
    const double small = time_exchange(ranks, 8, 2000), large = time_exchange(ranks, 4 << 20, 20);
    if (ranks->rank == 0)
        printf("exchange of %d ranks: %.2f us for 8 bytes, %.2f GB/s for 4 MiB each way\n",
               ranks->size, small * 1e6, (4 << 20) / large / 1e9);
}

/* ---- the timeline ---- */

typedef struct event {
    char what[8];
    int bucket;
    double begin, end;
} event;

typedef struct timeline {
    event of[MOST_EVENTS];
    size_t n;
    double begun;
} timeline;

static void note(void *user, const char *what, int bucket, bool begins) {
    timeline *t = user;
    const double now = bench_now() - t->begun;
    if (begins && t->n < MOST_EVENTS) {
        event *e = &t->of[t->n++];
        *e = (event){"", bucket, now, now};
        snprintf(e->what, sizeof e->what, "%s", what);
        return;
    }
    for (size_t k = t->n; !begins && k-- > 0;)
        if (t->of[k].bucket == bucket && !strcmp(t->of[k].what, what)) {
            t->of[k].end = now;
            return;
        }
}

static int lane_of(const event *e) {
    return !strcmp(e->what, "sweep") ? 0 : !strcmp(e->what, "report") ? 1 : 2 + e->bucket;
}

static const char *colour_of(const event *e) {
    return !strcmp(e->what, "sweep")   ? "#4c78a8"
           : !strcmp(e->what, "sum")   ? "#f58518"
           : !strcmp(e->what, "share") ? "#54a24b"
                                       : "#9d9da1";
}

static void draw(const timeline *t, const char *path) {
    FILE *f = fopen(path, "w");
    double last = 0;
    int lanes = 2;
    if (!f) bench_fail("dist", "the picture cannot be written");
    for (size_t k = 0; k < t->n; k++) {
        last = fmax(last, t->of[k].end);
        if (lane_of(&t->of[k]) >= lanes) lanes = lane_of(&t->of[k]) + 1;
    }
    const double scale = 760 / last, height = 26;
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"%g\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" "
            "fill=\"white\"/>\n",
            60 + lanes * height);
    for (int lane = 0; lane < lanes; lane++) {
        char name[40];
        snprintf(name, sizeof name,
                 lane == 0   ? "sweep"
                 : lane == 1 ? "report"
                             : "bucket %d",
                 lane - 2);
        fprintf(f, "<text x=\"10\" y=\"%g\">%s</text>\n", 30 + lane * height, name);
    }
    for (size_t k = 0; k < t->n; k++) {
        const event *e = &t->of[k];
        fprintf(f, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"18\" fill=\"%s\"/>\n",
                110 + e->begin * scale, 16 + lane_of(e) * height,
                fmax((e->end - e->begin) * scale, 1), colour_of(e));
    }
    fprintf(f,
            "<text x=\"110\" y=\"%g\">0</text><text x=\"820\" y=\"%g\">%.1f ms</text>\n"
            "<text x=\"300\" y=\"%g\">blue: sweep; orange: pieces to be summed; green: sums "
            "shared</text>\n</svg>\n",
            44 + lanes * height, 44 + lanes * height, last * 1e3, 44 + lanes * height);
    if (fclose(f) != 0) bench_fail("dist", "the picture cannot be written");
}

/* ---- all together ---- */

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *of, int n) {
    qsort(of, (size_t)n, sizeof *of, by_size);
    return of[n / 2];
}

static void compare(trainer *one, trainer *two, trainer *both, int rank, int rounds) {
    double ms[3][BENCH_MAX_ROUNDS], threads[BENCH_MAX_ROUNDS], ranks[BENCH_MAX_ROUNDS];
    for (int i = -1; i < rounds; i++) { /* the first is not counted */
        const double a = time_steps(one, rank == 0), b = time_steps(two, rank == 0),
                     c = time_steps(both, true);
        if (i < 0) continue;
        ms[0][i] = a, ms[1][i] = b, ms[2][i] = c;
        threads[i] = a / b, ranks[i] = a / c;
    }
    if (rank != 0) return;
    printf("bench wide_adam one rank, one thread %.2f ms\n", median(ms[0], rounds));
    printf("bench wide_adam one rank, two threads %.2f ms\n", median(ms[1], rounds));
    printf("bench wide_adam two ranks %.2f ms\n", median(ms[2], rounds));
    const double by_threads = median(threads, rounds), by_ranks = median(ranks, rounds);
    printf("two threads %.2f times as fast as one, two ranks %.2f times\n", by_threads, by_ranks);
    bench_at_least("dist_2_ranks_vs_2_threads", by_ranks / by_threads, 0.9);
}

static void report_bytes(trainer *t, const tad_ranks *ranks) {
    const double elements = (double)tad_dict_elements(tad_net_params(t->net)),
                 bound = 2 * (ranks->size - 1.0) / ranks->size * 4 * elements;
    sent = 0;
    for (int i = 0; i < STEPS; i++) train_step(t);
    if (ranks->rank == 0)
        bench_at_most("dist_bytes_vs_lower_bound", (double)sent / STEPS / bound, 1.05);
}

int main(int argc, char **argv) {
    static float x[BATCH * FEATURES];
    static int64_t labels[BATCH];
    static timeline events;
    const char *picture = NULL;
    long rounds = 15;
    unsigned long long seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--rounds")) rounds = bench_number(argv[i + 1], 1, BENCH_MAX_ROUNDS);
        if (!strcmp(argv[i], "--timeline")) picture = argv[i + 1];
    }
    for (int i = 0; i < BATCH * FEATURES; i++) x[i] = (float)bench_random(&seed);
    for (int i = 0; i < BATCH; i++) labels[i] = i % CLASSES;
    MPI_Init(&argc, &argv);
    tad_ranks ranks, alone = tad_ranks_alone();
    if (tad_mpi_open(MPI_COMM_WORLD, 60, &ranks) != TAD_OK) bench_fail("dist", "no ranks");
    if (ranks.size != 2 || rounds < 1)
        bench_fail("dist", "usage: mpirun -n 2 bench_dist [--rounds N] [--timeline FILE.svg]");
    own_rank = ranks.rank;
    n_ranks = ranks.size;
    start_of_mpi = ranks.start;
    ranks.start = count;
    report_exchange(&ranks);

    const tad_dist_options plain = {0},
                           small = {.bucket = 256 << 10, .watch = note, .watcher = &events};
    trainer one = {.x = x, .labels = labels}, two = one, both = one, watched = one;
    make_trainer(&one, &alone, 1, &plain);
    make_trainer(&two, &alone, 2, &plain);
    make_trainer(&both, &ranks, 1, &plain);
    compare(&one, &two, &both, ranks.rank, (int)rounds);
    if (ranks.rank == 0 && !(one.loss == two.loss && one.loss == both.loss))
        bench_fail("dist", "losses differ");
    report_bytes(&both, &ranks);
    make_trainer(&watched, &ranks, 1, &small);
    for (int i = 0; i < 3; i++) {
        MPI_Barrier(MPI_COMM_WORLD);
        events.n = 0;
        events.begun = bench_now();
        train_step(&watched);
    }
    if (picture && ranks.rank == 0) draw(&events, picture);
    free_trainer(&one);
    free_trainer(&two);
    free_trainer(&both);
    free_trainer(&watched);
    tad_mpi_close(&ranks);
    MPI_Finalize();
    return 0;
}
