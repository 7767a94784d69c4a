/* Every registered op: a descriptor without gaps, derivatives that pass the gradient check at both
 * orders, calls that must be refused. One test case per op, named after it. */
#include "support.h"

#include "rows.h"

static const tad_op *op_of(int i) { return tad_op_at((size_t)i); }

/* ---- the descriptor ---- */

START_TEST(is_complete) {
    const tad_op *op = op_of(_i);
    ck_assert_msg(op->name && op->name[0], "op %d has no name", _i);
    ck_assert_ptr_eq(tad_op_find(op->name), op);
    ck_assert_msg(op->family && op->family[0], "%s has no family", op->name);
    ck_assert_msg(op->doc && op->doc[0], "%s has no doc", op->name);
    ck_assert_msg(op->shape, "%s has no shape rule", op->name);
    ck_assert_msg(!op->compose == !!op->forward, "%s: forward or compose, not both", op->name);
    ck_assert_msg(op->min_in <= op->max_in, "%s takes %d to %d inputs", op->name, op->min_in,
                  op->max_in);
    ck_assert_msg(op->samples && tad_sample_count(op) > 0, "%s has no samples", op->name);
    ck_assert_msg(op->misuse && op->n_misuse >= 3, "%s has %zu misuse cases, not 3", op->name,
                  op->n_misuse);
    if (!op->compose && !(op->flags & TAD_OP_FLAT)) {
        ck_assert_msg(op->vjp, "%s has no vjp", op->name);
        ck_assert_msg(op->jvp || (op->flags & TAD_OP_LINEAR), "%s has no jvp", op->name);
    }
    for (size_t i = 0; i < op->n_options; i++)
        ck_assert_msg(op->options[i].offset < op->options_size, "%s, option %s", op->name,
                      op->options[i].name);
}
END_TEST

/* ---- derivatives ---- */

static bool show(void *user, const char *text, size_t length) {
    (void)user;
    return fwrite(text, 1, length, stderr) == length;
}

/* An op whose derivative is zero wherever it exists: nothing but zeros can be compared. */
static bool is_flat(const tad_op *op, const tad_gradcheck_report *r) {
    size_t beyond = 0;
    for (size_t i = 0; i < r->rows; i++)
        beyond += r->row[i].checked - r->row[i].zero - r->row[i].kink;
    return beyond == 0 && (op->flags & (TAD_OP_FLAT | TAD_OP_ELEMENTWISE));
}

/* OPS_ORDER=1 is for a run in a hurry: the second order takes nearly all of the time. */
START_TEST(has_right_derivatives) {
    static tad_gradcheck_report r;
    const tad_op *op = op_of(_i);
    const tad_gradcheck_options o = {.order = getenv("OPS_ORDER") ? atoi(getenv("OPS_ORDER")) : 2};
    tad_verdict v = tad_gradcheck_op(op, &o, &r);
    bool good = v == TAD_CHECK_PASS || (v == TAD_CHECK_VACUOUS && is_flat(op, &r));
    if (!good) ck_assert_int_eq(tad_gradcheck_print(&r, show, NULL), TAD_OK);
    ck_assert_msg(good, "%s: %s: %s", op->name, tad_verdict_text(v), r.first);
    ck_assert_int_le(r.worst.grade, TAD_GRADE_VERY_GOOD);
    ck_assert_int_le(r.second_worst.grade, TAD_GRADE_VERY_GOOD);
    for (size_t i = 0; i < r.rows; i++) ck_assert_uint_eq(r.row[i].inconclusive, 0);
    if (o.order == 1) return;
    ck_assert_uint_eq(r.second_row.inconclusive, 0);
    ck_assert_msg(r.second == TAD_SECOND_CHECKED || r.second == TAD_SECOND_FLAT || is_flat(op, &r),
                  "%s has no second derivative", op->name);
}
END_TEST

/* ---- refusals ---- */

/* "(2,3)", as messages write it. */
static void shape_text(const tad_shape *s, char *text, size_t size) {
    size_t at = (size_t)snprintf(text, size, "(");
    for (int d = 0; d < s->rank; d++)
        at += (size_t)snprintf(text + at, size - at, "%s%lld", d ? "," : "", (long long)s->dim[d]);
    snprintf(text + at, size - at, ")");
}

