/* Sums over a list of operands as one node: sum_list, dot_list. They are for scalar code (a neuron
 * in one node); on arrays they work elementwise. Rests on tape.h and the loop. */
#include "ops/families.h"
#include "array/c_text.h"
#include "tape/apply.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/node.h"
#include "tape/tape.h"
#include "ops/samples.h"

#include <math.h>
#include <string.h>

enum { SUM_LIST, DOT_LIST };

/* ---- shape and value ---- */

static tad_status list_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    bool pairs = c->op == &tad__ops_list[DOT_LIST];
    if (pairs && c->n_in % 2 == 0)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%zu operands: c, all a, all b are needed", c->n_in);
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) return tad_fail(c, TAD_BAD_ARGUMENT, "operand %zu is missing", i);
        if (c->in[i]->dtype > TAD_F32)
            return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s", i,
                            tad_dtype_name((tad_dtype)c->in[i]->dtype));
        tad_shape s = tad__shape_of(c->in[i]);
        if (i == 0) out->shape = s;
        if (!tad__shape_broadcast(&out->shape, &s, &out->shape))
            return tad_fail(c, TAD_BAD_SHAPE, "operand %zu does not broadcast with those before",
                            i);
    }
    out->dtype = (tad_dtype)c->in[0]->dtype;
    return TAD_OK;
}

#define ADD_PRODUCTS(T)                                                                            \
    for (int64_t i = 0; i < l->length; i++) {                                                      \
        const T a = *(const T *)(const void *)(l->run[1] + i * l->step[1]);                        \
        const T b = factors == 2 ? *(const T *)(const void *)(l->run[2] + i * l->step[2]) : 1;     \
        *(T *)(void *)(l->run[0] + i * l->step[0]) += a * b;                                       \
    }

/* The same of elements that lie one after the other in all of them. */
static void add_run(const tad_call_frame *c, const tad_array *a, const tad_array *b) {
    _Alignas(64) double product[TAD__BLOCK];
    const tad__kernels *k = c->compute->kernels;
    const tad_dtype dtype = (tad_dtype)a->dtype;
    const size_t size = tad__width(dtype), all = (size_t)a->size;
    for (size_t at = 0, n; at < all; at += n) {
        n = tad__min(all - at, TAD__BLOCK);
        const void *in[3] = {(char *)a->data + at * size, b ? (char *)b->data + at * size : NULL};
        if (b) k->row[TAD__ROW_mul].forward[dtype](n, in, product, tad__no_options);
        k->add[dtype](n, b ? product : in[0], (char *)c->out[0]->data + at * size);
    }
}

static bool is_run(const tad_call_frame *c, const tad_array *x) {
    return x->contiguous && x->size == c->out[0]->size && x->dtype == c->out[0]->dtype;
}

/* y += a, or y += a b. */
static void add_term(const tad_call_frame *c, const tad_array *a, const tad_array *b) {
    if (is_run(c, a) && (!b || is_run(c, b))) {
        add_run(c, a, b);
        return;
    }
    tad_shape shape = tad__shape_of(c->out[0]);
    int factors = b ? 2 : 1;
    tad__loop loop, *l = &loop;
    tad__loop_init(l, &shape, (const tad_array *const[]){c->out[0], a, b ? b : a}, 3);
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        if (c->out[0]->dtype == TAD_F64) {
            ADD_PRODUCTS(double)
        } else {
            ADD_PRODUCTS(float)
        }
    }
}

static tad_status list_forward(const tad_call_frame *c) {
    size_t n = c->n_in / 2;
    tad__clear(c->compute, c->out[0]);
    if (c->op == &tad__ops_list[SUM_LIST]) {
        for (size_t i = 0; i < c->n_in; i++) add_term(c, c->in[i], NULL);
        return TAD_OK;
    }
    add_term(c, c->in[0], NULL);
    for (size_t i = 0; i < n; i++) add_term(c, c->in[1 + i], c->in[1 + n + i]);
    return TAD_OK;
}

