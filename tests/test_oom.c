/* Out of memory at every allocation, once and for ever from there on: no crash, no leak, the status
 * says so, and the same program run again on the same tape gives the same bits. Verbs leave what
 * they would have changed as it was.
 *
 * Much of what a program takes comes from chunks the tape has already. So each program also runs
 * where no chunk can be had: every piece is then a request of its own, and fails once. With
 * OOM_FULL=1 in the environment it runs too after paddings that move its allocations to the end of
 * a chunk, in steps of 64 bytes, until it fits before the end. */
#define _POSIX_C_SOURCE 200809L

#include "support.h"

#include <unistd.h>

#include <tad/gradcheck.h>
#include <tad/safetensors.h>

enum { CHUNK = 64 * 1024, STEP = 64 };

/* ---- what a program computed, as one number ---- */

static void mix(uint64_t *hash, const void *data, size_t n) {
    const unsigned char *byte = data;
    for (size_t i = 0; i < n; i++) *hash = (*hash ^ byte[i]) * UINT64_C(1099511628211);
}

static void mix_var(uint64_t *hash, tad_var x) {
    const void *data = tad_is_nil(x) ? NULL : tad_data(x);
    if (data) mix(hash, data, (size_t)tad_size_of(x) * tad_dtype_size(tad_dtype_of(x)));
}

/* A program fails by leaving a failure on the tape. */
typedef void program(tad_tape *t, uint64_t *hash);

static tad_status run(program *p, tad_tape *t, uint64_t *hash) {
    *hash = UINT64_C(14695981039346656037);
    tad_tape_set_random(t, (tad_random){7, 0});
    p(t, hash);
    return tad_tape_status(t);
}

/* Fills `bytes` of the first chunk and makes `nodes` nodes. */
static void pad(tad_tape *t, size_t bytes, size_t nodes) {
    if (bytes) tad_constant(t, TAD_BOOL, TAD_SHAPE((int64_t)bytes), NULL);
    for (size_t i = 0; i < nodes; i++) tad_scalar(t, 1);
}

typedef struct padding {
    size_t bytes, nodes;
    bool scarce; /* no chunks, only what each piece needs */
} padding;

static const padding none = {0, 0, false}, scarce = {0, 0, true};

/* One run in which request n fails. */
static void fail_at(program *p, padding before, size_t n, bool for_ever, uint64_t expected) {
    support_memory m = {.fail_at = n, .for_ever = for_ever, .scarce = before.scarce};
    uint64_t hash = 0;
    tad_tape *t = support_tape(&m);
    if (t) {
        pad(t, before.bytes, before.nodes);
        tad_status s = run(p, t, &hash);
        if (s == TAD_OK)
            ck_assert_uint_eq(hash, expected); /* it could do without */
        else
            ck_assert_msg(s == TAD_NO_MEMORY && *tad_message(t), "request %zu: %s: %s", n,
                          tad_status_text(s), tad_message(t));
        m.fail_at = 0;
        tad_tape_reset(t);
        ck_assert_int_eq(tad_tape_status(t), TAD_OK);
        s = run(p, t, &hash);
        ck_assert_msg(s == TAD_OK, "again after request %zu: %s", n, tad_message(t));
        ck_assert_msg(hash == expected, "other bits after request %zu failed", n);
        tad_tape_free(t);
    }
    ck_assert_uint_gt(m.refused, 0);
    ck_no_leak(&m);
}

/* Returns how many requests a run makes; *fits: what is left of the first chunk is enough for it (a
 * second chunk is twice as large). */
static size_t fail_everywhere(program *p, padding before, bool *fits) {
    support_memory m = {.scarce = before.scarce};
    uint64_t expected;
    tad_tape *t = support_tape(&m);
    pad(t, before.bytes, before.nodes);
    tad_status s = run(p, t, &expected);
    ck_assert_msg(s == TAD_OK, "%s", tad_message(t));
    size_t requests = m.requests;
    *fits = tad_tape_memory(t).peak < 2 * CHUNK;
    tad_tape_free(t);
    ck_no_leak(&m);
    for (size_t n = 1; n <= requests; n++)
        for (int for_ever = 0; for_ever < 2; for_ever++) fail_at(p, before, n, for_ever, expected);
    return requests;
}

