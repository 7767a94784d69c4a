/* Every op has a C function of its name in the shared library, and the functions that take options
 * give what the call by name gives. */
#define _DEFAULT_SOURCE
#include "support.h"

#include <dlfcn.h>
#include <stddef.h>

START_TEST(every_op_has_its_function) {
    void *library = dlopen(NULL, RTLD_NOW);
    ck_assert_ptr_nonnull(library);
    ck_assert_uint_gt(tad_op_count(), 100);
    for (size_t i = 0; i < tad_op_count(); i++) {
        char name[80];
        const tad_op *op = tad_op_at(i);
        if (op->flags & TAD_OP_INTERNAL) continue;
        /* tad_var is a type */
        snprintf(name, sizeof name, strcmp(op->name, "var") ? "tad_%s" : "tad_%s_over", op->name);
        ck_assert_msg(dlsym(library, name) != NULL, "there is no function %s", name);
        ck_assert_ptr_eq(tad_op_find(op->name), op);
    }
    ck_assert_ptr_null(tad_op_at(tad_op_count()));
    ck_assert_ptr_null(tad_op_find("no such op"));
    dlclose(library);
}
END_TEST

static void ck_same(tad_var a, tad_var b) {
    double x[16], y[16];
    size_t n = (size_t)tad_size_of(a);
    ck_assert_msg(!tad_is_nil(a) && !tad_is_nil(b), "%s", tad_message(a.tape));
    ck_assert_uint_le(n, 16);
    ck_assert_int_eq(tad_size_of(b), (int64_t)n);
    ck_assert_int_eq(tad_read(a, x, n), TAD_OK);
    ck_assert_int_eq(tad_read(b, y, n), TAD_OK);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], 0);
}

static tad_var by_name(tad_tape *t, const char *name, tad_var a, tad_var b, const char *option,
                       tad_value value) {
    value.name = option;
    return tad_call(t, name, (tad_var[]){a, b}, 2, &value, option != NULL, NULL, 0);
}

static const tad_value integer_1 = {.kind = TAD_VALUE_INT, .integer = 1};

