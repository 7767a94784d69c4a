/* Every public function with what is no argument: NULL, handles that are none, numbers out of any
 * range. Each argument by itself, all of them, none; nothing may crash, what fails must say so, and
 * the tape must work afterwards. The calls are written from the headers by public_calls.py. */
#include "support.h"

#include <limits.h>

#include <tad/compile.h>
#include <tad/data.h>
#include <tad/gradcheck.h>
#include <tad/nn.h>
#include <tad/optim.h>
#include <tad/safetensors.h>
#include <tad/train.h>

/* ---- what a trial has ---- */

enum { PLACES = 10, ROOM = 1 << 16, VARIANTS = 6, ALL = (1 << PLACES) - 1 };

static tad_tape *t, *other;
static tad_var p, stale, foreign; /* a (2,2) parameter; rewound; of the other tape */
static tad_csr csr;               /* (2,2) */
static tad_dict *dict;
static tad_net *net;
static tad_optim *optim;
static tad_dataset dataset;
static tad_batches *batches;
static tad_history *history;
static tad_dist *dist;
static tad_ranks ranks;
static tad_dist_options dist_options = {.shards = 2};
static tad_mark mark, alien;
static support_memory allocator;
static _Alignas(64) char memory[PLACES][ROOM]; /* one for each argument, zero */

static unsigned bad; /* bit k: argument k is none */
static int variant;  /* which of the values that are none */
static bool told;    /* a good argument belongs to the tape, which so can hear of a failure */
static bool lost;    /* but where to look for the tape, a list or itself, is missing */

_Static_assert(sizeof(tad_gradcheck_report) <= ROOM && sizeof(tad_sample_room) <= ROOM,
               "more room");

static void begin(void) {
    static const unsigned char image[4], label[2] = {0, 1};
    memset(&allocator, 0, sizeof allocator);
    memset(memory, 0, sizeof memory);
    t = tad_tape_new(
        &(tad_settings){.allocator = support_allocator(&allocator), .memory_limit = 1 << 28});
    other = tad_tape_new(&(tad_settings){.memory_limit = 1 << 28});
    p = tad_param(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    foreign = tad_scalar(other, 1);
    alien = tad_tape_mark(other);
    csr = (tad_csr){tad_param(t, TAD_F64, TAD_SHAPE(2), NULL),
                    tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){0, 1, 2}),
                    tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){1, 0}), 2};
    dict = tad_dict_new(t);
    tad_dict_add(dict, "p", p);
    net = tad_mlp(t, (int64_t[]){2, 2}, 2, NULL);
    optim = tad_sgd(dict, 0.001, NULL);
    ranks = tad_ranks_alone();
    dist = tad_dist_new(t, &ranks, dict, &dist_options);
    history = tad_history_new(t, (const char *const[]){"a"}, 1);
    tad_idx images = {TAD_IDX_U8, TAD_SHAPE(2, 2), 4, image},
            labels = {TAD_IDX_U8, TAD_SHAPE(2), 2, label};
    ck_done(tad_dataset_make(t, &images, &labels, NULL, &dataset), t);
    batches = tad_batches_new(t, &dataset, 1, NULL);
    mark = tad_tape_mark(t);
    stale = tad_scalar(t, 1);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_done(tad_reverse(tad_sum(p, tad_all())), t);
    told = lost = false;
}

/* ---- arguments ---- */

static bool is_bad(int k) { return bad >> k & 1; }

#define POINTER(kind, type, value)                                                                 \
    static type *TAKE_##kind(int k) { return is_bad(k) ? NULL : (value); }
#define NUMBER(kind, type, value, ...)                                                             \
    static type TAKE_##kind(int k) {                                                               \
        static type const none[VARIANTS] = {__VA_ARGS__};                                          \
        return is_bad(k) ? none[variant] : (value);                                                \
    }

static tad_var total(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_sum(tad_square(in[0]), tad_all());
}
static bool swallow(void *user, const char *text, size_t length) {
    (void)user, (void)text, (void)length;
    return true;
}
static tad_var same(tad_net *of, tad_var x, bool training, void *user) {
    (void)of, (void)training, (void)user;
    return x;
}

static tad_shard_loss of_shard(tad_tape *on, int64_t shard, double *sums, void *user) {
    (void)on, (void)shard, (void)user;
    sums[0] += 1;
    return (tad_shard_loss){tad_sum(tad_square(p), tad_all()), 1};
}
static tad_status is_final(void *user, size_t k) {
    (void)user, (void)k;
    return TAD_OK;
}

