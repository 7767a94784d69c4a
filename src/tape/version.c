/* Which values are no longer what they were when a node was recorded: rules read operands again
 * when a sweep comes, and only parameters can have changed by then. Rests on tape.h. */
#include "error.h"
#include "handle.h"
#include "label.h"
#include "node.h"

/* Whether node `from` was there when the change was made. */
static bool was_there(const tad_tape *t, uint32_t from, tad__version change) {
    return from < change.count && tad__survives(t, from, change.epoch);
}

static tad__version version_of(const tad__node *n) {
    const tad__version never = {0, 0};
    if (!(n->flags & TAD__ARRAY))
        return n->kind == TAD__PARAM ? (tad__version){n->u.arg.b, n->u.arg.c} : never;
    return n->value.array->version ? *n->value.array->version : never;
}

/* A view changes together with what it shows, and its rule reads no elements. */
static bool is_view_of(const tad__node *y, const tad__node *x) {
    if (!(y->flags & x->flags & TAD__ARRAY)) return false;
    return y->value.array->version && y->value.array->version == x->value.array->version;
}

bool tad__is_changed(const tad_tape *t, uint32_t at, uint32_t operand) {
    const tad__node *x = t->head.node + operand;
    tad__version v = version_of(x);
    return v.count && was_there(t, at, v) && !is_view_of(t->head.node + at, x);
}

tad_status tad__stale(tad_tape *t, uint32_t at, const tad__call *c, uint32_t k, const char *what) {
    char x[TAD__KNOWN_ROOM], y[TAD__KNOWN_ROOM];
    return tad__fail(t, TAD_STALE_VALUE,
                     "%s: %s%s: its operand %u%s is a parameter, or a view of one, that was "
                     "changed after the result was computed from it",
                     what, c->op->name, tad__known_of(t, at, y, sizeof y), k,
                     tad__known_of(t, c->in[k], x, sizeof x));
}

uint32_t tad__numbers_in_doubt(const tad_tape *t) {
    tad__version v = t->number_version;
    if (v.count == 0) return 0;
    uint32_t left = v.epoch == t->head.epoch ? UINT32_MAX : tad__surviving(t, v.epoch);
    return left < v.count ? left : v.count;
}

void *tad__change(tad_tape *t, uint32_t i) {
    const tad__version now = {t->head.count, t->head.epoch};
    tad__node *n = tad__at(t, i);
    if (n->flags & TAD__ARRAY) {
        *n->value.array->version = now;
        return n->value.array->data;
    }
    n->u.arg.b = now.count;
    n->u.arg.c = now.epoch;
    t->number_version = now;
    return &n->value.number;
}