START_TEST(functions_are_the_call_by_name) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){.1, .2, .3, .4, .5, .6});
    tad_var p = tad_exp(x), mask = tad_greater(x, tad_number(.25));
    tad_var index = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){2, 0});
    tad_var column = tad_constant(t, TAD_I64, TAD_SHAPE(2, 1), (int64_t[]){2, 0});
    tad_value one = integer_1, half = {.kind = TAD_VALUE_FLOAT, .number = .5},
              word = {.kind = TAD_VALUE_TEXT};
    ck_same(tad_index_select(x, index, 1), by_name(t, "index_select", x, index, "axis", one));
    ck_same(tad_take_along_axis(x, column, tad_axis(1)),
            by_name(t, "take_along_axis", x, column, "axis", one));
    ck_same(tad_take_along_axis(x, index, tad_all()),
            by_name(t, "take_along_axis", x, index, NULL, one));
    tad_var rows = tad_transpose(x, 0, 1);
    ck_same(tad_embedding(index, rows), by_name(t, "embedding", index, rows, NULL, one));
    ck_same(tad_masked_fill(x, mask, .5), by_name(t, "masked_fill", x, mask, "value", half));
    ck_same(tad_mv(rows, tad_slice(tad_flatten(x, 0, -1), 0, 0, 2, 1)),
            by_name(t, "mv", rows, tad_slice(tad_flatten(x, 0, -1), 0, 0, 2, 1), NULL, one));
    word.text = "batchmean";
    ck_same(tad_kl_div(x, p, false, TAD_BATCHMEAN), by_name(t, "kl_div", x, p, "reduction", word));
    word.text = "none";
    ck_same(tad_hinge(x, tad_detach(p), 1, TAD_EACH),
            by_name(t, "hinge", x, tad_detach(p), "reduction", word));
    ck_same(tad_zeta(p, x), by_name(t, "zeta", p, x, NULL, one));
    ck_same(tad_lbeta(p, x), by_name(t, "lbeta", p, x, NULL, one));
    ck_same(tad_beta(p, x), by_name(t, "beta", p, x, NULL, one));
    ck_same(tad_gammainc(p, x), by_name(t, "gammainc", p, x, NULL, one));
    ck_same(tad_gammaincc(p, x), by_name(t, "gammaincc", p, x, NULL, one));
    ck_same(tad_betainc(p, p, x),
            tad_call(t, "betainc", (tad_var[]){p, p, x}, 3, NULL, 0, NULL, 0));
    word.text = "ij,jk->ki";
    ck_same(tad_einsum(word.text, (tad_var[]){x, rows}, 2),
            by_name(t, "einsum", x, rows, "equation", word));
    ck_same(tad_leaky_relu(x, .5),
            tad_call(t, "leaky_relu", &x, 1,
                     &(tad_value){.name = "negative_slope", .kind = TAD_VALUE_FLOAT, .number = .5},
                     1, NULL, 0));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(wrong_names_and_values_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    tad_call(t, "no_such_op", &x, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_UNKNOWN_OP, "no_such_op");
    tad_call(t, "sum", &x, 1, &(tad_value){.name = "axes", .kind = TAD_VALUE_INT}, 1, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "sum", "no option axes");
    tad_call(t, "sum", &x, 1,
             &(tad_value){.name = "keepdims", .kind = TAD_VALUE_TEXT, .text = "yes"}, 1, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "sum: option keepdims must be true or false");
    tad_call(t, "gelu", &x, 1,
             &(tad_value){.name = "approximate", .kind = TAD_VALUE_TEXT, .text = "erf"}, 1, NULL,
             0);
    ck_refused(t, TAD_BAD_ARGUMENT, "approximate", "none|tanh");
    tad_call(t, "pow_scalar", &x, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "exponent", "must be given");
    tad_call(t, "softmax", &x, 1, &(tad_value){.name = "axis", .kind = TAD_VALUE_INT, .integer = 2},
             1, NULL, 0);
    ck_refused(t, TAD_BAD_AXIS, "softmax", "2");
    tad_call(t, "softmax", &x, 1, NULL, 1, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "softmax: its list of options is NULL");
    tad_call(t, "softmax", &x, 1, NULL, 0, NULL, 1);
    ck_refused(t, TAD_BAD_ARGUMENT, "softmax: there is no room for the outputs");
    tad_call(t, NULL, &x, 1, NULL, 0, NULL, 0);
    ck_refused(t, TAD_UNKNOWN_OP, "without a name");
    tad_tape_free(t);
}
END_TEST

START_TEST(null_is_what_the_option_is_when_not_given) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    const tad_value null = {.name = "axes", .kind = TAD_VALUE_NULL};
    for (size_t given = 0; given < 2; given++) {
        tad_var turned = tad_call(t, "permute", &x, 1, &null, given, NULL, 0),
                flipped = tad_call(t, "flip", &x, 1, &null, given, NULL, 0);
        ck_values(turned, 0, 1, 4, 2, 5, 3, 6);
        ck_shape(turned, 3, 2);
        ck_values(flipped, 0, 6, 5, 4, 3, 2, 1);
    }
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* Lists as long as there can be. */
START_TEST(eight_axes_have_names) {
    tad_tape *t = tad_tape_new(NULL);
    const int64_t axes[8] = {0, 1, 2, 3, 4, 5, 6, 7}, sizes[8] = {1, 1, 2, 1, 3, 1, 1, 1};
    const tad_value shape = {.name = "shape", .kind = TAD_VALUE_INTS, .ints = sizes, .count = 8},
                    all = {.name = "axis", .kind = TAD_VALUE_INTS, .ints = axes, .count = 8};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(6), (double[]){1, 2, 3, 4, 5, 6}),
            y = tad_call(t, "reshape", &x, 1, &shape, 1, NULL, 0);
    ck_shape(y, 1, 1, 2, 1, 3, 1, 1, 1);
    ck_values(tad_call(t, "sum", &y, 1, &all, 1, NULL, 0), 0, 21);
    for (int axis = -8; axis < 8; axis++) {
        const tad_value one = {.name = "axis", .kind = TAD_VALUE_INT, .integer = axis};
        ck_assert_int_eq(tad_shape_of(tad_call(t, "sum", &y, 1, &one, 1, NULL, 0)).rank, 7);
    }
    ck_tape(t);
    for (int axis = -9; axis <= 8; axis += 17) {
        const tad_value one = {.name = "axis", .kind = TAD_VALUE_INT, .integer = axis};
        tad_call(t, "sum", &y, 1, &one, 1, NULL, 0);
        ck_refused(t, TAD_BAD_AXIS, "sum: no axis");
    }
    tad_tape_free(t);
}
END_TEST

