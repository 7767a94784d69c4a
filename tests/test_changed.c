/* Parameters that change between recording and sweep: whoever sweeps, a rule reads what was
 * recorded, or the sweep refuses. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

/* Reverse, grad and tangent of y with respect to x all refuse. */
static void ck_stale(tad_var y, tad_var x) {
    tad_var out, one = tad_full(t, TAD_F64, tad_shape_of(x), 1);
    ck_assert_int_eq(tad_reverse(y), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "reverse", "changed");
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &x, 1, &out), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "grad", "changed");
    ck_assert_int_eq(tad_tangent(&y, 1, &x, &one, 1, &out), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "tangent", "changed");
}

/* They give `expected`, for x and y of one element. */
static void ck_derivative(tad_var y, tad_var x, double expected) {
    tad_var out, one = tad_full(t, TAD_F64, tad_shape_of(x), 1);
    ck_done(tad_reverse(y), t);
    ck_near(tad_gradient_item(x), expected, 1e-15);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &out), t);
    ck_near(tad_item(out), expected, 1e-15);
    ck_done(tad_tangent(&y, 1, &x, &one, 1, &out), t);
    ck_near(tad_item(out), expected, 1e-15);
}

static tad_var one_param(double v) { return tad_param(t, TAD_F64, TAD_SHAPE(1), &v); }
static tad_var one_input(double v) { return tad_input(t, TAD_F64, TAD_SHAPE(1), &v); }
static void set(tad_var w, double v) { ck_done(tad_assign(w, &v), t); }

/* ---- what is refused ---- */

START_TEST(an_array) {
    tad_var w = one_param(3), y = tad_sum(tad_mul(w, w), tad_all());
    set(w, 100);
    ck_stale(y, w);
}
END_TEST

START_TEST(a_number) {
    tad_var w = tad_param(t, TAD_F64, TAD_0D, (double[]){3}), y = tad_mul(w, w);
    set(w, 100);
    ck_stale(y, w);
}
END_TEST

START_TEST(a_number_below_a_result_recorded_later) {
    tad_var w = tad_param(t, TAD_F64, TAD_0D, (double[]){3}), a = tad_mul(w, w);
    set(w, 100);
    ck_stale(tad_mul(a, tad_number(1)), w);
    ck_stale(tad_sum(tad_mul(tad_full(t, TAD_F64, TAD_SHAPE(3), 1), a), tad_all()), w);
}
END_TEST

START_TEST(a_number_beside_an_array) {
    tad_var w = tad_param(t, TAD_F64, TAD_0D, (double[]){3}), x = one_input(5),
            y = tad_sum(tad_mul(x, w), tad_all());
    set(w, 100);
    ck_stale(y, x);
}
END_TEST

START_TEST(an_operand_that_needs_no_gradient) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    tad_var i = tad_param(t, TAD_I64, TAD_SHAPE(1), (int64_t[]){0}),
            y = tad_sum(tad_index_select(x, i, 0), tad_all());
    ck_done(tad_assign(i, (int64_t[]){1000}), t);
    ck_stale(y, x);
}
END_TEST

START_TEST(a_view_made_while_paused) {
    tad_var w = one_param(3), x = tad_input(t, TAD_F64, TAD_SHAPE(1, 1), (double[]){5});
    tad_record_pause(t);
    tad_var v = tad_transpose(tad_reshape(w, TAD_SHAPE(1, 1)), 0, 1);
    tad_record_resume(t);
    tad_var y = tad_sum(tad_mul(x, v), tad_all());
    set(w, 100);
    ck_stale(y, x);
}
END_TEST

START_TEST(a_mask) {
    tad_var x = one_input(0.3), mask = tad_param(t, TAD_BOOL, TAD_SHAPE(1), (bool[]){true});
    tad_var y = tad_sum(tad_where(mask, tad_mul(x, x), x), tad_all());
    ck_done(tad_assign(mask, (bool[]){false}), t);
    ck_stale(y, x);
}
END_TEST