static void torture(program *p) {
    bool fits = false;
    size_t pieces = fail_everywhere(p, scarce, &fits), chunks = fail_everywhere(p, none, &fits);
    ck_assert_uint_gt(chunks, 3);
    ck_assert_uint_ge(pieces, chunks);
    if (!getenv("OOM_FULL")) return;
    fits = false; /* where it fits into the rest, more room changes nothing */
    for (size_t k = 1; k * STEP < CHUNK && !fits; k++)
        fail_everywhere(p, (padding){CHUNK - k * STEP, k % 61, false}, &fits);
}

/* ---- programs ---- */

static void scalars(tad_tape *t, uint64_t *hash) {
    tad_var x = tad_scalar(t, 0.7), y = tad_scalar(t, 1.3), z = x, g[2], h[2];
    for (int i = 0; i < 300; i++) z = tad_add(tad_mul(tad_sin(z), y), tad_number(0.1));
    z = tad_mul(z, tad_exp(tad_div(x, y)));
    if (tad_reverse(z) != TAD_OK) return;
    double adjoint[] = {tad_item(z), tad_gradient_item(x), tad_gradient_item(y)};
    mix(hash, adjoint, sizeof adjoint);
    if (tad_grad(&z, NULL, 1, (tad_var[]){x, y}, 2, g) != TAD_OK) return;
    tad_var s = tad_add(tad_mul(g[0], g[0]), g[1]);
    if (tad_grad(&s, NULL, 1, (tad_var[]){x, y}, 2, h) != TAD_OK) return;
    for (int i = 0; i < 2; i++) {
        mix_var(hash, g[i]);
        mix_var(hash, h[i]);
    }
}

/* What is recorded with a list, options or a choice beside it. */
static void records_of_scalars(tad_tape *t, uint64_t *hash) {
    tad_var x[2] = {tad_scalar(t, 0.7), tad_scalar(t, 1.3)}, g[2], half = tad_number(0.5), z = x[0];
    for (int i = 0; i < 100; i++) {
        const tad_var in[] = {z, half, x[1]}, factors[] = {x[0], x[0], tad_number(2)};
        z = tad_where(tad_logical_not(tad_less(z, half)), tad_softplus(z, 2), tad_pow(z, half));
        z = tad_tanh(tad_dot_list(in, factors, 3, tad_lerp(x[0], z, half)));
        z = tad_dot_list_plain((double[]){0.3, -0.7}, (tad_var[]){z, x[1]}, 2, half);
    }
    if (tad_reverse(z) != TAD_OK || tad_grad(&z, NULL, 1, x, 2, g) != TAD_OK) return;
    for (int i = 0; i < 2; i++) {
        double adjoint = tad_gradient_item(x[i]);
        mix(hash, &adjoint, sizeof adjoint);
        mix_var(hash, g[i]);
    }
}

static tad_var numbers(tad_tape *t, tad_dtype dtype, tad_shape shape, bool param) {
    double value[600];
    float less[600];
    size_t n = 1;
    for (int i = 0; i < shape.rank; i++) n *= (size_t)shape.dim[i];
    for (size_t i = 0; i < n; i++) less[i] = (float)(value[i] = sin((double)i * 1.7 + shape.rank));
    const void *data = dtype == TAD_F64 ? (const void *)value : less;
    return param ? tad_param(t, dtype, shape, data) : tad_input(t, dtype, shape, data);
}

static const int64_t labels[] = {0, 2, 1, 2};

static tad_var net(tad_tape *t, tad_dtype dtype, tad_var leaf[4]) {
    leaf[0] = numbers(t, dtype, TAD_SHAPE(4, 5), false);
    leaf[1] = numbers(t, dtype, TAD_SHAPE(5, 7), true);
    leaf[2] = numbers(t, dtype, TAD_SHAPE(7), true);
    leaf[3] = numbers(t, dtype, TAD_SHAPE(7, 3), true);
    tad_var hidden = tad_relu(tad_affine(leaf[0], leaf[1], leaf[2]));
    hidden = tad_dropout(hidden, 0.25);
    tad_var scores = tad_matmul(hidden, leaf[3]);
    return tad_cross_entropy(scores, tad_constant(t, TAD_I64, TAD_SHAPE(4), labels), NULL);
}

