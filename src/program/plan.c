/* How long values live, and where: numbers take slots and arrays take pieces of memory that others
 * have left. Rests on freeze.h. */
#include "freeze.h"

#include <string.h>

#include "tape/error.h"

enum { ALIGN = 64 };
#define FOR_EVER UINT32_MAX

/* A piece of memory that nobody uses; in the order of offsets, none touching another. */
typedef struct gap {
    size_t offset, bytes;
} gap;

/* Time counts steps. */
typedef struct life {
    tad__freezer *f;
    tad_program *p;
    uint32_t now;
    uint32_t *number_end, *array_end; /* when a value is read last; of arrays, of roots only */
    uint32_t *slot;                   /* of each number; NO_REF: none yet */
    uint32_t *free_slot;              /* a stack */
    size_t free_slots;
    TAD__LIST(gap) gap;
    bool failed;
} life;

/* ---- walking the steps ---- */

/* What is done with a value. */
typedef void visit(life *l, tad__ref *r);
typedef struct visitor {
    visit *reads, *writes;
    visit *ends; /* of a result, when the step is over; NULL: nothing */
} visitor;

static void end_of_step(life *l, const visitor *v, tad__ref *results, uint32_t n) {
    for (uint32_t i = 0; i < n && v->ends; i++) v->ends(l, &results[i]);
    l->now++;
}

/* Results are written while operands are read: at many points a loop that meets an argument out of
 * the ordinary goes back over its operands. */
static void visit_numbers(life *l, const tad__step *s, const visitor *v) {
    for (uint32_t k = 0; k < s->count; k++) {
        tad__number_step *n = &l->p->number.item[s->at + k];
        tad__ref result = n->to;
        v->writes(l, &n->to);
        v->reads(l, &n->a);
        v->reads(l, &n->b);
        if (!n->options) v->reads(l, &n->c);
        end_of_step(l, v, &result, 1);
    }
}

static void visit_calls(life *l, const tad__step *s, const visitor *v) {
    for (uint32_t k = 0; k < s->count; k++) {
        const tad__call_step *c = &l->p->call.item[s->at + k];
        tad__ref results[TAD_MAX_OUTPUTS];
        memcpy(results, c->ref + c->n_in, c->n_out * sizeof *results);
        for (uint32_t i = 0; i < c->n_out; i++) v->writes(l, &c->ref[c->n_in + i]);
        for (uint32_t i = 0; i < c->n_in; i++)
            if (c->ref[i] != TAD__NO_REF) v->reads(l, &c->ref[i]);
        end_of_step(l, v, results, c->n_out);
    }
}

static bool is_strip(const life *l, tad__ref r) {
    return tad__is_array_ref(r) && l->p->array.item[tad__position(r)].home == TAD__STRIP;
}

/* As one call. */
static void visit_groups(life *l, const tad__step *s, const visitor *v) {
    for (uint32_t k = 0; k < s->count; k++) {
        const tad__row_group *g = &l->p->group.item[s->at + k];
        tad__fused_row *row = &l->p->fused.item[g->first];
        for (uint32_t i = 0; i < g->count; i++)
            if (!is_strip(l, row[i].out)) v->writes(l, &row[i].out);
        for (uint32_t i = g->tail; i < g->tail + g->tails; i++)
            v->writes(l, &l->p->tail.item[i].to);
        for (uint32_t i = 0; i < g->count; i++)
            for (uint32_t n = 0; n < row[i].n_in; n++)
                if (!is_strip(l, row[i].in[n])) v->reads(l, &row[i].in[n]);
        l->now++;
    }
}

static void visit_decisions(life *l, const tad__step *s, const visitor *v) {
    for (uint32_t k = 0; k < s->count; k++) {
        v->reads(l, &l->p->decision.item[s->at + k].condition);
        end_of_step(l, v, NULL, 0);
    }
}

static void visit_draws(life *l, const tad__step *s, const visitor *v) {
    for (uint32_t k = 0; k < s->count; k++) {
        tad__ref *to = &l->p->draw.item[s->at + k].to, result = *to;
        v->writes(l, to);
        end_of_step(l, v, &result, 1);
    }
}

