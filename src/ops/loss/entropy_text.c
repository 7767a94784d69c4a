/* Labels as C. Rests on entropy_text.h. */
#include "entropy_text.h"

#include "loss_text.h"

/* ---- labels ---- */

/* Opens a loop over all labels. */
static void open_labels(tad_c *to, tad__loop *l, const tad__c_labels *labels) {
    const tad_shape shape = tad__shape_of(labels->array);
    tad__c_open(to, l, &shape, &labels->array, 1);
}

static void put_label(tad_c *to, const tad__loop *l, const tad__c_labels *labels) {
    tad_c_put(to, "in%d", labels->operand);
    tad__c_at(to, l, 0);
}

void tad__c_check_labels(tad_c *to, const tad__c_labels *labels) {
    tad__loop l;
    open_labels(to, &l, labels);
    tad_c_put(to, "if ((");
    put_label(to, &l, labels);
    tad_c_put(to, " < 0 || ");
    put_label(to, &l, labels);
    tad_c_put(to, " >= %lld) && ", (long long)labels->classes);
    put_label(to, &l, labels);
    tad_c_put(to, " != ");
    tad__c_integer(to, labels->ignore);
    tad_c_put(to, ") return TAD_BAD_INDEX;\n");
    tad__c_close(to, &l);
}

void tad__c_put_weight(tad_c *to, const tad__c_labels *labels, const tad_array *weights) {
    tad__loop l;
    tad_c_put(to, "double weight = 0;\n");
    open_labels(to, &l, labels);
    tad_c_put(to, "if (");
    put_label(to, &l, labels);
    tad_c_put(to, " != ");
    tad__c_integer(to, labels->ignore);
    if (weights) {
        tad_c_put(to, ") weight += in2[%lld*", (long long)tad_strides(weights)[0]);
        put_label(to, &l, labels);
        tad_c_put(to, "];\n");
    } else
        tad_c_put(to, ") weight += 1;\n");
    tad__c_close(to, &l);
}

/* ---- losses ---- */

const tad_array *tad__without_axis(tad__header *h, const tad_array *a, int axis) {
    const tad_shape own = tad__shape_of(a), shape = tad__shape_reduced(&own, 1u << axis, false);
    tad_array *to = tad__lay_out(h, a, &shape);
    for (int i = 0, k = 0; i < a->rank; i++)
        if (i != axis) tad__strides(to)[k++] = tad_strides(a)[i];
    tad__array_seen(to);
    return to;
}

static void find_loop(tad__c_losses *l, const tad_array *const *more, int n) {
    const int axis = tad__class_axis(l->x->rank);
    tad__header x, target;
    const tad_array *array[4] = {l->target, tad__without_axis(&x, l->x, axis)};
    const tad_shape positions = tad__shape_of(array[1]);
    if (!l->has_labels) array[0] = tad__without_axis(&target, l->target, axis);
    for (int i = 0; i < n; i++) array[2 + i] = more[i];
    tad__c_loop(&l->loop, &positions, array, 2 + n);
    l->rows = (size_t)array[1]->size;
    l->n = l->x->dim[axis];
    l->step = tad_strides(l->x)[axis];
}

void tad__c_begin_losses(tad__c_losses *l, const tad_call_frame *c, tad_c *to,
                         const tad_array *const *more, int n) {
    const tad__entropy_options *o = c->options;
    *l = (tad__c_losses){.to = to,
                         .options = o,
                         .x = c->in[TAD__ENTROPY_X],
                         .target = c->in[TAD__ENTROPY_T],
                         .weights = tad__entropy_weights(c),
                         .has_labels = c->in[TAD__ENTROPY_T]->dtype == TAD_I64,
                         .dtype = c->in[TAD__ENTROPY_X]->dtype};
    find_loop(l, more, n);
    if (c->n_in > TAD__ENTROPY_WEIGHT && !l->weights) tad_c_put(to, "(void)in2;\n");
    if (!l->has_labels) return;
    l->labels = (tad__c_labels){l->target, TAD__ENTROPY_T, l->n, tad__ignored(o)};
    l->by_weight = o->reduction == TAD_MEAN;
    tad__c_check_labels(to, &l->labels);
    if (l->by_weight) tad__c_put_weight(to, &l->labels, l->weights);
}

bool tad__c_begin_loss(tad__c_losses *l, const tad_call_frame *c, tad_c *to) {
    const tad__entropy_options *o = c->options;
    const bool none = o->reduction == TAD_EACH;
    tad__c_begin_losses(l, c, to, (const tad_array *const[]){c->out[0]}, none);
    return none;
}

void tad__c_open_losses(tad__c_losses *l) {
    tad__c_open_loop(l->to, &l->loop);
    if (!l->has_labels) return;
    tad_c_put(l->to, "const int64_t label = in1");
    tad__c_at(l->to, &l->loop, 0);
    tad_c_put(l->to, ";\n");
}

void tad__c_put_portions(const tad__c_losses *l) {
    const double smoothing = l->options->label_smoothing;
    tad_c *to = l->to;
    tad_c_put(to, "const %s q = {", tad__c_part(to, "portions", l->dtype));
    tad__c_number(to, 1 - smoothing, l->dtype);
    tad_c_put(to, ", ");
    tad__c_number(to, smoothing / (double)l->n, l->dtype);
    if (l->has_labels) {
        tad_c_put(to, ", NULL, 0");
    } else {
        tad_c_put(to, ", &in1");
        tad__c_at(to, &l->loop, 0);
        tad_c_put(to, ", %lld", (long long)tad_strides(l->target)[tad__class_axis(l->x->rank)]);
    }
    if (l->weights)
        tad_c_put(to, ", in2, %lld};\n", (long long)tad_strides(l->weights)[0]);
    else
        tad_c_put(to, ", NULL, 0};\n");
}

void tad__c_put_reduced(tad__c_losses *l, const char *total) {
    if (l->by_weight)
        tad_c_put(l->to, "out0[0] = (%s)(%s / weight);\n", tad__c_type(l->dtype), total);
    else
        tad__c_put_quotient(l->to, l->dtype, total,
                            l->options->reduction == TAD_MEAN ? (double)l->rows : 1);
}
