/* Rows on arrays of one shape are put together into groups: what only rows of the group read needs
 * no memory but a strip. Rests on freeze.h.
 *
 * A group runs where it is closed, and what reads its results waits until then. It is closed when a
 * row would have to wait for something that waits for the group; and so that not too much is kept
 * waiting. What neither is in a group nor waits runs at once. Sums that wait for a group alone
 * become its tails. */
#include "freeze.h"

#include <string.h>

#include "lines.h"
#include "tape/error.h"

enum { OPEN = 4, MOST_OPERANDS = 16, MOST_WAITING = 256 };
#define NONE UINT32_MAX

/* A group to which rows may still be added. */
typedef struct open_group {
    tad__ref like; /* an array of its shape; NO_REF: there is no group here */
    uint32_t first, last;
    uint32_t count, operands; /* rows; operands that come from memory */
    uint32_t spread;          /* operands that are spread out */
    int64_t line;             /* 0: no operand needs lines */
    bool by_lines;            /* its tails are sums of lines */
    uint32_t opened;          /* when */
} open_group;

/* One step that waits for open groups, a bit each. */
typedef struct waiting {
    tad__step step;
    uint8_t groups;
} waiting;

typedef struct fusing {
    tad__freezer *f;
    tad_program *p;
    tad__steps step;                     /* in the new order */
    tad__calls call;                     /* those that are in no group */
    uint32_t *read_by;                   /* of each array: the group that read it last; NONE */
    uint32_t *next;                      /* the row after a call in its group; NONE */
    uint8_t *group;                      /* of each array: the open one that computes it, plus 1 */
    uint8_t *array_waits, *number_waits; /* of each value: for which groups its step waits */
    open_group open[OPEN];
    uint32_t opened;
    waiting waiting[MOST_WAITING];
    size_t waiting_count;
} fusing;

/* ---- what may be in a group ---- */

static const tad_array *array_at(const fusing *u, tad__ref r) {
    return &u->p->array.item[tad__position(r)].array;
}

static bool are_alike(const tad_array *a, const tad_array *b) {
    const tad_shape x = tad__shape_of(a), y = tad__shape_of(b);
    return a->dtype == b->dtype && tad__shape_equal(&x, &y);
}

/* How the operands of a call can meet a group's elements; false: they cannot. */
static bool find_ways(const fusing *u, const tad__call_step *c, tad__ways *w) {
    const tad_array *in[3], *out;
    if (!tad__is_row(u->f->t, c->op) || !tad__is_array_ref(c->ref[c->n_in])) return false;
    out = array_at(u, c->ref[c->n_in]);
    if (out->size <= 1) return false;
    for (uint32_t k = 0; k < c->n_in; k++)
        in[k] = tad__is_array_ref(c->ref[k]) ? array_at(u, c->ref[k]) : NULL;
    return tad__ways_of(w, out, in, c->n_in);
}

/* ---- writing the new order ---- */

static void add_step(fusing *u, tad__step_kind kind, uint32_t at, uint32_t count) {
    const tad__step added = {kind, at, count};
    if (!tad__add_steps(&u->p->memory, &u->step, added)) u->f->failed = true;
}

static void keep_call(fusing *u, const tad__call_step *c) {
    tad__call_step *to = TAD__LIST_ADD(&u->p->memory, u->call);
    if (!to) {
        u->f->failed = true;
        return;
    }
    *to = *c;
    add_step(u, TAD__CALL, (uint32_t)(u->call.count - 1), 1);
}

static void keep_row(fusing *u, const tad__call_step *c) {
    tad__fused_row *row = TAD__ADD_TO(u->p, fused);
    if (!row) {
        u->f->failed = true;
        return;
    }
    *row = (tad__fused_row){.row = (uint16_t)(c->op - u->p->basis->row),
                            .n_in = (uint8_t)c->n_in,
                            .options = c->options,
                            .out = c->ref[c->n_in]};
    memcpy(row->in, c->ref, c->n_in * sizeof *row->in);
    tad__ways w;
    find_ways(u, c, &w);
    row->single = w.single;
    memcpy(row->how, w.how, sizeof row->how);
}

