/* Wrong derivatives of functions: the value is right, the derivative is not, in both modes alike,
 * so that only the numeric derivative can tell. (Wrong rules of ops: test_mutants, test_laws.) */
#include "support.h"

/* F(name, what is computed from x) */
#define BASES(F)                                                                                   \
    F(SIN, tad_sin(x))                                                                             \
    F(EXP, tad_exp(x))                                                                             \
    F(SQUARE, tad_square(x))                                                                       \
    F(TANH, tad_tanh(x))                                                                           \
    F(TINY, tad_mul(tad_sin(x), tad_number(1e-150)))                                               \
    F(HUGE_, tad_mul(tad_sin(x), tad_number(1e150)))                                               \
    F(LINE, tad_mul(x, tad_number(1e-9)))                                                          \
    F(LIFTED, tad_add(tad_sin(x), tad_number(100)))                                                \
    F(SOFTMAX, tad_softmax(x, 0))                                                                  \
    F(NORM, tad_sqrt(tad_sum(tad_square(x), tad_all())))                                           \
    F(MEAN, tad_mean(tad_square(x), tad_all()))                                                    \
    F(RELU, tad_relu(tad_cos(x)))                                                                  \
    F(LOGSUMEXP, tad_logsumexp(tad_mul(x, tad_number(2)), tad_all()))                              \
    F(DEEP, tad_tanh(tad_sin(tad_tanh(tad_mul(x, tad_number(1.5))))))

#define CODE(name, value) name,
typedef enum base { BASES(CODE) BASE_COUNT } base;
#define TEXT(name, value) #name,
static const char *const base_text[] = {BASES(TEXT)};

#define FAULTS(F)                                                                                  \
    F(SIGN, "sign flipped")                                                                        \
    F(TWICE, "times 2")                                                                            \
    F(NEARLY, "times 1.0009")                                                                      \
    F(FINELY, "times 1 + 3e-5")                                                                    \
    F(NOTHING, "zero")                                                                             \
    F(ONE_SIGN, "sign of one element")                                                             \
    F(ONE_GONE, "one element zero")                                                                \
    F(NEGATIVE, "wrong sign where x < 0")                                                          \
    F(POSITIVE, "zero where x > 0")                                                                \
    F(REVERSED, "handed to another element")                                                       \
    F(LAST, "last block zero")                                                                     \
    F(LARGE, "clipped where x > 1")                                                                \
    F(PLUS, "every element's own derivative times 1 + x / 1000")
#define FAULT(name, text) name,
typedef enum fault { FAULTS(FAULT) FAULT_COUNT } fault;
#define FAULT_TEXT(name, text) text,
static const char *const fault_text[] = {FAULTS(FAULT_TEXT)};

typedef struct wrong {
    base base;
    int fault; /* FAULT_COUNT: none */
} wrong;

/* x with its derivative times c, an array or a number. */
static tad_var times(tad_var x, tad_var c) {
    tad_var d = tad_detach(x);
    return tad_add(d, tad_mul(c, tad_sub(x, d)));
}

/* c where the mask is 1, else 1. */
static tad_var where(tad_var x, const double *mask, double c) {
    double value[6];
    for (int i = 0; i < 6; i++) value[i] = mask[i] != 0 ? c : 1;
    return tad_constant(x.tape, TAD_F64, TAD_SHAPE(6), value);
}

