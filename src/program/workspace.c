/* How a workspace is laid out, made, and bound. Rests on workspace.h and poison.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "moments.h"
#include "poison.h"

enum { ALIGN = 64 };

/* ---- layout ---- */

/* Where the parts of a workspace begin. */
typedef struct layout {
    size_t sum_room, number, lane, row_of, point_step, lane_step, lane_array, lane_in, lane_out,
        array, operand, frame, operands, results, in, out, each, ready, life, threads, strips,
        arrays, scratch, size;
} layout;

/* What the calls have together. */
typedef struct counts {
    size_t operands, results, numbers;
} counts;

static counts count_refs(const tad_program *p) {
    counts n = {0, 0, 0};
    for (size_t k = 0; k < p->call.count; k++) {
        const tad__call_step *c = &p->call.item[k];
        n.operands += c->n_in;
        n.results += c->n_out;
        for (uint32_t i = 0; i < c->n_in + c->n_out; i++)
            n.numbers += c->ref[i] != TAD__NO_REF && !tad__is_array_ref(c->ref[i]);
    }
    return n;
}

/* Gives a part of `count` items its place; false: too large. */
static bool place(size_t *end, size_t count, size_t size, size_t *at) {
    size_t bytes;
    *at = *end;
    return tad__mul(count, size, &bytes) && tad__sum(*end, bytes, end) &&
           tad__align(*end, ALIGN, end);
}

static bool lay_out(const tad_program *p, layout *l) {
    const counts n = count_refs(p);
    const size_t lanes = p->lanes ? 1 : 0, rooms = tad__strip_rooms(p);
    const size_t threads = p->threads > 1 ? tad__pool_bytes(p->threads) : 0;
    size_t sums;
    size_t end = (sizeof(tad_workspace) + ALIGN - 1) / ALIGN * ALIGN;
    const bool fits =
        place(&end, p->slots, sizeof(double), &l->number) &&
        place(&end, tad__lane_rows(p) * p->lanes, sizeof(double), &l->lane) &&
        place(&end, lanes * (p->slots + p->array.count), sizeof(uint32_t), &l->row_of) &&
        place(&end, tad__steps_to_share(p) ? p->number.count : 0, sizeof(tad__number_step),
              &l->point_step) &&
        place(&end, lanes * (p->step.count + p->call.count), sizeof(tad__step), &l->lane_step) &&
        place(&end, lanes * (n.operands + n.results), sizeof(tad_array), &l->lane_array) &&
        place(&end, lanes * n.operands, sizeof(void *), &l->lane_in) &&
        place(&end, lanes * n.results, sizeof(void *), &l->lane_out) &&
        place(&end, p->array.count, sizeof(tad_array), &l->array) &&
        place(&end, n.numbers, sizeof(tad_array), &l->operand) &&
        place(&end, p->call.count, sizeof(tad_call_frame), &l->frame) &&
        place(&end, n.operands, sizeof(void *), &l->operands) &&
        place(&end, n.results, sizeof(void *), &l->results) &&
        place(&end, tad__told_places(p) + 1, sizeof(void *), &l->in) &&
        place(&end, p->n_out, sizeof(void *), &l->out) &&
        place(&end, p->n_in + p->n_out, sizeof(tad__each), &l->each) &&
        place(&end, tad__mul(p->n_out, tad__max(p->lanes, 1), &sums) ? sums : SIZE_MAX,
              sizeof(double), &l->sum_room) &&
        place(&end, rooms * p->longest_group, sizeof(tad__ready_row), &l->ready) &&
        place(&end, TAD__WATCHED ? p->array.count : 0, sizeof(tad__life), &l->life) &&
        place(&end, threads, 1, &l->threads) && place(&end, rooms, p->strip_bytes, &l->strips) &&
        place(&end, p->array_bytes, 1, &l->arrays) && place(&end, p->scratch_bytes, 1, &l->scratch);
    l->size = end;
    return fits;
}