static void keep_group(fusing *u, const open_group *g, uint32_t tails) {
    tad_program *p = u->p;
    const tad_array *like = array_at(u, g->like);
    tad__row_group *to = TAD__ADD_TO(p, group);
    if (!to) {
        u->f->failed = true;
        return;
    }
    *to = (tad__row_group){.first = (uint32_t)p->fused.count,
                           .count = g->count,
                           .dtype = (tad_dtype)like->dtype,
                           .size = like->size,
                           .line = g->line,
                           .tail = (uint32_t)p->tail.count - tails,
                           .tails = tails,
                           .by_lines = g->by_lines};
    for (uint32_t k = g->first; k != NONE; k = u->next[k]) keep_row(u, &p->call.item[k]);
    add_step(u, TAD__FUSED, (uint32_t)(p->group.count - 1), 1);
    p->longest_group = tad__max(p->longest_group, g->count);
}

static void keep_step(fusing *u, const tad__step *s) {
    if (s->kind == TAD__CALL)
        keep_call(u, &u->p->call.item[s->at]);
    else
        add_step(u, s->kind, s->at, 1);
}

/* ---- what steps read and write ---- */

/* The operands and results of a single step that is in no group. */
typedef struct operands {
    const tad__ref *in, *out;
    uint32_t n_in, n_out;
    tad__ref few[3];
} operands;

static void operands_of(const fusing *u, const tad__step *s, operands *o) {
    const tad_program *p = u->p;
    *o = (operands){.in = NULL};
    if (s->kind == TAD__CALL) {
        const tad__call_step *c = &p->call.item[s->at];
        *o = (operands){.in = c->ref, .out = c->ref + c->n_in, .n_in = c->n_in, .n_out = c->n_out};
    } else if (s->kind == TAD__NUMBERS) {
        const tad__number_step *n = &p->number.item[s->at];
        *o = (operands){
            .few = {n->a, n->b, n->options ? n->a : n->c}, .n_in = 3, .out = &n->to, .n_out = 1};
        o->in = o->few;
    } else if (s->kind == TAD__DECIDE) {
        *o = (operands){.in = &p->decision.item[s->at].condition, .n_in = 1};
    } else if (s->kind == TAD__COPY) {
        const tad__copy_step *c = &p->copy.item[s->at];
        *o = (operands){.in = &c->from, .n_in = 1, .out = &c->to, .n_out = 1};
    }
}

static uint32_t root_of(const fusing *u, tad__ref r) {
    return u->p->array.item[tad__position(r)].root;
}

/* The groups that must run before a value is there. */
static unsigned groups_before(const fusing *u, tad__ref r) {
    if (r == TAD__NO_REF) return 0;
    if (!tad__is_array_ref(r)) return u->number_waits[r];
    const uint32_t root = root_of(u, r);
    return u->array_waits[root] | (u->group[root] ? 1u << (u->group[root] - 1) : 0);
}

static void set_waits(fusing *u, tad__ref r, unsigned groups) {
    if (tad__is_array_ref(r))
        u->array_waits[root_of(u, r)] = (uint8_t)groups;
    else
        u->number_waits[r] = (uint8_t)groups;
}

static void set_results_wait(fusing *u, const tad__step *s, unsigned groups) {
    operands o;
    operands_of(u, s, &o);
    for (uint32_t k = 0; k < o.n_out; k++) set_waits(u, o.out[k], groups);
}

/* ---- opening and closing ---- */

/* Those that waited for this group alone run now. */
static void stop_waiting(fusing *u, uint32_t group) {
    size_t left = 0;
    for (size_t k = 0; k < u->waiting_count; k++) {
        waiting w = u->waiting[k];
        w.groups &= (uint8_t) ~(1u << group);
        set_results_wait(u, &w.step, w.groups);
        if (w.groups)
            u->waiting[left++] = w;
        else
            keep_step(u, &w.step);
    }
    u->waiting_count = left;
}

/* Whether a step that waits is a tail of the group, which alone it waits for, beside the `tails`
 * that there are: then what it adds up, as tad__tail_line says; else -1. */