/* What lies behind a list is no option. */
START_TEST(options_are_as_many_as_is_said) {
    tad_tape *t = tad_tape_new(NULL);
    const tad_value list[3] = {{.name = "keepdims", .kind = TAD_VALUE_BOOL, .integer = 1},
                               {.name = "axis", .kind = TAD_VALUE_INT, .integer = 1},
                               {.name = "no such option", .kind = TAD_VALUE_INT}};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    ck_shape(tad_call(t, "sum", &x, 1, list, 1, NULL, 0), 1, 1);
    ck_shape(tad_call(t, "sum", &x, 1, list, 2, NULL, 0), 2, 1);
    ck_shape(tad_call(t, "softmax", &x, 1, list + 1, 1, NULL, 0), 2, 3);
    ck_tape(t);
    tad_call(t, "softmax", &x, 1, list + 1, 0, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "softmax", "axis", "must be given");
    tad_call(t, "sum", &x, 1, list, 3, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "sum", "no option no such option");
    tad_call(t, "cast", &x, 1, &(tad_value){.name = "dtype", .kind = TAD_VALUE_TEXT, .text = "?"},
             1, NULL, 0);
    ck_refused(t, TAD_BAD_ARGUMENT, "cast: option dtype must be");
    for (tad_dtype d = TAD_F64; d < TAD_DTYPE_COUNT; d++) {
        const tad_value v = {.name = "dtype", .kind = TAD_VALUE_TEXT, .text = tad_dtype_name(d)};
        ck_assert_int_eq(tad_dtype_of(tad_call(t, "cast", &x, 1, &v, 1, NULL, 0)), d);
    }
    tad_tape_free(t);
}
END_TEST

/* From 2^53 on not every integer is a float. */
START_TEST(large_floats_are_no_integers) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    tad_value v = {.name = "axis", .kind = TAD_VALUE_FLOAT};
    for (int k = 0; k < 4; k++) {
        v.number = (k % 2 ? -1 : 1) * (k < 2 ? 0x1p53 : 0x1p53 - 1);
        tad_call(t, "softmax", &x, 1, &v, 1, NULL, 0);
        if (k < 2)
            ck_refused(t, TAD_BAD_ARGUMENT, "softmax", "must be an integer");
        else
            ck_refused(t, TAD_BAD_AXIS, "softmax", "9007199254740991");
    }
    tad_tape_free(t);
}
END_TEST

/* Where an integer is expected, 2.0 is one and 2.5 is none. */
START_TEST(fractions_are_no_integers) {
    static const struct {
        const char *op, *option;
    } integers[] = {{"softmax", "axis"},
                    {"unsqueeze", "axis"},
                    {"sum", "axis"},
                    {"take_along_axis", "axis"},
                    {"embedding", "padding_idx"}};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 4, 5), NULL),
            rows = tad_input(t, TAD_F64, TAD_SHAPE(4, 2), NULL);
    tad_var index = tad_constant(t, TAD_I64, TAD_SHAPE(3, 4, 1), (int64_t[12]){0});
    for (size_t k = 0; k < sizeof integers / sizeof *integers; k++) {
        const tad_op *op = tad_op_find(integers[k].op);
        tad_var in[2] = {x, index};
        if (k == 4) in[0] = index, in[1] = rows;
        tad_value v = {.name = integers[k].option, .kind = TAD_VALUE_FLOAT, .number = 2};
        ck_assert_msg(!tad_is_nil(tad_call(t, op->name, in, op->min_in, &v, 1, NULL, 0)), "%s: %s",
                      op->name, tad_message(t));
        v.number = 2.5;
        ck_assert_msg(tad_is_nil(tad_call(t, op->name, in, op->min_in, &v, 1, NULL, 0)),
                      "%s takes 2.5", op->name);
        ck_refused(t, TAD_BAD_ARGUMENT, op->name, v.name);
        v.number = 1e300;
        ck_assert(tad_is_nil(tad_call(t, op->name, in, op->min_in, &v, 1, NULL, 0)));
        ck_refused(t, TAD_BAD_ARGUMENT, op->name, v.name);
    }
    tad_tape_free(t);
}
END_TEST

