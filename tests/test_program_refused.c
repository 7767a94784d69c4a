/* What programs refuse: what could be silently wrong, decisions that come out otherwise, bad input.
 */
#include "programs.h"

/* ---- what could be silently wrong ---- */

/* How C code may see a value. */
static void by_item(tad_var v) { (void)tad_item(v); }
static void by_read(tad_var v) {
    double value;
    ck_done(tad_read(v, &value, 1), t);
}
static void by_data(tad_var v) { (void)tad_data(v); }
static void by_gradient(tad_var v) {
    ck_done(tad_reverse(v), t);
    (void)tad_gradient_item(v);
}
static void by_gradient_data(tad_var v) {
    ck_done(tad_reverse(v), t);
    (void)tad_gradient_data(v);
}
static void (*const ways[])(tad_var) = {by_item, by_read, by_data, by_gradient, by_gradient_data};
enum { WAYS = sizeof ways / sizeof *ways };

START_TEST(what_was_read_on_the_way_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), y = tad_name(tad_square(x), "squared");
    ways[_i](y);
    tad_var z = tad_mul(y, tad_number(2));
    ck_assert_int_eq(tad_freeze(&x, 1, &z, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "squared", "tad_decide");
    tad_var again = tad_mul(x, tad_number(2));
    ck_assert_int_eq(tad_freeze(&x, 1, &again, 1, NULL, &p), TAD_WITNESS);
    tad_tape_clear(t);
}
END_TEST

/* There was none for the list of what was read; the tape works on. */
START_TEST(what_was_read_without_memory_to_note_it_is_refused) {
    support_memory memory = {.scarce = true};
    tad_tape *own = support_tape(&memory);
    tad_mark empty = tad_tape_mark(own);
    tad_program *p;
    tad_var x = tad_scalar(own, 3), y = tad_square(x);
    memory.fail_at = memory.requests + 1;
    ck_assert_double_eq(tad_item(y), 9);
    ck_assert_uint_eq(memory.refused, 1);
    tad_var z = tad_mul(y, tad_number(2));
    ck_assert_double_eq(tad_item(z), 18);
    ck_assert_int_eq(tad_freeze(&x, 1, &z, 1, NULL, &p), TAD_NO_MEMORY);
    ck_refused(own, TAD_NO_MEMORY, "what was read");
    ck_done(tad_tape_rewind(own, empty), own);
    x = tad_scalar(own, 3);
    z = tad_mul(tad_square(x), tad_number(2));
    ck_done(tad_freeze(&x, 1, &z, 1, NULL, &p), own);
    tad_program_free(p);
    tad_tape_free(own);
    ck_no_leak(&memory);
}
END_TEST

/* An op that computes its first result and fails afterwards. */
static int often;
static tad_status number_shape(const tad_call_frame *c, tad_type *out, size_t *n) {
    (void)c, (void)n;
    *out = (tad_type){TAD_F64, TAD_0D};
    return TAD_OK;
}
static tad_status once_forward(const tad_call_frame *c) {
    if (often++) return tad_fail(c, TAD_BAD_INDEX, "once is enough");
    *(double *)c->out[0]->data = *(const double *)c->in[0]->data;
    return TAD_OK;
}
static const tad_op once = {.name = "once",
                            .min_in = 1,
                            .max_in = 1,
                            .n_out = 1,
                            .shape = number_shape,
                            .forward = once_forward};

START_TEST(what_fails_when_it_runs_is_not_frozen) {
    for (int placed = 0; placed < 2; placed++) {
        tad_program *p;
        often = 0;
        tad_var x = tad_scalar(t, 3), y = tad_apply(&once, &x, 1, NULL, NULL, 0);
        if (placed) tad_here(y, "model.c", 12);
        ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_BAD_INDEX);
        ck_assert_ptr_null(p);
        ck_assert_int_eq(strstr(tad_message(t), ", recorded at model.c:12") != NULL, placed);
        ck_refused(t, TAD_BAD_INDEX, "freeze: once", "once is enough");
    }
}
END_TEST

START_TEST(reading_afterwards_or_elsewhere_does_no_harm) {
    tad_var other = tad_scalar(t, 1), unrelated = tad_exp(other);
    ways[_i](unrelated);
    tad_var x = tad_scalar(t, 3), y = tad_square(x);
    ways[_i](unrelated);
    tad_var z = tad_mul(y, tad_number(2));
    ways[_i](z);
    ways[_i](y);
    machine m = machine_of(&x, 1, &z, 1, NULL);
    ck_assert_double_eq(at(m, 5), 50);
    machine_free(m);
}
END_TEST

