/* The op "map" and its rules; mappings. Rests on map.h. */
#include "map.h"

#include <string.h>

#include "array/compute.h"
#include "array/view.h"
#include "program/c_points.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"

/* ---- the op ---- */

static const tad__point_fn *function_of(const void *options) {
    return ((const tad__map_options *)options)->f;
}

/* How many points there are, as the first operand that has an axis of them says. */
static int64_t points_of(const tad__point_fn *f, const tad_array *const *in) {
    for (size_t i = 0; i < f->n_in; i++)
        if (!tad__has_bit(f->shared, i) && in[i]->rank) return in[i]->dim[0];
    return 0;
}

static tad_status check_operand(const tad_call_frame *c, size_t i, int64_t points) {
    const tad__point_fn *f = function_of(c->options);
    const bool shared = tad__has_bit(f->shared, i);
    const tad_shape got = tad__shape_of(c->in[i]),
                    want = shared ? f->in[i].shape : tad__with_points(&f->in[i].shape, points);
    char a[TAD__SHAPE_ROOM], b[TAD__SHAPE_ROOM];
    if (c->in[i]->dtype != f->in[i].dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s, it was %s", i,
                        tad_dtype_name((tad_dtype)c->in[i]->dtype), tad_dtype_name(f->in[i].dtype));
    if (tad__shape_equal(&got, &want)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "operand %zu has shape %s, %s is wanted for %lld points", i,
                    tad__shape_text(&got, a, sizeof a), tad__shape_text(&want, b, sizeof b),
                    (long long)points);
}

static tad_status map_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad__point_fn *f = function_of(c->options);
    const int64_t points = points_of(f, c->in);
    for (size_t i = 0; i < f->n_in; i++) {
        const tad_status s = check_operand(c, i, points);
        if (s != TAD_OK) return s;
    }
    *n_out = f->n_out;
    for (size_t k = 0; k < f->n_out; k++) {
        if (!tad__has_bit(f->summed, k) && f->out[k].shape.rank == TAD_MAX_RANK)
            return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
        out[k] = f->out[k];
        if (!tad__has_bit(f->summed, k)) out[k].shape = tad__with_points(&f->out[k].shape, points);
    }
    return TAD_OK;
}

static void map_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__point_fn *f = function_of(c->options);
    const size_t points = (size_t)points_of(f, c->in);
    tad__c_put_points(to, f->program,
                      &(tad__c_points){.in = c->in,
                                       .shared = f->shared,
                                       .summed = f->summed,
                                       .points = points,
                                       .piece = tad__map_piece(f, points)});
}

/* ---- rules ---- */

/* Those that are there and are floats. */
static uint64_t given_of(const tad_rule *r, const tad_type *type, size_t n) {
    uint64_t given = 0;
    for (size_t i = 0; i < n; i++)
        if (!tad_is_nil(r->given[i]) && tad__is_float(type[i].dtype)) given |= (uint64_t)1 << i;
    return given;
}

/* Applies the derivative that gives what is asked for to the operands and what is given. */
static void apply_derivative(tad_rule *r, tad__point_kind kind, uint64_t given, uint64_t asked) {
    const tad__point_fn *f = function_of(r->options),
                        *d = tad__point_derivative(r->tape, f, kind, given, asked);
    tad_var in[TAD__MAP_MOST], out[TAD_MAX_OUTPUTS];
    size_t n = r->n_in, k = 0;
    if (!d) return;
    memcpy(in, r->in, n * sizeof *in);
    for (size_t i = 0; n < d->n_in; i++)
        if (tad__has_bit(given, i)) in[n++] = r->given[i];
    tad_apply(&tad__op_map, in, n, &(tad__map_options){d}, out, d->n_out);
    for (size_t i = 0; k < d->n_out; i++)
        if (tad__has_bit(asked, i)) r->result[i] = out[k++];
}

