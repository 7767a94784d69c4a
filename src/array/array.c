/* Copying, converting, adding and summing arrays of any layout, on the tape's threads where they are
 * large. Rests on the loop, the pool and the kernel table. */
#include <math.h>
#include <string.h>

#include "tape/tape.h"

/* ---- runs of numbers ---- */

typedef struct run {
    const tad__kernels *kernels;
    tad_dtype dtype;
    size_t size;
    char *to;
    const char *from;
    size_t rows, cols; /* of columns added up */
    size_t piece;
    double *part; /* sums of pieces */
} run;

static void clear_piece(void *arg, size_t first, size_t end) { memset((char *)arg + first, 0, end - first); }

void tad__clear(const tad_tape *t, const tad_array *a) {
    size_t bytes = (size_t)a->size * tad_dtype_size((tad_dtype)a->dtype);
    tad__split(t->threads, bytes, TAD__GRAIN * sizeof(double), clear_piece, a->data);
}

static void copy_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    memcpy(r->to + first, r->from + first, end - first);
}

static void add_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    r->kernels->add[r->dtype](end - first, r->from + first * r->size, r->to + first * r->size);
}

void tad__add(const tad_tape *t, tad_dtype dtype, size_t n, const void *x, void *y) {
    run r = {.kernels = t->kernels, .dtype = dtype, .size = tad_dtype_size(dtype), .to = y, .from = x};
    tad__split(t->threads, n, TAD__GRAIN, add_piece, &r);
}

static void sum_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    r->part[first / r->piece] = r->kernels->sum[r->dtype](end - first, r->from + first * r->size);
}

double tad__total(const tad_tape *t, tad_dtype dtype, size_t n, const void *x) {
    double part[TAD__MOST_PIECES], sum = 0;
    run r = {.kernels = t->kernels, .dtype = dtype, .size = tad_dtype_size(dtype), .from = x, .part = part};
    if (n <= TAD__GRAIN) return t->kernels->sum[dtype](n, x);
    r.piece = tad__split_size(n, TAD__GRAIN);
    tad__split(t->threads, n, TAD__GRAIN, sum_piece, &r);
    for (size_t i = 0; i * r.piece < n; i++) sum += part[i];
    return sum;
}

static void columns_piece(void *arg, size_t first, size_t end) {
    const run *r = arg;
    size_t at = first * r->size;
    r->kernels->add_columns[r->dtype](r->rows, end - first, r->cols, r->from + at, r->to + at);
}

void tad__add_columns(const tad_tape *t, tad_dtype dtype, size_t rows, size_t cols, const void *x, void *y) {
    run r = {.kernels = t->kernels, .dtype = dtype, .size = tad_dtype_size(dtype), .to = y, .from = x};
    r.rows = rows;
    r.cols = cols;
    size_t grains = rows ? TAD__GRAIN / rows / TAD__COLUMNS : 0; /* a piece of about TAD__GRAIN elements */
    tad__split(t->threads, cols, TAD__COLUMNS * (grains ? grains : 1), columns_piece, &r);
}

/* ---- elements ---- */

static double load(const char *p, tad_dtype dtype) {
    switch (dtype) {
    case TAD_F64: return *(const double *)(const void *)p;
    case TAD_F32: return *(const float *)(const void *)p;
    case TAD_I64: return (double)*(const int64_t *)(const void *)p;
    default: return *(const uint8_t *)p;
    }
}

/* Beyond int64 and NaN a conversion to int64 has no meaning in C: NaN gives 0, the rest the bounds. */
static int64_t to_int64(double v) {
    if (isnan(v)) return 0;
    if (v >= 9223372036854775808.0) return INT64_MAX;
    if (v <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)v;
}

static void store(char *p, tad_dtype dtype, double v) {
    switch (dtype) {
    case TAD_F64: *(double *)(void *)p = v; break;
    case TAD_F32: *(float *)(void *)p = (float)v; break;
    case TAD_I64: *(int64_t *)(void *)p = to_int64(v); break;
    default: *(uint8_t *)p = v != 0; break;
    }
}

#define COPY_STRIDED(T)                                                                            \
    for (int64_t i = 0; i < l->length; i++)                                                        \
        *(T *)(void *)(l->run[0] + i * l->step[0]) =                                               \
            *(const T *)(const void *)(l->run[1] + i * l->step[1])

/* One element of src along a run without gaps of a float type. */
static bool is_repeated(const tad__loop *l, tad_dtype to, tad_dtype from) {
    return l->step[1] == 0 && to == from && tad__is_float(to) && l->step[0] == (int64_t)tad_dtype_size(to);
}

