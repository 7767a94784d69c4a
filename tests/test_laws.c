/* The laws of the gradient check: each has an op here that is right but for one thing, which this
 * very law must see, and each is held against every op of the library that it has a meaning for. */
#include "support.h"

/* ---- an op that can break any law ---- */

/* Of a and b of one shape (n): y = a * reversed(a) + sin(b), z = a * b. `how` is the law it breaks,
 * or TAD_LAW_COUNT. */
typedef struct options {
    int64_t how;
} options;

static bool breaks(const void *o, tad_law law) { return ((const options *)o)->how == (int)law; }

static double in_memory(const tad_array *a, int64_t at) {
    if (a->dtype == TAD_F32) return (double)((const float *)a->data)[at];
    return ((const double *)a->data)[at];
}

/* blind: takes every view for one that repeats its first element. */
static double element(const tad_array *a, int64_t i, bool blind) {
    return in_memory(a, a->contiguous ? i : blind ? 0 : i * tad_strides(a)[0]);
}

static void put(tad_array *a, int64_t i, double value, bool add) {
    if (add) value += element(a, i, false);
    if (a->dtype == TAD_F32)
        ((float *)a->data)[i] = (float)value;
    else
        ((double *)a->data)[i] = value;
}

static tad_status pair_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    for (int k = 0; k < 2; k++) {
        out[k] = (tad_type){(tad_dtype)c->in[0]->dtype, {c->in[0]->rank, {0}}};
        for (int d = 0; d < c->in[0]->rank; d++) out[k].shape.dim[d] = c->in[0]->dim[d];
    }
    return TAD_OK;
}

static const void *first_tape; /* what it computes with tells it from others */

static tad_status pair_forward(const tad_call_frame *c) {
    const tad_array *a = c->in[0], *b = c->in[1];
    int64_t n = a->size;
    bool blind = breaks(c->options, TAD_LAW_LAYOUT);
    for (int64_t i = 0; i < n; i++) {
        double x = element(a, i, blind), z = element(b, i, blind);
        double more = 0;
        if (breaks(c->options, TAD_LAW_DETERMINISM))
            more = 1e-13 * (double)((uintptr_t)a->data / 8 % 8);
        if (!first_tape) first_tape = c->compute;
        if (breaks(c->options, TAD_LAW_SETTINGS) && c->compute != first_tape) more = 1e-3;
        put(c->out[0], i, x * element(a, n - 1 - i, blind) + sin(z) + more, false);
        put(c->out[1], i, x * z, false);
    }
    if (breaks(c->options, TAD_LAW_UNCHANGED)) ((double *)a->data)[0] += 1e-3;
    return TAD_OK;
}

static tad_var reversed(tad_var x) { return tad_flip(x, tad_axis(0)); }
static tad_var zeros_or(tad_var g, tad_var like) {
    if (!tad_is_nil(g)) return g;
    return tad_mul(tad_detach(like), tad_number(0));
}

/* The same values; the first half of them with no derivative. */
static tad_var half_detached(tad_var x) {
    double mask[6] = {1, 1, 1, 0, 0, 0};
    tad_var m = tad_constant(x.tape, TAD_F64, tad_shape_of(x), mask);
    return tad_where(tad_greater(m, tad_number(0)), tad_detach(x), x);
}

static void pair_vjp(tad_rule *r) {
    tad_var a = r->in[0], b = r->in[1];
    tad_var v = zeros_or(r->given[0], a), w = zeros_or(r->given[1], a);
    tad_var da = tad_add(tad_mul(tad_add(v, reversed(v)), reversed(a)), tad_mul(w, b));
    tad_var db = tad_add(tad_mul(v, tad_cos(b)), tad_mul(w, a));
    bool both = r->wanted[0] && r->wanted[1], missing = tad_is_nil(r->given[1]);
    if (breaks(r->options, TAD_LAW_HOMOGENEITY)) da = tad_add(da, tad_number(1e-3));
    if (breaks(r->options, TAD_LAW_WANTED) && !both) da = tad_mul(da, tad_number(2));
    if (breaks(r->options, TAD_LAW_OUTPUTS) && missing) da = tad_mul(da, tad_number(2));
    if (breaks(r->options, TAD_LAW_SYMMETRY)) da = half_detached(da);
    if (breaks(r->options, TAD_LAW_SHAPE)) db = tad_reshape(db, TAD_SHAPE(2, 3));
    if (breaks(r->options, TAD_LAW_NAN)) db = tad_where(tad_equal(db, db), db, tad_number(0));
    if (r->wanted[0]) r->result[0] = da;
    if (r->wanted[1]) r->result[1] = db;
}