size_t tad_workspace_size(const tad_program *p) {
    layout l;
    return p && lay_out(p, &l) ? l.size : 0;
}

/* ---- what hooks of ops ask ---- */

tad_status tad__workspace_fail(tad_workspace *w, tad_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(w->message, sizeof w->message, format, args);
    va_end(args);
    return code;
}

static tad_status hook_fail(tad__driver *d, tad_status code, const char *message) {
    tad_workspace *w = (tad_workspace *)(void *)d;
    const tad__place at = w->running->place;
    if (!at.file) return tad__workspace_fail(w, code, "%s", message);
    return tad__workspace_fail(w, code, "%.*s, recorded at %s:%d", (int)sizeof w->message - 100,
                               message, at.file, at.line);
}

/* Programs have names of inputs and outputs alone. */
static const char *hook_operand_name(const tad__driver *d, size_t i) {
    (void)d, (void)i;
    return NULL;
}

static const tad__hooks hooks = {.fail = hook_fail, .operand_name = hook_operand_name};

/* ---- making one ---- */

static void set_arrays(tad_workspace *w) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->array.count; k++) {
        const tad__array_value *v = &p->array.item[k], *root = &p->array.item[v->root];
        const size_t inside = v == root ? 0 : v->offset;
        w->array[k] = v->array;
        if (v->home == TAD__PLANNED) w->array[k].data = w->arrays + root->offset + inside;
        if (v->home == TAD__STRIP) w->array[k].data = w->strips + (size_t)v->of * TAD__STRIP_BYTES;
        if (v->home == TAD__STORED) w->array[k].data = (char *)root->array.data + inside;
    }
}

/* A value as a call sees it; *number: the next of those that show numbers. */
static tad_array *seen(tad_workspace *w, tad__ref r, tad_array **number) {
    if (r == TAD__NO_REF) return NULL;
    if (tad__is_array_ref(r)) return &w->array[tad__position(r)];
    **number = (tad_array){.data = &w->number[r], .size = 1, .dtype = TAD_F64, .contiguous = true};
    return (*number)++;
}

static void set_frames(tad_workspace *w) {
    const tad_program *p = w->p;
    const tad_array **in = w->operands;
    tad_array **out = w->results, *number = w->operand;
    for (size_t k = 0; k < p->call.count; k++) {
        const tad__call_step *c = &p->call.item[k];
        w->frame[k] = (tad_call_frame){.op = c->op,
                                       .options = c->options,
                                       .n_in = c->n_in,
                                       .n_out = c->n_out,
                                       .in = in,
                                       .out = out,
                                       .compute = &w->compute,
                                       .driver = &w->driver};
        for (uint32_t i = 0; i < c->n_in; i++) *in++ = seen(w, c->ref[i], &number);
        for (uint32_t i = 0; i < c->n_out; i++) *out++ = seen(w, c->ref[c->n_in + i], &number);
    }
}

static void set_scratch(tad_workspace *w, char *at) {
    tad__memory_init(&w->nothing, NULL, 1);
    w->chunk = (tad__chunk){at, w->p->scratch_bytes};
    w->scratch =
        (tad__arena){.memory = &w->nothing, .chunk = &w->chunk, .chunks = 1, .capacity = 1};
    w->compute = (tad__compute){w->p->kernels, NULL, &w->scratch};
    tad__close(at, w->p->scratch_bytes);
}

/* As many as the program was frozen with: what scratch memory ops take, they take for that number.
 */
static void start_threads(tad_workspace *w, char *at) {
    if (w->p->threads < 2) return;
    tad__pool *pool = tad__pool_create(at, w->p->threads);
    if (tad__pool_threads(pool) == w->p->threads)
        w->compute.threads = pool;
    else
        tad__pool_destroy(pool);
}

