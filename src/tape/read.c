/* Reading and writing what nodes hold: values, gradients, parameters. Rests on tape.h. */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "error.h"
#include "handle.h"
#include "leaf.h"
#include "node.h"
#include "version.h"
#include "witness.h"

/* ---- values ---- */

tad_dtype tad_dtype_of(tad_var x) {
    uint32_t i;
    if (tad_is_number(x)) return TAD_F64;
    if (!tad__has_tape(x) || tad_is_nil(x) || !tad__resolve(x.tape, x, "dtype_of", &i))
        return TAD_DTYPE_COUNT;
    return tad__dtype_at(x.tape, i);
}

tad_shape tad_shape_of(tad_var x) {
    const tad_shape none = {-1, {0}};
    uint32_t i;
    tad__view view;
    if (tad_is_number(x)) return TAD_0D;
    if (!tad__has_tape(x) || tad_is_nil(x) || !tad__resolve(x.tape, x, "shape_of", &i)) return none;
    return tad__shape_of(tad__value(x.tape, i, &view));
}

int64_t tad_size_of(tad_var x) {
    tad_shape s = tad_shape_of(x);
    int64_t n;
    return tad__shape_size(&s, &n) ? n : -1;
}

/* Whether there is a node behind a handle, for a verb called `what`, which is to read it. */
static bool is_readable(tad_var x, const char *what, uint32_t *i) {
    if (!tad__has_tape(x) || x.tape->error.status != TAD_OK) return false;
    if (!tad__resolve(x.tape, x, what, i)) return false;
    tad__witness(x.tape, *i);
    return true;
}

/* The value behind a handle. NULL on failure. */
static const tad_array *value_of(tad_var x, const char *what, tad__view *view) {
    uint32_t i;
    return is_readable(x, what, &i) ? tad__value(x.tape, i, view) : NULL;
}

static tad_status status_of(tad_var x) {
    return tad__has_tape(x) ? x.tape->error.status : TAD_BAD_HANDLE;
}

static tad_status read_into(tad_tape *t, const char *what, const tad_array *a, double *out,
                            size_t n) {
    if (!out && n) return tad__fail(t, TAD_BAD_ARGUMENT, "%s: no place to read to", what);
    if ((size_t)a->size != n)
        return tad__fail(t, TAD_BAD_SHAPE, "%s: %zu elements asked for, the variable has %lld",
                         what, n, (long long)a->size);
    int64_t dims[2 * TAD_MAX_RANK];
    tad_array to = {.data = out,
                    .size = a->size,
                    .dim = dims,
                    .dtype = TAD_F64,
                    .rank = a->rank,
                    .contiguous = true};
    tad_shape shape = tad__shape_of(a);
    memcpy(dims, shape.dim, a->rank * sizeof *dims);
    tad__shape_strides(&shape, dims + a->rank);
    tad__copy(&t->compute, &to, a);
    return TAD_OK;
}

tad_status tad_read(tad_var x, double *out, size_t n) {
    tad__view view;
    const tad_array *a = value_of(x, "read", &view);
    return a ? read_into(x.tape, "read", a, out, n) : status_of(x);
}

/* Apart, so that the fast path needs no stack. */
static __attribute__((noinline)) double slow_item(tad_var x) {
    uint32_t i;
    double v;
    tad__view view;
    if (tad_is_number(x)) return x.u.number;
    if (!is_readable(x, "item", &i)) return NAN;
    const tad_array *a = tad__value(x.tape, i, &view);
    if (a->size == 1 && a->dtype == TAD_F64) return *(const double *)a->data;
    return read_into(x.tape, "item", a, &v, 1) == TAD_OK ? v : NAN;
}

/* On a tape without failure. */
static inline bool is_number(tad_var x) {
    return tad__has_tape(x) && x.tape->head.limit && tad__is_scalar(x.tape, x);
}

double tad_item(tad_var x) {
    if (!is_number(x)) return slow_item(x);
    tad__witness(x.tape, x.u.at.index);
    return TAD__NODE(x)->value.number;
}

