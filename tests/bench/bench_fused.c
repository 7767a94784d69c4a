/* Ten elementwise ops in a chain on 1024x1024 float32, value and gradient: frozen, that compiled,
 * on the tape, and as one loop by hand. `ten` ends there, `ten_mean` in the mean of
 * it, `ten_rows` in that of each row.
 *
 *   bench_fused [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <math.h>

#include <tad/compile.h>
#include <tad/tad.h>

#include "hand_memory.h"

static const char *const names[] = {"ten", "ten_mean", "ten_rows", NULL};
enum { TEN, TEN_MEAN, TEN_ROWS, WORKS };

typedef struct job {
    int work;
    tad_tape *tape;
    tad_var x, c;
    tad_mark mark;
    tad_program *program;
    tad_workspace *workspace;
    hand_buffers *hand;
    float *y, *dx; /* of the program */
} job;

enum { PROGRAM, COMPILED, TAPE, HAND, CANDIDATES };

/* ---- the ops, as in hand_memory.c ---- */

static tad_var ten(tad_var x, tad_var c) {
    tad_var b = tad_add(tad_mul(x, c), tad_number(0.5));
    tad_var u = tad_mul(tad_add(tad_square(b), x), tad_number(0.25));
    return tad_neg(tad_sub(tad_sqrt(tad_add(tad_relu(u), tad_number(1))), c));
}

static tad_var record(const job *j, tad_var *cotangent) {
    const tad_var y = ten(j->x, j->c);
    *cotangent = j->work == TEN ? j->c : tad_none();
    if (j->work == TEN_ROWS) *cotangent = tad_full(j->tape, TAD_F32, TAD_SHAPE(ROWS), 1);
    return j->work == TEN ? y : tad_mean(y, j->work == TEN_MEAN ? tad_all() : tad_axis(1));
}

/* ---- running ---- */

static void run_program(void *arg) {
    job *j = arg;
    if (tad_run(j->workspace) != TAD_OK)
        bench_fail(names[j->work], tad_workspace_message(j->workspace));
}

static void run_tape(void *arg) {
    job *j = arg;
    tad_var cotangent, y = record(j, &cotangent);
    if (tad_reverse_from(&y, &cotangent, 1) != TAD_OK)
        bench_fail(names[j->work], tad_message(j->tape));
    (void)tad_tape_rewind(j->tape, j->mark);
}

static void run_hand(void *arg) {
    static void (*const by_hand[])(hand_buffers *) = {hand_ten, hand_ten_mean, hand_ten_rows};
    const job *j = arg;
    by_hand[j->work](j->hand);
}

/* ---- making, checking ---- */

/* As a user would for this machine. */
static void compile(job *j) {
    static const char *const command[] = {"cc", "-O3", "-march=native", "-mprefer-vector-width=512",
                                          NULL};
    char message[300] = "";
    const tad_compile_options o = {
        .command = command, .message = message, .message_size = sizeof message};
    if (tad_program_compile(j->program, &o) != TAD_OK) bench_fail("compile", message);
}

static void bind(job *j, tad_shape of_y) {
    const tad_shape matrix = TAD_SHAPE(ROWS, COLUMNS);
    if (tad_bind_in(j->workspace, 0, TAD_F32, matrix, j->hand->x) != TAD_OK ||
        tad_bind_in(j->workspace, 1, TAD_F32, matrix, j->hand->g) != TAD_OK ||
        tad_bind_out(j->workspace, 0, TAD_F32, of_y, j->y) != TAD_OK ||
        tad_bind_out(j->workspace, 1, TAD_F32, matrix, j->dx) != TAD_OK)
        bench_fail("bind", tad_workspace_message(j->workspace));
}

static void make(job *j, int work, bool compiled, hand_buffers *hand) {
    const tad_shape matrix = TAD_SHAPE(ROWS, COLUMNS);
    *j = (job){.work = work,
               .tape = tad_tape_new(NULL),
               .hand = hand,
               .y = bench_floats(ELEMENTS, 3),
               .dx = bench_floats(ELEMENTS, 4)};
    j->x = tad_input_borrow(j->tape, TAD_F32, matrix, j->hand->x);
    j->c = tad_borrow(j->tape, TAD_F32, matrix, j->hand->g);
    j->mark = tad_tape_mark(j->tape);
    tad_var out[2], cotangent;
    out[0] = record(j, &cotangent);
    if (tad_grad(out, &cotangent, 1, &j->x, 1, out + 1) != TAD_OK ||
        tad_freeze((tad_var[]){j->x, j->c}, 2, out, 2, NULL, &j->program) != TAD_OK)
        bench_fail("freeze", tad_message(j->tape));
    if (compiled) compile(j);
    j->workspace = tad_workspace_new(j->program);
    bind(j, tad_shape_of(out[0]));
    (void)tad_tape_rewind(j->tape, j->mark);
}

static void compare(const char *name, const float *got, const float *right, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(got[i] - right[i]) <= 1e-4f * (1 + fabsf(right[i]))))
            bench_fail(name, "differs from the loop by hand");
}

static void check(job *j) {
    run_program(j);
    run_hand(j);
    compare(names[j->work], j->dx, j->hand->dx, ELEMENTS);
    if (j->work == TEN_MEAN)
        compare(names[j->work], j->y, &j->hand->result, 1);
    else
        compare(names[j->work], j->y, j->hand->y, j->work == TEN ? ELEMENTS : ROWS);
}

static void finish(job *j) {
    tad_workspace_free(j->workspace);
    tad_program_free(j->program);
    tad_tape_free(j->tape);
    free(j->y);
    free(j->dx);
}

static void report(int work, const bench_case *cases) {
    static const char *const what[] = {"tad", "compiled", "tape", "hand"};
    char line[64];
    for (int c = 0; c < CANDIDATES; c++) {
        snprintf(line, sizeof line, "%s_%s", names[work], what[c]);
        bench_print(line, &cases[c], 1e6, "us", &cases[HAND], "hand");
    }
    for (int c = PROGRAM; c <= COMPILED; c++) {
        snprintf(line, sizeof line, "%s_%s_vs_hand", names[work], c ? "compiled" : "program");
        bench_at_most(line, 1 / bench_ratio(&cases[c], &cases[HAND]), 1.2);
    }
}

static void measure(int work, hand_buffers *hand, const bench_options *options) {
    static void (*const run[])(void *) = {run_program, run_program, run_tape, run_hand};
    static bench_case cases[CANDIDATES];
    job plain, compiled;
    make(&plain, work, false, hand);
    make(&compiled, work, true, hand);
    check(&plain);
    check(&compiled);
    for (int c = 0; c < CANDIDATES; c++)
        cases[c] = (bench_case){.run = run[c], .arg = c == COMPILED ? &compiled : &plain};
    bench_measure(cases, CANDIDATES, options);
    report(work, cases);
    finish(&plain);
    finish(&compiled);
}

int main(int argc, char **argv) {
    bench_options options = bench_arguments(argc, argv, names);
    hand_buffers hand = {.x = bench_floats(ELEMENTS, 1),
                         .g = bench_floats(ELEMENTS, 2),
                         .y = bench_floats(ELEMENTS, 5),
                         .dx = bench_floats(ELEMENTS, 6)};
    for (int work = 0; work < WORKS; work++)
        if (bench_wanted(&options, names[work])) measure(work, &hand, &options);
    return 0;
}
