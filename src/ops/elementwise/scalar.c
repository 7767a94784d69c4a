/* Rows on variables: 0-d float64 operands are recorded here, arrays where nothing has to be
 * converted or walked; the rest goes through tad__apply. Rests on forward.h. */
#include "forward.h"

#include "tape/handle.h"

#include "numbers.h"
#include "plain.h"

#include "tape/apply.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/node.h"

/* What the sweep does at a node of this row whose operands are all variables. */
static enum tad__kind kind_of(unsigned row) {
    switch (row) {
    case TAD__ROW_add: return TAD__ADD;
    case TAD__ROW_sub: return TAD__SUB;
    case TAD__ROW_mul: return TAD__MUL;
    case TAD__ROW_div: return TAD__DIV;
    case TAD__ROW_fma: return TAD__FMA;
    case TAD__ROW_fnma: return TAD__FNMA;
    default: return TAD__ROW;
    }
}

/* With one plain number among two operands. */
static enum tad__kind kind_with_number(unsigned row, bool number_first) {
    switch (row) {
    case TAD__ROW_add: return TAD__ADD_XN;
    case TAD__ROW_sub: return number_first ? TAD__SUB_NX : TAD__ADD_XN;
    case TAD__ROW_mul: return TAD__MUL_XN;
    case TAD__ROW_div: return number_first ? TAD__DIV_NX : TAD__DIV_XN;
    default: return number_first ? TAD__ROW_NX : TAD__ROW_XN;
    }
}

static tad_var new_scalar(tad_tape *t, unsigned row, enum tad__kind kind, unsigned flags,
                          double value, tad__node operands) {
    uint32_t index;
    if (t->settings.trap && !isfinite(value)) {
        tad__fail(t, TAD_NOT_FINITE, "%s: the result is %g", tad__ops_elementwise[row].name, value);
        return tad__nil(t);
    }
    if (!tad__new_node(t, &index)) return tad__nil(t);
    tad__node *n = tad__at(t, index);
    *n = operands;
    n->op = (uint16_t)(t->paused ? TAD__UNRECORDED : row);
    n->kind = (uint8_t)(t->paused ? TAD__CONSTANT : kind);
    n->flags = (uint8_t)(t->paused ? 0 : flags & TAD__NEEDS);
    n->value.number = value;
    return tad__handle(t, index);
}

