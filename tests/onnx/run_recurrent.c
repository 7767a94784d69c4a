/* Recurrent layers: steps of a cell, in one direction. ONNX has the weights of all gates below each
 * other, as tad does, but in another order. Rests on node.h. */
#include "rows.h"

enum { STEPS = 64 };

typedef struct layer {
    int64_t gates, hidden, batch, steps;
    bool batch_first;
    tad_var w, r, bias_w, bias_r; /* of the gates in tad's order */
    tad_var h, c;
    tad_var each[STEPS]; /* h after each step */
} layer;

/* Where tad's gates stand in ONNX's: of i o f c the order i f c o; of z r h the order r z h. */
static const int64_t orders[][4] = {[1] = {0}, [3] = {1, 0, 2}, [4] = {0, 2, 3, 1}};

/* Of x (1, gates hidden, ...) the gates from `first` on, in tad's order. */
static tad_var ordered(node_run *r, const layer *l, tad_var x, int64_t first) {
    tad_var part[4];
    const tad_shape s = tad_shape_of(x);
    if (tad_is_none(x) || !going(r)) return tad_none();
    for (int64_t g = 0; g < l->gates; g++) {
        const int64_t from = first + orders[l->gates][g] * l->hidden;
        part[g] = slice_axis(r, x, 1, from, from + l->hidden);
    }
    const tad_var all = call(r, "concat", part, (size_t)l->gates, WITH(INT("axis", 1)));
    return reshape(r, all, (int64_t[]){l->gates * l->hidden, -1}, s.rank == 3 ? 2 : 1);
}

/* A state (1, batch, hidden), or (batch, 1, hidden), as rows; zeros when it is not given. */
static tad_var state(node_run *r, const layer *l, size_t i, tad_dtype dtype) {
    const tad_var x = input(r, i);
    if (!going(r)) return tad_none();
    if (tad_is_none(x)) return tad_full(r->tape, dtype, TAD_SHAPE(l->batch, l->hidden), 0);
    return reshape(r, x, (int64_t[]){l->batch, l->hidden}, 2);
}

/* Every sequence must be whole. */
static void check_lengths(node_run *r, const layer *l) {
    const integers lengths = input_list(r, 4);
    for (size_t i = 0; i < lengths.n; i++)
        if (lengths.v[i] != l->steps) skip(r, INPUT, "4: sequences of several lengths");
}

static bool read_layer(node_run *r, int64_t gates, layer *l) {
    const tad_shape x = tad_shape_of(input(r, 0)), w = tad_shape_of(input(r, 2));
    *l = (layer){.gates = gates, .batch_first = integer(r, "layout", 0)};
    if (!word(r, "direction", "forward", "forward")) skip(r, ATTRIBUTE, "direction");
    if (x.rank != 3 || w.rank != 3 || x.dim[l->batch_first] > STEPS)
        skip(r, INPUT, "0 is too long");
    if (!going(r)) return false;
    l->hidden = integer(r, "hidden_size", w.dim[2]);
    l->steps = x.dim[l->batch_first];
    l->batch = x.dim[!l->batch_first];
    l->w = ordered(r, l, input(r, 1), 0);
    l->r = ordered(r, l, input(r, 2), 0);
    l->bias_w = ordered(r, l, input(r, 3), 0);
    l->bias_r = ordered(r, l, input(r, 3), gates * l->hidden);
    l->h = state(r, l, 5, tad_dtype_of(input(r, 0)));
    check_lengths(r, l);
    return going(r);
}

static tad_var at_time(node_run *r, const layer *l, int64_t t) {
    const tad_var x = slice_axis(r, input(r, 0), l->batch_first, t, t + 1);
    return reshape(r, x, (int64_t[]){l->batch, -1}, 2);
}

/* All states, with an axis of one direction, and the last one. */
static void give(node_run *r, layer *l) {
    const tad_var all =
        call(r, "stack", l->each, (size_t)l->steps, WITH(INT("axis", l->batch_first)));
    const int64_t axis = l->batch_first;
    r->out[0] = call(r, "unsqueeze", IN(all), WITH(INT("axis", l->batch_first ? 2 : 1)));
    r->out[1] = call(r, "unsqueeze", IN(l->h), WITH(INT("axis", axis)));
    if (!tad_is_none(l->c)) r->out[2] = call(r, "unsqueeze", IN(l->c), WITH(INT("axis", axis)));
}

void run_rnn(node_run *r, const row *is) {
    layer l;
    if (!read_layer(r, 1, &l)) return;
    l.c = tad_none();
    for (int64_t t = 0; t < l.steps; t++)
        l.each[t] = l.h =
            call(r, is->op, IN(at_time(r, &l, t), l.h, l.w, l.r, l.bias_w, l.bias_r), PLAIN);
    give(r, &l);
}

void run_lstm(node_run *r, const row *is) {
    layer l;
    if (!read_layer(r, 4, &l)) return;
    l.c = state(r, &l, 6, tad_dtype_of(l.h));
    for (int64_t t = 0; t < l.steps; t++) {
        tad_var next[2];
        call_all(r, is->op, IN(at_time(r, &l, t), l.h, l.c, l.w, l.r, l.bias_w, l.bias_r), PLAIN,
                 next, 2);
        l.each[t] = l.h = next[0];
        l.c = next[1];
    }
    give(r, &l);
}

/* Rows of weights, or of a bias. */
static tad_var rows(node_run *r, const layer *l, tad_var x, int64_t gate, int64_t gates) {
    return tad_is_none(x) ? x : slice_axis(r, x, 0, gate * l->hidden, (gate + gates) * l->hidden);
}

/* The state is reset before it is multiplied, where tad's cell does it behind. */
static tad_var reset_first(node_run *r, const layer *l, tad_var x) {
    const int64_t n = l->hidden;
    const tad_var of_x = call(r, "linear", IN(x, l->w, l->bias_w), PLAIN);
    const tad_var of_h =
        call(r, "linear", IN(l->h, rows(r, l, l->r, 0, 2), rows(r, l, l->bias_r, 0, 2)), PLAIN);
    const tad_var sums = call(r, "add", IN(slice_axis(r, of_x, 1, 0, 2 * n), of_h), PLAIN);
    const tad_var gates = call(r, "sigmoid", IN(sums), PLAIN);
    const tad_var kept = call(r, "mul", IN(slice_axis(r, gates, 1, 0, n), l->h), PLAIN);
    const tad_var of_kept =
        call(r, "linear", IN(kept, rows(r, l, l->r, 2, 1), rows(r, l, l->bias_r, 2, 1)), PLAIN);
    const tad_var sum = call(r, "add", IN(slice_axis(r, of_x, 1, 2 * n, 3 * n), of_kept), PLAIN);
    const tad_var fresh = call(r, "tanh", IN(sum), PLAIN);
    return call(r, "lerp", IN(fresh, l->h, slice_axis(r, gates, 1, n, 2 * n)), PLAIN);
}

void run_gru(node_run *r, const row *is) {
    layer l;
    const bool behind = integer(r, "linear_before_reset", 0);
    if (!read_layer(r, 3, &l)) return;
    l.c = tad_none();
    for (int64_t t = 0; t < l.steps; t++) {
        const tad_var x = at_time(r, &l, t);
        l.h = behind ? call(r, is->op, IN(x, l.h, l.w, l.r, l.bias_w, l.bias_r), PLAIN)
                     : reset_first(r, &l, x);
        l.each[t] = l.h;
    }
    give(r, &l);
}