/* Operands k and, behind it, its partner in a product, as arrays of a loop from n on; how many. */
static int add_operands(const tad_call_frame *c, size_t k, const tad_array **array, int n) {
    const bool pairs = c->op == &tad__ops_list[DOT_LIST] && k > 0;
    array[n] = c->in[k];
    if (pairs) array[n + 1] = c->in[k + c->n_in / 2];
    return pairs ? 2 : 1;
}

/* As many terms at once as a loop has arrays for: terms [first, end), of all the sum's. */
static size_t put_terms(const tad_call_frame *c, tad_c *to, size_t first, size_t terms) {
    const tad_shape shape = tad__shape_of(c->out[0]);
    const tad_array *array[TAD__LOOP_ARRAYS] = {c->out[0]};
    size_t end = first;
    int n = 1, at = 1;
    tad__loop l;
    for (; end < terms && n + 2 <= TAD__LOOP_ARRAYS; end++) n += add_operands(c, end, array, n);
    tad__c_open(to, &l, &shape, array, n);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, first ? " = out0" : " = 0");
    if (first) tad__c_at(to, &l, 0);
    for (size_t k = first; k < end; k++) {
        const int factors = add_operands(c, k, array, 0);
        for (int i = 0; i < factors; i++) {
            tad_c_put(to, "%s in%zu", i ? " *" : " +", i ? k + c->n_in / 2 : k);
            tad__c_at(to, &l, at++);
        }
    }
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
    return end;
}

static void list_c_text(const tad_call_frame *c, tad_c *to) {
    const size_t terms = c->op == &tad__ops_list[DOT_LIST] ? c->n_in / 2 + 1 : c->n_in;
    for (size_t done = 0; done < terms;) done = put_terms(c, to, done, terms);
}

/* ---- rules ---- */

static void sum_vjp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (r->wanted[i]) r->result[i] = r->given[0];
}

/* The other factor of operand i of c, a..., b... */
static tad_var partner(const tad_rule *r, size_t i) {
    size_t n = r->n_in / 2;
    return r->in[i <= n ? i + n : i - n];
}

static void dot_vjp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (r->wanted[i]) r->result[i] = i == 0 ? r->given[0] : tad_mul(r->given[0], partner(r, i));
}

static void list_jvp(tad_rule *r) {
    bool pairs = r->op == &tad__ops_list[DOT_LIST];
    for (size_t i = 0; i < r->n_in; i++) {
        if (tad_is_nil(r->given[i])) continue;
        tad_var term = pairs && i ? tad_mul(r->given[i], partner(r, i)) : r->given[i];
        r->result[0] = tad_is_nil(r->result[0]) ? term : tad_add(r->result[0], term);
    }
}

/* ---- the family ---- */