static int64_t tail_line_of(const fusing *u, const waiting *w, uint32_t group, uint32_t tails) {
    const open_group *g = &u->open[group];
    if (w->groups != 1u << group || w->step.kind != TAD__CALL) return -1;
    const tad__call_step *c = &u->p->call.item[w->step.at];
    const int64_t line = tad__tail_line(u->p, c);
    if (line < 0 || u->group[tad__position(c->ref[0])] != group + 1) return -1;
    if (tails && g->by_lines != (line > 0)) return -1;
    return !g->line || g->line == line ? line : -1;
}

/* Takes the tails of a group out of what waits; how many. */
static uint32_t take_tails(fusing *u, uint32_t group) {
    uint32_t tails = 0;
    size_t left = 0;
    for (size_t k = 0; k < u->waiting_count; k++) {
        const waiting w = u->waiting[k];
        const int64_t line = tails < TAD__MOST_TAILS ? tail_line_of(u, &w, group, tails) : -1;
        if (line < 0) {
            u->waiting[left++] = w;
            continue;
        }
        if (line) u->open[group].line = line;
        u->open[group].by_lines = line > 0;
        if (!tad__add_tail(u->p, &u->p->call.item[w.step.at])) u->f->failed = true;
        set_results_wait(u, &w.step, 0);
        tails++;
    }
    u->waiting_count = left;
    return tails;
}

static void close_group(fusing *u, uint32_t k) {
    open_group *g = &u->open[k];
    if (g->like == TAD__NO_REF) return;
    const uint32_t tails = take_tails(u, k);
    for (uint32_t c = g->first; c != NONE; c = u->next[c]) {
        const tad__call_step *call = &u->p->call.item[c];
        u->group[tad__position(call->ref[call->n_in])] = 0;
    }
    if (g->count == 1 && !tails)
        keep_call(u, &u->p->call.item[g->first]);
    else if (!u->f->failed)
        keep_group(u, g, tails);
    g->like = TAD__NO_REF;
    stop_waiting(u, k);
}

static void close_groups(fusing *u, unsigned groups) {
    for (uint32_t k = 0; k < OPEN; k++)
        if (groups >> k & 1) close_group(u, k);
}

/* The one opened first; NONE. */
static uint32_t oldest(const fusing *u) {
    uint32_t first = NONE;
    for (uint32_t k = 0; k < OPEN; k++)
        if (u->open[k].like != TAD__NO_REF &&
            (first == NONE || u->open[k].opened < u->open[first].opened))
            first = k;
    return first;
}

static void close_all(fusing *u) {
    for (uint32_t k = oldest(u); k != NONE; k = oldest(u)) close_group(u, k);
}

/* The open group for arrays like `out`; NONE. */
static uint32_t find_group(const fusing *u, tad__ref out) {
    for (uint32_t k = 0; k < OPEN; k++)
        if (u->open[k].like != TAD__NO_REF &&
            are_alike(array_at(u, u->open[k].like), array_at(u, out)))
            return k;
    return NONE;
}

static uint32_t open_for(fusing *u, tad__ref out) {
    uint32_t k = 0;
    while (k < OPEN && u->open[k].like != TAD__NO_REF) k++;
    if (k == OPEN) close_group(u, k = oldest(u));
    u->open[k] = (open_group){.like = out, .first = NONE, .opened = u->opened++};
    return k;
}

/* ---- rows and other steps ---- */

/* What a row reads of other groups, or of steps that wait, must be there before its group runs; of
 * its own group only the element that is being computed is. */
static void prepare(fusing *u, const tad__call_step *c, const tad__ways *w) {
    const uint32_t own = find_group(u, c->ref[c->n_in]);
    for (uint32_t operand = 0; operand < c->n_in; operand++) {
        const tad__ref r = c->ref[operand];
        const bool of_own = tad__is_array_ref(r) && own != NONE && w->how[operand] == TAD__ALIKE &&
                            u->group[root_of(u, r)] == own + 1;
        if (!of_own) close_groups(u, groups_before(u, r));
    }
}

