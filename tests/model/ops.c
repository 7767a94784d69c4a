/* The driver's step that applies an op. Rests on model.h alone. */
#include "model.h"

/* ---- choosing operands ---- */

static bool put(call *c, int at) {
    c->in[c->n_in++] = at;
    return at >= 0;
}

static bool choose_reduce(world *w, const model *m, call *c) {
    if (!put(c, pick(w, m, REAL, -1))) return false;
    int rank = m->node[c->in[0]].value.rank;
    c->axis = c->op == OP_MAX ? below(w, rank + !rank) : below(w, rank + 1) - 1;
    c->keepdims = chance(w, 50);
    return c->op != OP_MAX || rank > 0;
}

static bool choose_elementwise(world *w, const model *m, call *c) {
    static const int counts[OP_COUNT] = {
        [OP_ADD] = 2, [OP_SUB] = 2,   [OP_MUL] = 2,     [OP_GREATER] = 2,
        [OP_FMA] = 3, [OP_WHERE] = 3, [OP_DOT_LIST] = 3};
    int n = counts[c->op] ? counts[c->op] : 1, rank = c->op == OP_DOT_LIST ? 0 : -1;
    for (int k = 0; k < n; k++)
        if (!put(c, pick(w, m, c->op == OP_WHERE && k == 0 ? MASK : REAL, rank))) return false;
    c->number = (below(w, 2001) - 1000) / 512.0;
    if (n == 2 && chance(w, 20)) c->in[below(w, 2)] = -1;
    return true;
}

static bool choose_matmul(world *w, const model *m, call *c) {
    if (!put(c, pick(w, m, REAL, 2))) return false;
    const array *a = &m->node[c->in[0]].value, *b;
    if (!put(c, pick(w, m, 1u << a->dtype, 1 + below(w, 2)))) return false;
    b = &m->node[c->in[1]].value;
    return a->dim[1] == b->dim[0] && a->dim[0] * b->dim[1] <= MOST_ELEMENTS;
}

static bool choose_gather(world *w, const model *m, call *c) {
    if (!put(c, pick(w, m, REAL, 1 + below(w, 2)))) return false;
    const array *x = &m->node[c->in[0]].value, *index;
    if (!put(c, pick(w, m, INDEX, x->rank))) return false;
    index = &m->node[c->in[1]].value;
    c->axis = below(w, x->rank);
    return x->rank == 1 || index->dim[1 - c->axis] <= x->dim[1 - c->axis];
}

static bool choose_bce(world *w, const model *m, call *c) {
    if (!put(c, pick(w, m, REAL, -1))) return false;
    const array *x = &m->node[c->in[0]].value;
    for (int k = 1; k < 3; k++) {
        int at = pick(w, m, 1u << x->dtype, x->rank);
        put(c, at >= 0 && same_shape(&m->node[at].value, x) ? at : c->in[0]);
    }
    return true;
}

static bool choose_cross_entropy(world *w, const model *m, call *c) {
    return put(c, pick(w, m, REAL, 2)) && put(c, pick(w, m, INDEX, 1)) &&
           m->node[c->in[1]].value.n == m->node[c->in[0]].value.dim[0];
}

static bool choose_moved(world *w, const model *m, call *c) {
    if (!put(c, pick(w, m, ~0u, c->op == OP_TRANSPOSE ? 2 : -1))) return false;
    const array *x = &m->node[c->in[0]].value;
    c->dtype = (tad_dtype)below(w, 4);
    c->rank = x->n == 1 ? below(w, 3) : 1 + below(w, 2);
    c->dim[0] = c->rank == 1 ? x->n : x->n % 2 ? 1 : 2;
    c->dim[1] = x->n / c->dim[0];
    if (c->rank < 2) c->dim[1] = 1;
    if (c->op == OP_SLICE && (x->rank == 0 || x->dim[0] < 2)) return false;
    c->start = c->op == OP_SLICE ? below(w, x->dim[0]) : 0;
    c->stop = c->op == OP_SLICE ? c->start + 1 + below(w, x->dim[0] - c->start) : 0;
    return true;
}