static void refuse(const tad_op *op, const tad_misuse *m) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[TAD_MAX_INPUTS];
    char shape[80];
    for (size_t i = 0; i < m->n; i++) in[i] = tad_sample_fill(t, &m->in[i], i);
    ck_tape(t);
    size_t nodes = tad_node_count(t);
    tad_var y = tad_apply(op, in, m->n, m->options, NULL, 0);
    ck_assert_msg(tad_is_nil(y), "%s, %s: not refused", op->name, m->label);
    if (m->n == 0) { /* no operand, no tape to hold the message */
        tad_tape_free(t);
        return;
    }
    ck_assert_msg(tad_tape_status(t) == m->expect, "%s, %s: %s (%s), expected %s", op->name,
                  m->label, tad_status_text(tad_tape_status(t)), tad_message(t),
                  tad_status_text(m->expect));
    ck_assert_msg(strstr(tad_message(t), op->name), "%s, %s: no name in '%s'", op->name, m->label,
                  tad_message(t));
    for (size_t i = 0; i < m->n && m->expect == TAD_BAD_SHAPE; i++) {
        if (m->in[i].absent) continue;
        shape_text(&m->in[i].type.shape, shape, sizeof shape);
        ck_assert_msg(strstr(tad_message(t), shape), "%s, %s: no %s in '%s'", op->name, m->label,
                      shape, tad_message(t));
    }
    ck_assert_msg(tad_node_count(t) == nodes, "%s, %s: leaves nodes", op->name, m->label);
    tad_tape_clear(t);
    ck_assert(!tad_is_nil(tad_scalar(t, 1))); /* the tape can be used on */
    tad_tape_free(t);
}

START_TEST(refuses_misuse) {
    const tad_op *op = op_of(_i);
    for (size_t k = 0; k < op->n_misuse; k++) refuse(op, &op->misuse[k]);
}
END_TEST

/* Every op refuses a wrong count of operands, nil, stale handles and handles of another tape. */
START_TEST(refuses_bad_handles) {
    const tad_op *op = op_of(_i);
    tad_tape *t = tad_tape_new(NULL), *other = tad_tape_new(NULL);
    tad_sample_room room;
    tad_var in[TAD_MAX_INPUTS];
    ck_assert(tad_sample_at(op, 0, &room));
    const tad_sample *s = &room.sample;
    for (size_t i = 0; i < s->n; i++) in[i] = tad_sample_fill(t, &s->in[i], i);
    for (size_t i = 0; i < s->n; i++) {
        if (s->in[i].absent) continue;
        tad_var right = in[i];
        tad_mark mark = tad_tape_mark(t);
        in[i] = tad_scalar(t, 1);
        (void)tad_tape_rewind(t, mark);
        ck_assert(tad_is_nil(tad_apply(op, in, s->n, s->options, NULL, 0)));
        ck_refused(t, TAD_BAD_HANDLE, op->name);
        if (s->n > 1) {
            in[i] = tad_scalar(other, 1);
            ck_assert(tad_is_nil(tad_apply(op, in, s->n, s->options, NULL, 0)));
            tad_tape *first = i == 0 ? other : t;
            ck_refused(first, TAD_BAD_HANDLE, op->name);
        }
        in[i] = right;
        tad_tape_reset(other);
    }
    ck_tape(t);
    tad_tape_free(other);
    tad_tape_free(t);
}
END_TEST

/* ---- the samples try all there is ---- */

enum { MOST_OPTIONS = 1024 };

typedef union option_value { /* zeroed, so that two can be compared whole */
    bool truth;
    int64_t integer;
    double number;
    int choice;
    tad_maybe_int maybe_int;
    tad_maybe_float maybe_float;
    tad_axes axes;
    tad_shape shape;
    tad_slices slices;
    tad_ints ints;
    tad_words words;
} option_value;

static option_value value_in(const tad_option *o, const void *options) {
    option_value v;
    memset(&v, 0, sizeof v);
    if (options) memcpy(&v, (const char *)options + o->offset, support_option_size(o->kind));
    return v;
}

/* What a call by name has without the option. */
static option_value default_of(const tad_option *o) {
    option_value v = value_in(o, NULL);
    if (o->kind == TAD_OPTION_BOOL) v.truth = o->initial != 0;
    if (o->kind == TAD_OPTION_INT) v.integer = (int64_t)o->initial;
    if (o->kind == TAD_OPTION_INTS && o->initial != 0)
        v.ints = (tad_ints){1, {(int64_t)o->initial}};
    if (o->kind == TAD_OPTION_FLOAT) v.number = o->initial;
    return v;
}

static bool has_value(const tad_op *op, const tad_option *o, const option_value *v) {
    for (size_t k = 0; k < op->n_samples; k++) {
        option_value tried = value_in(o, op->samples[k].options);
        if (memcmp(&tried, v, sizeof tried) == 0) return true;
    }
    return false;
}

static size_t count_words(const char *choices) {
    size_t n = 1;
    for (; *choices; choices++) n += *choices == '|';
    return n;
}

