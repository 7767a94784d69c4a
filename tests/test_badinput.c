/* Bad input: every mistake gives its status and a message that says where, leaves the variables and
 * gradients of the tape as they were, and the next call works. Single cases in two tables, then
 * every op of the registry with its own misuse cases, bad handles, odd shapes, empty arrays, bad
 * options. */
#include "support.h"

#include <tad/gradcheck.h>

/* ---- a tape to make mistakes on ---- */

typedef struct set {
    tad_tape *t, *other;
    tad_var a, b, c;           /* float64 (2,3) input and parameter, (4,3) input */
    tad_var v, n, single;      /* float64 (3), float64 (), float32 (2,3) */
    tad_var labels, far, mask; /* int64 (2): {0,2} and {0,9}; bool (2,3) */
    tad_var empty, constant;   /* float64 (0,3), (2,3) */
    tad_var nil, stale, foreign;
    tad_var y; /* sum of a b, the witness */
    double gradient[6];
    tad_mark gone, alien;
} set;

static const double six[] = {1, -2, 3, 0.5, 5, -6}, twelve[12] = {1, 2};

static void open_set(set *s) {
    /* a limit, so that a sanitizer does not see absurd requests */
    tad_tape *t = s->t = tad_tape_new(&(tad_settings){.memory_limit = 1 << 28});
    s->other = tad_tape_new(NULL);
    s->a = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six), "a");
    s->b = tad_param(t, TAD_F64, TAD_SHAPE(2, 3), six);
    s->c = tad_input(t, TAD_F64, TAD_SHAPE(4, 3), twelve);
    s->v = tad_input(t, TAD_F64, TAD_SHAPE(3), six);
    s->n = tad_scalar(t, 2);
    s->single = tad_input(t, TAD_F32, TAD_SHAPE(2, 3), NULL);
    s->labels = tad_constant_from(t, TAD_I64, TAD_SHAPE(2), (double[]){0, 2});
    s->far = tad_constant_from(t, TAD_I64, TAD_SHAPE(2), (double[]){0, 9});
    s->mask = tad_constant(t, TAD_BOOL, TAD_SHAPE(2, 3), NULL);
    s->empty = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL);
    s->constant = tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), six);
    s->y = tad_sum(tad_mul(s->a, s->b), tad_all());
    tad_mark mark = tad_tape_mark(t);
    s->stale = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six);
    s->gone = tad_tape_mark(t);
    ck_done(tad_tape_rewind(t, mark), t);
    s->alien = tad_tape_mark(s->other);
    s->foreign = tad_input(s->other, TAD_F64, TAD_SHAPE(2, 3), six);
    s->nil = (tad_var){0};
    ck_done(tad_reverse(s->y), t);
    memcpy(s->gradient, tad_gradient_data(s->b), sizeof s->gradient);
    ck_tape(t);
}

static void close_set(set *s) {
    tad_tape_free(s->t);
    tad_tape_free(s->other);
}

/* After a mistake that was cleared: nothing recorded, the gradient as it was, and all works. */
static void ck_unharmed(set *s, size_t nodes, const char *after) {
    ck_assert_msg(tad_node_count(s->t) == nodes, "%s: %zu nodes, %zu before", after,
                  tad_node_count(s->t), nodes);
    const void *gradient = tad_gradient_data(s->b);
    ck_assert_msg(gradient, "%s: %s", after, tad_message(s->t));
    ck_assert_msg(memcmp(gradient, s->gradient, sizeof s->gradient) == 0, "%s: another gradient",
                  after);
    double twice[6];
    ck_done(tad_reverse(s->y), s->t);
    memcpy(twice, tad_gradient_data(s->b), sizeof twice);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(twice[i] == 2 * s->gradient[i], "%s: element %d", after, i);
}

/* ---- single mistakes: calls that give a variable ---- */

#define AXIS(...) TAD_AXES(__VA_ARGS__)
#define CALL(name, options, n_options)                                                             \
    tad_call(s->t, name, (tad_var[]){s->a}, 1, options, n_options, NULL, 0)

/* 2^40 elements in the memory of one. */
static tad_var huge(set *s) {
    return tad_broadcast_to(tad_reshape(s->n, TAD_SHAPE(1)),
                            TAD_SHAPE(INT64_C(1) << 5 * sizeof(size_t)));
}