static bool choose(world *w, const model *m, call *c) {
    switch (c->op) {
    case OP_SUM:
    case OP_MAX: return choose_reduce(w, m, c);
    case OP_MATMUL: return choose_matmul(w, m, c);
    case OP_GATHER: return choose_gather(w, m, c);
    case OP_BCE: return choose_bce(w, m, c);
    case OP_CROSS_ENTROPY: return choose_cross_entropy(w, m, c);
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_SLICE:
    case OP_CAST: return choose_moved(w, m, c);
    default: return choose_elementwise(w, m, c);
    }
}

static void operands(const model *m, const call *c, array *in) {
    for (int k = 0; k < c->n_in; k++) {
        in[k] = shaped(TAD_F64, 0, 1, 1);
        in[k].e[0] = c->number;
        in[k].rank = -1;
        if (c->in[k] >= 0) in[k] = m->node[c->in[k]].value;
        memset(in[k].d, 0, sizeof in[k].d);
    }
}

/* Whether the operands go together. */
static bool is_legal(const call *c, const array *in) {
    array all = in[0];
    tad_dtype dtype;
    if (c->op == OP_MATMUL || c->op == OP_GATHER || c->op == OP_CROSS_ENTROPY) return true;
    for (int k = 1; k < c->n_in; k++)
        if (!broadcast(&all, &in[k], &all)) return false;
    int first = c->op == OP_WHERE;
    return c->n_in == 1 || common_dtype(in + first, c->n_in - first, &dtype);
}

static bool is_large(const array *a) {
    for (int i = 0; i < a->n; i++)
        if (fabs(a->e[i]) > 4) return true;
    return false;
}

/* ---- the calls ---- */

static tad_var perform_moved(const call *c, tad_var x) {
    switch (c->op) {
    case OP_RESHAPE: return tad_reshape(x, (tad_shape){c->rank, {c->dim[0], c->dim[1]}});
    case OP_TRANSPOSE: return tad_transpose(x, 0, 1);
    case OP_SLICE: return tad_slice(x, 0, c->start, c->stop, 1);
    default: return tad_cast(x, c->dtype);
    }
}

static tad_var perform(const call *c, const tad_var *x, tad_var *second) {
    tad_axes over = c->axis < 0 ? tad_all() : tad_axis(c->axis);
    if (c->keepdims) over = tad_keepdims(over);
    switch (c->op) {
    case OP_ADD: return tad_add(x[0], x[1]);
    case OP_SUB: return tad_sub(x[0], x[1]);
    case OP_MUL: return tad_mul(x[0], x[1]);
    case OP_FMA: return tad_fma(x[0], x[1], x[2]);
    case OP_NEG: return tad_neg(x[0]);
    case OP_SIN: return tad_sin(x[0]);
    case OP_TANH: return tad_tanh(x[0]);
    case OP_SQUARE: return tad_square(x[0]);
    case OP_SUM: return tad_sum(x[0], over);
    case OP_MATMUL: return tad_matmul(x[0], x[1]);
    case OP_GATHER: return tad_gather(x[0], x[1], c->axis);
    case OP_WHERE: return tad_where(x[0], x[1], x[2]);
    case OP_GREATER: return tad_greater(x[0], x[1]);
    case OP_MAX: return tad_max(x[0], over, second);
    case OP_CROSS_ENTROPY:
        return tad_cross_entropy(x[0], x[1], &(tad_cross_entropy_options){.reduction = TAD_SUM});
    case OP_BCE: return tad_bce_with_logits(x[0], x[1], x[2], tad_none(), TAD_SUM);
    case OP_DOT_LIST: return tad_dot_list(&x[0], &x[1], 1, x[2]);
    default: return perform_moved(c, x[0]);
    }
}

/* ---- the step ---- */

