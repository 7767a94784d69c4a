/* one_hot: rows of zeros with a 1 at the index. Rests on indexed.h. */
#include <stddef.h>

#include "array/loop.h"
#include "indexed.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

typedef struct one_hot_options {
    int64_t num_classes;
} one_hot_options;

static int64_t largest_index(const tad_array *index) {
    int64_t largest = -1;
    tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){index}, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) {
            int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            if (at > largest) largest = at;
        }
    return largest;
}

static tad_status one_hot_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const one_hot_options *o = c->options;
    const tad_array *index = c->in[0];
    tad_status s = tad__need_index(c, index);
    if (s != TAD_OK) return s;
    int64_t classes = o->num_classes, size;
    if (classes < -1)
        return tad_fail(c, TAD_BAD_ARGUMENT, "num_classes is %lld", (long long)classes);
    if (index->rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
    if (classes == -1) {
        if (index->size == 0)
            return tad_fail(c, TAD_BAD_ARGUMENT, "no indices to count the classes from");
        classes = largest_index(index);
        classes = classes < INT64_MAX ? classes + 1 : classes;
    }
    s = tad__check_indices(c, index, classes);
    if (s != TAD_OK) return s;
    *out = (tad_type){TAD_I64, tad__shape_of(index)};
    out->shape.dim[out->shape.rank++] = classes;
    return tad__shape_size(&out->shape, &size) ? TAD_OK
                                               : tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status one_hot_forward(const tad_call_frame *c) {
    const tad_array *index = c->in[0], *y = c->out[0];
    int64_t classes = y->dim[y->rank - 1], *row = y->data;
    tad__clear(c->compute, y);
    tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){index}, 1);
    for (bool more = tad__loop_first(&l); more && y->size; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++, row += classes)
            row[*(const int64_t *)(const void *)(l.run[0] + i * l.step[0])] = 1;
    return TAD_OK;
}

/* Ends the run where the largest index is not that from which the classes were counted. */
static void put_count_check(tad_c *to, const tad_array *index, int64_t classes) {
    const tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad_c_put(to, "int64_t largest = -1;\n");
    tad__c_open(to, &l, &shape, &index, 1);
    tad_c_put(to, "const int64_t at = in0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\nlargest = largest < at ? at : largest;\n");
    tad__c_close(to, &l);
    tad_c_put(to, "if (largest != %lld) return TAD_BRANCH;\n", (long long)classes - 1);
}

static void one_hot_c_text(const tad_call_frame *c, tad_c *to) {
    const bool counted = ((const one_hot_options *)c->options)->num_classes == -1;
    const tad_array *index = c->in[0], *y = c->out[0];
    const tad_shape shape = tad__shape_of(index);
    const int64_t classes = y->dim[y->rank - 1];
    tad__header h;
    tad__loop l;
    tad__c_check_indices(to, c, 0, counted ? INT64_MAX : classes);
    if (counted) put_count_check(to, index, classes);
    tad__c_clear(to, y);
    tad_array *rows = tad__lay_out(&h, y, &shape);
    for (int i = 0; i < shape.rank; i++) tad__strides(rows)[i] = tad_strides(y)[i];
    tad__c_open(to, &l, &shape, (const tad_array *const[]){rows, index}, 2);
    tad_c_put(to, "const int64_t at = in0");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\nout0");
    tad__c_at_and(to, &l, 0, 0, 1, "at");
    tad_c_put(to, " = 1;\n");
    tad__c_close(to, &l);
}

/* ---- options, samples, misuse ---- */

static const tad_option one_hot_list[] = {
    {OPTION(INT, one_hot_options, num_classes), .initial = -1}};

#define CLASSES(n)                                                                                 \
    .options = &(const one_hot_options) { n }

static const tad_sample one_hot_samples[] = {
    {CASE("counted", INDICES(3, 7)), CLASSES(-1)},  {CASE("given", INDICES(3, 5)), CLASSES(4)},
    {CASE("matrix", INDICES(2, 2, 3)), CLASSES(2)}, {CASE("nothing", INDICES(2, 0)), CLASSES(3)},
    {CASE("one class", INDICES(1, 2)), CLASSES(1)},
};
static const tad_misuse one_hot_misuse[] = {
    {CASE("too few classes", INDICES(900, 7)), CLASSES(2), .expect = TAD_BAD_INDEX},
    {CASE("negative classes", INDICES(3, 7)), CLASSES(-2), .expect = TAD_BAD_ARGUMENT},
    {CASE("classes of nothing", INDICES(3, 0)), CLASSES(-1), .expect = TAD_BAD_ARGUMENT},
    {CASE("floats", F64(3)), CLASSES(-1), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_one_hot[] = {
    {.name = "one_hot",
     .doc = "int64 rows with a 1 at the index; num_classes -1: the largest index + 1",
     FAMILY("index", 1, 1),
     .flags = TAD_OP_FLAT,
     OPTIONS(one_hot_options, one_hot_list),
     .shape = one_hot_shape,
     .forward = one_hot_forward,
     .c_text = one_hot_c_text,
     CASES(one_hot)},
};
const size_t tad__ops_one_hot_count = LENGTH(tad__ops_one_hot);

tad_var tad_one_hot(tad_var indices, int64_t num_classes) {
    return tad__apply_one(tad__ops_one_hot, indices, &(one_hot_options){num_classes});
}