static void copy_run(const tad_tape *t, const tad__loop *l, tad_dtype dtype) {
    size_t size = tad_dtype_size(dtype);
    if (is_repeated(l, dtype, dtype))
        t->kernels->fill[dtype]((size_t)l->length, load(l->run[1], dtype), l->run[0]);
    else if (l->step[1] == (int64_t)size && l->step[0] == (int64_t)size)
        memcpy(l->run[0], l->run[1], (size_t)l->length * size);
    else if (dtype == TAD_F64)
        COPY_STRIDED(double);
    else if (dtype == TAD_F32)
        COPY_STRIDED(float);
    else if (dtype == TAD_I64)
        COPY_STRIDED(int64_t);
    else
        COPY_STRIDED(uint8_t);
}

#define CONVERT(TO, FROM)                                                                          \
    do {                                                                                           \
        const char *p = l->run[1];                                                                 \
        char *q = l->run[0];                                                                       \
        if (l->step[0] == sizeof(TO) && l->step[1] == sizeof(FROM))                                \
            for (int64_t i = 0; i < l->length; i++) ((TO *)(void *)q)[i] = (TO)((const FROM *)(const void *)p)[i]; \
        else                                                                                       \
            for (int64_t i = 0; i < l->length; i++, p += l->step[1], q += l->step[0])              \
                *(TO *)(void *)q = (TO)*(const FROM *)(const void *)p;                             \
    } while (0)

static void convert_run(const tad__loop *l, tad_dtype to, tad_dtype from) {
    if (to == TAD_F32 && from == TAD_F64) CONVERT(float, double);
    else if (to == TAD_F64 && from == TAD_F32) CONVERT(double, float);
    else if (to == TAD_F32 && from == TAD_BOOL) CONVERT(float, uint8_t);
    else if (to == TAD_F64 && from == TAD_BOOL) CONVERT(double, uint8_t);
    else if (to == TAD_I64 && from == TAD_BOOL) CONVERT(int64_t, uint8_t);
    else
        for (int64_t i = 0; i < l->length; i++)
            store(l->run[0] + i * l->step[0], to, load(l->run[1] + i * l->step[1], from));
}

static void swap(int64_t *a, int64_t *b) {
    int64_t c = *a;
    *a = *b;
    *b = c;
}

/* Makes an axis along which an array lies without gaps the innermost one. */
static void put_in_order(tad__loop *l, int of, int64_t size) {
    int last = l->rank - 1, k = last;
    while (k >= 0 && l->stride[of][k] != size) k--;
    if (k < 0 || k == last) return;
    swap(&l->dim[k], &l->dim[last]);
    for (int array = 0; array < 2; array++) {
        swap(&l->stride[array][k], &l->stride[array][last]);
        l->step[array] = l->stride[array][last];
    }
    l->length = l->dim[last];
}

/* ---- turned arrays, by tiles ---- */

/* Where dst is contiguous along the innermost axis and src along another one, both are walked in
 * tiles of TURN x TURN elements: each piece of a row is then read and written once, as a whole. */
enum { TURN = 16 };

typedef struct turned {
    int64_t along, across;         /* how far src's own axis and dst's own axis go */
    int64_t to_stride, from_stride; /* in bytes: of dst along the former, of src along the latter */
} turned;

/* Which is src's own axis; -1: the arrays do not lie so. */
static int turned_axis(const tad__loop *l, int64_t size) {
    int last = l->rank - 1, k = 0;
    if (last < 1 || l->step[0] != size || l->step[1] == size || l->step[1] == 0) return -1;
    while (k < last && l->stride[1][k] != size) k++;
    bool worth = l->dim[k] >= TURN / 2 && l->length >= TURN / 2;
    return k < last && l->stride[0][k] != 0 && worth ? k : -1;
}

/* Takes it out of the loop, which any order will do for. */
static bool take_turned_axis(tad__loop *l, int64_t size, turned *found) {
    tad__loop ordered = *l;
    put_in_order(&ordered, 0, size);
    int last = l->rank - 1, k = turned_axis(&ordered, size);
    if (k < 0) return false;
    *l = ordered;
    *found = (turned){l->dim[k], l->length, l->stride[0][k], l->step[1]};
    for (; k < last; k++) {
        l->dim[k] = l->dim[k + 1];
        for (int array = 0; array < 2; array++) l->stride[array][k] = l->stride[array][k + 1];
    }
    l->rank = last;
    return true;
}

static int64_t at_most(int64_t n, int64_t limit) { return n < limit ? n : limit; }