/* A value that is not the default, all the words of a choice, two values of what must be given. */
START_TEST(every_option_is_tried_with_other_values) {
    const tad_op *op = op_of(_i);
    for (size_t i = 0; i < op->n_options; i++) {
        const tad_option *o = &op->options[i];
        option_value usual = o->required ? value_in(o, op->samples[0].options) : default_of(o);
        bool other = false;
        for (size_t k = 0; k < op->n_samples; k++) {
            option_value tried = value_in(o, op->samples[k].options);
            other = other || memcmp(&tried, &usual, sizeof tried) != 0;
        }
        ck_assert_msg(other, "%s: no sample has another value of %s", op->name, o->name);
        for (size_t word = 0; o->kind == TAD_OPTION_CHOICE && word < count_words(o->choices);
             word++) {
            option_value v = value_in(o, NULL);
            v.choice = (int)word;
            ck_assert_msg(has_value(op, o, &v), "%s: no sample has word %zu of %s", op->name, word,
                          o->name);
        }
    }
}
END_TEST

static bool same_inputs(const tad_sample *a, const tad_sample *b) {
    bool same = a->n == b->n && a->options == b->options;
    for (size_t i = 0; same && i < a->n; i++) {
        const tad_type *p = &a->in[i].type, *q = &b->in[i].type;
        same = a->in[i].absent == b->in[i].absent && p->dtype == q->dtype &&
               p->shape.rank == q->shape.rank;
        for (int d = 0; same && d < p->shape.rank; d++) same = p->shape.dim[d] == q->shape.dim[d];
    }
    return same;
}

START_TEST(at_least_three_samples_differ) {
    const tad_op *op = op_of(_i);
    size_t different = 0, n = tad_sample_count(op);
    for (size_t k = 0; k < n; k++) {
        tad_sample_room a, b;
        bool fresh = tad_sample_at(op, k, &a);
        for (size_t j = 0; fresh && j < k; j++)
            fresh = tad_sample_at(op, j, &b) && !same_inputs(&a.sample, &b.sample);
        different += fresh;
    }
    ck_assert_msg(different >= 3, "%s has %zu samples that differ", op->name, different);
}
END_TEST

/* So the check of derivatives, which leaves out what is constant, sees every gradient that can be
 * asked for; only integers and bools are declared constant. */
START_TEST(every_float_input_is_differentiated) {
    const tad_op *op = op_of(_i);
    if (op->flags & TAD_OP_FLAT) return;
    for (size_t i = 0; i < 6 && (i < op->max_in); i++) {
        bool present = false, is_float = false;
        for (size_t k = 0; k < op->n_samples; k++) {
            const tad_sample *s = &op->samples[k];
            if (i >= s->n || s->in[i].absent) continue;
            present = true;
            if (s->in[i].type.dtype > TAD_F32) continue;
            is_float = true;
            ck_assert_msg(!s->in[i].constant, "%s, \"%s\": input %zu is held constant", op->name,
                          s->label, i);
        }
        ck_assert_msg(present || op->max_in == UINT8_MAX, "%s: no sample has input %zu", op->name,
                      i);
        ck_assert_msg(!present || is_float != (op->constant_in >> i & 1), "%s: input %zu is %s",
                      op->name, i,
                      is_float ? "declared constant, though it may be of a float type"
                               : "an integer or bool, not declared constant");
    }
}
END_TEST

/* ---- options that cannot be ---- */

static void refuse_value(const tad_op *op, const tad_option *o, const void *bad, const char *what) {
    tad_sample_room room;
    _Alignas(max_align_t) char options[MOST_OPTIONS] = {0};
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[TAD_MAX_INPUTS];
    ck_assert(tad_sample_at(op, 0, &room) && op->options_size <= sizeof options);
    const tad_sample *s = &room.sample;
    if (s->options) memcpy(options, s->options, op->options_size);
    memcpy(options + o->offset, bad, support_option_size(o->kind));
    for (size_t i = 0; i < s->n; i++) in[i] = tad_sample_fill(t, &s->in[i], i);
    ck_assert_msg(tad_is_nil(tad_apply(op, in, s->n, options, NULL, 0)), "%s takes %s for %s",
                  op->name, what, o->name);
    tad_status status = tad_tape_status(t);
    ck_assert_msg(status == TAD_BAD_ARGUMENT || status == TAD_BAD_SHAPE || status == TAD_BAD_AXIS ||
                      status == TAD_TOO_LARGE || status == TAD_BAD_DTYPE,
                  "%s: %s", op->name, tad_message(t));
    tad_tape_free(t);
}