static void pair_jvp(tad_rule *r) {
    tad_var a = r->in[0], b = r->in[1], s = zeros_or(r->given[0], a), t = zeros_or(r->given[1], a);
    tad_var y = tad_add(tad_mul(s, reversed(a)), tad_mul(a, reversed(s)));
    if (breaks(r->options, TAD_LAW_IDENTITY)) t = tad_mul(t, tad_number(1 + 1e-10));
    r->result[0] = tad_add(y, tad_mul(t, tad_cos(b)));
    r->result[1] = tad_add(tad_mul(s, b), tad_mul(a, t));
}

/* Gradient i of element e; the second output counts so many times. */
static double gradient(const tad_backward *k, size_t i, int64_t e, double times) {
    const tad_array *a = k->call.in[0], *b = k->call.in[1];
    int64_t back = a->size - 1 - e;
    double v = k->cotangent[0] ? element(k->cotangent[0], e, false) : 0;
    double u = k->cotangent[0] ? element(k->cotangent[0], back, false) : 0;
    double w = k->cotangent[1] ? times * element(k->cotangent[1], e, false) : 0;
    if (i == 0) return (v + u) * element(a, back, false) + w * element(b, e, false);
    return v * cos(element(b, e, false)) + w * element(a, e, false);
}

static tad_status pair_backward(tad_backward *k) {
    tad_array *to[2] = {NULL, NULL};
    bool fresh[2] = {false, false};
    const void *o = k->call.options;
    double factor = breaks(o, TAD_LAW_PATHS) ? 1 + 1e-9 : 1, times = 1;
    if (breaks(o, TAD_LAW_FLOAT32) && k->call.in[0]->dtype == TAD_F32) times = 1.1;
    for (size_t i = 0; i < 2; i++)
        if (k->wanted[i] && !(to[i] = tad_backward_buffer(k, i, &fresh[i]))) return TAD_NO_MEMORY;
    /* f(x, x): one buffer, fresh for the first only, which has to be written first. */
    bool wrong_order = breaks(o, TAD_LAW_REPEATED);
    for (size_t j = 0; j < 2; j++) {
        size_t i = wrong_order ? 1 - j : j;
        for (int64_t e = 0; to[i] && e < to[i]->size; e++)
            put(to[i], e, factor * gradient(k, i, e, times),
                !fresh[i] && !breaks(o, TAD_LAW_ACCUMULATION));
    }
    return TAD_OK;
}

static const tad_option pair_options[] = {
    {.name = "how", .kind = TAD_OPTION_INT, .offset = offsetof(options, how)}};

/* A view of x of shape (n): reversed if its first element is positive, else x itself. Its rule
 * reads that element again, which is what the rule of a view must not do. */
static bool turned_view(const tad_call_frame *c, tad_array *out) {
    const tad_array *x = c->in[0];
    int64_t stride = tad_strides(x)[0], n = x->size;
    bool turn = n > 0 && ((const double *)x->data)[0] > 0;
    out->data = (double *)x->data + (turn ? (n - 1) * stride : 0);
    out->dim[1] = turn ? -stride : stride;
    return true;
}
static tad_status turned_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out[0] = (tad_type){TAD_F64, {1, {c->in[0]->size}}};
    return c->in[0]->dtype == TAD_F64 ? TAD_OK : tad_fail(c, TAD_BAD_DTYPE, "float64 only");
}
static tad_status turned_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    bool turn = x->size > 0 && element(x, 0, false) > 0;
    for (int64_t i = 0; i < x->size; i++)
        put(c->out[0], i, element(x, turn ? x->size - 1 - i : i, false), false);
    return TAD_OK;
}
static tad_var turned(const tad_rule *r) {
    double first[6];
    if (tad_read(r->in[0], first, 6) != TAD_OK) return r->given[0];
    return first[0] > 0 ? reversed(r->given[0]) : r->given[0];
}
static void turned_rule(tad_rule *r) { r->result[0] = turned(r); }

