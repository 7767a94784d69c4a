/* What shows a tape: tad_dump, tad_dot_graph, tad_explain. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <locale.h>
#include <time.h>

#include <tad/train.h>

/* ---- tools ---- */

typedef struct text {
    char all[8192];
    size_t length, room; /* room: stop after so many pieces; 0: never */
    size_t pieces;
} text;

static bool keep(void *user, const char *piece, size_t length) {
    text *k = user;
    if (k->room && k->pieces == k->room) return false;
    k->pieces++;
    ck_assert_uint_lt(k->length + length, sizeof k->all);
    memcpy(k->all + k->length, piece, length);
    k->length += length;
    return true;
}

static tad_tape *t;
static text got;

static void begin(void) {
    t = tad_tape_new(NULL);
    memset(&got, 0, sizeof got);
}

static void end(void) {
    ck_tape(t);
    tad_tape_free(t);
}

#define ck_has(words) ck_assert_msg(strstr(got.all, words), "'%s' is not in:\n%s", words, got.all)
#define ck_lacks(words) ck_assert_msg(!strstr(got.all, words), "'%s' is in:\n%s", words, got.all)

/* r = (x + 3) x, all named. */
static tad_var product(tad_var *x) {
    *x = tad_name(tad_scalar(t, 2), "x");
    tad_var a = tad_name(tad_add(*x, tad_number(3)), "a");
    return tad_name(tad_mul(a, *x), "r");
}

/* ---- explain ---- */

