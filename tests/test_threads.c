/* Threads: every kind of kernel gives the same bits for any number of them, and the right numbers
 * on arrays large enough to be cut into pieces; the same in programs; trainings; tapes that run
 * side by side; the setting. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "support.h"

/* ---- every kind of kernel ---- */

/* Rows and columns of the large operands: more than two pieces, no multiple of anything. */
enum { ROWS = 301, COLS = 203, DEEP = 67, NUMBERS = ROWS * COLS, OPERANDS = 5 };
static const tad_shape shapes[OPERANDS] = {
    {2, {ROWS, COLS}}, {2, {ROWS, COLS}}, {1, {COLS}}, {2, {ROWS, 1}}, {2, {COLS, DEEP}}};
enum { A, B, ROW, COLUMN, WEIGHT };

typedef struct problem {
    tad_tape *t;
    tad_var in[OPERANDS], labels, mask; /* labels: a column of each row */
} problem;

typedef tad_var build(const problem *p);

#define OVER(...) TAD_AXES(__VA_ARGS__)
#define KEPT(...) tad_keepdims(TAD_AXES(__VA_ARGS__))
#define IN(k) p->in[k]
/* IN(k) + 2, in the order of its columns */
#define TURNED(k)                                                                                  \
    tad_reshape(tad_transpose(tad_add(IN(k), tad_number(2)), 0, 1), TAD_SHAPE(COLS, ROWS))
#define SEVENS(k) tad_reshape(IN(k), TAD_SHAPE(-1, 7)) /* many rows */
#define LABELS_IN_ROWS                                                                             \
    tad_broadcast_to(tad_reshape(p->labels, TAD_SHAPE(ROWS, 1)), TAD_SHAPE(ROWS, COLS))
#define CASE(name, value)                                                                          \
    static tad_var name(const problem *p) { return value; }