START_TEST(a_mask_that_is_one_bool) {
    tad_var x = tad_scalar(t, 0.3), mask = tad_param(t, TAD_BOOL, TAD_0D, (bool[]){true});
    tad_var y = tad_where(mask, tad_mul(x, x), x);
    ck_done(tad_assign(mask, (bool[]){false}), t);
    ck_stale(y, x);
}
END_TEST

START_TEST(the_message_names_parameter_and_op) {
    tad_var w = tad_name(one_param(3), "weights"),
            y = tad_name(tad_sum(tad_exp(tad_mul(w, w)), tad_all()), "loss");
    set(w, 1);
    ck_assert_int_eq(tad_reverse(y), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "reverse: mul", "operand 0 (weights)");
}
END_TEST

/* ---- every op, every operand ---- */

enum { MOST = 4096 };
typedef struct derivatives {
    tad_var y, x[TAD_MAX_INPUTS], one[TAD_MAX_INPUTS];
    size_t n;             /* inputs with a gradient */
    tad_status status[3]; /* reverse, grad, tangent */
    double value[3][MOST];
    size_t count[3];
} derivatives;

static void take(derivatives *d, int way, tad_var v) {
    size_t size = (size_t)tad_size_of(v);
    ck_assert_uint_le(d->count[way] + size, MOST);
    ck_done(tad_read(v, d->value[way] + d->count[way], size), t);
    d->count[way] += size;
}

/* The op on a sample, operand k a parameter, the others inputs or constants. */
static bool record(const tad_op *op, const tad_sample *s, size_t k, tad_var *in, derivatives *d) {
    tad_var out[TAD_MAX_OUTPUTS];
    d->n = 0;
    d->y = tad_none();
    for (size_t i = 0; i < s->n; i++) {
        tad_var c = in[i] = tad_sample_fill(t, &s->in[i], 1 + i);
        if (s->in[i].absent) continue;
        bool open = s->in[i].type.dtype == TAD_F64 && !(op->constant_in >> i & 1);
        if (i == k)
            in[i] = tad_param(t, tad_dtype_of(c), tad_shape_of(c), tad_data(c));
        else if (open && !s->in[i].constant)
            in[i] = tad_input(t, TAD_F64, tad_shape_of(c), tad_data(c));
        if (!open || !tad_node_needs_gradient(in[i])) continue;
        d->x[d->n] = in[i];
        d->one[d->n++] = tad_full(t, TAD_F64, tad_shape_of(c), 1);
    }
    for (size_t o = 0; o < TAD_MAX_OUTPUTS; o++) out[o] = tad_none();
    (void)tad_apply(op, in, s->n, s->options, out, op->n_out ? op->n_out : TAD_MAX_OUTPUTS);
    ck_tape(t);
    for (size_t o = TAD_MAX_OUTPUTS; o-- > 0;)
        if (!tad_is_none(out[o]) && tad_node_needs_gradient(out[o])) d->y = out[o];
    return d->n > 0 && !tad_is_none(d->y) && tad_dtype_of(d->y) == TAD_F64;
}

/* All three ways; what fails is cleared. */
static void differentiate(derivatives *d) {
    tad_var out[TAD_MAX_INPUTS], cotangent = tad_full(t, TAD_F64, tad_shape_of(d->y), 1);
    memset(d->count, 0, sizeof d->count);
    d->status[0] = tad_reverse_from(&d->y, &cotangent, 1);
    for (size_t i = 0; i < d->n && d->status[0] == TAD_OK; i++) take(d, 0, tad_gradient(d->x[i]));
    tad_tape_clear(t);
    d->status[1] = tad_grad(&d->y, &cotangent, 1, d->x, d->n, out);
    for (size_t i = 0; i < d->n && d->status[1] == TAD_OK; i++) take(d, 1, out[i]);
    tad_tape_clear(t);
    d->status[2] = tad_tangent(&d->y, 1, d->x, d->one, d->n, out);
    if (d->status[2] == TAD_OK) take(d, 2, out[0]);
    tad_tape_clear(t);
}