START_TEST(explain_multiplies_along_edges) {
    tad_var x, r = product(&x);
    ck_done(tad_reverse(r), t);
    ck_done(tad_explain(r, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_assert_str_eq(
        got.all,
        "node  is               value  gradient  passes on: upstream * local = downstream\n"
        "#2 r  mul(#1 a, #0 x)     10         1  to #1 a: 1 * 2 = 2\n"
        "                                        to #0 x: 1 * 5 = 5\n"
        "#1 a  add(#0 x, 3)         5         2  to #0 x: 2 * 1 = 2\n"
        "#0 x  input                2         7\n");
}
END_TEST

/* A cell of one character more than all above it. */
START_TEST(explain_has_columns_as_wide_as_their_widest_cell) {
    tad_var x = tad_name(tad_scalar(t, 2), "yy");
    ck_done(tad_reverse(x), t);
    ck_done(tad_explain(x, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_assert_str_eq(got.all, "node   is     value  gradient  passes on: upstream * local = "
                              "downstream\n"
                              "#0 yy  input      2         1\n");
}
END_TEST

START_TEST(explain_has_columns_as_wide_as_their_headings) {
    tad_var x = tad_scalar(t, 2);
    ck_done(tad_reverse(x), t);
    ck_done(tad_explain(x, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_assert_str_eq(got.all, "node  is     value  gradient  passes on: upstream * local = "
                              "downstream\n"
                              "#0    input      2         1\n");
}
END_TEST

START_TEST(explain_uses_the_gradient_that_arrived) {
    tad_var x, r = product(&x), upstream = tad_full(t, TAD_F64, TAD_0D, 1.5);
    ck_done(tad_reverse_from(&r, &upstream, 1), t);
    ck_done(tad_explain(r, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("to #1 a: 1.5 * 2 = 3");
    ck_has("to #0 x: 3 * 1 = 3");
}
END_TEST

/* As many as have derivatives of their own. */
START_TEST(explain_shows_sixteen_derivatives) {
    tad_var x[TAD_MAX_INPUTS], y;
    char edge[32];
    for (int i = 0; i < TAD_MAX_INPUTS; i++) x[i] = tad_scalar(t, i);
    y = tad_sum_list(x, TAD_MAX_INPUTS);
    ck_done(tad_reverse(tad_mul(y, tad_number(3))), t);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    for (int i = 0; i < TAD_MAX_INPUTS; i++) {
        snprintf(edge, sizeof edge, "to #%d: 3 * 1 = 3", i);
        ck_has(edge);
    }
}
END_TEST

/* stack takes any number of inputs. */
START_TEST(explain_shows_every_input_of_an_op_of_many) {
    enum { MANY = TAD_MAX_INPUTS + 2 };
    tad_var x[MANY], y;
    char edge[32];
    for (int i = 0; i < MANY; i++) x[i] = tad_scalar(t, i);
    y = tad_retain(tad_stack(x, MANY, 0));
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_done(tad_explain(y, _i ? TAD_EXPLAIN_DOT : TAD_EXPLAIN_TEXT, keep, &got), t);
    for (int i = 0; i < MANY; i++) {
        snprintf(edge, sizeof edge, _i ? "n%d -> n18 [" : "to #%d: by the rule of stack", i);
        ck_has(edge);
    }
}
END_TEST

/* A rule is asked for numbers as long as the inputs fit a fixed list. One element here, and
 * nothing. */
START_TEST(explain_has_numbers_for_as_many_inputs_as_fixed_lists_hold) {
    tad_var x[TAD_MAX_INPUTS + 1], y;
    size_t n = TAD_MAX_INPUTS + (size_t)_i;
    for (size_t i = 0; i < n; i++) x[i] = tad_input(t, TAD_F64, TAD_SHAPE(i == 0), (double[]){3});
    y = tad_retain(tad_concat(x, n, 0));
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has(_i ? "to #0: by the rule of concat" : "to #0: 1 * 1 = 1");
}
END_TEST

/* x x has two edges to x with a derivative each, not one with 2 x. */
START_TEST(explain_tells_edges_apart) {
    tad_var x = tad_scalar(t, 4), y = tad_mul(x, x);
    ck_done(tad_reverse(y), t);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    const char *first = strstr(got.all, "to #0: 1 * 4 = 4");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(strstr(first + 1, "to #0: 1 * 4 = 4"));
}
END_TEST

/* The local derivative of an op with several outputs is that of the output in question. */
START_TEST(explain_leaves_out_what_is_no_ancestor) {
    tad_var x = tad_scalar(t, 2), other = tad_exp(x), y = tad_mul(x, x);
    for (int dot = 0; dot < 2; dot++) {
        ck_done(tad_explain(y, dot ? TAD_EXPLAIN_DOT : TAD_EXPLAIN_TEXT, keep, &got), t);
        ck_assert_ptr_nonnull(strstr(got.all, "mul"));
        ck_assert_ptr_null(strstr(got.all, "exp"));
    }
    ck_assert(!tad_is_nil(other));
}
END_TEST

START_TEST(an_operand_left_out_has_no_edge) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL),
            w = tad_param(t, TAD_F64, TAD_SHAPE(3, 2), NULL);
    ck_done(tad_dot_graph(tad_affine(x, w, tad_none()), NULL, keep, &got), t);
    size_t edges = 0;
    for (const char *at = got.all; (at = strstr(at, " -> ")) != NULL; at++) edges++;
    ck_assert_uint_eq(edges, 2);
}
END_TEST

START_TEST(explain_of_one_output) {
    tad_var v = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){3}), where;
    tad_var m = tad_max(v, tad_axis(0), &where), y = tad_mul(m, tad_number(2));
    ck_done(tad_reverse(y), t);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("2 * 1 = 2");
}
END_TEST

/* An op with as many outputs as its option says: powers of its input. Its rule reads them all. */
static tad_status powers_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    *n_out = (size_t) * (const int64_t *)c->options;
    for (size_t k = 0; k < *n_out; k++) out[k] = (tad_type){TAD_F64, TAD_0D};
    return TAD_OK;
}

static tad_status powers_forward(const tad_call_frame *c) {
    double power = 1, x = *(const double *)c->in[0]->data;
    for (size_t k = 0; k < c->n_out; k++) *(double *)c->out[k]->data = power *= x;
    return TAD_OK;
}

static void powers_vjp(tad_rule *r) {
    tad_var sum = tad_number(0);
    ck_assert_uint_eq(r->n_out, (size_t) * (const int64_t *)r->options);
    for (size_t k = 0; k < r->n_out; k++) {
        ck_near(tad_item(r->out[k]), pow(tad_item(r->in[0]), (double)k + 1), 1e-15);
        if (tad_is_nil(r->given[k])) continue;
        tad_var slope = k ? tad_mul(r->out[k - 1], tad_number((double)k + 1)) : tad_number(1);
        sum = tad_add(sum, tad_mul(r->given[k], slope));
    }
    r->result[0] = sum;
}

static const tad_option powers_options[] = {{.name = "count", .kind = TAD_OPTION_INT}};
static const tad_op powers = {.name = "powers",
                              .family = "test",
                              .doc = "powers",
                              .min_in = 1,
                              .max_in = 1,
                              .options_size = sizeof(int64_t),
                              .options = powers_options,
                              .n_options = 1,
                              .shape = powers_shape,
                              .forward = powers_forward,
                              .vjp = powers_vjp};

/* The op stands before and behind, too: its outputs are not taken for those of this call. */
START_TEST(explain_gives_a_rule_all_outputs) {
    const int64_t count = _i ? TAD_MAX_OUTPUTS : 3;
    tad_var x = tad_scalar(t, 2), before[TAD_MAX_OUTPUTS], y[TAD_MAX_OUTPUTS],
            behind[TAD_MAX_OUTPUTS];
    (void)tad_apply(&powers, &x, 1, &count, before, (size_t)count);
    (void)tad_apply(&powers, &x, 1, &count, y, (size_t)count);
    (void)tad_apply(&powers, &x, 1, &count, behind, (size_t)count);
    tad_var sum = tad_add(tad_add(before[1], y[2]), behind[1]);
    ck_done(tad_reverse(sum), t);
    ck_done(tad_explain(sum, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("to #0: 1 * 12 = 12");
    ck_near(tad_gradient_item(x), 4 + 12 + 4, 1e-15);
}
END_TEST

START_TEST(explain_has_a_number_for_each_of_many_inputs) {
    tad_var x[TAD_MAX_INPUTS], y;
    char edge[40];
    for (int i = 0; i < TAD_MAX_INPUTS; i++) x[i] = tad_scalar(t, i);
    y = tad_sum_list(x, TAD_MAX_INPUTS);
    ck_done(tad_reverse(y), t);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    for (int i = 0; i < TAD_MAX_INPUTS; i++) {
        snprintf(edge, sizeof edge, "to #%d: 1 * 1 = 1\n", i);
        ck_has(edge);
    }
}
END_TEST

static void nothing_vjp(tad_rule *r) { (void)r; }

START_TEST(explain_takes_what_a_rule_leaves_out_for_zero) {
    tad_op flat = powers;
    const int64_t one = 1;
    flat.vjp = nothing_vjp;
    tad_var x = tad_scalar(t, 2), y = tad_apply(&flat, &x, 1, &one, NULL, 0);
    ck_done(tad_reverse(y), t);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("to #0: 1 * 0 = 0\n");
}
END_TEST

START_TEST(explain_leaves_everything_as_it_was) {
    tad_var x, r = product(&x);
    ck_done(tad_reverse(r), t);
    size_t nodes = tad_node_count(t);
    ck_done(tad_explain(r, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_done(tad_explain(r, TAD_EXPLAIN_DOT, keep, &(text){.length = 0}), t);
    ck_assert_uint_eq(tad_node_count(t), nodes);
    ck_near(tad_gradient_item(x), 7, 0);
    ck_near(tad_item(tad_mul(r, x)), 20, 0);
}
END_TEST

START_TEST(explain_before_a_sweep_has_no_gradients) {
    tad_var x, r = product(&x);
    ck_done(tad_explain(r, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("10         -\n");
    ck_lacks("to #");
}
END_TEST

/* Arrays have no single local derivative: the shape stands for the numbers. */
START_TEST(explain_of_arrays) {
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}), "x");
    tad_var s = tad_name(tad_sum(tad_square(x), tad_all()), "s");
    ck_done(tad_reverse(s), t);
    ck_done(tad_explain(s, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("by the rule of sum");
    ck_has("#0 x  input           (2)       (2)\n");
}
END_TEST

START_TEST(explain_as_a_picture) {
    tad_var x, r = product(&x);
    ck_done(tad_reverse(r), t);
    ck_done(tad_explain(r, TAD_EXPLAIN_DOT, keep, &got), t);
    ck_assert_ptr_eq(strstr(got.all, "digraph tad {\n"), got.all);
    ck_has("n1 -> n2 [fontcolor=\"#b03030\" label=\"1 × 2 = 2\"];");
    ck_has("c1_1 -> n1 [];"); /* the plain number 3 */
    ck_has("label=\"x\\ninput\\nvalue 2\\ngradient 7\"");
    ck_assert_str_eq(got.all + got.length - 2, "}\n");
}
END_TEST

/* ---- dump ---- */

START_TEST(dump_has_a_line_for_every_ancestor) {
    tad_var x, r = product(&x);
    tad_exp(x); /* no ancestor */
    ck_done(tad_dump(r, NULL, keep, &got), t);
    ck_assert_str_eq(got.all, "#0 x  input            ()\n"
                              "#1 a  add(#0 x, 3)     ()\n"
                              "#2 r  mul(#1 a, #0 x)  ()\n");
}
END_TEST

/* Columns are as wide as what is widest in them, be it in the first line. */
START_TEST(dump_is_as_wide_as_its_longest_name) {
    tad_var x = tad_name(tad_scalar(t, 1), "the_longest_name");
    tad_var y = tad_neg(tad_add(x, tad_scalar(t, 2)));
    ck_done(tad_dump(y, NULL, keep, &got), t);
    ck_assert_str_eq(got.all, "#0 the_longest_name  input                         ()\n"
                              "#1                   input                         ()\n"
                              "#2                   add(#0 the_longest_name, #1)  ()\n"
                              "#3                   neg(#2)                       ()\n");
}
END_TEST

START_TEST(dump_shows_values_and_gradients) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    tad_var s = tad_sum(x, tad_axis(0));
    ck_done(tad_reverse(tad_sum(s, tad_all())), t);
    ck_done(tad_dump(s, &(tad_show_options){.values = true, .gradients = true}, keep, &got), t);
    ck_assert_str_eq(got.all,
                     "#0  input              (2,2)  = [[1, 2], [3, 4]]  gradient [[1, 1], [1, 1]]\n"
                     "#1  sum(#0; axis=(0))  (2)    = [4, 6]\n");
}
END_TEST

START_TEST(dump_cuts_large_arrays) {
    tad_var x = tad_constant(t, TAD_F32, TAD_SHAPE(3, 3), NULL);
    ck_done(tad_dump(x, &(tad_show_options){.values = true}, keep, &got), t);
    ck_assert_str_eq(got.all, "#0  constant  (3,3) float32  = [0, 0, 0, ...]\n");
    got.length = 0;
    ck_done(tad_dump(x, &(tad_show_options){.values = true, .limit = 9}, keep, &got), t);
    ck_has("[[0, 0, 0], [0, 0, 0], [0, 0, 0]]");
}
END_TEST

/* A value of forty letters pushes what follows a short one aside, one of forty-one does not. */
START_TEST(dump_has_a_widest_value) {
    for (int over = 0; over < 2; over++) {
        double many[13];
        for (int i = 0; i < 13; i++) many[i] = i <= over ? 10 : 1;
        tad_var x = tad_scalar(t, 2), a = tad_input(t, TAD_F64, TAD_SHAPE(13), many);
        tad_var y = tad_sum(tad_mul(x, a), tad_all());
        ck_done(tad_reverse(y), t);
        got = (text){.length = 0};
        ck_done(tad_dump(a, &(tad_show_options){.values = true, .limit = 13}, keep, &got), t);
        ck_assert_uint_eq(got.length, strlen("#0  input  (13)  = \n") + 40 + (size_t)over);
        got = (text){.length = 0};
        const tad_show_options all = {.values = true, .gradients = true, .limit = 13};
        ck_done(tad_dump(y, &all, keep, &got), t);
        const char *two = strstr(got.all, "= 2 "), *gradient = strstr(got.all, "  gradient");
        ck_assert(two && gradient);
        ck_assert_int_eq(gradient - two, over ? 4 : 2 + 40);
        tad_tape_reset(t);
    }
}
END_TEST

/* The first three, or all if there are less. */
START_TEST(dump_cuts_at_a_limit_below_three) {
    for (int n = 1; n <= 5; n++) {
        const char *const rows[] = {"[1]", "[1, 2, ...]", "[1, 2, 3, ...]", "[1, 2, 3, ...]",
                                    "[1, 2, 3, ...]"};
        tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(n), (double[]){1, 2, 3, 4, 5});
        got = (text){.length = 0};
        ck_done(tad_dump(x, &(tad_show_options){.values = true, .limit = 1}, keep, &got), t);
        ck_has(rows[n - 1]);
    }
}
END_TEST

START_TEST(dump_of_nothing_and_of_one) {
    tad_var empty = tad_constant(t, TAD_F64, TAD_SHAPE(0, 3), NULL);
    ck_done(tad_dump(empty, &(tad_show_options){.values = true}, keep, &got), t);
    ck_has("(0,3)  = []\n");
}
END_TEST

START_TEST(dump_says_options_and_absent_operands) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){1, 2});
    tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), NULL);
    tad_var y = tad_slice(tad_pow_scalar(tad_affine(x, w, tad_none()), 3), 1, 1, TAD_END, 2);
    tad_var z = tad_mean(y, tad_keepdims(TAD_AXES(1, -2)));
    ck_done(tad_dump(z, NULL, keep, &got), t);
    ck_has("affine(#0, #1, none)");
    ck_has("exponent=3");
    ck_has("keepdims");
    ck_has("1::2]");
}
END_TEST

/* The call in the dump's last line. */
static void ck_call(tad_var y, const char *call) {
    got.length = 0;
    ck_done(tad_dump(y, NULL, keep, &got), t);
    got.all[got.length] = '\0';
    ck_has(call);
}

START_TEST(dump_says_every_kind_of_option) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL),
            labels = tad_constant(t, TAD_I64, TAD_SHAPE(2), NULL), at;
    ck_call(tad_softmax(x, 1), "softmax(#0; axis=1)");
    ck_call(tad_sum(x, TAD_AXES(0, -1)), "sum(#0; axis=(0,-1))");
    ck_call(tad_sum(x, tad_keepdims(tad_all())), "sum(#0; keepdims)");
    ck_call(tad_reshape(x, TAD_SHAPE(3, 2)), "reshape(#0; shape=(3,2))");
    ck_call(tad_cast(x, TAD_F32), "cast(#0; dtype=float32)");
    ck_call(tad_huber(x, x, 0.5, TAD_MEAN), "huber(#0, #0; delta=0.5)");
    ck_call(tad_huber(x, x, 1, TAD_MEAN), "huber(#0, #0; delta=1)");
    ck_call(tad_kl_div(x, x, true, TAD_BATCHMEAN),
            "kl_div(#0, #0; reduction=batchmean log_target)");
    ck_call(
        tad_cross_entropy_ignoring(x, labels, -1, &(tad_cross_entropy_options){TAD_SUM, 0.25, {0}}),
        "reduction=sum ignore_index=-1 label_smoothing=0.25)");
    tad_max(x, tad_axis(1), &at);
    ck_call(at, "max.1(#0; axis=1)");
    ck_call(tad_slice(x, 0, 1, TAD_END, 1), "slice(#0; slices=[1:])");
    ck_call(tad_slice(x, 1, 0, -1, 2), "slice(#0; slices=[:, :-1:2])");
}
END_TEST

