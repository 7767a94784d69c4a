/* tad_freeze: checks, the passes in turn, and one run beside what was recorded. Rests on freeze.h
 * and workspace.h. */
#include "freeze.h"

#include <math.h>
#include <string.h>

#include "workspace.h"

#include "array/number.h"
#include "array/view.h"
#include "tape/arrays.h"
#include "tape/error.h"

/* ---- life of a program ---- */

void *tad__list_room(tad__memory *m, void *item, size_t count, size_t *capacity, size_t size) {
    void *vector = item;
    return tad__memory_grow(m, &vector, capacity, count + 1, size) ? vector : item;
}

bool tad__add_steps(tad__memory *m, tad__steps *list, tad__step added) {
    tad__step *last = list->count ? &list->item[list->count - 1] : NULL;
    if (last && last->kind == added.kind && last->at + last->count == added.at) {
        last->count += added.count;
        return true;
    }
    tad__step *to = TAD__LIST_ADD(m, *list);
    if (to) *to = added;
    return to != NULL;
}

/* Those that were kept last are often wanted again. */
uint32_t tad__keep_options(tad_program *p, const double *pq) {
    enum { LOOKED_AT = 8 };
    const size_t n = p->options.count / 2;
    for (size_t back = 1; back <= LOOKED_AT && back <= n; back++)
        if (memcmp(p->options.item + 2 * (n - back), pq, 2 * sizeof *pq) == 0)
            return (uint32_t)(n - back);
    for (int k = 0; k < 2; k++) {
        double *to = TAD__ADD_TO(p, options);
        if (!to) return TAD__NO_REF;
        *to = pq[k];
    }
    return (uint32_t)(p->options.count / 2 - 1);
}

#define FREE(list) TAD__LIST_FREE(&p->memory, p->list)

void tad_program_free(tad_program *p) {
    if (!p) return;
    tad_program_set_steps(p, NULL, NULL, NULL);
    tad__anchor_lift(&p->anchor);
    FREE(step);
    FREE(number);
    FREE(call);
    FREE(group);
    FREE(fused);
    FREE(tail);
    FREE(decision);
    FREE(draw);
    FREE(copy);
    FREE(array);
    FREE(constant);
    FREE(parameter);
    FREE(rolled);
    FREE(terms);
    FREE(roll_lanes);
    FREE(run);
    FREE(place);
    FREE(word);
    FREE(packed);
    FREE(out_run);
    FREE(options);
    FREE(moving);
    tad__arena_free(&p->arena);
    tad__memory last = p->memory;
    tad__memory_resize(&last, p, sizeof *p, 0);
}

static tad_program *new_program(const tad_tape *t, const tad_freeze_options *o) {
    tad__memory memory;
    tad__memory_init(&memory, &o->allocator, 0);
    tad_program *p = tad__memory_resize(&memory, NULL, 0, sizeof *p);
    if (!p) return NULL;
    memset(p, 0, sizeof *p);
    p->memory = memory;
    p->arena.memory = &p->memory;
    p->basis = t->basis;
    p->kernels = t->compute.kernels;
    return p;
}

/* ---- what is frozen ---- */

static tad_status resolve(tad__freezer *f, const tad_var *v, size_t n, const char *what) {
    for (size_t k = 0; k < n; k++) {
        uint32_t i;
        if (!tad__has_tape(v[k]))
            return tad__fail(f->t, TAD_BAD_HANDLE, "%s %zu is no variable", what, k);
        if (!tad__resolve(f->t, v[k], what, &i)) return f->t->error.status;
        f->nodes = i + 1 > f->nodes ? i + 1 : f->nodes;
    }
    return TAD_OK;
}

/* The marks and values of all nodes; false: no memory. */
static bool begin(tad__freezer *f) {
    tad__memory *m = &f->p->memory;
    f->shared_arena.memory = m;
    f->mark = tad__memory_resize(m, NULL, 0, f->nodes);
    f->value = tad__memory_resize(m, NULL, 0, (size_t)f->nodes * sizeof *f->value);
    return f->mark && f->value;
}

static void end(tad__freezer *f) {
    tad__memory *m = &f->p->memory;
    tad__forget_shared(f);
    tad__forget_numbers(f);
    tad__memory_resize(m, f->mark, f->mark ? f->nodes : 0, 0);
    tad__memory_resize(m, f->value, f->value ? (size_t)f->nodes * sizeof *f->value : 0, 0);
    tad__memory_resize(m, f->slot, f->slot ? f->numbers * sizeof *f->slot : 0, 0);
}