static void no_lane_steps(double *numbers, int once) { (void)numbers, (void)once; }
static tad_status nothing_made(tad_program *p, const bool *each, void *user) {
    (void)p, (void)each, (void)user;
    return TAD_OK;
}
static int no_steps(const void *const *in, double *numbers, void *arrays, tad_steps_list *list,
                    const void *program) {
    (void)in, (void)numbers, (void)arrays, (void)list, (void)program;
    return TAD_OK;
}
static void no_release(void *owner) { (void)owner; }

POINTER(dict, tad_dict, dict)
POINTER(net, tad_net, net)
POINTER(optim, tad_optim, optim)
POINTER(batches, tad_batches, batches)
POINTER(history, tad_history, history)
POINTER(dataset, tad_dataset, &dataset)
POINTER(function, tad_fn, total)
POINTER(sink, tad_sink, swallow)
POINTER(activation, tad_activation, tad_sin)
POINTER(layer, tad_layer_fn, same)
POINTER(steps, tad_steps, no_steps)
POINTER(lane_steps, tad_lane_steps, no_lane_steps)
POINTER(made, tad_program_made, nothing_made)
POINTER(release, tad_release, no_release)
POINTER(dist, tad_dist, dist)
POINTER(ranks, tad_ranks, &ranks)
POINTER(dist_options, tad_dist_options, &dist_options)
POINTER(shard, tad_shard_fn, of_shard)
POINTER(final, tad_final_fn, is_final)
POINTER(memory, void, memory[k])
NUMBER(index, size_t, 0, SIZE_MAX, SIZE_MAX / 2, 1, 2, 100, UINT32_MAX)
NUMBER(int64_t, int64_t, 1, 0, -1, INT64_MIN, INT64_MAX, INT64_C(1) << 40, INT32_MIN)
NUMBER(uint64_t, uint64_t, 1, 0, 2, UINT64_MAX, UINT64_MAX / 2, UINT32_MAX, 3)
NUMBER(int, int, 0, -1, 1, INT_MIN, INT_MAX, 9, -9)
NUMBER(unsigned, unsigned, 1, 0, 32, UINT_MAX, 31, 16, 3)
NUMBER(bool, bool, false, true, false, true, false, true, false)
NUMBER(double, double, 0.5, NAN, INFINITY, -INFINITY, -1, 0, 1e300)
NUMBER(enum, int, 0, -1, 1000, INT_MIN, INT_MAX, 1, 2)
NUMBER(tad_dtype, tad_dtype, TAD_F64, (tad_dtype)-1, TAD_DTYPE_COUNT, TAD_I64, TAD_BOOL, TAD_F32,
       (tad_dtype)99)
NUMBER(tad_axes, tad_axes, tad_axis(0), {true, false, -1, {0}}, {true, false, 9, {0}},
       {true, true, 1, {INT_MIN}}, {true, false, 2, {0, 0}}, {true, false, INT_MAX, {0}},
       {true, true, 1, {INT_MAX}})
NUMBER(tad_shape, tad_shape, TAD_SHAPE(2, 2), {-1, {1}}, {99, {1}}, {1, {-1}}, {2, {INT64_MAX, 8}},
       {1, {INT64_C(1) << 40}}, {8, {0}})
NUMBER(tad_batch_state, tad_batch_state, ((tad_batch_state){{0, 0}, 0}), {{0, 0}, -1},
       {{0, 0}, INT64_MAX}, {{1, 1}, INT64_MIN}, {{1, 1}, 1}, {{0, 0}, 2}, {{0, 0}, 3})
NUMBER(tad_random, tad_random, ((tad_random){1, 0}), {0, 0}, {UINT64_MAX, UINT64_MAX}, {0, 1},
       {1, 1}, {2, 2}, {3, 3})
typedef const char *text; /* a name or a path: nothing can be written there */
#define NOWHERE "/no such folder/"
NUMBER(text, text, NOWHERE "x", NULL, "", NOWHERE "\n", NOWHERE "a\"b", NOWHERE "%s%n", NOWHERE)

/* Nothing can be told from a handle but that it is none. */
static void *TAKE_handle(int k) {
    (void)k;
    return NULL;
}

static tad_status no_shape(const tad_call_frame *c, tad_type *out, size_t *n) {
    (void)out, (void)n;
    return tad_fail(c, TAD_BAD_SHAPE, "never");
}

/* Descriptors that lack what an op must have. */
static const tad_op *TAKE_op(int k) {
    static const tad_op none[VARIANTS] = {
        {0},
        {.name = "nothing"},
        {.min_in = 1, .max_in = 1, .n_out = 1, .shape = no_shape},
        {.name = "no_forward", .min_in = 1, .max_in = 1, .n_out = 1, .shape = no_shape},
        {.name = "many", .min_in = 9, .max_in = 200, .n_out = 99, .shape = no_shape},
        {.name = "samples", .max_in = 1, .n_samples = 1}};
    if (!is_bad(k)) return tad_op_find("add");
    return bad == ALL ? NULL : &none[variant];
}