START_TEST(dump_has_columns) {
    tad_var a = tad_scalar(t, 2), b = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){10.5, 20.25});
    tad_var y = tad_here(tad_mul(a, b), "model.c", 7);
    ck_done(tad_reverse(tad_sum(y, tad_all())), t);
    ck_done(tad_dump(y, &(tad_show_options){.values = true, .gradients = true}, keep, &got), t);
    ck_assert_str_eq(got.all, "#0  input        ()   = 2              gradient 30.75\n"
                              "#1  input        (2)  = [10.5, 20.25]  gradient [2, 2]\n"
                              "#2  mul(#0, #1)  (2)  = [21, 40.5]  at model.c:7\n");
    tad_tape_reset(t); /* one letter more */
    a = tad_scalar(t, 10);
    b = tad_scalar(t, 100);
    y = tad_div(b, a);
    ck_done(tad_reverse(y), t);
    got = (text){.length = 0};
    ck_done(tad_dump(y, &(tad_show_options){.values = true, .gradients = true}, keep, &got), t);
    ck_assert_str_eq(got.all, "#0  input        ()  = 10   gradient -1\n"
                              "#1  input        ()  = 100  gradient 0.1\n"
                              "#2  div(#1, #0)  ()  = 10   gradient 1\n");
}
END_TEST