static tad_workspace *make(const tad_program *p, char *memory, const layout *l) {
    tad_workspace *w = (tad_workspace *)(void *)memory;
    memset(memory, 0, l->strips);
    w->driver.hooks = &hooks;
    w->p = p;
    w->random = p->random;
    w->unbound = p->n_in + p->n_out;
    w->number = (double *)(void *)(memory + l->number);
    w->array = (tad_array *)(void *)(memory + l->array);
    w->operand = (tad_array *)(void *)(memory + l->operand);
    w->frame = (tad_call_frame *)(void *)(memory + l->frame);
    w->operands = (const tad_array **)(void *)(memory + l->operands);
    w->results = (tad_array **)(void *)(memory + l->results);
    w->in = (const void **)(void *)(memory + l->in);
    w->in[p->n_in + p->parameter.count] = &w->random;
    w->in[tad__told_places(p)] = p->place.item;
    w->out = (void **)(void *)(memory + l->out);
    w->each_in = (tad__each *)(void *)(memory + l->each);
    w->each_out = w->each_in + p->n_in;
    w->sum_room = (double *)(void *)(memory + l->sum_room);
    w->lane = (double *)(void *)(memory + l->lane);
    w->row_of = (uint32_t *)(void *)(memory + l->row_of);
    w->point_step = (tad__number_step *)(void *)(memory + l->point_step);
    w->lane_step = (tad__step *)(void *)(memory + l->lane_step);
    w->lane_array = (tad_array *)(void *)(memory + l->lane_array);
    w->lane_dim[1] = 1;
    w->lane_in = (const tad_array **)(void *)(memory + l->lane_in);
    w->lane_out = (tad_array **)(void *)(memory + l->lane_out);
    w->ready = (tad__ready_row *)(void *)(memory + l->ready);
    w->life = (tad__life *)(void *)(memory + l->life);
    w->strips = memory + l->strips;
    w->arrays = memory + l->arrays;
    for (size_t k = 0; k < p->constant.count; k++)
        w->number[p->constant.item[k].slot] = p->constant.item[k].number;
    for (size_t k = 0; k < p->packed.count; k++)
        w->number[p->packed.item[k].slot] = p->packed.item[k].number;
    set_arrays(w);
    set_frames(w);
    set_scratch(w, memory + l->scratch);
    start_threads(w, memory + l->threads);
    if (TAD__WATCHED) tad__find_lives(p, w->life);
    return w;
}

tad_workspace *tad_workspace_in(const tad_program *p, void *memory, size_t size) {
    layout l;
    if (!p || !memory || (uintptr_t)memory % ALIGN || !lay_out(p, &l) || size < l.size) return NULL;
    return make(p, memory, &l);
}

/* Threads may do this at once: the program's counters are not theirs. */
tad_workspace *tad_workspace_new(const tad_program *p) {
    layout l;
    size_t raw_size;
    if (!p || !lay_out(p, &l) || !tad__sum(l.size, ALIGN, &raw_size)) return NULL;
    const tad_allocator *a = &p->memory.allocator;
    char *raw = a->resize(a->user, NULL, 0, raw_size);
    if (!raw) return NULL;
    tad_workspace *w = make(p, raw + tad__aligned_offset(raw, 0, ALIGN), &l);
    w->raw = raw;
    w->raw_size = raw_size;
    return w;
}

void tad_workspace_free(tad_workspace *w) {
    if (!w) return;
    const tad_allocator *a = &w->p->memory.allocator;
    void *raw = w->raw;
    const size_t raw_size = w->raw_size;
    tad__pool_destroy(w->compute.threads);
    tad__open(w->chunk.base, w->chunk.size);
    memset(w, 0, sizeof *w);
    if (raw) a->resize(a->user, raw, raw_size, 0);
}

void tad_set_random(tad_workspace *w, tad_random state) {
    if (w) w->random = state;
}

tad_random tad_random_of(const tad_workspace *w) { return w ? w->random : (tad_random){0, 0}; }
const char *tad_workspace_message(const tad_workspace *w) {
    return w ? w->message : "no workspace";
}