/* One tile of rows x columns of dst. */
#define TURN_TILE(T, name, assign)                                                                 \
    static void name##_tile(char *to, const char *from, const turned *a, int64_t rows,             \
                            int64_t columns) {                                                     \
        T tile[TURN][TURN];                                                                        \
        for (int64_t j = 0; j < columns; j++)                                                      \
            if (rows == TURN)                                                                      \
                memcpy(tile[j], from + j * a->from_stride, sizeof tile[j]);                        \
            else                                                                                   \
                memcpy(tile[j], from + j * a->from_stride, (size_t)rows * sizeof(T));              \
        for (int64_t i = 0; i < rows; i++) {                                                       \
            T *row = (T *)(void *)(to + i * a->to_stride);                                         \
            for (int64_t j = 0; j < columns; j++) row[j] assign tile[j][i];                        \
        }                                                                                          \
    }                                                                                              \
    static void name(char *to, const char *from, const turned *a) {                                \
        for (int64_t i = 0; i < a->along; i += TURN)                                               \
            for (int64_t j = 0; j < a->across; j += TURN)                                          \
                name##_tile(to + i * a->to_stride + j * (int64_t)sizeof(T),                        \
                            from + i * (int64_t)sizeof(T) + j * a->from_stride, a,                 \
                            at_most(a->along - i, TURN), at_most(a->across - j, TURN));            \
    }
TURN_TILE(double, copy_turned_f64, =)
TURN_TILE(float, copy_turned_f32, =)
TURN_TILE(int64_t, copy_turned_i64, =)
TURN_TILE(uint8_t, copy_turned_bool, =)
TURN_TILE(double, add_turned_f64, +=)
TURN_TILE(float, add_turned_f32, +=)

typedef void turn(char *to, const char *from, const turned *a);
static turn *const copy_turned[] = {[TAD_F64] = copy_turned_f64,
                                    [TAD_F32] = copy_turned_f32,
                                    [TAD_I64] = copy_turned_i64,
                                    [TAD_BOOL] = copy_turned_bool};
static turn *const add_turned[] = {[TAD_F64] = add_turned_f64, [TAD_F32] = add_turned_f32};

static void walk_turned(tad__loop *l, const turned *a, turn *f) {
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        f(l->run[0], l->run[1], a);
}

/* ---- copying, adding ---- */

typedef struct move {
    const tad_tape *t;
    tad_dtype to, from;
} move;

static void copy_walk(void *arg, tad__loop *l) {
    const move *m = arg;
    turned a;
    if (m->to == m->from && take_turned_axis(l, (int64_t)tad_dtype_size(m->to), &a)) {
        walk_turned(l, &a, copy_turned[m->to]);
        return;
    }
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        if (m->to == m->from) copy_run(m->t, l, m->to);
        else convert_run(l, m->to, m->from);
    }
}

#define ADD_STRIDED(T)                                                                             \
    for (int64_t i = 0; i < l->length; i++)                                                        \
        *(T *)(void *)(l->run[0] + i * l->step[0]) +=                                              \
            *(const T *)(const void *)(l->run[1] + i * l->step[1])

/* The compiler makes vector code of it. */
#define ADD_REPEATED(T)                                                                            \
    do {                                                                                           \
        T *y = (T *)(void *)l->run[0];                                                             \
        const T one = *(const T *)(const void *)l->run[1];                                         \
        for (int64_t i = 0; i < l->length; i++) y[i] += one;                                       \
    } while (0)

/* One run: dst elements may all be one place (a sum), src elements anywhere. */
static void add_run(const tad_tape *t, const tad__loop *l, tad_dtype to, tad_dtype from) {
    int64_t size = (int64_t)tad_dtype_size(to);
    bool same = to == from && l->step[1] == size;
    if (same && l->step[0] == size) {
        t->kernels->add[to]((size_t)l->length, l->run[1], l->run[0]);
    } else if (same && l->step[0] == 0) {
        store(l->run[0], to, load(l->run[0], to) + tad__total(t, to, (size_t)l->length, l->run[1]));
    } else if (is_repeated(l, to, from) && to == TAD_F64) {
        ADD_REPEATED(double);
    } else if (is_repeated(l, to, from)) {
        ADD_REPEATED(float);
    } else if (to == TAD_F64 && from == TAD_F64) {
        ADD_STRIDED(double);
    } else if (to == TAD_F32 && from == TAD_F32) {
        ADD_STRIDED(float);
    } else {
        for (int64_t i = 0; i < l->length; i++) {
            char *p = l->run[0] + i * l->step[0];
            store(p, to, load(p, to) + load(l->run[1] + i * l->step[1], from));
        }
    }
}

static void add_walk(void *arg, tad__loop *l) {
    const move *m = arg;
    turned a;
    if (m->to == m->from && tad__is_float(m->to) && take_turned_axis(l, (int64_t)tad_dtype_size(m->to), &a)) {
        walk_turned(l, &a, add_turned[m->to]);
        return;
    }
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) add_run(m->t, l, m->to, m->from);
}