static bool list_moving(tad_program *p) {
    for (size_t k = 0; k < p->array.count; k++) {
        const tad__home home = p->array.item[k].home;
        if (home != TAD__BOUND && home != TAD__REFERRED) continue;
        uint32_t *to = TAD__ADD_TO(p, moving);
        if (!to) return false;
        *to = (uint32_t)k;
    }
    return true;
}

static bool list_outputs(tad_program *p) {
    for (size_t k = 0; k < p->n_out; k++) {
        tad__out_run *to = TAD__ADD_TO(p, out_run);
        if (!to) return false;
        *to = (tad__out_run){p->out[k].value, 1};
    }
    for (size_t k = p->n_out; k-- > 1;) {
        tad__out_run *to = &p->out_run.item[k - 1];
        if (to->value + 1 == to[1].value) to->count += to[1].count;
    }
    return true;
}

static void fill_info(tad_program *p) {
    tad_program_info *i = &p->info;
    if (!p->rolled.count) i->numbers = p->number.count;
    i->calls = p->call.count + p->fused.count;
    i->groups = p->group.count;
    i->fused = p->fused.count;
    i->decisions = p->decision.count;
    i->parameters = p->parameter.count;
    i->array_bytes = p->array_bytes;
    i->draws = (size_t)p->draws;
}

/* ---- a run beside what was recorded ---- */

/* The value of a variable, contiguous in memory of the program's arena. NULL: no memory. */
static const void *recorded_value(tad__freezer *f, tad_var v, const tad_type *type) {
    tad__view view;
    const tad_array *a = tad__value(f->t, v.u.at.index, &view);
    const size_t bytes = (size_t)a->size * tad__width(a->dtype);
    tad__header to;
    tad__array_layout(&to.array, type->dtype, &type->shape);
    to.array.data = tad__arena_take(&f->p->arena, bytes, 64);
    if (to.array.data) tad__copy(&f->t->compute, &to.array, a);
    return to.array.data;
}

static bool bind_all(tad__freezer *f, tad_workspace *w) {
    const tad_program *p = f->p;
    for (size_t k = 0; k < p->n_in; k++)
        if (!(w->in[k] = recorded_value(f, f->in[k], &p->in[k].type))) return false;
    for (size_t k = 0; k < p->n_out; k++)
        if (!(w->out[k] = tad__arena_take(&f->p->arena, tad__type_bytes(&p->out[k].type), 64)))
            return false;
    w->unbound = 0;
    return true;
}

/* The sign of a NaN is no one's: a compiler may turn the operands of a sum. */
static bool is_same(tad_dtype dtype, const char *recorded, const char *got, size_t i) {
    const size_t width = tad__width(dtype);
    return memcmp(recorded + i * width, got + i * width, width) == 0 ||
           (tad__is_float(dtype) && isnan(tad__number_at(dtype, recorded, i)) &&
            isnan(tad__number_at(dtype, got, i)));
}

/* The tape's bits; of float64, where numbers are rolled up, as close as these come. */
static bool agree(const tad__freezer *f, const tad_type *type, const void *recorded,
                  const void *got) {
    const size_t bytes = tad__type_bytes(type);
    const bool rolled = f->p->rolled.count && type->dtype == TAD_F64;
    bool same = true;
    if (memcmp(recorded, got, bytes) == 0) return true;
    for (size_t i = 0; i < bytes / tad__width(type->dtype) && same; i++)
        same = is_same(type->dtype, recorded, got, i) ||
               (rolled &&
                tad__roll_agrees(f, ((const double *)recorded)[i], ((const double *)got)[i]));
    return same;
}

static tad_status disagree(const tad__freezer *f, size_t k) {
    if (f->p->rolled.count && !f->p->exact)
        return tad__fail(f->t, TAD_UNSUPPORTED,
                         "freeze: output %zu magnifies rounding errors so much that, rolled up, it "
                         "is another one; without roll_up it is the tape's",
                         k);
    return tad__fail(f->t, TAD_UNSUPPORTED,
                     "freeze: the program gives output %zu other bits than the tape: an op "
                     "computes it in an order that depends on how its operand lies",
                     k);
}

static tad_status compare(tad__freezer *f, const tad_workspace *w) {
    for (size_t k = 0; k < f->p->n_out; k++) {
        const tad_type *type = &f->p->out[k].type;
        const void *recorded = recorded_value(f, f->out[k], type);
        if (!recorded) return tad__no_memory(f->t, "freeze");
        if (!agree(f, type, recorded, w->out[k])) return disagree(f, k);
    }
    return TAD_OK;
}

