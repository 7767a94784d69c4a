/* Arrays in the arena and in the pool; values as arrays. Rests on arrays.h. */
#include "arrays.h"

static size_t data_align(size_t bytes) {
    return bytes >= TAD__IN_PAGES ? TAD__PAGE : bytes >= 64 ? 64 : 16;
}

/* What lies before the elements of an array in the pool. */
static size_t buffer_header(int rank, size_t bytes) {
    const size_t align = bytes >= TAD__IN_PAGES ? TAD__BEFORE_DATA : 64;
    return (tad__array_header(rank) + align - 1) / align * align;
}

tad_array *tad__new_header(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    tad_array *a = tad__arena_take(&t->arena, tad__array_header(shape->rank), 16);
    if (!a) return NULL;
    tad__array_layout(a, dtype, shape);
    a->data = NULL;
    return a;
}

tad_array *tad__new_array(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    size_t bytes;
    tad_array *a = tad__new_header(t, dtype, shape);
    if (!a || !tad__shape_bytes(shape, dtype, &bytes)) return NULL;
    a->data = tad__arena_take(&t->arena, bytes, data_align(bytes));
    return a->data ? a : NULL;
}

tad_array *tad__new_buffer(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    size_t bytes, total;
    if (!tad__shape_bytes(shape, dtype, &bytes)) return NULL;
    const size_t header = buffer_header(shape->rank, bytes);
    if (!tad__sum(header, bytes, &total)) return NULL;
    tad_array *a = tad__buffers_take(&t->buffers, total);
    if (!a) return NULL;
    tad__array_layout(a, dtype, shape);
    a->data = (char *)a + header;
    a->pooled = true;
    return a;
}

tad_array *tad__new_like(tad_tape *t, const tad_array *like) {
    size_t header = (tad__array_header(like->rank) + 15) / 16 * 16;
    size_t bytes = (size_t)like->size * tad__width(like->dtype);
    bool apart = data_align(bytes) > 16; /* else the data follows the header in one piece */
    tad_array *a = tad__arena_take(&t->arena, apart ? header : header + bytes, 16);
    if (!a) return NULL;
    tad__array_repeat(a, like);
    a->data = apart ? tad__arena_take(&t->arena, bytes, data_align(bytes)) : (char *)a + header;
    return a->data ? a : NULL;
}

tad_array *tad__new_buffer_like(tad_tape *t, const tad_array *like) {
    const size_t bytes = (size_t)like->size * tad__width(like->dtype);
    const size_t header = buffer_header(like->rank, bytes);
    tad_array *a = tad__buffers_take(&t->buffers, header + bytes);
    if (!a) return NULL;
    tad__array_repeat(a, like);
    a->data = (char *)a + header;
    a->pooled = true;
    return a;
}

const tad_array *tad__value(tad_tape *t, uint32_t index, tad__view *view) {
    tad__node *n = tad__at(t, index);
    if (n->flags & TAD__ARRAY) return n->value.array;
    view->array =
        (tad_array){.data = &n->value.number, .size = 1, .dtype = TAD_F64, .contiguous = true};
    return &view->array;
}

const tad_array *tad__number_value(double number, tad_dtype dtype, tad__view *view) {
    view->array =
        (tad_array){.data = &view->number, .size = 1, .dtype = (uint8_t)dtype, .contiguous = true};
    if (dtype == TAD_F32)
        view->number.f32 = (float)number;
    else
        view->number.f64 = number;
    return &view->array;
}