#define MISTAKES(M)                                                                                \
    M(add_shapes, tad_add(s->a, s->c), TAD_BAD_SHAPE, "add", "(2,3)", "(4,3)")                     \
    M(add_dtypes, tad_add(s->a, s->single), TAD_BAD_DTYPE, "add", "float64", "float32")            \
    M(add_integers, tad_add(s->labels, s->labels), TAD_BAD_DTYPE, "add", "int64")                  \
    M(add_bools, tad_add(s->mask, s->a), TAD_BAD_DTYPE, "add", "bool")                             \
    M(sin_integers, tad_sin(s->labels), TAD_BAD_DTYPE, "sin", "int64")                             \
    M(add_nil, tad_add(s->a, s->nil), TAD_BAD_HANDLE, "add", "never set")                          \
    M(add_stale, tad_add(s->a, s->stale), TAD_BAD_HANDLE, "add", "rewound")                        \
    M(sin_stale, tad_sin(s->stale), TAD_BAD_HANDLE, "sin", "rewound")                              \
    M(add_foreign, tad_add(s->a, s->foreign), TAD_BAD_HANDLE, "add", "another tape")               \
    M(add_none, tad_add(s->a, tad_none()), TAD_BAD_ARGUMENT, "add")                                \
    M(scalar_stale, tad_mul(s->n, s->stale), TAD_BAD_HANDLE, "mul", "rewound")                     \
    M(scalar_nil, tad_mul(s->n, s->nil), TAD_BAD_HANDLE, "mul")                                    \
    M(matmul_inner, tad_matmul(s->a, s->c), TAD_BAD_SHAPE, "matmul", "(2,3)", "(4,3)", "3", "4")   \
    M(matmul_0d, tad_matmul(s->a, s->n), TAD_BAD_SHAPE, "matmul", "()")                            \
    M(matmul_dtypes, tad_matmul(s->a, s->single), TAD_BAD_DTYPE, "matmul", "float32")              \
    M(matmul_integers, tad_matmul(s->labels, s->labels), TAD_BAD_DTYPE, "matmul", "int64")         \
    M(dot_sizes, tad_dot(s->v, s->labels), TAD_BAD_DTYPE, "dot")                                   \
    M(outer_rank, tad_outer(s->a, s->v), TAD_BAD_SHAPE, "outer", "(2,3)")                          \
    M(affine_inner, tad_affine(s->a, s->c, tad_none()), TAD_BAD_SHAPE, "affine", "(2,3)", "(4,3)") \
    M(linear_bias, tad_linear(s->a, s->c, s->v), TAD_BAD_SHAPE, "linear", "(3)")                   \
    M(sum_axis, tad_sum(s->a, AXIS(2)), TAD_BAD_AXIS, "sum", "(2,3)", "2")                         \
    M(sum_twice, tad_sum(s->a, AXIS(0, -2)), TAD_BAD_AXIS, "sum")                                  \
    M(mean_bools, tad_mean(s->mask, tad_all()), TAD_BAD_DTYPE, "mean", "bool")                     \
    M(max_axis, tad_max(s->a, tad_axis(-3), NULL), TAD_BAD_AXIS, "max", "-3")                      \
    M(max_of_nothing, tad_max(s->empty, tad_axis(0), NULL), TAD_BAD_SHAPE, "max", "(0,3)")         \
    M(amax_of_nothing, tad_amax(s->empty, tad_all()), TAD_BAD_SHAPE, "amax", "(0,3)")              \
    M(argmax_two, tad_argmax(s->a, AXIS(0, 1)), TAD_BAD_AXIS, "argmax")                            \
    M(softmax_axis, tad_softmax(s->a, 2), TAD_BAD_AXIS, "softmax", "2")                            \
    M(log_softmax_integers, tad_log_softmax(s->labels, 0), TAD_BAD_DTYPE, "log_softmax")           \
    M(mse_shapes, tad_mse(s->a, s->c, TAD_MEAN), TAD_BAD_SHAPE, "mse", "(2,3)", "(4,3)")           \
    M(entropy_far, tad_cross_entropy(s->a, s->far, NULL), TAD_BAD_INDEX, "cross_entropy", "9")     \
    M(entropy_count, tad_cross_entropy(s->c, s->labels, NULL), TAD_BAD_SHAPE, "cross_entropy",     \
      "(4,3)", "(2)")                                                                              \
    M(entropy_bools, tad_cross_entropy(s->a, s->mask, NULL), TAD_BAD_DTYPE, "cross_entropy",       \
      "bool")                                                                                      \
    M(nll_far, tad_nll_loss(s->a, s->far, NULL), TAD_BAD_INDEX, "nll_loss", "9")                   \
    M(reshape_count, tad_reshape(s->a, TAD_SHAPE(4, 2)), TAD_BAD_SHAPE, "reshape", "(2,3)")        \
    M(reshape_two, tad_reshape(s->a, TAD_SHAPE(-1, -1)), TAD_BAD_SHAPE, "reshape")                 \
    M(reshape_rank, tad_reshape(s->a, ((tad_shape){9, {1}})), TAD_TOO_LARGE, "reshape")            \
    M(transpose_axis, tad_transpose(s->a, 0, 2), TAD_BAD_AXIS, "transpose", "2")                   \
    M(permute_short, tad_permute(s->a, tad_axis(0)), TAD_BAD_AXIS, "permute")                      \
    M(permute_twice, tad_permute(s->a, TAD_AXES(0, 0)), TAD_BAD_AXIS, "permute")                   \
    M(permute_null, tad_permute(s->a, tad_axes_of(NULL, 2)), TAD_BAD_AXIS, "permute")              \
    M(broadcast_shape, tad_broadcast_to(s->a, TAD_SHAPE(2, 4)), TAD_BAD_SHAPE, "broadcast_to",     \
      "(2,3)")                                                                                     \
    M(squeeze_axis, tad_squeeze(s->a, AXIS(1)), TAD_BAD_SHAPE, "squeeze", "(2,3)")                 \
    M(unsqueeze_axis, tad_unsqueeze(s->a, 4), TAD_BAD_AXIS, "unsqueeze", "4")                      \
    M(slice_axis, tad_slice(s->v, 1, 0, 1, 1), TAD_BAD_AXIS, "slice", "1")                         \
    M(slice_step, tad_slice(s->v, 0, 0, TAD_END, 0), TAD_BAD_ARGUMENT, "slice", "step")            \
    M(flip_axis, tad_flip(s->a, tad_axis(5)), TAD_BAD_AXIS, "flip", "5")                           \
    M(flip_null, tad_flip(s->a, tad_axes_of(NULL, 1)), TAD_BAD_AXIS, "flip")                       \
    M(concat_shapes, tad_concat((tad_var[]){s->a, s->v}, 2, 0), TAD_BAD_SHAPE, "concat", "(2,3)",  \
      "(3)")                                                                                       \
    M(concat_axis, tad_concat((tad_var[]){s->a, s->c}, 2, 2), TAD_BAD_AXIS, "concat", "2")         \
    M(stack_shapes, tad_stack((tad_var[]){s->a, s->c}, 2, 0), TAD_BAD_SHAPE, "stack", "(4,3)")     \
    M(stack_dtypes, tad_stack((tad_var[]){s->a, s->mask}, 2, 0), TAD_BAD_DTYPE, "stack")           \
    M(gather_far, tad_gather(s->v, s->far, 0), TAD_BAD_INDEX, "gather", "9")                       \
    M(gather_floats, tad_gather(s->v, s->v, 0), TAD_BAD_DTYPE, "gather", "float64")                \
    M(gather_rank, tad_gather(s->a, s->labels, 0), TAD_BAD_SHAPE, "gather", "(2,3)", "(2)")        \
    M(scatter_far, tad_scatter_add(s->v, s->far, tad_gather(s->v, s->labels, 0), 0),               \
      TAD_BAD_INDEX, "scatter_add", "9")                                                           \
    M(where_floats, tad_where(s->a, s->a, s->b), TAD_BAD_DTYPE, "where", "float64")                \
    M(where_shapes, tad_where(s->mask, s->a, s->c), TAD_BAD_SHAPE, "where", "(4,3)")               \
    M(one_hot_far, tad_one_hot(s->far, 4), TAD_BAD_INDEX, "one_hot", "9")                          \
    M(one_hot_floats, tad_one_hot(s->v, 4), TAD_BAD_DTYPE, "one_hot", "float64")                   \
    M(dropout_p, tad_dropout(s->a, 1.5), TAD_BAD_ARGUMENT, "dropout", "1.5")                       \
    M(cast_nothing, tad_cast(s->a, TAD_DTYPE_COUNT), TAD_BAD_DTYPE, "cast")                        \
    M(input_dtype, tad_input(s->t, TAD_DTYPE_COUNT, TAD_0D, NULL), TAD_BAD_DTYPE, "input")         \
    M(input_rank, tad_input(s->t, TAD_F64, ((tad_shape){9, {1}}), NULL), TAD_TOO_LARGE, "input",   \
      "9")                                                                                         \
    M(input_negative, tad_input(s->t, TAD_F64, TAD_SHAPE(2, -1), NULL), TAD_TOO_LARGE, "input",    \
      "-1")                                                                                        \
    M(input_huge, tad_input(s->t, TAD_F64, TAD_SHAPE(INT64_MAX, 8), NULL), TAD_TOO_LARGE, "input") \
    M(input_much, tad_input(s->t, TAD_F64, TAD_SHAPE(INT64_MAX / 32), NULL),                       \
      sizeof(size_t) < 8 ? TAD_TOO_LARGE : TAD_NO_MEMORY, "input")                                 \
    M(outer_huge, tad_outer(huge(s), huge(s)), TAD_TOO_LARGE, "outer")                             \
    M(borrow_null, tad_borrow(s->t, TAD_F64, TAD_SHAPE(2), NULL), TAD_BAD_ARGUMENT, "borrow")      \
    M(constant_from_null, tad_constant_from(s->t, TAD_F64, TAD_SHAPE(2), NULL), TAD_BAD_ARGUMENT,  \
      "constant_from")                                                                             \
    M(full_dtype, tad_full(s->t, (tad_dtype)-1, TAD_0D, 1), TAD_BAD_DTYPE, "full")                 \
    M(detach_stale, tad_detach(s->stale), TAD_BAD_HANDLE, "detach", "rewound")                     \
    M(gradient_constant, tad_gradient(s->constant), TAD_NO_GRADIENT, "gradient", "constant")       \
    M(gradient_integers, tad_gradient(s->labels), TAD_NO_GRADIENT, "gradient")                     \
    M(gradient_stale, tad_gradient(s->stale), TAD_BAD_HANDLE, "gradient", "rewound")               \
    M(call_unknown, CALL("no_such_op", NULL, 0), TAD_UNKNOWN_OP, "no_such_op")                     \
    M(call_null, CALL(NULL, NULL, 0), TAD_UNKNOWN_OP, "name")                                      \
    M(call_option,                                                                                 \
      CALL("sum", (&(tad_value){"what", TAD_VALUE_INT, 1, 0, NULL, NULL, 0, NULL}), 1),            \
      TAD_BAD_ARGUMENT, "sum", "what")                                                             \
    M(apply_null, tad_apply(NULL, (tad_var[]){s->a}, 1, NULL, NULL, 0), TAD_BAD_ARGUMENT, "op")    \
    M(apply_many, tad_apply(tad_op_find("add"), (tad_var[]){s->a, s->a, s->a}, 3, NULL, NULL, 0),  \
      TAD_BAD_ARGUMENT, "add", "3")                                                                \
    M(apply_few, tad_apply(tad_op_find("add"), (tad_var[]){s->a}, 1, NULL, NULL, 0),               \
      TAD_BAD_ARGUMENT, "add", "1")

