/* The operands of an application: resolved, brought to one element type, shown as arrays. Rests on
 * work.h. */
#include <math.h>

#include "arrays.h"
#include "error.h"
#include "handle.h"
#include "node.h"
#include "work.h"

static bool make_room(tad__work *w) {
    if (w->n <= TAD__FEW) {
        w->index = w->few_index;
        w->array = w->few_array;
        w->view = w->few_view;
        return true;
    }
    w->index = tad__arena_take(&w->t->arena, w->n * sizeof *w->index, 16);
    w->array = tad__arena_take(&w->t->arena, w->n * sizeof *w->array, 16);
    w->view = tad__arena_take(&w->t->arena, w->n * sizeof *w->view, 16);
    return w->index && w->array && w->view;
}

/* The element type of floating operands: that of the arrays of rank > 0, which must agree; without
 * any, float32 as soon as one operand is. */
static bool find_common_dtype(tad__work *w, const tad_var *in) {
    bool seen[2] = {false, false}, weak32 = false, floats = false, integers = false;
    for (size_t i = 0; i < w->n; i++) {
        if (!tad__has_tape(in[i])) continue;
        const tad__node *n = tad__at(w->t, w->index[i]);
        const tad_dtype dtype = tad__dtype_at(w->t, w->index[i]);
        floats = floats || tad__is_float(dtype);
        integers = integers || dtype == TAD_I64;
        if (!(n->flags & TAD__ARRAY) || !tad__is_float(dtype)) continue;
        if (n->value.array->rank)
            seen[n->value.array->dtype] = true;
        else
            weak32 = weak32 || n->value.array->dtype == TAD_F32;
    }
    if (seen[TAD_F64] && seen[TAD_F32]) {
        tad__fail(w->t, TAD_BAD_DTYPE, "%s: float64 and float32 arrays do not mix; use tad_cast",
                  w->op->name);
        return false;
    }
    w->is_whole = integers && !floats;
    w->common = seen[TAD_F32] || (!seen[TAD_F64] && weak32) ? TAD_F32 : TAD_F64;
    return true;
}

static bool resolve_operands(tad__work *w, const tad_var *in) {
    for (size_t i = 0; i < w->n; i++) {
        w->index[i] = TAD__NO_NODE;
        if (tad_is_number(in[i]) || tad_is_none(in[i])) continue;
        if (!tad__resolve(w->t, in[i], w->op->name, &w->index[i])) return false;
    }
    return true;
}

/* The node of a row with two operands has room for one number. */
static void find_plain(tad__work *w, const tad_var *in) {
    if (!tad__is_row(w->t, w->op) || w->n != 2 || tad_is_number(in[0]) == tad_is_number(in[1]))
        return;
    w->plain_at = tad_is_number(in[1]);
    w->plain = in[w->plain_at].u.number;
}

/* A whole number among integers is an integer. */
static tad_dtype dtype_of_number(const tad__work *w, double value) {
    return w->is_whole && fabs(value) < 0x1p63 && value == trunc(value) ? TAD_I64 : w->common;
}

/* Other numbers become constants of the common type, 0-d operands of the other float type are
 * cast. */
static bool coerce_operands(tad__work *w, const tad_var *in) {
    if (!find_common_dtype(w, in)) return false;
    find_plain(w, in);
    for (size_t i = 0; i < w->n; i++) {
        tad_var v = in[i];
        if ((int)i == w->plain_at) continue;
        if (tad_is_number(v))
            v = tad_full(w->t, dtype_of_number(w, v.u.number), TAD_0D, v.u.number);
        else if (w->n > 1 && tad__has_tape(v)) {
            tad_dtype d = tad__dtype_at(w->t, w->index[i]);
            if (tad__is_float(d) && d != w->common)
                v = w->t->basis->cast(tad__handle(w->t, w->index[i]), w->common);
        }
        if (tad__has_tape(v)) w->index[i] = v.u.at.index;
        if (tad_is_nil(v)) return false;
    }
    return true;
}

/* Only operands beyond the least number may be left out, and none of a list of any length. */
static bool check_count(tad__work *w, const tad_var *in) {
    const tad_op *op = w->op;
    bool any = op->max_in == UINT8_MAX;
    if (w->n < op->min_in || (!any && w->n > op->max_in)) {
        tad__fail(w->t, TAD_BAD_ARGUMENT, "%s: %zu operands, it takes %d to %d", op->name, w->n,
                  op->min_in, op->max_in);
        return false;
    }
    for (size_t i = 0; i < w->n && (any || i < op->min_in); i++)
        if (!in || tad_is_none(in[i])) {
            tad__fail(w->t, TAD_BAD_ARGUMENT, "%s: operand %zu is left out", op->name, i);
            return false;
        }
    return true;
}

static void see_values(tad__work *w) {
    for (size_t i = 0; i < w->n; i++)
        w->array[i] =
            w->index[i] == TAD__NO_NODE ? NULL : tad__value(w->t, w->index[i], &w->view[i]);
    if (w->plain_at >= 0)
        w->array[w->plain_at] = tad__number_value(w->plain, w->common, &w->view[w->plain_at]);
}

bool tad__take_operands(tad__work *w, const tad_var *in) {
    if (!check_count(w, in) || !make_room(w)) return false;
    if (!resolve_operands(w, in)) return false;
    w->plain_at = -1;
    w->plain = 0;
    const bool is_alone = w->n == 1 && tad__has_tape(in[0]); /* no other to fit to */
    if (!is_alone && !coerce_operands(w, in)) return false;
    see_values(w);
    return true;
}
