/* Rows of arrays: permuted copies where the axes do not already lie so. Rests on rows.h. */
#include "rows.h"

#include "array/view.h"
#include "kernel/tile.h"

void tad__rows_plan(tad__rows *r, const tad__compute *compute, tad_dtype dtype, const tad_shape *s,
                    unsigned mask) {
    *r = (tad__rows){.compute = compute, .dtype = dtype, .straight = true, .rows = 1, .n = 1};
    r->width = tad_dtype_size(dtype);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < s->rank; i++) {
            if ((int)(mask >> i & 1) != pass) continue;
            r->order[r->transposed.rank] = i;
            r->transposed.dim[r->transposed.rank++] = s->dim[i];
            *(pass ? &r->n : &r->rows) *= (size_t)s->dim[i];
        }
    int last = -1; /* axes of size 1 may lie anywhere */
    for (int i = 0; i < r->transposed.rank; i++) {
        if (r->transposed.dim[i] == 1) continue;
        if (r->order[i] < last) r->straight = false;
        last = r->order[i];
    }
}

/* Memory as an array of the transposed shape. */
static tad_array *lay_out(const tad__rows *r, tad__header *h, const void *data) {
    tad__array_layout(&h->array, r->dtype, &r->transposed);
    h->array.data = (void *)(uintptr_t)data;
    return &h->array;
}

const void *tad__rows_of(const tad__rows *r, const tad_array *a) {
    if (r->straight && a->contiguous) return a->data;
    tad__header from_header, to_header;
    void *data = tad__scratch(r->compute, (size_t)a->size * r->width);
    if (!data) return NULL;
    tad_array *from = lay_out(r, &from_header, a->data);
    for (int i = 0; i < a->rank; i++) tad__strides(from)[i] = tad_strides(a)[r->order[i]];
    tad__array_seen(from);
    tad__copy(r->compute, lay_out(r, &to_header, data), from);
    return data;
}

const void *tad__numbers_of(const tad__compute *compute, const tad_array *a) {
    const tad_array *numbers = tad__contiguous(compute, a);
    return numbers ? numbers->data : NULL;
}

void *tad__rows_target(const tad__rows *r, tad_array *a) {
    return r->straight ? a->data : tad__scratch(r->compute, (size_t)a->size * r->width);
}

tad_status tad__rows_put(const tad__rows *r, const void *rows, tad_array *a, bool add) {
    if (rows == a->data) return TAD_OK;
    tad__header h;
    tad_array *from = lay_out(r, &h, rows);
    int64_t stride[TAD_MAX_RANK];
    tad__shape_strides(&r->transposed, stride);
    for (int i = 0; i < a->rank; i++) {
        from->dim[r->order[i]] = a->dim[r->order[i]];
        tad__strides(from)[r->order[i]] = stride[i];
    }
    tad__array_seen(from);
    if (add)
        tad__add_into(r->compute, a, from);
    else
        tad__copy(r->compute, a, from);
    return TAD_OK;
}

typedef struct gradient_rows {
    const tad__rows *r;
    tad__rows_fill *fill;
    void *context;
    char *to, *scratch; /* scratch: a tile for each piece; NULL: fill writes to `to` */
    size_t tile, piece;
} gradient_rows;

static void gradient_piece(void *arg, size_t first, size_t end) {
    const gradient_rows *g = arg;
    const tad__rows *r = g->r;
    size_t step = tad__tile_rows(r->n), bytes = r->n * r->width;
    char *scratch = g->scratch ? g->scratch + first / g->piece * g->tile : NULL;
    for (size_t i = first; i < end; i += step) {
        size_t rows = tad__min(step, end - i);
        char *to = g->to + i * bytes;
        g->fill(g->context, i, rows, scratch ? scratch : to);
        if (scratch) r->compute->kernels->add[r->dtype](rows * r->n, scratch, to);
    }
}

static tad_status fill_gradient(tad_array *buffer, bool fresh, const tad__rows *r,
                                tad__rows_fill *fill, void *context) {
    if (!buffer) return TAD_NO_MEMORY;
    if (buffer->size == 0) return TAD_OK;
    size_t bytes = r->n * r->width, grain = tad__tile_grain(r->n);
    gradient_rows g = {.r = r, .fill = fill, .context = context, .to = buffer->data};
    g.tile = tad__min(tad__tile_rows(r->n), r->rows) * bytes;
    g.piece = tad__split_size(r->rows, grain);
    if (!r->straight && !(g.to = tad__scratch(r->compute, r->rows * bytes))) return TAD_NO_MEMORY;
    bool added = r->straight && !fresh;
    size_t pieces = (r->rows - 1) / g.piece + 1;
    if (added && !(g.scratch = tad__scratch(r->compute, pieces * g.tile))) return TAD_NO_MEMORY;
    tad__split(r->compute->threads, r->rows, grain, gradient_piece, &g);
    return r->straight ? TAD_OK : tad__rows_put(r, g.to, buffer, !fresh);
}

tad_status tad__rows_result(tad_array *to, const tad__rows *r, tad__rows_fill *fill,
                            void *context) {
    return fill_gradient(to, true, r, fill, context);
}

tad_status tad__rows_gradient(tad_backward *b, size_t input, const tad__rows *r,
                              tad__rows_fill *fill, void *context) {
    bool fresh;
    tad_array *buffer = tad_backward_buffer(b, input, &fresh);
    return fill_gradient(buffer, fresh, r, fill, context);
}

tad_status tad__rows_gradient_over(tad_backward *b, const tad__rows *r, tad__rows_fill *fill,
                                   void *context) {
    tad_array *over = r->straight ? tad_backward_take(b, 0, 0) : NULL;
    return over ? fill_gradient(over, true, r, fill, context)
                : tad__rows_gradient(b, 0, r, fill, context);
}