/* Without the hook for views the result is a copy, and the engine refuses. */
static tad_verdict check_turned(bool view, tad_gradcheck_report *r) {
    tad_sample_input in = {.type = {TAD_F64, {1, {6}}}, .lo = 0.5, .hi = 1.2};
    tad_sample sample = {.label = "turned", .n = 1, .in = &in};
    const tad_op op = {.name = "turned",
                       .family = "test",
                       .doc = "reversed if x[0] > 0",
                       .min_in = 1,
                       .max_in = 1,
                       .n_out = 1,
                       .shape = turned_shape,
                       .forward = turned_forward,
                       .view = view ? turned_view : NULL,
                       .vjp = turned_rule,
                       .jvp = turned_rule,
                       .samples = &sample,
                       .n_samples = 1};
    return tad_gradcheck_op(&op, &(tad_gradcheck_options){.repeats = 1}, r);
}

START_TEST(a_rule_may_read_elements_unless_it_is_that_of_a_view) {
    tad_gradcheck_report r;
    tad_verdict v = check_turned(false, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s: %s", tad_verdict_text(v), r.first);
    ck_assert_int_eq(check_turned(true, &r), TAD_CHECK_FAIL);
    for (int law = 0; law < TAD_LAW_COUNT; law++)
        ck_assert_msg((r.law[0][law].broken > 0) == (law == TAD_LAW_STALE), "%s: %zu",
                      tad_law_text((tad_law)law), r.law[0][law].broken);
    ck_assert_msg(strstr(r.first, "input 0 changed"), "%s", r.first);
}
END_TEST

/* Two samples, of which the first may break a law; the hook only where it is what is wrong: it is
 * not asked for in the others. */
static tad_verdict check_samples(int how, size_t n, tad_gradcheck_report *r) {
    const options o = {how}, right = {TAD_LAW_COUNT};
    tad_sample_input in = {.type = {TAD_F64, {1, {6}}}, .lo = -1.2, .hi = 1.2};
    tad_sample_input both[2] = {in, in};
    tad_sample sample[2] = {{.label = "pair", .n = 2, .in = both, .options = &o},
                            {.label = "another", .n = 2, .in = both, .options = &right}};
    tad_op op = {.name = "pair",
                 .family = "test",
                 .doc = "a product and a sine",
                 .min_in = 2,
                 .max_in = 2,
                 .n_out = 2,
                 .options_size = sizeof o,
                 .options = pair_options,
                 .n_options = 1,
                 .shape = pair_shape,
                 .forward = pair_forward,
                 .vjp = pair_vjp,
                 .jvp = pair_jvp,
                 .samples = sample,
                 .n_samples = n};
    bool in_hook = how == TAD_LAW_PATHS || how == TAD_LAW_FLOAT32 || how == TAD_LAW_REPEATED ||
                   how == TAD_LAW_ACCUMULATION || how == TAD_LAW_COUNT;
    if (in_hook) op.backward = pair_backward;
    first_tape = NULL;
    return tad_gradcheck_op(&op, &(tad_gradcheck_options){.repeats = 1}, r);
}

/* Order 2 as well. */
static tad_verdict check_pair(int how, tad_gradcheck_report *r) {
    return how == TAD_LAW_STALE ? check_turned(true, r) : check_samples(how, 1, r);
}

/* x^2, whose rule takes x from a buffer that the last forward left. */
static double left[6];

static tad_status left_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    *out = (tad_type){TAD_F64, TAD_SHAPE(6)};
    return c->in[0]->dtype == TAD_F64 ? TAD_OK : tad_fail(c, TAD_BAD_DTYPE, "float64 only");
}

