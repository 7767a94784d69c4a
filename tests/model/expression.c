/* The model's arithmetic: each op is written once, on numbers with a derivative, element by
 * element. Rests on model.h alone. */
#include "model.h"

const char *const op_names[OP_COUNT] = {"add",          "sub",     "mul",       "fma",
                                        "neg",          "sin",     "tanh",      "square",
                                        "sum",          "matmul",  "gather",    "where",
                                        "greater",      "reshape", "transpose", "slice",
                                        "cast",         "max",     "dot_list",  "bce_with_logits",
                                        "cross_entropy"};

bool is_real(tad_dtype d) { return d == TAD_F64 || d == TAD_F32; }

array shaped(tad_dtype dtype, int rank, int rows, int columns) {
    array a = {.dtype = dtype, .rank = rank};
    a.dim[0] = rank > 0 ? rows : 1;
    a.dim[1] = rank > 1 ? columns : 1;
    a.n = a.dim[0] * a.dim[1];
    return a;
}

bool same_shape(const array *a, const array *b) {
    return a->rank == b->rank && a->dim[0] == b->dim[0] && a->dim[1] == b->dim[1];
}

tad_shape shape_of(const array *a) { return (tad_shape){a->rank, {a->dim[0], a->dim[1]}}; }

/* As if of rank 2: the last axis is the columns. */
static int rows_of(const array *a) { return a->rank == 2 ? a->dim[0] : 1; }
static int columns_of(const array *a) {
    return a->rank == 2 ? a->dim[1] : a->rank == 1 ? a->dim[0] : 1;
}

bool broadcast(const array *a, const array *b, array *out) {
    int r = rows_of(a), c = columns_of(a), r2 = rows_of(b), c2 = columns_of(b);
    if ((r != r2 && r != 1 && r2 != 1) || (c != c2 && c != 1 && c2 != 1)) return false;
    if (r == 1) r = r2;
    if (c == 1) c = c2;
    int rank = a->rank > b->rank ? a->rank : b->rank;
    if (r * c > MOST_ELEMENTS) return false;
    *out = shaped(a->dtype, rank, rank == 2 ? r : c, c);
    return true;
}

bool common_dtype(const array *in, int n, tad_dtype *out) {
    bool seen[2] = {false, false}, number32 = false;
    for (int k = 0; k < n; k++) {
        if (in[k].rank > 0) seen[in[k].dtype] = true;
        number32 = number32 || (in[k].rank == 0 && in[k].dtype == TAD_F32);
    }
    *out = seen[TAD_F32] || (!seen[TAD_F64] && number32) ? TAD_F32 : TAD_F64;
    return !(seen[TAD_F64] && seen[TAD_F32]);
}

bool is_differentiable(op o, int k) {
    if (o == OP_GREATER) return false;
    if (o == OP_WHERE) return k > 0;
    return (o != OP_GATHER && o != OP_CROSS_ENTROPY) || k == 0;
}

bool is_view(const call *c, tad_dtype operand) {
    return c->op == OP_RESHAPE || c->op == OP_TRANSPOSE || c->op == OP_SLICE ||
           (c->op == OP_CAST && c->dtype == operand);
}

/* ---- elements ---- */

typedef struct dual {
    double v, d;
} dual;

static double stored(double v, tad_dtype dtype) {
    switch (dtype) {
    case TAD_F32: return (double)(float)v;
    case TAD_I64: return trunc(v);
    case TAD_BOOL: return v != 0;
    default: return v;
    }
}

/* Element of a where `out`, to which a broadcasts, has its element i; of the common type. */
static dual seen_at(const array *a, const array *out, int i) {
    int row = i / columns_of(out), column = i % columns_of(out);
    int at = (rows_of(a) == 1 ? 0 : row) * columns_of(a) + (columns_of(a) == 1 ? 0 : column);
    return (dual){is_real(a->dtype) && is_real(out->dtype) ? stored(a->e[at], out->dtype)
                                                           : a->e[at],
                  a->d[at]};
}