START_TEST(a_file_is_a_sink) {
    char data[100] = "";
    FILE *file = tmpfile(), *closed = fopen("/dev/null", "r");
    ck_done(tad_dump(tad_scalar(t, 2), NULL, tad_file_sink, file), t);
    rewind(file);
    ck_assert_uint_eq(fread(data, 1, sizeof data - 1, file), strlen("#0  input  ()\n"));
    ck_assert_str_eq(data, "#0  input  ()\n");
    ck_assert(!tad_file_sink(closed, "text", 4));
    ck_assert(!tad_file_sink(NULL, "text", 4));
    fclose(closed);
    fclose(file);
}
END_TEST

START_TEST(plain_numbers_of_a_list_are_shown) {
    tad_var x = tad_scalar(t, 3);
    tad_var y = tad_dot_list_plain((double[]){2}, &x, 1, tad_number(0.5));
    ck_done(tad_reverse(y), t);
    ck_done(tad_dump(y, &(tad_show_options){.values = true, .gradients = true}, keep, &got), t);
    ck_assert_str_eq(got.all, "#0  input                 ()  = 3    gradient 2\n"
                              "#1  dot_list(0.5, 2, #0)  ()  = 6.5  gradient 1\n");
    memset(&got, 0, sizeof got);
    ck_done(tad_explain(y, TAD_EXPLAIN_TEXT, keep, &got), t);
    ck_has("1 * 2 = 2");
    memset(&got, 0, sizeof got);
    ck_done(tad_dot_graph(y, NULL, keep, &got), t);
    ck_has("dot_list");
}
END_TEST