#define EACH_CASE(F)                                                                               \
    F(runs, tad_tanh(tad_mul(IN(A), IN(B))))                                                       \
    F(number, tad_div(tad_number(2), tad_add(tad_sigmoid(IN(A)), tad_number(1))))                  \
    F(three_operands, tad_fma(IN(A), IN(B), IN(A)))                                                \
    F(beside_row, tad_mul(IN(A), tad_sin(IN(ROW))))                                                \
    F(beside_column, tad_sub(tad_div(IN(A), tad_exp(IN(COLUMN))), IN(COLUMN)))                     \
    F(outer_broadcast, tad_mul(IN(COLUMN), IN(ROW)))                                               \
    F(plus_row, tad_relu(tad_add(IN(A), IN(ROW))))                                                 \
    F(strided, tad_mul(tad_transpose(IN(A), 0, 1), tad_transpose(tad_exp(IN(B)), 0, 1)))           \
    F(sum_all, tad_sum(IN(A), tad_all()))                                                          \
    F(sum_rows, tad_sum(IN(A), OVER(1)))                                                           \
    F(sum_columns, tad_sum(IN(A), OVER(0)))                                                        \
    F(sum_middle, tad_sum(tad_reshape(IN(A), TAD_SHAPE(7, 43, COLS)), OVER(1)))                    \
    F(sum_outer_two, tad_sum(tad_reshape(IN(A), TAD_SHAPE(7, 43, COLS)), OVER(0, 2)))              \
    F(sum_strided, tad_sum(tad_transpose(IN(A), 0, 1), OVER(0)))                                   \
    F(sum_narrow, tad_sum(tad_reshape(IN(A), TAD_SHAPE(-1, 7)), OVER(0)))                          \
    F(sum_short_rows, tad_sum(tad_reshape(IN(A), TAD_SHAPE(-1, 7)), OVER(1)))                      \
    F(mean, tad_mean(IN(A), OVER(0)))                                                              \
    F(mean_of_runs, tad_mean(tad_mul(tad_exp(IN(A)), tad_neg(IN(B))), tad_all()))                  \
    F(mean_beside_row, tad_mean(tad_mul(tad_exp(IN(A)), IN(ROW)), OVER(1)))                        \
    F(sum_to, tad_sum_to(IN(A), TAD_SHAPE(ROWS, 1)))                                               \
    F(amax_rows, tad_amax(IN(A), OVER(1)))                                                         \
    F(amin_columns, tad_amin(IN(A), OVER(0)))                                                      \
    F(amax_all, tad_amax(IN(A), tad_all()))                                                        \
    F(max_rows, tad_max(IN(A), tad_axis(1), NULL))                                                 \
    F(logsumexp_rows, tad_logsumexp(IN(A), OVER(1)))                                               \
    F(logsumexp_columns, tad_logsumexp(IN(A), OVER(0)))                                            \
    F(softmax_rows, tad_softmax(IN(A), 1))                                                         \
    F(softmax_columns, tad_softmax(IN(A), 0))                                                      \
    F(softmax_twice, tad_add(tad_softmax(IN(A), 1), tad_softmax(IN(A), 1)))                        \
    F(log_softmax, tad_log_softmax(IN(A), 1))                                                      \
    F(layer_norm, tad_layer_norm(IN(A), IN(ROW), IN(ROW), TAD_0D, 1e-5))                           \
    F(layer_norm_of_constant,                                                                      \
      tad_layer_norm(tad_cast(p->mask, tad_dtype_of(IN(A))), IN(ROW), tad_none(), TAD_0D, 1e-5))   \
    F(rms_norm, tad_rms_norm(IN(A), IN(ROW), TAD_0D, 1e-6))                                        \
    F(cross_entropy, tad_cross_entropy(IN(A), p->labels, NULL))                                    \
    F(cross_entropy_each,                                                                          \
      tad_cross_entropy(IN(A), p->labels, &(tad_cross_entropy_options){.reduction = TAD_EACH}))    \
    F(cross_entropy_shares, tad_cross_entropy(IN(A), tad_softmax(IN(B), 1), NULL))                 \
    F(nll, tad_nll_loss(IN(A), p->labels, NULL))                                                   \
    F(mse, tad_mse(IN(A), IN(B), TAD_MEAN))                                                        \
    F(huber_each, tad_huber(IN(A), IN(B), 1, TAD_EACH))                                            \
    F(bce_with_logits,                                                                             \
      tad_bce_with_logits(IN(A), tad_sigmoid(IN(B)), tad_none(), tad_none(), TAD_MEAN))            \
    F(product_nn, tad_matmul(IN(A), IN(WEIGHT)))                                                   \
    F(product_nt, tad_matmul(IN(A), tad_transpose(IN(B), 0, 1)))                                   \
    F(product_tn, tad_matmul(tad_transpose(IN(A), 0, 1), IN(B)))                                   \
    F(product_tt, tad_matmul(tad_transpose(IN(WEIGHT), 0, 1), tad_transpose(IN(A), 0, 1)))         \
    F(product_vector, tad_mv(IN(A), IN(ROW)))                                                      \
    F(product_outer, tad_outer(tad_reshape(IN(COLUMN), TAD_SHAPE(-1)), IN(ROW)))                   \
    F(layer, tad_affine(tad_transpose(IN(A), 0, 1), IN(B), IN(ROW)))                               \
    F(copied, tad_reshape(tad_transpose(IN(A), 0, 1), TAD_SHAPE(-1)))                              \
    F(concat, tad_concat((tad_var[]){IN(A), IN(B)}, 2, 1))                                         \
    F(slice, tad_slice(tad_slice(IN(A), 0, 3, TAD_END, 1), 1, 0, TAD_END, 2))                      \
    F(flip, tad_flip(IN(A), TAD_AXES(0, 1)))                                                       \
    F(broadcast, tad_broadcast_to(IN(ROW), TAD_SHAPE(ROWS, COLS)))                                 \
    F(picked, tad_index_select(IN(A), p->labels, 1))                                               \
    F(chosen, tad_where(p->mask, IN(A), IN(B)))                                                    \
    F(chosen_or_row, tad_where(p->mask, IN(A), IN(ROW)))                                           \
    F(chosen_or_number, tad_where(p->mask, tad_exp(IN(A)), tad_number(2)))                         \
    F(masked, tad_masked_fill(tad_exp(IN(A)), p->mask, 3))                                         \
    F(turned_operand, tad_div(tad_exp(IN(A)), tad_transpose(TURNED(B), 0, 1)))                     \
    F(compared,                                                                                    \
      tad_mul(IN(A), tad_cast(tad_greater(IN(A), tad_number(-0.1)), tad_dtype_of(IN(A)))))         \
    F(sum_all_strided, tad_sum(tad_transpose(IN(A), 0, 1), tad_all()))                             \
    F(largest_in_columns, tad_max(IN(A), tad_axis(0), NULL))                                       \
    F(smallest_in_middle,                                                                          \
      tad_min(tad_reshape(IN(A), TAD_SHAPE(7, 43, COLS)), tad_keepdims(tad_axis(1)), NULL))        \
    F(by_place, tad_gather(IN(A), tad_argmax(IN(B), KEPT(1)), 1))                                  \
    F(gathered, tad_gather(IN(A), LABELS_IN_ROWS, 1))                                              \
    F(scattered, tad_scatter_add(IN(A), LABELS_IN_ROWS, IN(B), 1))                                 \
    F(taken_down, tad_take_along_axis(IN(A), LABELS_IN_ROWS, tad_axis(0)))                         \
    F(embedded, tad_embedding(p->labels, IN(A)))                                                   \
    F(nll_of_many, tad_nll_loss(SEVENS(A), tad_argmax(SEVENS(B), OVER(1)), NULL))                  \
    F(nll_of_each, tad_nll_loss(SEVENS(A), tad_argmax(SEVENS(B), OVER(1)),                         \
                                &(tad_cross_entropy_options){.reduction = TAD_EACH}))