static tad_status left_forward(const tad_call_frame *c) {
    for (int64_t i = 0; i < 6; i++) {
        left[i] = element(c->in[0], i, false);
        put(c->out[0], i, left[i] * left[i], false);
    }
    return TAD_OK;
}

static tad_status left_backward(tad_backward *b) {
    bool fresh = false;
    tad_array *to = tad_backward_buffer(b, 0, &fresh);
    for (int64_t i = 0; to && i < 6; i++)
        put(to, i, 2 * left[i] * element(b->cotangent[0], i, false), !fresh);
    return to ? TAD_OK : TAD_NO_MEMORY;
}

static void left_rule(tad_rule *r) {
    r->result[0] = tad_mul(r->given[0], tad_mul(tad_number(2), r->in[0]));
}

START_TEST(a_buffer_that_another_recording_wrote_is_seen) {
    tad_gradcheck_report r;
    tad_sample_input in = {.type = {TAD_F64, {1, {6}}}, .lo = 0.5, .hi = 1.2};
    tad_sample sample = {.label = "left", .n = 1, .in = &in};
    const tad_op op = {.name = "left",
                       .family = "test",
                       .doc = "x^2",
                       .min_in = 1,
                       .max_in = 1,
                       .n_out = 1,
                       .shape = left_shape,
                       .forward = left_forward,
                       .vjp = left_rule,
                       .jvp = left_rule,
                       .backward = left_backward,
                       .samples = &sample,
                       .n_samples = 1};
    ck_assert_int_eq(tad_gradcheck_op(&op, NULL, &r), TAD_CHECK_FAIL);
    ck_assert_uint_gt(r.law[0][TAD_LAW_DETERMINISM].broken, 0);
}
END_TEST

START_TEST(a_check_ends_with_the_first_sample_that_fails) {
    tad_gradcheck_report r;
    ck_assert_int_eq(check_samples(TAD_LAW_HOMOGENEITY, 2, &r), TAD_CHECK_FAIL);
    ck_assert_uint_eq(r.samples, 1);
    ck_assert_str_eq(r.sample, "pair");
    ck_assert_int_eq(check_samples(TAD_LAW_COUNT, 2, &r), TAD_CHECK_PASS);
    ck_assert_uint_gt(r.samples, 1);
    ck_assert_str_eq(r.sample, "");
}
END_TEST

/* Twice x, of which the rules are wrong below 0. */
static tad_status twice_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, TAD_SHAPE(c->in[0]->dim[0])};
    return TAD_OK;
}

static tad_status twice_forward(const tad_call_frame *c) {
    for (int64_t i = 0; i < c->in[0]->size; i++)
        put(c->out[0], i, 2 * element(c->in[0], i, false), false);
    return TAD_OK;
}

static void twice_rule(tad_rule *r) {
    const tad_var below = tad_less(r->in[0], tad_number(0)),
                  two = tad_mul(r->given[0], tad_number(2));
    r->result[0] = tad_where(below, tad_mul(two, tad_number(2)), two);
}

START_TEST(repeats_are_at_other_points) {
    tad_gradcheck_report r;
    const tad_sample_input in = {.type = {TAD_F64, {1, {1}}}, .lo = -1, .hi = 1};
    const tad_sample sample = {"one", 1, &in, NULL};
    const tad_op op = {.name = "twice",
                       .doc = "2 x",
                       .family = "test",
                       .min_in = 1,
                       .max_in = 1,
                       .n_out = 1,
                       .shape = twice_shape,
                       .forward = twice_forward,
                       .vjp = twice_rule,
                       .jvp = twice_rule,
                       .samples = &sample,
                       .n_samples = 1};
    tad_gradcheck_options o = {.repeats = 1};
    while (o.seed < 50 && tad_gradcheck_op(&op, &o, &r) != TAD_CHECK_PASS) o.seed++;
    ck_assert_uint_lt(o.seed, 50); /* this one is above 0 */
    o.repeats = 30;
    ck_assert_int_eq(tad_gradcheck_op(&op, &o, &r), TAD_CHECK_FAIL);
}
END_TEST

