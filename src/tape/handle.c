/* Handles: nodes by index and epoch. Rests on handle.h. */
#include "handle.h"

#include "error.h"

tad_tape *tad__tape_of(const tad_var *in, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (tad__has_tape(in[i])) return in[i].tape;
    return NULL;
}

tad_tape *tad_tape_of(tad_var x) { return tad__has_tape(x) ? x.tape : NULL; }

tad_var tad__handle(const tad_tape *t, uint32_t index) {
    tad_var v;
    v.tape = (tad_tape *)(uintptr_t)t;
    v.u.at.index = index;
    bool plain = index < t->head.count &&
                 (t->head.node[index].flags & (TAD__ARRAY | TAD__NEEDS)) == TAD__NEEDS;
    v.u.at.epoch = t->head.epoch | (plain ? 0 : TAD__SLOW);
    return v;
}

tad_var tad__nil(tad_tape *t) {
    if (t) return tad__handle(t, TAD__NO_NODE);
    return (tad_var){NULL, {{0, 0}}};
}

bool tad_is_nil(tad_var x) { return !x.tape || (tad__has_tape(x) && x.u.at.index == TAD__NO_NODE); }

/* The first cut after `epoch` has the lowest count of all since: counts rise along the list. */
uint32_t tad__surviving(const tad_tape *t, uint32_t epoch) {
    size_t low = 0, high = t->cuts;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tad__age(t, t->cut[middle].epoch) < tad__age(t, epoch))
            high = middle;
        else
            low = middle + 1;
    }
    return low == t->cuts ? UINT32_MAX : t->cut[low].count;
}

bool tad__survives(const tad_tape *t, uint32_t index, uint32_t epoch) {
    if (index >= t->head.count) return false;
    return epoch == t->head.epoch || index < t->head.floor || index < tad__surviving(t, epoch);
}

bool tad__resolve(tad_tape *t, tad_var v, const char *what, uint32_t *index) {
    if (v.tape != t) {
        const char *why = !v.tape            ? "a variable that was never set"
                          : tad__has_tape(v) ? "a variable of another tape"
                                             : "a number or none where a variable is needed";
        tad__fail(t, TAD_BAD_HANDLE, "%s: %s", what, why);
        return false;
    }
    *index = v.u.at.index;
    if (*index == TAD__NO_NODE) {
        tad__fail(t, TAD_BAD_HANDLE, "%s: the result of a failed call", what);
        return false;
    }
    if (!tad__survives(t, *index, tad__epoch_of(v))) {
        tad__fail(t, TAD_BAD_HANDLE, "%s: a variable that was rewound", what);
        return false;
    }
    return true;
}

tad__node *tad__node_of(tad_var v, const char *what) {
    uint32_t index;
    if (!tad__has_tape(v) || !tad__resolve(v.tape, v, what, &index)) return NULL;
    return tad__at(v.tape, index);
}