EACH_CASE(CASE)

#define ENTRY(name, value) {#name, name},
static const struct {
    const char *name;
    build *build;
} cases[] = {EACH_CASE(ENTRY)};
enum { CASES = sizeof cases / sizeof *cases };

/* Distinct numbers, so that extremes stay where they are when moved a little. */
static void fill(double *x, int64_t n, uint64_t seed) {
    tad_random r = {.seed = seed};
    for (int64_t i = 0; i < n; i++)
        x[i] = (double)(i * (int64_t)(7919 + 1000 * seed) % n) / (double)n - 0.6 +
               1e-6 * tad_random_uniform(&r);
}

/* On a new tape; step h along the directions `along`. */
static problem open_problem(int threads, tad_dtype dtype, double h, double *const *along) {
    problem p = {.t = tad_tape_new(&(tad_settings){.threads = threads})};
    double *x = malloc(NUMBERS * sizeof *x);
    int64_t label[ROWS];
    bool *mask = malloc(NUMBERS);
    for (int k = 0; k < OPERANDS; k++) {
        int64_t n = shapes[k].dim[0] * (shapes[k].rank > 1 ? shapes[k].dim[1] : 1);
        fill(x, n, (uint64_t)k);
        for (int64_t i = 0; i < n && along; i++) x[i] += h * along[k][i];
        p.in[k] = tad_constant_from(p.t, dtype, shapes[k], x);
        p.in[k] = tad_input(p.t, dtype, shapes[k], tad_data(p.in[k]));
    }
    for (int i = 0; i < ROWS; i++) label[i] = i * 31 % COLS;
    p.labels = tad_constant(p.t, TAD_I64, TAD_SHAPE(ROWS), label);
    for (int i = 0; i < NUMBERS; i++) mask[i] = i % 3 == 0;
    p.mask = tad_constant(p.t, TAD_BOOL, TAD_SHAPE(ROWS, COLS), mask);
    free(mask);
    free(x);
    return p;
}

