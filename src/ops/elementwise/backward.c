/* Gradients of rows on arrays, each in one pass over memory. Rests on forward.h. */
#include <string.h>

#include "forward.h"

/* ---- which derivatives only pass the cotangent on: K(1), and nothing else ---- */

#define X 0
#define Y 0
#define A 0
#define B 0
#define C 0
#define P 0
#define K(number) ((number) == 1)
#define NEG(a) 0
#define ADD(a, b) 0
#define SUB(a, b) 0
#define MUL(a, b) 0
#define DIV(a, b) 0
#define SQUARE(a) 0
#define GT(a, b, t, e) 0
#define GE(a, b, t, e) 0
#define LT(a, b, t, e) 0
#define LE(a, b, t, e) 0
#define EQ(a, b, t, e) 0
#define NUMBER(x, t) 0
#define FLAT(x) 0
#define EITHER(a, b) 0
#define POWER(less) 0
#define ORDER(f, n, x) 0
#define SIZE(a, b) 0
#define SELDOM(x, least, graph, below, cheap) 0
#define FN(f, x) 0
#define FN2(f, a, b) 0
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) [TAD__ROW_##name] = {dx},
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) [TAD__ROW_##name] = {dx},
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) [TAD__ROW_##name] = {dx},
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db) [TAD__ROW_##name] = {da, db},
#define TAD_TERNARY(name, doc, value, da, db, dc) [TAD__ROW_##name] = {da, db, dc},
static const bool passes[TAD__ROW_COUNT][3] = {
#include <tad/scalar.def>
};
#undef X
#undef Y
#undef A
#undef B
#undef C
#undef P

/* One operand's gradient, summed over what was broadcast. Arrays of the loop: inputs, y, g,
 * result. */
typedef struct back {
    tad_backward *b;
    const tad_array *y;
    size_t wrt;
    tad_array *into;
    bool fresh, in_place; /* in_place: into is the cotangent itself */
    int single;           /* the operand that is a single element beside runs; -1: none */
} back;

static void add_piece(const tad__compute *c, tad_dtype dtype, int64_t m, const void *piece,
                      char *to, int64_t step) {
    if (step) {
        c->kernels->add[dtype]((size_t)m, piece, to);
        return;
    }
    double s = c->kernels->sum[dtype]((size_t)m, piece);
    if (dtype == TAD_F64)
        *(double *)(void *)to += s;
    else
        *(float *)(void *)to += (float)s;
}

/* Elements [at, all) where there is nothing to walk or to sum over. */
static void backward_piece(void *arg, size_t at, size_t all) {
    const back *k = arg;
    const tad_call_frame *c = &k->b->call;
    tad_dtype dtype = (tad_dtype)k->into->dtype;
    bool direct = k->fresh && !k->in_place; /* kernels do not write what they read */
    size_t size = tad__width(dtype), piece = direct ? all - at : TAD__BLOCK;
    const tad__row_kernels *row = &c->compute->kernels->row[tad__row_of(c->op)];
    tad__row_backward *f =
        k->single < 0 ? row->backward[k->wrt][dtype] : row->backward_single[k->single][dtype];
    const char *y = k->y->data, *g = k->b->cotangent[0]->data;
    _Alignas(64) double buffer[TAD__BLOCK];
    for (; at < all; at += piece) {
        size_t m = tad__min(piece, all - at);
        const void *in[3] = {NULL};
        for (size_t i = 0; i < c->n_in; i++)
            in[i] = (const char *)c->in[i]->data + ((int)i == k->single ? 0 : at * size);
        char *to = (char *)k->into->data + at * size;
        f(m, in, y + at * size, g + at * size, direct ? (void *)to : buffer,
          c->options ? c->options : tad__no_options);
        if (k->in_place)
            memcpy(to, buffer, m * size);
        else if (!direct)
            add_piece(c->compute, dtype, (int64_t)m, buffer, to, (int64_t)size);
    }
}

static void backward_walk(void *arg, tad__loop *l) {
    const back *k = arg;
    const tad_call_frame *c = &k->b->call;
    tad_dtype dtype = (tad_dtype)k->into->dtype;
    size_t size = tad__width(dtype);
    const tad__row_kernels *row = &c->compute->kernels->row[tad__row_of(c->op)];
    int n = (int)c->n_in, single = tad__single_in_runs(l, c->n_in, size);
    if (single == (int)k->wrt) single = -1; /* the kernels are for the gradient of the other one */
    tad__row_backward *f =
        single < 0 ? row->backward[k->wrt][dtype] : row->backward_single[single][dtype];
    tad__walk_buffers r;
    memset(r.repeated, 0, sizeof r.repeated);
    bool direct = k->fresh && k->into->size == k->y->size; /* write, nothing to sum */
    int64_t piece =
        direct && tad__walk_piece(l, n + 2, single, size) == INT64_MAX ? INT64_MAX : TAD__BLOCK;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        for (int64_t at = 0; at < l->length; at += piece) {
            int64_t m = l->length - at < piece ? l->length - at : piece;
            const void *in[3];
            for (int i = 0; i < n; i++)
                in[i] = i == single ? l->run[i] : tad__gathered(l, i, at, m, size, &r);
            char *to = l->run[n + 2] + at * l->step[n + 2];
            const void *y = l->run[n] + at * (int64_t)size,
                       *g = tad__gathered(l, n + 1, at, m, size, &r);
            f((size_t)m, in, y, g, direct ? (void *)to : (void *)r.buffer[n + 2],
              c->options ? c->options : tad__no_options);
            if (!direct) add_piece(c->compute, dtype, m, r.buffer[n + 2], to, l->step[n + 2]);
        }
    }
}