#define FUNCTION(name, call, ...)                                                                  \
    static tad_var mistake_##name(set *s) { return call; }
MISTAKES(FUNCTION)
#undef FUNCTION

typedef struct mistake {
    const char *name;
    tad_var (*make)(set *s);
    tad_status expect;
    const char *words[5];
} mistake;

#define ROW(name, call, ...) {#name, mistake_##name, FIRST(__VA_ARGS__), {REST(__VA_ARGS__)}},
#define FIRST(...) FIRST_(__VA_ARGS__, 0)
#define FIRST_(a, ...) a
#define REST(a, ...) __VA_ARGS__
static const mistake mistakes[] = {MISTAKES(ROW)};

static void ck_words(set *s, const char *name, tad_status expect, const char *const *words) {
    tad_status got = tad_tape_status(s->t);
    ck_assert_msg(got == expect, "%s: '%s' (%s), expected '%s'", name, tad_status_text(got),
                  tad_message(s->t), tad_status_text(expect));
    for (int i = 0; i < 5 && words[i]; i++)
        ck_assert_msg(strstr(tad_message(s->t), words[i]), "%s: '%s' is not in '%s'", name,
                      words[i], tad_message(s->t));
}

START_TEST(every_mistake) {
    set s;
    const mistake *m = &mistakes[_i];
    open_set(&s);
    size_t nodes = tad_node_count(s.t);
    tad_var result = m->make(&s);
    ck_words(&s, m->name, m->expect, m->words);
    ck_assert_msg(tad_is_nil(result), "%s gave a variable", m->name);
    tad_tape_clear(s.t);
    /* nested calls */
    if (strstr(m->name, "huge") || strstr(m->name, "scatter")) nodes = tad_node_count(s.t);
    ck_unharmed(&s, nodes, m->name);
    close_set(&s);
}
END_TEST

/* ---- single mistakes: verbs and readers ---- */

static tad_status read_item(set *s, tad_var x) {
    ck_assert(isnan(tad_item(x)));
    return tad_tape_status(s->t);
}
static tad_status read_adjoint(set *s, tad_var x) {
    ck_assert(isnan(tad_gradient_item(x)));
    return tad_tape_status(s->t);
}
static tad_status read_pointer(set *s, const void *p) {
    ck_assert_ptr_null(p);
    return tad_tape_status(s->t);
}
static tad_status fresh_gradient(set *s) {
    tad_var x = tad_input(s->t, TAD_F64, TAD_SHAPE(2), six);
    return read_pointer(s, tad_gradient_data(x));
}
static tad_status interior_gradient(set *s) {
    tad_var x = tad_mul(s->a, s->a), y = tad_sum(tad_sin(x), tad_all());
    ck_done(tad_reverse(y), s->t);
    memcpy(s->gradient, tad_gradient_data(s->b), sizeof s->gradient);
    return read_pointer(s, tad_gradient_data(x));
}
static tad_status changed_parameter(set *s) {
    tad_var y = tad_sum(tad_mul(s->b, s->b), tad_all());
    ck_done(tad_assign(s->b, six), s->t);
    return tad_reverse(y);
}