static dual elementwise(op o, dual a, dual b, dual c) {
    switch (o) {
    case OP_ADD: return (dual){a.v + b.v, a.d + b.d};
    case OP_SUB: return (dual){a.v - b.v, a.d - b.d};
    case OP_MUL: return (dual){a.v * b.v, a.d * b.v + a.v * b.d};
    case OP_FMA: return (dual){a.v * b.v + c.v, a.d * b.v + a.v * b.d + c.d};
    case OP_NEG: return (dual){-a.v, -a.d};
    case OP_SIN: return (dual){sin(a.v), cos(a.v) * a.d};
    case OP_TANH: return (dual){tanh(a.v), (1 - tanh(a.v) * tanh(a.v)) * a.d};
    case OP_SQUARE: return (dual){a.v * a.v, 2 * a.v * a.d};
    case OP_WHERE: return a.v != 0 ? b : c;
    default: return (dual){a.v > b.v, 0};
    }
}

static void set(array *out, int i, dual x) {
    out->e[i] = stored(x.v, out->dtype);
    out->d[i] = x.d;
}

static void evaluate_elementwise(const call *c, const array *in, array *out) {
    int first = c->op == OP_WHERE;
    *out = in[0];
    for (int k = 1; k < c->n_in; k++) broadcast(out, &in[k], out);
    array values = *out;
    common_dtype(in + first, c->n_in - first, &values.dtype);
    *out =
        shaped(c->op == OP_GREATER ? TAD_BOOL : values.dtype, out->rank, out->dim[0], out->dim[1]);
    const dual none = {0, 0};
    for (int i = 0; i < out->n; i++) {
        dual a = seen_at(&in[0], &values, i), b = c->n_in > 1 ? seen_at(&in[1], &values, i) : none;
        set(out, i, elementwise(c->op, a, b, c->n_in > 2 ? seen_at(&in[2], &values, i) : none));
    }
}

/* ---- along an axis: element i of the result belongs to the `length` elements place(i, j) ---- */

typedef struct lines {
    int length, step, inner; /* inner: elements of the axes after it */
} lines;

static lines lines_of(const array *x, int axis) {
    if (axis < 0) return (lines){x->n, 1, x->n};
    if (x->rank == 2 && axis == 0) return (lines){x->dim[0], x->dim[1], x->dim[1]};
    return (lines){columns_of(x), 1, 1};
}

static int place(const lines *l, int i, int j) {
    if (l->step == 1) return i * l->length + j;
    return i % l->inner + j * l->step;
}

static array reduced(const array *x, int axis, bool keepdims) {
    if (axis < 0) return keepdims ? shaped(x->dtype, x->rank, 1, 1) : shaped(x->dtype, 0, 1, 1);
    if (x->rank == 1) return shaped(x->dtype, keepdims, 1, 1);
    int left = x->dim[1 - axis];
    if (!keepdims) return shaped(x->dtype, 1, left, 1);
    return axis == 0 ? shaped(x->dtype, 2, 1, left) : shaped(x->dtype, 2, left, 1);
}

static void evaluate_sum(const call *c, const array *x, array *out) {
    lines l = lines_of(x, c->axis);
    *out = reduced(x, c->axis, c->keepdims);
    for (int i = 0; i < out->n; i++) {
        dual sum = {0, 0};
        for (int j = 0; j < l.length; j++) {
            sum.v += x->e[place(&l, i, j)];
            sum.d += x->d[place(&l, i, j)];
        }
        set(out, i, sum);
    }
}

static void evaluate_max(const call *c, const array *x, array *out) {
    lines l = lines_of(x, c->axis);
    out[0] = out[1] = reduced(x, c->axis, c->keepdims);
    out[1].dtype = TAD_I64;
    for (int i = 0; i < out->n; i++) {
        int best = 0;
        for (int j = 1; j < l.length; j++)
            if (x->e[place(&l, i, j)] > x->e[place(&l, i, best)]) best = j;
        set(&out[0], i, (dual){x->e[place(&l, i, best)], x->d[place(&l, i, best)]});
        set(&out[1], i, (dual){best, 0});
    }
}

static tad_status evaluate_gather(const call *c, const array *x, const array *index, array *out) {
    *out = shaped(x->dtype, index->rank, index->dim[0], index->dim[1]);
    int columns = columns_of(x), by_row = x->rank == 2 && c->axis == 0;
    int limit = by_row ? x->dim[0] : columns;
    for (int i = 0; i < out->n; i++) {
        int row = i / columns_of(out), column = i % columns_of(out);
        if (index->e[i] < 0 || index->e[i] >= limit) return TAD_BAD_INDEX;
        int at = by_row ? (int)index->e[i] * columns + column : row * columns + (int)index->e[i];
        set(out, i, (dual){x->e[at], x->d[at]});
    }
    return TAD_OK;
}

