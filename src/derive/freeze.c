/* Programs of a function and its derivatives: recorded once, on inputs of their own. Rests on
 * function.h and the public program.h. */
#include "function.h"

#include <stdio.h>

#include <tad/program.h>

#include "array/compute.h"
#include "tape/arrays.h"
#include "tape/error.h"

enum {
    ALL = TAD_GIVE_VALUE | TAD_GIVE_GRADIENT | TAD_GIVE_VJP | TAD_GIVE_JVP | TAD_GIVE_HVP |
          TAD_GIVE_JACOBIAN
};

/* A program in the making. */
typedef struct making {
    tad__function d; /* x: the copies */
    unsigned give;
    tad_var y;
    tad_var *in, *out;      /* of the program */
    tad_var *by;            /* the float inputs */
    tad_var *gradient, *v;  /* by each of them */
    size_t n_in, n_out, nx; /* nx: of `by` */
} making;

/* A leaf with the type, value and name of v. */
static tad_var copy_of(tad_tape *t, tad_var v) {
    const tad_dtype dtype = tad_dtype_of(v);
    tad_var to = tad__is_float(dtype) ? tad_input(t, dtype, tad_shape_of(v), NULL)
                                      : tad_constant(t, dtype, tad_shape_of(v), NULL);
    if (tad_is_nil(to)) return to;
    tad__view from_view, to_view;
    const tad_array *a = tad__value(t, to.u.at.index, &to_view);
    tad_array place = *a;
    tad__copy(&t->compute, &place, tad__value(t, v.u.at.index, &from_view));
    const char *name = tad_node_name(v);
    return name && *name ? tad_name(to, name) : to;
}

static void add_copies(making *m, const tad_var *x) {
    tad_tape *t = m->d.t;
    for (size_t k = 0; k < m->d.n; k++) {
        tad_var copy = copy_of(t, x[k]);
        m->in[m->n_in++] = copy;
        if (!tad_is_nil(copy) && tad__is_float(tad_dtype_of(copy))) m->by[m->nx++] = copy;
    }
    m->d.x = m->in;
}

/* Another input, like v, which nothing is differentiated by. */
static tad_var add_input(making *m, tad_var v, const char *name, size_t k) {
    char text[32];
    tad_var in = tad_full(m->d.t, tad_dtype_of(v), tad_shape_of(v), 1);
    snprintf(text, sizeof text, "%s %zu", name, k);
    return m->in[m->n_in++] = tad_name(in, text);
}

static void give_all(making *m, const tad_var *list, size_t n) {
    for (size_t k = 0; k < n; k++) m->out[m->n_out++] = list[k];
}

static tad_status add_gradient(making *m) {
    tad_status s = TAD_OK;
    if (m->give & (TAD_GIVE_GRADIENT | TAD_GIVE_HVP))
        s = tad_grad(&m->y, NULL, 1, m->by, m->nx, m->gradient);
    if (s == TAD_OK && (m->give & TAD_GIVE_GRADIENT)) give_all(m, m->gradient, m->nx);
    return s;
}

static tad_status add_vjp(making *m) {
    if (!(m->give & TAD_GIVE_VJP)) return TAD_OK;
    const tad_var cotangent = add_input(m, m->y, "cotangent", 0);
    const tad_status s = tad_grad(&m->y, &cotangent, 1, m->by, m->nx, m->out + m->n_out);
    m->n_out += m->nx;
    return s;
}

static void add_vectors(making *m, const char *name) {
    for (size_t k = 0; k < m->nx; k++) m->v[k] = add_input(m, m->by[k], name, k);
}

static tad_status add_jvp(making *m) {
    if (!(m->give & TAD_GIVE_JVP)) return TAD_OK;
    add_vectors(m, "tangent");
    return tad_tangent(&m->y, 1, m->by, m->v, m->nx, m->out + m->n_out++);
}

