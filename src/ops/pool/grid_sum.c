/* grid_sum: a sum of products over the taps of points in images, which is linear in each of its
 * factors: a cotangent, the image, weights for each axis. Its derivative by one of them does not
 * read that one, and is what the op gives; so rules are the op with other operands. Rests on
 * grid.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "grid.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

/* Operands: the places of each axis, then the factors. All are given, or none. */
enum { PLACES_OF, COTANGENT = TAD__GRID_AXES, IMAGE, OF_AXES, OPERANDS = OF_AXES + TAD__GRID_AXES };
enum { MOST_TAPS_OF_AXIS = TAD__GRID_CUBIC };

typedef struct sum_options {
    int by;         /* the factor that is the result: COTANGENT + by */
    tad_shape size; /* of channels, by the image */
} sum_options;

/* ---- shapes ---- */

typedef struct sizes {
    int by, axes;
    int64_t images, channels, points, size[TAD__GRID_AXES], taps[TAD__GRID_AXES];
} sizes;

static const tad_array *places_of(const tad_call_frame *c, int axis) {
    return c->in[PLACES_OF + axis];
}

static tad_status read_places(const tad_call_frame *c, sizes *s) {
    for (int i = 0; i < TAD__GRID_AXES; i++) {
        const tad_array *p = places_of(c, i);
        s->size[i] = s->taps[i] = 1;
        if (!p) continue;
        if (i > s->axes) return tad_fail(c, TAD_BAD_SHAPE, "has no places on an axis");
        if (p->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "places must be int64");
        if (p->rank != 3 || p->dim[2] < 1 || p->dim[2] > MOST_TAPS_OF_AXIS)
            return tad_fail(c, TAD_BAD_SHAPE, "places must be (N,P,taps), at most %d taps",
                            MOST_TAPS_OF_AXIS);
        s->images = p->dim[0];
        s->points = p->dim[1];
        s->taps[s->axes++] = p->dim[2];
    }
    return TAD_OK;
}

static tad_status read_sizes(const tad_call_frame *c, sizes *s) {
    const sum_options *o = c->options;
    const tad_array *g, *x;
    *s = (sizes){0};
    if (c->n_in != OPERANDS) return tad_fail(c, TAD_BAD_ARGUMENT, "needs %d operands", OPERANDS);
    tad_status status = read_places(c, s);
    if (status != TAD_OK) return status;
    if (o->by < 0 || o->by >= OF_AXES - COTANGENT + s->axes || c->in[COTANGENT + o->by])
        return tad_fail(c, TAD_BAD_ARGUMENT, "has no place for factor %d", o->by);
    s->by = COTANGENT + o->by;
    g = c->in[COTANGENT];
    x = c->in[IMAGE];
    if ((s->by == COTANGENT) != !g || (s->by == IMAGE) != !x || (x && x->rank != 2 + s->axes) ||
        o->size.rank != (x ? 0 : s->axes) || (g && g->rank != 3))
        return tad_fail(c, TAD_BAD_SHAPE, "needs images of %d axes", s->axes);
    s->channels = x ? x->dim[1] : g->dim[1];
    for (int i = 0; i < s->axes; i++) s->size[i] = x ? x->dim[2 + i] : o->size.dim[i];
    return TAD_OK;
}

static tad_shape shape_by(const sizes *s, int factor) {
    if (factor >= OF_AXES) return TAD_SHAPE(s->images, s->points, s->taps[factor - OF_AXES]);
    tad_shape shape = TAD_SHAPE(s->images, s->channels, s->points);
    if (factor == COTANGENT) return shape;
    for (int i = 0; i < s->axes; i++) shape.dim[2 + i] = s->size[i];
    shape.rank = 2 + s->axes;
    return shape;
}

static tad_status sum_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    sizes s;
    int64_t size;
    tad_status status = read_sizes(c, &s);
    if (status != TAD_OK) return status;
    const tad_array *any = c->in[s.by == COTANGENT ? IMAGE : COTANGENT];
    *out = (tad_type){(tad_dtype)any->dtype, shape_by(&s, s.by)};
    for (int i = COTANGENT; i < OPERANDS; i++) {
        if (!c->in[i]) continue;
        const tad_shape is = tad__shape_of(c->in[i]);
        if (tad__needs_float(c, (size_t)i)) return TAD_BAD_DTYPE;
        if (c->in[i]->dtype != any->dtype)
            return tad_fail(c, TAD_BAD_DTYPE, "factors must have one float type");
        if (i >= OF_AXES + s.axes) return tad_fail(c, TAD_BAD_SHAPE, "weights without places");
        const tad_shape right = shape_by(&s, i);
        if (!tad__shape_equal(&is, &right))
            return tad_fail(c, TAD_BAD_SHAPE, "sizes of factors differ");
    }
    for (int i = 0; i < s.axes; i++)
        if (places_of(c, i)->dim[0] != s.images || places_of(c, i)->dim[1] != s.points)
            return tad_fail(c, TAD_BAD_SHAPE, "points of axes differ");
    if (tad__shape_size(&out->shape, &size)) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