static void arrays_of(tad_tape *t, uint64_t *hash, tad_dtype dtype) {
    tad_var leaf[4];
    tad_mark mark = tad_tape_mark(t);
    for (int i = 0; i < 3; i++) {
        tad_var loss = net(t, dtype, leaf);
        if (tad_reverse(loss) != TAD_OK) return;
        mix_var(hash, loss);
        for (int k = 0; k < 4; k++) mix_var(hash, tad_gradient(leaf[k]));
        if (i == 1 && tad_tape_rewind(t, mark) != TAD_OK) return;
    }
}
static void arrays64(tad_tape *t, uint64_t *hash) { arrays_of(t, hash, TAD_F64); }
static void arrays32(tad_tape *t, uint64_t *hash) { arrays_of(t, hash, TAD_F32); }

static void large_arrays(tad_tape *t, uint64_t *hash) {
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(60, 70), 0.5),
            w = tad_param(t, TAD_F64, TAD_SHAPE(70, 80), NULL);
    tad_var a = tad_tanh(tad_matmul(x, w)), y = tad_sum(tad_mul(a, a), tad_all());
    tad_retain(a);
    if (tad_reverse(y) != TAD_OK) return;
    mix_var(hash, tad_gradient(w));
    mix_var(hash, tad_gradient(a));
}

static void several_outputs(tad_tape *t, uint64_t *hash) {
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(3, 4), false), i;
    tad_var y[] = {tad_max(x, tad_axis(1), &i), tad_softmax(x, 0), tad_logsumexp(x, tad_all())};
    tad_var c[] = {numbers(t, TAD_F64, TAD_SHAPE(3), false),
                   numbers(t, TAD_F64, TAD_SHAPE(3, 4), false), tad_none()};
    if (tad_reverse_from(y, c, 3) != TAD_OK) return;
    mix_var(hash, tad_gradient(x));
    mix_var(hash, i);
}

/* The result itself is not read. */
static void statistics_alone(tad_tape *t, uint64_t *hash) {
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(4, 3), false), mean, variance,
            running = numbers(t, TAD_F64, TAD_SHAPE(3), false);
    tad_batch_norm(x, running, running, tad_none(), tad_none(),
                   &(tad_batch_norm_options){
                       .training = true, .next_mean = &mean, .next_variance = &variance});
    if (tad_reverse(tad_sum(tad_mul(mean, variance), tad_all())) != TAD_OK) return;
    mix_var(hash, tad_gradient(x));
}

static void shapes(tad_tape *t, uint64_t *hash) {
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(2, 3, 4), false);
    tad_var a = tad_transpose(x, 0, 2), b = tad_slice(a, 0, TAD_END, TAD_END, -1);
    tad_var c = tad_reshape(b, TAD_SHAPE(4, -1)), d = tad_concat((tad_var[]){c, c}, 2, 1);
    tad_var e = tad_stack((tad_var[]){d, tad_flip(d, tad_axis(0))}, 2, 0);
    tad_var y =
        tad_mean(tad_mul(e, tad_broadcast_to(tad_scalar(t, 3), TAD_SHAPE(2, 4, 12))), tad_all());
    if (tad_reverse(y) != TAD_OK) return;
    mix_var(hash, e);
    mix_var(hash, tad_gradient(x));
}

static void second_order(tad_tape *t, uint64_t *hash) {
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(3, 4), false),
            w = numbers(t, TAD_F64, TAD_SHAPE(4, 2), false);
    tad_var y = tad_sum(tad_tanh(tad_matmul(x, w)), tad_all()), g[2], h[2], in[] = {x, w};
    if (tad_grad(&y, NULL, 1, in, 2, g) != TAD_OK) return;
    tad_var s = tad_add(tad_sum(tad_square(g[0]), tad_all()), tad_sum(g[1], tad_all()));
    if (tad_grad(&s, NULL, 1, in, 2, h) != TAD_OK) return;
    for (int i = 0; i < 2; i++) mix_var(hash, h[i]);
}

