/* rnn_tanh, gru, lstm: recurrent cells along a sequence. What the inputs add to the gates is one
 * product for all places; the rest is a cell for each. Composed of ops. */
#include <stddef.h>

#include "cell.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/error.h"
#include "tape/handle.h"

typedef struct sequence_options {
    bool reverse;
} sequence_options;

static tad__cell_kind kind_of(const tad_op *op) {
    return (tad__cell_kind)(op - tad__ops_sequences);
}
static int gates_of(const tad_op *op) { return tad__cell_gates(kind_of(op)); }
/* States among the operands, between x and the weights. */
static size_t states_of(const tad_op *op) { return tad__cell_states(kind_of(op)); }

/* ---- shapes ---- */

static bool has_shape(const tad_array *a, const tad_shape *want) {
    const tad_shape s = tad__shape_of(a);
    return tad__shape_equal(&s, want);
}

static tad_status check_operand(const tad_call_frame *c, size_t i, tad_shape want) {
    char text[TAD__SHAPE_ROOM];
    if (i >= c->n_in || !c->in[i] || has_shape(c->in[i], &want)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "operand %zu must be %s", i,
                    tad__shape_text(&want, text, sizeof text));
}

static tad_status sequence_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0], *h = c->in[1];
    const size_t states = states_of(c->op), weight = 1 + states;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (x->rank != 3) return tad_fail(c, TAD_BAD_SHAPE, "x must be (T,B,I)");
    if (h->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "the state must be (B,H)");
    if (x->dim[0] == 0) return tad_fail(c, TAD_BAD_SHAPE, "the sequence has no places");
    const int64_t batch = x->dim[1], width = h->dim[1], rows = gates_of(c->op) * width;
    const tad_shape state = TAD_SHAPE(batch, width);
    tad_status s = TAD_OK;
    for (size_t i = 1; i <= states && s == TAD_OK; i++) s = check_operand(c, i, state);
    if (s == TAD_OK) s = check_operand(c, weight, TAD_SHAPE(rows, x->dim[2]));
    if (s == TAD_OK) s = check_operand(c, weight + 1, TAD_SHAPE(rows, width));
    for (size_t i = 2; i <= 3 && s == TAD_OK; i++)
        s = check_operand(c, weight + i, TAD_SHAPE(rows));
    out[0] = (tad_type){(tad_dtype)x->dtype, TAD_SHAPE(x->dim[0], batch, width)};
    for (size_t i = 1; i <= states; i++) out[i] = (tad_type){(tad_dtype)x->dtype, state};
    return s;
}

/* ---- steps ---- */

static void sequence_compose(tad_rule *r) {
    const sequence_options *o = r->options;
    const size_t states = states_of(r->op), weight = 1 + states;
    const int64_t places = tad_shape_of(r->in[0]).dim[0];
    tad_var *y = tad__buffers_take(&r->tape->buffers, (size_t)places * sizeof *y);
    if (!y) {
        tad__no_memory(r->tape, r->op->name);
        return;
    }
    tad__cell_state s = {r->in[1], r->in[states]};
    tad_var bias = tad__has_operand(r, weight + 3) ? r->in[weight + 3] : tad_none();
    tad_var x = tad_linear(r->in[0], r->in[weight],
                           tad__has_operand(r, weight + 2) ? r->in[weight + 2] : tad_none());
    for (int64_t i = 0; i < places; i++) {
        const int64_t place = o->reverse ? places - 1 - i : i;
        tad_var here = tad_squeeze(tad_slice(x, 0, place, place + 1, 1), tad_axis(0));
        tad__cell_step(kind_of(r->op), here, tad_linear(s.h, r->in[weight + 1], bias), &s);
        y[place] = s.h;
    }
    r->result[0] = tad_stack(y, (size_t)places, 0);
    r->result[1] = s.h;
    if (states == 2) r->result[2] = s.c;
    tad__buffers_give(&r->tape->buffers, y);
}

/* ---- options, samples, misuse ---- */

static const tad_option sequence_list[] = {{OPTION(BOOL, sequence_options, reverse)}};

#define REVERSE                                                                                    \
    .options = &(const sequence_options) { true }

