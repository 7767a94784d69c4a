/* Methods applied to each matrix of a batch, and as C. Rests on linalg.h. */
#include "linalg.h"

#include <limits.h>

#include "array/view.h"
#include "ops/operands.h"

/* ---- shapes ---- */

tad_type tad__batch_of(tad_dtype dtype, const tad_shape *batch, int64_t m, int64_t n) {
    tad_type type = {dtype, *batch};
    if (m >= 0) type.shape.dim[type.shape.rank++] = m;
    if (n >= 0) type.shape.dim[type.shape.rank++] = n;
    return type;
}

tad_status tad__need_matrices(const tad_call_frame *c, size_t i, tad_shape *batch) {
    const tad_array *x = c->in[i];
    if (tad__needs_float(c, i)) return TAD_BAD_DTYPE;
    if (x->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "needs matrices");
    *batch = tad__batch_axes(x);
    return TAD_OK;
}

tad_status tad__need_square(const tad_call_frame *c, size_t i, tad_shape *batch) {
    const tad_array *x = c->in[i];
    tad_status s = tad__need_matrices(c, i, batch);
    if (s != TAD_OK || x->dim[x->rank - 1] == x->dim[x->rank - 2]) return s;
    return tad_fail(c, TAD_BAD_SHAPE, "needs square matrices");
}

tad_status tad__one_or_two_squares(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_shape x = tad__shape_of(c->in[0]);
    tad_shape batch;
    tad_status s = tad__need_square(c, 0, &batch);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    if (c->n_in == 1) return TAD_OK;
    const tad_shape other = tad__shape_of(c->in[1]);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    return tad__shape_equal(&x, &other) ? TAD_OK : tad_fail(c, TAD_BAD_SHAPE, "shapes differ");
}

tad__sides tad__sides_of(const tad_call_frame *c, bool left) {
    const tad_array *a = c->in[0], *b = c->n_in > 1 ? c->in[1] : NULL;
    const int64_t *as = tad_strides(a), *bs = b ? tad_strides(b) : NULL;
    tad__sides s = {.m = (ptrdiff_t)a->dim[a->rank - 2],
                    .n = (ptrdiff_t)a->dim[a->rank - 1],
                    .a_row = (ptrdiff_t)as[a->rank - 2],
                    .a_col = (ptrdiff_t)as[a->rank - 1],
                    .k = 1,
                    .left = left};
    if (!b) return s;
    const bool vector = b->rank == 1;
    s.b_row = (ptrdiff_t)bs[vector ? 0 : b->rank - 2];
    s.b_col = vector ? 1 : (ptrdiff_t)bs[b->rank - 1];
    if (!vector) s.k = (ptrdiff_t)b->dim[left ? b->rank - 1 : b->rank - 2];
    return s;
}

/* ---- a batch ---- */

enum { OUT0, OUT1, IN0, IN1, ARRAYS };

/* The arrays of a call as batches of what one matrix has to do with. */
typedef struct batch {
    tad_shape shape;
    int64_t size;
    tad__header array[ARRAYS]; /* rank 0 where there is none */
    bool is_there[ARRAYS];
} batch;

static void set_axes(batch *b, int k, const tad_array *x, const int64_t *stride, int rank) {
    tad_shape s = b->shape;
    tad_array *to = &b->array[k].array;
    b->is_there[k] = true;
    tad__array_layout(to, (tad_dtype)x->dtype, &s);
    to->data = x->data;
    for (int i = 0; i < s.rank; i++) {
        const int at = i - (s.rank - rank);
        tad__strides(to)[i] = at < 0 || x->dim[at] == 1 ? 0 : stride[at];
    }
}