/* A place, which has no derivative, before twice x. */
static tad_status placed_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out[0] = (tad_type){TAD_I64, TAD_0D};
    out[1] = (tad_type){(tad_dtype)c->in[0]->dtype, TAD_SHAPE(c->in[0]->dim[0])};
    return TAD_OK;
}

static tad_status placed_forward(const tad_call_frame *c) {
    *(int64_t *)c->out[0]->data = 7;
    for (int64_t i = 0; i < c->in[0]->size; i++)
        put(c->out[1], i, 2 * element(c->in[0], i, false), false);
    return TAD_OK;
}

static void placed_vjp(tad_rule *r) {
    if (!tad_is_nil(r->given[1])) r->result[0] = tad_mul(r->given[1], tad_number(2));
}

static void placed_jvp(tad_rule *r) { r->result[1] = tad_mul(r->given[0], tad_number(2)); }

/* The check passes an op of one sample, and has asked for float32. */
static void ck_passes(tad_op op, const tad_sample *sample) {
    tad_gradcheck_report r;
    op.family = "test";
    op.samples = sample;
    op.n_samples = 1;
    const tad_verdict v = tad_gradcheck_op(&op, &(tad_gradcheck_options){.repeats = 1}, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s: %s", tad_verdict_text(v), r.first);
    ck_assert_uint_gt(r.law[0][TAD_LAW_FLOAT32].checked, 0);
}

START_TEST(outputs_without_derivatives_may_come_first) {
    tad_sample_input in = {.type = {TAD_F64, {1, {6}}}, .lo = -1.2, .hi = 1.2};
    const tad_op op = {.name = "placed",
                       .doc = "a place and twice x",
                       .min_in = 1,
                       .max_in = 1,
                       .n_out = 2,
                       .shape = placed_shape,
                       .forward = placed_forward,
                       .vjp = placed_vjp,
                       .jvp = placed_jvp};
    ck_passes(op, &(const tad_sample){.label = "placed", .n = 1, .in = &in});
}
END_TEST

/* a - 100 + b / 1000, whose rounding in float32 is that of a, much larger than the result. */
static tad_status steep_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, TAD_SHAPE(c->in[0]->dim[0])};
    return TAD_OK;
}

static void steep_compose(tad_rule *r) {
    r->result[0] = tad_fma(r->in[1], tad_number(1e-3), tad_sub(r->in[0], tad_number(100)));
}

START_TEST(float32_may_err_by_what_the_steepest_input_brings) {
    const tad_sample_input in[] = {{.type = {TAD_F64, {1, {6}}}, .lo = 99.99, .hi = 100.01},
                                   {.type = {TAD_F64, {1, {6}}}, .lo = -1, .hi = 1}};
    const tad_op op = {.name = "steep",
                       .doc = "a - 100 + b / 1000",
                       .min_in = 2,
                       .max_in = 2,
                       .n_out = 1,
                       .shape = steep_shape,
                       .compose = steep_compose};
    ck_passes(op, &(const tad_sample){.label = "steep", .n = 2, .in = in});
}
END_TEST