/* A number that every element of y weighs in differently, and every piece of it. */
static tad_var weighed(tad_var y) {
    int64_t n = tad_size_of(y);
    double *w = malloc((size_t)n * sizeof *w);
    for (int64_t i = 0; i < n; i++) w[i] = cos(0.37 * (double)i);
    tad_var v = tad_constant_from(y.tape, tad_dtype_of(y), tad_shape_of(y), w);
    free(w);
    return tad_sum(tad_mul(tad_mul(y, y), v), tad_all());
}

/* What a case leaves: the gradients, its value, the weighed sum of that. */
enum { VALUE = OPERANDS, WEIGHED, RESULTS };
typedef struct result {
    double *x[RESULTS];
    size_t n[RESULTS];
} result;

static void keep(result *r, int i, tad_var v) {
    r->n[i] = (size_t)tad_size_of(v);
    r->x[i] = malloc((r->n[i] + 1) * sizeof **r->x);
    ck_done(tad_read(v, r->x[i], r->n[i]), v.tape);
}

static result solve(int c, int threads, tad_dtype dtype) {
    problem p = open_problem(threads, dtype, 0, NULL);
    result r;
    tad_var y = cases[c].build(&p);
    tad_var sum = weighed(y);
    ck_done(tad_reverse(sum), p.t);
    keep(&r, VALUE, y);
    keep(&r, WEIGHED, sum);
    for (int k = 0; k < OPERANDS; k++) keep(&r, k, tad_gradient(p.in[k]));
    tad_tape_free(p.t);
    return r;
}

static void forget(result *r) {
    for (int i = 0; i < RESULTS; i++) free(r->x[i]);
}

START_TEST(every_kernel_gives_the_same_bits) {
    static const int counts[] = {2, 3, 7};
    for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
        result one = solve(_i, 1, (tad_dtype)dtype);
        for (int k = 0; k < 3; k++) {
            result many = solve(_i, counts[k], (tad_dtype)dtype);
            for (int i = 0; i < RESULTS; i++)
                ck_assert_msg(memcmp(one.x[i], many.x[i], one.n[i] * sizeof(double)) == 0,
                              "%s: %s, %d threads, result %d", cases[_i].name,
                              tad_dtype_name((tad_dtype)dtype), counts[k], i);
            forget(&many);
        }
        forget(&one);
    }
}
END_TEST

static double loss_at(int c, double h, double *const *along) {
    problem p = open_problem(2, TAD_F64, h, along);
    double loss = tad_item(weighed(cases[c].build(&p)));
    ck_tape(p.t);
    tad_tape_free(p.t);
    return loss;
}

/* The slope along a random direction, from the gradients and from differences of the loss. */
START_TEST(every_kernel_is_right_in_pieces) {
    const double h = 1e-6;
    double *along[OPERANDS], slope = 0, size = 0;
    tad_random random = {.seed = 5};
    result r = solve(_i, 2, TAD_F64);
    for (int k = 0; k < OPERANDS; k++) {
        along[k] = malloc(r.n[k] * sizeof **along);
        for (size_t i = 0; i < r.n[k]; i++) {
            along[k][i] = tad_random_normal(&random);
            slope += along[k][i] * r.x[k][i];
            size += fabs(along[k][i] * r.x[k][i]);
        }
    }
    double up = loss_at(_i, h, along), down = loss_at(_i, -h, along),
           numeric = (up - down) / (2 * h);
    double noise = 1e-12 * (fabs(up) + fabs(down)) / h;
    ck_assert_msg(fabs(numeric - slope) <= 1e-6 * size + noise,
                  "%s: slope %g, by differences %g (sizes %g, %g)", cases[_i].name, slope, numeric,
                  size, noise);
    ck_assert(size > 0);
    for (int k = 0; k < OPERANDS; k++) free(along[k]);
    forget(&r);
}
END_TEST