static const tad_sample sum_samples[] = {
    {CASE("three numbers", F64_0D, F64_0D, F64_0D)},
    {CASE("one", F64(3))},
    {CASE("arrays", F64(2, 3), F64(2, 3), F64(2, 3))},
    {CASE("broadcast", F64(3, 1), F64(5), F64_0D)},
    {CASE("empty", F64(0), F64(0))},
};
static const tad_misuse sum_misuse[] = {
    {CASE("shapes", F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("int64", F64(3), INDICES(4, 3)), .expect = TAD_BAD_DTYPE},
    {.label = "nothing", .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample dot_samples[] = {
    {CASE("two products", F64_0D, F64_0D, F64_0D, F64_0D, F64_0D)},
    {CASE("one product", F64_0D, F64_0D, F64_0D)},
    {CASE("none", F64(3))},
    {CASE("arrays", F64(2, 3), F64(2, 3), F64(2, 3), F64(2, 3), F64(2, 3))},
    {CASE("broadcast", F64(3, 1), F64(5), F64_0D)},
    {CASE("empty", F64(0), F64(0), F64(1))},
};
static const tad_misuse dot_misuse[] = {
    {CASE("a factor without a partner", F64(2), F64(2)), .expect = TAD_BAD_ARGUMENT},
    {CASE("shapes", F64(2), F64(3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("int64", F64(3), F64(3), INDICES(4, 3)), .expect = TAD_BAD_DTYPE},
};

const tad_op tad__ops_list[] = {
    [SUM_LIST] = {.name = "sum_list",
                  .doc = "x0 + x1 + ... as one node; all broadcast",
                  FAMILY("lists", 1, UINT8_MAX),
                  .flags = TAD_OP_POINTWISE,
                  .shape = list_shape,
                  .forward = list_forward,
                  .c_text = list_c_text,
                  .vjp = sum_vjp,
                  .jvp = list_jvp,
                  CASES(sum)},
    [DOT_LIST] = {.name = "dot_list",
                  .doc = "operands c, a0, a1, ..., b0, b1, ...: c + a0 b0 + a1 b1 + ... as one "
                         "node; all broadcast",
                  FAMILY("lists", 1, UINT8_MAX),
                  .flags = TAD_OP_POINTWISE,
                  .shape = list_shape,
                  .forward = list_forward,
                  .c_text = list_c_text,
                  .vjp = dot_vjp,
                  .jvp = list_jvp,
                  CASES(dot)},
};
const size_t tad__ops_list_count = LENGTH(tad__ops_list);

/* ---- the scalar path: one node with a list, that the sweep walks itself ---- */

/* A handle in one register, where it is that: {tape, {index, epoch}}. */
typedef uint64_t handle __attribute__((vector_size(16), aligned(8), may_alias));
enum { IN_ONE_REGISTER = sizeof(tad_var) == sizeof(handle) && offsetof(tad_var, u) == 8 };

/* The nodes of numbers of this epoch that need a gradient, as the header tests it; false: not all
 * are that, or it cannot be seen so quickly. */
static inline bool are_plain(const tad_tape *t, const tad_var *x, size_t n, uint32_t *in) {
    const handle mine = {(uintptr_t)t, t->head.epoch}, *h = (const handle *)(const void *)x;
    handle differ = {0, 0};
    if (!IN_ONE_REGISTER) return false;
    for (; n >= 4; n -= 4, x += 4, h += 4, in += 4) {
        differ |= (h[0] ^ mine) | (h[1] ^ mine) | (h[2] ^ mine) | (h[3] ^ mine);
        for (int k = 0; k < 4; k++) in[k] = x[k].u.at.index;
    }
    for (; n > 0; n--, in++) {
        differ |= *h++ ^ mine;
        *in = (x++)->u.at.index;
    }
    return (differ[0] | (uint32_t)differ[1]) == 0;
}

/* The nodes of any numbers that live on t. plain: where the plain ones among them go; NULL: there
 * may be none. */
TAD__INLINE bool are_numbers(tad_tape *t, const tad_var *x, size_t n, uint32_t *in, double *plain,
                             unsigned *flags) {
    for (size_t i = 0; i < n; i++) {
        if (plain && tad_is_number(x[i])) {
            in[i] = TAD__NO_NODE;
            plain[i] = x[i].u.number;
            continue;
        }
        if (!tad__is_living(t, x[i])) return false;
        const tad__node *p = tad__at(t, in[i] = x[i].u.at.index);
        *flags |= p->flags;
        if (p->flags & TAD__ARRAY) return false;
    }
    return true;
}

static inline bool find_numbers(tad_tape *t, const tad_var *x, size_t n, uint32_t *in,
                                unsigned *flags) {
    if (!are_plain(t, x, n, in)) return are_numbers(t, x, n, in, NULL, flags);
    *flags |= TAD__NEEDS;
    return true;
}

/* The handle was just written as two 32-bit stores; a 64-bit load would stall. */
static inline bool find_number(tad_tape *t, tad_var x, uint32_t *in, unsigned *flags) {
    if (x.tape != t || x.u.at.epoch != t->head.epoch) return are_numbers(t, &x, 1, in, NULL, flags);
    *in = x.u.at.index;
    *flags |= TAD__NEEDS;
    return true;
}

static tad_var finish(tad_tape *t, tad__record_of *r, enum tad__kind kind, unsigned flags,
                      double value) {
    uint32_t index;
    if (!tad__new_node(t, &index)) return tad__nil(t);
    tad__node *node = tad__at(t, index);
    node->kind = (uint8_t)kind;
    node->flags = (uint8_t)(flags & TAD__NEEDS);
    node->u.record = r;
    node->value.number = value;
    return tad__handle(t, index);
}

static tad__record_of *new_record(tad_tape *t, const tad_op *op, size_t n_in) {
    tad__record_of *r = tad__arena_take(&t->arena, sizeof *r + n_in * sizeof *r->in, 8);
    if (r) *r = (tad__record_of){op, NULL, NULL, (uint32_t)n_in, 1};
    return r;
}

tad_var tad_sum_list(const tad_var *x, size_t n) {
    tad_tape *t = x ? tad__tape_of(x, n) : NULL;
    if (!t || !t->head.limit || n > UINT32_MAX / 8)
        return tad_apply(&tad__ops_list[SUM_LIST], x, n, NULL, NULL, 0);
    tad__arena_mark before = tad__arena_now(&t->arena);
    tad__record_of *r = new_record(t, &tad__ops_list[SUM_LIST], n);
    unsigned flags = 0;
    if (r && find_numbers(t, x, n, r->in, &flags)) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += tad__at(t, r->in[i])->value.number;
        return finish(t, r, TAD__SUM, flags, sum);
    }
    tad__arena_release(&t->arena, before);
    return tad_apply(&tad__ops_list[SUM_LIST], x, n, NULL, NULL, 0);
}

/* ---- with plain numbers among the operands ---- */

/* Operands from `first` on of a node of kind DOT_N; false: not all are numbers. */
static bool find_plain(tad_tape *t, tad__record_of *r, size_t first, const tad_var *x, size_t n,
                       unsigned *flags) {
    uint32_t *in = r->in + first;
    if (!are_plain(t, x, n, in)) return are_numbers(t, x, n, in, tad__plain_of(r) + first, flags);
    *flags |= TAD__NEEDS;
    return true;
}

static double factor(const tad_tape *t, const tad__record_of *r, size_t i) {
    const uint32_t node = r->in[i];
    return node == TAD__NO_NODE ? tad__plain_of(r)[i] : t->head.node[node].value.number;
}

/* c + a . b; either a or `coefficient` is given. False: not all are numbers, or no memory. */
static bool record_plain(tad_tape *t, const double *coefficient, const tad_var *a, const tad_var *b,
                         size_t n, tad_var c, tad_var *result) {
    const size_t n_in = 2 * n + 1, size = tad__plain_offset(n_in) + n_in * sizeof(double);
    const tad__arena_mark before = tad__arena_now(&t->arena);
    tad__record_of *r = t->head.limit ? tad__arena_take(&t->arena, size, 8) : NULL;
    unsigned flags = 0;
    if (!r) return false;
    *r = (tad__record_of){&tad__ops_list[DOT_LIST], NULL, NULL, (uint32_t)n_in, 1};
    double *plain = tad__plain_of(r);
    if (!are_numbers(t, &c, 1, r->in, plain, &flags) || (a && !find_plain(t, r, 1, a, n, &flags)) ||
        !find_plain(t, r, 1 + n, b, n, &flags)) {
        tad__arena_release(&t->arena, before);
        return false;
    }
    double sum = 0 + factor(t, r, 0); /* as of arrays, where -0 is none */
    for (size_t i = 1; i <= n; i++) {
        const double p = coefficient ? coefficient[i - 1] : factor(t, r, i);
        if (coefficient) {
            r->in[i] = TAD__NO_NODE;
            plain[i] = p;
        }
        sum += p * factor(t, r, i + n);
    }
    *result = finish(t, r, TAD__DOT_N, flags, sum);
    return true;
}

/* Through the descriptor: its operands are c, all a, all b. */
static tad_var general_dot(tad_tape *t, const double *coefficient, const tad_var *a,
                           const tad_var *b, size_t n, tad_var c) {
    tad_var *in = tad__arena_take(&t->arena, (2 * n + 1) * sizeof *in, 16);
    if (!in) {
        tad__no_memory(t, "dot_list");
        return tad__nil(t);
    }
    in[0] = c;
    for (size_t i = 0; i < n; i++) {
        in[1 + i] = a ? a[i] : tad_number(coefficient[i]);
        in[1 + n + i] = b[i];
    }
    return tad__apply(t, &tad__ops_list[DOT_LIST], in, 2 * n + 1, NULL, NULL, 0);
}

/* False (and the error) where there is no list, or no tape. */
static bool has_lists(tad_tape *t, const void *a, const void *b, size_t n) {
    if (t && a && b && n <= UINT32_MAX / 8) return true;
    if (t) tad__fail(t, TAD_BAD_ARGUMENT, "dot_list: no lists of operands");
    return false;
}

/* c + a . b of variables alone, which the sweep walks without looking for others; false: they are
 * not that, or no memory. */
static bool record_dot(tad_tape *t, const tad_var *a, const tad_var *b, size_t n, tad_var c,
                       tad_var *result) {
    const tad__arena_mark before = tad__arena_now(&t->arena);
    tad__record_of *r = t->head.limit ? new_record(t, &tad__ops_list[DOT_LIST], 2 * n + 1) : NULL;
    unsigned flags = 0;
    if (!r) return false;
    if (!find_number(t, c, r->in, &flags) || !find_numbers(t, a, n, r->in + 1, &flags) ||
        !find_numbers(t, b, n, r->in + 1 + n, &flags)) {
        tad__arena_release(&t->arena, before);
        return false;
    }
    const tad__node *node = t->head.node;
    const uint32_t *p = r->in + 1, *q = p + n;
    double sum = 0 + node[r->in[0]].value.number; /* as of arrays, where -0 is none */
    for (size_t i = 0; i < n; i++) sum += node[p[i]].value.number * node[q[i]].value.number;
    *result = finish(t, r, TAD__DOT, flags, sum);
    return true;
}

/* Whether it is soon seen that not all are variables. */
static bool begins_plain(const tad_var *a, const tad_var *b, size_t n, tad_var c) {
    return tad_is_number(c) || (n && (tad_is_number(a[0]) || tad_is_number(b[0])));
}

tad_var tad_dot_list(const tad_var *a, const tad_var *b, size_t n, tad_var c) {
    tad_tape *t = tad__has_tape(c) ? c.tape : a ? tad__tape_of(a, n) : NULL;
    tad_var y;
    if (!t && b) t = tad__tape_of(b, n);
    if (!has_lists(t, a, b, n)) return tad__nil(t);
    if (!begins_plain(a, b, n, c) && record_dot(t, a, b, n, c, &y)) return y;
    return record_plain(t, NULL, a, b, n, c, &y) ? y : general_dot(t, NULL, a, b, n, c);
}

tad_var tad_dot_list_plain(const double *a, const tad_var *x, size_t n, tad_var c) {
    tad_tape *t = tad__has_tape(c) ? c.tape : x ? tad__tape_of(x, n) : NULL;
    tad_var y;
    if (!has_lists(t, a, x, n)) return tad__nil(t);
    return record_plain(t, a, NULL, x, n, c, &y) ? y : general_dot(t, a, NULL, x, n, c);
}