static void as_batch(batch *b, const tad_call_frame *c) {
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < c->n_in; i++) {
        const tad_shape s = tad__batch_axes(c->in[i]);
        tad__shape_broadcast(&b->shape, &s, &b->shape);
    }
    tad__shape_size(&b->shape, &b->size);
    for (size_t i = 0; i < c->n_in; i++)
        set_axes(b, IN0 + (int)i, c->in[i], tad_strides(c->in[i]), tad__batch_axes(c->in[i]).rank);
    for (size_t k = 0; k < c->n_out; k++)
        set_axes(b, OUT0 + (int)k, c->out[k], tad_strides(c->out[k]), b->shape.rank);
}

static void *element(batch *b, int k, int64_t index) {
    const tad_array *a = &b->array[k].array;
    if (!b->is_there[k]) return NULL;
    const int64_t at = tad__offset_of(index, a->rank, a->dim, tad_strides(a));
    return (char *)a->data + at * (int64_t)tad__width(a->dtype);
}

/* ---- forward ---- */

typedef struct call {
    const tad__library *library; /* NULL: it is not asked */
    tad__of_f64 *f64;
    tad__of_f32 *f32;
    const tad__sides *sides;
    tad_dtype dtype;
    batch batch;
    size_t grain, room; /* matrices of a piece; bytes that one needs */
    size_t together;    /* so many at once, 0: none */
    size_t elements[2]; /* of a matrix's results */
    tad__of_lanes_f64 *lanes_f64;
    tad__of_lanes_f32 *lanes_f32;
    char *work;
    int64_t *failed; /* of each piece the first matrix; -1: none */
} call;

static int apply(const call *p, tad__of_f64 *f64, tad__of_f32 *f32, void *const *at, void *work) {
    return p->dtype == TAD_F64 ? f64(p->sides, at[IN0], at[IN1], at[OUT0], at[OUT1], work)
                               : f32(p->sides, at[IN0], at[IN1], at[OUT0], at[OUT1], work);
}

/* Elements; SIZE_MAX: beyond memory. */
static size_t room_of(const tad__sides *s, int squares, int rows) {
    const size_t m = (size_t)s->m, n = (size_t)s->n, most = SIZE_MAX / 64;
    if (n && m > most / n) return SIZE_MAX;
    return (size_t)squares * m * n + (size_t)rows * tad__max(m, n);
}

/* ---- some matrices together ---- */

/* Brings the elements of a rows x cols matrix, which may be flipped, to a lane. */
static void put_in_lane(const call *p, int64_t rows, int64_t cols, const void *from, ptrdiff_t row,
                        ptrdiff_t col, void *to, size_t lane) {
    const size_t width = tad__width(p->dtype);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++, to = (char *)to + TAD__TOGETHER) {
            const ptrdiff_t at = (ptrdiff_t)i * row + (ptrdiff_t)j * col;
            if (width == sizeof(double))
                ((double *)to)[lane] = ((const double *)from)[at];
            else
                ((float *)to)[lane] = ((const float *)from)[at];
        }
}

static void take_from_lane(const call *p, size_t count, const void *from, size_t lane, void *to) {
    for (size_t i = 0; i < count; i++, from = (const char *)from + TAD__TOGETHER)
        if (tad__width(p->dtype) == sizeof(double))
            ((double *)to)[i] = ((const double *)from)[lane];
        else
            ((float *)to)[i] = ((const float *)from)[lane];
}