static void tangents(tad_tape *t, uint64_t *hash) {
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(3, 4), false),
            v = numbers(t, TAD_F64, TAD_SHAPE(3, 4), false);
    tad_var y[] = {tad_softmax(tad_mul(x, x), 1), tad_amax(x, tad_all())}, d[2], e[2];
    if (tad_tangent(y, 2, &x, &v, 1, d) != TAD_OK) return;
    if (tad_tangent(d, 2, &x, &v, 1, e) != TAD_OK) return;
    for (int i = 0; i < 2; i++) {
        mix_var(hash, d[i]);
        mix_var(hash, e[i]);
    }
}

static tad_var cubes(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t;
    (void)n;
    (void)user;
    return tad_sum(tad_mul(tad_mul(in[0], in[0]), in[1]), tad_all());
}
static tad_var squares(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t;
    (void)n;
    (void)user;
    return tad_mul(tad_square(in[0]), in[1]);
}

static void drivers(tad_tape *t, uint64_t *hash) {
    tad_var in[] = {numbers(t, TAD_F64, TAD_SHAPE(3), false),
                    numbers(t, TAD_F64, TAD_SHAPE(3), false)};
    tad_var y, g[2], tangent, hv[2], jacobian, hessian, recorded;
    if (tad_vjp(cubes, NULL, in, 2, tad_none(), &y, g) != TAD_OK) return;
    if (tad_jvp(squares, NULL, in, in, 2, &y, &tangent) != TAD_OK) return;
    if (tad_hvp(cubes, NULL, in, in, 2, NULL, NULL, hv) != TAD_OK) return;
    if (tad_jacobian(squares, NULL, in, 2, 0, NULL, &jacobian) != TAD_OK) return;
    if (tad_hessian(cubes, NULL, in, 2, 0, 1, NULL, &hessian) != TAD_OK) return;
    if (tad_hessian_recorded(cubes, NULL, in, 2, 0, 1, NULL, &recorded) != TAD_OK) return;
    tad_var all[] = {y, g[0], g[1], tangent, hv[0], hv[1], jacobian, hessian, recorded};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) mix_var(hash, all[i]);
}

/* With as many rows as make a list of them that no block given back has room for. */
static void recorded_matrix(tad_tape *t, uint64_t *hash) {
    tad_var in[] = {numbers(t, TAD_F64, TAD_SHAPE(5), false),
                    numbers(t, TAD_F64, TAD_SHAPE(5), false)};
    tad_var y, jacobian;
    if (tad_jacobian_recorded(squares, NULL, in, 2, 0, &y, &jacobian) != TAD_OK) return;
    mix_var(hash, y);
    mix_var(hash, jacobian);
}

/* Labels that lie transposed are copied. */
static void turned_labels(tad_tape *t, uint64_t *hash) {
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(2, 3, 4), false),
            labels = tad_constant(t, TAD_I64, TAD_SHAPE(4, 2), (int64_t[]){0, 1, 2, 0, 1, 2, 0, 1}),
            loss = tad_cross_entropy(x, tad_transpose(labels, 0, 1), NULL), g;
    if (tad_grad(&loss, NULL, 1, &x, 1, &g) != TAD_OK) return;
    mix_var(hash, g);
}

static void turned_truths(tad_tape *t, uint64_t *hash) {
    tad_var truths = tad_full(t, TAD_BOOL, TAD_SHAPE(40, 3), 1);
    mix_var(hash, tad_logical_not(tad_transpose(truths, 0, 1)));
}

static void turned_operands(tad_tape *t, uint64_t *hash) {
    tad_var places = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 1, 2}),
            x = numbers(t, TAD_F64, TAD_SHAPE(40, 3), false);
    mix_var(hash, tad_interp(tad_transpose(x, 0, 1), places, places, true));
}