/* Rewinding takes away what was read, but not that something which stays was. */
START_TEST(reading_is_known_after_rewinding) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3);
    tad_mark mark = tad_tape_mark(t);
    by_item(tad_square(x));
    ck_done(tad_tape_rewind(t, mark), t);
    tad_var y = tad_square(x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    machine_free(m);
    for (int i = 0; i < 100; i++) (void)tad_exp(x);
    by_item(x);
    ck_done(tad_tape_rewind(t, mark), t);
    y = tad_square(x);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    tad_tape_clear(t);
}
END_TEST

START_TEST(sweeping_again_and_again_takes_no_memory) {
    tad_var x = tad_scalar(t, 3), y = tad_square(x);
    ck_done(tad_reverse(y), t);
    (void)tad_gradient_item(x);
    const size_t calls = tad_tape_memory(t).calls;
    for (int k = 0; k < 1000; k++) {
        ck_done(tad_reverse(y), t);
        ck_assert_double_eq(tad_gradient_item(x), 6);
    }
    ck_assert_uint_eq(tad_tape_memory(t).calls, calls);
}
END_TEST

START_TEST(what_was_not_recorded_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), list = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    tad_record_pause(t);
    tad_var number = tad_exp(x), array = tad_exp(list);
    tad_record_resume(t);
    tad_var y = tad_mul(x, number), z = tad_mul(list, array);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "paused");
    ck_assert_int_eq(tad_freeze(&list, 1, &z, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "paused");
}
END_TEST

/* The program reads it where it lies, and what was seen of it may be no more. */
START_TEST(a_parameter_that_was_read_beside_the_inputs_is_refused) {
    const tad_freeze_options copied = {.copy_parameters = true};
    const double three = 3;
    tad_program *p;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &three);
    (void)tad_item(w);
    tad_var x = tad_scalar(t, 2), y = tad_mul(x, w);
    ck_done(tad_freeze(&x, 1, &y, 1, NULL, &p), t);
    tad_program_free(p);
    tad_var z = tad_item(tad_exp(w)) > 1 ? tad_mul(x, w) : x;
    ck_done(tad_freeze(&x, 1, &y, 1, NULL, &p), t);
    tad_program_free(p);
    ck_assert_int_eq(tad_freeze(&x, 1, &z, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "parameter", "read between");
    ck_done(tad_freeze(&x, 1, &z, 1, &copied, &p), t);
    tad_program_free(p);
}
END_TEST

START_TEST(what_was_computed_before_the_first_input_is_a_constant) {
    tad_var before = tad_scalar(t, 3);
    tad_record_pause(t);
    tad_var nine = tad_square(before), drawn = tad_rand(t, TAD_F64, TAD_0D);
    tad_record_resume(t);
    tad_var x = tad_scalar(t, 1), y = tad_mul(x, tad_sub(nine, tad_mul(drawn, tad_number(0))));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 2), 18);
    ck_assert_uint_eq(tad_program_info_of(m.p).draws, 0);
    machine_free(m);
}
END_TEST

START_TEST(what_a_numeric_sweep_gave_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), y = tad_square(x), got[6], one = tad_number(1), none = tad_none();
    ck_done(tad_reverse(y), t);
    got[0] = tad_gradient(x);
    ck_done(tad_forward(&y, 1, &x, &one, 1, &got[1]), t);
    ck_done(tad_hvp(cube, NULL, &x, &one, 1, NULL, NULL, &got[2]), t);
    ck_done(tad_vjp_many(cube, NULL, &x, 1, &none, 1, NULL, &got[3]), t);
    ck_done(tad_jvp_many(cube, NULL, &x, &one, 1, 1, NULL, &got[4]), t);
    ck_done(tad_jacobian(cube, NULL, &x, 1, 0, NULL, &got[5]), t);
    for (size_t k = 0; k < 6; k++) {
        tad_var z = tad_mul(x, got[k]);
        ck_assert_int_eq(tad_freeze(&x, 1, &z, 1, NULL, &p), TAD_WITNESS);
        ck_refused(t, TAD_WITNESS, "numeric sweep");
    }
}
END_TEST

