/* The walk of ops that take elements by index, as C. Rests on indexed.h. */
#include "indexed.h"

/* ---- checks ---- */

/* Along an axis on which the elements repeat, one is enough. */
static tad_array *without_repeats(const tad_array *index, tad__header *h) {
    tad_shape shape = tad__shape_of(index);
    for (int i = 0; i < shape.rank; i++)
        if (tad_strides(index)[i] == 0 && shape.dim[i] > 1) shape.dim[i] = 1;
    tad_array *few = tad__lay_out(h, index, &shape);
    for (int i = 0; i < shape.rank; i++) tad__strides(few)[i] = tad_strides(index)[i];
    return few;
}

/* All indices are read in any case: loops that may end early are not vectorised. */
void tad__c_check_indices(tad_c *to, const tad_call_frame *c, size_t k, int64_t n) {
    tad__header h;
    const tad_array *few = without_repeats(c->in[k], &h);
    const tad_shape shape = tad__shape_of(few);
    tad__loop l;
    tad_c_put(to, "int bad = 0;\n");
    tad__c_open(to, &l, &shape, &few, 1);
    tad_c_put(to, "bad |= in%zu", k);
    tad__c_at(to, &l, 0);
    tad_c_put(to, " < 0 || in%zu", k);
    tad__c_at(to, &l, 0);
    tad_c_put(to, " >= %lld;\n", (long long)n);
    tad__c_close(to, &l);
    tad_c_put(to, "if (bad) return TAD_BAD_INDEX;\n");
}

/* ---- the walk ---- */

/* Element `at` in row-major order of x, which is not contiguous. */
static void put_in_order(tad_c *to, const tad_array *x) {
    const tad_shape shape = tad__shape_of(x);
    int64_t inner = x->size;
    tad__loop l;
    tad__loop_init(&l, &shape, &x, 1);
    for (int i = 0; i < l.rank; i++) {
        const long long stride = (long long)(l.stride[0][i] / (int64_t)tad__width(x->dtype));
        inner /= l.dim[i];
        tad_c_put(to, i ? " + at" : "[at");
        if (inner > 1) tad_c_put(to, " / %lld", (long long)inner);
        if (i) tad_c_put(to, " %% %lld", (long long)l.dim[i]);
        if (stride != 1) tad_c_put(to, " * %lld", stride);
    }
    tad_c_put(to, "]");
}

/* The loops of a walk over a, and the index in them if it moves anything. */
static void open_walk(tad_c *to, tad__loop *l, const tad__walk *w, const tad_array *a,
                      size_t index) {
    const tad_shape shape = tad__shape_of(a);
    tad__c_open(to, l, &shape, (const tad_array *const[]){a, &w->index.array, &w->source.array}, 3);
    if (w->stride == 0) return;
    tad_c_put(to, "const int64_t at = in%zu", index);
    tad__c_at(to, l, 1);
    tad_c_put(to, ";\n");
}

static void put_source(tad_c *to, const tad__loop *l, const tad__walk *w) {
    const int64_t width = (int64_t)tad__width(w->source.array.dtype);
    tad__c_at_and(to, l, 2, 0, w->stride / width, "at");
}

void tad__c_take(tad_c *to, const tad_call_frame *c, size_t x, tad__walk_plan *plan, bool flat) {
    tad__walk w;
    tad__loop l;
    plan(&w, c, c->in[x], c->out[0]);
    tad__c_check_indices(to, c, 1 - x, w.size);
    open_walk(to, &l, &w, c->out[0], 1 - x);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = in%zu", x);
    if (flat && !c->in[x]->contiguous)
        put_in_order(to, c->in[x]);
    else
        put_source(to, &l, &w);
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
}

void tad__c_put_into(tad_c *to, const tad_call_frame *c, size_t src, const tad__c_seen *initial,
                     tad__walk_plan *plan) {
    tad__walk w;
    tad__loop l;
    plan(&w, c, c->out[0], c->in[src]);
    tad__c_check_indices(to, c, 1, w.size);
    if (initial)
        tad__c_move(to, &(tad__c_seen){"out0", c->out[0], 0}, initial);
    else
        tad__c_clear(to, c->out[0]);
    open_walk(to, &l, &w, c->in[src], 1);
    tad_c_put(to, "out0");
    put_source(to, &l, &w);
    tad_c_put(to, " += in%zu", src);
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
}
