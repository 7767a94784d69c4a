/* The state of a tape over its life: reset, epochs that come round, names and scopes beside marks,
 * what the sanitizer is told of its memory. */
#include "support.h"

#include "tape/handle.h"

/* ---- reset ---- */

START_TEST(handles_and_marks_from_before_a_reset_are_refused) {
    tad_tape *t = tad_tape_new(NULL);
    for (int round = 0; round < 3; round++) {
        tad_var old = tad_scalar(t, 1), w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){7, 7});
        tad_mark m = tad_tape_mark(t);
        tad_tape_reset(t);
        tad_scalar(t, 42);
        tad_var x = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
        tad_var big = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){1, 2, 3, 4});
        ck_assert(isnan(tad_item(old)));
        ck_refused(t, TAD_BAD_HANDLE, "item", "rewound");
        ck_assert(tad_is_nil(tad_mul(old, tad_number(2))));
        ck_refused(t, TAD_BAD_HANDLE, "mul", "rewound");
        ck_assert_int_eq(tad_assign(w, (double[]){-1, -1}), TAD_BAD_HANDLE);
        ck_refused(t, TAD_BAD_HANDLE, "assign", "rewound");
        ck_assert_int_eq(tad_tape_rewind(t, m), TAD_BAD_HANDLE);
        ck_refused(t, TAD_BAD_HANDLE, "rewind", "mark");
        tad_constant(t, TAD_F64, TAD_SHAPE(6), (double[]){9, 9, 9, 9, 9, 9});
        ck_values(x, 0, 1, 2);
        ck_values(big, 0, 1, 2, 3, 4);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(a_mark_of_the_empty_tape_outlives_a_reset) {
    tad_tape *t = tad_tape_new(NULL);
    tad_mark empty = tad_tape_mark(t);
    tad_scalar(t, 1);
    tad_tape_reset(t);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_done(tad_tape_rewind(t, empty), t);
    ck_assert_uint_eq(tad_node_count(t), 0);
    ck_assert_ptr_null(tad_data(x));
    ck_refused(t, TAD_BAD_HANDLE, "rewound");
    tad_tape_free(t);
}
END_TEST

START_TEST(a_reset_ends_pauses_scopes_and_failures) {
    tad_tape *t = tad_tape_new(NULL);
    tad_scope_push(t, "net");
    tad_record_pause(t);
    tad_record_pause(t);
    tad_add(tad_scalar(t, 1), tad_none());
    ck_assert_int_ne(tad_tape_status(t), TAD_OK);
    tad_tape_reset(t);
    ck_tape(t);
    tad_var x = tad_scalar(t, 3), y = tad_name(tad_mul(x, x), "y");
    ck_done(tad_reverse(y), t);
    ck_near(tad_gradient_item(x), 6, 0);
    ck_assert_str_eq(tad_node_name(y), "y");
    tad_tape_free(t);
}
END_TEST

/* ---- epochs ---- */

/* The largest epoch, after which they come round. */
enum { LAST = 0x7fffffff };

START_TEST(living_and_stale_are_told_apart_where_epochs_come_round) {
    for (uint32_t before = 0; before < 6; before++) {
        tad_tape *t = tad_tape_new(NULL);
        t->head.epoch = LAST - before;
        tad_var w = tad_scalar(t, 1);
        tad_mark outer = tad_tape_mark(t);
        tad_var stale = tad_scalar(t, 2);
        ck_done(tad_tape_rewind(t, outer), t);
        tad_var inner = tad_scalar(t, 3);
        tad_mark m = tad_tape_mark(t);
        for (int i = 0; i < 10; i++) {
            tad_var y = tad_mul(w, inner);
            ck_near(tad_item(y), 3, 0);
            ck_assert(!tad__is_living(t, stale));
            ck_assert(tad__is_living(t, w) && tad__is_living(t, inner) && tad__is_living(t, y));
            ck_done(tad_tape_rewind(t, m), t);
            ck_assert(!tad__is_living(t, y));
        }
        tad_tape_free(t);
    }
}
END_TEST

