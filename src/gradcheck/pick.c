/* Which entries of a Jacobian are compared. Rests on workspace.h and vector.h. */
#include "pick.h"

#include <string.h>

#include "vector.h"

/* One array of the long vector. */
typedef struct array {
    size_t index, at, size;
    const tad_gradcheck_input *asked; /* NULL: nothing special */
} array;

static bool is_whole(const array *a, const tad__sampling *how) { return a->size <= how->limit; }

static bool is_masked(const array *a) { return a->asked && (a->asked->skip || a->asked->mask); }

static bool is_left_out(const array *a, int64_t element) {
    return a->asked && (a->asked->skip || (a->asked->mask && !a->asked->mask[element]));
}

static void pick_elements(tad__picks *to, tad_random *random, const tad__sampling *how,
                          const array *a) {
    bool whole = is_whole(a, how);
    size_t n = whole ? a->size : how->some;
    for (size_t k = 0; k < n; k++) {
        size_t e = whole ? k : (size_t)tad_random_below(random, a->size);
        if (is_left_out(a, (int64_t)e)) continue;
        to->pick[to->n++] = (tad__pick){a->index, (int64_t)e, a->at + e, 1, NULL};
    }
}

static tad_status pick_directions(tad__picks *to, tad__workspace *workspace, tad_random *random,
                                  const tad__sampling *how, const array *a) {
    for (size_t k = 0; k < how->directions; k++) {
        double *sign = tad__take(workspace, a->size, sizeof *sign);
        if (!sign) return tad_tape_status(workspace->tape);
        tad__signs(random, sign, a->size);
        to->pick[to->n++] = (tad__pick){a->index, -1, a->at, a->size, sign};
    }
    return TAD_OK;
}

static size_t most_picks(const tad__sampling *how, size_t n, const size_t *at) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t size = at[i + 1] - at[i];
        total += size <= how->limit ? size : how->some + how->directions;
    }
    return total;
}

tad_status tad__picks_choose(tad__picks *to, tad__workspace *workspace, tad_random *random,
                             const tad__sampling *how, size_t n, const size_t *at,
                             const tad_gradcheck_input *inputs) {
    tad_status status = TAD_OK;
    *to = (tad__picks){tad__take(workspace, most_picks(how, n, at), sizeof *to->pick), 0, true};
    if (!to->pick) return tad_tape_status(workspace->tape);
    for (size_t i = 0; i < n && status == TAD_OK; i++) {
        const array a = {i, at[i], at[i + 1] - at[i], inputs ? &inputs[i] : NULL};
        bool whole = is_whole(&a, how), masked = is_masked(&a);
        if (!whole || masked) to->complete = false;
        pick_elements(to, random, how, &a);
        if (!whole && !masked) status = pick_directions(to, workspace, random, how, &a);
    }
    return status;
}

double tad__pick_component(const tad__pick *p, const double *vector) {
    return p->sign ? tad__dot(p->sign, vector + p->at, p->n) : vector[p->at];
}

void tad__pick_unit(const tad__pick *p, size_t total, double *out) {
    for (size_t i = 0; i < total; i++) out[i] = 0;
    if (p->sign)
        memcpy(out + p->at, p->sign, p->n * sizeof *out);
    else
        out[p->at] = 1;
}
