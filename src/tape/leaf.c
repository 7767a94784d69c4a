/* Leaves: inputs, parameters, constants, borrowed memory, random arrays. Rests on tape.h. */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "drawn.h"
#include "error.h"
#include "handle.h"
#include "leaf.h"
#include "node.h"

static bool check_leaf(tad_tape *t, const char *what, tad_dtype dtype, const tad_shape *shape) {
    size_t bytes;
    if (!t || t->error.status != TAD_OK) return false;
    if ((unsigned)dtype >= TAD_DTYPE_COUNT)
        tad__fail(t, TAD_BAD_DTYPE, "%s: no element type %d", what, (int)dtype);
    else if (shape->rank < 0 || shape->rank > TAD_MAX_RANK)
        tad__fail(t, TAD_TOO_LARGE, "%s: rank %d, at most %d are possible", what, shape->rank,
                  TAD_MAX_RANK);
    else if (!tad__shape_bytes(shape, dtype, &bytes)) {
        char text[TAD__SHAPE_ROOM];
        tad__fail(t, TAD_TOO_LARGE, "%s: shape %s is negative or too large", what,
                  tad__shape_text(shape, text, sizeof text));
    } else
        return true;
    return false;
}

tad_var tad__leaf(tad_tape *t, enum tad__kind kind, tad_array *array) {
    uint32_t index;
    if (!tad__new_node(t, &index)) return tad__nil(t);
    tad__node *n = tad__at(t, index);
    bool real = array->dtype == TAD_F64 || array->dtype == TAD_F32;
    if (kind == TAD__PARAM) t->params_end = index + 1;
    n->kind = (uint8_t)kind;
    n->flags = kind != TAD__CONSTANT && real ? TAD__NEEDS : 0;
    if (array->rank == 0 && array->dtype == TAD_F64)
        n->value.number = *(const double *)array->data;
    else {
        n->flags |= TAD__ARRAY;
        n->value.array = array;
    }
    return tad__handle(t, index);
}

static tad__version *new_version(tad_tape *t) {
    tad__version *v = tad__arena_take(&t->arena, sizeof *v, sizeof v->count);
    if (v) *v = (tad__version){0, 0};
    return v;
}

static tad_var copied(tad_tape *t, const char *what, enum tad__kind kind, tad_dtype dtype,
                      const tad_shape *shape, const void *data) {
    if (!check_leaf(t, what, dtype, shape)) return tad__nil(t);
    tad_array *a = tad__new_array(t, dtype, shape);
    if (!a) {
        tad__no_memory(t, what);
        return tad__nil(t);
    }
    size_t bytes = (size_t)a->size * tad_dtype_size(dtype);
    if (bytes && data)
        tad__copy_bytes(a->data, data, bytes);
    else if (bytes)
        memset(a->data, 0, bytes);
    if (kind == TAD__PARAM && !(a->version = new_version(t))) {
        tad__no_memory(t, what);
        return tad__nil(t);
    }
    return tad__leaf(t, kind, a);
}

static tad_var borrowed(tad_tape *t, const char *what, enum tad__kind kind, tad_dtype dtype,
                        const tad_shape *shape, const void *data) {
    if (!check_leaf(t, what, dtype, shape)) return tad__nil(t);
    tad_array *a = tad__new_header(t, dtype, shape);
    if (!a) {
        tad__no_memory(t, what);
        return tad__nil(t);
    }
    if (!data && a->size) {
        tad__fail(t, TAD_BAD_ARGUMENT, "%s: no data to borrow", what);
        return tad__nil(t);
    }
    a->data = (void *)(uintptr_t)data;
    return tad__leaf(t, kind, a);
}

tad_var tad_input(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data) {
    return copied(t, "input", TAD__INPUT, dtype, &shape, data);
}

tad_var tad_param(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data) {
    return copied(t, "param", TAD__PARAM, dtype, &shape, data);
}

tad_var tad_constant(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data) {
    return copied(t, "constant", TAD__CONSTANT, dtype, &shape, data);
}

tad_var tad__of_origin(tad_var constant, enum tad__origin origin) {
    if (!tad_is_nil(constant)) tad__at(constant.tape, constant.u.at.index)->op = (uint16_t)origin;
    return constant;
}

tad_var tad__swept_constant(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data) {
    return tad__of_origin(tad_constant(t, dtype, shape, data), TAD__SWEPT);
}

tad_var tad_borrow(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data) {
    return borrowed(t, "borrow", TAD__CONSTANT, dtype, &shape, data);
}

tad_var tad_input_borrow(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data) {
    return borrowed(t, "input_borrow", TAD__INPUT, dtype, &shape, data);
}

/* A constant filled by converting float64 elements that may all be one (stride 0). */
static tad_var converted(tad_tape *t, const char *what, tad_dtype dtype, const tad_shape *shape,
                         const double *data, bool one) {
    if (!check_leaf(t, what, dtype, shape)) return tad__nil(t);
    tad_array *a = tad__new_array(t, dtype, shape);
    tad__arena_mark before = tad__arena_now(&t->arena);
    tad_array *from = a ? tad__new_header(t, TAD_F64, shape) : NULL;
    if (!from) {
        tad__no_memory(t, what);
        return tad__nil(t);
    }
    from->data = (void *)(uintptr_t)data;
    if (one) memset(from->dim + from->rank, 0, from->rank * sizeof *from->dim);
    tad__array_seen(from);
    tad__copy(&t->compute, a, from);
    tad__arena_release(&t->arena, before);
    return tad__leaf(t, TAD__CONSTANT, a);
}

