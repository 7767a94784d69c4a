/* einsum: sums of products that an equation says. Composed: two operands at a time, the pair first
 * that leaves least, as a product of matrices. Rests on einsum.h. */
#include "einsum.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct einsum_options {
    tad_words equation;
} einsum_options;

static tad_status einsum_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const einsum_options *o = c->options;
    tad__equation e;
    tad_shape shape[TAD__TERMS];
    if (c->n_in > TAD__TERMS)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%zu operands, %d are possible", c->n_in, TAD__TERMS);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    if (!memchr(o->equation.text, '\0', sizeof o->equation.text))
        return tad_fail(c, TAD_BAD_ARGUMENT, "the equation does not end");
    for (size_t k = 0; k < c->n_in; k++) shape[k] = tad__shape_of(c->in[k]);
    const char *wrong = tad__read_equation(o->equation.text, shape, c->n_in, &e);
    if (wrong) return tad_fail(c, TAD_BAD_SHAPE, "\"%s\": %s", o->equation.text, wrong);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, {e.out.rank, {0}}};
    for (int i = 0; i < e.out.rank; i++) out->shape.dim[i] = e.size[e.out.label[i]];
    return TAD_OK;
}

/* ---- operands with labels ---- */

typedef struct operand {
    tad_var x;
    tad__term t;
} operand;

typedef struct sum {
    const tad__equation *e;
    operand list[TAD__TERMS];
    size_t n;
} sum;

static int place_of(const tad__term *t, int label) {
    for (int i = 0; i < t->rank; i++)
        if (t->label[i] == label) return i;
    return -1;
}

static void drop(tad__term *t, int axis) {
    t->rank--;
    for (int i = axis; i < t->rank; i++) t->label[i] = t->label[i + 1];
}

/* Of two axes with one label the diagonal, which becomes the last axis. */
static bool take_diagonal(operand *a) {
    for (int i = 0; i < a->t.rank; i++) {
        const int label = a->t.label[i];
        for (int k = i + 1; k < a->t.rank; k++) {
            if (a->t.label[k] != label) continue;
            a->x = tad_diagonal(a->x, 0, i, k);
            drop(&a->t, k);
            drop(&a->t, i);
            a->t.label[a->t.rank++] = label;
            return true;
        }
    }
    return false;
}

/* Axes of size 1 that broadcast are left out. */
static void drop_repeated(operand *a, const tad__equation *e) {
    for (int i = a->t.rank; i-- > 0;) {
        if (e->size[a->t.label[i]] == 1 || tad_shape_of(a->x).dim[i] != 1) continue;
        a->x = tad_squeeze(a->x, tad_axis(i));
        drop(&a->t, i);
    }
}

/* Whether a label is in the result or in an operand other than two. */
static bool is_kept(const sum *s, int label, size_t but, size_t and_but) {
    if (place_of(&s->e->out, label) >= 0) return true;
    for (size_t k = 0; k < s->n; k++)
        if (k != but && k != and_but && place_of(&s->list[k].t, label) >= 0) return true;
    return false;
}

/* Sums over what no other operand has. */
static void sum_own(sum *s, size_t k) {
    operand *a = &s->list[k];
    int axes[TAD_MAX_RANK], n = 0;
    for (int i = a->t.rank; i-- > 0;)
        if (!is_kept(s, a->t.label[i], k, k)) {
            axes[n++] = i;
            drop(&a->t, i);
        }
    if (n > 0) a->x = tad_sum(a->x, tad_axes_of(axes, (size_t)n));
}

/* ---- two operands ---- */

/* The labels of two operands: in both and kept, in both and summed over, in one only. */
typedef struct pair {
    tad__term both, summed, own[2];
} pair;

static void add_label(tad__term *t, int label) { t->label[t->rank++] = label; }

static pair pair_of(const sum *s, size_t i, size_t k) {
    const tad__term *a = &s->list[i].t, *b = &s->list[k].t;
    pair p = {{0, {0}}, {0, {0}}, {{0, {0}}, {0, {0}}}};
    for (int at = 0; at < a->rank; at++) {
        const int label = a->label[at];
        if (place_of(b, label) < 0)
            add_label(&p.own[0], label);
        else
            add_label(is_kept(s, label, i, k) ? &p.both : &p.summed, label);
    }
    for (int at = 0; at < b->rank; at++)
        if (place_of(a, b->label[at]) < 0) add_label(&p.own[1], b->label[at]);
    return p;
}