static const tad_sample rnn_samples[] = {
    {CASE("three places", F64(3, 2, 3), F64(2, 4), F64(4, 3), F64(4, 4), F64(4), F64(4))},
    {CASE("backwards", F64(4, 1, 2), F64(1, 3), F64(3, 2), F64(3, 3)), REVERSE},
    {CASE("one bias", F64(2, 2, 3), F64(2, 2), F64(2, 3), F64(2, 2), F64(2))},
    {CASE("the other", F64(2, 2, 1), F64(2, 2), F64(2, 1), F64(2, 2), ABSENT, F64(2))},
    {CASE("one place", F64(1, 2, 3), F64(2, 2), F64(2, 3), F64(2, 2), F64(2), F64(2))},
    {CASE("no rows", F64(2, 0, 3), F64(0, 2), F64(2, 3), F64(2, 2), F64(2), F64(2))},
};
static const tad_sample gru_samples[] = {
    {CASE("three places", F64(3, 2, 3), F64(2, 2), F64(6, 3), F64(6, 2), F64(6), F64(6))},
    {CASE("backwards", F64(3, 1, 2), F64(1, 3), F64(9, 2), F64(9, 3)), REVERSE},
    {CASE("one bias", F64(2, 2, 3), F64(2, 1), F64(3, 3), F64(3, 1), F64(3))},
    {CASE("the other", F64(2, 2, 1), F64(2, 2), F64(6, 1), F64(6, 2), ABSENT, F64(6))},
    {CASE("one place", F64(1, 2, 3), F64(2, 2), F64(6, 3), F64(6, 2), F64(6), F64(6))},
};
static const tad_sample lstm_samples[] = {
    {CASE("three places", F64(3, 2, 3), F64(2, 2), F64(2, 2), F64(8, 3), F64(8, 2), F64(8),
          F64(8))},
    {CASE("backwards", F64(3, 1, 2), F64(1, 3), F64(1, 3), F64(12, 2), F64(12, 3)), REVERSE},
    {CASE("one bias", F64(2, 2, 3), F64(2, 1), F64(2, 1), F64(4, 3), F64(4, 1), F64(4))},
    {CASE("the other", F64(2, 2, 1), F64(2, 2), F64(2, 2), F64(8, 1), F64(8, 2), ABSENT, F64(8))},
    {CASE("one place", F64(1, 2, 3), F64(2, 2), F64(2, 2), F64(8, 3), F64(8, 2), F64(8), F64(8))},
};

static const tad_misuse one_state_misuse[] = {
    {CASE("gates", F64(3, 2, 3), F64(2, 4), F64(8, 3), F64(8, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("other rows", F64(3, 2, 3), F64(3, 4), F64(4, 3), F64(4, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("two axes", F64(2, 3), F64(2, 4), F64(4, 3), F64(4, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("no places", F64(0, 2, 3), F64(2, 4), F64(4, 3), F64(4, 4)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(2, 3, 2, 3), F64(2, 4), F64(4, 3), F64(4, 4)),
     .expect = TAD_BAD_DTYPE},
};
static const tad_misuse lstm_misuse[] = {
    {CASE("gates", F64(3, 2, 3), F64(2, 4), F64(2, 4), F64(12, 3), F64(16, 4)),
     .expect = TAD_BAD_SHAPE},
    {CASE("bias", F64(3, 2, 3), F64(2, 1), F64(2, 1), F64(4, 3), F64(4, 1), F64(3)),
     .expect = TAD_BAD_SHAPE},
    {CASE("states", F64(3, 2, 3), F64(2, 1), F64(2, 2), F64(4, 3), F64(4, 1)),
     .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3, 2, 3), INDICES(2, 2, 1), F64(2, 1), F64(4, 3), F64(4, 1)),
     .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define ALONG_A_SEQUENCE                                                                           \
    OPTIONS(sequence_options, sequence_list), .family = "net", .shape = sequence_shape,            \
                                              .compose = sequence_compose

const tad_op tad__ops_sequences[] = {
    [TAD__RNN_TANH] = {.name = "rnn_tanh",
                       .doc = "rnn_tanh_cell along x (T,B,I): all states (T,B,H), the last one",
                       ALONG_A_SEQUENCE,
                       .min_in = 4,
                       .max_in = 6,
                       .n_out = 2,
                       SAMPLES(rnn_samples),
                       MISUSE(one_state_misuse)},
    [TAD__GRU] = {.name = "gru",
                  .doc = "gru_cell along x (T,B,I): all states (T,B,H), the last one",
                  ALONG_A_SEQUENCE,
                  .min_in = 4,
                  .max_in = 6,
                  .n_out = 2,
                  SAMPLES(gru_samples),
                  MISUSE(one_state_misuse)},
    [TAD__LSTM] = {.name = "lstm",
                   .doc = "lstm_cell along x (T,B,I): all h (T,B,H), the last h and c",
                   ALONG_A_SEQUENCE,
                   .min_in = 5,
                   .max_in = 7,
                   .n_out = 3,
                   CASES(lstm)},
};
const size_t tad__ops_sequences_count = LENGTH(tad__ops_sequences);

static tad_var along(int kind, const tad_var *in, bool reverse, tad_var *last, size_t states) {
    tad_var out[3] = {{0}};
    const size_t n = 5 + states;
    tad_apply(&tad__ops_sequences[kind], in, n, &(sequence_options){reverse}, out, 1 + states);
    for (size_t i = 0; i < states && last; i++) last[i] = out[1 + i];
    return out[0];
}

tad_var tad_rnn_tanh(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih, tad_var b_hh,
                     bool reverse, tad_var *last_h) {
    return along(TAD__RNN_TANH, (tad_var[]){x, h, w_ih, w_hh, b_ih, b_hh}, reverse, last_h, 1);
}

tad_var tad_gru(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih, tad_var b_hh,
                bool reverse, tad_var *last_h) {
    return along(TAD__GRU, (tad_var[]){x, h, w_ih, w_hh, b_ih, b_hh}, reverse, last_h, 1);
}

tad_var tad_lstm(tad_var x, tad_var h, tad_var c, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                 tad_var b_hh, bool reverse, tad_var *last_h, tad_var *last_c) {
    tad_var last[2] = {{0}};
    tad_var y = along(TAD__LSTM, (tad_var[]){x, h, c, w_ih, w_hh, b_ih, b_hh}, reverse, last, 2);
    if (last_h) *last_h = last[0];
    if (last_c) *last_c = last[1];
    return y;
}