/* ---- programs ---- */

/* A case's value, the weighed sum and its gradients, frozen for so many threads. */
static tad_program *frozen(int c, tad_dtype dtype, int threads) {
    problem p = open_problem(1, dtype, 0, NULL);
    tad_var out[RESULTS];
    out[VALUE] = cases[c].build(&p);
    out[WEIGHED] = weighed(out[VALUE]);
    tad_program *program = NULL;
    ck_done(tad_grad(&out[WEIGHED], NULL, 1, p.in, OPERANDS, out), p.t);
    ck_done(tad_freeze(p.in, OPERANDS, out, RESULTS,
                       &(tad_freeze_options){.threads = threads, .allow_constant_outputs = true},
                       &program),
            p.t);
    tad_tape_free(p.t);
    return program;
}

/* What it gives at another point than the recorded one. */
static void run_elsewhere(const tad_program *program, tad_dtype dtype, result *r) {
    double *along[OPERANDS];
    for (int k = 0; k < OPERANDS; k++) {
        along[k] = malloc(NUMBERS * sizeof **along);
        fill(along[k], NUMBERS, (uint64_t)k + 9);
    }
    problem p = open_problem(1, dtype, 0.25, along);
    tad_workspace *w = tad_workspace_new(program);
    for (size_t k = 0; k < OPERANDS; k++) {
        free(along[k]);
        ck_assert_int_eq(tad_bind_in(w, k, dtype, shapes[k], tad_data(p.in[k])), TAD_OK);
    }
    for (size_t k = 0; k < RESULTS; k++) {
        const tad_type type = tad_program_out_type(program, k);
        r->n[k] = tad_dtype_size(type.dtype);
        for (int i = 0; i < type.shape.rank; i++) r->n[k] *= (size_t)type.shape.dim[i];
        r->x[k] = malloc(r->n[k]);
        ck_assert_int_eq(tad_bind_out(w, k, type.dtype, type.shape, r->x[k]), TAD_OK);
    }
    for (int again = 0; again < 2; again++)
        ck_assert_msg(tad_run(w) == TAD_OK, "%s", tad_workspace_message(w));
    tad_workspace_free(w);
    tad_tape_free(p.t);
}

START_TEST(every_program_gives_the_same_bits) {
    static const int counts[] = {0, 2, 7};
    for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
        result one = {{NULL}, {0}};
        for (int k = 0; k < 3; k++) {
            tad_program *p = frozen(_i, (tad_dtype)dtype, counts[k]);
            result many;
            run_elsewhere(p, (tad_dtype)dtype, &many);
            for (int i = 0; i < RESULTS && k; i++)
                ck_assert_msg(memcmp(one.x[i], many.x[i], one.n[i]) == 0,
                              "%s: %s, %d threads, result %d", cases[_i].name,
                              tad_dtype_name((tad_dtype)dtype), counts[k], i);
            if (k)
                forget(&many);
            else
                one = many;
            tad_program_free(p);
        }
        forget(&one);
    }
}
END_TEST