START_TEST(refuses_impossible_options) {
    static const int counts[] = {-1, INT32_MIN, TAD_MAX_RANK + 1, INT32_MAX};
    const tad_op *op = op_of(_i);
    for (size_t i = 0; i < op->n_options; i++) {
        const tad_option *o = &op->options[i];
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            char what[40];
            snprintf(what, sizeof what, "a count of %d", counts[k]);
            if (o->kind == TAD_OPTION_AXES)
                refuse_value(op, o, &(tad_axes){.given = true, .count = counts[k]}, what);
            if (o->kind == TAD_OPTION_SHAPE)
                refuse_value(op, o, &(tad_shape){.rank = counts[k]}, what);
            if (o->kind == TAD_OPTION_SLICES)
                refuse_value(op, o, &(tad_slices){.count = counts[k]}, what);
            if (o->kind == TAD_OPTION_INTS)
                refuse_value(op, o,
                             &(tad_ints){.count = counts[k] == TAD_MAX_RANK + 1 ? TAD_MAX_INTS + 1
                                                                                : counts[k]},
                             what);
            if (o->kind == TAD_OPTION_TEXT) {
                tad_words endless;
                memset(&endless, 'i', sizeof endless);
                refuse_value(op, o, &endless, "a text without an end");
            }
            if (o->kind == TAD_OPTION_CHOICE || o->kind == TAD_OPTION_DTYPE)
                refuse_value(op, o, &counts[k], what);
        }
    }
}
END_TEST

/* ---- the inline functions of tad/scalar.h, row by row ---- */

static tad_var call_inline(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    return ((const row *)user)->call(in, NULL);
}
static tad_var call_with_number(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t;
    tad_var both[] = {in[0], tad_number(1.25)};
    if (n == 2) both[0] = tad_number(0.75), both[1] = in[1];
    return ((const row *)user)->call(both, NULL);
}

/* Order 2 on 0-d variables, and with a plain number on either side. */
START_TEST(inline_path) {
    row f = rows[_i];
    if (f.n_options) return;
    const tad_op *op = tad_op_find(f.name);
    tad_gradcheck_report r;
    tad_sample_room room;
    tad_tape *t = tad_tape_new(NULL);
    ck_assert(op && tad_sample_at(op, 0, &room));
    tad_var in[3];
    for (size_t i = 0; i < room.sample.n; i++) {
        room.in[i].type.shape = TAD_0D;
        in[i] = tad_scalar(t, tad_item(tad_sample_fill(t, &room.in[i], 7 + i)));
    }
    const tad_gradcheck_options o = {.order = 2, .demand = TAD_GRADE_VERY_GOOD, .inconclusive = -1};
    tad_verdict v = tad_gradcheck(call_inline, &f, in, room.sample.n, &o, &r);
    ck_assert_msg(v == TAD_CHECK_PASS || (v == TAD_CHECK_VACUOUS && is_flat(op, &r)), "%s: %s: %s",
                  f.name, tad_verdict_text(v), r.first);
    for (size_t n = 1; n <= 2 && room.sample.n == 2; n++) {
        v = tad_gradcheck(call_with_number, &f, in, n, &o, &r);
        ck_assert_msg(v == TAD_CHECK_PASS || v == TAD_CHECK_VACUOUS, "%s with a number: %s: %s%s",
                      f.name, tad_verdict_text(v), r.first, tad_message(t));
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* ---- a plain number beside an array ---- */

typedef struct beside {
    tad_var x, y, gradient; /* the array, the result, d y / d x by the graph */
    double value[6], reverse[6], graph[6], forward[6];
} beside;

/* Row f of the array and `other`, and its derivatives in every way. */
static void differentiate(tad_tape *t, const row *f, tad_var x, tad_var other, size_t at,
                          beside *b) {
    tad_var in[2], tangent, ones = tad_full(t, tad_dtype_of(x), tad_shape_of(x), 1);
    size_t n = (size_t)tad_size_of(x);
    in[at] = other;
    in[1 - at] = b->x = x;
    b->y = f->call(in, NULL);
    ck_done(tad_reverse_from(&b->y, &ones, 1), t);
    tad_var sum = tad_gradient(x);
    ck_done(tad_grad(&b->y, &ones, 1, &x, 1, &b->gradient), t);
    ck_done(tad_tangent(&b->y, 1, &x, &ones, 1, &tangent), t);
    ck_done(tad_read(b->y, b->value, n), t);
    ck_done(tad_read(sum, b->reverse, n), t);
    ck_done(tad_read(b->gradient, b->graph, n), t);
    ck_done(tad_read(tangent, b->forward, n), t);
}

static void same_as_constant(const row *f, tad_dtype dtype, size_t at, bool turned) {
    static const double data[] = {0.3, 0.7, 1.1, 1.9, 2.4, 4.2}, number = 1.3;
    tad_tape *t = tad_tape_new(NULL);
    beside with_number, with_array;
    tad_var x = tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), data), dtype);
    if (turned) x = tad_transpose(x, 0, 1);
    tad_retain(x);
    size_t nodes = tad_node_count(t);
    differentiate(t, f, x, tad_number(number), at, &with_number);
    ck_assert_msg(tad_node_index(with_number.y) == nodes + 1, "%s: the number has a node", f->name);
    if (strcmp(f->name, "pow") != 0 || at == 0) { /* a plain power is pow_scalar's option */
        tad_var kept = tad_node_parent(with_number.y, at);
        ck_assert(tad_is_number(kept) && kept.u.number == number);
        ck_assert_uint_eq(tad_node_index(tad_node_parent(with_number.y, 1 - at)),
                          tad_node_index(x));
    }
    differentiate(t, f, x, tad_full(t, dtype, tad_shape_of(x), number), at, &with_array);
    ck_assert_msg(!memcmp(with_number.value, with_array.value, sizeof with_array.value), "%s",
                  f->name);
    ck_assert_msg(!memcmp(with_number.reverse, with_array.reverse, sizeof with_array.reverse),
                  "%s: by the sweep", f->name);
    for (int i = 0; i < 6; i++) { /* the graph folds numbers in float64 */
        double tolerance = dtype == TAD_F32 ? 1e-6 : 0;
        ck_near(with_number.graph[i], with_array.graph[i], tolerance);
        ck_near(with_number.forward[i], with_array.forward[i], tolerance);
    }
    tad_tape_free(t);
}

