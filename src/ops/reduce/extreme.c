/* The largest and smallest elements: amax, amin. Ties share the gradient. Rests on reduce.h and
 * c_text.h. */
#include <math.h>

#include "array/c_text.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/samples.h"
#include "reduce.h"

enum { AMAX, AMIN };

/* ---- values ---- */

/* A run with steps of its own. */
#define EXTREME(T)                                                                                 \
    do {                                                                                           \
        for (int64_t i = 0; i < l->length; i++) {                                                  \
            T *best = (T *)(void *)(l->run[0] + i * l->step[0]);                                   \
            T v = *(const T *)(const void *)(l->run[1] + i * l->step[1]);                          \
            if (v != v || (larger ? v > *best : v < *best)) *best = v;                             \
        }                                                                                          \
    } while (0)

static void extreme_run(const tad__compute *compute, const tad__loop *l, tad_dtype dtype,
                        bool larger) {
    const tad__kernels *k = compute->kernels;
    int64_t size = (int64_t)tad_dtype_size(dtype);
    size_t n = (size_t)l->length;
    if (l->step[1] == size && l->step[0] == size) {
        k->extremes[dtype](n, l->run[1], l->run[0], larger);
    } else if (l->step[1] == size && l->step[0] == 0) {
        double one = k->extreme[dtype](n, l->run[1], larger);
        float one32 = (float)one;
        k->extremes[dtype](1, dtype == TAD_F64 ? (const void *)&one : &one32, l->run[0], larger);
    } else if (dtype == TAD_F64) {
        EXTREME(double);
    } else {
        EXTREME(float);
    }
}

typedef struct extremes {
    const tad__compute *compute;
    tad_dtype dtype;
    bool larger;
} extremes;

static void extreme_walk(void *arg, tad__loop *l) {
    const extremes *e = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        extreme_run(e->compute, l, e->dtype, e->larger);
}

/* out, of x's rank, = the extremes. */
static void extreme_into(const tad__compute *compute, tad_array *out, const tad_array *x,
                         bool larger) {
    for (int64_t i = 0; i < out->size; i++)
        tad__set_number(out, (size_t)i, larger ? -INFINITY : INFINITY);
    tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){out, x}, 2);
    extremes e = {compute, (tad_dtype)x->dtype, larger};
    tad__loop_split(compute->threads, &l, 0, extreme_walk, &e);
}

static tad_array *kept_result(tad__header *h, const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    return tad__keepdims_view(h, c->out[0], x, tad__known_axes(&o->axis, x->rank));
}

static tad_status extreme_forward(const tad_call_frame *c) {
    tad__header h;
    extreme_into(c->compute, kept_result(&h, c), c->in[0], c->op == &tad__ops_extreme[AMAX]);
    return TAD_OK;
}

/* ---- as C ---- */

/* v: an element of x, or the extreme of a run, where extreme_run takes that. */
static void put_candidate(tad_c *to, const tad__loop *l, int64_t run, bool larger, unsigned dtype) {
    tad_c_put(to, "const %s v = ", tad__c_type(dtype));
    if (run)
        tad_c_put(to, "%s(%lld, &",
                  tad__c_part(to, larger ? "largest_number" : "smallest_number", dtype),
                  (long long)run);
    tad_c_put(to, "in0");
    tad__c_at(to, l, 1);
    tad_c_put(to, run ? ");\n" : ";\n");
}

static void put_better(tad_c *to, const tad__loop *l, bool larger, unsigned dtype) {
    tad_c_put(to, "out0");
    tad__c_at(to, l, 0);
    tad_c_put(to, " = %s(v, out0", tad__c_part(to, larger ? "is_larger" : "is_smaller", dtype));
    tad__c_at(to, l, 0);
    tad_c_put(to, ") ? v : out0");
    tad__c_at(to, l, 0);
    tad_c_put(to, ";\n");
}