START_TEST(what_is_too_long_for_a_cell_ends_with_dots) {
    char name[1000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_done(tad_dump(tad_name(tad_scalar(t, 2), name), NULL, keep, &got), t);
    ck_has("nnn...  input");
}
END_TEST

/* Names of every length up to what a cell holds are whole, and no text has a 0 in it. */
START_TEST(what_fills_a_cell_is_whole) {
    char name[130];
    size_t whole = 0;
    for (size_t n = 100; n < sizeof name; n++) {
        memset(name, 'n', n);
        name[n] = '\0';
        got = (text){.length = 0};
        ck_done(tad_dump(tad_name(tad_scalar(t, 2), name), NULL, keep, &got), t);
        ck_assert_uint_eq(got.length, strlen(got.all));
        ck_assert(!strstr(got.all, "...") == !!strstr(got.all, name));
        if (strstr(got.all, name)) whole = n;
    }
    ck_assert_uint_gt(whole, 100);
    ck_assert_uint_lt(whole, sizeof name - 1);
}
END_TEST

START_TEST(numbers_of_every_type_are_shown) {
    ck_done(tad_dump(tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){-7, 9}),
                     &(tad_show_options){.values = true}, keep, &got),
            t);
    ck_has("#0  constant  (2) int64  = [-7, 9]\n");
    ck_done(tad_dump(tad_constant(t, TAD_BOOL, TAD_SHAPE(1, 2), (bool[]){true, false}),
                     &(tad_show_options){.values = true}, keep, &got),
            t);
    ck_has("#1  constant  (1,2) bool  = [[1, 0]]\n");
    ck_done(tad_dump(tad_constant(t, TAD_F32, TAD_0D, (float[]){0.5f}),
                     &(tad_show_options){.values = true}, keep, &got),
            t);
    ck_has("#2  constant  () float32  = 0.5\n");
}
END_TEST