#define GRAD(y, ct, ny, x, nx) tad_grad(y, ct, ny, x, nx, out)
#define VERBS(V)                                                                                   \
    V(reverse_array, tad_reverse(s->a), TAD_BAD_SHAPE, "reverse", "(2,3)")                         \
    V(reverse_constant, tad_reverse(tad_sum(s->constant, tad_all())), TAD_NO_GRADIENT, "reverse")  \
    V(reverse_integers, tad_reverse(tad_argmax(s->v, tad_all())), TAD_BAD_DTYPE, "reverse",        \
      "int64")                                                                                     \
    V(reverse_stale, tad_reverse(s->stale), TAD_BAD_HANDLE, "reverse", "rewound")                  \
    V(reverse_changed, changed_parameter(s), TAD_STALE_VALUE, "reverse", "changed")                \
    V(from_shape, tad_reverse_from(&s->a, &s->v, 1), TAD_BAD_SHAPE, "reverse", "(2,3)", "(3)")     \
    V(from_dtype, tad_reverse_from(&s->a, &s->single, 1), TAD_BAD_DTYPE, "float32", "float64")     \
    V(from_foreign, tad_reverse_from((tad_var[]){s->y, s->foreign}, NULL, 2), TAD_BAD_HANDLE,      \
      "another tape")                                                                              \
    V(grad_array, GRAD(&s->a, NULL, 1, &s->a, 1), TAD_BAD_SHAPE, "grad")                           \
    V(grad_integers, GRAD(&s->y, NULL, 1, &s->labels, 1), TAD_BAD_DTYPE, "grad", "int64")          \
    V(grad_stale, GRAD(&s->y, NULL, 1, &s->stale, 1), TAD_BAD_HANDLE, "grad", "rewound")           \
    V(grad_foreign, GRAD(&s->y, NULL, 1, &s->foreign, 1), TAD_BAD_HANDLE, "grad", "another tape")  \
    V(grad_cotangent, GRAD(&s->y, &s->v, 1, &s->a, 1), TAD_BAD_SHAPE, "grad", "cotangent")         \
    V(tangent_shape, tad_tangent(&s->y, 1, &s->a, &s->v, 1, out), TAD_BAD_SHAPE, "tangent")        \
    V(tangent_null, tad_tangent(&s->y, 1, &s->a, NULL, 1, out), TAD_BAD_ARGUMENT, "tangent")       \
    V(retain_stale, (tad_retain(s->stale), tad_tape_status(s->t)), TAD_BAD_HANDLE, "retain",       \
      "rewound")                                                                                   \
    V(rewind_alien, tad_tape_rewind(s->t, s->alien), TAD_BAD_HANDLE, "rewind", "another tape")     \
    V(rewind_gone, tad_tape_rewind(s->t, s->gone), TAD_BAD_HANDLE, "rewind")                       \
    V(read_count, tad_read(s->a, (double[4]){0}, 4), TAD_BAD_SHAPE, "read", "4", "6")              \
    V(read_null, tad_read(s->a, NULL, 6), TAD_BAD_ARGUMENT, "read")                                \
    V(read_stale, tad_read(s->stale, (double[6]){0}, 6), TAD_BAD_HANDLE, "read", "rewound")        \
    V(assign_input, tad_assign(s->a, six), TAD_BAD_ARGUMENT, "assign", "parameter")                \
    V(assign_null, tad_assign(s->b, NULL), TAD_BAD_ARGUMENT, "assign")                             \
    V(assign_stale, tad_assign(s->stale, six), TAD_BAD_HANDLE, "assign", "rewound")                \
    V(zero_input, tad_zero_gradients(&s->a, 1), TAD_BAD_ARGUMENT, "parameter")                     \
    V(zero_stale, tad_zero_gradients((tad_var[]){s->b, s->stale}, 2), TAD_BAD_HANDLE, "rewound")   \
    V(item_array, read_item(s, s->a), TAD_BAD_SHAPE, "item", "6")                                  \
    V(item_stale, read_item(s, s->stale), TAD_BAD_HANDLE, "item", "rewound")                       \
    V(adjoint_array, read_adjoint(s, s->a), TAD_BAD_SHAPE, "gradient_item", "6")                   \
    V(data_stale, read_pointer(s, tad_data(s->stale)), TAD_BAD_HANDLE, "data", "rewound")          \
    V(param_data_input, read_pointer(s, tad_param_data(s->a)), TAD_BAD_ARGUMENT, "parameter")      \
    V(gradient_early, fresh_gradient(s), TAD_NO_GRADIENT, "gradient", "sweep")                     \
    V(gradient_released, interior_gradient(s), TAD_NO_GRADIENT, "gradient", "retain")              \
    V(dump_null, tad_dump(s->y, NULL, NULL, NULL), TAD_BAD_ARGUMENT, "dump")                       \
    V(dot_graph_null, tad_dot_graph(s->y, NULL, NULL, NULL), TAD_BAD_ARGUMENT, "dot")              \
    V(explain_null, tad_explain(s->y, TAD_EXPLAIN_TEXT, NULL, NULL), TAD_BAD_ARGUMENT, "explain")

#define FUNCTION(name, call, ...)                                                                  \
    static tad_status verb_##name(set *s, tad_var *out) {                                          \
        (void)out;                                                                                 \
        return call;                                                                               \
    }
VERBS(FUNCTION)
#undef FUNCTION
#undef ROW

typedef struct bad_verb {
    const char *name;
    tad_status (*call)(set *s, tad_var *out);
    tad_status expect;
    const char *words[5];
} bad_verb;

#define ROW(name, call, ...) {#name, verb_##name, FIRST(__VA_ARGS__), {REST(__VA_ARGS__)}},
static const bad_verb bad_verbs[] = {VERBS(ROW)};

