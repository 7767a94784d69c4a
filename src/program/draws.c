/* Which of a run's random numbers each draw begins with. Rests on freeze.h. */
#include "freeze.h"

#include "tape/error.h"

/* Draws that nothing needs count too: the others are to be those of the tape. */
tad_status tad__freeze_draws(tad__freezer *f) {
    tad_program *p = f->p;
    bool any = false;
    for (uint32_t i = f->first; i < f->nodes; i++) {
        const tad__node *n = tad__at(f->t, i);
        if (!tad__is_drawn(n)) continue;
        const tad__drawn *how = (const tad__drawn *)n->u.record;
        const uint64_t each = how->distribution == TAD__NORMAL ? 2 : 1,
                       count = n->flags & TAD__ARRAY ? (uint64_t)n->value.array->size : 1;
        if (!any) p->random = how->before;
        any = true;
        const uint64_t after = how->before.drawn - p->random.drawn;
        if (how->before.seed != p->random.seed || after < p->draws)
            return tad__fail(f->t, TAD_WITNESS,
                             "freeze: the tape's random numbers were set while recording");
        p->draws = after + each * count;
    }
    for (size_t k = 0; k < p->draw.count; k++)
        p->draw.item[k].after = p->draw.item[k].how.before.drawn - p->random.drawn;
    return TAD_OK;
}
