/* Another set of adjoints put in the place of the tape's. Rests on apart.h. */
#include "apart.h"

#include "adjoint.h"

#include "tape/error.h"

/* Marks what depends on x by what nodes are made of. */
static void mark_varying(tad__numeric *s, uint32_t x) {
    tad__between *b = &s->tape;
    b->mark[tad__entry_of(b, x)] |= TAD__VARIES;
    for (uint32_t k = 1; k <= b->span; k++) {
        const uint32_t i = (uint32_t)(b->base + k);
        tad__call c;
        if (!(tad__at(s->t, i)->flags & TAD__NEEDS) || !tad__call_of(s->t, i, &c)) continue;
        for (uint32_t j = 0; j < c.n_in; j++)
            if (tad__passes(s->t, &c, j)) b->mark[k] |= b->mark[tad__entry_of(b, c.in[j])];
    }
}

static void exchange(tad_tape *t) {
    const tad__swept now = {t->head.adjoint,   t->adjoint_capacity, t->head.swept,
                            t->array_adjoints, t->released,         t->root,
                            t->roots,          t->root_capacity};
    t->head.adjoint = t->other.adjoint, t->adjoint_capacity = t->other.adjoint_capacity;
    t->head.swept = t->other.swept, t->array_adjoints = t->other.array_adjoints;
    t->released = t->other.released;
    t->released = t->other.released;
    t->root = t->other.root, t->roots = t->other.roots, t->root_capacity = t->other.root_capacity;
    t->other = now;
}

bool tad__apart_begin(tad__apart *a, tad_var y, tad_var x, const char *what) {
    tad_tape *t = y.tape;
    *a = (tad__apart){.between = {.t = t, .what = what, .y = &y, .ny = 1}, .x = x.u.at.index};
    if (!tad__numeric_begin(&a->between, &x, 1, false)) return false;
    a->between.y = NULL; /* read only there */
    mark_varying(&a->between, a->x);
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

tad_status tad__apart_reverse(tad__apart *a, tad_var y, tad_var cotangent, tad__view *view,
                              const tad_array **gradient) {
    tad_tape *t = a->between.t;
    *gradient = NULL;
    if (a->x > y.u.at.index) return TAD_OK;
    if (a->x < t->head.swept) { /* a parameter's would add up */
        if ((tad__at(t, a->x)->flags & TAD__ARRAY) && t->head.adjoint[a->x].array)
            tad__drop_adjoint(t, a->x);
        t->head.adjoint[a->x].bits = 0;
    }
    tad_status s = tad_reverse_from(&y, &cotangent, 1);
    if (s != TAD_OK) return s;
    const tad__adjoint *g = &t->head.adjoint[a->x];
    *gradient = tad__at(t, a->x)->flags & TAD__ARRAY ? g->array
                                                     : tad__number_value(g->number, TAD_F64, view);
    return TAD_OK;
}