static void lists_with_plain_numbers(tad_tape *t, uint64_t *hash) {
    enum { N = 200 };
    tad_var x[N];
    double factor[N];
    for (int k = 0; k < N; k++) {
        x[k] = k % 3 ? tad_scalar(t, k) : tad_number(k);
        factor[k] = 0.5 * k;
    }
    tad_var y = tad_dot_list_plain(factor, x, N, tad_number(1)), z = tad_dot_list(x, x, N, y);
    if (tad_reverse(z) != TAD_OK) return;
    mix_var(hash, z);
}

static tad_var of_numbers(tad_tape *t, const tad_var *in, size_t n, void *user) {
    tad_var y = in[0];
    (void)t, (void)user;
    for (int i = 0; i < 20; i++) y = tad_fma(tad_sin(y), in[(size_t)i % n], y);
    return y;
}

static void many_seeds(tad_tape *t, uint64_t *hash) {
    enum { N = 2, M = 3 };
    tad_var in[N] = {tad_scalar(t, 0.7), tad_scalar(t, 1.3)}, v[M * N], tangent[M], gradient[M * N],
            product[M * N];
    for (int k = 0; k < M * N; k++) v[k] = tad_number(k - 1.5);
    if (tad_jvp_many(of_numbers, NULL, in, v, N, M, NULL, tangent) != TAD_OK) return;
    if (tad_vjp_many(of_numbers, NULL, in, N, v, M, NULL, gradient) != TAD_OK) return;
    if (tad_hvp_many(of_numbers, NULL, in, v, N, M, NULL, NULL, product) != TAD_OK) return;
    for (int k = 0; k < M; k++) mix_var(hash, tangent[k]);
    for (int k = 0; k < M * N; k++) mix_var(hash, gradient[k]);
    for (int k = 0; k < M * N; k++) mix_var(hash, product[k]);
}

static bool into_hash(void *user, const char *text, size_t length) {
    mix(user, text, length);
    return true;
}

static void inspection(tad_tape *t, uint64_t *hash) {
    uint64_t text = 1;
    tad_scope_push(t, "outer");
    tad_var x = tad_name(tad_scalar(t, 2), "x"), y = tad_name(tad_scalar(t, 3), "y");
    tad_scope_push(t, "inner");
    tad_var z = tad_here(tad_name(tad_mul(tad_add(x, y), tad_sin(x)), "z"), __FILE__, 1);
    tad_scope_pop(t);
    tad_scope_pop(t);
    if (tad_reverse(z) != TAD_OK) return;
    if (tad_dump(z, &(tad_show_options){.values = true, .gradients = true}, into_hash, &text) !=
        TAD_OK)
        return;
    if (tad_dot_graph(z, NULL, into_hash, &text) != TAD_OK) return;
    if (tad_explain(z, TAD_EXPLAIN_TEXT, into_hash, &text) != TAD_OK) return;
    mix_var(hash, z); /* the texts have node numbers, which paddings move */
    for (size_t i = tad_node_count(t);
         i-- > 0 && tad_node_kind_of(tad_node_at(t, i)) == TAD_NODE_OP;)
        mix(hash, tad_node_name(tad_node_at(t, i)), strlen(tad_node_name(tad_node_at(t, i))));
}

static void parameters(tad_tape *t, uint64_t *hash) {
    tad_var w = numbers(t, TAD_F64, TAD_SHAPE(40), true), b = tad_param(t, TAD_F64, TAD_0D, NULL);
    tad_mark mark = tad_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        if (tad_reverse(tad_sum(tad_mul(w, tad_add(w, b)), tad_all())) != TAD_OK) return;
        double *at = i == 2 ? tad_param_data(w) : NULL;
        if (at) at[3] = 5;
        if (i == 2 && tad_zero_gradients((tad_var[]){w, b}, 2) != TAD_OK) return;
        if (tad_tape_rewind(t, mark) != TAD_OK) return;
    }
    mix_var(hash, tad_gradient(w));
    mix_var(hash, tad_gradient(b));
}

static char file[64];