/* ---- options of every op ---- */

/* The n-th word of "mean|sum|none". */
static void word_of(const char *choices, int n, char *word, size_t size) {
    for (; n > 0; n--) choices = strchr(choices, '|') + 1;
    snprintf(word, size, "%.*s", (int)strcspn(choices, "|"), choices);
}

/* Room for what a value points to. */
typedef struct named {
    tad_value value;
    char word[TAD_MAX_TEXT];
    int64_t ints[TAD_MAX_RANK];
} named;

static void name_list(named *n, const int64_t *list, size_t count) {
    n->value.kind = TAD_VALUE_INTS;
    n->value.count = count;
    n->value.ints = n->ints;
    memcpy(n->ints, list, count * sizeof *list);
}

static void name_integer(named *n, bool given, int64_t integer) {
    n->value.kind = given ? TAD_VALUE_INT : TAD_VALUE_NULL;
    n->value.integer = integer;
}

static void name_number(named *n, bool given, double number) {
    n->value.kind = given ? TAD_VALUE_FLOAT : TAD_VALUE_NULL;
    n->value.number = number;
}

static void name_text(named *n) {
    n->value.kind = TAD_VALUE_TEXT;
    n->value.text = n->word;
}

static void name_axes(named *n, const tad_axes *axes) {
    int64_t list[TAD_MAX_RANK];
    for (int i = 0; i < axes->count; i++) list[i] = axes->axis[i];
    name_list(n, list, (size_t)axes->count);
    if (!axes->given) n->value.kind = TAD_VALUE_NULL;
}

/* An option as the struct has it, by name. */
static void name_option(const tad_option *o, const char *options, named *n) {
    const void *at = options + o->offset;
    *n = (named){.value = {.name = o->name}};
    switch (o->kind) {
    case TAD_OPTION_BOOL:
        n->value.kind = TAD_VALUE_BOOL;
        n->value.integer = *(const bool *)at;
        return;
    case TAD_OPTION_INT: name_integer(n, true, *(const int64_t *)at); return;
    case TAD_OPTION_FLOAT:
        name_number(n, true, *(const double *)at);
        if (!o->choices) return;
        word_of(o->choices, (int)n->value.number, n->word, sizeof n->word);
        name_text(n);
        return;
    case TAD_OPTION_CHOICE:
        word_of(o->choices, *(const int *)at, n->word, sizeof n->word);
        name_text(n);
        return;
    case TAD_OPTION_MAYBE_INT: {
        const tad_maybe_int *maybe = at;
        name_integer(n, maybe->given, maybe->value);
        return;
    }
    case TAD_OPTION_MAYBE_FLOAT: {
        const tad_maybe_float *maybe = at;
        name_number(n, maybe->given, maybe->value);
        return;
    }
    case TAD_OPTION_AXES: name_axes(n, at); return;
    case TAD_OPTION_SHAPE:
        name_list(n, ((const tad_shape *)at)->dim, (size_t)((const tad_shape *)at)->rank);
        return;
    case TAD_OPTION_INTS:
        name_list(n, ((const tad_ints *)at)->value, (size_t)((const tad_ints *)at)->count);
        return;
    case TAD_OPTION_SLICES:
        n->value.kind = TAD_VALUE_SLICES;
        n->value.slices = at;
        return;
    case TAD_OPTION_TEXT:
        snprintf(n->word, sizeof n->word, "%s", ((const tad_words *)at)->text);
        name_text(n);
        return;
    case TAD_OPTION_DTYPE:
        snprintf(n->word, sizeof n->word, "%s", tad_dtype_name(*(const tad_dtype *)at));
        name_text(n);
        return;
    }
    ck_abort_msg("option %s has an unknown kind", o->name);
}