/* An outer loop's cut is older than everything in an inner loop of very many steps. */
START_TEST(variables_in_use_outlive_any_number_of_rewinds) {
    tad_tape *t = tad_tape_new(NULL);
    tad_scalar(t, 0);
    tad_mark outer = tad_tape_mark(t);
    ck_done(tad_tape_rewind(t, outer), t);
    for (int i = 0; i < 3; i++) tad_tape_rewind(t, tad_tape_mark(t));
    tad_var x = tad_scalar(t, 5);
    tad_mark m = tad_tape_mark(t);
    for (int i = 0; i < 100; i++) {
        t->head.epoch = (t->head.epoch + LAST / 50) & LAST; /* as many rewinds to m */
        tad_scalar(t, 6);
        ck_done(tad_tape_rewind(t, m), t);
        ck_assert(tad__is_living(t, x));
        ck_near(tad_item(x), 5, 0);
    }
    tad_tape_free(t);
}
END_TEST

/* ---- names ---- */

START_TEST(a_name_given_after_a_mark_stays_with_its_variable) {
    support_memory m = {0}; /* poisons what it frees */
    tad_tape *t = support_tape(&m);
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), NULL);
    tad_mark mark = tad_tape_mark(t);
    tad_name(w, "weights");
    tad_var gone = tad_name(tad_sum(w, tad_all()), "loss");
    ck_done(tad_tape_rewind(t, mark), t);
    double many[120] = {0};
    for (int i = 0; i < 100; i++) tad_constant(t, TAD_F64, TAD_SHAPE(120), many);
    ck_assert_str_eq(tad_node_name(w), "weights");
    ck_assert_str_eq(tad_node_name(tad_node_at(t, 1)), "");
    ck_assert_str_eq(tad_node_name(gone), "");
    ck_refused(t, TAD_BAD_HANDLE, "rewound");
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(the_last_name_counts_and_naming_again_needs_no_memory) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), NULL), v = tad_name(tad_scalar(t, 0), "v");
    tad_name(w, "a");
    tad_name(w, "b");
    size_t live = tad_tape_memory(t).live;
    tad_mark m = tad_tape_mark(t);
    for (int i = 0; i < 10000; i++) {
        tad_name(w, i % 2 ? "odd" : "even");
        ck_done(tad_tape_rewind(t, m), t);
    }
    ck_assert_str_eq(tad_node_name(w), "odd");
    ck_assert_str_eq(tad_node_name(v), "v");
    ck_assert_uint_le(tad_tape_memory(t).live, live + 1024);
    tad_tape_free(t);
}
END_TEST

START_TEST(names_given_in_any_order_are_found) {
    enum { N = 2000 };
    tad_tape *t = tad_tape_new(NULL);
    tad_var x[N];
    char text[16];
    for (int i = 0; i < N; i++) x[i] = tad_scalar(t, i);
    for (int i = 0; i < N; i++) {
        int k = i * 701 % N; /* each once */
        snprintf(text, sizeof text, "x%d", k);
        tad_name(x[k], text);
    }
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "x%d", i);
        ck_assert_str_eq(tad_node_name(x[i]), text);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(a_scope_lasts_from_push_to_pop) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    tad_var w = tad_scalar(t, 1);
    tad_mark mark = tad_tape_mark(t);
    tad_scope_push(t, "net");
    tad_scope_push(t, "layer");
    ck_done(tad_tape_rewind(t, mark), t);
    double many[120] = {0};
    for (int i = 0; i < 100; i++) tad_constant(t, TAD_F64, TAD_SHAPE(120), many);
    ck_assert_str_eq(tad_node_name(tad_name(w, "w")), "net/layer/w");
    tad_scope_pop(t);
    ck_assert_str_eq(tad_node_name(tad_name(w, "w")), "net/w");
    tad_scope_pop(t);
    tad_scope_pop(t);
    ck_assert_str_eq(tad_node_name(tad_name(w, "w")), "w");
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(a_push_that_failed_has_its_pop) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var w = tad_scalar(t, 1);
    tad_scope_push(t, "net");
    tad_tape_fail(t, TAD_BAD_ARGUMENT, "a failure");
    tad_scope_push(t, "layer");
    tad_scope_pop(t);
    tad_tape_clear(t);
    tad_scope_push(t, NULL);
    ck_refused(t, TAD_BAD_ARGUMENT, "scope");
    tad_scope_push(t, "lost too");
    tad_scope_pop(t);
    tad_scope_pop(t);
    ck_assert_str_eq(tad_node_name(tad_name(w, "w")), "net/w");
    tad_tape_free(t);
}
END_TEST

