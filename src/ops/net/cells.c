/* Recurrent cells: one step of a net for each row of a batch. Composed of ops: the gates of each
 * operand are one product, and lie side by side in its columns. */
#include <stddef.h>

#include "cell.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

static tad__cell_kind kind_of(const tad_op *op) { return (tad__cell_kind)(op - tad__ops_cells); }
static int gates_of(const tad_op *op) { return tad__cell_gates(kind_of(op)); }
/* States among the operands, between x and the weights. */
static size_t states_of(const tad_op *op) { return tad__cell_states(kind_of(op)); }

/* ---- shapes ---- */

static bool has_shape(const tad_array *a, const tad_shape *want) {
    const tad_shape s = tad__shape_of(a);
    return tad__shape_equal(&s, want);
}

/* The rows of state `i` are those of x. */
static tad_status check_state(const tad_call_frame *c, size_t i) {
    const tad_array *x = c->in[0], *h = c->in[i];
    if (h->rank != x->rank || (x->rank == 2 && h->dim[0] != x->dim[0]))
        return tad_fail(c, TAD_BAD_SHAPE, "operand %zu has not the rows of x", i);
    if (h->dim[h->rank - 1] != c->in[1]->dim[h->rank - 1])
        return tad_fail(c, TAD_BAD_SHAPE, "the states differ in size");
    return TAD_OK;
}

/* The weights and biases of what has `columns` columns, of all gates. */
static tad_status check_gates(const tad_call_frame *c, size_t weight, int64_t columns) {
    const tad_array *h = c->in[1], *bias = c->n_in > weight + 2 ? c->in[weight + 2] : NULL;
    const int64_t rows = gates_of(c->op) * h->dim[h->rank - 1];
    if (!has_shape(c->in[weight], &TAD_SHAPE(rows, columns)))
        return tad_fail(c, TAD_BAD_SHAPE, "the weights in operand %zu must be (%lld,%lld)", weight,
                        (long long)rows, (long long)columns);
    if (bias && !has_shape(bias, &TAD_SHAPE(rows)))
        return tad_fail(c, TAD_BAD_SHAPE, "the bias in operand %zu must be (%lld)", weight + 2,
                        (long long)rows);
    return TAD_OK;
}

static tad_status cell_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *h = c->in[1];
    const size_t states = states_of(c->op), weight = 1 + states;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank < 1 || x->rank > 2)
        return tad_fail(c, TAD_BAD_SHAPE, "x must be rows or a row: one or two axes");
    for (size_t i = 1; i <= states; i++)
        if (check_state(c, i)) return TAD_BAD_SHAPE;
    if (check_gates(c, weight, x->dim[x->rank - 1])) return TAD_BAD_SHAPE;
    if (check_gates(c, weight + 1, h->dim[h->rank - 1])) return TAD_BAD_SHAPE;
    for (size_t k = 0; k < states; k++) out[k] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(h)};
    return TAD_OK;
}

/* ---- steps ---- */

/* x w_ih^T + b_ih, or the same of h, for all gates. */
static tad_var gates(const tad_rule *r, size_t operand, size_t weight) {
    const size_t bias = weight + 2;
    return tad_linear(r->in[operand], r->in[weight],
                      tad__has_operand(r, bias) ? r->in[bias] : tad_none());
}

/* The gates [first, first + count) of all. */
static tad_var some_gates(const tad__cell_state *s, tad_var all, int first, int count) {
    const tad_shape h = tad_shape_of(s->h);
    const int64_t n = h.dim[h.rank - 1];
    return tad_slice(all, -1, first * n, (first + count) * n, 1);
}

static tad_var gate(const tad__cell_state *s, tad_var all, int k) {
    return some_gates(s, all, k, 1);
}

static void gru_step(tad_var x, tad_var h, tad__cell_state *s) {
    tad_var rz = tad_sigmoid(tad_add(some_gates(s, x, 0, 2), some_gates(s, h, 0, 2)));
    tad_var n = tad_tanh(tad_fma(gate(s, rz, 0), gate(s, h, 2), gate(s, x, 2)));
    s->h = tad_lerp(n, s->h, gate(s, rz, 1));
}