/* Matrices from the first on; false: they are to be taken one by one. */
static bool run_together(call *p, size_t first, char *work) {
    const tad__sides *s = p->sides;
    char *const a = work, *const x = a + (size_t)(s->m * s->n) * TAD__TOGETHER,
                *const y = x + p->elements[0] * TAD__TOGETHER,
                *const room = y + p->elements[1] * TAD__TOGETHER;
    for (size_t l = 0; l < p->together; l++) {
        const int64_t i = (int64_t)(first + l);
        put_in_lane(p, s->m, s->n, element(&p->batch, IN0, i), s->a_row, s->a_col, a, l);
        if (p->batch.is_there[IN1])
            put_in_lane(p, s->n, s->k, element(&p->batch, IN1, i), s->b_row, s->b_col, x, l);
    }
    const bool done = p->dtype == TAD_F64
                          ? p->lanes_f64(s, (void *)a, (void *)x, (void *)y, (void *)room)
                          : p->lanes_f32(s, (void *)a, (void *)x, (void *)y, (void *)room);
    for (size_t l = 0; l < p->together && done; l++)
        for (int k = 0; k < 2 && p->batch.is_there[OUT0 + k]; k++)
            take_from_lane(p, p->elements[k], k ? y : x, l,
                           element(&p->batch, OUT0 + k, (int64_t)(first + l)));
    return done;
}

/* How many together: as many as fill a vector, if there are so many. What it needs, in elements of
 * one matrix. */
static size_t plan_together(call *p, const tad_call_frame *c, const tad__method *method) {
    enum { MOST = 16 };
    const tad__linalg_kernels *kernels = c->compute->kernels->linalg;
    const tad__sides *s = p->sides;
    const size_t lanes = TAD__TOGETHER / tad__width(p->dtype);
    p->lanes_f64 = kernels->lanes_f64[method->function];
    p->lanes_f32 = kernels->lanes_f32[method->function];
    if (!p->lanes_f64 || p->library || s->m > MOST || s->n > MOST || s->k > MOST) return 0;
    if (s->m == 0 || s->n == 0 || s->k == 0 || (size_t)p->batch.size < lanes) return 0;
    for (size_t k = 0; k < c->n_out; k++)
        p->elements[k] = (size_t)(c->out[k]->size / p->batch.size);
    p->together = lanes;
    return (size_t)(s->m * s->n) + p->elements[0] + p->elements[1] +
           room_of(s, method->squares, method->rows);
}

/* ---- all ---- */

static void run_one(call *p, size_t i, void *work, int64_t *failed) {
    void *at[ARRAYS];
    for (int k = 0; k < ARRAYS; k++) at[k] = element(&p->batch, k, (int64_t)i);
    int done = p->library ? apply(p, p->library->f64, p->library->f32, at, work) : TAD__LEFT;
    if (done == TAD__LEFT) done = apply(p, p->f64, p->f32, at, work);
    if (done == TAD__REFUSED) *failed = (int64_t)i;
}

static void run_piece(void *arg, size_t first, size_t end) {
    call *p = arg;
    const size_t piece = first / p->grain;
    char *const work = p->work + piece * p->room;
    while (first < end && p->failed[piece] < 0) {
        const size_t n = p->together && end - first >= p->together ? p->together : 1;
        const bool done = n > 1 && run_together(p, first, work);
        for (size_t i = 0; i < n && !done && p->failed[piece] < 0; i++)
            run_one(p, first + i, work, &p->failed[piece]);
        first += n;
    }
}

/* Small matrices are ours: a call of the library would take longer. So are those of which a size
 * may be beyond its integers. */
static const tad__library *library_of(const tad__method *method, const tad__sides *s) {
    const tad__library *l = method->library;
    const bool small = !l || s->m < l->from || s->n < l->from;
    return small || room_of(s, l->squares, l->rows) > INT_MAX ? NULL : l;
}

enum { PIECES = 32, WORTH = 4096 };