typedef struct tally {
    size_t refused, right;
} tally;

/* All zero bytes: an index that there is, whatever the type. */
static void change_and_sweep(const tad_op *op, const tad_sample *s, size_t k, tally *sum) {
    static derivatives before, after;
    static const double zeros[MOST];
    tad_var in[TAD_MAX_INPUTS];
    tad_mark mark = tad_tape_mark(t);
    if (record(op, s, k, in, &before)) differentiate(&before);
    ck_done(tad_tape_rewind(t, mark), t);
    if (!record(op, s, k, in, &after)) return;
    ck_done(tad_assign(in[k], zeros), t);
    differentiate(&after);
    for (int way = 0; way < 3; way++) {
        bool same =
            after.status[way] == TAD_OK && after.count[way] == before.count[way] &&
            memcmp(after.value[way], before.value[way], after.count[way] * sizeof(double)) == 0;
        ck_assert_msg(same || after.status[way] == TAD_STALE_VALUE,
                      "%s, sample \"%s\", operand %zu, way %d: %s", op->name, s->label, k, way,
                      tad_status_text(after.status[way]));
        sum->refused += after.status[way] != TAD_OK;
        sum->right += same;
    }
    ck_done(tad_tape_rewind(t, mark), t);
    tad_var cotangent = tad_number(1),
            out[TAD_MAX_INPUTS]; /* nodes of now, at the places of those rewound */
    ck_assert_int_eq(tad_reverse_from(&after.y, &cotangent, 1), TAD_BAD_HANDLE);
    tad_tape_clear(t);
    ck_assert_int_eq(tad_grad(&after.y, NULL, 1, after.x, after.n, out), TAD_BAD_HANDLE);
    tad_tape_clear(t);
    ck_assert_int_eq(tad_tangent(&after.y, 1, after.x, after.one, after.n, out), TAD_BAD_HANDLE);
    tad_tape_clear(t);
}

START_TEST(each_operand_of_each_op_in_turn) {
    tally sum = {0, 0};
    for (size_t i = 0; i < tad_op_count(); i++) {
        const tad_op *op = tad_op_at(i);
        for (size_t j = 0; j < tad_sample_count(op); j++) {
            tad_sample_room room;
            ck_assert(tad_sample_at(op, j, &room));
            for (size_t k = 0; k < room.sample.n; k++) {
                if (room.sample.in[k].absent) continue;
                tad_mark mark = tad_tape_mark(t);
                change_and_sweep(op, &room.sample, k, &sum);
                ck_done(tad_tape_rewind(t, mark), t);
            }
        }
    }
    printf("# %zu sweeps refused, %zu right\n", sum.refused, sum.right);
    fflush(stdout);
    ck_assert_uint_gt(sum.refused, 1000);
    ck_assert_uint_gt(sum.right, 10); /* views */
}
END_TEST

/* ---- what is not ---- */

START_TEST(a_change_before_the_use) {
    tad_var w = one_param(3), n = tad_param(t, TAD_F64, TAD_0D, (double[]){3});
    tad_mul(w, n);
    set(w, 5);
    set(n, 7);
    ck_derivative(tad_sum(tad_mul(w, w), tad_all()), w, 10);
    ck_derivative(tad_mul(n, n), n, 14);
}
END_TEST

START_TEST(a_change_of_what_the_result_does_not_need) {
    tad_var w = tad_param(t, TAD_F64, TAD_0D, (double[]){3}), x = tad_scalar(t, 2);
    tad_var other = tad_mul(w, w), y = tad_mul(x, x);
    set(w, 100);
    ck_derivative(tad_mul(y, x), x, 12);
    ck_stale(tad_mul(y, other), w);
}
END_TEST

START_TEST(a_view_recorded_before_and_used_after) {
    tad_var w = one_param(3), v = tad_reshape(w, TAD_SHAPE(1, 1));
    set(w, 5);
    ck_derivative(tad_sum(tad_mul(v, v), tad_all()), w, 10);
}
END_TEST