/* ---- decisions ---- */

static tad_var larger(tad_var x, tad_var y) {
    return tad_decide(tad_name(tad_greater(x, y), "x is larger")) ? tad_square(x) : tad_exp(y);
}

START_TEST(a_decision_is_taken_again) {
    tad_var x = tad_scalar(t, 3), y = tad_scalar(t, 2), z = larger(x, y), gradient[2];
    ck_assert_double_eq(tad_item(z), 9);
    ck_done(tad_grad(&z, NULL, 1, (tad_var[]){x, y}, 2, gradient), t);
    machine m = machine_of((tad_var[]){x, y}, 2, &z, 1, NULL);
    double out = 0;
    const double same[2] = {5, 4}, other[2] = {1, 4};
    run_numbers(m, same, &out);
    ck_assert_double_eq(out, 25);
    ck_assert_int_eq(tad_bind_numbers_in(m.w, 0, 2, other), TAD_OK);
    ck_workspace_refused(m, TAD_BRANCH, tad_run(m.w), "x is larger");
    ck_assert_double_eq(out, 25);
    ck_assert_uint_eq(tad_program_info_of(m.p).decisions, 1);
    machine_free(m);
}
END_TEST

/* Also where that is the first thing that was made. */
START_TEST(a_decision_about_an_input_is_taken_again) {
    const bool yes = true;
    tad_var c = tad_constant(t, TAD_BOOL, TAD_0D, &yes), x = tad_scalar(t, 3),
            y = tad_decide(c) ? tad_square(x) : tad_neg(x);
    machine m = machine_of((tad_var[]){c, x}, 2, &y, 1, NULL);
    bool now = true;
    double in = 5, out = 0;
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_BOOL, TAD_0D, &now), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_F64, TAD_0D, &in), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_0D, &out), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(out, 25);
    now = false;
    ck_workspace_refused(m, TAD_BRANCH, tad_run(m.w), "decision 0");
    ck_assert_double_eq(out, 25);
    machine_free(m);
}
END_TEST

START_TEST(a_decision_about_what_is_unknown_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3);
    tad_record_pause(t);
    tad_var larger = tad_greater(x, tad_number(1));
    ck_assert(tad_decide(larger));
    tad_record_resume(t);
    tad_var y = tad_square(x);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    tad_tape_clear(t);
}
END_TEST

START_TEST(only_a_bool_decides) {
    tad_var x = tad_scalar(t, 3);
    ck_assert(!tad_decide(x));
    ck_refused(t, TAD_BAD_DTYPE, "decide", "float64");
    ck_assert(!tad_decide(tad_constant(t, TAD_BOOL, TAD_SHAPE(2), NULL)));
    ck_refused(t, TAD_BAD_DTYPE, "decide", "(2)");
    ck_assert(!tad_decide(tad_number(1)));
    ck_tape(t);
}
END_TEST

/* ---- bad input ---- */

START_TEST(bad_lists_are_refused) {
    tad_program *p;
    tad_tape *other = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 1), y = tad_exp(x), c = tad_full(t, TAD_F64, TAD_0D, 2),
            foreign = tad_scalar(other, 1), number = tad_number(1);
    const tad_var twice[2] = {x, x}, mixed[2] = {x, foreign};
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 0, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no outputs");
    ck_assert_int_eq(tad_freeze(&x, 1, NULL, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no outputs");
    ck_assert_int_eq(tad_freeze(NULL, 1, &y, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "inputs");
    ck_assert_int_eq(tad_freeze(twice, 2, &y, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "twice");
    ck_assert_int_eq(tad_freeze(mixed, 2, &y, 1, NULL, &p), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "input");
    ck_assert_int_eq(tad_freeze(&x, 1, &number, 1, NULL, &p), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "output 0");
    ck_assert_int_eq(tad_freeze(&x, 1, &c, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "depends on no input");
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "place");
    ck_assert_int_eq(tad_freeze(NULL, 0, NULL, 0, NULL, &p), TAD_BAD_HANDLE);
    tad_tape_free(other);
}
END_TEST

START_TEST(rewound_and_nil_variables_are_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 1);
    tad_mark mark = tad_tape_mark(t);
    tad_var y = tad_exp(x);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "freeze: output");
    tad_var nil = tad_matmul(x, x);
    ck_assert(tad_is_nil(nil));
    ck_assert_int_eq(tad_freeze(&x, 1, &nil, 1, NULL, &p), TAD_BAD_SHAPE); /* sticks */
    tad_tape_clear(t);
    ck_assert_int_eq(tad_freeze(&x, 1, &nil, 1, NULL, &p), TAD_BAD_HANDLE);
    tad_tape_clear(t);
}
END_TEST

START_TEST(bad_bindings_are_refused) {
    double six[6] = {0};
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL), "batch"),
            y = tad_sum(x, tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    tad_workspace *w = m.w;
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_run(w), "2 inputs and outputs");
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(3, 2), six),
                         "input 0 batch has shape (2,3), not (3,2)");
    ck_workspace_refused(m, TAD_BAD_DTYPE, tad_bind_in(w, 0, TAD_F32, TAD_SHAPE(2, 3), six),
                         "float64, not float32");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_in(w, 1, TAD_F64, TAD_SHAPE(2, 3), six),
                         "no input 1 of 1");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(2, 3), NULL),
                         "needs memory");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_out(w, 0, TAD_F64, TAD_0D, NULL),
                         "needs memory");
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_bind_numbers_in(w, 0, 1, six), "(2,3), not ()");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_numbers_out(w, 0, 2, six), "output 1");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_run(w), "1 inputs and outputs");
    machine_free(m);
}
END_TEST