/* Sizes of what has no elements may multiply to too much, and are not used then. */
static int64_t elements(const tad__equation *e, const tad__term *t) {
    uint64_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= (uint64_t)e->size[t->label[i]];
    return (int64_t)n;
}

/* The operand with the axes of these terms one behind the other. */
static tad_var ordered(const operand *a, const tad__term *const *terms, int n) {
    int order[TAD_MAX_RANK], count = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < terms[k]->rank; i++)
            order[count++] = place_of(&a->t, terms[k]->label[i]);
    return tad_permute(a->x, tad_axes_of(order, (size_t)count));
}

/* As (both, own, summed) and (both, summed, own), or without `both` where that is nothing. */
static tad_var product(const sum *s, size_t i, size_t k, const pair *p) {
    const operand *a = &s->list[i], *b = &s->list[k];
    const int64_t batch = elements(s->e, &p->both), m = elements(s->e, &p->own[0]),
                  n = elements(s->e, &p->own[1]), inner = elements(s->e, &p->summed);
    tad_var x = ordered(a, (const tad__term *[]){&p->both, &p->own[0], &p->summed}, 3);
    tad_var y = ordered(b, (const tad__term *[]){&p->both, &p->summed, &p->own[1]}, 3);
    if (p->summed.rank == 0)
        return tad_mul(tad_reshape(x, TAD_SHAPE(batch, m, 1)),
                       tad_reshape(y, TAD_SHAPE(batch, 1, n)));
    if (p->both.rank == 0)
        return tad_matmul(tad_reshape(x, TAD_SHAPE(m, inner)), tad_reshape(y, TAD_SHAPE(inner, n)));
    return tad_matmul(tad_reshape(x, TAD_SHAPE(batch, m, inner)),
                      tad_reshape(y, TAD_SHAPE(batch, inner, n)));
}

/* Operand i becomes its product with operand k, which is gone. A result with too many axes is what
 * reshape refuses. */
static void contract(sum *s, size_t i, size_t k) {
    const pair p = pair_of(s, i, k);
    const tad__term *const terms[] = {&p.both, &p.own[0], &p.own[1]};
    tad_var x = product(s, i, k, &p);
    tad_shape shape = {p.both.rank + p.own[0].rank + p.own[1].rank, {0}};
    int rank = 0;
    for (int j = 0; j < 3 && shape.rank <= TAD_MAX_RANK; j++)
        for (int at = 0; at < terms[j]->rank; at++, rank++) {
            s->list[i].t.label[rank] = terms[j]->label[at];
            shape.dim[rank] = s->e->size[terms[j]->label[at]];
        }
    s->list[i].t.rank = rank;
    s->list[i].x = tad_reshape(x, shape);
    s->list[k] = s->list[--s->n];
}

/* What a product of two would have more than they have together, and its multiplications. */
typedef struct cost {
    double growth, work;
} cost;

static cost cost_of(const sum *s, size_t i, size_t k) {
    const pair p = pair_of(s, i, k);
    const double both = (double)elements(s->e, &p.both), a = (double)elements(s->e, &p.own[0]),
                 b = (double)elements(s->e, &p.own[1]);
    const double had =
        (double)elements(s->e, &s->list[i].t) + (double)elements(s->e, &s->list[k].t);
    return (cost){both * a * b - had, both * a * b * (double)elements(s->e, &p.summed)};
}

static void contract_least(sum *s) {
    size_t first = 0, second = 1;
    cost least = {INFINITY, INFINITY};
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = i + 1; k < s->n; k++) {
            const cost now = cost_of(s, i, k);
            if (now.growth > least.growth) continue;
            if (now.growth == least.growth && now.work >= least.work) continue;
            least = now;
            first = i;
            second = k;
        }
    contract(s, first, second);
}