/* The same in its other form, where it has one: 2.0 for 2, 2 for 2.0, an axis for a list of one. */
static void otherwise(const tad_option *o, tad_value *v) {
    if (v->kind == TAD_VALUE_INT) {
        v->kind = TAD_VALUE_FLOAT;
        v->number = (double)v->integer;
    } else if (v->kind == TAD_VALUE_FLOAT && v->number == floor(v->number) && isfinite(v->number)) {
        v->kind = TAD_VALUE_INT;
        v->integer = (int64_t)v->number;
    } else if (v->kind == TAD_VALUE_INTS && v->count == 1) {
        v->kind = TAD_VALUE_INT;
        v->integer = v->ints[0];
        if (o->kind == TAD_OPTION_SHAPE) ck_assert_int_ge(v->integer, -1);
    }
}

enum { MOST_OPTIONS = 8, MOST_INPUTS = 8, MOST_ELEMENTS = 4096 };

static void name_options(const tad_op *op, const void *options, named *n) {
    ck_assert_uint_le(op->n_options, MOST_OPTIONS);
    for (size_t i = 0; i < op->n_options; i++) name_option(&op->options[i], options, &n[i]);
}

static void ck_same_result(const char *op, const char *sample, tad_var a, tad_var b) {
    static double x[MOST_ELEMENTS], y[MOST_ELEMENTS];
    tad_shape s = tad_shape_of(a), r = tad_shape_of(b);
    bool same = s.rank == r.rank && memcmp(s.dim, r.dim, (size_t)s.rank * sizeof *s.dim) == 0;
    ck_assert_msg(same && tad_dtype_of(a) == tad_dtype_of(b), "%s, sample %s: another type", op,
                  sample);
    size_t n = (size_t)tad_size_of(a);
    ck_assert_uint_le(n, MOST_ELEMENTS);
    ck_assert(tad_read(a, x, n) == TAD_OK && tad_read(b, y, n) == TAD_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(support_close(y[i], x[i], 0), "%s, sample %s: %g, not %g", op, sample, y[i],
                      x[i]);
}

static void call_sample(tad_tape *t, const tad_op *op, const tad_sample *s, int form) {
    tad_var in[MOST_INPUTS], out[TAD_MAX_OUTPUTS], called[TAD_MAX_OUTPUTS];
    named options[MOST_OPTIONS];
    tad_value value[MOST_OPTIONS];
    size_t n_out = op->n_out ? op->n_out : 1;
    ck_assert_uint_le(s->n, MOST_INPUTS);
    for (size_t i = 0; i < s->n; i++)
        in[i] = s->in[i].absent ? tad_none() : tad_sample_fill(t, &s->in[i], i);
    if (s->options) name_options(op, s->options, options);
    size_t n = s->options ? op->n_options : 0;
    for (size_t i = 0; i < n; i++) {
        value[i] = options[i].value;
        if (form) otherwise(&op->options[i], &value[i]);
    }
    tad_apply(op, in, s->n, s->options, out, n_out);
    ck_tape(t);
    tad_call(t, op->name, in, s->n, value, n, called, n_out);
    ck_assert_msg(tad_tape_status(t) == TAD_OK, "%s, sample %s: %s", op->name, s->label,
                  tad_message(t));
    for (size_t k = 0; k < n_out; k++) ck_same_result(op->name, s->label, out[k], called[k]);
}

/* Whatever memory a call by name, or a language that keeps one for every op, hands it. */
START_TEST(an_op_without_options_looks_at_none) {
    tad_tape *t = tad_tape_new(NULL);
    const tad_op *beta = tad_op_find("beta");
    const tad_var in[] = {tad_scalar(t, 2), tad_scalar(t, 3)};
    ck_assert_uint_eq(beta->options_size, 0);
    ck_values(tad_apply(beta, in, 2, (int64_t[]){-1, -1}, NULL, 0), 1e-15, 1 / 12.0);
    tad_tape_free(t);
}
END_TEST

/* The options of a sample but for one, which is what the descriptor says of one that is not given.
 */
static void set_initial(const tad_option *o, char *options) {
    int64_t integer = isfinite(o->initial) ? (int64_t)o->initial : 0;
    memset(options + o->offset, 0, support_option_size(o->kind));
    if (o->kind == TAD_OPTION_INT) memcpy(options + o->offset, &integer, sizeof integer);
    if (o->kind == TAD_OPTION_BOOL) *(bool *)(options + o->offset) = o->initial != 0;
    if (o->kind == TAD_OPTION_INTS && integer)
        memcpy(options + o->offset, &(tad_ints){1, {integer}}, sizeof(tad_ints));
    if (o->kind == TAD_OPTION_FLOAT) memcpy(options + o->offset, &o->initial, sizeof o->initial);
}

static void call_without(tad_tape *t, const tad_op *op, const tad_sample *s, size_t left_out) {
    tad_var in[MOST_INPUTS], out, called;
    named options[MOST_OPTIONS];
    tad_value value[MOST_OPTIONS];
    _Alignas(max_align_t) char changed[1024];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        in[i] = s->in[i].absent ? tad_none() : tad_sample_fill(t, &s->in[i], i);
    name_options(op, s->options, options);
    for (size_t i = 0; i < op->n_options; i++)
        if (i != left_out) value[n++] = options[i].value;
    memcpy(changed, s->options, op->options_size);
    set_initial(&op->options[left_out], changed);
    out = tad_apply(op, in, s->n, changed, NULL, 0);
    tad_status status = tad_tape_status(t);
    tad_tape_clear(t);
    called = tad_call(t, op->name, in, s->n, value, n, NULL, 0);
    ck_assert_int_eq(tad_tape_status(t), status);
    tad_tape_clear(t);
    if (status == TAD_OK) ck_same_result(op->name, s->label, out, called);
}

START_TEST(an_option_that_is_left_out_has_its_initial_value) {
    tad_tape *t = tad_tape_new(NULL);
    tad_sample_room room;
    for (size_t i = 0; i < tad_op_count(); i++) {
        const tad_op *op = tad_op_at(i);
        if (op->flags & TAD_OP_INTERNAL) continue;
        for (size_t k = 0; k < tad_sample_count(op); k++) {
            if (!tad_sample_at(op, k, &room) || !room.sample.options) continue;
            for (size_t n = 0; n < op->n_options; n++)
                if (!op->options[n].required) call_without(t, op, &room.sample, n);
            tad_tape_reset(t);
        }
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(every_sample_by_name_is_the_one_applied) {
    tad_tape *t = tad_tape_new(NULL);
    tad_sample_room room;
    for (size_t i = 0; i < tad_op_count(); i++)
        for (size_t k = 0; k < 2 * tad_sample_count(tad_op_at(i)); k++) {
            const tad_op *op = tad_op_at(i);
            if (op->flags & TAD_OP_INTERNAL || !tad_sample_at(op, k / 2, &room)) continue;
            if (op->n_options && !room.sample.options) continue;
            call_sample(t, op, &room.sample, k % 2);
            tad_tape_reset(t);
        }
    tad_tape_free(t);
}
END_TEST

/* What an option of a kind must be; the kinds of values that it takes. */
static const struct {
    const char *must;
    unsigned takes;
} rule[] = {
    [TAD_OPTION_BOOL] = {"true or false", 1 << TAD_VALUE_BOOL},
    [TAD_OPTION_INT] = {"an integer", 1 << TAD_VALUE_BOOL | 1 << TAD_VALUE_INT},
    [TAD_OPTION_FLOAT] = {"a number", 1 << TAD_VALUE_INT | 1 << TAD_VALUE_FLOAT},
    [TAD_OPTION_CHOICE] = {NULL, 0},
    [TAD_OPTION_MAYBE_INT] = {"an integer or null", 1 << TAD_VALUE_BOOL | 1 << TAD_VALUE_INT},
    [TAD_OPTION_MAYBE_FLOAT] = {"a number or null", 1 << TAD_VALUE_INT | 1 << TAD_VALUE_FLOAT},
    [TAD_OPTION_AXES] = {"an axis or a list of axes", 1 << TAD_VALUE_BOOL | 1 << TAD_VALUE_INT},
    [TAD_OPTION_SHAPE] = {"a list of at most 8 sizes", 1 << TAD_VALUE_INT},
    [TAD_OPTION_SLICES] = {"a list of slices", 1 << TAD_VALUE_SLICES},
    [TAD_OPTION_INTS] = {"an integer or a list of at most 64",
                         1 << TAD_VALUE_BOOL | 1 << TAD_VALUE_INT},
    [TAD_OPTION_DTYPE] = {"float64, float32, int64 or bool", 0},
    [TAD_OPTION_TEXT] = {"a text of less than 256 characters", 1 << TAD_VALUE_TEXT},
};

/* The call with the options of a sample but for one: all of the message, behind the op's name. */
static void ck_says(tad_tape *t, const tad_op *op, const named *good, size_t wrong, tad_value v,
                    tad_status code, const char *says) {
    tad_value value[MOST_OPTIONS];
    char expected[300];
    for (size_t i = 0; i < op->n_options; i++) value[i] = good[i].value;
    v.name = value[wrong].name;
    value[wrong] = v;
    snprintf(expected, sizeof expected, "%s: %s", op->name, says);
    ck_assert(tad_is_nil(tad_call(t, op->name, NULL, 0, value, op->n_options, NULL, 0)));
    ck_assert_str_eq(tad_message(t), expected);
    ck_assert_int_eq(tad_tape_status(t), code);
    tad_tape_clear(t);
}

static void ck_must(tad_tape *t, const tad_op *op, const named *good, size_t k, tad_value v,
                    const char *must) {
    char says[200];
    bool choice = op->options[k].choices && strncmp(must, "given", 5) != 0;
    snprintf(says, sizeof says, "option %s must be %s%s", op->options[k].name,
             choice ? "one of " : "", choice ? op->options[k].choices : must);
    ck_says(t, op, good, k, v, TAD_BAD_ARGUMENT, says);
}

/* It gets as far as the operands, of which there are none. */
static void ck_takes(tad_tape *t, const tad_op *op, const named *good, size_t k, tad_value v) {
    tad_value value[MOST_OPTIONS];
    for (size_t i = 0; i < op->n_options; i++) value[i] = good[i].value;
    v.name = value[k].name;
    value[k] = v;
    tad_call(t, op->name, NULL, 0, value, op->n_options, NULL, 0);
    ck_assert_msg(!strstr(tad_message(t), "option"), "%s", tad_message(t));
    tad_tape_clear(t);
}

static void ck_option(tad_tape *t, const tad_op *op, const named *good, size_t k) {
    const tad_option *o = &op->options[k];
    static const int64_t many_zeros[TAD_MAX_INTS + 1] = {0};
    const size_t most = o->kind == TAD_OPTION_INTS ? TAD_MAX_INTS : TAD_MAX_RANK;
    const tad_slices none = {0};
    char long_text[TAD_MAX_TEXT + 1];
    memset(long_text, 'i', TAD_MAX_TEXT);
    long_text[TAD_MAX_TEXT] = '\0';
    const tad_value value[] = {
        {.kind = TAD_VALUE_BOOL, .integer = 1},
        {.kind = TAD_VALUE_INT, .integer = 1},
        {.kind = TAD_VALUE_FLOAT, .number = 2.5},
        {.kind = TAD_VALUE_TEXT, .text = "no such word"},
        {.kind = TAD_VALUE_INTS, .ints = many_zeros, .count = most + 1},
        {.kind = TAD_VALUE_SLICES, .slices = &none},
    };
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        bool many = o->kind == TAD_OPTION_AXES && value[i].kind == TAD_VALUE_INTS;
        if (!o->choices && rule[o->kind].takes >> value[i].kind & 1)
            ck_takes(t, op, good, k, value[i]);
        else
            ck_must(t, op, good, k, value[i],
                    many         ? "at most 8 axes"
                    : o->choices ? ""
                                 : rule[o->kind].must);
    }
    bool list =
        o->kind == TAD_OPTION_AXES || o->kind == TAD_OPTION_SHAPE || o->kind == TAD_OPTION_INTS;
    if (list)
        ck_takes(t, op, good, k,
                 (tad_value){.kind = TAD_VALUE_INTS, .ints = many_zeros, .count = most});
    else if (!o->choices)
        ck_must(t, op, good, k,
                (tad_value){.kind = TAD_VALUE_TEXT,
                            .text = o->kind == TAD_OPTION_TEXT ? long_text : "?"},
                rule[o->kind].must);
    if (o->kind == TAD_OPTION_SLICES)
        ck_must(t, op, good, k, (tad_value){.kind = TAD_VALUE_SLICES}, rule[o->kind].must);
    const char *given = "given: its value is NULL";
    ck_must(t, op, good, k, (tad_value){.kind = TAD_VALUE_TEXT}, given);
    ck_must(t, op, good, k, (tad_value){.kind = TAD_VALUE_INTS, .count = 1}, given);
    if (o->required) ck_must(t, op, good, k, (tad_value){.kind = TAD_VALUE_NULL}, "given");
}

/* Nobody has nine axes; whether an array has the eighth is for the op to say. */
static void ck_range_of_axes(tad_tape *t, const tad_op *op, const named *good, size_t k) {
    const int64_t above = TAD_MAX_RANK, below = -TAD_MAX_RANK - 1;
    ck_says(t, op, good, k, (tad_value){.kind = TAD_VALUE_INTS, .ints = &above, .count = 1},
            TAD_BAD_AXIS, "no axis 8");
    ck_says(t, op, good, k, (tad_value){.kind = TAD_VALUE_INTS, .ints = &below, .count = 1},
            TAD_BAD_AXIS, "no axis -9");
}

START_TEST(every_option_says_what_it_must_be) {
    tad_tape *t = tad_tape_new(NULL);
    tad_sample_room room;
    named good[MOST_OPTIONS];
    size_t options = 0;
    for (size_t i = 0; i < tad_op_count(); i++) {
        const tad_op *op = tad_op_at(i);
        size_t k = 0;
        while (tad_sample_at(op, k, &room) && !room.sample.options) k++;
        if (op->flags & TAD_OP_INTERNAL || !op->n_options || !tad_sample_at(op, k, &room)) continue;
        name_options(op, room.sample.options, good);
        for (size_t n = 0; n < op->n_options; n++, options++) {
            ck_option(t, op, good, n);
            if (op->options[n].kind == TAD_OPTION_AXES) ck_range_of_axes(t, op, good, n);
        }
    }
    ck_assert_uint_gt(options, 50);
    tad_tape_free(t);
}
END_TEST

START_TEST(a_wrong_name_is_found_in_any_place) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    for (size_t wrong = 0; wrong < 2; wrong++) {
        tad_value value[2] = {{.name = "axis", .kind = TAD_VALUE_INT},
                              {.name = "axis", .kind = TAD_VALUE_INT}};
        value[wrong].name = "axes";
        tad_call(t, "sum", &x, 1, value, 2, NULL, 0);
        ck_assert_str_eq(tad_message(t), "sum: it has no option axes");
        ck_refused(t, TAD_BAD_ARGUMENT, "axes");
        value[wrong].name = NULL;
        tad_call(t, "sum", &x, 1, value, 2, NULL, 0);
        ck_assert_str_eq(tad_message(t), "sum: it has no option without a name");
        ck_refused(t, TAD_BAD_ARGUMENT, "name");
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(a_call_that_is_refused_has_nil_outputs_and_touches_no_others) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL), out[4] = {x, x, x, x};
    tad_call(t, "no such op", &x, 1, NULL, 0, out + 1, 2);
    ck_refused(t, TAD_UNKNOWN_OP, "no such op");
    ck_assert(tad_is_nil(out[1]) && tad_is_nil(out[2]));
    ck_assert(!tad_is_nil(out[0]) && !tad_is_nil(out[3]));
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("names");
    TCase *c = support_case(s, "calls");
    tcase_add_test(c, every_op_has_its_function);
    tcase_add_test(c, functions_are_the_call_by_name);
    tcase_add_test(c, wrong_names_and_values_are_refused);
    tcase_add_test(c, null_is_what_the_option_is_when_not_given);
    tcase_add_test(c, eight_axes_have_names);
    tcase_add_test(c, options_are_as_many_as_is_said);
    tcase_add_test(c, large_floats_are_no_integers);
    tcase_add_test(c, fractions_are_no_integers);
    c = support_case(s, "options");
    tcase_add_test(c, an_op_without_options_looks_at_none);
    tcase_add_test(c, every_sample_by_name_is_the_one_applied);
    tcase_add_test(c, an_option_that_is_left_out_has_its_initial_value);
    tcase_add_test(c, every_option_says_what_it_must_be);
    tcase_add_test(c, a_wrong_name_is_found_in_any_place);
    tcase_add_test(c, a_call_that_is_refused_has_nil_outputs_and_touches_no_others);
    return s;
}

SUPPORT_MAIN(suite)