START_TEST(messages_have_the_names_of_operands) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL),
            b = tad_input(t, TAD_F64, TAD_SHAPE(4, 5), NULL);
    tad_scope_push(t, "net");
    tad_name(b, "weights");
    tad_matmul(a, b);
    ck_refused(t, TAD_BAD_SHAPE, "matmul: (2,3) x net/weights (4,5): ");
    tad_name(a, "pixels");
    tad_add(a, b);
    ck_refused(t, TAD_BAD_SHAPE, "add: net/pixels (2,3) x net/weights (4,5): ");
    tad_tape_free(t);
}
END_TEST

/* ---- fences, where AddressSanitizer looks on ---- */

#ifdef TAD_FENCED
__attribute__((weak)) int __asan_address_is_poisoned(const volatile void *at);

static bool closed(const void *at, size_t byte) {
    return !__asan_address_is_poisoned || __asan_address_is_poisoned((const char *)at + byte);
}
static bool open_for(const void *at, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (__asan_address_is_poisoned && closed(at, i)) return false;
    return true;
}

START_TEST(only_what_was_given_out_can_be_touched) {
    enum { LARGE = 100000 }; /* needs a chunk of its own */
    tad_tape *t = tad_tape_new(NULL);
    tad__arena_take(&t->arena, 8, 64);
    tad_mark m = tad_tape_mark(t);
    const char *small = tad__arena_take(&t->arena, 40, 64),
               *next = tad__arena_take(&t->arena, 40, 64),
               *large = tad__arena_take(&t->arena, LARGE, 64);
    ck_assert(open_for(small, 40) && open_for(next, 40) && open_for(large, LARGE));
    ck_assert(closed(small, 40) && closed(next, 40) && closed(large, LARGE));
    ck_done(tad_tape_rewind(t, m), t);
    ck_assert(closed(small, 0) && closed(next, 39) && closed(large, 0) && closed(large, LARGE - 1));
    ck_assert_ptr_eq(tad__arena_take(&t->arena, 20, 64), small);
    ck_assert(open_for(small, 20) && closed(small, 20));
    char *block = tad__buffers_take(&t->buffers, 70);
    ck_assert(open_for(block, 70) && closed(block, 70));
    tad__buffers_give(&t->buffers, block);
    ck_assert(closed(block, 0) && closed(block, 69));
    tad_tape_free(t);
}
END_TEST
#endif

static Suite *suite(void) {
    Suite *s = suite_create("state");
    TCase *reset = support_case(s, "reset"), *epochs = support_case(s, "epochs"),
          *names = support_case(s, "names");
    tcase_add_test(reset, handles_and_marks_from_before_a_reset_are_refused);
    tcase_add_test(reset, a_mark_of_the_empty_tape_outlives_a_reset);
    tcase_add_test(reset, a_reset_ends_pauses_scopes_and_failures);
    tcase_add_test(epochs, living_and_stale_are_told_apart_where_epochs_come_round);
    tcase_add_test(epochs, variables_in_use_outlive_any_number_of_rewinds);
    tcase_add_test(names, a_name_given_after_a_mark_stays_with_its_variable);
    tcase_add_test(names, the_last_name_counts_and_naming_again_needs_no_memory);
    tcase_add_test(names, names_given_in_any_order_are_found);
    tcase_add_test(names, a_scope_lasts_from_push_to_pop);
    tcase_add_test(names, a_push_that_failed_has_its_pop);
    tcase_add_test(names, messages_have_the_names_of_operands);
#ifdef TAD_FENCED
    tcase_add_test(support_case(s, "fences"), only_what_was_given_out_can_be_touched);
#endif
    return s;
}

SUPPORT_MAIN(suite)