tad_var tad_constant_from(tad_tape *t, tad_dtype dtype, tad_shape shape, const double *data) {
    if (t && !data) {
        tad__fail(t, TAD_BAD_ARGUMENT, "constant_from: no data");
        return tad__nil(t);
    }
    return converted(t, "constant_from", dtype, &shape, data, false);
}

/* In blocks, as the converter of arrays wants them. */
tad_var tad__filled(tad_tape *t, const char *what, tad_dtype dtype, tad_shape shape,
                    tad__element *element, const void *context) {
    enum { BLOCK = 256 };
    if (!check_leaf(t, what, dtype, &shape)) return tad__nil(t);
    tad_array *a = tad__new_array(t, dtype, &shape);
    if (!a) {
        tad__no_memory(t, what);
        return tad__nil(t);
    }
    for (int64_t i = 0; i < a->size; i += BLOCK) {
        double block[BLOCK];
        int64_t dim[2] = {a->size - i < BLOCK ? a->size - i : BLOCK, 1};
        tad_array from = {.data = block, .size = *dim, .dim = dim, .rank = 1, .contiguous = true},
                  to = from;
        for (int64_t k = 0; k < *dim; k++) block[k] = element(context, i + k);
        to.dtype = (uint8_t)dtype;
        to.data = (char *)a->data + (size_t)i * tad_dtype_size(dtype);
        tad__copy(&t->compute, &to, &from);
    }
    return tad__leaf(t, TAD__CONSTANT, a);
}

/* A 0-d float64 node without anything in the arena: what a plain number beside an array becomes. */
static tad_var new_number(tad_tape *t, enum tad__kind kind, unsigned flags, double value) {
    uint32_t index;
    if (!t || t->error.status != TAD_OK || !tad__new_node(t, &index)) return tad__nil(t);
    tad__node *n = tad__at(t, index);
    n->kind = (uint8_t)kind;
    n->flags = (uint8_t)flags;
    n->value.number = value;
    return tad__handle(t, index);
}

tad_var tad__constant_number(tad_tape *t, double value) {
    return new_number(t, TAD__CONSTANT, 0, value);
}

tad_var tad_scalar(tad_tape *t, double value) {
    return tad__fast_scalar(t) ? tad__record_scalar(t, value)
                               : new_number(t, TAD__INPUT, TAD__NEEDS, value);
}

tad_var tad_full(tad_tape *t, tad_dtype dtype, tad_shape shape, double value) {
    if (dtype == TAD_F64 && shape.rank == 0) return tad__constant_number(t, value);
    return converted(t, "full", dtype, &shape, &value, true);
}

static tad_var random_constant(tad_tape *t, const char *what, tad_dtype dtype, tad_shape shape,
                               tad__distribution distribution) {
    if (t && (dtype == TAD_I64 || dtype == TAD_BOOL))
        tad__fail(t, TAD_BAD_DTYPE, "%s: %s is no float type", what, tad_dtype_name(dtype));
    if (!check_leaf(t, what, dtype, &shape)) return tad__nil(t);
    return tad__drawn_constant(t, what, dtype, &shape, distribution, 0);
}

tad_var tad_rand(tad_tape *t, tad_dtype dtype, tad_shape shape) {
    return random_constant(t, "rand", dtype, shape, TAD__UNIFORM);
}

tad_var tad_randn(tad_tape *t, tad_dtype dtype, tad_shape shape) {
    return random_constant(t, "randn", dtype, shape, TAD__NORMAL);
}

/* Only a parameter's memory changes: what shows it is copied, all else is shared. */
static tad_array *unchanging(tad_tape *t, tad_array *a) {
    if (!a->version) return a;
    tad_shape shape = tad__shape_of(a);
    tad_array *copy = tad__new_array(t, (tad_dtype)a->dtype, &shape);
    if (copy) tad__copy(&t->compute, copy, a);
    return copy;
}

tad_var tad_detach(tad_var x) {
    if (tad_is_number(x)) return x;
    const tad__node *n = tad__node_of(x, "detach");
    tad_tape *t = tad__has_tape(x) ? x.tape : NULL;
    uint32_t index;
    if (!n || t->error.status != TAD_OK) return tad__nil(t);
    tad__node d = {.op = TAD__DETACHED,
                   .kind = TAD__CONSTANT,
                   .flags = n->flags & TAD__ARRAY,
                   .a = x.u.at.index,
                   .value = n->value};
    if (d.flags && !(d.value.array = unchanging(t, d.value.array))) {
        tad__no_memory(t, "detach");
        return tad__nil(t);
    }
    if (!tad__new_node(t, &index)) return tad__nil(t);
    *tad__at(t, index) = d;
    return tad__handle(t, index);
}

/* ---- the tape's random numbers ---- */

tad_random tad_tape_random(const tad_tape *t) { return t ? t->random : (tad_random){0, 0}; }
void tad_tape_set_random(tad_tape *t, tad_random state) {
    if (t) t->random = state;
}