static void einsum_compose(tad_rule *r) {
    const einsum_options *o = r->options;
    tad__equation e;
    tad_shape shape[TAD__TERMS] = {tad_shape_of(r->in[0])};
    for (size_t k = 1; k < r->n_in; k++) shape[k] = tad_shape_of(r->in[k]);
    tad__read_equation(o->equation.text, shape, r->n_in, &e);
    sum s = {.e = &e, .n = r->n_in};
    for (size_t k = 0; k < s.n; k++) {
        s.list[k] = (operand){r->in[k], e.in[k]};
        while (take_diagonal(&s.list[k])) {
        }
        drop_repeated(&s.list[k], &e);
    }
    for (size_t k = 0; k < s.n; k++) sum_own(&s, k);
    while (s.n > 1 && tad_tape_status(r->tape) == TAD_OK) contract_least(&s);
    if (s.n > 1) return;
    r->result[0] = ordered(&s.list[0], (const tad__term *[]){&e.out}, 1);
}

/* ---- options, samples, misuse ---- */

static const tad_option einsum_list[] = {
    {OPTION(TEXT, einsum_options, equation), .required = true},
};

#define EQUATION(text)                                                                             \
    .options = &(const einsum_options) {                                                           \
        { text }                                                                                   \
    }

static const tad_sample einsum_samples[] = {
    {CASE("matrices", F64(2, 3), F64(3, 4)), EQUATION("ij,jk->ik")},
    {CASE("batches, turned", F64(2, 3, 4), F64(5, 2, 4)), EQUATION("bij, kbj -> kib")},
    {CASE("diagonal", F64(3, 2, 3)), EQUATION("iji->ij")},
    {CASE("trace", F64(3, 3)), EQUATION("ii")},
    {CASE("as in NumPy", F64(2, 3), F64(3, 2)), EQUATION("ba,ac")},
    {CASE("three", F64(2, 3), F64(3, 4), F64(4)), EQUATION("ij,jk,k->i")},
    {CASE("dots", F64(2, 3, 4), F64(1, 4, 2)), EQUATION("...ij,...jk")},
    {CASE("outer", F64(2), F64(3), F64(2)), EQUATION("i,j,k->kji")},
    {CASE("elementwise", F64(2, 3), F64(2, 3)), EQUATION("ij,ij->ij")},
    {CASE("six", F64(2), F64(2, 3), F64(3), F64(2), F64_0D, F64(3)), EQUATION("a,ab,b,a,,b->a")},
    {CASE("empty", F64(2, 0), F64(0, 3)), EQUATION("ij,jk->ik")},
};
static const tad_misuse einsum_misuse[] = {
    {CASE("sizes", F64(2, 3), F64(4, 2)), EQUATION("ij,jk->ik"), .expect = TAD_BAD_SHAPE},
    {CASE("fewer terms", F64(2, 3), F64(3)), EQUATION("ij->i"), .expect = TAD_BAD_SHAPE},
    {CASE("more terms", F64(2, 3)), EQUATION("ij,j->i"), .expect = TAD_BAD_SHAPE},
    {CASE("too few letters", F64(2, 3)), EQUATION("i->i"), .expect = TAD_BAD_SHAPE},
    {CASE("unknown letter", F64(2, 3)), EQUATION("ij->ik"), .expect = TAD_BAD_SHAPE},
    {CASE("twice in the result", F64(2)), EQUATION("i->ii"), .expect = TAD_BAD_SHAPE},
    {CASE("no letter", F64(2)), EQUATION("1->"), .expect = TAD_BAD_SHAPE},
    {CASE("half an arrow", F64(2)), EQUATION("i-"), .expect = TAD_BAD_SHAPE},
    {CASE("diagonal of no square", F64(2, 3)), EQUATION("ii->i"), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2)), EQUATION("i->i"), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_einsum[] = {
    {.name = "einsum",
     .doc = "sums of products as an equation says, \"ij,jk->ik\"; a letter twice in a term is the "
            "diagonal, ... stands for other axes",
     FAMILY("product", 1, UINT8_MAX),
     OPTIONS(einsum_options, einsum_list),
     .shape = einsum_shape,
     .compose = einsum_compose,
     CASES(einsum)},
};
const size_t tad__ops_einsum_count = LENGTH(tad__ops_einsum);

/* No equation, or too long a one, is refused as one that is wrong. */
tad_var tad_einsum(const char *equation, const tad_var *x, size_t n) {
    einsum_options o = {{"?"}};
    if (equation && strlen(equation) < sizeof o.equation.text) strcpy(o.equation.text, equation);
    return tad_apply(tad__ops_einsum, x, n, &o, NULL, 0);
}