START_TEST(arrays_without_elements_need_no_memory) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL),
            out[2] = {tad_exp(x), tad_sum(x, tad_all())};
    double sum = 7;
    machine m = machine_of(&x, 1, out, 2, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(0, 3), NULL), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(0, 3), NULL), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_0D, &sum), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(sum, 0);
    machine_free(m);
}
END_TEST

START_TEST(a_workspace_in_memory_of_the_callers) {
    tad_var x = tad_scalar(t, 1), y = tad_exp(x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    const size_t size = tad_workspace_size(m.p);
    char *memory = aligned_alloc(64, size + 64);
    ck_assert_ptr_null(tad_workspace_in(m.p, memory, size - 1));
    ck_assert_ptr_null(tad_workspace_in(m.p, memory + 8, size));
    ck_assert_ptr_null(tad_workspace_in(m.p, NULL, size));
    ck_assert_ptr_null(tad_workspace_in(NULL, memory, size));
    machine own = {m.p, tad_workspace_in(m.p, memory, size)};
    ck_assert_ptr_nonnull(own.w);
    ck_assert_double_eq(at(own, 2), exp(2));
    tad_workspace_free(own.w);
    free(memory);
    machine_free(m);
}
END_TEST

/* ---- the suite ---- */

static Suite *suite(void) {
    Suite *s = suite_create("program_refused");
    TCase *c = tape_case(s, "witnesses");
    tcase_add_loop_test(c, what_was_read_on_the_way_is_refused, 0, WAYS);
    tcase_add_test(c, what_was_read_without_memory_to_note_it_is_refused);
    tcase_add_test(c, what_fails_when_it_runs_is_not_frozen);
    tcase_add_loop_test(c, reading_afterwards_or_elsewhere_does_no_harm, 0, WAYS);
    tcase_add_test(c, reading_is_known_after_rewinding);
    tcase_add_test(c, sweeping_again_and_again_takes_no_memory);
    tcase_add_test(c, what_was_not_recorded_is_refused);
    tcase_add_test(c, a_parameter_that_was_read_beside_the_inputs_is_refused);
    tcase_add_test(c, what_was_computed_before_the_first_input_is_a_constant);
    tcase_add_test(c, what_a_numeric_sweep_gave_is_refused);

    c = tape_case(s, "decisions");
    tcase_add_test(c, a_decision_is_taken_again);
    tcase_add_test(c, a_decision_about_an_input_is_taken_again);
    tcase_add_test(c, a_decision_about_what_is_unknown_is_refused);
    tcase_add_test(c, only_a_bool_decides);

    c = tape_case(s, "misuse");
    tcase_add_test(c, bad_lists_are_refused);
    tcase_add_test(c, rewound_and_nil_variables_are_refused);
    tcase_add_test(c, bad_bindings_are_refused);
    tcase_add_test(c, arrays_without_elements_need_no_memory);
    tcase_add_test(c, a_workspace_in_memory_of_the_callers);
    return s;
}
SUPPORT_MAIN(suite)