START_TEST(each_law_holds_of_an_op_that_is_right) {
    tad_gradcheck_report r;
    tad_verdict v = check_pair(TAD_LAW_COUNT, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s: %s", tad_verdict_text(v), r.first);
    for (int law = 0; law < TAD_LAW_COUNT; law++) {
        ck_assert_msg(r.law[0][law].checked + r.law[1][law].checked > 0, "%s: never asked",
                      tad_law_text((tad_law)law));
        ck_assert_uint_eq(r.law[0][law].broken + r.law[1][law].broken, 0);
    }
}
END_TEST

START_TEST(each_law_sees_the_op_that_breaks_it) {
    tad_gradcheck_report r;
    tad_verdict v = check_pair(_i, &r);
    ck_assert_msg(v == TAD_CHECK_FAIL, "%s: %s", tad_law_text((tad_law)_i), tad_verdict_text(v));
    ck_assert_msg(r.law[0][_i].broken + r.law[1][_i].broken > 0, "%s; first: %s",
                  tad_law_text((tad_law)_i), r.first);
    for (int order = 0; order < 2; order++) {
        const tad_law_result *l = &r.law[order][_i];
        ck_assert_msg((l->broken > 0) == !(l->worst <= l->limit), "%s: worst %g, limit %g",
                      tad_law_text((tad_law)_i), l->worst, l->limit);
    }
}
END_TEST

/* ---- the laws and the ops of the library ---- */

static bool has_derivatives(const tad_op *op) {
    if ((op->flags & TAD_OP_FLAT) || !op->vjp) return false;
    for (size_t k = 0; k < op->n_samples; k++)
        for (size_t i = 0; i < op->samples[k].n; i++)
            if (!op->samples[k].in[i].constant && !op->samples[k].in[i].absent &&
                op->samples[k].in[i].type.dtype == TAD_F64 && !(op->constant_in >> i & 1))
                return true;
    return false;
}

/* Whose result has a type of its own, whatever that of the input. */
static bool for_float64_only(const tad_op *op) {
    static const char *const list[] = {"cast"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(op->name, list[i]) == 0) return true;
    return false;
}

START_TEST(every_law_is_asked_of_the_ops_of_the_library) {
    static tad_gradcheck_report r;
    size_t asked[TAD_LAW_COUNT] = {0}, ops = 0;
    for (size_t i = 0; i < tad_op_count(); i++) {
        const tad_op *op = tad_op_at(i);
        if (!has_derivatives(op)) continue;
        ops++;
        tad_verdict v = tad_gradcheck_op(op, &(tad_gradcheck_options){.repeats = 1}, &r);
        ck_assert_msg(v != TAD_CHECK_FAIL && v != TAD_CHECK_ERROR, "%s: %s", op->name, r.first);
        for (int law = 0; law < TAD_LAW_COUNT; law++)
            asked[law] += r.law[0][law].checked + r.law[1][law].checked;
        ck_assert_msg(r.law[0][TAD_LAW_SHAPE].checked > 0, "%s: SHAPE never asked", op->name);
        size_t single = r.law[0][TAD_LAW_FLOAT32].checked;
        ck_assert_msg((single == 0) == for_float64_only(op), "%s: FLOAT32 asked %zu times",
                      op->name, single);
    }
    ck_assert_uint_gt(ops, 100);
    for (int law = 0; law < TAD_LAW_COUNT; law++)
        ck_assert_msg(asked[law] > 0, "%s: never asked", tad_law_text((tad_law)law));
}
END_TEST

/* ---- what the samples try ---- */

/* One size with two ranks is where an op that compares sizes goes wrong. */
START_TEST(rows_are_tried_on_one_size_with_two_ranks) {
    const tad_op *op = tad_op_find(_i ? "fma" : "add");
    bool found = false;
    for (size_t i = 0; i < tad_sample_count(op); i++) {
        tad_sample_room room;
        ck_assert(tad_sample_at(op, i, &room));
        const tad_shape *a = &room.sample.in[0].type.shape, *b = &room.sample.in[1].type.shape;
        found = found || (a->rank == 1 && b->rank == 2 && a->dim[0] == 5 && b->dim[0] == 1 &&
                          b->dim[1] == 5);
    }
    ck_assert(found);
}
END_TEST

/* The samples of an elementwise row are made from a list of shapes, each with its label. */
START_TEST(a_label_says_the_shapes_of_its_sample) {
    size_t labels = 0;
    for (size_t k = 0; k < tad_op_count(); k++) {
        const tad_op *op = tad_op_at(k);
        for (size_t i = 0; i < tad_sample_count(op); i++) {
            tad_sample_room room;
            char text[128] = "";
            size_t at = 0;
            ck_assert(tad_sample_at(op, i, &room));
            if (room.sample.label != room.label) continue; /* one of the op's own */
            for (size_t in = 0; in < room.sample.n; in++) {
                const tad_shape *s = &room.sample.in[in].type.shape;
                at += (size_t)snprintf(text + at, sizeof text - at, in ? " (" : "(");
                for (int d = 0; d < s->rank; d++)
                    at += (size_t)snprintf(text + at, sizeof text - at, "%s%d", d ? "," : "",
                                           (int)s->dim[d]);
                at += (size_t)snprintf(text + at, sizeof text - at, ")");
            }
            ck_assert_msg(strstr(room.label, text), "%s: '%s' is of %s", op->name, room.label,
                          text);
            labels++;
        }
    }
    ck_assert_uint_gt(labels, 500);
}
END_TEST

/* x^2 with a rule that has the value 0 at 0, but not the derivative of 2 x there. */
static tad_status square_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, {c->in[0]->rank, {0}}};
    for (int d = 0; d < c->in[0]->rank; d++) out[0].shape.dim[d] = c->in[0]->dim[d];
    return TAD_OK;
}
static tad_status square_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    for (int64_t i = 0; i < x->size; i++) {
        int64_t at = 0, rest = i;
        for (int d = x->rank - 1; d >= 0; rest /= x->dim[d--])
            at += rest % x->dim[d] * tad_strides(x)[d];
        double v = in_memory(x, at);
        put(c->out[0], i, v * v, false);
    }
    return TAD_OK;
}
static tad_var twice(const tad_rule *r, tad_var x) {
    bool hides = *(const bool *)r->options;
    tad_var zero = tad_equal(x, tad_number(0)), d = tad_mul(x, tad_number(2));
    return hides ? tad_where(zero, tad_detach(d), d) : d;
}
static void square_vjp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], twice(r, r->in[0])); }
static void square_jvp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], twice(r, r->in[0])); }

