/* Handles: nodes by index and epoch. Rests on handle.h. */
#include "handle.h"

#include "error.h"

tad_tape *tad__tape_of(const tad_var *in, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (tad__has_tape(in[i])) return in[i].tape;
    return NULL;
}

tad_tape *tad_tape_of(tad_var x) { return tad__has_tape(x) ? x.tape : NULL; }

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

bool tad__refuse_handle(tad_tape *t, tad_var v, const char *what) {
    const char *why = "a variable that was rewound";
    if (v.tape != t)
        why = !v.tape            ? "a variable that was never set"
              : tad__has_tape(v) ? "a variable of another tape"
                                 : "a number or none where a variable is needed";
    else if (v.u.at.index == TAD__NO_NODE)
        why = "the result of a failed call";
    tad__fail(t, TAD_BAD_HANDLE, "%s: %s", what, why);
    return false;
}

tad__node *tad__node_of(tad_var v, const char *what) {
    uint32_t index;
    if (!tad__has_tape(v) || !tad__resolve(v.tape, v, what, &index)) return NULL;
    return tad__at(v.tape, index);
}