/* ---- values ---- */

/* The array in the place of a factor. */
static const tad_array *factor(const tad_call_frame *c, const sizes *s, int i) {
    return i == s->by ? c->out[0] : c->in[i];
}

#define SET_STEPS(to, array, n)                                                                    \
    for (int k_ = 0; (array) && k_ < (n); k_++) (to)[k_] = (ptrdiff_t)tad_strides(array)[k_]

#define FILL(to)                                                                                   \
    do {                                                                                           \
        (to)->channels = s->channels;                                                              \
        (to)->points = s->points;                                                                  \
        (to)->g = c->in[COTANGENT] ? c->in[COTANGENT]->data : NULL;                                \
        (to)->x = c->in[IMAGE] ? c->in[IMAGE]->data : NULL;                                        \
        SET_STEPS((to)->g_step, factor(c, s, COTANGENT), 3);                                       \
        SET_STEPS((to)->x_step, factor(c, s, IMAGE), 2 + s->axes);                                 \
        for (int i_ = 0; i_ < TAD__GRID_AXES; i_++) {                                              \
            const tad_array *w_ = c->in[OF_AXES + i_], *p_ = places_of(c, i_);                     \
            (to)->size[i_] = s->size[i_];                                                          \
            (to)->taps[i_] = s->taps[i_];                                                          \
            (to)->w[i_] = w_ ? w_->data : NULL;                                                    \
            (to)->place[i_] = p_ ? p_->data : NULL;                                                \
            SET_STEPS((to)->w_step[i_], factor(c, s, OF_AXES + i_), 3);                            \
            SET_STEPS((to)->place_step[i_], p_, 3);                                                \
        }                                                                                          \
    } while (0)

typedef struct job {
    struct tad__grid_f64 f64;
    struct tad__grid_f32 f32;
    int by;
    bool is_f32;
    int64_t each; /* points or channels of an image */
    void *to;
    size_t piece;
    bool wrong[TAD__MOST_PIECES];
} job;

/* Of one image, points or channels. */
static bool run(const job *j, int64_t image, int64_t first, int64_t end) {
    const int axis = j->by - OF_AXES;
    if (j->by == COTANGENT)
        return j->is_f32 ? tad__grid_sample_f32(&j->f32, image, first, end, j->to)
                         : tad__grid_sample_f64(&j->f64, image, first, end, j->to);
    if (j->by == IMAGE)
        return j->is_f32 ? tad__grid_spread_f32(&j->f32, image, first, end, j->to)
                         : tad__grid_spread_f64(&j->f64, image, first, end, j->to);
    return j->is_f32 ? tad__grid_weigh_f32(&j->f32, axis, image, first, end, j->to)
                     : tad__grid_weigh_f64(&j->f64, axis, image, first, end, j->to);
}

static void piece(void *arg, size_t first, size_t end) {
    job *j = arg;
    bool right = true;
    for (int64_t at = (int64_t)first, to; at < (int64_t)end; at = to) {
        const int64_t image = at / j->each, begin = image * j->each;
        to = begin + j->each < (int64_t)end ? begin + j->each : (int64_t)end;
        right = run(j, image, at - begin, to - begin) && right;
    }
    j->wrong[first / j->piece] = !right;
}

