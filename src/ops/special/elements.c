/* Functions of several arguments, element by element. Rests on special.h. */
#include "special.h"

#include "ops/elementwise/text.h"
#include "ops/operands.h"

tad_status tad__special_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    out->dtype = (tad_dtype)c->in[0]->dtype;
    return tad__broadcast_all(c, &out->shape);
}

typedef struct evaluation {
    const tad__special_function *f;
    double order[2];
    size_t n;
    bool wide;
} evaluation;

#define EVALUATE(T)                                                                                \
    for (int64_t i = 0; i < l->length; i++) {                                                      \
        double x[3] = {0};                                                                         \
        for (size_t k = 0; k < e->n; k++)                                                          \
            x[k] = (double)*(const T *)(const void *)(l->run[k + 1] + i * l->step[k + 1]);         \
        *(T *)(void *)(l->run[0] + i * l->step[0]) = (T)e->f->at(e->order, x);                     \
    }

static void evaluate(void *arg, tad__loop *l) {
    const evaluation *e = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        if (e->wide)
            EVALUATE(double)
        else
            EVALUATE(float)
    }
}

tad_status tad__special_forward(const tad_call_frame *c, const tad__special_function *f, int64_t n,
                                int64_t m) {
    const tad_shape shape = tad__shape_of(c->out[0]);
    evaluation e = {f, {(double)n, (double)m}, c->n_in, c->out[0]->dtype == TAD_F64};
    const tad_array *arrays[4] = {c->out[0]};
    tad__loop l;
    for (size_t i = 0; i < c->n_in; i++) arrays[i + 1] = c->in[i];
    tad__loop_init(&l, &shape, arrays, (int)c->n_in + 1);
    tad__loop_split(c->compute->threads, &l, 0, evaluate, &e);
    return TAD_OK;
}

void tad__special_c_text(const tad_call_frame *c, tad_c *to, const tad__special_function *f,
                         int64_t n, int64_t m) {
    tad__loop l;
    tad__begin_element(c, to, &l);
    if (c->out[0]->dtype == TAD_F32) tad_c_put(to, "(float)");
    tad_c_put(to, "%s((const double[2]){%lld, %lld}, (const double[3]){",
              tad__c_part_named(to, f->part), (long long)n, (long long)m);
    for (size_t i = 0; i < c->n_in; i++) {
        tad_c_put(to, i ? ", (double)" : "(double)");
        tad__put_operand(to, &l, i);
    }
    tad_c_put(to, "})");
    tad__end_element(to, &l);
}