/* 0 is declared a kink of it, and is none: order 2 is asked there. */
START_TEST(second_derivatives_are_tried_where_a_select_could_hide_them) {
    static const tad_option option[] = {{.name = "hides", .kind = TAD_OPTION_BOOL}};
    tad_gradcheck_report r;
    bool hides = _i;
    tad_sample sample = {
        .label = "square",
        .n = 1,
        .options = &hides,
        .in = &(tad_sample_input){.type = {TAD_F64, {0}}, .away = {0}, .count_away = 1}};
    tad_op op = {.name = "square",
                 .family = "test",
                 .doc = "x^2",
                 .min_in = 1,
                 .max_in = 1,
                 .n_out = 1,
                 .flags = TAD_OP_ELEMENTWISE,
                 .options_size = sizeof hides,
                 .options = option,
                 .n_options = 1,
                 .shape = square_shape,
                 .forward = square_forward,
                 .vjp = square_vjp,
                 .jvp = square_jvp,
                 .samples = &sample,
                 .n_samples = 1};
    tad_verdict v = tad_gradcheck_op(&op, NULL, &r);
    ck_assert_msg(v == (hides ? TAD_CHECK_FAIL : TAD_CHECK_PASS), "%s: %s", tad_verdict_text(v),
                  r.first);
    if (hides) ck_assert_msg(strstr(r.sample, "kink at 0"), "%s", r.sample);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("laws");
    TCase *c = support_case(s, "laws");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, a_buffer_that_another_recording_wrote_is_seen);
    tcase_add_test(c, a_check_ends_with_the_first_sample_that_fails);
    tcase_add_test(c, repeats_are_at_other_points);
    tcase_add_test(c, outputs_without_derivatives_may_come_first);
    tcase_add_test(c, float32_may_err_by_what_the_steepest_input_brings);
    tcase_add_test(c, each_law_holds_of_an_op_that_is_right);
    tcase_add_loop_test(c, each_law_sees_the_op_that_breaks_it, 0, TAD_LAW_COUNT);
    tcase_add_test(c, a_rule_may_read_elements_unless_it_is_that_of_a_view);
    tcase_add_loop_test(c, rows_are_tried_on_one_size_with_two_ranks, 0, 2);
    tcase_add_test(c, a_label_says_the_shapes_of_its_sample);
    tcase_add_loop_test(c, second_derivatives_are_tried_where_a_select_could_hide_them, 0, 2);
    tcase_add_test(c, every_law_is_asked_of_the_ops_of_the_library);
    return s;
}

SUPPORT_MAIN(suite)