START_TEST(a_detached_value_that_stays) {
    tad_var w = one_param(3), x = one_input(5), d = tad_detach(w),
            v = tad_detach(tad_reshape(w, TAD_SHAPE(1, 1)));
    tad_var y = tad_sum(tad_mul(x, tad_mul(d, tad_reshape(v, TAD_SHAPE(1)))), tad_all());
    set(w, 100);
    ck_values(d, 0, 3);
    ck_values(v, 0, 3);
    ck_derivative(y, x, 9);
    ck_near(tad_item(tad_detach(tad_number(7))), 7, 0);
}
END_TEST

START_TEST(nodes_recorded_again_after_a_rewind) {
    tad_var w = tad_param(t, TAD_F64, TAD_0D, (double[]){3}), a = one_param(2),
            fixed = tad_mul(tad_scalar(t, 2), tad_scalar(t, 3));
    tad_mark m = tad_tape_mark(t);
    for (int i = 0; i < 4; i++) {
        double value = 1 + i;
        ck_derivative(tad_mul(tad_mul(w, w), tad_detach(fixed)), w, 12 * tad_item(w));
        ck_derivative(tad_sum(tad_mul(a, a), tad_all()), a, 2 * ((const double *)tad_data(a))[0]);
        set(w, value);
        set(a, value);
        ck_done(tad_zero_gradients((tad_var[]){w, a}, 2), t);
        ck_done(tad_tape_rewind(t, m), t);
    }
}
END_TEST

/* ---- operands without derivative ---- */

static tad_status scaled_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out->dtype = (tad_dtype)c->in[0]->dtype;
    out->shape = TAD_0D;
    return TAD_OK;
}
static tad_status scaled_forward(const tad_call_frame *c) {
    *(double *)c->out[0]->data = *(const double *)c->in[0]->data * *(const double *)c->in[1]->data;
    return TAD_OK;
}
static void scaled_vjp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], r->in[1]); }
static void scaled_jvp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], r->in[1]); }
static const tad_op scaled = {.name = "scaled",
                              .min_in = 2,
                              .max_in = 2,
                              .n_out = 1,
                              .constant_in = 2,
                              .shape = scaled_shape,
                              .forward = scaled_forward,
                              .vjp = scaled_vjp,
                              .jvp = scaled_jvp};

/* The product of numbers x and s; the op says that s is a constant. */
static tad_var scale(tad_var x, tad_var s) {
    return tad_apply(&scaled, (tad_var[]){x, s}, 2, NULL, NULL, 0);
}

static tad_var scale_numbers(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return scale(in[0], in[1]);
}

START_TEST(a_gradient_that_an_op_cannot_give_is_an_error) {
    tad_var x = tad_scalar(t, 2), s = tad_name(tad_scalar(t, 3), "s"), one = tad_number(1), out;
    tad_var only_s = tad_add(scale(tad_full(t, TAD_F64, TAD_0D, 2), s), x), y = scale(x, s);
    ck_assert_int_eq(tad_reverse(y), TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "scaled", "operand 1 (s)", "detach");
    ck_assert_int_eq(tad_reverse(only_s), TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "scaled", "operand 1 (s)", "detach");
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &s, 1, &out), TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "grad", "scaled");
    ck_assert_int_eq(tad_tangent(&y, 1, &s, &one, 1, &out), TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "tangent", "scaled");
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &out), t); /* asks for nothing that is not there */
    ck_near(tad_item(out), 3, 0);
    ck_derivative(scale(x, tad_detach(s)), x, 3);
    ck_done(tad_jacobian(scale_numbers, NULL, (tad_var[]){x, s}, 2, 0, NULL, &out), t);
    ck_near(tad_item(out), 3, 0);
    ck_assert_int_eq(tad_jacobian(scale_numbers, NULL, (tad_var[]){x, s}, 2, 1, NULL, &out),
                     TAD_NO_RULE);
    ck_refused(t, TAD_NO_RULE, "scaled", "operand 1 (s)");
}
END_TEST