/* How many; there is room for 16 times 16. */
static size_t TAKE_size_t(int k) {
    static const size_t some[VARIANTS] = {0, 2, 3, 4, 8, 16};
    lost = lost || (is_bad(k) && variant == 0);
    return is_bad(k) ? some[variant] : 1;
}

static tad_tape *TAKE_tape(int k) {
    *(is_bad(k) ? &lost : &told) = true;
    return is_bad(k) ? NULL : t;
}

static tad_var TAKE_tad_var(int k) {
    const tad_var none[VARIANTS] = {{0},   tad_none(), tad_number(2),
                                    stale, foreign,    tad_node_at(t, SIZE_MAX)};
    told = told || !is_bad(k) || variant == 3 || variant == 5;
    return is_bad(k) ? none[variant] : p;
}

static tad_csr TAKE_tad_csr(int k) {
    tad_var v = TAKE_tad_var(k);
    return is_bad(k) ? (tad_csr){v, v, v, variant - 1} : csr;
}

static tad_coo TAKE_tad_coo(int k) {
    tad_var v = TAKE_tad_var(k);
    return is_bad(k) ? (tad_coo){v, v, v, variant - 1, variant - 1}
                     : (tad_coo){csr.values, csr.columns, csr.columns, 2, 2};
}

static const tad_claim *TAKE_claim(int k) {
    static tad_claim one;
    *(is_bad(k) ? &lost : &told) = true;
    one = is_bad(k) ? (tad_claim){.tape = variant % 2 ? t : NULL} : tad_claim_of(t);
    return is_bad(k) && variant == 0 ? NULL : &one;
}

static const tad_prepared *TAKE_prepared(int k) {
    static tad_prepared one;
    one = (tad_prepared){.op = TAKE_op(k)};
    return is_bad(k) && variant == 0 ? NULL : &one;
}

static tad_ref TAKE_tad_ref(int k) {
    const tad_claim claim = tad_claim_of(t);
    const tad_ref good = tad_ref_of(&claim, p), none = (tad_ref)0;
    const tad_ref bits[VARIANTS] = {none,
                                    (tad_ref)1,
                                    (tad_ref)UINT64_MAX,
                                    (tad_ref)(UINT64_MAX / 2),
                                    tad_ref_of(&claim, stale),
                                    (tad_ref)UINT32_MAX};
    return is_bad(k) ? bits[variant] : good;
}

static const tad_var *TAKE_variables(int k) {
    static tad_var list[PLACES][256];           /* n lists of m */
    lost = lost || (is_bad(k) && variant <= 2); /* nobody looks for the tape elsewhere */
    if (is_bad(k) && variant == 0) return NULL;
    for (int i = 0; i < 256; i++) list[k][i] = TAKE_tad_var(k);
    return list[k];
}

static tad_built TAKE_tad_built(int k) {
    tad_built built = tad__built();
    if (is_bad(k)) built.abi++;
    return built;
}

static tad_mark TAKE_tad_mark(int k) {
    const tad_mark none[VARIANTS] = {
        {0}, alien, {t, 1000, 0, 0, 0}, {t, UINT32_MAX, UINT32_MAX, 0, 0}, {0}, alien};
    return is_bad(k) ? none[variant] : mark;
}

/* ---- results ---- */

/* What gives nil without a failure, as there is nothing at that place; or what it was given. */
static bool may_be_nil(const char *name) {
    return strcmp(name, "tad_node_at") == 0 || strcmp(name, "tad_node_parent") == 0 ||
           strcmp(name, "tad_here") == 0 || strcmp(name, "tad_recorded") == 0 ||
           strcmp(name, "tad_var_of") == 0;
}

#define ck_call(condition, ...)                                                                    \
    do {                                                                                           \
        char what[200];                                                                            \
        snprintf(what, sizeof what, __VA_ARGS__);                                                  \
        ck_assert_msg(condition, "%s (arguments %x, value %d) %s", name, bad, variant, what);      \
    } while (0)

/* The tape that could hear of it: that of the first operand, which may be the other one. */
static tad_status failure(void) {
    return tad_tape_status(t) != TAD_OK ? tad_tape_status(t) : tad_tape_status(other);
}

static void ck_status(const char *name, tad_status s) {
    ck_call(failure() == TAD_OK || s == failure(), "returned '%s', the tape has '%s'",
            tad_status_text(s), tad_message(t));
    ck_call(!told || lost || s == failure(), "returned '%s', the tape does not know",
            tad_status_text(s));
}