const void *tad_data(tad_var x) {
    tad__view view;
    const tad_array *a = value_of(x, "data", &view);
    if (!a) return NULL;
    if (a->contiguous) return a->data;
    tad_shape shape = tad__shape_of(a);
    tad_array *copy = tad__new_array(x.tape, (tad_dtype)a->dtype, &shape);
    if (!copy) {
        tad__no_memory(x.tape, "data");
        return NULL;
    }
    tad__copy(&x.tape->compute, copy, a);
    return copy->data;
}

/* A value that a program would compute anew; a constant does not tell what it comes from. */
static bool is_known(const tad__node *n) {
    return n->kind != TAD__CONSTANT || n->op == TAD__GIVEN || n->op == TAD__DETACHED;
}

bool tad_decide(tad_var condition) {
    uint32_t i;
    if (!tad__has_tape(condition) || condition.tape->error.status != TAD_OK) return false;
    tad_tape *t = condition.tape;
    if (!tad__resolve(t, condition, "decide", &i)) return false;
    tad__node *n = tad__at(t, i);
    if (tad__dtype_at(t, i) != TAD_BOOL || n->value.array->size != 1) {
        char text[TAD__SHAPE_ROOM];
        const tad_shape shape = tad_shape_of(condition);
        tad__fail(t, TAD_BAD_DTYPE, "decide: one bool is needed, the variable is %s %s",
                  tad_dtype_name(tad__dtype_at(t, i)), tad__shape_text(&shape, text, sizeof text));
        return false;
    }
    if (is_known(n))
        n->flags |= TAD__DECIDED;
    else
        tad__witness(t, i);
    return *(const uint8_t *)n->value.array->data;
}

/* ---- parameters ---- */

static bool find_param(tad_var x, const char *what, uint32_t *index) {
    if (!tad__has_tape(x) || x.tape->error.status != TAD_OK ||
        !tad__resolve(x.tape, x, what, index))
        return false;
    if (tad__at(x.tape, *index)->kind == TAD__PARAM) return true;
    tad__fail(x.tape, TAD_BAD_ARGUMENT, "%s: the variable is not a parameter", what);
    return false;
}

void *tad_param_data(tad_var x) {
    uint32_t i;
    if (!find_param(x, "param_data", &i)) return NULL;
    tad__witness(x.tape, i);
    return tad__change(x.tape, i);
}

tad_status tad_assign(tad_var param, const void *data) {
    uint32_t i;
    if (!find_param(param, "assign", &i)) return status_of(param);
    size_t bytes = (size_t)tad_size_of(param) * tad_dtype_size(tad_dtype_of(param));
    if (!data && bytes) return tad__fail(param.tape, TAD_BAD_ARGUMENT, "assign: no data");
    void *to = tad__change(param.tape, i);
    tad__copy_bytes(to, data, bytes);
    return TAD_OK;
}

/* ---- gradients ---- */

/* The node whose gradient can be read now. */
static tad__node *with_gradient(tad_var x, const char *what) {
    uint32_t i;
    if (!tad__has_tape(x) || x.tape->error.status != TAD_OK || !tad__resolve(x.tape, x, what, &i))
        return NULL;
    tad__node *n = tad__at(x.tape, i);
    if (!(n->flags & TAD__NEEDS))
        tad__fail(x.tape, TAD_NO_GRADIENT, "%s: the variable is a constant, it has no gradient",
                  what);
    else if (i >= x.tape->head.swept)
        tad__fail(x.tape, TAD_NO_GRADIENT, "%s: no sweep since the variable was recorded", what);
    else if ((n->flags & TAD__RELEASED) && !tad__adjoint_at(x.tape, n)->bits)
        tad__fail(
            x.tape, TAD_NO_GRADIENT,
            "%s: the gradient of an interior array was released; call tad_retain before the sweep",
            what);
    else
        return n;
    return NULL;
}