/* Long groups of every kind of operand, in strips of many lengths. */
START_TEST(groups_give_the_same_bits_on_any_threads) {
    enum { MOST = 8 };
    static const int64_t lines[] = {1, 3, 200, 511, 512, 513, 4099, 100003};
    const int64_t line = lines[_i], n = 100003 / line;
    double *x = malloc((size_t)(n * line) * sizeof *x), *right = NULL;
    fill(x, n * line, 3);
    for (int threads = 0; threads < MOST; threads++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(n, line), x),
                b = tad_input(t, TAD_F64, TAD_SHAPE(line), x),
                c = tad_input(t, TAD_F64, TAD_SHAPE(n, 1), x), in[] = {a, b, c},
                y = tad_tanh(tad_add(tad_mul(a, b), tad_sub(tad_exp(c), tad_mul(a, c))));
        y = tad_fma(y, tad_number(0.3), tad_sin(tad_add(y, b)));
        tad_program *p = NULL;
        ck_done(tad_freeze(in, 3, &y, 1, &(tad_freeze_options){.threads = threads}, &p), t);
        ck_assert_uint_ge(tad_program_info_of(p).groups, 1);
        double *out = malloc((size_t)(n * line) * sizeof *out);
        tad_workspace *w = tad_workspace_new(p);
        for (size_t k = 0; k < 3; k++)
            ck_assert_int_eq(tad_bind_in(w, k, TAD_F64, tad_shape_of(in[k]), x), TAD_OK);
        ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, tad_shape_of(y), out), TAD_OK);
        ck_assert_int_eq(tad_run(w), TAD_OK);
        if (!right) ck_assert_mem_eq(out, tad_data(y), (size_t)(n * line) * sizeof *out);
        if (right) ck_assert_mem_eq(out, right, (size_t)(n * line) * sizeof *out);
        tad_workspace_free(w);
        tad_program_free(p);
        tad_tape_free(t);
        free(right);
        right = out;
    }
    free(right);
    free(x);
}
END_TEST

/* An op of which each piece waits for another one, for a while. */
static struct { atomic_int begun, met; } meeting;

static void meet(void *arg, size_t first, size_t end) {
    (void)arg, (void)first, (void)end;
    atomic_fetch_add(&meeting.begun, 1);
    const time_t begin = time(NULL);
    while (atomic_load(&meeting.begun) < 2 && time(NULL) < begin + 2) sched_yield();
    if (atomic_load(&meeting.begun) >= 2) atomic_fetch_add(&meeting.met, 1);
}

static tad_status meet_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, {.rank = 0}};
    return TAD_OK;
}

static tad_status meet_forward(const tad_call_frame *c) {
    *(double *)c->out[0]->data = *(const double *)c->in[0]->data;
    atomic_store(&meeting.begun, 0);
    atomic_store(&meeting.met, 0);
    tad_split(c, 2, 1, meet, NULL);
    return TAD_OK;
}

static const tad_op meeting_op = {.name = "meeting",
                                  .min_in = 1,
                                  .max_in = 1,
                                  .n_out = 1,
                                  .shape = meet_shape,
                                  .forward = meet_forward};

static int pieces_that_met(int threads, bool own_memory) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 3), y = tad_apply(&meeting_op, &x, 1, NULL, NULL, 0);
    tad_program *p = NULL;
    double in = 5, out = 0;
    ck_done(tad_freeze(&x, 1, &y, 1, &(tad_freeze_options){.threads = threads}, &p), t);
    tad_tape_free(t);
    const size_t size = tad_workspace_size(p);
    char *raw = malloc(size + 64), *memory = raw + 64 - (uintptr_t)raw % 64;
    tad_workspace *w = own_memory ? tad_workspace_in(p, memory, size) : tad_workspace_new(p);
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_0D, &in), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, &out), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert(out == 5);
    tad_workspace_free(w);
    tad_program_free(p);
    free(raw);
    return atomic_load(&meeting.met);
}

START_TEST(a_run_uses_its_threads) {
    ck_assert_int_eq(pieces_that_met(3, false), 2);
    ck_assert_int_eq(pieces_that_met(2, true), 2);
    ck_assert_int_eq(pieces_that_met(1, false), 1); /* the second sees the first */
}
END_TEST

START_TEST(programs_for_no_number_of_threads_are_refused) {
    static const int wrong[] = {-1, 257};
    for (int k = 0; k < 2; k++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_var x = tad_scalar(t, 1), y = tad_sin(x);
        tad_program *p = (tad_program *)t;
        ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, &(tad_freeze_options){.threads = wrong[k]}, &p),
                         TAD_BAD_ARGUMENT);
        ck_assert_ptr_null(p);
        ck_assert(strstr(tad_message(t), "to 256 are possible"));
        tad_tape_free(t);
    }
}
END_TEST

/* ---- updates ---- */

