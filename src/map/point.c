/* Functions at one point: the user's and their derivatives, recorded on a tape of their own and
 * frozen. Rests on map.h. */
#include "map.h"

#include <string.h>

#include "array/shape.h"
#include "tape/error.h"

/* ---- recording ---- */

/* A function's operands and results on a tape of its own. */
typedef struct recording {
    tad_tape *t;
    tad_var in[TAD__MAP_MOST], out[TAD_MAX_OUTPUTS];
} recording;

static tad_status record(const tad__point_fn *f, recording *r);

static tad_status record_given(const tad__point_fn *f, recording *r) {
    tad_var y = f->mapping->f(r->t, r->in, f->n_in, f->mapping->user);
    if (tad_is_number(y)) y = tad_full(r->t, TAD_F64, TAD_0D, y.u.number);
    r->out[0] = y;
    if (tad_tape_status(r->t) == TAD_OK && (tad_is_nil(y) || tad_is_none(y)))
        return tad__fail(r->t, TAD_BAD_HANDLE, "the function's result is no variable");
    return tad_tape_status(r->t);
}

/* The items of the list that the mask has; how many. */
static size_t pick(const tad_var *list, size_t n, uint64_t mask, tad_var *to) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (tad__has_bit(mask, i)) to[count++] = list[i];
    return count;
}

/* Of results that are constants nothing passes. */
static size_t drop_constants(tad_var *y, tad_var *cotangent, size_t n) {
    size_t kept = 0;
    for (size_t k = 0; k < n; k++) {
        if (!tad_node_needs_gradient(y[k])) continue;
        y[kept] = y[k];
        cotangent[kept++] = cotangent[k];
    }
    return kept;
}

static tad_status record_zeros(recording *r, const tad_var *like, size_t n) {
    for (size_t k = 0; k < n; k++)
        r->out[k] = tad_full(r->t, tad_dtype_of(like[k]), tad_shape_of(like[k]), 0);
    return tad_tape_status(r->t);
}

static tad_status record_vjp(const tad__point_fn *f, recording *r) {
    tad_var y[TAD_MAX_OUTPUTS], cotangent[TAD_MAX_OUTPUTS], x[TAD__MAP_MOST];
    const tad_status s = record(f->of, r);
    if (s != TAD_OK) return s;
    size_t ny = pick(r->out, f->of->n_out, f->given, y);
    const size_t nx = pick(r->in, f->of->n_in, f->asked, x);
    memcpy(cotangent, r->in + f->of->n_in, ny * sizeof *cotangent);
    ny = drop_constants(y, cotangent, ny);
    return ny ? tad_grad(y, cotangent, ny, x, nx, r->out) : record_zeros(r, x, nx);
}

static tad_status record_jvp(const tad__point_fn *f, recording *r) {
    tad_var y[TAD_MAX_OUTPUTS], x[TAD__MAP_MOST];
    const tad_status s = record(f->of, r);
    if (s != TAD_OK) return s;
    const size_t ny = pick(r->out, f->of->n_out, f->asked, y);
    const size_t nx = pick(r->in, f->of->n_in, f->given, x);
    return tad_tangent(y, ny, x, r->in + f->of->n_in, nx, r->out);
}

/* f of r->in; the operands of `of` come first in these. */
static tad_status record(const tad__point_fn *f, recording *r) {
    switch (f->kind) {
    case TAD__POINT_VJP: return record_vjp(f, r);
    case TAD__POINT_JVP: return record_jvp(f, r);
    default: return record_given(f, r);
    }
}

static tad_var operand(const tad__point_fn *f, size_t i, tad_tape *t) {
    const tad_type *type = &f->in[i];
    const void *elements = f->example[i];
    if (!tad__is_float(type->dtype)) return tad_constant(t, type->dtype, type->shape, elements);
    if (elements) return tad_input(t, type->dtype, type->shape, elements);
    tad_var ones = tad_full(t, type->dtype, type->shape, 1);
    return tad_input(t, type->dtype, type->shape, tad_data(ones));
}

/* ---- programs ---- */

static tad_status show_made(const tad__point_fn *f) {
    const tad_mapping *m = f->mapping;
    bool each[TAD__MAP_MOST];
    for (size_t i = 0; i < f->n_in; i++) each[i] = !tad__has_bit(f->shared, i);
    return m->made ? m->made(f->program, each, m->made_user) : TAD_OK;
}

/* Pieces of points would draw the same numbers, and each call again. */
static tad_status check_draws(tad__point_fn *f, tad_tape *t) {
    if (!tad_program_info_of(f->program).draws) return TAD_OK;
    tad_program_free(f->program);
    return tad__fail(t, TAD_UNSUPPORTED,
                     "the function draws random numbers; draw them before, as an operand");
}

static tad_status freeze(tad__point_fn *f, recording *r) {
    const tad_freeze_options options = {.allocator = f->mapping->allocator,
                                        .allow_constant_outputs = true};
    for (size_t i = 0; i < f->n_in; i++) r->in[i] = operand(f, i, r->t);
    tad_status s = record(f, r);
    if (s == TAD_OK) s = tad_freeze(r->in, f->n_in, r->out, f->n_out, &options, &f->program);
    if (s == TAD_OK) s = check_draws(f, r->t);
    for (size_t k = 0; k < f->n_out && s == TAD_OK; k++)
        f->out[k] = tad_program_out_type(f->program, k);
    return s;
}

/* Says on t what went wrong on the tape of a point. */
static tad_status pass_on(tad_tape *t, tad_status s, const tad_tape *from) {
    return s == TAD_OK ? s : tad__fail(t, s, "map: %s", tad_message(from));
}

