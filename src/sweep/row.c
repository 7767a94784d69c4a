/* Rows in numeric sweeps: on numbers by their derivatives and how these move, on arrays by the
 * kernels that multiply a cotangent, or a tangent, by a derivative. Rests on follow.h. */
#include "follow.h"

#include "tape/error.h"

/* ---- numbers ---- */

static tad__dual dual_of(const tad__numeric *s, uint32_t i) {
    const tad__entry e = tad__entry_at(s, i);
    const bool moves = e.k && (e.b->mark[e.k] & TAD__MOVES);
    return (tad__dual){tad__at(s->t, i)->value.number, moves ? e.b->tangent[e.k].number : 0, moves};
}

static void operands_of(const tad__numeric *s, const tad__call *c, tad__dual *x) {
    for (uint32_t j = 0; j < c->n_in; j++)
        x[j] =
            c->in[j] == TAD__NO_NODE ? (tad__dual){c->number[j], 0, false} : dual_of(s, c->in[j]);
}

void tad__tangent_of_row(tad__numeric *s, uint32_t i, const tad__call *c) {
    const tad__entry e = tad__entry_at(s, i);
    const tad__dual y = {tad__at(s->t, i)->value.number, 0, false};
    tad__dual x[3], still[3];
    operands_of(s, c, x);
    for (uint32_t j = 0; j < c->n_in; j++) still[j] = (tad__dual){x[j].value, 0, false};
    for (uint32_t j = 0; j < c->n_in; j++) {
        if (!x[j].moves) continue;
        tad__dual p = s->t->basis->row_partial(c->op, j, still, y, c->options);
        e.b->tangent[e.k].number += p.value * x[j].tangent;
        tad__set_mark(s, i, TAD__MOVES);
    }
}

void tad__adjoint_of_row(tad__numeric *s, uint32_t i, const tad__call *c) {
    const tad__entry e = tad__entry_at(s, i);
    const tad__moving g = e.b->moving[e.k];
    const bool second = e.b->mark[e.k] & TAD__SECOND;
    tad__dual x[3], y = dual_of(s, i);
    operands_of(s, c, x);
    for (uint32_t j = 0; j < c->n_in; j++) {
        if (!tad__varies(s, c, j)) continue;
        const tad__entry to = tad__entry_at(s, c->in[j]);
        const tad__dual p = s->t->basis->row_partial(c->op, j, x, y, c->options);
        tad__moving *into = &to.b->moving[to.k];
        into->adjoint.number += g.adjoint.number * p.value;
        if (second) into->tangent.number += g.tangent.number * p.value;
        if (p.moves) into->tangent.number += g.adjoint.number * p.tangent;
        tad__set_mark(s, c->in[j], TAD__REACHED | (second || p.moves ? TAD__SECOND : 0));
    }
}

/* ---- arrays ---- */

/* A row on arrays of one size. Of two operands one may be a single element that does not move. */
typedef struct runs {
    const tad_array *y, *in[3], *tangent[3]; /* NULL: does not move */
    tad__view view[3];
    int single; /* -1: none */
} runs;

static bool is_run(const tad_array *a, const tad_array *y) {
    return a->contiguous && a->size == y->size && a->dtype == y->dtype;
}

static bool are_runs(const tad__numeric *s, uint32_t i, const tad__call *c, runs *r) {
    tad_tape *t = s->t;
    if (!tad__is_row(t, c->op) || !(tad__at(t, i)->flags & TAD__ARRAY)) return false;
    *r = (runs){.y = tad__at(t, i)->value.array, .single = -1};
    for (uint32_t j = 0; j < c->n_in; j++) {
        const uint32_t at = c->in[j];
        r->in[j] = at == TAD__NO_NODE
                       ? tad__number_value(c->number[j], (tad_dtype)r->y->dtype, &r->view[j])
                       : tad__value(t, at, &r->view[j]);
        const bool moves = at != TAD__NO_NODE && (tad__mark_at(s, at) & TAD__MOVES);
        if (is_run(r->in[j], r->y)) {
            const tad__entry e = moves ? tad__entry_at(s, at) : (tad__entry){NULL, 0};
            if (moves && !(tad__at(t, at)->flags & TAD__ARRAY)) return false;
            r->tangent[j] = moves ? e.b->tangent[e.k].array : NULL;
            continue;
        }
        if (c->n_in != 2 || moves || r->single >= 0 || r->in[j]->size != 1 ||
            r->in[j]->dtype != r->y->dtype)
            return false;
        r->single = (int)j;
    }
    return r->y->contiguous && r->y->dtype <= TAD_F32;
}

/* One operand's part, on elements [first, end). */
typedef struct part {
    const runs *r;
    tad__row_backward *f;
    const double *pq;
    uint32_t n_in, j;
    void *to;
} part;

static void compute_part(void *arg, size_t first, size_t end) {
    const part *p = arg;
    const runs *r = p->r;
    const size_t at = first * tad__width(r->y->dtype);
    const void *in[3] = {NULL};
    for (uint32_t k = 0; k < p->n_in; k++)
        in[k] = (const char *)r->in[k]->data + ((int)k == r->single ? 0 : at);
    p->f(end - first, in, (const char *)r->y->data + at, (const char *)r->tangent[p->j]->data + at,
         (char *)p->to + at, p->pq);
}

static tad_array *tangent_by(tad__numeric *s, const tad__call *c, const runs *r, uint32_t j) {
    const tad__compute *compute = &s->t->compute;
    const tad__row_kernels *row = &compute->kernels->row[c->op - s->t->basis->row];
    tad_array *to = tad__new_buffer_like(s->t, r->y);
    if (!to) {
        tad__no_memory(s->t, s->what);
        return NULL;
    }
    part p = {r, NULL, c->options ? c->options : tad__no_options, c->n_in, j, to->data};
    p.f = r->single < 0 ? row->backward[j][r->y->dtype]
                        : row->backward_single[r->single][r->y->dtype];
    tad__split(compute->threads, (size_t)r->y->size, TAD__GRAIN, compute_part, &p);
    return to;
}

bool tad__tangent_of_runs(tad__numeric *s, uint32_t i, const tad__call *c, tad_status *status) {
    runs r;
    const tad__entry e = tad__entry_at(s, i);
    if (!are_runs(s, i, c, &r) || e.b->tangent[e.k].array) return false;
    tad__set_mark(s, i, TAD__VARIES);
    for (uint32_t j = 0; j < c->n_in; j++) {
        if (!r.tangent[j]) continue;
        tad_array *g = tangent_by(s, c, &r, j);
        if (!g) {
            *status = s->t->error.status;
            return true;
        }
        tad__set_mark(s, i, TAD__MOVES);
        if (e.b->tangent[e.k].array) {
            tad__add_into(&s->t->compute, e.b->tangent[e.k].array, g);
            tad__buffers_give(&s->t->buffers, g);
        } else {
            e.b->tangent[e.k].array = g;
            s->arrays++;
        }
    }
    return true;
}