static node result_of(const model *m, const call *c, const array *value) {
    node n = {.kind = m->paused ? CONSTANT : RESULT, .call = *c, .value = *value, .memory = -1};
    operands(m, c, n.used);
    for (int k = 0; k < c->n_in; k++) {
        const node *x = c->in[k] < 0 ? NULL : &m->node[c->in[k]];
        if (x && x->needs && is_differentiable(c->op, k) && is_real(value->dtype)) n.needs = true;
        if (x && x->opaque) n.opaque = true;
    }
    if (c->in[0] >= 0 && is_view(c, m->node[c->in[0]].value.dtype))
        n.memory = m->node[c->in[0]].memory;
    if (m->paused) n.needs = n.opaque = false;
    return n;
}

static void say_call(const world *w, const model *m, const call *c) {
    say(w, "%s(", op_names[c->op]);
    for (int k = 0; k < c->n_in; k++) {
        if (c->in[k] < 0)
            say(w, "%s%g", k ? ", " : "", c->number);
        else
            say(w, "%s%d:%d", k ? ", " : "", m->which, c->in[k]);
    }
    if (c->op == OP_SUM || c->op == OP_MAX || c->op == OP_GATHER) say(w, "; axis %d", c->axis);
    if (c->op == OP_CAST) say(w, "; %s", tad_dtype_name(c->dtype));
    say(w, ")");
}

static bool both_recorded(world *w, model *m, const call *c, const array *out, tad_var got,
                          tad_var second) {
    node n = result_of(m, c, &out[0]), indices;
    bool exact = c->op == OP_GATHER || c->op == OP_WHERE || is_view(c, out[0].dtype) ||
                 !is_real(out[0].dtype);
    if (!recorded(w, m, got, &n, exact)) return false;
    if (c->op != OP_MAX) return true;
    indices = result_of(m, c, &out[1]);
    indices.output = 1;
    return recorded(w, m, second, &indices, true);
}

/* An op and operands that go together; false when there are none. */
static bool choose_call(world *w, const model *m, call *c) {
    array in[MOST_OPERANDS];
    for (int tries = 0; tries < 5; tries++) {
        *c = (call){.op = (op)below(w, OP_COUNT)};
        if (!choose(w, m, c)) continue;
        operands(m, c, in);
        if (is_legal(c, in)) return true;
    }
    return false;
}

static void note(const model *m, const call *c, tad_status s) {
    happened[BAD_INDEX] += s == TAD_BAD_INDEX;
    applied[c->op]++;
    for (int k = 0; k < c->n_in; k++) {
        const node *x = c->in[k] < 0 ? NULL : &m->node[c->in[k]];
        happened[USED_CHANGED_VIEW] +=
            x && x->kind == RESULT && x->memory >= 0 && m->node[x->memory].changed > x->born;
    }
}

bool apply(world *w, model *m, call *c) {
    array in[MOST_OPERANDS], out[2];
    tad_var x[MOST_OPERANDS], second = tad_none();
    operands(m, c, in);
    tad_status s = evaluate(c, in, out);
    if (s == TAD_OK && is_large(&out[0])) {
        if (c->in[0] < 0 || !is_real(in[0].dtype) || c->op == OP_CAST) return true;
        c->op = OP_SIN;
        c->n_in = 1;
        evaluate(c, in, out);
    }
    note(m, c, s);
    say_call(w, m, c);
    for (int k = 0; k < c->n_in; k++)
        x[k] = c->in[k] < 0 ? tad_number(c->number) : var_of(w, m, c->in[k]);
    tad_var got = perform(c, x, &second);
    if (m->error == TAD_OK && s != TAD_OK)
        return tad_is_nil(got) ? refused(w, m, tad_tape_status(m->tape), s)
                               : wrong(w, "recorded, should be refused");
    return both_recorded(w, m, c, out, got, second);
}

bool step_op(world *w, model *m) {
    call c;
    return !choose_call(w, m, &c) || apply(w, m, &c);
}
