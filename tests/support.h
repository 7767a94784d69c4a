/* What every test program shares: the Check main, comparisons, an allocator that counts and fails.
 * Include it first; it brings check.h and tad/tad.h.
 *
 *     START_TEST(adds) {
 *         tad_tape *t = tad_tape_new(NULL);
 *         tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
 *         // values in order, relative tolerance (0: equal)
 *         ck_values(tad_add(x, x), 1e-15, 2, 4);
 *         ck_shape(x, 2);  // its shape; ck_shape(x): 0-d
 *         ck_tape(t);      // the tape has not failed
 *         // it failed so, the message has these words; cleared
 *         ck_refused(t, TAD_BAD_SHAPE, "add", "(2)");
 *         tad_tape_free(t);
 *     }
 *     END_TEST
 *     static Suite *suite(void) {
 *         Suite *s = suite_create("sums");
 *         tcase_add_test(support_case(s, "add"), adds);
 *         return s;
 *     }
 *     SUPPORT_MAIN(suite)
 *
 * ck_near(a, b, tol)  |a - b| <= tol max(1, |b|); NaN equals NaN, infinities equal themselves.
 * ck_done(status, t)  a verb returned TAD_OK; else fails with the tape's message.
 * support_memory      an allocator: counts, checks the sizes it is told, moves and poisons on every
 *                     resize, fails where asked:
 *                         // no chunks of an arena: every piece taken from one is a request
 *                         support_memory m = {.scarce = true};
 *                         // the 7th request fails only; .for_ever: the 7th and later
 *                         support_memory m = {.fail_at = 7};
 *                         tad_tape *t = support_tape(&m);
 *                         ... tad_tape_free(t); ck_no_leak(&m);
 *
 * support_keep        a sink into a support_text, whose text is .data.
 *
 * Check runs each test in a process of its own. CK_FORK=no keeps all in one (leak checkers, gdb),
 * CK_RUN_CASE=add runs one case, TAD_TEST=adds,sums:3,sums:5-9 runs tests by their names: all
 * rounds of a loop test, one, or some. A run in which no test ran has failed. */
#ifndef TAD_TESTS_SUPPORT_H
#define TAD_TESTS_SUPPORT_H

#include <check.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/tad.h>

/* ---- main ---- */

#define SUPPORT_MAIN(suite)                                                                        \
    int main(void) { return support_run((suite)()); }

static inline int support_run(Suite *s) {
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int ran = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (ran == 0) fprintf(stderr, "no test ran\n");
    return ran == 0 || failed > 0;
}

/* A new case of s; its tests may take a minute each (the machines that run them are shared). */
static inline TCase *support_case(Suite *s, const char *name) {
    TCase *c = tcase_create(name);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    return c;
}

/* ---- which tests ---- */

#undef tcase_add_test
#undef tcase_add_loop_test
#define tcase_add_test(c, test) support_add((c), (test), 0, 1)
#define tcase_add_loop_test(c, test, first, end) support_add((c), (test), (first), (end))

/* Adds the rounds of a test, below end, that one entry of TAD_TEST asks for. */
static inline void support_add_entry(TCase *c, const TTest *test, int first, int end,
                                     const char *entry) {
    size_t length = strcspn(entry, ":,");
    if (length != strlen(test->name) || memcmp(entry, test->name, length) != 0) return;
    char *rest = (char *)entry + length;
    if (*rest == ':') {
        long from = strtol(rest + 1, &rest, 10),
             to = *rest == '-' ? strtol(rest + 1, NULL, 10) : from;
        if (from > first) first = from < end ? (int)from : end;
        if (to < end) end = to < first ? first : (int)to + 1;
    }
    if (first < end) _tcase_add_test(c, test, 0, 0, first, end);
}

static inline void support_add(TCase *c, const TTest *test, int first, int end) {
    const char *entry = getenv("TAD_TEST");
    if (!entry) _tcase_add_test(c, test, 0, 0, first, end);
    if (entry && strcmp(entry, "?") == 0) printf("%s:%d-%d\n", test->name, first, end - 1);
    for (; entry; entry = strchr(entry, ',')) {
        entry += *entry == ',';
        support_add_entry(c, test, first, end, entry);
    }
}

/* ---- comparisons ---- */