START_TEST(every_bad_verb) {
    set s;
    const bad_verb *v = &bad_verbs[_i];
    tad_var out[2];
    open_set(&s);
    tad_status status = v->call(&s, out);
    ck_assert_msg(status == tad_tape_status(s.t), "%s: returned '%s', the tape has '%s'", v->name,
                  tad_status_text(status), tad_status_text(tad_tape_status(s.t)));
    ck_words(&s, v->name, v->expect, v->words);
    tad_tape_clear(s.t);
    if (strcmp(v->name, "reverse_changed") != 0) ck_unharmed(&s, tad_node_count(s.t), v->name);
    close_set(&s);
}
END_TEST

/* ---- after an error ---- */

START_TEST(the_first_error_sticks) {
    set s;
    tad_var out[2];
    double six_zeros[6] = {0};
    open_set(&s);
    ck_assert(tad_is_nil(tad_add(s.a, s.c)));
    char first[400];
    snprintf(first, sizeof first, "%s", tad_message(s.t));
    size_t nodes = tad_node_count(s.t);
    ck_assert(tad_is_nil(tad_sin(s.n))); /* the fast path, too */
    ck_assert(tad_is_nil(tad_add(s.n, tad_number(1))));
    ck_assert(tad_is_nil(tad_matmul(s.a, s.a)));
    ck_assert(tad_is_nil(tad_dropout(s.a, 0.5)));
    ck_assert(tad_is_nil(tad_scalar(s.t, 1)));
    ck_assert(tad_is_nil(tad_input(s.t, TAD_F64, TAD_SHAPE(2), six)));
    ck_assert(tad_is_nil(tad_gradient(s.a)));
    ck_assert(isnan(tad_item(s.n)));
    ck_assert_ptr_null(tad_data(s.a));
    ck_assert_int_eq(tad_reverse(s.y), TAD_BAD_SHAPE);
    ck_assert_int_eq(tad_grad(&s.y, NULL, 1, &s.a, 1, out), TAD_BAD_SHAPE);
    ck_assert(tad_is_nil(out[0]));
    ck_assert_int_eq(tad_tangent(&s.y, 1, &s.a, &s.a, 1, out), TAD_BAD_SHAPE);
    ck_assert_int_eq(tad_read(s.a, six_zeros, 6), TAD_BAD_SHAPE);
    ck_assert_int_eq(tad_assign(s.b, six_zeros), TAD_BAD_SHAPE);
    ck_assert_int_eq(tad_zero_gradients(&s.b, 1), TAD_BAD_SHAPE);
    for (int i = 0; i < 6; i++) ck_assert(six_zeros[i] == 0);
    ck_assert_str_eq(tad_message(s.t), first);
    tad_tape_clear(s.t);
    ck_assert_str_eq(tad_message(s.t), "");
    ck_unharmed(&s, nodes, "sticky");
    close_set(&s);
}
END_TEST

/* The tape that a bad setting makes says so first; cleared, it works with the default. */
START_TEST(bad_settings) {
    static const struct {
        tad_settings settings;
        tad_status status;
        const char *words;
    } bad[] = {{{.threads = -1}, TAD_BAD_ARGUMENT, "-1 threads"},
               {{.threads = 1000000000}, TAD_BAD_ARGUMENT, "1000000000 threads"},
               {{.threads = 257}, TAD_BAD_ARGUMENT, "257 threads"},
               {{.level = (tad_level)99}, TAD_BAD_ARGUMENT, "level 99"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tad_tape *t = tad_tape_new(&bad[i].settings);
        ck_assert(tad_is_nil(tad_scalar(t, 1)));
        ck_refused(t, bad[i].status, "settings", bad[i].words);
        ck_values(tad_exp(tad_scalar(t, 0)), 0, 1);
        tad_tape_free(t);
    }
    for (int threads = 0; threads <= 256; threads += 64) {
        tad_tape *t = tad_tape_new(&(tad_settings){.threads = threads});
        ck_tape(t);
        tad_tape_free(t);
    }
}
END_TEST

/* A level is what was asked for, or refused by its name. */
START_TEST(levels_of_this_cpu) {
    static const char *const names[] = {"", "base", "avx2", "avx512"};
    tad_tape *standard = tad_tape_new(NULL);
    int best = TAD_LEVEL_AVX512; /* each level below it works too */
    while (strcmp(names[best], tad_tape_level(standard)) != 0) best--;
    for (int level = TAD_LEVEL_BASE; level <= TAD_LEVEL_AVX512; level++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.level = (tad_level)level});
        if (level <= best)
            ck_assert_str_eq(tad_tape_level(t), names[level]);
        else
            ck_refused(t, TAD_UNSUPPORTED, "settings", names[level]);
        ck_tape(t);
        tad_tape_free(t);
    }
    tad_tape_free(standard);
}
END_TEST