/* ---- cost ---- */

static bool swallow(void *user, const char *piece, size_t length) {
    (void)user, (void)piece, (void)length;
    return true;
}

/* Seconds of this process for a dump of a chain of n nodes, each with a name. */
static double time_of_names(int n) {
    tad_tape *own = tad_tape_new(NULL);
    tad_var x = tad_name(tad_scalar(own, 1), "first");
    for (int i = 1; i < n; i++) x = tad_name(tad_neg(x), "next");
    clock_t start = clock();
    ck_done(tad_dump(x, NULL, swallow, NULL), own);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    tad_tape_free(own);
    return seconds;
}

/* Ten times the names: about ten times the time, where looking through them all would take 100. */
START_TEST(what_is_not_shown_widens_no_column) {
    text before;
    for (int round = 0; round < 2; round++) {
        tad_tape_reset(t);
        got = (text){.length = 0};
        tad_var x = tad_scalar(t, 2), y = tad_mul(x, x);
        tad_var other = tad_scalar(t, 1);
        if (round) tad_name(other, "a name of many letters");
        tad_var z = tad_sin(y);
        ck_done(tad_reverse(z), t);
        ck_done(tad_dump(z, &(tad_show_options){.values = true}, keep, &got), t);
        ck_done(tad_explain(z, TAD_EXPLAIN_TEXT, keep, &got), t);
        if (round)
            ck_assert_str_eq(got.all, before.all);
        else
            before = got;
    }
}
END_TEST

START_TEST(dump_finds_names_at_once) {
    double few = time_of_names(10000), many = time_of_names(100000);
    ck_assert_msg(many < 30 * few, "10^4 names: %g s, 10^5: %g s", few, many);
}
END_TEST

/* ---- dot ---- */

START_TEST(dot_quotes_names) {
    tad_var x = tad_name(tad_scalar(t, 1), "a \"b\" \\ c");
    ck_done(tad_dot_graph(tad_exp(x), NULL, keep, &got), t);
    ck_has("label=\"a \\\"b\\\" \\\\ c\\ninput");
}
END_TEST

START_TEST(dot_has_shapes_values_gradients) {
    tad_var x = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    tad_var s = tad_sum(tad_mul(x, tad_number(3)), tad_all());
    ck_done(tad_reverse(s), t);
    ck_done(tad_dot_graph(s, &(tad_show_options){.values = true, .gradients = true}, keep, &got),
            t);
    ck_has("parameter  (2)\\n[1, 2]\\ngradient [3, 3]");
    ck_has("c1_1 -> n1"); /* the plain number 3 */
    ck_has("n1 -> n2");
}
END_TEST

/* ---- what goes wrong ---- */

typedef tad_status show(tad_var y, tad_sink *sink, void *user);
static tad_status as_dump(tad_var y, tad_sink *sink, void *user) {
    return tad_dump(y, &(tad_show_options){.values = true, .gradients = true}, sink, user);
}
static tad_status as_dot(tad_var y, tad_sink *sink, void *user) {
    return tad_dot_graph(y, &(tad_show_options){.values = true, .gradients = true}, sink, user);
}
static tad_status as_text(tad_var y, tad_sink *sink, void *user) {
    return tad_explain(y, TAD_EXPLAIN_TEXT, sink, user);
}
static tad_status as_picture(tad_var y, tad_sink *sink, void *user) {
    return tad_explain(y, TAD_EXPLAIN_DOT, sink, user);
}
static show *const shows[] = {as_dump, as_dot, as_text, as_picture};

