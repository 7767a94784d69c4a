/* The lists of a numeric sweep, seeds and results, and the loops. Rests on numeric.h and follow.h.
 */
#include "numeric.h"

#include <string.h>

#include "follow.h"

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/leaf.h"
#include "tape/version.h"

/* ---- lists ---- */

bool tad__between_make(tad__numeric *s, tad__between *b, uint32_t low, uint32_t span, bool second) {
    const size_t n = (size_t)span + 1,
                 each = sizeof *b->tangent + 1 + (second ? sizeof *b->moving : 0);
    char *lists = tad__buffers_take(&s->t->buffers, n * each);
    if (!lists) {
        tad__no_memory(s->t, s->what);
        return false;
    }
    memset(lists, 0, n * each);
    *b = (tad__between){.node = s->t->head.node, .base = (int64_t)low - 1, .span = span};
    if (second) b->moving = (tad__moving *)(void *)lists;
    b->tangent = (tad__adjoint *)(void *)(lists + (second ? n * sizeof *b->moving : 0));
    b->mark = (uint8_t *)(b->tangent + n);
    return true;
}

static void forget(tad__numeric *s, tad__adjoint *derivative) {
    if (!derivative->array) return;
    tad__buffers_give(&s->t->buffers, derivative->array);
    s->arrays--;
}

static void forget_arrays(tad__numeric *s, const tad__between *b) {
    for (uint32_t k = 1; k <= b->span && s->arrays; k++) {
        if (!(tad__at(s->t, (uint32_t)(b->base + k))->flags & TAD__ARRAY)) continue;
        forget(s, &b->tangent[k]);
        if (!b->moving) continue;
        forget(s, &b->moving[k].adjoint);
        forget(s, &b->moving[k].tangent);
    }
}

void tad__between_free(tad__numeric *s, tad__between *b) {
    if (!b->tangent) return;
    forget_arrays(s, b);
    tad__buffers_give(&s->t->buffers, b->moving ? (void *)b->moving : (void *)b->tangent);
    *b = (tad__between){.span = 0};
}

void tad__numeric_again(tad__numeric *s) {
    const tad__between *b = &s->tape;
    forget_arrays(s, b);
    memset(b->tangent, 0, ((size_t)b->span + 1) * (sizeof *b->tangent + 1)); /* the marks, too */
    s->wanted = false;
}

static bool resolve_all(const tad__numeric *s, const tad_var *v, size_t n) {
    uint32_t i;
    for (size_t k = 0; k < n; k++)
        if (!tad__resolve(s->t, v[k], s->what, &i)) return false;
    return true;
}

bool tad__numeric_check(const tad__numeric *s, const tad_var *x, size_t nx) {
    return resolve_all(s, s->y, s->ny) && resolve_all(s, x, nx) &&
           tad__check_variables(s->t, s->what, x, nx) == TAD_OK &&
           tad__check_floats(s->t, s->what, s->y, s->ny) == TAD_OK;
}

bool tad__numeric_begin(tad__numeric *s, const tad_var *x, size_t nx, bool second) {
    uint32_t low = TAD__NO_NODE, top = 0;
    for (size_t k = 0; k < s->ny; k++) top = s->y[k].u.at.index > top ? s->y[k].u.at.index : top;
    for (size_t k = 0; k < nx; k++) low = x[k].u.at.index < low ? x[k].u.at.index : low;
    s->wanted = false;
    return tad__between_make(s, &s->tape, low, low <= top ? top - low + 1 : 0, second);
}

void tad__numeric_end(tad__numeric *s) { tad__between_free(s, &s->tape); }

/* ---- forward ---- */

/* A tangent that is a variable, or of an array. */
static tad_status seed_array(tad__numeric *s, tad_var x, tad_var v, size_t k) {
    const uint32_t i = x.u.at.index, entry = tad__entry_of(&s->tape, i);
    tad__view view;
    if (tad_is_none(v) || tad_is_nil(v)) return TAD_OK;
    if (tad_is_number(v)) v = tad_full(s->t, tad_dtype_of(x), tad_shape_of(x), v.u.number);
    tad_shape want = tad_shape_of(x), got = tad_shape_of(v);
    if (!tad__has_tape(v) || !tad__shape_equal(&want, &got) || tad_dtype_of(v) != tad_dtype_of(x))
        return tad__fail(s->t, TAD_BAD_SHAPE,
                         "%s: tangent %zu has not its variable's shape and type", s->what, k);
    if (!entry) return TAD_OK;
    s->tape.mark[entry] |= TAD__MOVES;
    return tad__add_derivative(s, &s->tape.tangent[entry], i,
                               tad__value(s->t, v.u.at.index, &view));
}