static void lstm_step(tad_var x, tad_var h, tad__cell_state *s) {
    tad_var all = tad_add(x, h), in_and_keep = tad_sigmoid(some_gates(s, all, 0, 2));
    tad_var fresh = tad_tanh(gate(s, all, 2)), out = tad_sigmoid(gate(s, all, 3));
    s->c = tad_fma(gate(s, in_and_keep, 1), s->c, tad_mul(gate(s, in_and_keep, 0), fresh));
    s->h = tad_mul(out, tad_tanh(s->c));
}

void tad__cell_step(tad__cell_kind kind, tad_var x, tad_var h, tad__cell_state *s) {
    if (tad_is_nil(x) || tad_is_nil(h)) { /* no memory: there is no shape to read */
        s->h = s->c = x;
        return;
    }
    if (kind == TAD__RNN_TANH)
        s->h = tad_tanh(tad_add(x, h));
    else if (kind == TAD__GRU)
        gru_step(x, h, s);
    else
        lstm_step(x, h, s);
}

static void cell_compose(tad_rule *r) {
    const size_t states = states_of(r->op), weight = 1 + states;
    tad__cell_state s = {r->in[1], r->in[states]};
    tad__cell_step(kind_of(r->op), gates(r, 0, weight), gates(r, 1, weight + 1), &s);
    r->result[0] = s.h;
    if (states == 2) r->result[1] = s.c;
}

/* ---- samples, misuse ---- */

static const tad_sample rnn_samples[] = {
    {CASE("rows", F64(2, 3), F64(2, 5), F64(5, 3), F64(5, 5), F64(5), F64(5))},
    {CASE("no biases", F64(3, 2), F64(3, 4), F64(4, 2), F64(4, 4))},
    {CASE("one bias", F64(2, 3), F64(2, 2), F64(2, 3), F64(2, 2), F64(2))},
    {CASE("the other", F64(2, 3), F64(2, 2), F64(2, 3), F64(2, 2), ABSENT, F64(2))},
    {CASE("a row", F64(3), F64(4), F64(4, 3), F64(4, 4), F64(4), F64(4))},
    {CASE("no rows", F64(0, 3), F64(0, 2), F64(2, 3), F64(2, 2), F64(2), F64(2))},
    {CASE("no inputs", F64(2, 0), F64(2, 2), F64(2, 0), F64(2, 2), F64(2), F64(2))},
};
static const tad_sample gru_samples[] = {
    {CASE("rows", F64(2, 3), F64(2, 4), F64(12, 3), F64(12, 4), F64(12), F64(12))},
    {CASE("no biases", F64(3, 2), F64(3, 1), F64(3, 2), F64(3, 1))},
    {CASE("one bias", F64(2, 3), F64(2, 2), F64(6, 3), F64(6, 2), F64(6))},
    {CASE("the other", F64(2, 3), F64(2, 2), F64(6, 3), F64(6, 2), ABSENT, F64(6))},
    {CASE("a row", F64(3), F64(2), F64(6, 3), F64(6, 2), F64(6), F64(6))},
    {CASE("no rows", F64(0, 3), F64(0, 2), F64(6, 3), F64(6, 2), F64(6), F64(6))},
};
static const tad_sample lstm_samples[] = {
    {CASE("rows", F64(2, 3), F64(2, 4), F64(2, 4), F64(16, 3), F64(16, 4), F64(16), F64(16))},
    {CASE("no biases", F64(3, 2), F64(3, 1), F64(3, 1), F64(4, 2), F64(4, 1))},
    {CASE("one bias", F64(2, 3), F64(2, 2), F64(2, 2), F64(8, 3), F64(8, 2), F64(8))},
    {CASE("the other", F64(2, 3), F64(2, 2), F64(2, 2), F64(8, 3), F64(8, 2), ABSENT, F64(8))},
    {CASE("a row", F64(3), F64(2), F64(2), F64(8, 3), F64(8, 2), F64(8), F64(8))},
    {CASE("no rows", F64(0, 3), F64(0, 2), F64(0, 2), F64(8, 3), F64(8, 2), F64(8), F64(8))},
};