/* So many at once as an op can have results. */
static void map_vjp(tad_rule *r) {
    const tad__point_fn *f = function_of(r->options);
    const uint64_t given = given_of(r, f->out, f->n_out);
    uint64_t asked = 0;
    size_t count = 0;
    for (size_t i = 0; i < r->n_in && given; i++) {
        if (r->wanted[i] && tad__is_float(f->in[i].dtype)) {
            asked |= (uint64_t)1 << i;
            count++;
        }
        if (!count || (count < TAD_MAX_OUTPUTS && i + 1 < r->n_in)) continue;
        apply_derivative(r, TAD__POINT_VJP, given, asked);
        asked = 0;
        count = 0;
    }
}

static void map_jvp(tad_rule *r) {
    const tad__point_fn *f = function_of(r->options);
    const uint64_t given = given_of(r, f->in, f->n_in);
    uint64_t asked = 0;
    for (size_t k = 0; k < f->n_out; k++)
        if (tad__is_float(f->out[k].dtype)) asked |= (uint64_t)1 << k;
    if (given && asked) apply_derivative(r, TAD__POINT_JVP, given, asked);
}

const tad_op tad__op_map = {.name = "map",
                            .family = "functions at many points",
                            .doc = "a function at every point of a first axis, see map.h",
                            .min_in = 1,
                            .max_in = UINT8_MAX,
                            .options_size = sizeof(tad__map_options),
                            .shape = map_shape,
                            .forward = tad__map_run,
                            .c_text = map_c_text,
                            .vjp = map_vjp,
                            .jvp = map_jvp};

/* ---- mappings ---- */

tad_mapping *tad_mapping_new(tad_fn *f, void *user, const tad_allocator *allocator) {
    static const tad_allocator standard = {0};
    tad__memory memory;
    tad__memory_init(&memory, allocator ? allocator : &standard, 0);
    tad_mapping *m = f ? tad__memory_resize(&memory, NULL, 0, sizeof *m) : NULL;
    if (!m) return NULL;
    *m = (tad_mapping){.f = f, .user = user, .memory = memory};
    if (allocator) m->allocator = *allocator;
    m->arena.memory = &m->memory;
    return m;
}

void tad_mapping_free(tad_mapping *m) {
    if (!m) return;
    for (tad__point_fn *f = m->functions; f; f = (tad__point_fn *)(uintptr_t)f->next)
        tad_program_free(f->program);
    tad__arena_free(&m->arena);
    tad__memory last = m->memory;
    tad__memory_resize(&last, m, sizeof *m, 0);
}

void tad_mapping_set_made(tad_mapping *m, tad_program_made *made, void *user) {
    if (!m) return;
    m->made = made;
    m->made_user = user;
}

/* ---- calls ---- */

/* The operands of a call. */
typedef struct call {
    tad_tape *t;
    tad_var in[TAD__MAP_MOST];
    size_t n_each, n;
    tad_type type[TAD__MAP_MOST];
    const void *example[TAD__MAP_MOST];
} call;

static tad_status refuse(tad_tape *t, const char *why) {
    return tad__fail(t, TAD_BAD_ARGUMENT, "map: %s", why);
}

static tad_status take_operands(call *c, const tad_var *each, size_t n_each, const tad_var *shared,
                                size_t n_shared) {
    if (!n_each) return refuse(c->t, "no operand has an axis of points");
    if (n_each > TAD__MAP_MOST || n_shared > TAD__MAP_MOST - n_each)
        return tad__fail(c->t, TAD_TOO_LARGE, "map: more than %d operands", TAD__MAP_MOST);
    memcpy(c->in, each, n_each * sizeof *each);
    if (n_shared) memcpy(c->in + n_each, shared, n_shared * sizeof *shared);
    c->n_each = n_each;
    c->n = n_each + n_shared;
    for (size_t i = 0; i < c->n; i++) {
        uint32_t index;
        if (i >= n_each && tad_is_number(c->in[i]))
            c->in[i] = tad_full(c->t, TAD_F64, TAD_0D, c->in[i].u.number);
        if (!tad__resolve(c->t, c->in[i], "map", &index)) return c->t->error.status;
    }
    return c->t->error.status;
}