static void files(tad_tape *t, uint64_t *hash) {
    tad_var w = numbers(t, TAD_F64, TAD_SHAPE(5, 4), true),
            v = tad_param(t, TAD_F64, TAD_SHAPE(5, 4), NULL);
    int64_t step = 3;
    tad_text text = {"k", "v"};
    tad_slot out[] = {tad_slot_var("w", w), tad_slot_int("step", &step)};
    tad_slot in[] = {tad_slot_var("w", v), tad_slot_int("step", &step)};
    if (tad_checkpoint_save(t, file, out, 2, &text, 1) != TAD_OK) return;
    step = 0;
    if (tad_checkpoint_load(t, file, in, 2, false) != TAD_OK) return;
    mix_var(hash, v);
    mix(hash, &step, sizeof step);
}

static const struct named_program {
    const char *name;
    program *run;
} programs[] = {
    {"scalars", scalars},
    {"records_of_scalars", records_of_scalars},
    {"arrays64", arrays64},
    {"arrays32", arrays32},
    {"large_arrays", large_arrays},
    {"several_outputs", several_outputs},
    {"statistics_alone", statistics_alone},
    {"shapes", shapes},
    {"second_order", second_order},
    {"tangents", tangents},
    {"drivers", drivers},
    {"recorded_matrix", recorded_matrix},
    {"turned_labels", turned_labels},
    {"turned_truths", turned_truths},
    {"turned_operands", turned_operands},
    {"lists_with_plain_numbers", lists_with_plain_numbers},
    {"many_seeds", many_seeds},
    {"inspection", inspection},
    {"parameters", parameters},
};

START_TEST(every_program) { torture(programs[_i].run); }
END_TEST

START_TEST(saving_and_loading) {
    strcpy(file, "/tmp/tad_oom_XXXXXX");
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    close(fd);
    torture(files);
    unlink(file);
}
END_TEST

/* ---- every op on its samples: forward, both sweeps, tangents ---- */

static const tad_op *sampled;

static bool differentiable(const tad_op *op, const tad_sample *s, size_t i) {
    bool real = s->in[i].type.dtype == TAD_F64 || s->in[i].type.dtype == TAD_F32;
    return real && !s->in[i].constant && !s->in[i].absent && !(op->constant_in >> i & 1);
}

static void one_sample(tad_tape *t, uint64_t *hash, const tad_sample *s) {
    tad_var in[TAD_MAX_INPUTS], x[TAD_MAX_INPUTS], v[TAD_MAX_INPUTS], out[TAD_MAX_OUTPUTS],
        g[TAD_MAX_INPUTS], d[TAD_MAX_OUTPUTS];
    size_t n = 0, n_out = sampled->n_out ? sampled->n_out : 1;
    for (size_t i = 0; i < s->n; i++) {
        in[i] = s->in[i].absent ? tad_none() : tad_sample_fill(t, &s->in[i], i);
        if (!differentiable(sampled, s, i)) continue;
        in[i] = tad_input(t, s->in[i].type.dtype, s->in[i].type.shape, tad_data(in[i]));
        v[n] = in[i];
        x[n++] = in[i];
    }
    if (tad_is_nil(tad_apply(sampled, in, s->n, s->options, out, n_out))) return;
    size_t real = 0;
    for (size_t k = 0; k < n_out; k++) {
        mix_var(hash, out[k]);
        if (tad_dtype_of(out[k]) < TAD_I64) out[real++] = out[k];
    }
    if (n == 0 || real == 0 || (sampled->flags & TAD_OP_FLAT)) return;
    tad_var ones[TAD_MAX_OUTPUTS];
    for (size_t k = 0; k < real; k++)
        ones[k] = tad_full(t, tad_dtype_of(out[k]), tad_shape_of(out[k]), 1);
    if (tad_reverse_from(out, ones, real) != TAD_OK) return;
    for (size_t i = 0; i < n; i++) mix_var(hash, tad_gradient(x[i]));
    if (tad_grad(out, ones, real, x, n, g) != TAD_OK) return;
    for (size_t i = 0; i < n; i++) mix_var(hash, g[i]);
    if (tad_tangent(out, real, x, v, n, d) != TAD_OK) return;
    for (size_t k = 0; k < real; k++) mix_var(hash, d[k]);
}