static tad_var spoiled(tad_var x, fault f) {
    static const double one[] = {0, 0, 1, 0, 0, 0}, last[] = {0, 0, 0, 0, 1, 1};
    double v[6], below[6], above[6], beyond[6];
    if (tad_read(x, v, 6) != TAD_OK) return x;
    for (int i = 0; i < 6; i++) {
        below[i] = v[i] < 0;
        above[i] = v[i] > 0;
        beyond[i] = v[i] > 1;
    }
    switch (f) {
    case SIGN: return times(x, tad_number(-1));
    case TWICE: return times(x, tad_number(2));
    case NEARLY: return times(x, tad_number(1.0009));
    case FINELY: return times(x, tad_number(1 + 3e-5));
    case NOTHING: return times(x, tad_number(0));
    case ONE_SIGN: return times(x, where(x, one, -1));
    case ONE_GONE: return times(x, where(x, one, 0));
    case NEGATIVE: return times(x, where(x, below, -1));
    case POSITIVE: return times(x, where(x, above, 0));
    case LAST: return times(x, where(x, last, 0));
    case LARGE: return times(x, where(x, beyond, 0.5));
    case PLUS: return times(x, tad_add(tad_number(1), tad_mul(tad_detach(x), tad_number(1e-3))));
    case REVERSED: {
        tad_var back = tad_flip(x, tad_axis(0));
        return tad_add(tad_detach(x), tad_sub(back, tad_detach(back)));
    }
    default: return x;
    }
}

static tad_var run(tad_tape *t, const tad_var *in, size_t n, void *user) {
    const wrong *w = user;
    tad_var x = spoiled(in[0], (fault)w->fault);
    (void)t, (void)n;
    switch (w->base) {
#define CASE(name, value)                                                                          \
    case name: return value;
        BASES(CASE)
    default: return tad_none();
    }
}

static tad_verdict check(const wrong *w, tad_gradcheck_report *r) {
    static const double at[] = {-1.3, 0.45, 1.35, -0.2, 0.8, 1.25};
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(6), at);
    wrong copy = *w;
    tad_verdict v = tad_gradcheck(run, &copy, &x, 1, NULL, r);
    ck_tape(t);
    tad_tape_free(t);
    return v;
}

START_TEST(the_same_without_a_fault_passes) {
    tad_gradcheck_report r;
    tad_verdict v = check(&(wrong){(base)_i, FAULT_COUNT}, &r);
    ck_assert_msg(v == TAD_CHECK_PASS, "%s: %s: %s", base_text[_i], tad_verdict_text(v), r.first);
}
END_TEST

START_TEST(a_wrong_derivative_fails) {
    tad_gradcheck_report r;
    int caught = 0;
    for (int b = 0; b < BASE_COUNT; b++) {
        tad_verdict v = check(&(wrong){(base)b, _i}, &r);
        caught += v == TAD_CHECK_FAIL;
        if (v != TAD_CHECK_FAIL)
            fprintf(stderr, "# missed: %s, %s: %s\n", base_text[b], fault_text[_i],
                    tad_verdict_text(v));
    }
    printf("# %s: caught %d of %d\n", fault_text[_i], caught, BASE_COUNT);
    fflush(stdout);
    ck_assert_int_eq(caught, BASE_COUNT);
}
END_TEST

/* Steps have to be below the distance of the kink; there the bound is still sharp enough. */
static tad_var near_kink(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    return tad_abs(tad_sub(times(in[0], tad_number(*(const double *)user)), tad_number(1)));
}

START_TEST(a_wrong_sign_near_a_kink_fails) {
    static const double distance[] = {-1e-8, 1e-8, -1e-6, 1e-4};
    for (int wrong = 0; wrong < 2; wrong++) {
        double factor = wrong ? -1 : 1;
        tad_tape *t = tad_tape_new(NULL);
        tad_var x = tad_scalar(t, 1 + distance[_i]);
        tad_verdict v = tad_gradcheck(near_kink, &factor, &x, 1, NULL, NULL);
        ck_assert_int_eq(v, wrong ? TAD_CHECK_FAIL : TAD_CHECK_PASS);
        tad_tape_free(t);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wrong");
    TCase *c = support_case(s, "wrong");
    tcase_add_loop_test(c, the_same_without_a_fault_passes, 0, BASE_COUNT);
    tcase_add_loop_test(c, a_wrong_derivative_fails, 0, FAULT_COUNT);
    tcase_add_loop_test(c, a_wrong_sign_near_a_kink_fails, 0, 4);
    return s;
}

SUPPORT_MAIN(suite)