static const tad_array *value_of(const call *c, size_t i, tad__view *view) {
    return tad__value(c->t, c->in[i].u.at.index, view);
}

/* The type of operand i at a point. */
static tad_status see_type(call *c, size_t i) {
    tad__view view;
    const tad_array *a = value_of(c, i, &view);
    const bool each = i < c->n_each;
    const tad_shape shape = tad__shape_of(a);
    if (each && !shape.rank)
        return tad__fail(c->t, TAD_BAD_SHAPE, "map: operand %zu has no axis of points", i);
    c->type[i] = (tad_type){(tad_dtype)a->dtype, tad__shape_reduced(&shape, each, false)};
    return TAD_OK;
}

/* The elements of operand i at the first point, in scratch memory; none where there are no points.
 */
static tad_status see_example(call *c, size_t i) {
    tad__view view;
    tad__header h, place;
    const tad_array *a = value_of(c, i, &view);
    const bool each = i < c->n_each;
    const tad_shape *shape = &c->type[i].shape;
    c->example[i] = NULL;
    if (each && !a->dim[0]) return TAD_OK;
    tad_array *point = tad__lay_out(&h, a, shape), *to = tad__lay_out(&place, a, shape);
    for (int d = 0; d < shape->rank; d++) tad__strides(point)[d] = tad_strides(a)[d + each];
    tad__array_seen(point);
    to->data =
        tad__scratch(&c->t->compute, (size_t)to->size * tad_dtype_size(c->type[i].dtype) + 1);
    if (!to->data) return tad__no_memory(c->t, "map");
    tad__copy(&c->t->compute, to, point);
    c->example[i] = to->data;
    return TAD_OK;
}

/* A function of operands that were not met before: recorded at the first point. */
static const tad__point_fn *make_function(call *c, const tad__point_fn *like) {
    const tad__arena_mark before = tad__arena_now(&c->t->arena);
    tad_status s = TAD_OK;
    for (size_t i = 0; i < c->n && s == TAD_OK; i++) s = see_example(c, i);
    const tad__point_fn *f = s == TAD_OK ? tad__point_make(c->t, like) : NULL;
    tad__arena_release(&c->t->arena, before);
    return f;
}

/* Those behind `each`. */
static uint64_t shared_of(const call *c) {
    uint64_t shared = 0;
    for (size_t i = c->n_each; i < c->n; i++) shared |= (uint64_t)1 << i;
    return shared;
}

static tad_var map(call *c, tad_mapping *m) {
    tad_status s = TAD_OK;
    for (size_t i = 0; i < c->n && s == TAD_OK; i++) s = see_type(c, i);
    if (s != TAD_OK) return tad__nil(c->t);
    const tad__point_fn like = {.mapping = m,
                                .level = c->t->settings.level,
                                .strong_zero = c->t->settings.strong_zero,
                                .n_in = c->n,
                                .n_out = 1,
                                .in = c->type,
                                .example = c->example,
                                .shared = shared_of(c)},
                        *found = tad__point_find(&like),
                        *f = found ? found : make_function(c, &like);
    return f ? tad_apply(&tad__op_map, c->in, c->n, &(tad__map_options){f}, NULL, 0)
             : tad__nil(c->t);
}

tad_var tad_map(tad_mapping *m, const tad_var *each, size_t n_each, const tad_var *shared,
                size_t n_shared) {
    call c = {.t = each && n_each ? tad__tape_of(each, n_each) : NULL};
    if (!c.t && shared) c.t = tad__tape_of(shared, n_shared);
    if (!c.t || c.t->error.status != TAD_OK) return tad__nil(c.t);
    tad_status s = TAD_OK;
    if (!m) s = refuse(c.t, "no mapping");
    if ((!each && n_each) || (!shared && n_shared)) s = refuse(c.t, "a list of operands is NULL");
    if (s == TAD_OK) s = take_operands(&c, each, n_each, shared, n_shared);
    return s == TAD_OK ? map(&c, m) : tad__nil(c.t);
}