START_TEST(what_needs_no_gradient_needs_no_rule) {
    static tad_op no_rule;
    no_rule = scaled;
    no_rule.vjp = NULL;
    tad_var x = tad_scalar(t, 5), c = tad_full(t, TAD_F64, TAD_0D, 2);
    tad_var s = tad_apply(&no_rule, (tad_var[]){c, c}, 2, NULL, NULL, 0);
    ck_derivative(tad_mul(x, s), x, 4);
}
END_TEST

static void leave_out(tad_rule *r) { (void)r; }
static void give_two(tad_rule *r) { r->result[0] = tad_number(2); }

START_TEST(a_rule_may_leave_a_zero_out_and_give_a_plain_number) {
    static tad_op leaves_out, gives_number;
    leaves_out = gives_number = scaled;
    leaves_out.vjp = leaves_out.jvp = leave_out;
    gives_number.vjp = gives_number.jvp = give_two;
    tad_var x = tad_scalar(t, 5), in[] = {x, tad_detach(x)};
    tad_var zero = tad_apply(&leaves_out, in, 2, NULL, NULL, 0);
    tad_var twice = tad_apply(&gives_number, in, 2, NULL, NULL, 0);
    ck_derivative(tad_add(zero, x), x, 1);
    ck_derivative(twice, x, 2);
}
END_TEST

static void give_pair(tad_rule *r) { r->result[0] = tad_full(r->tape, TAD_F64, TAD_SHAPE(2), 1); }

START_TEST(a_derivative_of_another_shape_is_refused) {
    static tad_op wrong;
    wrong = scaled;
    wrong.vjp = give_pair;
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), NULL), out;
    tad_var y = tad_apply(&wrong, (tad_var[]){x, tad_detach(x)}, 2, NULL, NULL, 0);
    ck_assert_int_eq(tad_reverse(y), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "scaled: its vjp gave float64 (2) for a variable of shape (3)");
    ck_assert_int_eq(tad_grad(&y, NULL, 1, &x, 1, &out), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "scaled: its vjp gave float64 (2) for a variable of shape (3)");
    ck_assert(tad_is_nil(out));
}
END_TEST

static tad_status total_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)c, (void)n_out;
    *out = (tad_type){TAD_F64, TAD_0D};
    return TAD_OK;
}
static tad_status total_forward(const tad_call_frame *c) {
    const float *x = c->in[0]->data;
    *(double *)c->out[0]->data = x[0] + 2.0 * x[1] + 4.0 * x[2];
    return TAD_OK;
}
static void total_vjp(tad_rule *r) {
    r->result[0] =
        tad_mul(r->given[0], tad_input(r->tape, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 4}));
}

START_TEST(a_derivative_of_another_float_type_is_converted) {
    static const tad_op total = {.name = "total",
                                 .min_in = 1,
                                 .max_in = 1,
                                 .n_out = 1,
                                 .shape = total_shape,
                                 .forward = total_forward,
                                 .vjp = total_vjp};
    tad_var x = tad_param(t, TAD_F32, TAD_SHAPE(3), (float[]){1, 1, 1}), out;
    tad_var y = tad_add(tad_apply(&total, &x, 1, NULL, NULL, 0),
                        tad_mul(tad_apply(&total, &x, 1, NULL, NULL, 0), tad_number(10)));
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(x), 0, 11, 22, 44);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &out), t);
    ck_values(out, 0, 11, 22, 44);
    ck_assert_int_eq(tad_dtype_of(out), TAD_F32);
}
END_TEST

static bool second_moved;
static void watch(tad_rule *r) {
    second_moved = !tad_is_nil(r->given[1]);
    scaled_jvp(r);
}