static void visit_copies(life *l, const tad__step *s, const visitor *v) {
    for (uint32_t k = 0; k < s->count; k++) {
        tad__copy_step *c = &l->p->copy.item[s->at + k];
        v->writes(l, &c->to);
        v->reads(l, &c->from);
        end_of_step(l, v, &c->to, 1);
    }
}

static void visit_rolled(life *l, const tad__step *s, const visitor *v) {
    (void)s, (void)v; /* their numbers have places */
    l->now++;
}

static void visit_all(life *l, const visitor *v) {
    static void (*const of_kind[])(life *, const tad__step *, const visitor *) = {
        [TAD__NUMBERS] = visit_numbers,  [TAD__CALL] = visit_calls, [TAD__FUSED] = visit_groups,
        [TAD__DECIDE] = visit_decisions, [TAD__DRAW] = visit_draws, [TAD__COPY] = visit_copies,
        [TAD__ROLLED] = visit_rolled};
    l->now = 0;
    for (size_t k = 0; k < l->p->step.count && !l->failed; k++)
        of_kind[l->p->step.item[k].kind](l, &l->p->step.item[k], v);
}

/* ---- how long values live ---- */

static tad__array_value *root_of(const life *l, tad__ref r) {
    const tad__array_value *v = &l->p->array.item[tad__position(r)];
    return &l->p->array.item[v->root];
}

static uint32_t *end_of(const life *l, tad__ref r) {
    if (!tad__is_array_ref(r)) return &l->number_end[r];
    return &l->array_end[l->p->array.item[tad__position(r)].root];
}

static void use(life *l, tad__ref *r) {
    uint32_t *end = end_of(l, *r);
    if (*end != FOR_EVER) *end = l->now;
}

static void keep(const life *l, tad__ref r) {
    if (r != TAD__NO_REF) *end_of(l, r) = FOR_EVER;
}

static void find_ends(life *l) {
    const tad_program *p = l->p;
    memset(l->number_end, 0, l->f->numbers * sizeof *l->number_end);
    memset(l->array_end, 0, p->array.count * sizeof *l->array_end);
    for (size_t k = 0; k < p->n_in; k++) keep(l, p->in[k].value);
    for (size_t k = 0; k < p->n_out; k++) keep(l, p->out[k].value);
    for (size_t k = 0; k < p->parameter.count; k++) keep(l, p->parameter.item[k].value);
    for (size_t k = 0; k < p->constant.count; k++) keep(l, p->constant.item[k].slot);
    visit_all(l, &(visitor){use, use, NULL}); /* one never read ends with the step it comes of */
}

/* ---- memory of arrays ---- */

static void insert_gap(life *l, size_t at, gap g) {
    const size_t behind = l->gap.count - at;
    if (!TAD__LIST_ADD(&l->p->memory, l->gap)) {
        l->failed = true;
        return;
    }
    memmove(l->gap.item + at + 1, l->gap.item + at, behind * sizeof *l->gap.item);
    l->gap.item[at] = g;
}

static void remove_gap(life *l, size_t at) {
    l->gap.count--;
    memmove(l->gap.item + at, l->gap.item + at + 1, (l->gap.count - at) * sizeof *l->gap.item);
}

/* The first gap that is large enough; else the end, where a gap that touches it is used too. */
static size_t take_bytes(life *l, size_t bytes) {
    for (size_t k = 0; k < l->gap.count; k++) {
        gap *g = &l->gap.item[k];
        if (g->bytes < bytes) continue;
        const size_t offset = g->offset;
        g->offset += bytes;
        g->bytes -= bytes;
        if (!g->bytes) remove_gap(l, k);
        return offset;
    }
    size_t offset = l->p->array_bytes;
    const gap *last = l->gap.count ? &l->gap.item[l->gap.count - 1] : NULL;
    if (last && last->offset + last->bytes == offset) {
        offset = last->offset;
        l->gap.count--;
    }
    if (!tad__sum(offset, bytes, &l->p->array_bytes)) l->failed = true;
    return offset;
}