static bool are_alike(const tad_array *a, const tad_array *b) {
    if (a->dtype != b->dtype || a->rank != b->rank || !b->contiguous || b->dtype > TAD_F32)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

/* The array behind a living handle of the tape; NULL: it is none. */
static const tad_array *living_array(tad_tape *t, tad_var v) {
    if (!tad__is_living(t, v)) return NULL;
    const tad__node *n = tad__at(t, v.u.at.index);
    return n->flags & TAD__ARRAY ? n->value.array : NULL;
}

/* A row on contiguous arrays of one shape and type, or on one and a number, while recording
 * plainly: what tad__apply would do, when there is nothing to check, convert or walk. False: that
 * is not the case. */
static bool on_like_arrays(tad_tape *t, unsigned row, const tad_var *in, size_t n,
                           tad_var *result) {
    const tad_array *like = NULL;
    const void *data[3];
    uint32_t index[3] = {0};
    double number = 0;
    tad__view view;
    unsigned flags = 0;
    int number_at = -1;
    if (t->head.count >= t->head.limit) return false;
    for (size_t i = 0; i < n; i++) {
        if (n == 2 && tad_is_number(in[i])) {
            number_at = (int)i;
            number = in[i].u.number;
            continue;
        }
        const tad_array *x = living_array(t, in[i]);
        if (!like) like = x;
        if (!x || !are_alike(like, x)) return false;
        data[i] = x->data;
        index[i] = in[i].u.at.index;
        flags |= tad__at(t, index[i])->flags;
    }
    if (number_at >= 0)
        data[number_at] = tad__number_value(number, (tad_dtype)like->dtype, &view)->data;
    tad__arena_mark before = tad__arena_now(&t->arena);
    tad_array *y = tad__new_like(t, like);
    if (!y) {
        tad__arena_release(&t->arena, before);
        return false;
    }
    tad__forward_runs(&t->compute, (size_t)y->size,
                      (tad__forward_call){tad__forward_of(&t->compute, row, y->dtype, number_at),
                                          tad__no_options, n, tad__width(y->dtype), number_at, data,
                                          y->data});
    tad__node node = tad__row_node(row, index, n, number_at, number);
    node.flags = (uint8_t)(TAD__ARRAY | (flags & TAD__NEEDS));
    node.value.array = y;
    *tad__at(t, t->head.count++) = node;
    *result = tad__handle(t, t->head.count - 1);
    return true;
}

static tad_var general(tad_tape *t, unsigned row, const tad_var *in, size_t n) {
    tad_var y;
    if (on_like_arrays(t, row, in, n, &y)) return y;
    return tad__apply(t, &tad__ops_elementwise[row], in, n, NULL, NULL, 0);
}

/* Without a variable there is no tape: of numbers alone a number, as in the rule's P - 1. */
static tad_var folded(unsigned row, const tad_var *in, size_t n, const double *pq) {
    double x[3];
    for (size_t i = 0; i < n; i++) {
        if (!tad_is_number(in[i])) return tad__nil(NULL);
        x[i] = in[i].u.number;
    }
    return tad_number(tad__row_number[row].value(x, pq));
}

tad_var tad__row1(unsigned row, tad_var x) {
    tad_tape *t = tad__has_tape(x) ? x.tape : NULL;
    if (!t) return folded(row, &x, 1, tad__no_options);
    if (t->error.status != TAD_OK || !tad__is_scalar(t, x)) return general(t, row, &x, 1);
    const tad__node *p = tad__at(t, x.u.at.index);
    double v = p->value.number, y = tad__row_number[row].value(&v, tad__no_options);
    tad__node operands = {.a = x.u.at.index,
                          .u.partial = tad__row_number[row].partial[0](&v, y, tad__no_options)};
    return new_scalar(t, row, TAD__UNARY, p->flags, y, operands);
}

static tad_var with_number(tad_tape *t, unsigned row, tad_var x, double number, bool first) {
    enum tad__kind kind = kind_with_number(row, first);
    const tad__node *p = tad__at(t, x.u.at.index);
    double v[2] = {p->value.number, number};
    if (first) v[0] = number, v[1] = p->value.number;
    tad__node operands = {.a = x.u.at.index, .u.partial = number};
    return new_scalar(t, row, kind, p->flags, tad__row_number[row].value(v, tad__no_options),
                      operands);
}

/* Whether it is an array to a plain power, which is often a product or two. What else it may be is
 * refused as pow. */
static bool is_plain_power(const tad_tape *t, unsigned row, tad_var a, tad_var b) {
    return row == TAD__ROW_pow && tad_is_number(b) && isfinite(b.u.number) &&
           tad__is_living(t, a) && tad__is_float(tad__dtype_at(t, a.u.at.index));
}

tad_var tad__row2(unsigned row, tad_var a, tad_var b) {
    const tad_var in[2] = {a, b};
    tad_tape *t = tad__tape_of(in, 2);
    if (!t) return folded(row, in, 2, tad__no_options);
    if (t->error.status != TAD_OK) return tad__nil(t);
    const bool sa = tad__is_scalar(t, a), sb = tad__is_scalar(t, b);
    if (sa && tad_is_number(b)) return with_number(t, row, a, b.u.number, false);
    if (sb && tad_is_number(a)) return with_number(t, row, b, a.u.number, true);
    if (is_plain_power(t, row, a, b)) return tad_pow_scalar(a, b.u.number);
    if (!sa || !sb) return general(t, row, in, 2);
    const tad__node *p = tad__at(t, a.u.at.index), *q = tad__at(t, b.u.at.index);
    double v[2] = {p->value.number, q->value.number};
    tad__node operands = {.a = a.u.at.index, .u.arg.b = b.u.at.index};
    return new_scalar(t, row, kind_of(row), p->flags | q->flags,
                      tad__row_number[row].value(v, tad__no_options), operands);
}

/* a b + c or c - a b where some are plain numbers: a product, and a sum, with the bits of one node.
 */
static tad_var product_and_sum(unsigned row, tad_var a, tad_var b, tad_var c) {
    tad_var product = tad_is_number(a) && tad_is_number(b) ? tad_number(a.u.number * b.u.number)
                                                           : tad__inline_mul(a, b);
    return row == TAD__ROW_fma ? tad__inline_add(product, c) : tad__inline_sub(c, product);
}

tad_var tad__row3(unsigned row, tad_var a, tad_var b, tad_var c) {
    const tad_var in[3] = {a, b, c};
    tad_tape *t = tad__tape_of(in, 3);
    if (!t) return folded(row, in, 3, tad__no_options);
    if (t->error.status != TAD_OK) return tad__nil(t);
    if (!tad__is_plain(t, a) || !tad__is_plain(t, b) || !tad__is_plain(t, c))
        return general(t, row, in, 3);
    if (row != TAD__ROW_lerp && (tad_is_number(a) || tad_is_number(b) || tad_is_number(c)))
        return product_and_sum(row, a, b, c);
    const tad__node operands = {.a = tad__plain_node(t, a),
                                .u.arg = {tad__plain_node(t, b), tad__plain_node(t, c)}};
    if (t->error.status != TAD_OK) return tad__nil(t);
    const tad__node *p = tad__at(t, operands.a), *q = tad__at(t, operands.u.arg.b),
                    *r = tad__at(t, operands.u.arg.c);
    double v[3] = {p->value.number, q->value.number, r->value.number};
    return new_scalar(t, row, kind_of(row), p->flags | q->flags | r->flags,
                      tad__row_number[row].value(v, tad__no_options), operands);
}

/* What tad__apply would record, the options behind it. NULL: no memory. */
static tad__record_of *record_with(tad_tape *t, unsigned row, uint32_t x, double p, double q) {
    const size_t size = sizeof(tad__record_of) + sizeof(double); /* with its operand */
    tad__record_of *r = tad__arena_take(&t->arena, size + sizeof(tad__row_options), 16);
    if (!r) return NULL;
    tad__row_options *o = (tad__row_options *)(void *)((char *)r + size);
    o->p = p;
    o->q = q;
    r->op = &tad__ops_elementwise[row];
    r->options = o;
    r->saved = NULL;
    r->n_in = 1;
    r->n_out = 1;
    r->in[0] = x;
    return r;
}

static uint64_t bits_of(tad__record_of *r) {
    union {
        uint64_t bits;
        void *record;
    } u = {0};
    u.record = r;
    return u.bits;
}

static bool can_record(tad_tape *t, unsigned row, tad_var x, const double *pq) {
    return t->head.count < t->head.limit && tad__is_scalar(t, x) && tad__options_fit(row, pq);
}

static tad_var with_options(unsigned row, tad_var x, double p, double q) {
    const tad__row_options o = {p, q};
    tad_tape *t = tad__has_tape(x) ? x.tape : NULL;
    if (!t) return tad__options_fit(row, &o.p) ? folded(row, &x, 1, &o.p) : tad__nil(NULL);
    tad__record_of *r =
        can_record(t, row, x, &o.p) ? record_with(t, row, x.u.at.index, p, q) : NULL;
    if (!r) return tad_apply(&tad__ops_elementwise[row], &x, 1, &o, NULL, 0);
    const tad__node *from = tad__at(t, x.u.at.index);
    return new_scalar(t, row, TAD__GENERAL, from->flags,
                      tad__row_number[row].value(&from->value.number, &o.p),
                      (tad__node){.u.record = r});
}

/* ---- the public functions ---- */

/* Value and derivative of a 0-d operand are computed together: the compiler shares what they have
 * in common, as sine and cosine. */
#define TAD_UNARY(name, doc, lo, hi, kinks, f, dx)                                                 \
    tad_var tad_##name(tad_var x) {                                                                \
        uint64_t next = 0;                                                                         \
        if (!TAD_LIKELY(tad__fast1(x, &next))) return tad__row1(TAD__ROW_##name, x);               \
        const double X = TAD__NODE(x)->value.number, Y = f;                                        \
        return tad__record(x.tape, next, TAD__OWN(name, TAD__UNARY), x, tad__bits(dx), Y);         \
    }
#define IN_PLACE_WITH(name, p, q, f)                                                               \
    uint64_t next = 0;                                                                             \
    tad__record_of *r = NULL;                                                                      \
    if (TAD_LIKELY(tad__fast1(x, &next)) &&                                                        \
        tad__options_fit(TAD__ROW_##name, (const double[]){p, q}))                                 \
        r = record_with(x.tape, TAD__ROW_##name, tad__index(x.u.bits), p, q);                      \
    if (!r) return with_options(TAD__ROW_##name, x, p, q);                                         \
    UNUSED const double X = TAD__NODE(x)->value.number, P = p, Q = q;                              \
    return tad__record(x.tape, next, TAD__OWN(name, TAD__GENERAL), x, bits_of(r), f);
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, f, dx)                                       \
    tad_var tad_##name(tad_var x, double p) { IN_PLACE_WITH(name, p, 0, f) }
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, f, dx)                               \
    tad_var tad_##name(tad_var x, double p, double q) { IN_PLACE_WITH(name, p, q, f) }
/* The kinds fold away, the row being known. */
#define TAD_BINARY(name, doc, la, ha, lb, hb, f, da, db)                                           \
    static inline double name##_of(double A, double B) { return f; }                               \
    tad_var tad_##name(tad_var a, tad_var b) {                                                     \
        enum { ROW = TAD__ROW_##name };                                                            \
        uint64_t next = 0;                                                                         \
        TAD__IN_PLACE_2(name, kind_of(ROW), name##_of(x->value.number, y->value.number))           \
        TAD__IN_PLACE_N(name, kind_with_number(ROW, false), a, b, name##_of(v, k))                 \
        TAD__IN_PLACE_N(name, kind_with_number(ROW, true), b, a, name##_of(k, v))                  \
        return tad__row2(ROW, a, b);                                                               \
    }
#define TAD_TERNARY(name, doc, f, da, db, dc)                                                      \
    static inline double name##_of(double A, double B, double C) { return f; }                     \
    tad_var tad_##name(tad_var a, tad_var b, tad_var c) {                                          \
        enum { ROW = TAD__ROW_##name };                                                            \
        uint64_t next = 0;                                                                         \
        TAD__IN_PLACE_3(name, kind_of(ROW),                                                        \
                        name##_of(x->value.number, y->value.number, z->value.number))              \
        return tad__row3(ROW, a, b, c);                                                            \
    }
#include <tad/scalar.def>