/* It is kept in the node, and gives what an array full of it gives; to order 2. */
START_TEST(number_beside_array) {
    const row *f = &rows[_i];
    const tad_op *op = tad_op_find(f->name);
    if (op->max_in != 2) return;
    for (int k = 0; k < 8; k++) same_as_constant(f, k & 1 ? TAD_F32 : TAD_F64, k >> 1 & 1, k >> 2);
    const tad_gradcheck_options o = {.order = 2, .demand = TAD_GRADE_VERY_GOOD, .inconclusive = -1};
    tad_gradcheck_report r;
    tad_tape *t = tad_tape_new(NULL);
    tad_sample_room room;
    tad_var in[2];
    ck_assert(tad_sample_at(op, 0, &room));
    for (size_t i = 0; i < 2; i++) in[i] = tad_sample_fill(t, &room.in[i], 7 + i);
    for (size_t n = 1; n <= 2; n++) {
        tad_verdict v = tad_gradcheck(call_with_number, (void *)(uintptr_t)f, in, n, &o, &r);
        ck_assert_msg(v == TAD_CHECK_PASS || v == TAD_CHECK_VACUOUS, "%s with a number: %s: %s%s",
                      f->name, tad_verdict_text(v), r.first, tad_message(t));
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* ---- derivatives at kinks and singular points, as decided ---- */

typedef struct decided {
    const char *name;
    double x, options[2], derivative;
} decided;

static const decided unary_points[] = {{"relu", 0, {0}, 0},
                                       {"abs", 0, {0}, 0},
                                       {"leaky_relu", 0, {0.01}, 0.01},
                                       {"leaky_relu", 0, {0.3}, 0.3},
                                       {"elu", 0, {1}, 1},
                                       {"gelu", 0, {0}, 0.5},
                                       {"silu", 0, {0}, 0.5},
                                       {"hardtanh", -1, {-1, 1}, 0},
                                       {"hardtanh", 1, {-1, 1}, 0},
                                       {"hardsigmoid", -3, {0}, 0},
                                       {"hardsigmoid", 3, {0}, 0},
                                       {"hardswish", -3, {0}, 0},
                                       {"hardswish", 3, {0}, 1},
                                       {"relu6", 0, {0}, 0},
                                       {"relu6", 6, {0}, 0},
                                       {"celu", 0, {2}, 1},
                                       {"celu", -INFINITY, {2}, 0},
                                       {"celu", 800, {0.5}, 1},
                                       {"mish", 0, {0}, 0.6},
                                       {"mish", 800, {0}, 1},
                                       {"mish", -800, {0}, 0},
                                       {"hardshrink", 0.5, {0.5}, 0},
                                       {"hardshrink", -0.5, {0.5}, 0},
                                       {"hardshrink", NAN, {0.5}, NAN},
                                       {"softshrink", 0.5, {0.5}, 0},
                                       {"softshrink", -0.5, {0.5}, 0},
                                       {"softshrink", NAN, {0.5}, NAN},
                                       {"threshold", 1, {1, 7}, 0},
                                       {"threshold", NAN, {1, 7}, NAN},
                                       {"tanhshrink", 800, {0}, 1},
                                       {"clamp", -1, {-1, 1}, 1},
                                       {"clamp", 1, {-1, 1}, 1},
                                       {"clamp", 1.5, {-1, 1}, 0},
                                       {"pow_scalar", 0, {0}, 0},
                                       {"pow_scalar", 0, {0.5}, INFINITY},
                                       {"pow_scalar", 0, {1}, 1},
                                       {"pow_scalar", 0, {2}, 0},
                                       {"sqrt", 0, {0}, INFINITY},
                                       {"log", 0, {0}, INFINITY},
                                       {"sigmoid", 800, {0}, 0},
                                       {"sigmoid", -800, {0}, 0},
                                       {"softplus", 800, {1}, 1},
                                       {"sign", 0, {0}, 0},
                                       {"step", 0, {0}, 0},
                                       {"floor", 1, {0}, 0},
                                       {"round", 0.5, {0}, 0}};

static void derivative_everywhere(const decided *d, tad_shape shape, double x, double expected) {
    const tad_op *op = tad_op_find(d->name);
    tad_tape *t = tad_tape_new(NULL);
    tad_var in = tad_input(t, TAD_F64, shape, (double[]){x, x, x}), g, w, tangent;
    tad_var y = tad_apply(op, &in, 1, op->options_size ? d->options : NULL, NULL, 0);
    tad_var ones = tad_full(t, TAD_F64, shape, 1);
    ck_done(tad_reverse_from(&y, &ones, 1), t);
    double value[3];
    memcpy(value, tad_gradient_data(in), (shape.rank ? 3 : 1) * sizeof *value);
    ck_assert_msg(support_close(value[0], expected, 1e-15), "%s'(%g) = %g by the sweep, not %g",
                  d->name, x, value[0], expected);
    ck_done(tad_grad(&y, &ones, 1, &in, 1, &g), t);
    ck_done(tad_read(g, value, shape.rank ? 3 : 1), t);
    ck_assert_msg(support_close(value[0], expected, 1e-15), "%s'(%g) = %g by the graph, not %g",
                  d->name, x, value[0], expected);
    w = ones;
    ck_done(tad_tangent(&y, 1, &in, &w, 1, &tangent), t);
    ck_done(tad_read(tangent, value, shape.rank ? 3 : 1), t);
    ck_assert_msg(support_close(value[0], expected, 1e-15), "%s'(%g) = %g forward, not %g", d->name,
                  x, value[0], expected);
    tad_tape_free(t);
}

START_TEST(unary_as_decided) {
    const decided *d = &unary_points[_i];
    derivative_everywhere(d, TAD_0D, d->x, d->derivative);
    derivative_everywhere(d, TAD_SHAPE(3), d->x, d->derivative);
}
END_TEST

/* A little beyond their corners, too. */
START_TEST(hard_functions_are_clipped) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var above = tad_scalar(t, 3.5), below = tad_scalar(t, -3.5);
    ck_assert_double_eq(tad_item(tad_hardsigmoid(above)), 1);
    ck_assert_double_eq(tad_item(tad_hardsigmoid(below)), 0);
    ck_assert_double_eq(tad_item(tad_hardswish(above)), 3.5);
    ck_assert_double_eq(tad_item(tad_hardswish(below)), 0);
    ck_assert_double_eq(tad_item(tad_relu6(tad_mul(above, tad_number(2)))), 6);
    ck_assert_double_eq(tad_item(tad_hardtanh(above, -1, 1)), 1);
    ck_done(tad_tape_status(t), t);
    tad_tape_free(t);
}
END_TEST

START_TEST(gelu_by_tanh_is_its_formula) {
    tad_tape *t = tad_tape_new(NULL);
    for (double x = -3; x <= 3; x += 0.5) {
        const double c = 0.79788456080286535588; /* sqrt(2 / pi) */
        const double right = 0.5 * x * (1 + tanh(c * (x + 0.044715 * x * x * x)));
        ck_assert_double_eq_tol(tad_item(tad_gelu(tad_scalar(t, x), 1)), right, 1e-15);
    }
    ck_done(tad_tape_status(t), t);
    tad_tape_free(t);
}
END_TEST

/* NaN in, NaN derivative out: for every unary row but the linear one. */
START_TEST(unary_nan) {
    const row *f = &rows[_i];
    if (f->n_in != 1 || f->n_options || strcmp(f->name, "neg") == 0) return;
    decided d = {.name = f->name, .options = {1, 2}};
    derivative_everywhere(&d, TAD_0D, NAN, NAN);
    derivative_everywhere(&d, TAD_SHAPE(3), NAN, NAN);
}
END_TEST

typedef struct decided2 {
    const char *name;
    double a, b, da, db;
} decided2;

static const decided2 binary_points[] = {{"maximum", 1, 1, 0.5, 0.5},
                                         {"minimum", 1, 1, 0.5, 0.5},
                                         {"maximum", 2, 1, 1, 0},
                                         {"minimum", 2, 1, 0, 1},
                                         {"fmax", 1, 1, 0.5, 0.5},
                                         {"fmin", 1, 1, 0.5, 0.5},
                                         {"fmax", NAN, 1, 0, 1},
                                         {"fmax", 1, NAN, 1, 0},
                                         {"fmin", NAN, 1, 0, 1},
                                         {"fmin", 1, NAN, 1, 0},
                                         {"fmin", NAN, NAN, NAN, NAN},
                                         {"logaddexp", 1000, 0, 1, 0},
                                         {"logaddexp", -INFINITY, 0, 0, 1},
                                         {"logaddexp", -INFINITY, -INFINITY, 0.5, 0.5},
                                         {"logaddexp", INFINITY, -INFINITY, 1, 0},
                                         {"prelu", 0, 3, 3, 0},
                                         {"prelu", -2, 3, 3, -2},
                                         {"prelu", 2, 3, 1, 0},
                                         {"prelu", 2, NAN, 1, 0},
                                         {"prelu", NAN, 1, NAN, 0},
                                         {"swiglu", 800, 2, 2, 800},
                                         {"swiglu", -800, 2, 0, 0},
                                         {"pow", 0, 2, 0, 0},
                                         {"pow", -2, 2, -4, NAN},
                                         {"pow", 3, 0, 0, 1.0986122886681098},
                                         {"hypot", 0, 0, 0, 0},
                                         {"xlogy", 0, 0, 0, 0},
                                         {"xlogy", 0, 2, 0.6931471805599453, 0},
                                         {"atan2", 0, 0, NAN, NAN},
                                         {"div", 1, 2, 0.5, -0.25},
                                         {"fmod", 5.5, 2, 1, -2},
                                         {"remainder", -5.5, 2, 1, 3}};

/* As numbers, and as arrays whose operands vary both. */
START_TEST(a_nan_beside_a_number_is_ignored) {
    const double a[] = {1, NAN, NAN, 3, -2}, b[] = {NAN, 1, NAN, 2, 5};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(5), a), y = tad_input(t, TAD_F64, TAD_SHAPE(5), b);
    ck_values(tad_fmin(x, y), 0, 1, 1, NAN, 2, -2);
    ck_values(tad_fmax(x, y), 0, 1, 1, NAN, 3, 5);
    ck_near(tad_item(tad_fmin(tad_scalar(t, 1), tad_scalar(t, NAN))), 1, 0);
    ck_near(tad_item(tad_fmax(tad_scalar(t, NAN), tad_scalar(t, 1))), 1, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(binary_as_decided) {
    const decided2 *d = &binary_points[_i];
    const tad_op *op = tad_op_find(d->name);
    for (int array = 0; array < 2; array++) {
        tad_tape *t = tad_tape_new(NULL);
        tad_shape shape = array ? TAD_SHAPE(2) : TAD_0D;
        tad_var in[] = {tad_input(t, TAD_F64, shape, (double[]){d->a, d->a}),
                        tad_input(t, TAD_F64, shape, (double[]){d->b, d->b})},
                g[2];
        tad_var y = tad_apply(op, in, 2, NULL, NULL, 0), ones = tad_full(t, TAD_F64, shape, 1);
        ck_done(tad_reverse_from(&y, &ones, 1), t);
        ck_near(((const double *)tad_gradient_data(in[0]))[0], d->da, 1e-15);
        ck_near(((const double *)tad_gradient_data(in[1]))[0], d->db, 1e-15);
        ck_done(tad_grad(&y, &ones, 1, in, 2, g), t);
        double value[2];
        ck_done(tad_read(g[0], value, array + 1), t);
        ck_near(value[0], d->da, 1e-15);
        ck_done(tad_read(g[1], value, array + 1), t);
        ck_near(value[0], d->db, 1e-15);
        tad_tape_free(t);
    }
}
END_TEST

/* (5) meets (1,5): as many elements, but the gradient has not the cotangent's shape, so it is added
 * to. What lies in the buffer from the sweep before must not be. */
START_TEST(same_size_of_other_rank_is_added_to_zeros) {
    const char *const names[] = {"add", "sub", "mul", "div", "maximum"};
    const double da[] = {4, 4, 8, 2, 4}, db[] = {4, -4, 12, -3, 0}; /* a = 3, b = 2, cotangent 4 */
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        for (int turned = 0; turned < 2; turned++) {
            tad_tape *t = tad_tape_new(NULL);
            tad_shape short_ = TAD_SHAPE(5), row = TAD_SHAPE(1, 5);
            tad_var in[] = {tad_input(t, TAD_F64, turned ? row : short_, (double[]){3, 3, 3, 3, 3}),
                            tad_input(t, TAD_F64, turned ? short_ : row,
                                      (double[]){2, 2, 2, 2, 2})},
                    four = tad_full(t, TAD_F64, row, 4);
            for (int sweep = 0; sweep < 3; sweep++) {
                tad_mark mark = tad_tape_mark(t);
                tad_var y = tad_apply(tad_op_find(names[k]), in, 2, NULL, NULL, 0);
                ck_done(tad_reverse_from(&y, &four, 1), t);
                ck_values(tad_gradient(in[0]), 0, da[k], da[k], da[k], da[k], da[k]);
                ck_values(tad_gradient(in[1]), 0, db[k], db[k], db[k], db[k], db[k]);
                ck_done(tad_tape_rewind(t, mark), t);
            }
            tad_tape_free(t);
        }
}
END_TEST

/* Exponents that have a form of their own, and some that have not, where powers are special. */
static const double exponents[] = {0, 1, 2, 3, -1, 0.5, 1.5, -0.5, -2, 2.5, 4, NAN, INFINITY, -1.5};
enum { EXPONENTS = sizeof exponents / sizeof *exponents };

START_TEST(powers_of_special_values) {
    static const double x[] = {0,        -0.0,      1,      -1,      0.3,    -0.3,      7,
                               INFINITY, -INFINITY, 1e-300, 1e-310,  -1e200, -1e-170,   NAN,
                               4,        -4,        1e160,  -1e-160, 1e300,  0x1p-1074, 10};
    enum { N = sizeof x / sizeof *x };
    const double p = exponents[_i / 2];
    const bool by_number = _i % 2;
    double y[N], g[N];
    tad_tape *t = tad_tape_new(NULL);
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(N), x),
            ones = tad_full(t, TAD_F64, TAD_SHAPE(N), 1),
            power = by_number ? tad_pow(v, tad_number(p)) : tad_pow_scalar(v, p);
    ck_done(tad_reverse_from(&power, &ones, 1), t);
    ck_done(tad_read(power, y, N), t);
    ck_done(tad_read(tad_gradient(v), g, N), t);
    for (size_t k = 0; k < N; k++) {
        const double right = pow(x[k], p), slope = p == 0 ? 0 : p * pow(x[k], p - 1);
        tad_var one = tad_scalar(t, x[k]), same = tad_pow_scalar(one, p);
        ck_assert_msg(support_close(y[k], right, 1e-15) &&
                          (isnan(right) || !signbit(y[k]) == !signbit(right)),
                      "%g^%g = %g, not %g", x[k], p, y[k], right);
        ck_assert_msg(support_close(tad_item(same), right, 1e-15), "%g^%g = %g, not %g", x[k], p,
                      tad_item(same), right);
        ck_assert_msg(support_close(g[k], slope, 1e-15), "the slope of %g^%g is %g, not %g", x[k],
                      p, g[k], slope);
    }
    tad_tape_free(t);
}
END_TEST

/* Though another op computes it. */
START_TEST(a_plain_power_is_refused_as_pow) {
    tad_tape *t = tad_tape_new(NULL);
    const tad_mark start = tad_tape_mark(t);
    const tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(3), 2), two = tad_number(2);
    ck_done(tad_tape_rewind(t, start), t);
    const tad_var whole = tad_full(t, TAD_I64, TAD_SHAPE(3), 2);
    ck_assert(tad_is_nil(tad_pow(x, two)));
    ck_refused(t, TAD_BAD_HANDLE, "pow", "rewound");
    ck_assert(tad_is_nil(tad_pow(whole, two)));
    ck_refused(t, TAD_BAD_DTYPE, "pow:");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("ops");
    for (size_t i = 0; i < tad_op_count(); i++) {
        TCase *c = support_case(s, tad_op_at(i)->name);
        tcase_add_loop_test(c, is_complete, (int)i, (int)i + 1);
        tcase_add_loop_test(c, has_right_derivatives, (int)i, (int)i + 1);
        tcase_add_loop_test(c, refuses_misuse, (int)i, (int)i + 1);
        tcase_add_loop_test(c, refuses_bad_handles, (int)i, (int)i + 1);
        tcase_add_loop_test(c, every_option_is_tried_with_other_values, (int)i, (int)i + 1);
        tcase_add_loop_test(c, at_least_three_samples_differ, (int)i, (int)i + 1);
        tcase_add_loop_test(c, every_float_input_is_differentiated, (int)i, (int)i + 1);
        tcase_add_loop_test(c, refuses_impossible_options, (int)i, (int)i + 1);
    }
    TCase *c = support_case(s, "inline functions");
    tcase_add_loop_test(c, inline_path, 0, ROWS);
    tcase_add_loop_test(c, number_beside_array, 0, ROWS);
    c = support_case(s, "layouts");
    tcase_add_test(c, same_size_of_other_rank_is_added_to_zeros);
    tcase_add_loop_test(c, powers_of_special_values, 0, 2 * EXPONENTS);
    tcase_add_test(c, a_plain_power_is_refused_as_pow);
    c = support_case(s, "points of interest");
    tcase_add_loop_test(c, unary_as_decided, 0, sizeof unary_points / sizeof *unary_points);
    tcase_add_test(c, hard_functions_are_clipped);
    tcase_add_test(c, gelu_by_tanh_is_its_formula);
    tcase_add_loop_test(c, unary_nan, 0, ROWS);
    tcase_add_test(c, a_nan_beside_a_number_is_ignored);
    tcase_add_loop_test(c, binary_as_decided, 0, sizeof binary_points / sizeof *binary_points);
    return s;
}

SUPPORT_MAIN(suite)