static tad_status sum_forward(const tad_call_frame *c) {
    sizes all, *s = &all;
    job j = {.is_f32 = c->out[0]->dtype == TAD_F32, .to = c->out[0]->data};
    tad_status status = read_sizes(c, s);
    if (status != TAD_OK) return status;
    if (j.is_f32)
        FILL(&j.f32);
    else
        FILL(&j.f64);
    j.by = s->by;
    j.each = s->by == IMAGE ? s->channels : s->points;
    if (s->by == IMAGE) tad__clear(c->compute, c->out[0]);
    const int64_t taps = s->taps[0] * s->taps[1] * s->taps[2],
                  work = taps * (s->by == IMAGE ? s->points : s->channels + 1);
    const size_t n = (size_t)(s->images * j.each), grain = TAD__GRAIN / 2 / (size_t)(work + 1) + 1;
    if (n == 0) return TAD_OK;
    j.piece = tad__split_size(n, grain);
    tad__split(c->compute->threads, n, grain, piece, &j);
    for (size_t i = 0; i < TAD__MOST_PIECES; i++)
        if (j.wrong[i]) return tad_fail(c, TAD_BAD_INDEX, "a place is beyond the image");
    return TAD_OK;
}

/* ---- as C ---- */

static void put_steps(tad_c *to, const char *name, const tad_array *a, int n) {
    tad_c_put(to, ".%s = {", name);
    for (int i = 0; i < n; i++)
        tad_c_put(to, i ? ", %lld" : "%lld", a ? (long long)tad_strides(a)[i] : 0LL);
    tad_c_put(to, "},\n");
}

static void put_pointer(tad_c *to, const char *name, const tad_call_frame *c, int i) {
    if (c->in[i]) tad_c_put(to, ".%s = in%d,\n", name, i);
}

static void put_struct(tad_c *to, const tad_call_frame *c, const sizes *s) {
    tad_c_put(to, "const struct %s s = {\n", tad__c_part(to, "grid", c->out[0]->dtype));
    tad_c_put(to, ".channels = %lld, .points = %lld,\n", (long long)s->channels,
              (long long)s->points);
    tad_c_put(to, ".size = {%lld, %lld, %lld},\n", (long long)s->size[0], (long long)s->size[1],
              (long long)s->size[2]);
    tad_c_put(to, ".taps = {%lld, %lld, %lld},\n", (long long)s->taps[0], (long long)s->taps[1],
              (long long)s->taps[2]);
    put_pointer(to, "g", c, COTANGENT);
    put_pointer(to, "x", c, IMAGE);
    put_steps(to, "g_step", factor(c, s, COTANGENT), 3);
    put_steps(to, "x_step", factor(c, s, IMAGE), 2 + s->axes);
    for (int i = 0; i < s->axes; i++) {
        static const char *const names[][4] = {{"w[0]", "w_step[0]", "place[0]", "place_step[0]"},
                                               {"w[1]", "w_step[1]", "place[1]", "place_step[1]"},
                                               {"w[2]", "w_step[2]", "place[2]", "place_step[2]"}};
        put_pointer(to, names[i][0], c, OF_AXES + i);
        put_steps(to, names[i][1], factor(c, s, OF_AXES + i), 3);
        put_pointer(to, names[i][2], c, PLACES_OF + i);
        put_steps(to, names[i][3], places_of(c, i), 3);
    }
    tad_c_put(to, "};\n");
}

static void sum_c_text(const tad_call_frame *c, tad_c *to) {
    const unsigned dtype = c->out[0]->dtype;
    sizes s;
    (void)read_sizes(c, &s);
    for (size_t i = 0; i < OPERANDS; i++)
        if (!c->in[i] || c->out[0]->size == 0) tad_c_put(to, "(void)in%zu;\n", i);
    if (s.by == IMAGE) tad__c_clear(to, c->out[0]);
    if (c->out[0]->size == 0) {
        tad_c_put(to, "(void)out0;\n");
        return;
    }
    put_struct(to, c, &s);
    tad_c_put(to, "for (int64_t i = 0; i < %lld; i++)\n", (long long)s.images);
    const char *name = s.by == COTANGENT ? "grid_sample"
                       : s.by == IMAGE   ? "grid_spread"
                                         : "grid_weigh";
    tad_c_put(to, "if (!%s(&s, ", tad__c_part(to, name, dtype));
    if (s.by >= OF_AXES) tad_c_put(to, "%d, ", s.by - OF_AXES);
    tad_c_put(to, "i, 0, %lld, out0)) return TAD_BAD_INDEX;\n",
              (long long)(s.by == IMAGE ? s.channels : s.points));
}

/* ---- rules ---- */

static tad_var sum_by(int by, const tad_var *in, const tad_shape *size) {
    sum_options o = {.by = by - COTANGENT};
    if (by == IMAGE) o.size = *size;
    return tad_apply(tad__ops_grid_sum, in, OPERANDS, &o, NULL, 0);
}