static void row_backward_one(back *k) {
    const tad_call_frame *c = &k->b->call;
    int n = (int)c->n_in;
    const tad_array *array[6] = {NULL};
    for (int i = 0; i < n; i++) array[i] = c->in[i];
    array[n] = k->y, array[n + 1] = k->b->cotangent[0], array[n + 2] = k->into;
    tad_shape shape = tad__shape_of(array[n + 1]);
    tad__loop l;
    tad__loop_init(&l, &shape, array, n + 3);
    tad__loop_split(c->compute->threads, &l, n + 2, backward_walk, k);
}

/* Whether the gradient of input i has an element for each of the cotangent; is the cotangent
 * itself. */
static inline bool is_like_cotangent(const tad_backward *b, size_t i) {
    const tad_array *x = b->call.in[i], *g = b->cotangent[0];
    return x->size == g->size && x->rank == g->rank;
}
static inline bool is_cotangent(const tad_backward *b, size_t i) {
    return passes[tad__row_of(b->call.op)][i] && is_like_cotangent(b, i);
}

static tad_status row_backward_input(tad_backward *b, size_t i, bool last) {
    const tad_call_frame *c = &b->call;
    const tad_array *g = b->cotangent[0];
    if (is_cotangent(b, i)) return (last ? tad_backward_pass_last : tad_backward_pass)(b, 0, i);
    bool pass = passes[tad__row_of(c->op)][i];
    back k = {.b = b, .y = c->out[0], .wrt = i};
    bool runs = g->contiguous && tad__are_runs(c->in, c->n_in, g, &k.single);
    if (last && runs) k.into = tad_backward_take(b, 0, i);
    k.fresh = k.in_place = k.into != NULL;
    if (!k.into) k.into = tad_backward_buffer(b, i, &k.fresh);
    if (!k.into) return TAD_NO_MEMORY;
    bool summed = k.into->size != g->size;
    if (k.fresh && (summed || pass)) tad__clear(c->compute, k.into);
    if (pass)
        tad__add_into(c->compute, k.into, g);
    else if (!summed && runs)
        tad__split(c->compute->threads, (size_t)g->size, TAD__GRAIN, backward_piece, &k);
    else
        row_backward_one(&k);
    return TAD_OK;
}

/* An operand that can take the cotangent's memory comes last, when the others have read it: best
 * one whose gradient the cotangent is already. n_in: there is none. */
static size_t last_of(tad_backward *b) {
    size_t n = b->call.n_in, last = n;
    for (size_t i = 0; i < n; i++) {
        bool better = b->wanted[i] && (last == n || passes[tad__row_of(b->call.op)][i]);
        if (better && is_like_cotangent(b, i) && tad_backward_is_fresh(b, i)) last = i;
    }
    return last;
}

static tad_status backward_in_order(tad_backward *b) {
    size_t n = b->call.n_in, wanted = 0, one = 0;
    for (size_t i = 0; i < n; i++)
        if (b->wanted[i]) wanted++, one = i;
    if (wanted == 1) return row_backward_input(b, one, is_like_cotangent(b, one));
    size_t last = last_of(b);
    for (size_t i = 0; i < n; i++) {
        if (!b->wanted[i] || i == last) continue;
        tad_status s = row_backward_input(b, i, false);
        if (s != TAD_OK) return s;
    }
    return last < n ? row_backward_input(b, last, true) : TAD_OK;
}

tad_status tad__row_backward_hook(tad_backward *b) {
    if (!tad__any_transposed(b->call.in, b->call.n_in)) return backward_in_order(b);
    const tad_array *operand[3];
    tad_backward straight = *b;
    if (!tad__straightened(b->call.compute, b->call.in, b->call.n_in, operand))
        return TAD_NO_MEMORY;
    straight.call.in = operand;
    return backward_in_order(&straight);
}
