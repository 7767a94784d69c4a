/* What CasADi can call of a program, and whether it is the derivative that it is said to be. Rests
 * on c_file.h. */
#include "c_file.h"

#include <string.h>

bool tad__c_differentiated(const tad_shape *jacobian, const tad_shape *x, tad_shape *y) {
    const int rank = jacobian->rank - x->rank;
    *y = (tad_shape){rank > 0 ? rank : 0, {0}};
    if (rank < 0) return false;
    memcpy(y->dim, jacobian->dim, (size_t)rank * sizeof *y->dim);
    return memcmp(jacobian->dim + rank, x->dim, (size_t)x->rank * sizeof *x->dim) == 0;
}

static tad_status check_values(const tad__named_type *list, size_t n, int most_axes,
                               const char *what, const tad_c_options *o) {
    for (size_t k = 0; k < n; k++) {
        const tad_type *type = &list[k].type;
        if (type->dtype != TAD_F64)
            return tad__c_refuse(o, TAD_UNSUPPORTED,
                                 "program as C: %sput %zu is %s: CasADi has only float64", what, k,
                                 tad_dtype_name(type->dtype));
        if (type->shape.rank > most_axes)
            return tad__c_refuse(o, TAD_UNSUPPORTED,
                                 "program as C: %sput %zu has %d axes: CasADi has matrices", what,
                                 k, type->shape.rank);
    }
    return TAD_OK;
}

static tad_status check_jacobians(const tad_program *p, const tad_c_options *o) {
    if (p->n_out != p->n_in || !p->n_in)
        return tad__c_refuse(o, TAD_BAD_ARGUMENT,
                             "program as C: Jacobians by %zu inputs are as many outputs, not %zu",
                             p->n_in, p->n_out);
    tad_shape first, y;
    tad__c_differentiated(&p->out[0].type.shape, &p->in[0].type.shape, &first);
    for (size_t k = 0; k < p->n_in; k++) {
        const bool is = tad__c_differentiated(&p->out[k].type.shape, &p->in[k].type.shape, &y);
        if (!is || y.rank > 2 || !tad__shape_equal(&y, &first))
            return tad__c_refuse(o, TAD_BAD_ARGUMENT,
                                 "program as C: output %zu is no Jacobian by input %zu", k, k);
    }
    return TAD_OK;
}

/* Each of n values is like the one beside it. */
static bool are_alike(const tad__named_type *x, const tad__named_type *y, size_t n) {
    bool alike = true;
    for (size_t k = 0; k < n; k++) alike &= tad__shape_equal(&x[k].type.shape, &y[k].type.shape);
    return alike;
}

/* Inputs, a tangent like each; the tangent of what is computed. */
static tad_status check_forward(const tad_program *p, const tad_c_options *o) {
    const size_t n = p->n_in / 2;
    if (n && p->n_in == 2 * n && p->n_out == 1 && are_alike(p->in, p->in + n, n)) return TAD_OK;
    return tad__c_refuse(o, TAD_BAD_ARGUMENT,
                         "program as C: a forward derivative takes inputs and a tangent like each, "
                         "and gives one output");
}

/* Inputs, a cotangent; a gradient like each input. */
static tad_status check_adjoint(const tad_program *p, const tad_c_options *o) {
    const size_t n = p->n_out;
    if (n && p->n_in == n + 1 && are_alike(p->in, p->out, n)) return TAD_OK;
    return tad__c_refuse(o, TAD_BAD_ARGUMENT,
                         "program as C: an adjoint derivative takes inputs and a cotangent, and "
                         "gives an output like each of these inputs");
}

static tad_status check_derivative(const tad_program *p, const tad_c_options *o) {
    switch (o->interface) {
    case TAD_C_CASADI_JACOBIAN: return check_jacobians(p, o);
    case TAD_C_CASADI_FORWARD: return check_forward(p, o);
    case TAD_C_CASADI_ADJOINT: return check_adjoint(p, o);
    default: return TAD_OK;
    }
}

tad_status tad__c_fits_casadi(const tad_program *p, const tad_c_options *o) {
    const bool jacobian = o->interface == TAD_C_CASADI_JACOBIAN;
    if (p->parameter.count || p->draw.count)
        return tad__c_refuse(o, TAD_UNSUPPORTED, "program as C: CasADi knows no %s",
                             p->draw.count ? "random draws"
                                           : "parameters that are read where they lie, see "
                                             "copy_parameters");
    tad_status s = check_values(p->in, p->n_in, 2, "in", o);
    if (s == TAD_OK) s = check_values(p->out, p->n_out, jacobian ? 4 : 2, "out", o);
    return s == TAD_OK ? check_derivative(p, o) : s;
}