static tad_status add_hvp(making *m) {
    if (!(m->give & TAD_GIVE_HVP)) return TAD_OK;
    add_vectors(m, "vector");
    const tad_status s = tad_tangent(m->gradient, m->nx, m->by, m->v, m->nx, m->out + m->n_out);
    m->n_out += m->nx;
    return s;
}

static tad_status add_jacobian(making *m) {
    tad_status s = TAD_OK;
    for (size_t k = 0; k < m->nx && (m->give & TAD_GIVE_JACOBIAN) && s == TAD_OK; k++)
        s = tad__record_matrix(&m->d, m->y, m->by[k], &m->out[m->n_out++]);
    return s;
}

static tad_status record(making *m, tad_fn *f, void *user) {
    const bool number = m->give & (TAD_GIVE_GRADIENT | TAD_GIVE_HVP);
    tad_status s = number                      ? tad__function_run_to_number(&m->d, f, user, &m->y)
                   : m->give == TAD_GIVE_VALUE ? tad__function_value(&m->d, f, user, &m->y)
                                               : tad__function_run(&m->d, f, user, &m->y);
    if (s == TAD_OK && (m->give & TAD_GIVE_VALUE)) give_all(m, &m->y, 1);
    if (s == TAD_OK) s = add_gradient(m);
    if (s == TAD_OK) s = add_vjp(m);
    if (s == TAD_OK) s = add_jvp(m);
    if (s == TAD_OK) s = add_hvp(m);
    return s == TAD_OK ? add_jacobian(m) : s;
}

/* Room for the lists: inputs, outputs, and three by float inputs. NULL: the error. */
static tad_var *make_lists(making *m) {
    const size_t in = 3 * m->d.n + 1, out = 4 * m->d.n + 2;
    tad_var *list = tad__buffers_take(&m->d.t->buffers, (in + out + 3 * m->d.n) * sizeof *list);
    if (!list) {
        tad__no_memory(m->d.t, m->d.what);
        return NULL;
    }
    m->in = list;
    m->out = m->in + in;
    m->by = m->out + out;
    m->gradient = m->by + m->d.n;
    m->v = m->gradient + m->d.n;
    return list;
}

static tad_status record_and_freeze(making *m, tad_fn *f, void *user, const tad_var *x,
                                    const tad_freeze_options *o, tad_program **p) {
    tad_tape *t = m->d.t;
    tad_var *list = make_lists(m);
    tad_freeze_options options = o ? *o : (tad_freeze_options){0};
    options.allow_constant_outputs = true; /* as the derivatives of a linear function */
    if (!list) return t->error.status;
    add_copies(m, x);
    tad_status s = t->error.status;
    if (s == TAD_OK) s = record(m, f, user);
    if (s == TAD_OK) s = tad_freeze(m->in, m->n_in, m->out, m->n_out, &options, p);
    tad__buffers_give(&t->buffers, list);
    return s;
}

static tad_status check_give(const tad__function *d, unsigned give) {
    if (give && !(give & ~(unsigned)ALL)) return TAD_OK;
    return tad__fail(d->t, TAD_BAD_ARGUMENT, "%s: there is nothing to give for %u", d->what, give);
}

tad_status tad_freeze_function(tad_fn *f, void *user, const tad_var *x, size_t n, unsigned give,
                               const tad_freeze_options *options, tad_program **program) {
    making m = {.d = {.what = "freeze_function", .x = x, .n = n}, .give = give};
    if (program) *program = NULL;
    tad_status s = tad__function_begin(&m.d, f, program);
    if (s == TAD_OK) s = check_give(&m.d, give);
    if (s == TAD_OK) {
        const tad_mark mark = tad_tape_mark(m.d.t);
        s = record_and_freeze(&m, f, user, x, options, program);
        const tad_status after = tad_tape_rewind(m.d.t, mark);
        if (s == TAD_OK) s = after;
    }
    return tad__function_end(&m.d, s, NULL, 0);
}