static inline tad_status seed_tangent(tad__numeric *s, tad_var x, tad_var tangent, size_t k) {
    const uint32_t i = x.u.at.index, entry = tad__entry_of(&s->tape, i);
    const bool number = tad_is_number(tangent) && tad__is_number_variable(x);
    if (entry) s->tape.mark[entry] |= TAD__VARIES | (number ? TAD__MOVES : 0);
    if (!number) return seed_array(s, x, tangent, k);
    if (entry) s->tape.tangent[entry].number += tangent.u.number;
    return TAD_OK;
}

/* What an op that no y depends on would refuse does not matter. */
void tad__mark_wanted(tad__numeric *s) {
    const tad__between *b = &s->tape;
    for (size_t k = 0; k < s->ny; k++) b->mark[tad__entry_of(b, s->y[k].u.at.index)] |= TAD__WANTED;
    for (uint32_t k = b->span; k > 0; k--) {
        tad__call c;
        const uint32_t i = (uint32_t)(b->base + k);
        if (!(b->mark[k] & TAD__WANTED) || !tad__call_of(s->t, i, &c)) continue;
        for (uint32_t j = 0; j < c.n_in; j++)
            if (tad__passes(s->t, &c, j)) b->mark[tad__entry_of(b, c.in[j])] |= TAD__WANTED;
        if (tad__at(s->t, i)->kind == TAD__OUTPUT)
            b->mark[tad__entry_of(b, tad__at(s->t, i)->a)] |= TAD__WANTED;
    }
    s->wanted = true;
}

tad_status tad__numeric_push(tad__numeric *s, const tad_var *x, const tad_var *tangent, size_t nx) {
    tad__between *b = &s->tape;
    const uint32_t doubtful = tad__numbers_in_doubt(s->t); /* looked at one by one */
    tad_status status = TAD_OK;
    for (size_t k = 0; k < nx && status == TAD_OK; k++)
        status = seed_tangent(s, x[k], tangent[k], k);
    for (uint32_t k = 1; k <= b->span && status == TAD_OK; k++) {
        b->node = s->t->head.node; /* recording moves it */
        if (b->base + k >= (int64_t)doubtful) k = s->t->compute.kernels->push_tangents(b, k);
        if (k <= b->span) status = tad__follow_tangent(s, (uint32_t)(b->base + k));
    }
    return status;
}

/* ---- reverse ---- */

static tad_status seed_adjoint(tad__numeric *s, uint32_t i, uint32_t k) {
    tad__view view;
    s->tape.mark[k] |= TAD__REACHED;
    return tad__add_derivative(s, &s->tape.moving[k].adjoint, i,
                               tad__number_value(1, tad__dtype_at(s->t, i), &view));
}

static tad_status pull_from(tad__numeric *s, uint32_t i, uint32_t k, tad__pull_adjoints *pull) {
    tad__between *b = &s->tape;
    tad_status status = seed_adjoint(s, i, k);
    for (; k > 0 && status == TAD_OK; k--) {
        b->node = s->t->head.node;
        if ((k = pull(b, k)) == 0) break;
        status = tad__follow_adjoint(s, (uint32_t)(b->base + k));
    }
    return status;
}

/* The nodes below entry k that are numbers, as if all had been reached; false: there are others. */
static bool pull_numbers(tad__numeric *s, uint32_t k) {
    tad__between *b = &s->tape;
    b->node = s->t->head.node; /* recording moves it: the tangents may have */
    while ((k = s->t->compute.kernels->pull_quickly(b, k)) != 0) {
        tad__call c;
        const uint32_t i = (uint32_t)(b->base + k);
        if (b->mark[k] & TAD__VARIES) {
            if (!tad__call_of(s->t, i, &c) || !tad__is_row_of_numbers(s->t, i, &c)) return false;
            b->mark[k] |= TAD__REACHED | TAD__SECOND;
            tad__adjoint_of_row(s, i, &c);
        }
        if (--k == 0) break;
    }
    return true;
}

