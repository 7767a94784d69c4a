/* Products as C: calls of the functions of kernel/plain/product_body.h. Rests on product.h and
 * c_text.h. */
#include "product.h"

#include "array/c_text.h"
#include "array/view.h"

static tad__gemm_order order_of(tad_dtype dtype, const tad__gemm *g) {
    const tad__gemm_kernels *base = &tad__gemm_kernels_base;
    return (dtype == TAD_F64 ? base->f64 : base->f32).order(g);
}

tad__gemm_order tad__product_order(const tad__product *p) {
    const tad__gemm g = tad__layout(&p->a, &p->b, &p->c);
    return order_of(p->dtype, &g);
}

/* ---- pieces ---- */

/* A matrix in the text: operand or result number `array` of the loop; of the bias, and of what is
 * no operand: -1. */
typedef struct side {
    const char *name; /* NULL: there is none */
    int array;
    int64_t at, row, col;
} side;

/* The part of a product that one call computes. */
typedef struct piece {
    int64_t m, n, k;
    side a, b, c, start;
    tad__gemm_sums sums;
} piece;

static side turned(side s) { return (side){s.name, s.array, s.at, s.col, s.row}; }

static piece turned_piece(const piece *p) {
    return (piece){p->n,   p->m, p->k, turned(p->b), turned(p->a), turned(p->c), turned(p->start),
                   p->sums};
}

static void put_side(tad_c *to, const tad__loop *l, const char *field, const side *s) {
    if (!s->name) return;
    tad_c_put(to, ".%s = &%s", field, s->name);
    if (s->array < 0)
        tad_c_put(to, "[0]");
    else
        tad__c_at(to, l, s->array);
    if (s->at) tad_c_put(to, " + %lld", (long long)s->at);
    tad_c_put(to, ", .%s_row = %lld, .%s_col = %lld,\n", field, (long long)s->row, field,
              (long long)s->col);
}

static void put_call(tad_c *to, unsigned dtype, const tad__loop *l, const char *function,
                     const piece *p) {
    tad_c_put(to, "{\nconst struct %s p = {\n", tad__c_part(to, "product", dtype));
    tad_c_put(to, ".m = %lld, .n = %lld, .k = %lld,\n", (long long)p->m, (long long)p->n,
              (long long)p->k);
    put_side(to, l, "a", &p->a);
    put_side(to, l, "b", &p->b);
    put_side(to, l, "c", &p->c);
    put_side(to, l, "start", &p->start);
    tad_c_put(to, ".block = %zu, .longer = %zu\n};\n%s(&p);\n}\n", p->sums.block, p->sums.longer,
              tad__c_part(to, function, dtype));
}

/* By the function that is quick with its layout; a product and its transpose have the same sums. */
static void put_piece(tad_c *to, unsigned dtype, const tad__loop *l, const piece *given) {
    enum { FEW = 2 };
    piece p = *given;
    if (p.sums.by_lanes) {
        put_call(to, dtype, l, "product_dots", &p);
        return;
    }
    if (p.a.row == 1 && (p.b.col != 1 || p.n <= FEW)) p = turned_piece(&p);
    put_call(to, dtype, l, p.m <= FEW && p.b.col == 1 ? "product_rows" : "product_tiles", &p);
}

/* ---- arrays for loops ---- */

static void begin(tad__header *h, const tad__product *p, int rank) {
    const tad_shape shape = {rank, {0}};
    tad__array_layout(&h->array, p->dtype, &shape);
    h->array.data = NULL;
}

static void set_axis(tad__header *h, int i, int64_t dim, int64_t stride) {
    h->array.dim[i] = dim;
    tad__strides(&h->array)[i] = stride;
}

/* ---- all of a product ---- */

static void put_whole(tad_c *to, tad_dtype dtype, const tad__loop *l, const tad__gemm_order *order,
                      piece whole) {
    const int64_t tail = (int64_t)order->tail;
    whole.sums = order->flat ? order->narrow : order->tiles;
    piece right = whole;
    whole.n -= tail;
    right.b.at = whole.n * right.b.col;
    right.c.at = whole.n * right.c.col;
    right.start.at = whole.n * right.start.col;
    right.n = tail;
    right.sums = order->narrow;
    if (order->flat) whole = turned_piece(&whole);
    if (whole.n) put_piece(to, (unsigned)dtype, l, &whole);
    if (tail) put_piece(to, (unsigned)dtype, l, &right);
}

static void put_product(tad_c *to, const tad__product *p, const tad__loop *l,
                        const tad__gemm_order *order, const side *start) {
    put_whole(to, p->dtype, l, order,
              (piece){.m = p->c.rows,
                      .n = p->c.cols,
                      .k = p->a.cols,
                      .a = {"in0", 1, 0, p->a.row, p->a.col},
                      .b = {"in1", 2, 0, p->b.row, p->b.col},
                      .c = {"out0", 0, 0, p->c.row, p->c.col},
                      .start = *start});
}

