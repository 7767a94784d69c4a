/* Scans of rows: what lies along an axis is brought into rows and back; in C text rows are walked
 * where they lie. Rests on scan.h and c_text.h. */
#include "array/c_text.h"
#include "array/view.h"
#include "ops/axes.h"
#include "scan.h"

/* ---- forward ---- */

typedef struct job {
    tad__rows plan;
    tad__scan_fn *function;
    bool reverse;
    const char *in[2];
    char *out;
    int64_t *place;
} job;

static void some_rows(void *arg, size_t first, size_t end) {
    const job *j = arg;
    const size_t n = j->plan.n, begin = first * n + (j->reverse ? n - 1 : 0),
                 at = begin * j->plan.width;
    j->function(&(tad__scan_rows){(ptrdiff_t)n,
                                  j->reverse ? -1 : 1,
                                  end - first,
                                  {j->in[0] + at, j->in[1] ? j->in[1] + at : NULL},
                                  j->out + at,
                                  j->place ? j->place + begin : NULL});
}

tad_status tad__scan_forward(const tad_call_frame *c, tad__scan_fn *const function[2]) {
    const tad__scan_options *o = c->options;
    const tad_array *x = c->in[0];
    const tad_shape shape = tad__shape_of(x);
    const unsigned mask = 1u << tad__known_axis(o->axis, shape.rank);
    tad__rows places;
    job j = {.function = function[x->dtype == TAD_F32], .reverse = o->reverse};
    if (x->size == 0) return TAD_OK;
    tad__rows_plan(&j.plan, c->compute, (tad_dtype)x->dtype, &shape, mask);
    tad__rows_plan(&places, c->compute, TAD_I64, &shape, mask);
    for (size_t i = 0; i < c->n_in; i++)
        if (!(j.in[i] = tad__rows_of(&j.plan, c->in[i]))) return TAD_NO_MEMORY;
    if (!(j.out = tad__rows_target(&j.plan, c->out[0]))) return TAD_NO_MEMORY;
    if (c->n_out > 1 && !(j.place = tad__rows_target(&places, c->out[1]))) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, j.plan.rows, tad__rows_grain(j.plan.n), some_rows, &j);
    tad_status s = tad__rows_put(&j.plan, j.out, c->out[0], false);
    return s == TAD_OK && j.place ? tad__rows_put(&places, j.place, c->out[1], false) : s;
}

/* ---- as C ---- */

enum { MOST_ARRAYS = 3 };

/* ", &in0[i0] + 12, -4": where a row begins, and the step. */
static void put_row(tad_c *to, const tad__loop *l, int k, const char *name, int64_t n,
                    int64_t stride, bool reverse) {
    tad_c_put(to, ", &%s", name);
    tad__c_at(to, l, k);
    if (reverse && stride) tad_c_put(to, " + %lld", (long long)((n - 1) * stride));
    tad_c_put(to, ", %lld", (long long)(reverse ? -stride : stride));
}

void tad__scan_c_text(const tad_call_frame *c, tad_c *to, const char *name) {
    static const char *const in_names[] = {"in0", "in1"}, *const out_names[] = {"out0", "out1"};
    const tad__scan_options *o = c->options;
    const tad_array *array[MOST_ARRAYS] = {c->in[0]};
    const char *names[MOST_ARRAYS] = {in_names[0]};
    int axis = tad__known_axis(o->axis, c->in[0]->rank), arrays = 0;
    tad_shape shape = tad__shape_of(c->in[0]);
    const int64_t n = shape.dim[axis];
    tad__loop l;
    for (size_t i = 0; i < c->n_in; i++) {
        array[arrays] = c->in[i];
        names[arrays++] = in_names[i];
    }
    for (size_t i = 0; i < c->n_out; i++) {
        array[arrays] = c->out[i];
        names[arrays++] = out_names[i];
    }
    if (c->in[0]->size == 0) {
        for (int k = 0; k < arrays; k++) tad_c_put(to, "(void)%s;\n", names[k]);
        return;
    }
    shape.dim[axis] = 1;
    tad__c_open(to, &l, &shape, array, arrays);
    tad_c_put(to, "%s(%lld", tad__c_part(to, name, c->in[0]->dtype), (long long)n);
    for (int k = 0; k < arrays; k++)
        put_row(to, &l, k, names[k], n, tad_strides(array[k])[axis], o->reverse);
    tad_c_put(to, ");\n");
    tad__c_close(to, &l);
}