enum { SGD, ADAM, ADAMW, RMSPROP, OPTIMISERS };

static tad_optim *optimiser(int which, const tad_dict *params) {
    const tad_clip clip = {.norm = 0.5};
    tad_adam_options adam = tad_adam_defaults(), adamw = tad_adamw_defaults();
    tad_rmsprop_options rmsprop = tad_rmsprop_defaults();
    adam.clip = adamw.clip = rmsprop.clip = clip;
    rmsprop.momentum = 0.9;
    rmsprop.centered = true;
    switch (which) {
    case SGD: return tad_sgd(params, 0.001, &(tad_sgd_options){.momentum = 0.9, .clip = clip});
    case ADAM: return tad_adam(params, 0.001, &adam);
    case ADAMW: return tad_adamw(params, 0.001, &adamw);
    default: return tad_rmsprop(params, 0.01, &rmsprop);
    }
}

/* A parameter after three steps. */
static double *updated(int which, int threads, tad_dtype dtype) {
    problem p = open_problem(threads, dtype, 0, NULL);
    tad_dict *d = tad_dict_new(p.t);
    tad_var w = tad_param(p.t, dtype, shapes[A], tad_data(p.in[A]));
    tad_dict_add(d, "w", w);
    tad_optim *o = optimiser(which, d);
    for (int i = 0; i < 3; i++) {
        ck_done(tad_reverse(weighed(tad_mul(w, p.in[B]))), p.t);
        ck_done(tad_optim_step(o), p.t);
    }
    double *x = malloc(NUMBERS * sizeof *x);
    ck_done(tad_read(w, x, NUMBERS), p.t);
    tad_tape_free(p.t);
    return x;
}

START_TEST(updates_give_the_same_bits) {
    for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
        double *one = updated(_i, 1, (tad_dtype)dtype);
        for (int threads = 2; threads <= 7; threads += 5) {
            double *many = updated(_i, threads, (tad_dtype)dtype);
            ck_assert_msg(memcmp(one, many, NUMBERS * sizeof *one) == 0, "optimiser %d, %d threads",
                          _i, threads);
            free(many);
        }
        free(one);
    }
}
END_TEST

/* ---- trainings ---- */

enum { IN = 96, HIDDEN = 130, OUT = 10, BATCH = 160, STEPS = 3, PARAMS = 4, TAPES = 8 };

static const int64_t sizes[PARAMS] = {IN * HIDDEN, HIDDEN, HIDDEN *OUT, OUT};

/* What a training leaves: every parameter and the last loss. */
typedef struct outcome {
    int threads;
    uint64_t seed;
    double param[PARAMS][IN * HIDDEN], loss;
    tad_status status;
} outcome;

static tad_var random_array(tad_tape *t, tad_random *r, tad_dtype dtype, tad_shape shape, int64_t n,
                            bool param) {
    double *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = 0.1 * tad_random_normal(r);
    tad_var v = tad_constant_from(t, dtype, shape, x);
    free(x);
    return param ? tad_param(t, dtype, shape, tad_data(v)) : v;
}