static tad_shape size_of_channels(const tad_rule *r) {
    const sum_options *o = r->options;
    if (o->by == IMAGE - COTANGENT) return o->size;
    tad_shape size = tad_shape_of(r->in[IMAGE]);
    for (int i = 2; i < size.rank; i++) size.dim[i - 2] = size.dim[i];
    size.rank -= 2;
    return size;
}

/* The operands with another variable for one of them. */
static void with(tad_var *in, const tad_rule *r, int i, tad_var v) {
    for (int k = 0; k < OPERANDS; k++) in[k] = k == i ? v : r->in[k];
}

static void sum_vjp(tad_rule *r) {
    const int by = COTANGENT + ((const sum_options *)r->options)->by;
    const tad_shape size = size_of_channels(r);
    tad_var in[OPERANDS];
    for (int i = COTANGENT; i < OPERANDS; i++) {
        if (!r->wanted[i] || tad_is_none(r->in[i])) continue;
        with(in, r, by, r->given[0]);
        in[i] = tad_none();
        r->result[i] = sum_by(i, in, &size);
    }
}

static void sum_jvp(tad_rule *r) {
    const sum_options *o = r->options;
    tad_var in[OPERANDS], sum = r->result[0];
    for (int i = COTANGENT; i < OPERANDS; i++) {
        if (tad_is_nil(r->given[i]) || tad_is_none(r->in[i])) continue;
        with(in, r, i, r->given[i]);
        sum = tad__plus(sum, sum_by(COTANGENT + o->by, in, &o->size));
    }
    r->result[0] = sum;
}

/* ---- options, samples, misuse ---- */

static const tad_option sum_list[] = {
    {OPTION(CHOICE, sum_options, by), .choices = "cotangent|image|first|second|third"},
    {OPTION(SHAPE, sum_options, size)},
};

#define BY(factor)                                                                                 \
    .options = &(const sum_options) { .by = factor - COTANGENT }
#define ELEMENTS(n, ...)                                                                           \
    { TYPE(TAD_I64, __VA_ARGS__), INTEGERS(-1, n) }

static const tad_sample sum_samples[] = {
    {CASE("two axes", ELEMENTS(2, 2, 4, 2), ELEMENTS(3, 2, 4, 2), ABSENT, ABSENT, F64(2, 3, 2, 3),
          F64(2, 4, 2), F64(2, 4, 2), ABSENT),
     BY(COTANGENT)},
    {CASE("one axis", ELEMENTS(5, 1, 3, 4), ABSENT, ABSENT, ABSENT, F64(1, 2, 5), F64(1, 3, 4),
          ABSENT, ABSENT),
     BY(COTANGENT)},
    {CASE("three axes", ELEMENTS(2, 1, 2, 2), ELEMENTS(3, 1, 2, 1), ELEMENTS(2, 1, 2, 2), ABSENT,
          F64(1, 2, 2, 3, 2), F64(1, 2, 2), F64(1, 2, 1), F64(1, 2, 2)),
     BY(COTANGENT)},
    {CASE("by the image", ELEMENTS(2, 2, 3, 2), ELEMENTS(3, 2, 3, 2), ABSENT, F64(2, 2, 3), ABSENT,
          F64(2, 3, 2), F64(2, 3, 2), ABSENT),
     .options = &(const sum_options){IMAGE - COTANGENT, SHAPE(2, 3)}},
    {CASE("by weights", ELEMENTS(4, 2, 3, 2), ELEMENTS(2, 2, 3, 1), ABSENT, F64(2, 2, 3),
          F64(2, 2, 4, 2), F64(2, 3, 2), ABSENT, ABSENT),
     BY(OF_AXES + 1)},
    {CASE("by the first weights", ELEMENTS(3, 2, 4, 2), ABSENT, ABSENT, F64(2, 2, 4), F64(2, 2, 3),
          ABSENT, ABSENT, ABSENT),
     BY(OF_AXES)},
    {CASE("by the last weights", ELEMENTS(2, 1, 2, 2), ELEMENTS(3, 1, 2, 2), ELEMENTS(2, 1, 2, 2),
          F64(1, 1, 2), F64(1, 1, 2, 3, 2), F64(1, 2, 2), F64(1, 2, 2), ABSENT),
     BY(OF_AXES + 2)},
    {CASE("without weights", ELEMENTS(3, 2, 4, 1), ABSENT, ABSENT, ABSENT, F64(2, 1, 3), ABSENT,
          ABSENT, ABSENT),
     BY(COTANGENT)},
    {CASE("no points", ELEMENTS(3, 2, 0, 2), ABSENT, ABSENT, ABSENT, F64(2, 1, 3), F64(2, 0, 2),
          ABSENT, ABSENT),
     BY(COTANGENT)},
};