static void samples_of_op(tad_tape *t, uint64_t *hash) {
    tad_sample_room room;
    for (size_t i = 0; i < tad_sample_count(sampled) && tad_tape_status(t) == TAD_OK; i++)
        if (tad_sample_at(sampled, i, &room)) one_sample(t, hash, &room.sample);
}

static size_t sample;

static void sample_of_op(tad_tape *t, uint64_t *hash) {
    tad_sample_room room;
    if (tad_sample_at(sampled, sample, &room)) one_sample(t, hash, &room.sample);
}

START_TEST(every_op) {
    sampled = tad_op_at((size_t)_i);
    ck_assert_msg(tad_sample_count(sampled) > 0, "%s has no samples", sampled->name);
    bool fits;
    for (sample = 0; sample < tad_sample_count(sampled); sample++) {
        ck_assert_uint_gt(fail_everywhere(sample_of_op, scarce, &fits), 3);
        fail_everywhere(sample_of_op, none, &fits);
    }
    if (getenv("OOM_FULL")) torture(samples_of_op);
}
END_TEST

/* Without memory for the mask or for what it leaves: the next mask is the one that was to come. */
START_TEST(a_dropout_that_fails_draws_nothing) {
    for (size_t n = 1;; n++) {
        support_memory m = {.scarce = true};
        tad_tape *t = support_tape(&m);
        tad_var x = numbers(t, TAD_F64, TAD_SHAPE(9), false);
        const tad_random before = tad_tape_random(t);
        m.fail_at = m.requests + n;
        tad_var y = tad_dropout(x, 0.5);
        const tad_random after = tad_tape_random(t);
        ck_assert_int_eq(tad_is_nil(y), tad_tape_status(t) == TAD_NO_MEMORY);
        ck_assert_int_eq(memcmp(&before, &after, sizeof before) == 0, tad_is_nil(y));
        const bool refused = m.refused > 0;
        tad_tape_free(t);
        ck_no_leak(&m);
        if (!refused) break;
    }
}
END_TEST

/* ---- verbs that failed have changed nothing, and can be called again ---- */

typedef struct scene {
    tad_var w, b, x, loss, out[2];
    size_t nodes; /* recorded before the verb */
} scene;

static void set_scene(tad_tape *t, scene *s) {
    s->w = numbers(t, TAD_F64, TAD_SHAPE(60, 9), true);
    s->b = numbers(t, TAD_F64, TAD_SHAPE(9), true);
    s->x = numbers(t, TAD_F64, TAD_SHAPE(10, 60), false);
    for (int i = 0; i < 2; i++) {
        s->loss = tad_sum(tad_square(tad_tanh(tad_affine(s->x, s->w, s->b))), tad_all());
        if (i == 0) ck_done(tad_reverse(s->loss), t); /* something to add to */
    }
    ck_tape(t);
    s->nodes = tad_node_count(t);
}

/* What the parameters have. */
static uint64_t observe(const scene *s) {
    uint64_t hash = 1;
    mix_var(&hash, s->w);
    mix_var(&hash, s->b);
    const void *dw = tad_gradient_data(s->w), *db = tad_gradient_data(s->b);
    if (!dw || !db) return 0;
    mix(&hash, dw, 60 * 9 * sizeof(double));
    mix(&hash, db, 9 * sizeof(double));
    return hash;
}

typedef tad_status verb(scene *s);

static tad_status verb_reverse(scene *s) { return tad_reverse(s->loss); }
static tad_status verb_reverse_from(scene *s) {
    tad_var one = tad_none();
    return tad_reverse_from(&s->loss, &one, 1);
}
static tad_status verb_grad(scene *s) {
    return tad_grad(&s->loss, NULL, 1, (tad_var[]){s->w, s->b}, 2, s->out);
}
static tad_status verb_tangent(scene *s) {
    return tad_tangent(&s->loss, 1, &s->b, &s->b, 1, s->out);
}
static tad_status verb_zero(scene *s) { return tad_zero_gradients((tad_var[]){s->w, s->b}, 2); }
static tad_status verb_assign(scene *s) {
    double nines[9] = {9, 9, 9, 9, 9, 9, 9, 9, 9};
    return tad_assign(s->b, nines);
}
static tad_status verb_load(scene *s) {
    tad_slot slots[] = {tad_slot_var("w", s->w), tad_slot_var("b", s->b)};
    return tad_checkpoint_load(s->w.tape, file, slots, 2, false);
}