START_TEST(null_tape) {
    tad_var nil = {0};
    ck_assert(tad_is_nil(tad_scalar(NULL, 1)));
    ck_assert(tad_is_nil(tad_input(NULL, TAD_F64, TAD_0D, NULL)));
    ck_assert(tad_is_nil(tad_call(NULL, "add", NULL, 0, NULL, 0, NULL, 0)));
    ck_assert(tad_is_nil(tad_add(nil, nil)));
    ck_assert(tad_is_nil(tad_sin(tad_none())));
    ck_assert(tad_is_nil(tad_add(tad_number(1), tad_none())));
    ck_assert(tad_is_nil(tad_softplus(nil, 1)));
    ck_assert(tad_is_nil(tad_exp(nil)));
    ck_assert(tad_is_nil(tad_matmul(tad_number(1), tad_number(2))));
    ck_assert_int_eq(tad_tape_status(NULL), TAD_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(tad_message(NULL));
    ck_assert_int_ne(tad_reverse(nil), TAD_OK);
    ck_assert_int_ne(tad_reverse_from(NULL, NULL, 0), TAD_OK);
    ck_assert_int_ne(tad_grad(NULL, NULL, 0, NULL, 0, NULL), TAD_OK);
    ck_assert_int_ne(tad_read(nil, NULL, 0), TAD_OK);
    ck_assert(isnan(tad_item(nil)));
    ck_assert_ptr_null(tad_data(nil));
    ck_assert_ptr_null(tad_param_data(nil));
    ck_assert_int_eq(tad_dtype_of(nil), TAD_DTYPE_COUNT);
    ck_assert_int_eq(tad_shape_of(nil).rank, -1);
    ck_assert_int_eq(tad_size_of(nil), -1);
    ck_assert_uint_eq(tad_node_index(nil), SIZE_MAX);
    ck_assert_ptr_null(tad_op_find(NULL));
    ck_assert_ptr_null(tad_op_at(SIZE_MAX));
    ck_assert_str_eq(tad_status_text((tad_status)-1), "unknown status");
    ck_assert_uint_eq(tad_dtype_size(TAD_DTYPE_COUNT), 0);
    tad_tape_clear(NULL);
    tad_tape_reset(NULL);
    tad_tape_free(NULL);
}
END_TEST

/* Each row on numbers alone: the number that it has as value on variables. */
static void ck_folded(const char *name, tad_var folded, tad_var variable) {
    ck_assert_msg(tad_is_number(folded), "%s gave no number", name);
    double a = folded.u.number, b = tad_item(variable);
    ck_assert_msg(a == b || (isnan(a) && isnan(b)), "%s: %.17g, of variables %.17g", name, a, b);
}

START_TEST(elementwise_ops_of_numbers_alone_give_numbers) {
    const double a = (double[]){0.7, -1.5, 0, 40}[_i], b = (double[]){0.3, 2, -0.25, 1}[_i],
                 c = 1.25;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, a), y = tad_scalar(t, b), z = tad_scalar(t, c);
#define TAD_UNARY(name, ...) ck_folded(#name, tad_##name(tad_number(a)), tad_##name(x));
#define OPTION(name, initial, one, other, choices) other
#define TAD_OPTION1(name, doc, lo, hi, kinks, p, value, dx)                                        \
    ck_folded(#name, tad_##name(tad_number(a), p), tad_##name(x, p));
#define TAD_OPTION2(name, ...)                                                                     \
    ck_folded(#name, tad_##name(tad_number(a), 0.5, 1), tad_##name(x, 0.5, 1));
#define TAD_BINARY(name, ...)                                                                      \
    ck_folded(#name, tad_##name(tad_number(a), tad_number(b)), tad_##name(x, y));
#define TAD_TERNARY(name, ...)                                                                     \
    ck_folded(#name, tad_##name(tad_number(a), tad_number(b), tad_number(c)), tad_##name(x, y, z));
#include <tad/scalar.def>
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(null_strings) {
    set s;
    open_set(&s);
    tad_var x = tad_name(s.a, NULL); /* either refused or without effect */
    tad_status status = tad_tape_status(s.t);
    ck_assert(status == TAD_BAD_ARGUMENT ? tad_is_nil(x) : status == TAD_OK);
    tad_tape_clear(s.t);
    tad_scope_push(s.t, NULL);
    tad_tape_clear(s.t);
    tad_scope_pop(s.t);
    for (int i = 0; i < 3; i++) tad_scope_pop(s.t); /* one too many does no harm */
    tad_tape_clear(s.t);
    ck_unharmed(&s, tad_node_count(s.t), "names");
    close_set(&s);
}
END_TEST

/* ---- every op ---- */

enum { MOST = 6 };

typedef struct trial {
    tad_tape *t;
    const tad_op *op;
    tad_sample_room room;
    tad_var in[TAD_MAX_INPUTS + 1];
    size_t n;
} trial;

static void begin_trial(trial *r, const tad_op *op) {
    memset(r, 0, sizeof *r);
    r->t = tad_tape_new(NULL);
    r->op = op;
    ck_assert_msg(tad_sample_count(op) > 0, "%s has no samples", op->name);
}

static bool is_real(tad_dtype d) { return d == TAD_F64 || d == TAD_F32; }

/* Inputs of a sample as differentiable inputs where they may be. */
static void fill(trial *r, const tad_sample_input *in, size_t n) {
    r->n = n;
    for (size_t i = 0; i < n; i++) {
        r->in[i] = in[i].absent ? tad_none() : tad_sample_fill(r->t, &in[i], i + 1);
        if (in[i].absent || in[i].constant || !is_real(in[i].type.dtype)) continue;
        r->in[i] = tad_input(r->t, in[i].type.dtype, in[i].type.shape, tad_data(r->in[i]));
    }
    ck_tape(r->t);
}

/* Applies the op. A refusal must name the op; an acceptance must survive a sweep. */
static bool accepted(trial *r, const char *what, const void *options) {
    tad_var out[TAD_MAX_OUTPUTS];
    size_t n_out = r->op->n_out ? r->op->n_out : 1, real = 0;
    tad_var y = tad_apply(r->op, r->in, r->n, options, out, n_out);
    tad_status s = tad_tape_status(r->t);
    ck_assert_msg(tad_is_nil(y) == (s != TAD_OK), "%s, %s: nil and status do not agree",
                  r->op->name, what);
    if (s != TAD_OK) {
        ck_assert_msg(strstr(tad_message(r->t), r->op->name), "%s, %s: the message is '%s'",
                      r->op->name, what, tad_message(r->t));
        ck_assert_msg(s != TAD_NO_MEMORY && s != TAD_NO_RULE && s != TAD_NOT_FINITE, "%s, %s: %s",
                      r->op->name, what, tad_message(r->t));
        tad_tape_clear(r->t);
        return false;
    }
    tad_var ones[TAD_MAX_OUTPUTS];
    for (size_t k = 0; k < n_out; k++) {
        if (!is_real(tad_dtype_of(out[k]))) continue;
        ones[real] = tad_full(r->t, tad_dtype_of(out[k]), tad_shape_of(out[k]), 1);
        out[real++] = out[k];
    }
    s = real ? tad_reverse_from(out, ones, real) : TAD_OK;
    ck_assert_msg(s == TAD_OK || s == TAD_NO_GRADIENT, "%s, %s: sweep: %s", r->op->name, what,
                  tad_message(r->t));
    if (s != TAD_OK) tad_tape_clear(r->t);
    for (size_t i = 0; s == TAD_OK && real && i < r->n; i++) {
        if (tad_is_none(r->in[i]) || !tad_node_needs_gradient(r->in[i])) continue;
        tad_var g = tad_gradient(r->in[i]);
        tad_shape a = tad_shape_of(g), b = tad_shape_of(r->in[i]);
        ck_assert_msg(a.rank == b.rank && memcmp(a.dim, b.dim, (size_t)b.rank * sizeof *b.dim) == 0,
                      "%s, %s: gradient %zu has another shape", r->op->name, what, i);
    }
    ck_tape(r->t);
    return true;
}

START_TEST(misuse_cases) {
    trial r;
    begin_trial(&r, tad_op_at((size_t)_i));
    ck_assert_msg(r.op->n_misuse >= 1 || (r.op->flags & TAD_OP_ELEMENTWISE),
                  "%s has no misuse cases", r.op->name);
    for (size_t i = 0; i < r.op->n_misuse; i++) {
        const tad_misuse *m = &r.op->misuse[i];
        bool any = false;
        fill(&r, m->in, m->n);
        for (size_t k = 0; k < m->n; k++) any = any || !m->in[k].absent;
        tad_var y = tad_apply(r.op, r.in, r.n, m->options, NULL, 0);
        if (!any) { /* no tape to tell */
            ck_assert(tad_is_nil(y));
            continue;
        }
        ck_assert_msg(tad_is_nil(y) && tad_tape_status(r.t) == m->expect,
                      "%s, %s: '%s' (%s), expected '%s'", r.op->name, m->label,
                      tad_status_text(tad_tape_status(r.t)), tad_message(r.t),
                      tad_status_text(m->expect));
        ck_assert_msg(strstr(tad_message(r.t), r.op->name), "%s, %s: '%s'", r.op->name, m->label,
                      tad_message(r.t));
        tad_tape_clear(r.t);
    }
    tad_tape_free(r.t);
}
END_TEST

/* A bad handle in each place; the other operands are those of a sample. */
START_TEST(bad_handles) {
    trial r;
    begin_trial(&r, tad_op_at((size_t)_i));
    tad_tape *other = tad_tape_new(NULL);
    tad_mark mark = tad_tape_mark(r.t);
    tad_var stale = tad_scalar(r.t, 1), foreign = tad_scalar(other, 1), nil = {0};
    ck_done(tad_tape_rewind(r.t, mark), r.t);
    ck_assert(tad_sample_at(r.op, 0, &r.room));
    fill(&r, r.room.sample.in, r.room.sample.n);
    for (size_t i = 0; i < r.n; i++) {
        tad_var bad[] = {nil, stale, foreign}, good = r.in[i];
        for (size_t k = 0; k < 3; k++) {
            if (r.n == 1 && k != 1) continue; /* foreign alone is fine, nil alone has no tape */
            r.in[i] = bad[k];
            ck_assert(tad_is_nil(tad_apply(r.op, r.in, r.n, r.room.sample.options, NULL, 0)));
            tad_tape *t = tad_tape_status(r.t) != TAD_OK ? r.t : other;
            ck_assert_msg(tad_tape_status(t) == TAD_BAD_HANDLE &&
                              strstr(tad_message(t), r.op->name),
                          "%s, operand %zu: %s", r.op->name, i, tad_message(t));
            tad_tape_clear(r.t);
            tad_tape_clear(other);
        }
        r.in[i] = good;
    }
    ck_assert(accepted(&r, "as it should be", r.room.sample.options));
    tad_tape_free(other);
    tad_tape_free(r.t);
}
END_TEST

START_TEST(operand_counts) {
    trial r;
    begin_trial(&r, tad_op_at((size_t)_i));
    ck_assert(tad_sample_at(r.op, 0, &r.room));
    fill(&r, r.room.sample.in, r.room.sample.n);
    for (size_t i = r.n; i <= TAD_MAX_INPUTS; i++) r.in[i] = r.in[0];
    size_t counts[] = {0, (size_t)r.op->min_in - 1, (size_t)r.op->max_in + 1};
    for (size_t k = 0; k < 3; k++) {
        if (counts[k] > TAD_MAX_INPUTS || counts[k] >= SIZE_MAX - 1) continue;
        if (counts[k] == 0) continue; /* without operands there is no tape to tell */
        ck_assert(tad_is_nil(tad_apply(r.op, r.in, counts[k], r.room.sample.options, NULL, 0)));
        ck_refused(r.t, TAD_BAD_ARGUMENT, r.op->name);
    }
    ck_assert(tad_is_nil(tad_apply(r.op, NULL, r.n, r.room.sample.options, NULL, 0)));
    tad_tape_clear(r.t);
    for (size_t i = 0; i < r.n; i++) { /* an operand left out is accepted only where it may be */
        tad_var good = r.in[i];
        r.in[i] = tad_none();
        if (r.n > 1) (void)accepted(&r, "left out", r.room.sample.options);
        r.in[i] = good;
    }
    tad_tape_free(r.t);
}
END_TEST

/* The inputs of a sample, to be changed. */
static tad_sample_input *changeable(const tad_sample *s) {
    static tad_sample_input in[2 * TAD_MAX_INPUTS];
    ck_assert_uint_le(s->n, sizeof in / sizeof *in);
    memcpy(in, s->in, s->n * sizeof *in);
    return in;
}

/* Every operand in every element type and in odd shapes, one at a time. */
START_TEST(odd_operands) {
    static const tad_shape shapes[] = {{0, {0}},      {1, {0}},    {1, {1}},
                                       {2, {13, 17}}, {1, {1000}}, {8, {2, 1, 2, 1, 2, 1, 2, 1}},
                                       {3, {0, 5, 0}}};
    trial r;
    begin_trial(&r, tad_op_at((size_t)_i));
    for (size_t k = 0; k < tad_sample_count(r.op); k++) {
        ck_assert(tad_sample_at(r.op, k, &r.room));
        tad_sample_input *in = changeable(&r.room.sample);
        for (size_t i = 0; i < r.room.sample.n; i++) {
            tad_sample_input was = in[i];
            for (int d = 0; d < TAD_DTYPE_COUNT; d++) {
                in[i].type.dtype = (tad_dtype)d;
                in[i].fill = d >= TAD_I64 ? TAD_FILL_INTEGER : was.fill;
                in[i].hi = d >= TAD_I64 ? 2 : was.hi;
                in[i].lo = d >= TAD_I64 ? 0 : was.lo;
                fill(&r, in, r.room.sample.n);
                (void)accepted(&r, tad_dtype_name((tad_dtype)d), r.room.sample.options);
            }
            in[i] = was;
            for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++) {
                in[i].type.shape = shapes[j];
                fill(&r, in, r.room.sample.n);
                (void)accepted(&r, "odd shape", r.room.sample.options);
            }
            in[i] = was;
        }
        tad_tape_reset(r.t);
    }
    tad_tape_free(r.t);
}
END_TEST

/* Every size that occurs in a sample becomes 0 wherever it occurs: (3,5) (5,7) gives (0,5) (5,7),
 * (3,0) (0,7) and (3,5) (5,0). Elementwise ops must accept all of them. */
START_TEST(empty_operands) {
    trial r;
    begin_trial(&r, tad_op_at((size_t)_i));
    for (size_t k = 0; k < tad_sample_count(r.op); k++) {
        tad_sample_room original;
        ck_assert(tad_sample_at(r.op, k, &original));
        for (size_t i = 0; i < original.sample.n; i++)
            for (int d = 0; d < original.sample.in[i].type.shape.rank; d++) {
                int64_t size = original.sample.in[i].type.shape.dim[d];
                ck_assert(tad_sample_at(r.op, k, &r.room));
                tad_sample_input *in = changeable(&r.room.sample);
                for (size_t j = 0; j < r.room.sample.n; j++)
                    for (int e = 0; e < in[j].type.shape.rank; e++)
                        if (in[j].type.shape.dim[e] == size) in[j].type.shape.dim[e] = 0;
                fill(&r, in, r.room.sample.n);
                bool fine = accepted(&r, "empty", r.room.sample.options);
                ck_assert_msg(fine || size == 1 || !(r.op->flags & TAD_OP_ELEMENTWISE),
                              "%s refuses an empty array", r.op->name);
            }
        tad_tape_reset(r.t);
    }
    tad_tape_free(r.t);
}
END_TEST

/* ---- options by name ---- */

static void ck_option_refused(trial *r, const tad_value *values, size_t n, const char *word) {
    tad_var y = tad_call(r->t, r->op->name, r->in, r->n, values, n, NULL, 0);
    tad_status s = tad_tape_status(r->t);
    ck_assert_msg(tad_is_nil(y) && (s == TAD_BAD_ARGUMENT || s == TAD_BAD_AXIS),
                  "%s, option %s: %s (%s)", r->op->name, word, tad_status_text(s),
                  tad_message(r->t));
    /* a required one is missing */
    bool another = strstr(tad_message(r->t), "must be given") != NULL;
    ck_assert_msg(strstr(tad_message(r->t), r->op->name) &&
                      (another || strstr(tad_message(r->t), word)),
                  "%s, option %s: '%s'", r->op->name, word, tad_message(r->t));
    tad_tape_clear(r->t);
}

START_TEST(options_by_name) {
    static const int64_t many[TAD_MAX_INTS + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    char long_text[TAD_MAX_TEXT + 1];
    trial r;
    memset(long_text, 'i', sizeof long_text);
    long_text[TAD_MAX_TEXT] = '\0';
    begin_trial(&r, tad_op_at((size_t)_i));
    ck_assert(tad_sample_at(r.op, 0, &r.room));
    fill(&r, r.room.sample.in, r.room.sample.n);
    ck_option_refused(&r, &(tad_value){.name = "no_such_option"}, 1, "no_such_option");
    for (size_t i = 0; i < r.op->n_options; i++) {
        const tad_option *o = &r.op->options[i];
        tad_value text = {.name = o->name, .kind = TAD_VALUE_TEXT, .text = "no such word"};
        tad_value empty = {.name = o->name, .kind = TAD_VALUE_TEXT, .text = NULL};
        tad_value list = {.name = o->name, .kind = TAD_VALUE_INTS, .ints = many, .count = 9};
        if (o->kind == TAD_OPTION_INTS) list.count = TAD_MAX_INTS + 1;
        tad_value strange = {.name = o->name, .kind = (tad_value_kind)99};
        tad_value none = {.name = o->name, .kind = TAD_VALUE_SLICES, .slices = NULL};
        if (o->kind == TAD_OPTION_TEXT) text.text = long_text;
        ck_option_refused(&r, &text, 1, o->name);
        ck_option_refused(&r, &empty, 1, o->name);
        ck_option_refused(&r, &list, 1, o->name);
        ck_option_refused(&r, &strange, 1, o->name);
        ck_option_refused(&r, &none, 1, o->name);
        if (o->required) ck_option_refused(&r, NULL, 0, "");
        if (o->kind == TAD_OPTION_AXES || strncmp(o->name, "axis", 4) == 0) {
            tad_value axis = {.name = o->name, .kind = TAD_VALUE_INT, .integer = 100};
            ck_option_refused(&r, &axis, 1, "");
            axis.integer = INT64_MIN;
            ck_option_refused(&r, &axis, 1, "");
        }
    }
    tad_tape_free(r.t);
}
END_TEST

START_TEST(options_on_a_tape_that_has_failed) {
    max_align_t room[64];
    tad_tape *t = tad_tape_new(NULL);
    const tad_op *op = tad_op_find("sum");
    ck_assert_uint_le(op->options_size, sizeof room);
    ck_assert_int_eq(tad_options_by_name(t, op, NULL, 0, room), TAD_OK);
    tad_reshape(tad_scalar(t, 1), TAD_SHAPE(2));
    ck_assert_int_eq(tad_options_by_name(t, op, NULL, 0, room), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "reshape");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("badinput");
    int ops = (int)tad_op_count();
    tcase_add_loop_test(support_case(s, "mistake"), every_mistake, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(support_case(s, "verb"), every_bad_verb, 0,
                        sizeof bad_verbs / sizeof *bad_verbs);
    TCase *c = support_case(s, "state");
    tcase_add_test(c, the_first_error_sticks);
    tcase_add_test(c, null_tape);
    tcase_add_test(c, options_on_a_tape_that_has_failed);
    tcase_add_loop_test(c, elementwise_ops_of_numbers_alone_give_numbers, 0, 4);
    tcase_add_test(c, bad_settings);
    tcase_add_test(c, levels_of_this_cpu);
    tcase_add_test(c, null_strings);
    tcase_add_loop_test(support_case(s, "misuse"), misuse_cases, 0, ops);
    tcase_add_loop_test(support_case(s, "handle"), bad_handles, 0, ops);
    tcase_add_loop_test(support_case(s, "count"), operand_counts, 0, ops);
    tcase_add_loop_test(support_case(s, "odd"), odd_operands, 0, ops);
    tcase_add_loop_test(support_case(s, "empty"), empty_operands, 0, ops);
    tcase_add_loop_test(support_case(s, "option"), options_by_name, 0, ops);
    return s;
}

SUPPORT_MAIN(suite)