void tad__product_c_rows(tad_c *to, tad_dtype dtype, const tad__gemm *g, const tad__gemm *all,
                         const char *a, const char *b, const char *c) {
    const tad__gemm_order order = order_of(dtype, all);
    put_whole(to, dtype, NULL, &order,
              (piece){.m = (int64_t)g->m,
                      .n = (int64_t)g->n,
                      .k = (int64_t)g->k,
                      .a = {a, -1, 0, g->a_row, g->a_col},
                      .b = {b, -1, 0, g->b_row, g->b_col},
                      .c = {c, -1, 0, g->c_row, 1}});
}

/* Whether the result is empty. */
static bool put_nothing(tad_c *to, const tad__product *p, bool with_bias) {
    if (p->c.rows && p->c.cols && p->batches) return false;
    tad_c_put(to, "(void)in0, (void)in1, (void)out0%s;\n", with_bias ? ", (void)in2" : "");
    return true;
}

void tad__product_c_text(tad_c *to, const tad__product *p, const tad__gemm_order *order,
                         bool with_bias, int64_t bias_step) {
    const side start = {with_bias ? "in2" : NULL, -1, 0, 0, bias_step};
    const tad__matrix *m[3] = {&p->c, &p->a, &p->b};
    tad__header h[3];
    tad__loop l;
    if (put_nothing(to, p, with_bias)) return;
    for (int k = 0; k < 3; k++) {
        begin(&h[k], p, p->batch.rank);
        for (int i = 0; i < p->batch.rank; i++) set_axis(&h[k], i, p->batch.dim[i], m[k]->step[i]);
    }
    tad__c_open(to, &l, &p->batch,
                (const tad_array *const[]){&h[0].array, &h[1].array, &h[2].array}, 3);
    put_product(to, p, &l, order, &start);
    tad__c_close(to, &l);
}

/* ---- where no one stride steps through k ---- */

/* The sum of one element, over axes of x behind the first. */
static void put_running(tad_c *to, const tad__product *p, const tad_array *x) {
    const tad_shape whole = tad__shape_of(x);
    tad_shape shape = {whole.rank - 1, {0}};
    int64_t step = p->b.row;
    tad__header h[2];
    tad__loop l;
    for (int k = 0; k < 2; k++) begin(&h[k], p, shape.rank);
    for (int i = shape.rank - 1; i >= 0; i--) {
        shape.dim[i] = whole.dim[i + 1];
        set_axis(&h[0], i, shape.dim[i], tad_strides(x)[i + 1]);
        set_axis(&h[1], i, shape.dim[i], step);
        step *= shape.dim[i];
    }
    tad__c_open(to, &l, &shape, (const tad_array *const[]){&h[0].array, &h[1].array}, 2);
    tad_c_put(to, "%s(&s, a", tad__c_part(to, "running_add", (unsigned)p->dtype));
    tad__c_at(to, &l, 0);
    tad_c_put(to, " * b");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ");\n");
    tad__c_close(to, &l);
}

/* Columns [at, at + n), one element after the other. */
static void put_columns(tad_c *to, const tad__product *p, const tad__gemm_sums *sums,
                        const tad_array *x, int64_t at, int64_t n, bool with_bias,
                        int64_t bias_step) {
    const unsigned dtype = (unsigned)p->dtype;
    const char *type = tad__c_type(dtype);
    const int64_t row[4] = {p->c.row, tad_strides(x)[0], 0, 0},
                  col[4] = {1, 0, p->b.col, bias_step};
    const tad_shape shape = {2, {p->c.rows, n}};
    tad__header h[4];
    tad__loop l;
    for (int k = 0; k < 4; k++) {
        begin(&h[k], p, 2);
        set_axis(&h[k], 0, shape.dim[0], row[k]);
        set_axis(&h[k], 1, n, col[k]);
    }
    tad__c_open(to, &l, &shape,
                (const tad_array *const[]){&h[0].array, &h[1].array, &h[2].array, &h[3].array}, 4);
    tad_c_put(to,
              "struct %s s = {.block = %zu, .longer = %zu, .by_lanes = %d};\nconst %s *a = &in0",
              tad__c_part(to, "running", dtype), sums->block, sums->longer, sums->by_lanes, type);
    tad__c_at(to, &l, 1);
    tad_c_put(to, ", *b = &in1");
    tad__c_at(to, &l, 2);
    tad_c_put(to, " + %lld;\n", (long long)(at * p->b.col));
    if (with_bias) {
        tad_c_put(to, "s.begun = 1;\ns.sum = (&in2");
        tad__c_at(to, &l, 3);
        tad_c_put(to, ")[%lld];\n", (long long)(at * bias_step));
    }
    put_running(to, p, x);
    tad_c_put(to, "(&out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ")[%lld] = %s(&s);\n", (long long)at, tad__c_part(to, "running_end", dtype));
    tad__c_close(to, &l);
}

void tad__product_c_text_by_axes(tad_c *to, const tad__product *p, const tad__gemm_order *order,
                                 const tad_array *x, bool with_bias, int64_t bias_step) {
    const int64_t tail = (int64_t)order->tail, columns = p->c.cols - tail;
    if (put_nothing(to, p, with_bias)) return;
    if (columns)
        put_columns(to, p, order->flat ? &order->narrow : &order->tiles, x, 0, columns, with_bias,
                    bias_step);
    if (tail) put_columns(to, p, &order->narrow, x, columns, tail, with_bias, bias_step);
}