void tad__put(const tad_tape *t, const tad_array *dst, const tad_array *src, bool add) {
    tad_shape shape = tad__shape_of(dst);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){dst, src}, 2);
    tad__loop_split(t->threads, &l, 0, add ? add_walk : copy_walk,
                    &(move){t, (tad_dtype)dst->dtype, (tad_dtype)src->dtype});
}

void tad__copy(const tad_tape *t, tad_array *dst, const tad_array *src) {
    if (dst->dtype == src->dtype && dst->contiguous && src->contiguous) {
        size_t bytes = (size_t)dst->size * tad_dtype_size((tad_dtype)dst->dtype);
        tad__split(t->threads, bytes, TAD__GRAIN * sizeof(double), copy_piece, &(run){.to = dst->data, .from = src->data});
        return;
    }
    tad__put(t, dst, src, false);
}

tad_array *tad__scratch_array(tad_tape *t, tad_dtype dtype, const tad_shape *shape) {
    size_t bytes;
    tad_array *a = tad_scratch(t, tad__array_header(shape->rank));
    void *data = tad__shape_bytes(shape, dtype, &bytes) ? tad_scratch(t, bytes) : NULL;
    if (!a || !data) return NULL;
    tad__array_layout(a, dtype, shape);
    a->data = data;
    return a;
}

const tad_array *tad__contiguous(tad_tape *t, const tad_array *a) {
    if (a->contiguous) return a;
    tad_shape shape = tad__shape_of(a);
    tad_array *copy = tad__scratch_array(t, (tad_dtype)a->dtype, &shape);
    if (copy) tad__copy(t, copy, a);
    return copy;
}

/* A matrix added up to a row, as the gradient of a bias is. */
static bool is_matrix_to_row(const tad__loop *l, int64_t size) {
    return l->rank == 2 && l->step[0] == size && l->step[1] == size && l->stride[0][0] == 0 &&
           l->stride[1][0] == l->dim[1] * size && l->dim[0] > 0 && l->dim[1] > 0;
}

/* ---- everything added up to one element ---- */

typedef struct sum_of_all {
    move m;
    const tad__loop *l; /* any order of its axes will do */
    size_t piece;
    double part[TAD__MOST_PIECES]; /* of either type */
} sum_of_all;

static void sum_some(void *arg, size_t first, size_t end) {
    sum_of_all *s = arg;
    tad__loop l = *s->l;
    l.dim[0] = (int64_t)(end - first);
    if (l.rank == 1) l.length = l.dim[0];
    l.base[0] = (char *)&s->part[first / s->piece];
    l.base[1] += (int64_t)first * l.stride[1][0];
    add_walk(&s->m, &l);
}

/* Pieces are summed on their own, then in their order. */
static void add_all(const tad_tape *t, tad__loop *l, const tad_array *dst, tad_dtype from) {
    size_t all = 1, along = (size_t)l->dim[0];
    for (int i = 0; i < l->rank; i++) all *= (size_t)l->dim[i];
    size_t grain = tad__rows_grain(all / along);
    tad_dtype to = (tad_dtype)dst->dtype;
    sum_of_all s = {.m = {t, to, from}, .l = l, .piece = tad__split_size(along, grain)};
    memset(s.part, 0, sizeof s.part);
    tad__split(t->threads, along, grain, sum_some, &s);
    for (size_t i = 0; i * s.piece < along; i++) store(dst->data, to, load(dst->data, to) + load((char *)&s.part[i], to));
}

void tad__add_into(const tad_tape *t, tad_array *dst, const tad_array *src) {
    if (src->contiguous && src->size == dst->size && src->dtype == dst->dtype && dst->dtype <= TAD_F32) {
        tad__add(t, (tad_dtype)dst->dtype, (size_t)dst->size, src->data, dst->data);
        return;
    }
    tad_shape a = tad__shape_of(dst), b = tad__shape_of(src), shape;
    if (!tad__shape_broadcast(&a, &b, &shape)) return;
    int64_t size = (int64_t)tad_dtype_size((tad_dtype)dst->dtype);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){dst, src}, 2);
    /* Any order of adding will do. */
    if (dst->dtype == src->dtype && turned_axis(&l, size) < 0) put_in_order(&l, 1, size);
    if (dst->dtype == src->dtype && is_matrix_to_row(&l, size)) {
        tad__add_columns(t, (tad_dtype)dst->dtype, (size_t)l.dim[0], (size_t)l.dim[1], l.base[1], l.base[0]);
        return;
    }
    if (dst->size == 1 && src->size > TAD__GRAIN)
        add_all(t, &l, dst, (tad_dtype)src->dtype);
    else
        tad__loop_split(t->threads, &l, 0, add_walk, &(move){t, (tad_dtype)dst->dtype, (tad_dtype)src->dtype});
}