/* The same, to be read by C code. */
static tad__node *seen_gradient(tad_var x, const char *what) {
    tad__node *n = with_gradient(x, what);
    if (n) tad__witness_gradients(x.tape);
    return n;
}

tad_var tad_gradient(tad_var x) {
    tad__node *n = with_gradient(x, "gradient");
    if (!n) return tad__nil(tad__has_tape(x) ? x.tape : NULL);
    if (!(n->flags & TAD__ARRAY))
        return tad__swept_constant(x.tape, TAD_F64, TAD_0D, &tad__adjoint_at(x.tape, n)->number);
    const tad_array *gradient = tad__adjoint_at(x.tape, n)->array;
    return tad__swept_constant(x.tape, (tad_dtype)n->value.array->dtype,
                               tad__shape_of(n->value.array), gradient ? gradient->data : NULL);
}

static __attribute__((noinline)) double slow_gradient_item(tad_var x) {
    const tad__node *n = seen_gradient(x, "gradient_item");
    if (!n) return NAN;
    if (!(n->flags & TAD__ARRAY)) return tad__adjoint_at(x.tape, n)->number;
    double v = 0;
    if (n->value.array->size != 1) {
        tad__fail(x.tape, TAD_BAD_SHAPE, "gradient_item: the variable has %lld elements, not one",
                  (long long)n->value.array->size);
        return NAN;
    }
    return tad__adjoint_at(x.tape, n)->array &&
                   read_into(x.tape, "gradient_item", tad__adjoint_at(x.tape, n)->array, &v, 1) !=
                       TAD_OK
               ? NAN
               : v;
}

double tad_gradient_item(tad_var x) {
    return tad__fast_gradient(x) ? x.tape->head.adjoint[x.u.at.index].number
                                 : slow_gradient_item(x);
}

const void *tad_gradient_data(tad_var x) {
    tad__node *n = seen_gradient(x, "gradient_data");
    if (!n) return NULL;
    if (!(n->flags & TAD__ARRAY)) return &tad__adjoint_at(x.tape, n)->number;
    if (tad__adjoint_at(x.tape, n)->array) return tad__adjoint_at(x.tape, n)->array->data;
    tad_shape shape = tad__shape_of(n->value.array);
    tad_array *zeros = tad__new_buffer(x.tape, (tad_dtype)n->value.array->dtype, &shape);
    if (!zeros) {
        tad__no_memory(x.tape, "gradient_data");
        return NULL;
    }
    tad__clear(&x.tape->compute, zeros);
    tad__adjoint_at(x.tape, n)->array = zeros;
    x.tape->last.array_adjoints++;
    return zeros->data;
}

tad_status tad_zero_gradients(const tad_var *params, size_t n) {
    uint32_t i;
    if (n && !params) return TAD_BAD_ARGUMENT;
    for (size_t k = 0; k < n; k++)
        if (!find_param(params[k], "zero_gradients", &i)) return status_of(params[k]);
    for (size_t k = 0; k < n; k++) {
        if (!find_param(params[k], "zero_gradients", &i)) return status_of(params[k]);
        tad__zero_gradient(params[k].tape, i);
    }
    return TAD_OK;
}

bool tad_is_reached(tad_var x) {
    uint32_t i;
    if (!tad__has_tape(x) || !tad__resolve(x.tape, x, "is_reached", &i)) return false;
    tad_tape *t = x.tape;
    if (i >= t->head.swept || !(tad__at(t, i)->flags & TAD__NEEDS)) return false;
    uint8_t *mark = tad__buffers_take(&t->buffers, t->head.swept);
    if (!mark) {
        tad__no_memory(t, "is_reached");
        return false;
    }
    tad__mark_roots(t, mark, t->head.swept - 1);
    tad__mark_operands(t, mark, t->head.swept - 1, i, 0);
    bool reached = mark[i] & TAD__ANCESTOR;
    tad__buffers_give(&t->buffers, mark);
    return reached;
}
