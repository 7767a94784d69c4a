/* A program as text. Rests on moments.h and base/text.h. */
#include "moments.h"

enum { SHOWN_NUMBERS = 8 };

static void put_home(tad__text *t, const tad_program *p, const tad__array_value *v) {
    const tad__array_value *root = &p->array.item[v->root];
    const size_t from = root->offset + (v == root ? 0 : v->offset),
                 bytes = (size_t)v->array.size * tad__width(v->array.dtype);
    switch (v->home) {
    case TAD__PLANNED: tad__text_put(t, "%zu..%zu", from, from + bytes); break;
    case TAD__BOUND: tad__text_put(t, "in[%u]", v->of); break;
    case TAD__REFERRED: tad__text_put(t, "param[%u]", v->of); break;
    case TAD__STORED: tad__text_put(t, "constant"); break;
    case TAD__STRIP: tad__text_put(t, "strip %u", v->of); break;
    }
}

static void put_value(tad__text *t, const tad_program *p, tad__ref r) {
    if (r == TAD__NO_REF) {
        tad__text_put(t, "none");
        return;
    }
    if (!tad__is_array_ref(r)) {
        tad__text_put(t, "n%u", r);
        return;
    }
    const tad__array_value *v = &p->array.item[tad__position(r)];
    tad__put_array(t, p, tad__position(r));
    tad__text_put(t, " ");
    put_home(t, p, v);
    if (v != &p->array.item[v->root]) tad__text_put(t, " of a%u", v->root);
}

static void put_values(tad__text *t, const tad_program *p, const tad__ref *r, size_t n) {
    for (size_t k = 0; k < n; k++) {
        if (k) tad__text_put(t, ", ");
        put_value(t, p, r[k]);
    }
}

/* "    a2 ... = exp(a1 ...)" */
static void put_call(tad__text *t, const tad_program *p, const char *op, const tad__ref *in,
                     size_t n_in, const tad__ref *out, size_t n_out) {
    tad__text_put(t, "    ");
    put_values(t, p, out, n_out);
    tad__text_put(t, " = %s(", op);
    put_values(t, p, in, n_in);
    tad__text_put(t, ")\n");
}

/* ---- steps ---- */

static void put_numbers(tad__text *t, const tad_program *p, const tad__step *s) {
    tad__text_put(t, "numbers, %u steps\n", s->count);
    for (uint32_t k = 0; k < s->count && k < SHOWN_NUMBERS; k++) {
        const tad__number_step *n = &p->number.item[s->at + k];
        const tad_op *op = &p->basis->row[n->row];
        const tad__ref in[3] = {n->a, n->b, n->c};
        put_call(t, p, op->name, in, op->max_in, &n->to, 1);
    }
    if (s->count > SHOWN_NUMBERS) tad__text_put(t, "    ...\n");
}

static void put_calls(tad__text *t, const tad_program *p, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__call_step *c = &p->call.item[k];
        tad__text_put(t, "call\n");
        put_call(t, p, c->op->name, c->ref, c->n_in, c->ref + c->n_in, c->n_out);
    }
}

static void put_groups(tad__text *t, const tad_program *p, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__row_group *g = &p->group.item[k];
        tad__text_put(t, "group of %u, %u strips\n", g->count, g->strips);
        for (uint32_t i = g->first; i < g->first + g->count; i++) {
            const tad__fused_row *row = &p->fused.item[i];
            put_call(t, p, p->basis->row[row->row].name, row->in, row->n_in, &row->out, 1);
        }
        for (uint32_t i = g->tail; i < g->tail + g->tails; i++) {
            const tad__tail *tail = &p->tail.item[i];
            put_call(t, p, tail->op->name, &tail->of, 1, &tail->to, 1);
        }
    }
}

static void put_decisions(tad__text *t, const tad_program *p, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__decision *d = &p->decision.item[k];
        tad__text_put(t, "decision %u, %s: ", k, d->expected ? "true" : "false");
        put_value(t, p, d->condition);
        tad__text_put(t, "\n");
    }
}

static void put_draws(tad__text *t, const tad_program *p, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        tad__text_put(t, "draw\n    ");
        put_value(t, p, p->draw.item[k].to);
        tad__text_put(t, "\n");
    }
}

static void put_copies(tad__text *t, const tad_program *p, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__copy_step *c = &p->copy.item[k];
        tad__text_put(t, "copy\n");
        put_call(t, p, "copy", &c->from, 1, &c->to, 1);
    }
}

static void put_rolled(tad__text *t, const tad_program *p, const tad__step *s) {
    tad__text_put(t, "rolled up, %u groups\n", s->count);
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__rolled *g = &p->rolled.item[k];
        const bool sums = g->what == (uint32_t)TAD__ROLLED_SUMS;
        if (g->what == (uint32_t)TAD__ROLLED_LIST) {
            tad__text_put(t, "    n%u and on = a list of %u\n", g->to, g->count);
            continue;
        }
        const uint32_t row = g->what & ~(uint32_t)TAD__ROLLED_BY_NUMBER;
        tad__text_put(t, "    n%u..n%u = %s\n", g->to, g->to + TAD__CHUNK * g->chunks - 1,
                      sums ? "sums of products" : p->basis->row[row].name);
    }
}

static void put_step(tad__text *t, const tad_program *p, const tad__step *s) {
    switch (s->kind) {
    case TAD__NUMBERS: put_numbers(t, p, s); return;
    case TAD__CALL: put_calls(t, p, s); return;
    case TAD__FUSED: put_groups(t, p, s); return;
    case TAD__DECIDE: put_decisions(t, p, s); return;
    case TAD__DRAW: put_draws(t, p, s); return;
    case TAD__COPY: put_copies(t, p, s); return;
    case TAD__ROLLED: put_rolled(t, p, s); return;
    }
}

static void put_types(tad__text *t, const tad_program *p, const char *what,
                      const tad__named_type *list, size_t n) {
    for (size_t k = 0; k < n; k++) {
        tad__text_put(t, "%s[%zu] %s%s", what, k, list[k].name, *list[k].name ? " " : "");
        put_value(t, p, list[k].value);
        tad__text_put(t, "\n");
    }
}

tad_status tad_program_dump(const tad_program *p, tad_sink *sink, void *user) {
    if (!p || !sink) return TAD_BAD_ARGUMENT;
    tad__text t = {.sink = sink, .user = user};
    put_types(&t, p, "in", p->in, p->n_in);
    for (size_t k = 0; k < p->step.count && !t.stopped; k++) put_step(&t, p, &p->step.item[k]);
    put_types(&t, p, "out", p->out, p->n_out);
    return t.stopped ? TAD_IO : TAD_OK;
}
