/* Rows in their order. Rests on order.h. */
#include "order.h"

#include "kernel/plain/order.h"
#include "ops/axes.h"

tad_status tad__order_fits(const tad_call_frame *c, int64_t n) {
    if (n <= UINT32_MAX) return TAD_OK;
    return tad_fail(c, TAD_TOO_LARGE, "%lld elements along the axis", (long long)n);
}

/* ---- values ---- */

typedef struct job {
    tad__rows plan;
    const tad__ordering *o;
    const char *x;
    char *values, *room; /* room: a row's, for each piece */
    int64_t *places;
    size_t k, piece, room_bytes;
} job;

/* With few of many a heap has its root beaten seldom. */
static bool is_few(size_t k, size_t n) { return k < n / 16; }

#define FIRST(T, suffix)                                                                           \
    tad__places_in_order_##suffix((int64_t)n, (int64_t)j->k, (const T *)(const void *)x, 1,        \
                                  j->o->descending, place, 1)

static void places_of_row(const job *j, const char *x, char *room, int64_t *place) {
    const size_t n = j->plan.n;
    if (!is_few(j->k, n)) {
        int64_t *all = j->k == n ? place : (int64_t *)(void *)room;
        tad__radix_sort(j->plan.dtype, n, x, j->o->descending, room + n * sizeof *all, all);
        if (all != place)
            for (size_t i = 0; i < j->k; i++) place[i] = all[i];
        return;
    }
    switch (j->plan.dtype) {
    case TAD_F64: FIRST(double, f64); break;
    case TAD_F32: FIRST(float, f32); break;
    case TAD_I64: FIRST(int64_t, i64); break;
    default: FIRST(uint8_t, bool);
    }
}

#define TAKE(T)                                                                                    \
    for (size_t i = 0; i < j->k; i++)                                                              \
    ((T *)(void *)value)[i] = ((const T *)(const void *)x)[place[i]]

static void some_rows(void *arg, size_t first, size_t end) {
    const job *j = arg;
    const size_t width = j->plan.width;
    char *room = j->room + first / j->piece * j->room_bytes;
    for (size_t row = first; row < end; row++) {
        const char *x = j->x + row * j->plan.n * width;
        int64_t *place = j->places + row * j->k;
        places_of_row(j, x, room, place);
        char *value = j->values + row * j->k * width;
        if (width == sizeof(uint64_t))
            TAKE(uint64_t);
        else if (width == sizeof(uint32_t))
            TAKE(uint32_t);
        else
            TAKE(uint8_t);
    }
}

tad_status tad__order(const tad_call_frame *c, const tad__ordering *o, tad_array *values,
                      tad_array *places) {
    const tad_array *x = c->in[0];
    const tad_shape from = tad__shape_of(x), to = tad__shape_of(places);
    const unsigned mask = 1u << tad__known_axis(o->axis, x->rank);
    const tad_dtype dtype = (tad_dtype)x->dtype;
    tad__rows value_rows, place_rows;
    job j = {.o = o, .k = (size_t)o->k};
    if (places->size == 0) return TAD_OK;
    tad__rows_plan(&j.plan, c->compute, dtype, &from, mask);
    tad__rows_plan(&value_rows, c->compute, dtype, &to, mask);
    tad__rows_plan(&place_rows, c->compute, TAD_I64, &to, mask);
    const size_t n = j.plan.n, rows = j.plan.rows, grain = tad__rows_grain(8 * n);
    j.piece = tad__split_size(rows, grain);
    j.room_bytes = is_few(j.k, n) ? 0 : n * sizeof(int64_t) + tad__radix_room(dtype, n);
    j.x = tad__rows_of(&j.plan, x);
    j.room = tad__scratch(c->compute, ((rows - 1) / j.piece + 1) * j.room_bytes + 1);
    j.places = tad__rows_target(&place_rows, places);
    j.values = tad__rows_target(&value_rows, values);
    if (!j.x || !j.room || !j.places || !j.values) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, rows, grain, some_rows, &j);
    tad_status s = tad__rows_put(&value_rows, j.values, values, false);
    return s == TAD_OK ? tad__rows_put(&place_rows, j.places, places, false) : s;
}

/* ---- as C ---- */

void tad__order_c_text(const tad_call_frame *c, tad_c *to, const tad__ordering *o) {
    const tad_array *x = c->in[0], *values = c->out[0], *places = c->out[1];
    const int axis = tad__known_axis(o->axis, x->rank);
    const long long step = (long long)tad_strides(x)[axis],
                    apart = (long long)tad_strides(places)[axis];
    tad_shape shape = tad__shape_of(x);
    tad__loop l;
    if (places->size == 0) {
        tad_c_put(to, "(void)in0, (void)out0, (void)out1;\n");
        return;
    }
    shape.dim[axis] = 1;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){values, places, x}, 3);
    tad_c_put(to, "const %s *x = &in0", tad__c_type(x->dtype));
    tad__c_at(to, &l, 2);
    tad_c_put(to, ";\n%s *value = &out0", tad__c_type(x->dtype));
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\nint64_t *place = &out1");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\n%s(%lld, %lld, x, %lld, %d, place, %lld);\n",
              tad__c_part(to, "places_in_order", x->dtype), (long long)x->dim[axis],
              (long long)o->k, step, o->descending, apart);
    tad_c_put(to,
              "for (ptrdiff_t k = 0; k < %lld; k++)\n    value[%lld * k] = "
              "x[%lld * (ptrdiff_t)place[%lld * k]];\n",
              (long long)o->k, apart, step, apart);
    tad__c_close(to, &l);
}
