/* When the gradient of a parameter is whole: once the lowest node that reads it has been visited.
 * Rests on watch.h. */
#include "watch.h"

#include <stdlib.h>

#include "tape/error.h"
#include "tape/handle.h"
#include "tape/node.h"
#include "tape/owned.h"

static const char what[] = "reverse_watched";

/* ---- who reads a parameter first ---- */

static int by_param(const void *a, const void *b) {
    const tad__watched *x = a, *y = b;
    return (x->param > y->param) - (x->param < y->param);
}

/* Descending; parameters that one node reads in the caller's order. */
static int by_first(const void *a, const void *b) {
    const tad__watched *x = a, *y = b;
    if (x->first != y->first) return (x->first < y->first) - (x->first > y->first);
    return (x->place > y->place) - (x->place < y->place);
}

/* Whether it is arithmetic on numbers, which has no array among its operands. */
static bool is_of_numbers(const tad__node *n) {
    return !(n->flags & TAD__ARRAY) && n->kind != TAD__GENERAL && n->kind != TAD__MULTI &&
           n->kind != TAD__OUTPUT;
}

/* From the top down, so that the lowest node is the last to be noted. */
static void find_first(tad__watch *w, uint32_t top) {
    const tad_tape *t = w->tape;
    tad__call c;
    for (uint32_t i = top; i > 0; i--) {
        if (is_of_numbers(&t->head.node[i]) || !tad__call_of(t, i, &c)) continue;
        for (uint32_t k = 0; k < c.n_in; k++) {
            const tad__watched key = {.param = c.in[k]};
            tad__watched *read =
                c.in[k] == TAD__NO_NODE ? NULL : bsearch(&key, w->of, w->n, sizeof key, by_param);
            if (read && (t->head.node[key.param].flags & TAD__ARRAY)) read->first = i;
        }
    }
}

/* ---- beginning and ending ---- */

static tad_status collect(tad__watch *w, const tad_var *params) {
    tad_tape *t = w->tape;
    for (size_t k = 0; k < w->n; k++) {
        uint32_t i;
        if (!tad__resolve(t, params[k], what, &i)) return t->error.status;
        if (tad__at(t, i)->kind != TAD__PARAM)
            return tad__fail(t, TAD_BAD_ARGUMENT, "%s: variable %zu is no parameter", what, k);
        w->of[k] = (tad__watched){i, 0, k};
    }
    if (w->n) qsort(w->of, w->n, sizeof *w->of, by_param);
    for (size_t k = 1; k < w->n; k++)
        if (w->of[k].param == w->of[k - 1].param)
            return tad__fail(t, TAD_BAD_ARGUMENT, "%s: variables %zu and %zu are one parameter",
                             what, w->of[k - 1].place, w->of[k].place);
    return TAD_OK;
}

tad_status tad__watch_begin(tad__watch *w, uint32_t top, const tad_var *params) {
    tad_tape *t = w->tape;
    if (!w->final || (w->n && !params))
        return tad__fail(t, TAD_BAD_ARGUMENT, "%s: no function, or no parameters", what);
    if (w->n > SIZE_MAX / sizeof *w->of || w->n >= TAD__NO_NODE)
        return tad__fail(t, TAD_TOO_LARGE, "%s: %zu parameters", what, w->n);
    w->of = w->n ? tad__resize(t, NULL, 0, w->n * sizeof *w->of) : NULL;
    if (w->n && !w->of) return tad__no_memory(t, what);
    const tad_status s = collect(w, params);
    if (s == TAD_OK && w->n) {
        find_first(w, top);
        qsort(w->of, w->n, sizeof *w->of, by_first);
    }
    if (s != TAD_OK) tad__watch_end(w);
    return s;
}

void tad__watch_end(tad__watch *w) {
    if (w->of) tad__resize(w->tape, w->of, w->n * sizeof *w->of, 0);
    w->of = NULL;
}

/* ---- during the sweep ---- */

uint32_t tad__watch_halt(const tad__watch *w, uint32_t halt) {
    return w->told < w->n && w->of[w->told].first > halt ? w->of[w->told].first - 1 : halt;
}

tad_status tad__watch_tell(tad__watch *w, uint32_t i) {
    tad_tape *t = w->tape;
    const uint32_t count = t->head.count, epoch = t->head.epoch;
    while (w->told < w->n && (w->of[w->told].first > i || i == 0)) {
        const tad_status s = w->final(w->user, w->of[w->told++].place);
        if (t->head.count != count || t->head.epoch != epoch)
            return tad__fail(t, TAD_BAD_ARGUMENT,
                             "%s: the function that is told has recorded or rewound", what);
        if (s != TAD_OK) return tad__fail(t, s, "%s: ended by the function that is told", what);
    }
    return t->error.status;
}