static inline bool support_close(double a, double b, double tol) {
    if (a == b || (isnan(a) && isnan(b))) return true;
    double scale = fabs(b) > 1 ? fabs(b) : 1;
    return isfinite(b) && fabs(a - b) <= tol * scale; /* false when a is a NaN */
}

/* Bytes of an option of this kind. */
static inline size_t support_option_size(tad_option_kind kind) {
    static const size_t size[] = {
        [TAD_OPTION_BOOL] = sizeof(bool),
        [TAD_OPTION_INT] = sizeof(int64_t),
        [TAD_OPTION_FLOAT] = sizeof(double),
        [TAD_OPTION_CHOICE] = sizeof(int),
        [TAD_OPTION_MAYBE_INT] = sizeof(tad_maybe_int),
        [TAD_OPTION_MAYBE_FLOAT] = sizeof(tad_maybe_float),
        [TAD_OPTION_AXES] = sizeof(tad_axes),
        [TAD_OPTION_SHAPE] = sizeof(tad_shape),
        [TAD_OPTION_SLICES] = sizeof(tad_slices),
        [TAD_OPTION_INTS] = sizeof(tad_ints),
        [TAD_OPTION_DTYPE] = sizeof(tad_dtype),
        [TAD_OPTION_TEXT] = sizeof(tad_words),
    };
    return size[kind];
}

#define ck_near(a, b, tol)                                                                         \
    do {                                                                                           \
        double near_a = (a), near_b = (b);                                                         \
        ck_assert_msg(support_close(near_a, near_b, (tol)), "%s = %.17g, expected %.17g", #a,      \
                      near_a, near_b);                                                             \
    } while (0)

#define ck_tape(t) ck_assert_msg(tad_tape_status(t) == TAD_OK, "tape failed: %s", tad_message(t))

#define ck_done(call, t)                                                                           \
    do {                                                                                           \
        tad_status done_status = (call);                                                           \
        ck_assert_msg(done_status == TAD_OK, "%s: %s: %s", #call, tad_status_text(done_status),    \
                      tad_message(t));                                                             \
    } while (0)

#define SUPPORT_COUNT(type, ...) (sizeof((type[]){__VA_ARGS__}) / sizeof(type))

#define ck_values(x, tol, ...)                                                                     \
    support_values(__FILE__, __LINE__, #x, (x), (tol), (const double[]){__VA_ARGS__},              \
                   SUPPORT_COUNT(double, __VA_ARGS__))