/* Some steps of a small classifier, large enough for its products to be split. */
static void train(outcome *o) {
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = o->threads});
    tad_random r = {.seed = o->seed};
    tad_var x = random_array(t, &r, TAD_F32, TAD_SHAPE(BATCH, IN), BATCH * IN, false), p[PARAMS];
    int64_t labels[BATCH];
    for (int i = 0; i < BATCH; i++) labels[i] = (int64_t)tad_random_below(&r, OUT);
    p[0] = random_array(t, &r, TAD_F32, TAD_SHAPE(IN, HIDDEN), sizes[0], true);
    p[1] = random_array(t, &r, TAD_F32, TAD_SHAPE(HIDDEN), sizes[1], true);
    p[2] = random_array(t, &r, TAD_F32, TAD_SHAPE(HIDDEN, OUT), sizes[2], true);
    p[3] = random_array(t, &r, TAD_F32, TAD_SHAPE(OUT), sizes[3], true);
    tad_dict *d = tad_dict_new(t);
    const char *const names[PARAMS] = {"w1", "b1", "w2", "b2"};
    for (int i = 0; i < PARAMS; i++) tad_dict_add(d, names[i], p[i]);
    tad_optim *opt = tad_adam(d, 0.001, NULL);
    tad_mark start = tad_tape_mark(t);
    for (int i = 0; i < STEPS && o->status == TAD_OK; i++) {
        tad_var y = tad_borrow(t, TAD_I64, TAD_SHAPE(BATCH), labels);
        tad_var h = tad_tanh(tad_affine(x, p[0], p[1]));
        tad_var loss = tad_cross_entropy(tad_affine(h, p[2], p[3]), y, NULL);
        o->status = tad_reverse(loss);
        if (o->status == TAD_OK) o->status = tad_optim_step(opt);
        o->loss = tad_item(loss);
        if (o->status == TAD_OK) o->status = tad_tape_rewind(t, start);
    }
    for (int i = 0; i < PARAMS && o->status == TAD_OK; i++)
        o->status = tad_read(p[i], o->param[i], (size_t)sizes[i]);
    tad_tape_free(t);
}

static outcome *trained(int threads, uint64_t seed) {
    outcome *o = calloc(1, sizeof *o);
    o->threads = threads;
    o->seed = seed;
    train(o);
    ck_assert_int_eq(o->status, TAD_OK);
    return o;
}

static bool same_bits(const outcome *a, const outcome *b) {
    return memcmp(&a->loss, &b->loss, sizeof a->loss) == 0 &&
           memcmp(a->param, b->param, sizeof a->param) == 0;
}

START_TEST(any_number_gives_the_same_bits) {
    outcome *one = trained(1, 7), *other_seed = trained(1, 8);
    ck_assert(!same_bits(one, other_seed));
    for (int threads = 2; threads <= 4; threads++) {
        outcome *many = trained(threads, 7);
        ck_assert_msg(same_bits(one, many), "%d threads", threads);
        free(many);
    }
    free(one);
    free(other_seed);
}
END_TEST

static void *train_beside_others(void *o) {
    train(o);
    return NULL;
}

START_TEST(tapes_run_side_by_side) {
    pthread_t thread[TAPES];
    outcome *o = calloc(TAPES, sizeof *o);
    for (int i = 0; i < TAPES; i++) {
        o[i].threads = 1 + i % 2;
        o[i].seed = (uint64_t)i / 2;
        ck_assert_int_eq(pthread_create(&thread[i], NULL, train_beside_others, &o[i]), 0);
    }
    for (int i = 0; i < TAPES; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < TAPES; i++) {
        outcome *alone = trained(1, (uint64_t)i / 2);
        ck_assert_int_eq(o[i].status, TAD_OK);
        ck_assert_msg(same_bits(&o[i], alone), "tape %d", i);
        free(alone);
    }
    free(o);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("threads");
    TCase *kernels = support_case(s, "kernels");
    tcase_add_loop_test(kernels, every_kernel_gives_the_same_bits, 0, CASES);
    tcase_add_loop_test(kernels, every_kernel_is_right_in_pieces, 0, CASES);
    tcase_add_loop_test(kernels, updates_give_the_same_bits, 0, OPTIMISERS);
    TCase *programs = support_case(s, "programs");
    tcase_add_loop_test(programs, every_program_gives_the_same_bits, 0, CASES);
    tcase_add_loop_test(programs, groups_give_the_same_bits_on_any_threads, 0, 8);
    tcase_add_test(programs, a_run_uses_its_threads);
    tcase_add_test(programs, programs_for_no_number_of_threads_are_refused);
    TCase *c = support_case(s, "threads");
    tcase_add_test(c, any_number_gives_the_same_bits);
    tcase_add_test(c, tapes_run_side_by_side);
    return s;
}

SUPPORT_MAIN(suite)