static void evaluate_matmul(const array *a, const array *b, array *out) {
    bool vector = b->rank == 1;
    int columns = vector ? 1 : b->dim[1];
    *out = vector ? shaped(a->dtype, 1, a->dim[0], 1) : shaped(a->dtype, 2, a->dim[0], columns);
    for (int i = 0; i < out->n; i++) {
        dual sum = {0, 0};
        for (int k = 0; k < a->dim[1]; k++) {
            int p = i / columns * a->dim[1] + k, q = k * columns + i % columns;
            sum.v += a->e[p] * b->e[q];
            sum.d += a->d[p] * b->e[q] + a->e[p] * b->d[q];
        }
        set(out, i, sum);
    }
}

static void evaluate_bce(const array *in, array *out) {
    dual sum = {0, 0};
    for (int i = 0; i < in->n; i++) {
        double x = in[0].e[i], target = in[1].e[i], weight = in[2].e[i];
        double loss = fmax(x, 0) + log1p(exp(-fabs(x))) - x * target;
        double slope = (1 / (1 + exp(-x)) - target) * in[0].d[i] - x * in[1].d[i];
        sum.v += weight * loss;
        sum.d += in[2].d[i] * loss + weight * slope;
    }
    *out = shaped(in->dtype, 0, 1, 1);
    set(out, 0, sum);
}

static tad_status evaluate_cross_entropy(const array *x, const array *label, array *out) {
    dual sum = {0, 0};
    for (int i = 0; i < x->dim[0]; i++) {
        const double *e = x->e + i * x->dim[1], *d = x->d + i * x->dim[1];
        double total = 0, slope = 0;
        int at = (int)label->e[i];
        for (int j = 0; j < x->dim[1]; j++) {
            total += exp(e[j]);
            slope += exp(e[j]) * d[j];
        }
        if (at < 0 || at >= x->dim[1]) return TAD_BAD_INDEX;
        sum.v += log(total) - e[at];
        sum.d += slope / total - d[at];
    }
    *out = shaped(x->dtype, 0, 1, 1);
    set(out, 0, sum);
    return TAD_OK;
}

/* ---- the same elements in other places ---- */

static void evaluate_moved(const call *c, const array *x, array *out) {
    int from = 0;
    switch (c->op) {
    case OP_RESHAPE: *out = shaped(x->dtype, c->rank, c->dim[0], c->dim[1]); break;
    case OP_TRANSPOSE: *out = shaped(x->dtype, 2, x->dim[1], x->dim[0]); break;
    case OP_SLICE:
        *out = shaped(x->dtype, x->rank, c->stop - c->start, x->dim[1]);
        from = c->start * x->dim[1];
        break;
    default: *out = shaped(c->dtype, x->rank, x->dim[0], x->dim[1]);
    }
    for (int i = 0; i < out->n; i++) {
        int at = c->op == OP_TRANSPOSE ? i % out->dim[1] * x->dim[1] + i / out->dim[1] : from + i;
        set(out, i, (dual){x->e[at], x->d[at]});
    }
}

tad_status evaluate(const call *c, const array *in, array out[2]) {
    switch (c->op) {
    case OP_SUM: evaluate_sum(c, in, out); return TAD_OK;
    case OP_MAX: evaluate_max(c, in, out); return TAD_OK;
    case OP_MATMUL: evaluate_matmul(&in[0], &in[1], out); return TAD_OK;
    case OP_BCE: evaluate_bce(in, out); return TAD_OK;
    case OP_CROSS_ENTROPY: return evaluate_cross_entropy(&in[0], &in[1], out);
    case OP_GATHER: return evaluate_gather(c, &in[0], &in[1], out);
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_SLICE:
    case OP_CAST: evaluate_moved(c, in, out); return TAD_OK;
    case OP_DOT_LIST: { /* a b + c, of numbers */
        call product = *c;
        product.op = OP_FMA;
        evaluate_elementwise(&product, in, out);
        return TAD_OK;
    }
    default: evaluate_elementwise(c, in, out); return TAD_OK;
    }
}