START_TEST(a_rule_is_given_no_tangent_of_what_does_not_move) {
    static tad_op watching;
    watching = scaled;
    watching.constant_in = 0;
    watching.jvp = watch;
    tad_var in[] = {tad_scalar(t, 2), tad_scalar(t, 3)}, v[] = {tad_number(1), tad_none()};
    tad_var y = tad_apply(&watching, in, 2, NULL, NULL, 0), out;
    ck_done(tad_forward(&y, 1, in, v, 2, &out), t);
    ck_near(tad_item(out), 3, 0);
    ck_assert(!second_moved);
    ck_done(tad_tangent(&y, 1, in, v, 2, &out), t);
    ck_near(tad_item(out), 3, 0);
    ck_assert(!second_moved);
}
END_TEST

/* ---- descriptors that cannot be ---- */

static tad_status odd_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const int *what = c->options;
    out[0] = (tad_type){*what == 1 ? (tad_dtype)17 : TAD_F64,
                        {*what == 2   ? -3
                         : *what == 3 ? 9
                                      : 0,
                         {0}}};
    *n_out = *what == 4 ? 0 : *what == 5 ? 1000 : 1;
    return TAD_OK;
}
static tad_status no_forward(const tad_call_frame *c) {
    *(double *)c->out[0]->data = 1;
    return TAD_OK;
}

START_TEST(an_op_that_cannot_be_is_refused) {
    tad_var x = tad_scalar(t, 1);
    const tad_op good = {.name = "odd",
                         .min_in = 1,
                         .max_in = 1,
                         .n_out = 1,
                         .options_size = sizeof(int),
                         .shape = odd_shape,
                         .forward = no_forward};
    ck_near(tad_item(tad_apply(&good, &x, 1, NULL, NULL, 0)), 1, 0);
    tad_op bad[] = {good, good, good, good, good, good, good};
    bad[0].name = NULL;
    bad[1].shape = NULL;
    bad[2].forward = NULL;
    bad[3].min_in = 2;
    bad[4].max_in = 200;
    bad[5].n_out = TAD_MAX_OUTPUTS + 1;
    bad[6].options_size = 1 << 20;
    for (int i = 0; i < 7; i++) {
        ck_assert(tad_is_nil(tad_apply(&bad[i], &x, 1, NULL, NULL, 0)));
        ck_refused(t, TAD_BAD_ARGUMENT, "apply", i == 0 ? "?" : "odd");
    }
    tad_var outputs[] = {x, x};
    ck_assert(tad_is_nil(tad_apply(NULL, &x, 1, NULL, outputs, 2)));
    ck_assert(tad_is_nil(outputs[0]) && tad_is_nil(outputs[1]));
    ck_refused(t, TAD_BAD_ARGUMENT, "apply", "NULL");
    ck_assert(tad_is_nil(tad_apply(&good, &x, 1, NULL, NULL, 3)));
    ck_refused(t, TAD_BAD_ARGUMENT, "apply", "room");
    const tad_status expect[] = {TAD_BAD_DTYPE, TAD_TOO_LARGE, TAD_TOO_LARGE, TAD_BAD_ARGUMENT,
                                 TAD_BAD_ARGUMENT};
    tad_op several = good;
    several.n_out = 0; /* as many as the shape rule says */
    for (int what = 1; what <= 5; what++) {
        ck_assert(tad_is_nil(tad_apply(&several, &x, 1, &what, NULL, 0)));
        ck_refused(t, expect[what - 1], "odd: ()");
    }
}
END_TEST

/* Doubles its input by pieces; pieces of no grain are of one element. */
static void double_piece(void *arg, size_t first, size_t end) {
    double *x = arg;
    for (size_t i = first; i < end; i++) x[i] *= 2;
}

static tad_status doubled_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    *out = (tad_type){TAD_F64, TAD_SHAPE(c->in[0]->dim[0])};
    return TAD_OK;
}

static tad_status doubled_forward(const tad_call_frame *c) {
    const size_t n = (size_t)c->in[0]->size, bytes = n * sizeof(double);
    double *room = tad_scratch(c, bytes), *more = tad_scratch(c, bytes);
    if (!room || !more) return TAD_NO_MEMORY;
    ck_assert_uint_eq((uintptr_t)room % 64, 0);
    ck_assert(room + n <= more || more + n <= room);
    memset(more, 0xff, bytes);
    memcpy(room, c->in[0]->data, bytes);
    tad_split(c, n, 0, double_piece, room);
    tad_split(c, n, 3, double_piece, room);
    tad_split(c, n, 2 * n, double_piece, room);
    memcpy(c->out[0]->data, room, bytes);
    return TAD_OK;
}

