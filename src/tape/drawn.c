/* Random arrays. Rests on drawn.h and base/random.h. */
#include "drawn.h"

#include "arrays.h"
#include "error.h"
#include "leaf.h"

#include "base/random.h"

static double draw(const tad__drawn *how, tad_random *r) {
    switch (how->distribution) {
    case TAD__NORMAL: return tad_random_normal(r);
    case TAD__KEPT: return tad_random_uniform(r) >= how->p;
    default: return tad_random_uniform(r);
    }
}

void tad__draw(const tad__drawn *how, tad_random *random, const tad_array *to) {
    for (int64_t i = 0; i < to->size; i++) {
        const double v = draw(how, random);
        if (to->dtype == TAD_F64)
            ((double *)to->data)[i] = v;
        else if (to->dtype == TAD_F32)
            ((float *)to->data)[i] = tad__random_narrowed(v);
        else
            ((uint8_t *)to->data)[i] = v != 0;
    }
}

tad_var tad__drawn_constant(tad_tape *t, const char *what, tad_dtype dtype, const tad_shape *shape,
                            tad__distribution distribution, double p) {
    const tad__arena_mark before = tad__arena_now(&t->arena);
    tad__drawn *how = tad__arena_take(&t->arena, sizeof *how, 16);
    tad_array *a = how ? tad__new_array(t, dtype, shape) : NULL;
    if (!a) {
        tad__arena_release(&t->arena, before);
        tad__no_memory(t, what);
        return tad__nil(t);
    }
    tad_random after = t->random;
    *how = (tad__drawn){t->random, distribution, p};
    tad__draw(how, &after, a);
    tad_var x = tad__of_origin(tad__leaf(t, TAD__CONSTANT, a), TAD__DRAWN);
    if (tad_is_nil(x)) return x;
    tad__at(t, x.u.at.index)->u.record = how;
    t->random = after;
    return x;
}