static void extreme_c_text(const tad_call_frame *c, tad_c *to) {
    const bool larger = c->op == &tad__ops_extreme[AMAX];
    const tad_array *x = c->in[0];
    const tad_shape shape = tad__shape_of(x);
    tad__header h;
    tad__loop l;
    tad__c_fill(to, c->out[0], larger ? -INFINITY : INFINITY);
    tad__c_loop(&l, &shape, (const tad_array *const[]){kept_result(&h, c), x}, 2);
    const int last = l.rank - 1;
    const bool has_runs = l.rank && l.stride[0][last] == 0 && l.stride[1][last] == 1;
    if (has_runs) l.rank--;
    tad_c_put(to, "{\n");
    tad__c_open_loop(to, &l);
    put_candidate(to, &l, has_runs ? l.dim[last] : 0, larger, x->dtype);
    put_better(to, &l, larger, x->dtype);
    tad__c_close(to, &l);
    tad_c_put(to, "}\n");
}

/* ---- derivatives ---- */

static void fill_shares(void *context, size_t first, size_t rows, void *to) {
    const tad__by_rows *r = context;
    size_t n = r->plan.n, width = r->plan.width, at = first * width;
    r->compute->kernels->share[r->plan.dtype](rows, n, r->x + at * n, r->y + at, r->g + at, to);
}

static tad_status extreme_backward(tad_backward *b) {
    return tad__by_rows_gradient(b, fill_shares);
}

/* Where x has the extreme value, and how often along the axes. A NaN equals nothing: count 0. */
static void find_ties(const tad_rule *r, tad_var extreme, tad_var *ties, tad_var *count) {
    const tad__reduce *o = r->options;
    *ties = tad_equal(r->in[0], extreme);
    *count = tad_sum(tad_cast(*ties, tad_dtype_of(r->in[0])), tad_keepdims(o->axis));
}

static tad_var extreme_of(const tad_rule *r) {
    const tad__reduce *o = r->options;
    return tad_reshape(tad_detach(r->out[0]), tad__keepdims_shape(r->in[0], &o->axis));
}

static void extreme_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var y = extreme_of(r), ties, count;
    find_ties(r, y, &ties, &count);
    tad_var share =
        tad_div(tad_reshape(r->given[0], tad__keepdims_shape(r->in[0], &o->axis)), count);
    tad_var rest =
        tad_where(tad_equal(y, y), tad_number(0), y); /* where y is NaN, so are all gradients */
    r->result[0] = tad_where(ties, share, rest);
}

static void extreme_jvp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var ties, count;
    find_ties(r, extreme_of(r), &ties, &count);
    tad_var moves = tad_sum(tad_where(ties, r->given[0], tad_number(0)), tad_keepdims(o->axis));
    r->result[0] = tad_reshape(tad_div(moves, count), tad_shape_of(r->out[0]));
}

/* ---- samples, misuse ---- */

static const tad_sample amax_samples[] = {
    {CASE("all", DISTINCT(3, 5))},
    {CASE("columns", DISTINCT(7, 3)), OVER(0)},
    {CASE("rows kept", DISTINCT(3, 11)), KEEP(-1)},
    {CASE("outer two", DISTINCT(2, 3, 5)), OVER(0, -1)},
    {CASE("0-d", F64_0D)},
    {CASE("nothing left", F64(0, 3)), OVER(1)},
};
static const tad_misuse amax_misuse[] = {
    {CASE("of nothing", F64(0, 3)), OVER(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4)), OVER(2), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define EXTREMES                                                                                   \
    REDUCES, .shape = tad__choose_shape, .forward = extreme_forward, .vjp = extreme_vjp,           \
             .jvp = extreme_jvp, .backward = extreme_backward, .c_text = extreme_c_text,           \
             CASES(amax)

const tad_op tad__ops_extreme[] = {
    [AMAX] = {.name = "amax",
              .doc = "largest over the axes; NaN wins, ties share the gradient evenly",
              EXTREMES},
    [AMIN] = {.name = "amin",
              .doc = "smallest over the axes; NaN wins, ties share the gradient evenly",
              EXTREMES},
};
const size_t tad__ops_extreme_count = LENGTH(tad__ops_extreme);

tad_var tad_amax(tad_var x, tad_axes over) {
    return tad__reduce_apply(&tad__ops_extreme[AMAX], x, over);
}

tad_var tad_amin(tad_var x, tad_axes over) {
    return tad__reduce_apply(&tad__ops_extreme[AMIN], x, over);
}
