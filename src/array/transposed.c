/* Copying and adding an array that is transposed beside the other, tile by tile. Rests on
 * walk.h. */
#include <string.h>

#include "walk.h"

static void swap(int64_t *a, int64_t *b) {
    int64_t c = *a;
    *a = *b;
    *b = c;
}

void tad__order_by(tad__loop *l, int of, int64_t size) {
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

/* Where dst is contiguous along the innermost axis and src along another one, both are walked in
 * square tiles as wide as a cache line: each line is then read and written once, as a whole. */
enum { LINE = 64, WORTH = 8 };

int tad__transposed_axis(const tad__loop *l, int64_t size) {
    int last = l->rank - 1, k = 0;
    if (last < 1 || l->step[0] != size || l->step[1] == size || l->step[1] == 0) return -1;
    while (k < last && l->stride[1][k] != size) k++;
    bool worth = l->dim[k] >= WORTH && l->length >= WORTH;
    return k < last && l->stride[0][k] != 0 && worth ? k : -1;
}

int tad__order_transposed(tad__loop *l, int64_t size) {
    tad__loop ordered = *l;
    tad__order_by(&ordered, 0, size);
    const int k = tad__transposed_axis(&ordered, size);
    if (k >= 0) *l = ordered;
    return k;
}

bool tad__take_transposed_axis(tad__loop *l, int64_t size, tad__crossing *found) {
    int last = l->rank - 1, k = tad__order_transposed(l, size);
    if (k < 0) return false;
    *found = (tad__crossing){l->dim[k], l->length, l->stride[0][k], l->step[1]};
    for (; k < last; k++) {
        l->dim[k] = l->dim[k + 1];
        for (int array = 0; array < 2; array++) l->stride[array][k] = l->stride[array][k + 1];
    }
    l->rank = last;
    return true;
}

static int64_t at_most(int64_t n, int64_t limit) { return n < limit ? n : limit; }

/* There may be no memory: then nothing happens. */
static inline void ask_for(const char *p, int64_t behind) {
    __builtin_prefetch((const void *)((uintptr_t)p + (uintptr_t)behind));
}

/* A whole tile is turned two rows of src at a time, which compilers make vector code of; rows of
 * the next one are asked for meanwhile, since no processor guesses that they come. One at an edge,
 * rows x columns of dst, is short. */
#define TRANSPOSED(T, name, assign)                                                                \
    enum { name##_TILE = LINE / sizeof(T) };                                                       \
    static void name##_tile(char *to, const char *from, const tad__crossing *a) {                  \
        enum { TILE = name##_TILE };                                                               \
        _Alignas(LINE) T tile[TILE][TILE];                                                         \
        for (int64_t j = 0; j < TILE; j += 2) {                                                    \
            const char *address = from + j * a->from_stride;                                       \
            const T *even = (const T *)(const void *)address,                                      \
                    *odd = (const T *)(const void *)(address + a->from_stride);                    \
            ask_for(address, TILE * a->from_stride);                                               \
            ask_for(address, (TILE + 1) * a->from_stride);                                         \
            for (int64_t i = 0; i < TILE; i++) {                                                   \
                tile[i][j] = even[i];                                                              \
                tile[i][j + 1] = odd[i];                                                           \
            }                                                                                      \
        }                                                                                          \
        for (int64_t i = 0; i < TILE; i++) {                                                       \
            T *row = (T *)(void *)(to + i * a->to_stride);                                         \
            for (int64_t j = 0; j < TILE; j++) row[j] assign tile[i][j];                           \
        }                                                                                          \
    }                                                                                              \
    static void name##_edge(char *to, const char *from, const tad__crossing *a, int64_t rows,      \
                            int64_t columns) {                                                     \
        for (int64_t i = 0; i < rows; i++) {                                                       \
            T *row = (T *)(void *)(to + i * a->to_stride);                                         \
            const char *element = from + i * (int64_t)sizeof(T);                                   \
            for (int64_t j = 0; j < columns; j++)                                                  \
                row[j] assign *(const T *)(const void *)(element + j * a->from_stride);            \
        }                                                                                          \
    }                                                                                              \
    static void name(char *to, const char *from, const tad__crossing *a) {                         \
        enum { TILE = name##_TILE };                                                               \
        for (int64_t i = 0; i < a->along; i += TILE) {                                             \
            for (int64_t j = 0; j < a->across; j += TILE) {                                        \
                char *to_tile = to + i * a->to_stride + j * (int64_t)sizeof(T);                    \
                const char *tile = from + i * (int64_t)sizeof(T) + j * a->from_stride;             \
                if (a->along - i >= TILE && a->across - j >= TILE)                                 \
                    name##_tile(to_tile, tile, a);                                                 \
                else                                                                               \
                    name##_edge(to_tile, tile, a, at_most(a->along - i, TILE),                     \
                                at_most(a->across - j, TILE));                                     \
            }                                                                                      \
        }                                                                                          \
    }
TRANSPOSED(double, copy_transposed_f64, =)
TRANSPOSED(float, copy_transposed_f32, =)
TRANSPOSED(int64_t, copy_transposed_i64, =)
TRANSPOSED(uint8_t, copy_transposed_bool, =)
TRANSPOSED(double, add_transposed_f64, +=)
TRANSPOSED(float, add_transposed_f32, +=)

typedef void transposed_fn(char *to, const char *from, const tad__crossing *a);
static transposed_fn *const copy_transposed[] = {[TAD_F64] = copy_transposed_f64,
                                                 [TAD_F32] = copy_transposed_f32,
                                                 [TAD_I64] = copy_transposed_i64,
                                                 [TAD_BOOL] = copy_transposed_bool};
static transposed_fn *const add_transposed[] = {
    [TAD_F64] = add_transposed_f64, [TAD_F32] = add_transposed_f32};

static void walk(tad__loop *l, const tad__crossing *a, transposed_fn *f) {
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) f(l->run[0], l->run[1], a);
}

void tad__copy_transposed(tad__loop *l, const tad__crossing *a, tad_dtype dtype) {
    walk(l, a, copy_transposed[dtype]);
}

void tad__add_transposed(tad__loop *l, const tad__crossing *a, tad_dtype dtype) {
    walk(l, a, add_transposed[dtype]);
}