/* Whether the loop over numbers, without marks, gives numbers at all x. Where it does they are
 * right: a zero that is not there has met no infinity on the way. */
static bool pull_quickly(tad__numeric *s, uint32_t i, uint32_t k, const tad_var *x, size_t nx) {
    const tad__between *b = &s->tape;
    double all = 0;
    b->moving[k].adjoint.number = 1;
    if ((tad__at(s->t, i)->flags & TAD__ARRAY) || !pull_numbers(s, k)) return false;
    for (size_t n = 0; n < nx; n++) {
        const uint32_t entry = tad__entry_of(b, x[n].u.at.index);
        if (!tad__is_number_variable(x[n])) continue;
        all += b->moving[entry].adjoint.number * 0 + b->moving[entry].tangent.number * 0;
        b->mark[entry] |= entry ? TAD__REACHED | TAD__SECOND : 0;
    }
    return all == 0;
}

tad_status tad__numeric_pull(tad__numeric *s, tad_var y, const tad_var *x, size_t nx) {
    const tad__between *b = &s->tape;
    const uint32_t i = y.u.at.index, k = tad__entry_of(b, i);
    if (!k || !(b->mark[k] & TAD__VARIES)) return TAD_OK;
    if (pull_quickly(s, i, k, x, nx)) return TAD_OK;
    for (uint32_t e = 0; e <= b->span; e++) b->mark[e] &= (uint8_t) ~(TAD__REACHED | TAD__SECOND);
    memset(b->moving, 0, ((size_t)b->span + 1) * sizeof *b->moving);
    return pull_from(s, i, k, s->t->compute.kernels->pull_adjoints);
}

/* ---- results ---- */

static tad_var constant_of(tad__numeric *s, tad_var v, const tad__adjoint *derivative, bool there) {
    const tad__node *n = tad__at(s->t, v.u.at.index);
    if (tad__is_number_variable(v) || !(n->flags & TAD__ARRAY))
        return tad__number_constant(s->t, there ? derivative->number : 0);
    const tad_dtype dtype = (tad_dtype)n->value.array->dtype;
    const tad_shape shape = tad__shape_of(n->value.array);
    return there && derivative->array
               ? tad__swept_constant(s->t, dtype, shape, derivative->array->data)
               : tad__of_origin(tad_full(s->t, dtype, shape, 0), TAD__SWEPT);
}

const tad_array *tad__numeric_tangent_array(tad__numeric *s, tad_var v, tad__view *view) {
    const uint32_t i = v.u.at.index, k = tad__entry_of(&s->tape, i);
    if (!(s->tape.mark[k] & TAD__MOVES)) return NULL;
    if (tad__at(s->t, i)->flags & TAD__ARRAY) return s->tape.tangent[k].array;
    return tad__number_value(s->tape.tangent[k].number, TAD_F64, view);
}

tad_array *tad__numeric_take_tangent(tad__numeric *s, tad_var v) {
    const uint32_t i = v.u.at.index, k = tad__entry_of(&s->tape, i);
    if (!(s->tape.mark[k] & TAD__MOVES) || !(tad__at(s->t, i)->flags & TAD__ARRAY)) return NULL;
    tad_array *taken = s->tape.tangent[k].array;
    s->tape.tangent[k].array = NULL;
    s->arrays -= taken != NULL;
    return taken;
}

tad_var tad__numeric_tangent(tad__numeric *s, tad_var v) {
    const uint32_t k = tad__entry_of(&s->tape, v.u.at.index);
    return constant_of(s, v, &s->tape.tangent[k], s->tape.mark[k] & TAD__MOVES);
}

tad_var tad__numeric_adjoint(tad__numeric *s, tad_var v) {
    const uint32_t k = tad__entry_of(&s->tape, v.u.at.index);
    return constant_of(s, v, &s->tape.moving[k].adjoint, k && (s->tape.mark[k] & TAD__REACHED));
}

tad_var tad__numeric_adjoint_tangent(tad__numeric *s, tad_var v) {
    const uint32_t k = tad__entry_of(&s->tape, v.u.at.index);
    return constant_of(s, v, &s->tape.moving[k].tangent, k && (s->tape.mark[k] & TAD__SECOND));
}