START_TEST(a_sink_that_stops) {
    tad_var x, r = product(&x);
    ck_done(tad_reverse(r), t);
    ck_done(shows[_i](r, keep, &got), t);
    for (size_t room = 1; room < got.pieces; room++) {
        text cut = {.room = room};
        ck_assert_int_eq(shows[_i](r, keep, &cut), TAD_IO);
        ck_assert_uint_eq(cut.pieces, room);
    }
}
END_TEST

START_TEST(no_variable) {
    tad_var x = tad_scalar(t, 1), bad = tad_matmul(x, x);
    ck_assert(tad_is_nil(bad));
    ck_assert_int_eq(shows[_i](bad, keep, &got), TAD_BAD_SHAPE);
    tad_tape_clear(t);
    ck_assert_int_eq(shows[_i](bad, keep, &got), TAD_BAD_HANDLE);
    tad_tape_clear(t);
    ck_assert_int_eq(shows[_i](tad_number(3), keep, &got), TAD_BAD_HANDLE);
    ck_assert_int_eq(shows[_i](tad_none(), keep, &got), TAD_BAD_HANDLE);
    ck_assert_int_eq(shows[_i]((tad_var){0}, keep, &got), TAD_BAD_HANDLE);
    ck_assert_uint_eq(got.length, 0);
}
END_TEST

START_TEST(no_sink) {
    tad_var x, r = product(&x);
    ck_assert_int_eq(shows[_i](r, NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "sink");
}
END_TEST

START_TEST(a_rewound_variable) {
    tad_mark mark = tad_tape_mark(t);
    tad_var x = tad_scalar(t, 1);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_assert_int_eq(shows[_i](x, keep, &got), TAD_BAD_HANDLE);
    tad_tape_clear(t);
}
END_TEST

START_TEST(a_tape_that_has_failed_stays_so) {
    tad_var x, r = product(&x);
    ck_done(tad_reverse(r), t);
    tad_tape_fail(t, TAD_UNSUPPORTED, "before");
    ck_assert_int_eq(shows[_i](r, keep, &got), TAD_UNSUPPORTED);
    ck_refused(t, TAD_UNSUPPORTED, "before");
}
END_TEST

/* Every allocation fails once: a status, nothing lost, and then it works. */
START_TEST(out_of_memory) {
    for (size_t n = 1;; n++) {
        support_memory m = {.scarce = true};
        tad_tape *own = support_tape(&m), *other = t;
        t = own;
        tad_var x, r = product(&x);
        ck_done(tad_reverse(r), t);
        m.fail_at = m.requests + n;
        text k = {.length = 0};
        tad_status s = shows[_i](r, keep, &k);
        bool failed = m.refused > 0;
        if (s != TAD_OK) /* the note of what was read can be done without */
            ck_assert(failed && s == TAD_NO_MEMORY);
        m.fail_at = 0;
        tad_tape_clear(t);
        ck_done(shows[_i](r, keep, &k), t);
        ck_near(tad_gradient_item(x), 7, 0);
        tad_tape_free(own);
        t = other;
        ck_no_leak(&m);
        if (!failed) break;
    }
}
END_TEST

/* ---- other locales ---- */

/* Sets a locale with such a decimal point, made for the test where there is localedef. */
static bool set_point(const char *point) {
    char folder[] = "/tmp/tad_locale_XXXXXX", path[64], command[256], number[16];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/source", folder);
    FILE *f = fopen(path, "w");
    fprintf(f,
            "LC_NUMERIC\ndecimal_point \"%s\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n",
            point);
    fclose(f);
    snprintf(command, sizeof command, "localedef -c -f UTF-8 -i %s %s/other >/dev/null 2>&1", path,
             folder);
    int made = system(command); /* it warns of what is not in the source */
    (void)made;
    setenv("LOCPATH", folder, 1);
    const char *set = setlocale(LC_NUMERIC, "other");
    snprintf(number, sizeof number, "%g", 1.5);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
    return set && strcmp(number, "1.5") != 0;
}

static void everything(tad_var y) {
    tad_history *h = tad_history_new(t, (const char *[]){"step", "loss"}, 2);
    tad_progress p = {.sink = keep, .user = &got, .steps = 2, .epochs = 1};
    for (int i = 0; i < 4; i++) ck_done(shows[i](y, keep, &got), t);
    ck_done(tad_history_add(h, (double[]){-1e300, 2.5e-7}), t);
    ck_done(tad_history_add(h, (double[]){INFINITY, NAN}), t);
    ck_done(tad_history_csv(h, keep, &got), t);
    tad_progress_step(&p, 0.125);
    tad_progress_epoch(&p, 0.5);
}

/* A comma, and the Arabic one, which has two bytes. */
START_TEST(numbers_have_a_point_in_every_locale) {
    const char *point = (const char *[]){",", "<U066B>"}[_i];
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){0.25, -1.5e-20});
    tad_var y = tad_sum(tad_leaky_relu(tad_mul(x, tad_number(2.5)), 0.125), tad_all());
    tad_var z = tad_mul(y, tad_number(-0.5));
    ck_done(tad_reverse(z), t);
    everything(z);
    ck_has("0.625");
    text before = got;
    memset(&got, 0, sizeof got);
    if (set_point(point))
        everything(z);
    else
        got = before; /* there is no such locale here */
    setlocale(LC_NUMERIC, "C");
    size_t at = 0;
    while (got.all[at] && got.all[at] == before.all[at]) at++;
    ck_assert_msg(got.all[at] == before.all[at], "'%.60s', not '%.60s'", got.all + at,
                  before.all + at);
}
END_TEST