START_TEST(an_op_may_take_memory_and_split_its_work) {
    const tad_op doubled = {.name = "doubled",
                            .min_in = 1,
                            .max_in = 1,
                            .n_out = 1,
                            .shape = doubled_shape,
                            .forward = doubled_forward};
    tad_tape *own = tad_tape_new(&(tad_settings){.threads = _i ? 2 : 1});
    tad_var x = tad_constant(own, TAD_F64, TAD_SHAPE(7), (double[]){1, 2, 3, 4, 5, 6, 7});
    ck_values(tad_apply(&doubled, &x, 1, NULL, NULL, 0), 0, 8, 16, 24, 32, 40, 48, 56);
    ck_tape(own);
    tad_tape_free(own);
}
END_TEST

static tad_status silent_forward(const tad_call_frame *c) {
    (void)c;
    return TAD_BAD_INDEX;
}

START_TEST(an_op_that_fails_without_a_word_is_named) {
    tad_var x = tad_scalar(t, 1), out = x;
    const tad_op silent = {.name = "silent",
                           .min_in = 1,
                           .max_in = 1,
                           .n_out = 1,
                           .shape = scaled_shape,
                           .forward = silent_forward};
    size_t nodes = tad_node_count(t);
    ck_assert(tad_is_nil(tad_apply(&silent, &x, 1, NULL, &out, 1)));
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_INDEX, "silent", tad_status_text(TAD_BAD_INDEX));
    ck_assert_uint_eq(tad_node_count(t), nodes);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("changed");
    TCase *refused = support_case(s, "refused"), *allowed = support_case(s, "allowed"),
          *own = support_case(s, "own ops");
    TCase *all[] = {refused, allowed, own};
    for (int i = 0; i < 3; i++) tcase_add_checked_fixture(all[i], new_tape, free_tape);
    tcase_add_test(refused, an_array);
    tcase_add_test(refused, a_number);
    tcase_add_test(refused, a_number_below_a_result_recorded_later);
    tcase_add_test(refused, a_number_beside_an_array);
    tcase_add_test(refused, an_operand_that_needs_no_gradient);
    tcase_add_test(refused, a_view_made_while_paused);
    tcase_add_test(refused, a_mask);
    tcase_add_test(refused, a_mask_that_is_one_bool);
    tcase_add_test(refused, each_operand_of_each_op_in_turn);
    tcase_add_test(refused, the_message_names_parameter_and_op);
    tcase_add_test(allowed, a_change_before_the_use);
    tcase_add_test(allowed, a_change_of_what_the_result_does_not_need);
    tcase_add_test(allowed, a_view_recorded_before_and_used_after);
    tcase_add_test(allowed, a_detached_value_that_stays);
    tcase_add_test(allowed, nodes_recorded_again_after_a_rewind);
    tcase_add_loop_test(own, an_op_may_take_memory_and_split_its_work, 0, 2);
    tcase_add_test(own, an_op_that_fails_without_a_word_is_named);
    tcase_add_test(own, an_op_that_cannot_be_is_refused);
    tcase_add_test(own, a_gradient_that_an_op_cannot_give_is_an_error);
    tcase_add_test(own, what_needs_no_gradient_needs_no_rule);
    tcase_add_test(own, a_rule_may_leave_a_zero_out_and_give_a_plain_number);
    tcase_add_test(own, a_derivative_of_another_shape_is_refused);
    tcase_add_test(own, a_derivative_of_another_float_type_is_converted);
    tcase_add_test(own, a_rule_is_given_no_tangent_of_what_does_not_move);
    return s;
}

SUPPORT_MAIN(suite)