static void give_bytes(life *l, size_t offset, size_t bytes) {
    size_t at = 0;
    while (at < l->gap.count && l->gap.item[at].offset < offset) at++;
    gap *before = at ? &l->gap.item[at - 1] : NULL,
        *after = at < l->gap.count ? &l->gap.item[at] : NULL;
    const bool joins_before = before && before->offset + before->bytes == offset,
               joins_after = after && offset + bytes == after->offset;
    if (joins_before) {
        before->bytes += bytes;
        if (!joins_after) return;
        before->bytes += after->bytes;
        remove_gap(l, at);
    } else if (joins_after) {
        after->offset = offset;
        after->bytes += bytes;
    } else {
        insert_gap(l, at, (gap){offset, bytes});
    }
}

static size_t bytes_of(const tad__array_value *v) {
    const size_t bytes = (size_t)v->array.size * tad__width(v->array.dtype);
    return (tad__max(bytes, 1) + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- giving places ---- */

static void end_now(life *l, tad__ref r) {
    uint32_t *end = end_of(l, r);
    if (*end != l->now) return;
    *end = FOR_EVER; /* once */
    if (!tad__is_array_ref(r) && l->f->slot)
        return; /* others have theirs already */
    else if (!tad__is_array_ref(r))
        l->free_slot[l->free_slots++] = l->slot[r];
    else if (root_of(l, r)->home == TAD__PLANNED)
        give_bytes(l, root_of(l, r)->offset, bytes_of(root_of(l, r)));
}

static void read_value(life *l, tad__ref *r) {
    end_now(l, *r);
    if (!tad__is_array_ref(*r)) *r = l->slot[*r];
}

static void place_value(life *l, tad__ref *r) {
    const tad__ref value = *r;
    if (tad__is_array_ref(value)) {
        tad__array_value *v = root_of(l, value);
        v->offset = take_bytes(l, bytes_of(v));
        l->p->info.array_bytes_apart += bytes_of(v);
    } else if (l->f->slot) {
        *r = l->slot[value];
    } else {
        l->slot[value] = l->free_slots ? l->free_slot[--l->free_slots] : l->p->slots++;
        *r = l->slot[value];
    }
}

static void end_value(life *l, tad__ref *r) { end_now(l, *r); }

/* Numbers that are there before the first step have the first slots. */
static void place_first(life *l, tad__ref *r) {
    if (*r == TAD__NO_REF || tad__is_array_ref(*r)) return;
    if (l->slot[*r] == TAD__NO_REF) l->slot[*r] = l->p->slots++;
    *r = l->slot[*r];
}

static void place_all(life *l) {
    tad_program *p = l->p;
    if (l->f->slot)
        memcpy(l->slot, l->f->slot, l->f->numbers * sizeof *l->slot);
    else
        memset(l->slot, 0xff, l->f->numbers * sizeof *l->slot);
    for (size_t k = 0; k < p->n_in; k++) place_first(l, &p->in[k].value);
    for (size_t k = 0; k < p->parameter.count; k++) place_first(l, &p->parameter.item[k].value);
    for (size_t k = 0; k < p->constant.count; k++) place_first(l, &p->constant.item[k].slot);
    visit_all(l, &(visitor){read_value, place_value, end_value});
    for (size_t k = 0; k < p->n_out; k++)
        if (!tad__is_array_ref(p->out[k].value)) p->out[k].value = l->slot[p->out[k].value];
}

/* ---- all of it ---- */

static void *lists(const life *l, size_t *bytes) {
    *bytes = (3 * (size_t)l->f->numbers + l->p->array.count + 1) * sizeof(uint32_t);
    return tad__memory_resize(&l->p->memory, NULL, 0, *bytes);
}

tad_status tad__freeze_plan(tad__freezer *f) {
    life l = {.f = f, .p = f->p};
    size_t bytes;
    uint32_t *list = lists(&l, &bytes);
    if (!list) return tad__no_memory(f->t, "freeze");
    l.number_end = list;
    l.slot = list + f->numbers;
    l.free_slot = l.slot + f->numbers;
    l.array_end = l.free_slot + f->numbers;
    find_ends(&l);
    place_all(&l);
    tad__memory_resize(&f->p->memory, list, bytes, 0);
    TAD__LIST_FREE(&f->p->memory, l.gap);
    return l.failed ? tad__no_memory(f->t, "freeze") : TAD_OK;
}