/* Of two images of two axes, places `a` and `b`. */
#define TWO_AXES(what, x, w, a, b) CASE(what, a, b, ABSENT, ABSENT, x, w, F64(2, 4, 2), ABSENT)
#define PLACES_2 ELEMENTS(2, 2, 4, 2)

static const tad_misuse sum_misuse[] = {
    {TWO_AXES("places beyond", F64(2, 3, 2, 3), F64(2, 4, 2), ELEMENTS(90, 2, 4, 2), PLACES_2),
     BY(COTANGENT), .expect = TAD_BAD_INDEX},
    {TWO_AXES("float places", F64(2, 3, 2, 3), F64(2, 4, 2), F64(2, 4, 2), PLACES_2), BY(COTANGENT),
     .expect = TAD_BAD_DTYPE},
    {TWO_AXES("other points", F64(2, 3, 2, 3), F64(2, 4, 2), ELEMENTS(2, 2, 5, 2), PLACES_2),
     BY(COTANGENT), .expect = TAD_BAD_SHAPE},
    {TWO_AXES("other taps", F64(2, 3, 2, 3), F64(2, 4, 3), PLACES_2, PLACES_2), BY(COTANGENT),
     .expect = TAD_BAD_SHAPE},
    {TWO_AXES("five taps", F64(2, 3, 2, 3), F64(2, 4, 5), ELEMENTS(2, 2, 4, 5), PLACES_2),
     BY(COTANGENT), .expect = TAD_BAD_SHAPE},
    {TWO_AXES("one axis", F64(2, 3, 2), F64(2, 4, 2), PLACES_2, PLACES_2), BY(COTANGENT),
     .expect = TAD_BAD_SHAPE},
    {CASE("no second axis", PLACES_2, ABSENT, PLACES_2, ABSENT, F64(2, 3, 2, 3), ABSENT, ABSENT,
          ABSENT),
     BY(COTANGENT), .expect = TAD_BAD_SHAPE},
    {CASE("four operands", PLACES_2, ABSENT, ABSENT, ABSENT), BY(COTANGENT),
     .expect = TAD_BAD_ARGUMENT},
    {TWO_AXES("types", F32(2, 3, 2, 3), F64(2, 4, 2), PLACES_2, PLACES_2), BY(COTANGENT),
     .expect = TAD_BAD_DTYPE},
    {TWO_AXES("the factor itself", F64(2, 3, 2, 3), F64(2, 4, 2), PLACES_2, PLACES_2), BY(IMAGE),
     .expect = TAD_BAD_ARGUMENT},
    {TWO_AXES("a size", F64(2, 3, 2, 3), F64(2, 4, 2), PLACES_2, PLACES_2),
     .options = &(const sum_options){0, SHAPE(2, 3)}, .expect = TAD_BAD_SHAPE},
    {TWO_AXES("by no axis", F64(2, 3, 2, 3), F64(2, 4, 2), PLACES_2, PLACES_2), BY(OF_AXES + 2),
     .expect = TAD_BAD_ARGUMENT},
};

/* ---- the op ---- */

const tad_op tad__ops_grid_sum[] = {
    {.name = "grid_sum",
     .doc = "images by the taps of points on each axis; the derivatives of this by each factor",
     FAMILY("images", 1, OPERANDS),
     .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
     .constant_in = 7u << PLACES_OF,
     OPTIONS(sum_options, sum_list),
     HOOKS(sum),
     .jvp = sum_jvp,
     .c_text = sum_c_text,
     CASES(sum)},
};
const size_t tad__ops_grid_sum_count = LENGTH(tad__ops_grid_sum);

tad_var tad__grid_sum(tad_var x, const tad_var *weights, const tad_var *places, int axes) {
    tad_var in[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) in[i] = tad_none();
    in[IMAGE] = x;
    for (int i = 0; i < axes; i++) {
        in[OF_AXES + i] = weights[i];
        in[PLACES_OF + i] = places[i];
    }
    return sum_by(COTANGENT, in, &(tad_shape){0, {0}});
}