static void ck_var(const char *name, tad_var v) {
    if (tad_is_nil(v))
        ck_call(failure() != TAD_OK || !told || lost || may_be_nil(name),
                "gave nil, no tape knows why");
    else if (failure() == TAD_OK && v.tape == t && !may_be_nil(name))
        ck_call(tad_node_index(v) != SIZE_MAX, "gave a variable that is none");
}

static void ck_ref(const char *name, tad_ref x) {
    const tad_claim claim = tad_claim_of(t);
    if (strcmp(name, "tad_ref_of") == 0) return; /* of any handle, also of a stale one */
    if (!x)
        ck_call(failure() != TAD_OK || lost, "gave none, no tape knows why");
    else
        ck_call(tad_node_index(tad_var_of(&claim, x)) != SIZE_MAX, "gave a variable that is none");
}

#define GIVES_tad_status(call) ck_status(name, call)
#define GIVES_tad_ref(call) ck_ref(name, call)
#define GIVES_tad_claim(call) (void)(call)
#define GIVES_tad_var(call) ck_var(name, call)
#define GIVES_tad_csr(call) ck_var(name, (call).values)
#define GIVES_tad_coo(call) ck_var(name, (call).values)
#define GIVES_tad_rows(call) ck_var(name, (call).values)
#define GIVES_void(call) (call)
#define GIVES_pointer(call) (void)(call)
#define GIVES_bool(call) (void)(call)
#define GIVES_int(call) (void)(call)
#define GIVES_double(call) (void)(call)
#define GIVES_enum(call) (void)!(call)
#define GIVES_size_t(call) (void)(call)
#define GIVES_int64_t(call) (void)(call)
#define GIVES_uint64_t(call) (void)(call)
#define GIVES_tad_batch_state(call) (void)(call)
#define GIVES_tad_dtype(call) (void)(call)
#define GIVES_tad_entry(call) (void)(call)
#define GIVES_tad_mark(call) (void)(call)
#define GIVES_tad_memory(call) (void)(call)
#define GIVES_tad_node_kind(call) (void)(call)
#define GIVES_tad_program_info(call) (void)(call)
#define GIVES_tad_random(call) (void)(call)
#define GIVES_tad_shape(call) (void)(call)
#define GIVES_tad_type(call) (void)(call)
#define GIVES_tad_axes(call) (void)(call)
#define GIVES_tad_adam_options(call) (void)(call)
#define GIVES_tad_rmsprop_options(call) (void)(call)
#define GIVES_tad_adagrad_options(call) (void)(call)
#define GIVES_tad_adadelta_options(call) (void)(call)
#define GIVES_tad_ranks(call) (void)(call)
#define GIVES_tad_dist_part(call) (void)(call)
#define GIVES_dist(call) tad_dist_free(call)
#define GIVES_tape(call) tad_tape_free(call)

#define CALL(function, count, ...)                                                                 \
    static void call_##function(const char *name) {                                                \
        (void)name;                                                                                \
        __VA_ARGS__;                                                                               \
    }
#include "public_calls.h"
#undef CALL
#define CALL(function, count, ...) {#function, count, call_##function},
static const struct {
    const char *name;
    int count;
    void (*call)(const char *name);
} calls[] = {
#include "public_calls.h"
};

/* ---- trials ---- */

/* The tape still computes and differentiates, and nothing of it is lost. */
static void end(const char *name) {
    tad_tape_clear(t);
    for (int i = 0; i < 3; i++) tad_record_resume(t);
    tad_var x = tad_scalar(t, 3), y = tad_mul(x, x);
    ck_call(tad_reverse(y) == TAD_OK && tad_gradient_item(x) == 6, "left a tape with '%s'",
            tad_message(t));
    tad_dist_free(dist);
    tad_tape_free(t);
    tad_tape_free(other);
    ck_call(allocator.live == 0, "left %zu bytes", allocator.live);
}

START_TEST(takes_anything) {
    ck_assert_int_le(calls[_i].count, PLACES);
    for (variant = 0; variant < VARIANTS; variant++)
        for (int k = -2; k < calls[_i].count; k++) {
            bad = k == -2 ? 0 : k == -1 ? ALL : 1u << k;
            begin();
            calls[_i].call(calls[_i].name);
            end(calls[_i].name);
        }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("nulls");
    for (int i = 0; i < (int)(sizeof calls / sizeof *calls); i++)
        tcase_add_loop_test(support_case(s, calls[i].name), takes_anything, i, i + 1);
    return s;
}

SUPPORT_MAIN(suite)
