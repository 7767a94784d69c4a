/* Sums as C: the pieces, the axes and the order of sum.c. Rests on walk.h and c_text.h. */
#include "c_text.h"
#include "walk.h"

void tad__c_clear(tad_c *to, const tad_array *out) {
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] = 0;\n", (long long)out->size);
}

/* ---- a walk: y += x ---- */

/* Strides in elements instead of bytes. */
static void count_elements(tad__loop *l, int64_t size) {
    for (int k = 0; k < l->arrays; k++)
        for (int i = 0; i < l->rank; i++) l->stride[k][i] /= size;
}

static void put_sum_of_run(tad_c *to, const tad__loop *l, unsigned dtype) {
    tad_c_put(to, "y");
    tad__c_at(to, l, 0);
    tad_c_put(to, dtype == TAD_F64 ? " += " : " = (float)(y");
    if (dtype == TAD_F32) tad__c_at(to, l, 0);
    tad_c_put(to, "%s%s(%lld, &x", dtype == TAD_F64 ? "" : " + ", tad__c_part(to, "sum", dtype),
              (long long)l->length);
    tad__c_at(to, l, 1);
    tad_c_put(to, dtype == TAD_F64 ? ");\n" : "));\n");
}

static void put_sum_of_elements(tad_c *to, const tad__loop *l) {
    tad_c_put(to, "y");
    tad__c_at(to, l, 0);
    tad_c_put(to, " += x");
    tad__c_at(to, l, 1);
    tad_c_put(to, ";\n");
}

/* In the order of tad__add_walk. */
static void put_walk(tad_c *to, tad__loop l, unsigned dtype) {
    const int64_t size = (int64_t)tad__width(dtype);
    const bool sums_runs = tad__order_transposed(&l, size) < 0 && tad__is_sum(&l, size);
    count_elements(&l, size);
    if (sums_runs) l.rank--;
    tad__c_open_loop(to, &l);
    if (sums_runs)
        put_sum_of_run(to, &l, dtype);
    else
        put_sum_of_elements(to, &l);
    tad__c_close(to, &l);
}

/* ---- pieces ---- */

/* Pieces of a loop along an axis. They are added to where they belong, or all to one number each,
 * which joins the result. */
typedef struct pieces {
    const tad__loop *l;
    int axis;
    int64_t piece;
    bool apart;
    unsigned dtype;
} pieces;

static void put_start(tad_c *to, const pieces *p, int array, int64_t first, bool many) {
    const int64_t stride = p->l->stride[array][p->axis] / (int64_t)tad__width(p->dtype);
    if (first * stride != 0) tad_c_put(to, " + %lld", (long long)(first * stride));
    if (many && stride) tad_c_put(to, " + %lld * k", (long long)(p->piece * stride));
    tad_c_put(to, ";\n");
}

/* n pieces of so many elements along the axis. */
static void put_pieces(tad_c *to, const pieces *p, int64_t n, int64_t first, int64_t elements) {
    const char *type = tad__c_type(p->dtype);
    tad__loop l = *p->l;
    if (l.rank) l.dim[p->axis] = elements;
    if (p->axis == l.rank - 1) l.length = elements;
    if (n > 1)
        tad_c_put(to, "for (ptrdiff_t k = 0; k < %lld; k++) {\n", (long long)n);
    else
        tad_c_put(to, "{\n");
    tad_c_put(to, "const %s *x = in0", type);
    put_start(to, p, 1, first, n > 1);
    tad_c_put(to, p->apart ? "%s y[1] = {0};\n" : "%s *y = out0", type);
    if (!p->apart) put_start(to, p, 0, first, n > 1);
    put_walk(to, l, p->dtype);
    if (p->apart) tad_c_put(to, "out0[0] += y[0];\n");
    tad_c_put(to, "}\n");
}

static void put_all_pieces(tad_c *to, const pieces *p) {
    const int64_t along = p->l->rank ? p->l->dim[p->axis] : 1, rest = along % p->piece;
    if (along > rest) put_pieces(to, p, along / p->piece, 0, p->piece);
    if (rest) put_pieces(to, p, 1, along - rest, rest);
}

static void put_split_walk(tad_c *to, const tad__loop *l, unsigned dtype) {
    pieces p = {.l = l, .dtype = dtype};
    const size_t grain = tad__loop_grain(l, 0, &p.axis);
    const int64_t along = grain ? l->dim[p.axis] : l->rank ? l->dim[0] : 1;
    if (!grain) p.axis = 0;
    p.piece = grain ? (int64_t)tad__split_size((size_t)along, grain) : along;
    put_all_pieces(to, &p);
}

void tad__c_add_into(tad_c *to, const tad_array *dst, const tad_array *src) {
    const unsigned dtype = dst->dtype;
    tad__loop l;
    switch (tad__plan_add(&l, dst, src)) {
    case TAD__ADD_NOTHING: return;
    case TAD__ADD_EACH:
        tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] += in0[i];\n",
                  (long long)dst->size);
        return;
    case TAD__ADD_COLUMNS:
        tad_c_put(to, "%s(%lld, %lld, %lld, in0, out0);\n", tad__c_part(to, "add_columns", dtype),
                  (long long)l.dim[0], (long long)l.dim[1], (long long)l.dim[1]);
        return;
    case TAD__ADD_ALL:
        put_all_pieces(
            to, &(pieces){&l, 0, (int64_t)tad__add_all_piece(&l), .apart = true, .dtype = dtype});
        return;
    case TAD__ADD_WALK: put_split_walk(to, &l, dtype);
    }
}