tad_status tad__each_matrix(const tad_call_frame *c, const tad__method *method,
                            const tad__sides *s) {
    const tad__linalg_kernels *kernels = c->compute->kernels->linalg;
    call p = {.library = library_of(method, s),
              .f64 = kernels->f64[method->function],
              .f32 = kernels->f32[method->function],
              .sides = s,
              .dtype = (tad_dtype)c->in[0]->dtype};
    as_batch(&p.batch, c);
    const size_t count = (size_t)p.batch.size, size = (size_t)s->m * (size_t)s->n + 1;
    size_t elements = room_of(s, method->squares, method->rows);
    if (p.library) elements = tad__max(elements, room_of(s, p.library->squares, p.library->rows));
    if (count == 0) return TAD_OK;
    const size_t of_one = plan_together(&p, c, method);
    elements = tad__max(elements, of_one * p.together);
    p.grain = (count - 1) / PIECES + 1;
    while (p.grain * size < WORTH && p.grain < count) p.grain *= 2;
    const size_t pieces = (count - 1) / p.grain + 1;
    if (elements > SIZE_MAX / 64 / pieces) return TAD_NO_MEMORY;
    p.room = (elements * tad__width(p.dtype) + 63) / 64 * 64;
    p.work = tad_scratch(c, p.room * pieces + 64);
    p.failed = tad_scratch(c, pieces * sizeof *p.failed);
    if (!p.work || !p.failed) return TAD_NO_MEMORY;
    for (size_t i = 0; i < pieces; i++) p.failed[i] = -1;
    tad_split(c, count, p.grain, run_piece, &p);
    for (size_t i = 0; i < pieces; i++)
        if (p.failed[i] >= 0)
            return tad_fail(c, method->status, "%s, matrix %lld", tad_status_text(method->status),
                            (long long)p.failed[i]);
    return TAD_OK;
}

/* ---- as C ---- */

static void put_argument(tad_c *to, const tad__loop *l, const int *place, int k, const char *name) {
    if (place[k] < 0) {
        tad_c_put(to, ", NULL");
        return;
    }
    tad_c_put(to, ", &%s", name);
    tad__c_at(to, l, place[k]);
}

static void put_sides(tad_c *to, const tad__sides *s) {
    tad_c_put(to,
              "const %s s = {.m = %td, .n = %td, .k = %td,\n"
              ".a_row = %td, .a_col = %td, .b_row = %td, .b_col = %td,\n"
              ".upper = %d, .left = %d, .unit = %d, .least = ",
              tad__c_part_named(to, "tad__sides"), s->m, s->n, s->k, s->a_row, s->a_col, s->b_row,
              s->b_col, s->upper, s->left, s->unit);
    tad__c_number(to, s->least, TAD_F64);
    tad_c_put(to, "};\n");
}

/* The room lies on the stack: large matrices are not for programs as C. */
void tad__each_matrix_c_text(const tad_call_frame *c, tad_c *to, const tad__method *method,
                             const tad__sides *s) {
    static const char *const names[ARRAYS] = {"out0", "out1", "in0", "in1"};
    enum { MOST = 1 << 17 };
    const size_t room = room_of(s, method->squares, method->rows);
    const tad_array *array[ARRAYS];
    int place[ARRAYS], n = 0;
    batch b;
    tad__loop l;
    as_batch(&b, c);
    for (int k = 0; k < ARRAYS; k++) {
        place[k] = b.is_there[k] ? n : -1;
        if (b.is_there[k]) array[n++] = &b.array[k].array;
    }
    to->failed |= room > MOST;
    tad_c_put(to, "{\n");
    put_sides(to, s);
    if (room) tad_c_put(to, "%s room[%zu];\n", tad__c_type(c->in[0]->dtype), room);
    tad__c_open(to, &l, &b.shape, array, n);
    tad_c_put(to, method->status ? "if (!%s(&s" : "(void)%s(&s",
              tad__c_part(to, method->part, c->in[0]->dtype));
    put_argument(to, &l, place, IN0, names[IN0]);
    put_argument(to, &l, place, IN1, names[IN1]);
    put_argument(to, &l, place, OUT0, names[OUT0]);
    put_argument(to, &l, place, OUT1, names[OUT1]);
    tad_c_put(to, room ? ", room" : ", NULL");
    tad_c_put(to, method->status ? ")) return TAD_SINGULAR;\n" : ");\n");
    tad__c_close(to, &l);
    tad_c_put(to, "}\n");
}