/* Of other groups and steps, those that the group has not read yet. */
static uint32_t count_operands(const fusing *u, const tad__call_step *c, uint32_t group) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_in; i++) {
        if (!tad__is_array_ref(c->ref[i])) continue;
        const uint32_t root = root_of(u, c->ref[i]);
        if (u->group[root] == group + 1 || u->read_by[root] == u->open[group].opened) continue;
        u->read_by[root] = u->open[group].opened;
        n++;
    }
    return n;
}

static bool has_room(const open_group *g, const tad__ways *w) {
    return g->operands < MOST_OPERANDS && g->spread + w->spread <= TAD__MOST_SPREAD &&
           (!w->line || !g->line || w->line == g->line);
}

static void join_group(fusing *u, uint32_t call, const tad__ways *w) {
    const tad__call_step *c = &u->p->call.item[call];
    const tad__ref out = c->ref[c->n_in];
    prepare(u, c, w);
    uint32_t k = find_group(u, out);
    if (k != NONE && !has_room(&u->open[k], w)) {
        close_group(u, k);
        k = NONE;
    }
    if (k == NONE) k = open_for(u, out);
    open_group *g = &u->open[k];
    if (g->first == NONE)
        g->first = call;
    else
        u->next[g->last] = call;
    g->last = call;
    g->count++;
    g->operands += count_operands(u, c, k);
    g->spread += w->spread;
    g->line = w->line ? w->line : g->line;
    u->group[tad__position(out)] = (uint8_t)(k + 1);
}

static void wait_or_run(fusing *u, const tad__step *s) {
    operands o;
    unsigned groups = 0;
    operands_of(u, s, &o);
    for (uint32_t k = 0; k < o.n_in; k++) groups |= groups_before(u, o.in[k]);
    if (groups && u->waiting_count == MOST_WAITING) {
        close_groups(u, groups);
        groups = 0;
    }
    if (!groups) {
        keep_step(u, s);
        return;
    }
    u->waiting[u->waiting_count++] = (waiting){*s, (uint8_t)groups};
    set_results_wait(u, s, groups);
}

static void order_step(fusing *u, const tad__step *s) {
    if (s->kind == TAD__NUMBERS && !u->waiting_count) { /* they read numbers alone */
        add_step(u, s->kind, s->at, s->count);
        return;
    }
    for (uint32_t k = s->at; k < s->at + s->count && !u->f->failed; k++) {
        tad__ways w;
        if (s->kind == TAD__CALL && find_ways(u, &u->p->call.item[k], &w))
            join_group(u, k, &w);
        else
            wait_or_run(u, &(tad__step){s->kind, k, 1});
    }
}

/* ---- all of it ---- */

static void take_over(fusing *u) {
    tad_program *p = u->p;
    TAD__LIST_FREE(&p->memory, p->step);
    TAD__LIST_FREE(&p->memory, p->call);
    p->step = u->step;
    p->call = u->call;
}

tad_status tad__freeze_fuse(tad__freezer *f) {
    tad_program *p = f->p;
    fusing u = {.f = f, .p = p};
    const size_t calls = p->call.count, arrays = p->array.count,
                 lists = (calls + arrays) * sizeof *u.next,
                 bytes = lists + 2 * arrays + f->numbers + 1;
    u.next = tad__memory_resize(&p->memory, NULL, 0, bytes);
    if (!u.next) return tad__no_memory(f->t, "freeze");
    memset(u.next, 0, bytes);
    memset(u.next, 0xff, lists);
    u.read_by = u.next + calls;
    u.group = (uint8_t *)(u.read_by + arrays);
    u.array_waits = u.group + arrays;
    u.number_waits = u.array_waits + arrays;
    for (uint32_t k = 0; k < OPEN; k++) u.open[k].like = TAD__NO_REF;
    for (size_t k = 0; k < p->step.count && !f->failed; k++) order_step(&u, &p->step.item[k]);
    close_all(&u);
    take_over(&u);
    tad__memory_resize(&p->memory, u.next, bytes, 0);
    return f->failed ? tad__no_memory(f->t, "freeze") : tad__freeze_strips(f);
}
