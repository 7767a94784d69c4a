/* Steps on single numbers: the rows of scalar.def, arithmetic in place. Rests on workspace.h. */
#include "workspace.h"

static double by_row(const tad_program *p, const tad__number_step *s, const double *v) {
    const double x[3] = {v[s->a], s->options ? 0 : v[s->b], s->options ? 0 : v[s->c]};
    return p->basis->number[s->row].value(x, tad__number_options(p, s));
}

void tad__run_numbers(const tad_program *p, const tad__number_step *s, size_t n, double *v) {
    for (const tad__number_step *end = s + n; s < end; s++) {
        switch (s->row) {
        case TAD__ROW_add: v[s->to] = v[s->a] + v[s->b]; break;
        case TAD__ROW_sub: v[s->to] = v[s->a] - v[s->b]; break;
        case TAD__ROW_mul: v[s->to] = v[s->a] * v[s->b]; break;
        case TAD__ROW_div: v[s->to] = v[s->a] / v[s->b]; break;
        case TAD__ROW_neg: v[s->to] = -v[s->a]; break;
        case TAD__ROW_fma: v[s->to] = v[s->a] * v[s->b] + v[s->c]; break;
        case TAD__ROW_fnma: v[s->to] = v[s->c] - v[s->a] * v[s->b]; break;
        default: v[s->to] = by_row(p, s, v);
        }
    }
}
