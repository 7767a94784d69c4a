/* Rolling up, pass by pass, and whether it pays. Rests on roll.h. */
#include "roll.h"

#include <string.h>

#include "tape/error.h"

/* Number steps that are worth it. Fewer run well at many points at once, and in little memory; if
 * asked for, a list of few is faster at one point than the steps are. */
enum { FEWEST = 16, FEWEST_EXACT = 2048, MOST_BITS = 26 };

void *tad__roll_take(tad__roll *r, size_t n, size_t size) {
    size_t bytes;
    void *at = tad__mul(n + 1, size, &bytes) ? tad__arena_take(&r->arena, bytes, 64) : NULL;
    r->failed |= !at;
    return at;
}

/* ---- the steps anew ---- */

static void add_step(tad__roll *r, tad__step_kind kind, uint32_t at) {
    if (!tad__add_steps(&r->p->memory, &r->step, (tad__step){kind, at, 1})) r->failed = true;
}

/* The groups from *next on that need no more than has been computed. */
static void add_groups(tad__roll *r, uint32_t stage, uint32_t *next) {
    for (; *next < r->p->rolled.count && r->stage_of_group.item[*next] <= stage; ++*next)
        add_step(r, TAD__ROLLED, *next);
}

/* Calls that are items now are no calls. */
static uint32_t add_calls(tad__roll *r, const tad__step *s, uint32_t calls, uint32_t *stage,
                          uint32_t *next) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__call_step c = r->p->call.item[k];
        if (tad__is_list_call(r, &c)) continue;
        r->p->call.item[calls] = c;
        add_step(r, TAD__CALL, calls++);
        add_groups(r, ++*stage, next);
    }
    return calls;
}

static void add_steps(tad__roll *r) {
    uint32_t stage = 0, next = 0, calls = 0;
    add_groups(r, 0, &next);
    for (size_t k = 0; k < r->p->step.count; k++) {
        const tad__step *s = &r->p->step.item[k];
        if (s->kind == TAD__NUMBERS) continue;
        if (s->kind == TAD__CALL) {
            calls = add_calls(r, s, calls, &stage, &next);
            continue;
        }
        for (uint32_t i = s->at; i < s->at + s->count; i++) {
            add_step(r, s->kind, i);
            add_groups(r, ++stage, &next);
        }
    }
    if (!r->failed) r->p->call.count = calls;
}

/* What is of use from now on. */
static void keep(tad__roll *r) {
    tad__freezer *f = r->f;
    tad_program *p = r->p;
    f->slot = tad__memory_resize(&p->memory, NULL, 0, r->n * sizeof *f->slot);
    r->failed |= !f->slot;
    if (r->failed) return;
    memcpy(f->slot, r->place, r->n * sizeof *f->slot);
    p->slots = r->slots;
    p->info.rolled_up = r->item.count - r->on_list - r->shared;
    TAD__LIST_FREE(&p->memory, p->step);
    p->step = r->step;
    r->step = (tad__steps){0};
}

/* Steps that are items now. */
static void forget_steps(tad__roll *r) {
    tad_program *p = r->p;
    p->info.numbers = p->number.count;
    TAD__LIST_FREE(&p->memory, p->number);
    p->number.item = NULL;
    p->number.count = p->number.capacity = 0;
}

/* ---- all of it ---- */

static void roll_up(tad__roll *r) {
    tad__roll_uses(r);
    if (!r->failed) tad__roll_items(r);
    if (!r->failed) forget_steps(r);
    if (!r->failed) tad__roll_order(r);
    if (!r->failed) tad__roll_emit(r);
    if (!r->failed) add_steps(r);
    if (!r->failed) keep(r);
}

static void end(tad__roll *r) {
    tad__memory *m = &r->p->memory;
    tad__forget_signs(r);
    TAD__LIST_FREE(m, r->item);
    TAD__LIST_FREE(m, r->operand);
    TAD__LIST_FREE(m, r->ready);
    TAD__LIST_FREE(m, r->boundary);
    TAD__LIST_FREE(m, r->stage_of_group);
    TAD__LIST_FREE(m, r->term);
    TAD__LIST_FREE(m, r->group_term);
    TAD__LIST_FREE(m, r->sharing);
    TAD__LIST_FREE(m, r->step);
    tad__arena_free(&r->arena);
}

bool tad__is_worth_rolling_up(const tad__freezer *f, size_t steps) {
    return steps >= (size_t)(f->options->roll_up ? FEWEST : FEWEST_EXACT);
}

/* A list of few steps stays one; so does what is so large that places might not fit into 31 bits.
 */
tad_status tad__roll_up(tad__freezer *f) {
    tad__roll r = {.f = f, .p = f->p, .exact = !f->options->roll_up};
    if (!tad__is_worth_rolling_up(f, f->p->number.count) || f->numbers >> MOST_BITS) return TAD_OK;
    r.zero = tad__known_number(f, 0, TAD_F64);
    if (f->failed) return tad__no_memory(f->t, "freeze");
    r.n = f->numbers;
    r.sum_list = tad_op_find("sum_list");
    r.dot_list = tad_op_find("dot_list");
    f->p->exact = r.exact;
    r.arena.memory = &f->p->memory;
    roll_up(&r);
    end(&r);
    return r.failed ? tad__no_memory(f->t, "freeze") : TAD_OK;
}
