/* Values that are the memory of others seen otherwise, and constants. Rests on freeze.h.
 *
 * An op that is not elementwise may take its operands in an order that depends on how they lie. So
 * its constants lie as they do on the tape: where they are views there they are views here. */
#include "freeze.h"

/* ---- views ---- */

/* Where its layout, which may be another one than on the tape, allows that. */
static bool see(const tad__freezer *f, const tad__call *c, const tad__array_value *from,
                tad__array_value *to) {
    static const char address[1] = {0}; /* nothing is read there */
    char *const nowhere = (char *)(uintptr_t)address;
    tad_array seen = from->array;
    seen.data = to->array.data = nowhere;
    const tad_array *in[1] = {&seen};
    const tad_call_frame frame = {c->op, c->options, 1, 1, in, NULL, &f->t->compute, NULL};
    if (!c->op->view(&frame, &to->array)) return false;
    tad__array_seen(&to->array);
    to->offset = from->offset + (size_t)((char *)to->array.data - nowhere);
    to->array.data = NULL;
    to->root = from->root;
    to->home = from->home;
    to->of = from->of;
    return true;
}

tad__ref tad__view_of(tad__freezer *f, const tad__call *c, const tad__ref *x, uint32_t i) {
    const tad__node *n = tad__at(f->t, i);
    if (!c->op->view || c->n_in != 1 || c->n_out != 1 || !(n->flags & TAD__ARRAY))
        return TAD__NO_REF;
    if (!tad__is_array_ref(*x) || tad__array_of(f, *x)->array.rank == 0) return TAD__NO_REF;
    const tad__ref r = tad__value_like(f, i, TAD__PLANNED);
    if (r == TAD__NO_REF) return r;
    const tad__array_value from = *tad__array_of(f, *x);
    if (see(f, c, &from, tad__array_of(f, r))) return r;
    f->p->array.count--;
    return TAD__NO_REF;
}

/* ---- constants ---- */

/* Contiguous, and of one element along an axis the stride is the usual one, too. */
bool tad__is_row_major(const tad_array *a) {
    int64_t size = 1;
    bool same = true;
    for (int i = a->rank; i-- > 0; size *= a->dim[i]) same &= tad_strides(a)[i] == size;
    return same;
}

/* Of a small part of much a copy of the part is kept, whatever its layout. */
uint32_t tad__shown_by_constant(const tad__freezer *f, uint32_t i) {
    enum { MOST_TIMES = 8 };
    const tad__node *n = tad__at(f->t, i), *from;
    tad__call c;
    uint32_t k = TAD__NO_NODE;
    if (!(f->mark[i] & TAD__LIES) || !(n->flags & TAD__ARRAY) || tad__is_row_major(n->value.array))
        return TAD__NO_NODE;
    if (n->kind == TAD__CONSTANT && n->op == TAD__DETACHED)
        k = n->a;
    else if (tad__call_of(f->t, i, &c) && c.op->view && c.n_in == 1)
        k = c.in[0];
    if (k == TAD__NO_NODE || !((from = tad__at(f->t, k))->flags & TAD__ARRAY)) return TAD__NO_NODE;
    return from->value.array->size / MOST_TIMES <= n->value.array->size ? k : TAD__NO_NODE;
}

static tad__ref shown(tad__freezer *f, uint32_t i) {
    const uint32_t from = tad__shown_by_constant(f, i);
    tad__call c;
    if (from == TAD__NO_NODE) return TAD__NO_REF;
    return tad__call_of(f->t, i, &c) ? tad__view_of(f, &c, &f->value[from], i) : f->value[from];
}

static tad__ref stored_array(tad__freezer *f, const tad_array *a) {
    const tad_shape shape = tad__shape_of(a);
    const tad__ref r = tad__new_array_value(f, (tad_dtype)a->dtype, &shape, TAD__STORED);
    const size_t bytes = (size_t)a->size * tad__width(a->dtype);
    if (r == TAD__NO_REF) return r;
    tad_array *to = &tad__array_of(f, r)->array;
    to->data = tad__arena_take(&f->p->arena, bytes, 64);
    if (!to->data) {
        f->failed = true;
        return TAD__NO_REF;
    }
    tad__copy(&f->t->compute, to, a);
    f->p->info.constant_bytes += bytes;
    return r;
}

tad__ref tad__constant_of(tad__freezer *f, uint32_t i) {
    const tad__node *n = tad__at(f->t, i);
    if (!(n->flags & TAD__ARRAY)) return tad__known_number(f, n->value.number, TAD_F64);
    const tad__ref view = shown(f, i);
    return view != TAD__NO_REF || f->failed ? view : stored_array(f, n->value.array);
}