#define ck_shape(...) support_shape_list(__FILE__, __LINE__, __VA_ARGS__, (int64_t)-1)
#define support_shape_list(file, line, x, ...)                                                     \
    support_shape(file, line, #x, (x), (const int64_t[]){__VA_ARGS__})

/* Fails the test with the caller's place in the text. */
static inline void support_fail(const char *file, int line, const char *format, ...)
    TAD_PRINTF(3, 4);
static inline void support_fail(const char *file, int line, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_abort_msg("%s:%d: %s", file, line, text);
}

static inline void support_values(const char *file, int line, const char *what, tad_var x,
                                  double tol, const double *expected, size_t n) {
    if (tad_is_nil(x) || tad_size_of(x) != (int64_t)n)
        support_fail(file, line, "%s has %lld elements, expected %zu", what,
                     (long long)tad_size_of(x), n);
    double *got = malloc((n ? n : 1) * sizeof *got);
    if (tad_read(x, got, n) != TAD_OK) support_fail(file, line, "%s cannot be read", what);
    for (size_t i = 0; i < n; i++)
        if (!support_close(got[i], expected[i], tol))
            support_fail(file, line, "%s, element %zu: %.17g, expected %.17g", what, i, got[i],
                         expected[i]);
    free(got);
}

/* sizes end with -1. */
static inline void support_shape(const char *file, int line, const char *what, tad_var x,
                                 const int64_t *sizes) {
    int rank = 0;
    while (sizes[rank] >= 0) rank++;
    tad_shape s = tad_shape_of(x);
    bool same = s.rank == rank;
    for (int i = 0; same && i < rank; i++) same = s.dim[i] == sizes[i];
    if (!same)
        support_fail(file, line, "%s has rank %d, first size %lld; expected rank %d", what, s.rank,
                     s.rank > 0 ? (long long)s.dim[0] : -1LL, rank);
}

#define ck_refused(t, code, ...)                                                                   \
    support_refused(__FILE__, __LINE__, (t), (code), (const char *[]){__VA_ARGS__, NULL})

static inline void support_refused(const char *file, int line, tad_tape *t, tad_status code,
                                   const char *const *words) {
    tad_status got = tad_tape_status(t);
    if (got != code)
        support_fail(file, line, "status '%s' (%s), expected '%s'", tad_status_text(got),
                     tad_message(t), tad_status_text(code));
    for (; *words; words++)
        if (!strstr(tad_message(t), *words))
            support_fail(file, line, "'%s' is not in the message '%s'", *words, tad_message(t));
    tad_tape_clear(t);
}

/* ---- an allocator that counts and fails ---- */

typedef struct support_memory {
    size_t fail_at; /* 1: the first request; 0: none */
    bool for_ever;  /* every request from fail_at on */
    bool scarce;    /* what has the size of a chunk is refused, and not counted */
    size_t requests, refused, live, peak, blocks;
    size_t lies; /* resizes told another old size than was asked for */
} support_memory;

/* Chunks begin with 64 KB, and double. */
static inline bool support_is_chunk(size_t size) {
    return size >= 64 * 1024 && (size & (size - 1)) == 0;
}

/* Holds the size. Blocks lie 16 bytes behind a multiple of 64, each run: no better aligned than
 * malloc's, and what a tape can fit into them is the same in each run. */
enum { SUPPORT_LINE = 64, SUPPORT_HEADER = SUPPORT_LINE + 16 };

static inline unsigned char *support_block(size_t size) {
    if (size > SIZE_MAX / 2) return NULL;
    size_t lines = (size + SUPPORT_HEADER + SUPPORT_LINE - 1) / SUPPORT_LINE;
    return aligned_alloc(SUPPORT_LINE, lines * SUPPORT_LINE);
}

static inline bool support_refuse(support_memory *m) {
    m->requests++;
    bool now = m->fail_at && (m->for_ever ? m->requests >= m->fail_at : m->requests == m->fail_at);
    m->refused += now;
    return now;
}

static inline void support_give_back(support_memory *m, unsigned char *old, size_t old_size) {
    if (!old) return;
    unsigned char *block = old - SUPPORT_HEADER;
    size_t size;
    memcpy(&size, block, sizeof size);
    m->lies += size != old_size;
    m->live -= size;
    m->blocks--;
    memset(block, 0xDD, size + SUPPORT_HEADER);
    free(block);
}

static inline void *support_resize(void *user, void *old, size_t old_size, size_t new_size) {
    support_memory *m = user;
    unsigned char *block = NULL;
    if (new_size > 0) {
        if (m->scarce && support_is_chunk(new_size)) return NULL;
        if (support_refuse(m)) return NULL;
        block = support_block(new_size);
        if (!block) return NULL;
        memcpy(block, &new_size, sizeof new_size);
        block += SUPPORT_HEADER;
        memset(block, 0xA5, new_size);
        if (old) memcpy(block, old, old_size < new_size ? old_size : new_size);
        m->live += new_size;
        m->blocks++;
        if (m->live > m->peak) m->peak = m->live;
    }
    support_give_back(m, old, old_size);
    return block;
}

static inline tad_allocator support_allocator(support_memory *m) {
    return (tad_allocator){support_resize, m};
}

static inline tad_tape *support_tape(support_memory *m) {
    return tad_tape_new(&(tad_settings){.allocator = support_allocator(m)});
}

#define ck_no_leak(m)                                                                              \
    ck_assert_msg((m)->live == 0 && (m)->blocks == 0 && (m)->lies == 0,                            \
                  "%zu bytes in %zu blocks not freed, %zu wrong old sizes", (m)->live,             \
                  (m)->blocks, (m)->lies)

/* ---- text ---- */

typedef struct support_text {
    char data[60000];
    size_t length, most; /* most: stops before there is more; 0: never */
} support_text;

/* A tad_sink. */
static inline bool support_keep(void *user, const char *piece, size_t length) {
    support_text *k = user;
    if (k->most && k->length + length > k->most) return false;
    ck_assert_uint_lt(k->length + length, sizeof k->data);
    memcpy(k->data + k->length, piece, length);
    k->length += length;
    k->data[k->length] = 0;
    return true;
}

#endif
