/* Another set of adjoints put in the place of the tape's. Rests on apart.h. */
#include "apart.h"

#include "adjoint.h"

#include "tape/error.h"

/* Marks what depends on an x by what nodes are made of. */
static void mark_varying(tad__numeric *s, const tad_var *x, size_t nx) {
    tad__between *b = &s->tape;
    for (size_t k = 0; k < nx; k++) {
        const uint32_t entry = tad__entry_of(b, x[k].u.at.index);
        if (entry) b->mark[entry] = TAD__VARIES | TAD__WANTED;
    }
    for (uint32_t k = 1; k <= b->span; k++) {
        const uint32_t i = (uint32_t)(b->base + k);
        tad__call c;
        if (!tad__call_of(s->t, i, &c)) continue;
        for (uint32_t j = 0; j < c.n_in; j++)
            if (tad__passes(s->t, &c, j))
                b->mark[k] |= b->mark[tad__entry_of(b, c.in[j])] & TAD__VARIES;
    }
}

static void exchange(tad_tape *t) {
    const tad__swept_apart now = {t->head.adjoint, t->head.swept, t->last};
    t->head.adjoint = t->other.adjoint;
    t->head.swept = t->other.swept;
    t->head.shown = 0;
    t->last = t->other.last;
    t->other = now;
}

bool tad__apart_begin(tad__apart *a, tad_var y, const tad_var *x, size_t nx, const char *what) {
    tad_tape *t = y.tape;
    *a = (tad__apart){.between = {.t = t, .what = what, .y = &y, .ny = 1}};
    if (!tad__numeric_begin(&a->between, x, nx, false)) return false;
    a->between.y = NULL; /* read only there */
    a->low = (uint32_t)(a->between.tape.base + 1);
    mark_varying(&a->between, x, nx);
    exchange(t);
    t->apart = a;
    return true;
}

/* What it needed stays with the tape, to be used again. */
void tad__apart_end(tad__apart *a) {
    tad_tape *t = a->between.t;
    tad__forget_gradients(t);
    t->apart = NULL;
    exchange(t);
    tad__numeric_end(&a->between);
}

/* Those of parameters would add up. */
static void forget_wanted(tad__apart *a) {
    tad_tape *t = a->between.t;
    const tad__between *b = &a->between.tape;
    for (uint32_t k = 1; k <= b->span; k++) {
        const uint32_t i = (uint32_t)(b->base + k);
        if (!(b->mark[k] & TAD__WANTED) || i >= t->head.swept) continue;
        if ((tad__at(t, i)->flags & TAD__ARRAY) && t->head.adjoint[i].array)
            tad__drop_adjoint(t, i);
        t->head.adjoint[i].bits = 0;
    }
}

tad_status tad__apart_reverse(tad__apart *a, tad_var y, tad_var cotangent) {
    forget_wanted(a);
    if (a->low > y.u.at.index) return TAD_OK; /* y depends on none */
    return tad_reverse_from(&y, &cotangent, 1);
}

const tad_array *tad__apart_gradient(tad__apart *a, tad_var x, tad__view *view) {
    const tad_tape *t = a->between.t;
    const uint32_t i = x.u.at.index;
    if (i >= t->head.swept) return NULL;
    if (t->head.node[i].flags & TAD__ARRAY) return t->head.adjoint[i].array;
    return tad__number_value(t->head.adjoint[i].number, TAD_F64, view);
}