static tad_status make_program(tad_tape *t, tad__point_fn *f) {
    const tad_settings settings = {
        .allocator = f->mapping->allocator, .level = f->level, .strong_zero = f->strong_zero};
    recording r = {.t = tad_tape_new(&settings)};
    if (!r.t) return tad__no_memory(t, "map");
    tad_status s = pass_on(t, freeze(f, &r), r.t);
    tad_tape_free(r.t);
    if (s != TAD_OK) return s;
    s = show_made(f);
    if (s == TAD_OK) return s;
    tad_program_free(f->program);
    return tad__fail(t, s, "map: what is shown a new program: %s", tad_status_text(s));
}

/* ---- the functions of a mapping ---- */

static bool same_operands(const tad__point_fn *a, const tad__point_fn *b) {
    if (a->n_in != b->n_in || a->shared != b->shared) return false;
    for (size_t i = 0; i < a->n_in; i++)
        if (a->in[i].dtype != b->in[i].dtype || !tad__shape_equal(&a->in[i].shape, &b->in[i].shape))
            return false;
    return true;
}

static bool is_like(const tad__point_fn *a, const tad__point_fn *b) {
    return a->kind == b->kind && a->of == b->of && a->given == b->given && a->asked == b->asked &&
           a->level == b->level && a->strong_zero == b->strong_zero && same_operands(a, b);
}

static void *keep(tad_mapping *m, const void *list, size_t bytes) {
    void *copy = tad__arena_take(&m->arena, bytes + 1, 16);
    if (copy) memcpy(copy, list, bytes);
    return copy;
}

/* The elements at a point, which the caller's memory has. */
static bool keep_examples(tad__point_fn *f) {
    const void *const *from = f->example;
    const void **to = tad__arena_take(&f->mapping->arena, (f->n_in + 1) * sizeof *to, 16);
    for (size_t i = 0; i < f->n_in && to; i++) {
        size_t bytes = 0;
        to[i] = NULL;
        tad__shape_bytes(&f->in[i].shape, f->in[i].dtype, &bytes);
        if (from[i] && !(to[i] = keep(f->mapping, from[i], bytes))) return false;
    }
    f->example = to;
    return to != NULL;
}

/* A copy with lists of its own. NULL: no memory. */
static tad__point_fn *new_function(const tad__point_fn *like) {
    tad_mapping *m = like->mapping;
    tad__point_fn *f = keep(m, like, sizeof *like);
    if (!f) return NULL;
    f->in = keep(m, like->in, like->n_in * sizeof *like->in);
    f->out = tad__arena_take(&m->arena, (like->n_out + 1) * sizeof *f->out, 16);
    return f->in && f->out && keep_examples(f) ? f : NULL;
}

const tad__point_fn *tad__point_find(const tad__point_fn *like) {
    const tad__point_fn *f = like->mapping->functions;
    while (f && !is_like(f, like)) f = f->next;
    return f;
}

const tad__point_fn *tad__point_make(tad_tape *t, const tad__point_fn *like) {
    tad_mapping *m = like->mapping;
    const tad__arena_mark before = tad__arena_now(&m->arena);
    tad__point_fn *f = new_function(like);
    if (!f) tad__no_memory(t, "map");
    if (!f || make_program(t, f) != TAD_OK) {
        tad__arena_release(&m->arena, before);
        return NULL;
    }
    f->next = m->functions;
    return m->functions = f;
}

/* ---- derivatives ---- */

/* Another operand. False: there are too many. */
static bool add_operand(tad__point_fn *f, tad_type type, bool shared) {
    if (f->n_in == TAD__MAP_MOST) return false;
    if (shared) f->shared |= (uint64_t)1 << f->n_in;
    f->example[f->n_in] = NULL;
    f->in[f->n_in++] = type;
    return true;
}

/* Takes cotangents or tangents like these of a list. */
static bool add_like(tad__point_fn *f, const tad_type *list, size_t n, uint64_t mask,
                     uint64_t shared) {
    for (size_t i = 0; i < n; i++)
        if (tad__has_bit(mask, i) && !add_operand(f, list[i], tad__has_bit(shared, i)))
            return false;
    return true;
}

/* A gradient by what all points share is a sum over them; so is the tangent of such a sum. */
static void set_results(tad__point_fn *d, size_t n, uint64_t summed) {
    d->n_out = 0;
    d->summed = 0;
    for (size_t i = 0; i < n; i++) {
        if (!tad__has_bit(d->asked, i)) continue;
        d->summed |= (uint64_t)tad__has_bit(summed, i) << d->n_out;
        d->n_out++;
    }
}

const tad__point_fn *tad__point_derivative(tad_tape *t, const tad__point_fn *f,
                                           tad__point_kind kind, uint64_t given, uint64_t asked) {
    tad_type in[TAD__MAP_MOST];
    const void *example[TAD__MAP_MOST];
    tad__point_fn d = *f;
    memcpy(in, f->in, f->n_in * sizeof *in);
    memcpy(example, f->example, f->n_in * sizeof *example);
    d.kind = kind;
    d.of = f;
    d.given = given;
    d.asked = asked;
    d.in = in;
    d.example = example;
    const bool fits = kind == TAD__POINT_VJP ? add_like(&d, f->out, f->n_out, given, f->summed)
                                             : add_like(&d, f->in, f->n_in, given, f->shared);
    if (!fits) {
        tad__fail(t, TAD_TOO_LARGE, "map: more than %d operands, cotangents and tangents",
                  TAD__MAP_MOST);
        return NULL;
    }
    if (kind == TAD__POINT_VJP)
        set_results(&d, f->n_in, f->shared);
    else
        set_results(&d, f->n_out, f->summed);
    const tad__point_fn *found = tad__point_find(&d);
    return found ? found : tad__point_make(t, &d);
}