/* ---- suite ---- */

static Suite *shown(void) {
    Suite *s = suite_create("show");
    TCase *c = support_case(s, "explain");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, explain_multiplies_along_edges);
    tcase_add_test(c, explain_has_columns_as_wide_as_their_widest_cell);
    tcase_add_test(c, explain_has_columns_as_wide_as_their_headings);
    tcase_add_test(c, explain_uses_the_gradient_that_arrived);
    tcase_add_test(c, explain_tells_edges_apart);
    tcase_add_loop_test(c, explain_has_numbers_for_as_many_inputs_as_fixed_lists_hold, 0, 2);
    tcase_add_test(c, explain_shows_sixteen_derivatives);
    tcase_add_loop_test(c, explain_shows_every_input_of_an_op_of_many, 0, 2);
    tcase_add_test(c, explain_leaves_out_what_is_no_ancestor);
    tcase_add_test(c, an_operand_left_out_has_no_edge);
    tcase_add_test(c, explain_of_one_output);
    tcase_add_loop_test(c, explain_gives_a_rule_all_outputs, 0, 2);
    tcase_add_test(c, explain_has_a_number_for_each_of_many_inputs);
    tcase_add_test(c, explain_takes_what_a_rule_leaves_out_for_zero);
    tcase_add_test(c, explain_leaves_everything_as_it_was);
    tcase_add_test(c, explain_before_a_sweep_has_no_gradients);
    tcase_add_test(c, explain_of_arrays);
    tcase_add_test(c, explain_as_a_picture);
    c = support_case(s, "dump");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, dump_has_a_line_for_every_ancestor);
    tcase_add_test(c, dump_is_as_wide_as_its_longest_name);
    tcase_add_test(c, dump_shows_values_and_gradients);
    tcase_add_test(c, dump_cuts_large_arrays);
    tcase_add_test(c, dump_has_a_widest_value);
    tcase_add_test(c, dump_cuts_at_a_limit_below_three);
    tcase_add_test(c, dump_of_nothing_and_of_one);
    tcase_add_test(c, dump_says_every_kind_of_option);
    tcase_add_test(c, dump_has_columns);
    tcase_add_test(c, a_file_is_a_sink);
    tcase_add_test(c, plain_numbers_of_a_list_are_shown);
    tcase_add_test(c, what_is_too_long_for_a_cell_ends_with_dots);
    tcase_add_test(c, what_fills_a_cell_is_whole);
    tcase_add_test(c, numbers_of_every_type_are_shown);
    tcase_add_test(c, dump_says_options_and_absent_operands);
    tcase_add_test(c, what_is_not_shown_widens_no_column);
    tcase_add_test(c, dump_finds_names_at_once);
    c = support_case(s, "dot");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, dot_quotes_names);
    tcase_add_test(c, dot_has_shapes_values_gradients);
    c = support_case(s, "misuse");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, a_sink_that_stops, 0, 4);
    tcase_add_loop_test(c, no_variable, 0, 4);
    tcase_add_loop_test(c, no_sink, 0, 4);
    tcase_add_loop_test(c, a_rewound_variable, 0, 4);
    tcase_add_loop_test(c, a_tape_that_has_failed_stays_so, 0, 4);
    tcase_add_loop_test(c, out_of_memory, 0, 4);
    c = support_case(s, "locale");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, numbers_have_a_point_in_every_locale, 0, 2);
    return s;
}

SUPPORT_MAIN(shown)