/* A sweep that failed half-way drops all gradients: none can be read, rather than half a sum. */
static const struct named_verb {
    const char *name;
    verb *act;
    bool drops;
} verbs[] = {
    {"reverse", verb_reverse, true},      {"reverse_from", verb_reverse_from, true},
    {"grad", verb_grad, false},           {"tangent", verb_tangent, false},
    {"zero_gradients", verb_zero, false}, {"assign", verb_assign, false},
    {"load", verb_load, false},
};

static tad_tape *begin_scene(support_memory *m, scene *s, size_t bytes) {
    tad_tape *t = support_tape(m);
    pad(t, bytes, 0);
    set_scene(t, s);
    return t;
}

/* Returns whether request n of the verb was reached. */
static bool fail_verb(const struct named_verb *v, size_t bytes, size_t n, uint64_t expected) {
    const char *name = v->name;
    support_memory m = {0};
    scene s;
    tad_tape *t = begin_scene(&m, &s, bytes);
    uint64_t before = observe(&s);
    m.fail_at = m.requests + n;
    tad_status status = v->act(&s);
    bool reached = m.refused > 0;
    m.fail_at = 0;
    if (status != TAD_OK) {
        ck_assert_msg(status == TAD_NO_MEMORY && tad_tape_status(t) == status, "%s: %s", name,
                      tad_message(t));
        tad_tape_clear(t);
        uint64_t after = observe(&s);
        ck_assert_msg(after == before || (v->drops && after == 0),
                      "%s changed something when request %zu failed", name, n);
        if (after == 0) {
            ck_refused(t, TAD_NO_GRADIENT, "gradient");
            ck_done(v->act(&s), t); /* what was dropped, once more */
        }
        ck_done(v->act(&s), t);
    }
    ck_assert_msg(observe(&s) == expected, "%s again after request %zu: other bits", name, n);
    tad_tape_free(t);
    ck_no_leak(&m);
    return reached;
}

START_TEST(every_verb) {
    strcpy(file, "/tmp/tad_oom_XXXXXX");
    close(mkstemp(file));
    const struct named_verb *v = &verbs[_i];
    for (size_t k = 0; k < 40; k++) {
        support_memory m = {0};
        scene s;
        size_t bytes = k * 1600;
        tad_tape *t = begin_scene(&m, &s, bytes);
        tad_slot slots[] = {tad_slot_var("w", s.x), tad_slot_var("b", s.b)};
        slots[0] = tad_slot_var("w", s.w);
        ck_done(tad_checkpoint_save(t, file, slots, 2, NULL, 0), t);
        ck_done(v->act(&s), t);
        uint64_t expected = observe(&s);
        tad_tape_free(t);
        for (size_t n = 1; fail_verb(v, bytes, n, expected);) n++;
    }
    unlink(file);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("oom");
    TCase *c = support_case(s, "program");
    tcase_set_timeout(c, 1200);
    tcase_add_loop_test(c, every_program, 0, sizeof programs / sizeof *programs);
    c = support_case(s, "file");
    tcase_set_timeout(c, 1200);
    tcase_add_test(c, saving_and_loading);
    c = support_case(s, "verb");
    tcase_add_loop_test(c, every_verb, 0, sizeof verbs / sizeof *verbs);
    c = support_case(s, "op");
    tcase_set_timeout(c, 1200);
    tcase_add_test(c, a_dropout_that_fails_draws_nothing);
    tcase_add_loop_test(c, every_op, 0, (int)tad_op_count());
    return s;
}

SUPPORT_MAIN(suite)
