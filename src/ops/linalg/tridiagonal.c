/* tridiagonal_solve, for splines. Rests on linalg.h. */
#include <stddef.h>

#include "linalg.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { BELOW, ON, ABOVE, RIGHT };

static tad_status tridiagonal_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const int64_t n = c->in[ON]->rank == 1 ? c->in[ON]->dim[0] : 0;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    for (int i = BELOW; i <= RIGHT; i++) {
        const int64_t needed = i == BELOW || i == ABOVE ? n - 1 : n;
        if (c->in[i]->rank != 1 || n < 1 || c->in[i]->dim[0] != needed)
            return tad_fail(c, TAD_BAD_SHAPE, "needs vectors of n - 1, n, n - 1 and n elements");
    }
    *out = (tad_type){(tad_dtype)c->in[ON]->dtype, tad__shape_of(c->in[ON])};
    return TAD_OK;
}

static void distances(const tad_call_frame *c, ptrdiff_t *apart) {
    for (int i = BELOW; i <= RIGHT; i++) apart[i] = (ptrdiff_t)tad_strides(c->in[i])[0];
}

static tad_status tridiagonal_forward(const tad_call_frame *c) {
    const ptrdiff_t n = (ptrdiff_t)c->out[0]->size;
    void *room = tad_scratch(c, (size_t)n * tad__width(c->out[0]->dtype));
    ptrdiff_t apart[4];
    if (!room) return TAD_NO_MEMORY;
    distances(c, apart);
    const int done =
        c->out[0]->dtype == TAD_F64
            ? tad__tridiagonal_f64(n, apart, c->in[BELOW]->data, c->in[ON]->data,
                                   c->in[ABOVE]->data, c->in[RIGHT]->data, c->out[0]->data, room)
            : tad__tridiagonal_f32(n, apart, c->in[BELOW]->data, c->in[ON]->data,
                                   c->in[ABOVE]->data, c->in[RIGHT]->data, c->out[0]->data, room);
    return done ? TAD_OK : tad_fail(c, TAD_SINGULAR, "%s", tad_status_text(TAD_SINGULAR));
}

/* The room lies on the stack, as that of other matrices. */
static void tridiagonal_c_text(const tad_call_frame *c, tad_c *to) {
    enum { MOST = 1 << 17 };
    const long long n = (long long)c->out[0]->size;
    ptrdiff_t apart[4];
    distances(c, apart);
    to->failed |= n > MOST;
    tad_c_put(to, "{\nconst ptrdiff_t apart[4] = {%td, %td, %td, %td};\n", apart[0], apart[1],
              apart[2], apart[3]);
    tad_c_put(to, "%s room[%lld];\n", tad__c_type(c->out[0]->dtype), n);
    tad_c_put(to, "if (!%s(%lld, apart, in0, in1, in2, in3, out0, room)) return TAD_SINGULAR;\n}\n",
              tad__c_part(to, "tridiagonal", c->out[0]->dtype), n);
}

/* ---- rules ---- */

tad_var tad__tridiagonal_solve(tad_var below, tad_var on, tad_var above, tad_var b) {
    return tad_apply(tad__ops_tridiagonal, (tad_var[]){below, on, above, b}, 4, NULL, NULL, 0);
}

static tad_var but_first(tad_var x) { return tad_slice(x, 0, 1, TAD_END, 1); }
static tad_var but_last(tad_var x) { return tad_slice(x, 0, 0, -1, 1); }

/* a dx = db - da x; the gradient by b solves the transposed system, and that by an element of a is
 * less the product of the one's row and x's column. */
static void tridiagonal_vjp(tad_rule *r) {
    tad_var x = r->out[0],
            b = tad__tridiagonal_solve(r->in[ABOVE], r->in[ON], r->in[BELOW], r->given[0]);
    if (r->wanted[BELOW]) r->result[BELOW] = tad_neg(tad_mul(but_first(b), but_last(x)));
    if (r->wanted[ON]) r->result[ON] = tad_neg(tad_mul(b, x));
    if (r->wanted[ABOVE]) r->result[ABOVE] = tad_neg(tad_mul(but_last(b), but_first(x)));
    if (r->wanted[RIGHT]) r->result[RIGHT] = b;
}

static void tridiagonal_jvp(tad_rule *r) {
    tad_var x = r->out[0], moved = r->result[0],
            zero = tad_mul(tad_slice(x, 0, 0, 1, 1), tad_number(0));
    if (!tad_is_nil(r->given[BELOW])) {
        tad_var part = tad_mul(r->given[BELOW], but_last(x));
        moved = tad_concat((tad_var[]){zero, part}, 2, 0);
    }
    if (!tad_is_nil(r->given[ON])) moved = tad__plus(moved, tad_mul(r->given[ON], x));
    if (!tad_is_nil(r->given[ABOVE])) {
        tad_var part = tad_mul(r->given[ABOVE], but_first(x));
        moved = tad__plus(moved, tad_concat((tad_var[]){part, zero}, 2, 0));
    }
    tad_var right = r->given[RIGHT];
    if (!tad_is_nil(moved)) right = tad_is_nil(right) ? tad_neg(moved) : tad_sub(right, moved);
    r->result[0] = tad__tridiagonal_solve(r->in[BELOW], r->in[ON], r->in[ABOVE], right);
}

/* ---- samples, misuse ---- */

static const tad_sample tridiagonal_samples[] = {
    {CASE("five", F64(4), WITHIN(5, 7, 5), F64(4), F64(5))},
    {CASE("two", F64(1), WITHIN(5, 7, 2), F64(1), F64(2))},
    {CASE("one", F64(0), WITHIN(1, 2, 1), F64(0), F64(1))},
    {CASE("negative", F64(2), WITHIN(-7, -5, 3), F64(2), F64(3))},
    {CASE("ten", WITHIN(-1, 1, 9), WITHIN(3, 4, 10), WITHIN(-1, 1, 9), F64(10))},
};
static const tad_misuse tridiagonal_misuse[] = {
    {CASE("sizes", F64(3), F64(3), F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("a matrix", F64(2), F64(3, 1), F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(2), F64(3), F64(2), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_tridiagonal[] = {
    {.name = "tridiagonal_solve",
     .doc = "y with a y = d for the matrix a with a below, b on and c above the diagonal; without "
            "exchanges of rows",
     FAMILY("linear algebra", 4, 4),
     .flags = TAD_OP_INTERNAL | TAD_OP_REFUSES,
     HOOKS(tridiagonal),
     .c_text = tridiagonal_c_text,
     .jvp = tridiagonal_jvp,
     CASES(tridiagonal)},
};
const size_t tad__ops_tridiagonal_count = LENGTH(tad__ops_tridiagonal);
