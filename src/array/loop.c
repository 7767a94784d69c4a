/* Iteration over arrays of one shape. Rests on loop.h. */
#include "loop.h"

#include <string.h>

static void set_strides(tad__loop *l, int k, const tad_shape *shape, const tad_array *a) {
    int64_t size = (int64_t)tad_dtype_size((tad_dtype)a->dtype);
    const int64_t *stride = tad_strides(a);
    int skip = shape->rank - a->rank;
    for (int i = 0; i < shape->rank; i++) {
        bool walks = i >= skip && a->dim[i - skip] != 1;
        l->stride[k][i] = walks ? stride[i - skip] * size : 0;
    }
    l->base[k] = a->data;
}

/* Whether axes `outer` and `inner` are one run in every array. */
static bool joins(const tad__loop *l, int outer, int inner) {
    for (int k = 0; k < l->arrays; k++)
        if (l->stride[k][outer] != l->stride[k][inner] * l->dim[inner]) return false;
    return true;
}

static void move_axis(tad__loop *l, int to, int from) {
    l->dim[to] = l->dim[from];
    for (int k = 0; k < l->arrays; k++) l->stride[k][to] = l->stride[k][from];
}

static void join_axes(tad__loop *l) {
    int kept = 0; /* axes [0, kept) are final, the last of them may still grow */
    for (int i = 0; i < l->rank; i++) {
        if (l->dim[i] == 1) continue;
        if (kept && joins(l, kept - 1, i)) {
            int64_t joined = l->dim[kept - 1] * l->dim[i];
            move_axis(l, kept - 1, i);
            l->dim[kept - 1] = joined;
        } else {
            move_axis(l, kept, i);
            kept++;
        }
    }
    l->rank = kept;
}

void tad__loop_init(tad__loop *l, const tad_shape *shape, const tad_array *const *array, int n) {
    l->rank = shape->rank;
    l->arrays = n;
    memcpy(l->dim, shape->dim, sizeof l->dim);
    for (int k = 0; k < n; k++) set_strides(l, k, shape, array[k]);
    join_axes(l);
    l->length = l->rank ? l->dim[l->rank - 1] : 1;
    for (int k = 0; k < n; k++) l->step[k] = l->rank ? l->stride[k][l->rank - 1] : 0;
}

bool tad__loop_first(tad__loop *l) {
    for (int i = 0; i < l->rank; i++) {
        if (l->dim[i] == 0) return false;
        l->at[i] = 0;
    }
    memcpy(l->run, l->base, sizeof l->run);
    return true;
}

bool tad__loop_next(tad__loop *l) {
    for (int i = l->rank - 2; i >= 0; i--) {
        for (int k = 0; k < l->arrays; k++) l->run[k] += l->stride[k][i];
        if (++l->at[i] < l->dim[i]) return true;
        for (int k = 0; k < l->arrays; k++) l->run[k] -= l->stride[k][i] * l->dim[i];
        l->at[i] = 0;
    }
    return false;
}

enum { SHORTEST_RUN = 64 }; /* shorter ones are all overhead */

struct cut {
    const tad__loop *l;
    int axis;
    tad__loop_walk *walk;
    void *arg;
};

static void walk_piece(void *arg, size_t first, size_t end) {
    const struct cut *cut = arg;
    tad__loop piece = *cut->l;
    piece.dim[cut->axis] = (int64_t)(end - first);
    if (cut->axis == piece.rank - 1) piece.length = (int64_t)(end - first);
    for (int k = 0; k < piece.arrays; k++)
        piece.base[k] += (int64_t)first * piece.stride[k][cut->axis];
    cut->walk(cut->arg, &piece);
}

size_t tad__loop_grain(const tad__loop *l, int into, int *axis) {
    const size_t all = tad__loop_size(l);
    *axis = 0;
    while (*axis < l->rank && l->stride[into][*axis] == 0) ++*axis;
    if (all <= TAD__GRAIN || *axis == l->rank) return 0;
    /* a piece of them has about TAD__GRAIN elements */
    size_t grain = TAD__GRAIN / (all / (size_t)l->dim[*axis]);
    size_t least = *axis == l->rank - 1 ? SHORTEST_RUN : 1;
    return grain > least ? grain : least;
}

void tad__loop_split(tad__pool *pool, tad__loop *l, int into, tad__loop_walk *walk, void *arg) {
    int axis;
    const size_t grain = tad__loop_grain(l, into, &axis);
    if (grain == 0) {
        walk(arg, l);
        return;
    }
    struct cut cut = {l, axis, walk, arg};
    tad__split(pool, (size_t)l->dim[axis], grain, walk_piece, &cut);
}

#define GATHER(T)                                                                                  \
    for (int64_t i = 0; i < n; i++)                                                                \
    ((T *)buffer)[i] = *(const T *)(const void *)(p + i * l->step[k])

const void *tad__gathered(const tad__loop *l, int k, int64_t from, int64_t n, size_t size,
                          tad__walk_buffers *r) {
    const char *p = l->run[k] + from * l->step[k];
    void *buffer = r->buffer[k];
    if (l->step[k] == (int64_t)size) return p;
    /* filled by a piece at least as long */
    if (l->step[k] == 0 && r->repeated[k] == p) return buffer;
    r->repeated[k] = l->step[k] == 0 ? p : NULL;
    if (size == 8)
        GATHER(uint64_t);
    else if (size == 4)
        GATHER(uint32_t);
    else
        GATHER(uint8_t);
    return buffer;
}