/* One gate is refused where three or four are needed, and the other way round. */
static const tad_misuse one_state_misuse[] = {
    {CASE("gates", F64(2, 3), F64(2, 4), F64(8, 3), F64(8, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("other rows", F64(2, 3), F64(3, 4), F64(4, 3), F64(4, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("a matrix and a row", F64(2, 3), F64(4), F64(4, 3), F64(4, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("0-d", F64_0D, F64_0D, F64(1, 1), F64(1, 1)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(2, 2, 3), F64(2, 4), F64(4, 3), F64(4, 4)), .expect = TAD_BAD_DTYPE},
};
static const tad_misuse lstm_misuse[] = {
    {CASE("gates", F64(2, 3), F64(2, 4), F64(2, 4), F64(12, 3), F64(16, 4)),
     .expect = TAD_BAD_SHAPE},
    {CASE("bias", F64(2, 3), F64(2, 1), F64(2, 1), F64(4, 3), F64(4, 1), F64(3)),
     .expect = TAD_BAD_SHAPE},
    {CASE("states", F64(2, 3), F64(2, 1), F64(2, 2), F64(4, 3), F64(4, 1)),
     .expect = TAD_BAD_SHAPE},
    {CASE("rows of c", F64(2, 3), F64(2, 1), F64(3, 1), F64(4, 3), F64(4, 1)),
     .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(2, 3), INDICES(2, 2, 1), F64(2, 1), F64(4, 3), F64(4, 1)),
     .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_cells[] = {
    [TAD__RNN_TANH] = {.name = "rnn_tanh_cell",
                       .doc = "tanh(x w_ih^T + b_ih + h w_hh^T + b_hh) of rows x, h",
                       FAMILY("net", 4, 6),
                       .shape = cell_shape,
                       .compose = cell_compose,
                       SAMPLES(rnn_samples),
                       MISUSE(one_state_misuse)},
    [TAD__GRU] = {.name = "gru_cell",
                  .doc = "(1 - z) n + z h of rows; weights of the gates r, z and n, which is "
                         "tanh(x w^T + b_ih + r (h w^T + b_hh))",
                  FAMILY("net", 4, 6),
                  .shape = cell_shape,
                  .compose = cell_compose,
                  SAMPLES(gru_samples),
                  MISUSE(one_state_misuse)},
    [TAD__LSTM] = {.name = "lstm_cell",
                   .doc = "h = o tanh(c), c = f c + i g of rows; weights of the gates i, f, g, o",
                   .family = "net",
                   .min_in = 5,
                   .max_in = 7,
                   .n_out = 2,
                   .shape = cell_shape,
                   .compose = cell_compose,
                   CASES(lstm)},
};
const size_t tad__ops_cells_count = LENGTH(tad__ops_cells);

tad_var tad_rnn_tanh_cell(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                          tad_var b_hh) {
    return tad_apply(&tad__ops_cells[TAD__RNN_TANH], (tad_var[]){x, h, w_ih, w_hh, b_ih, b_hh}, 6,
                     NULL, NULL, 0);
}

tad_var tad_gru_cell(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih, tad_var b_hh) {
    return tad_apply(&tad__ops_cells[TAD__GRU], (tad_var[]){x, h, w_ih, w_hh, b_ih, b_hh}, 6, NULL,
                     NULL, 0);
}

tad_var tad_lstm_cell(tad_var x, tad_var h, tad_var c, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                      tad_var b_hh, tad_var *next_c) {
    tad_var out[2] = {{0}};
    tad_apply(&tad__ops_cells[TAD__LSTM], (tad_var[]){x, h, c, w_ih, w_hh, b_ih, b_hh}, 7, NULL,
              out, 2);
    if (next_c) *next_c = out[1];
    return out[0];
}