/* With scratch memory enough for it: how much ops take, only a run can tell. */
static tad_status run_once(tad__freezer *f, bool *again) {
    const tad__arena_mark before = tad__arena_now(&f->p->arena);
    tad_workspace *w = tad_workspace_new(f->p);
    *again = false;
    tad_status s = w && bind_all(f, w) ? TAD_OK : tad__no_memory(f->t, "freeze");
    if (s == TAD_OK) s = tad_run(w);
    *again = s == TAD_NO_MEMORY && f->t->error.status == TAD_OK;
    if (s == TAD_OK)
        s = compare(f, w);
    else if (!*again && f->t->error.status == TAD_OK)
        tad__fail(f->t, s, "freeze: %s", w->message);
    if (s == TAD_OK) f->p->scratch_bytes = (w->scratch_used + 63) / 64 * 64;
    if (s == TAD_OK && !w->compute.threads) f->p->threads = 0;
    tad_workspace_free(w);
    tad__arena_release(&f->p->arena, before);
    return s;
}

static tad_status prove_with(tad__freezer *f, size_t threads) {
    bool again;
    tad_status s;
    f->p->threads = threads;
    f->p->scratch_bytes = 4096;
    while (s = run_once(f, &again), again) f->p->scratch_bytes *= 2;
    return s;
}

/* Where a workspace gets no threads, ops may take less memory than with them, or more. */
static tad_status prove(tad__freezer *f) {
    tad_status s = prove_with(f, 0);
    const size_t alone = f->p->scratch_bytes;
    if (s == TAD_OK && f->options->threads > 1) s = prove_with(f, (size_t)f->options->threads);
    f->p->scratch_bytes = tad__max(f->p->scratch_bytes, alone);
    return s;
}

/* ---- the passes ---- */

static tad_status freeze(tad__freezer *f) {
    tad_status s = begin(f) ? tad__freeze_mark(f) : tad__no_memory(f->t, "freeze");
    if (s == TAD_OK) s = tad__freeze_steps(f);
    if (s == TAD_OK) s = tad__freeze_fuse(f);
    if (s == TAD_OK) s = tad__roll_up(f);
    if (s == TAD_OK) s = tad__freeze_plan(f);
    if (s == TAD_OK && !(list_moving(f->p) && list_outputs(f->p)))
        s = tad__no_memory(f->t, "freeze");
    if (s == TAD_OK && f->p->parameter.count) tad__anchor_set(&f->p->anchor, f->t);
    if (s == TAD_OK && f->p->rolled.count) tad__roll_tolerance(f);
    end(f);
    if (s == TAD_OK) s = prove(f);
    if (s == TAD_OK) tad__find_direct(f->p);
    if (s == TAD_OK) tad__find_lanes(f->p);
    fill_info(f->p);
    return s;
}

static tad_status check(tad__freezer *f) {
    const int threads = f->options->threads;
    if (threads < 0 || threads > TAD__MOST_THREADS)
        return tad__fail(f->t, TAD_BAD_ARGUMENT,
                         "freeze: %d threads, 0 (none but the caller's) to %d are possible",
                         threads, TAD__MOST_THREADS);
    if (!f->n_out || !f->out) return tad__fail(f->t, TAD_BAD_ARGUMENT, "freeze: no outputs");
    if (f->n_in && !f->in) return tad__fail(f->t, TAD_BAD_ARGUMENT, "freeze: no list of inputs");
    tad_status s = resolve(f, f->in, f->n_in, "freeze: input");
    if (s == TAD_OK) s = resolve(f, f->out, f->n_out, "freeze: output");
    for (size_t k = 0; k < f->n_in && s == TAD_OK; k++)
        f->first = f->in[k].u.at.index < f->first ? f->in[k].u.at.index : f->first;
    return s;
}

tad_status tad_freeze(const tad_var *in, size_t n_in, const tad_var *out, size_t n_out,
                      const tad_freeze_options *options, tad_program **program) {
    static const tad_freeze_options standard = {0};
    tad_tape *t = in ? tad__tape_of(in, n_in) : NULL;
    if (!t && out) t = tad__tape_of(out, n_out);
    if (!program) return tad__fail(t, TAD_BAD_ARGUMENT, "freeze: no place for the program");
    *program = NULL;
    if (!t) return TAD_BAD_HANDLE;
    if (t->error.status != TAD_OK) return t->error.status;
    tad__freezer f = {.t = t,
                      .options = options ? options : &standard,
                      .in = in,
                      .out = out,
                      .n_in = n_in,
                      .n_out = n_out,
                      .first = TAD__NO_NODE,
                      .one = TAD__NO_REF};
    tad_status s = check(&f);
    if (s == TAD_OK && !(f.p = new_program(t, f.options))) s = tad__no_memory(t, "freeze");
    if (s == TAD_OK) s = freeze(&f);
    if (s == TAD_OK)
        *program = f.p;
    else
        tad_program_free(f.p);
    return s;
}
