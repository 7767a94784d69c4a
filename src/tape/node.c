/* Nodes: their birth and end, the call behind one. Rests on node.h. */
#include "node.h"

#include "handle.h"

#include <string.h>

#include "error.h"
#include "witness.h"

enum { FIRST_NODES = 256 };

bool tad__grow_nodes(tad_tape *t) {
    size_t want = t->capacity ? t->capacity * 2 : FIRST_NODES;
    if (want > TAD__NO_NODE) {
        tad__fail(t, TAD_TOO_LARGE, "the tape holds 2^32 nodes at most");
        return false;
    }
    tad__node *p = tad__memory_resize_long(&t->memory, t->head.node, t->capacity * sizeof *p,
                                           want * sizeof *p);
    if (!p) {
        tad__no_memory(t, "recording");
        return false;
    }
    t->head.node = p;
    t->capacity = want;
    tad__update_limit(t);
    return true;
}

void tad__drop_adjoint(tad_tape *t, uint32_t i) {
    tad__adjoint *adjoint = &t->head.adjoint[i];
    if (adjoint->array->pooled) tad__buffers_give(&t->buffers, adjoint->array);
    adjoint->bits = 0;
    t->last.array_adjoints--;
}

void tad__zero_gradient(tad_tape *t, uint32_t i) {
    if (i >= t->head.swept) return;
    tad__adjoint *adjoint = &t->head.adjoint[i];
    if ((tad__at(t, i)->flags & TAD__ARRAY) && adjoint->array) tad__drop_adjoint(t, i);
    adjoint->bits = 0; /* nothing stands for zero; the next sweep writes instead of adding */
}

/* Must be called while the arena still has the nodes. */
static void drop_saved(tad_tape *t, uint32_t count) {
    for (; t->saved && t->saved->node >= count; t->saved = t->saved->below)
        tad__buffers_give(&t->buffers, t->saved->array);
}

void tad__drop_nodes(tad_tape *t, uint32_t count) {
    drop_saved(t, count);
    uint32_t end = t->head.swept < t->head.count ? t->head.swept : t->head.count;
    for (uint32_t i = count; t->last.array_adjoints && i < end; i++)
        if ((tad__at(t, i)->flags & TAD__ARRAY) && t->head.adjoint[i].array)
            tad__drop_adjoint(t, i);
    if (end > count) memset(t->head.adjoint + count, 0, (end - count) * sizeof *t->head.adjoint);
    if (t->head.swept > count) t->head.swept = count;
    t->head.shown = 0;
    tad__forget_witnesses(t, count);
    if (t->params_end > count) t->params_end = count;
    if (t->leaves > count) t->leaves = count;
    t->head.count = count;
}

/* ---- the call behind a node ---- */

/* Which operand of a row is a plain number; -1: none. */
static int number_at(const tad__node *n) {
    switch ((enum tad__kind)n->kind) {
    case TAD__SUB_NX:
    case TAD__DIV_NX:
    case TAD__ROW_NX: return 0;
    case TAD__ADD_XN:
    case TAD__MUL_XN:
    case TAD__DIV_XN:
    case TAD__ROW_XN: return 1;
    default: return -1;
    }
}

static bool row_call(const tad_tape *t, const tad__node *n, tad__call *c) {
    c->op = t->basis->row + n->op;
    c->n_in = c->op->min_in;
    c->n_out = 1;
    c->few[0] = n->a;
    c->few[1] = n->u.arg.b;
    c->few[2] = n->u.arg.c;
    c->in = c->few;
    const int plain = number_at(n);
    c->number = NULL;
    if (plain < 0) return true;
    c->few[1 - plain] = n->a;
    c->few[plain] = TAD__NO_NODE;
    c->few_numbers[plain] = n->u.partial;
    c->number = c->few_numbers;
    return true;
}

bool tad__call_of(const tad_tape *t, uint32_t index, tad__call *c) {
    const tad__node *n = t->head.node + index;
    c->options = NULL;
    if (n->kind <= TAD__PARAM) return false;
    if (n->kind <= TAD__ROW_NX) return row_call(t, n, c);
    if (n->kind == TAD__OUTPUT) n = t->head.node + n->a;
    const tad__record_of *r = n->u.record;
    c->op = r->op;
    c->options = r->options;
    c->n_in = r->n_in;
    c->n_out = r->n_out;
    c->in = r->in;
    c->number = n->kind == TAD__DOT_N ? tad__plain_of(r) : NULL;
    return true;
}

tad_var tad__operand(const tad_tape *t, const tad__call *c, uint32_t k) {
    if (c->in[k] != TAD__NO_NODE) return tad__handle(t, c->in[k]);
    return c->number ? tad_number(c->number[k]) : tad_none();
}

void tad__mark_roots(const tad_tape *t, uint8_t *mark, uint32_t top) {
    memset(mark, 0, (size_t)top + 1);
    for (size_t r = 0; r < t->last.roots; r++)
        if (t->last.root[r] <= top) mark[t->last.root[r]] = TAD__ANCESTOR;
}

void tad__mark_operands(const tad_tape *t, uint8_t *mark, uint32_t top, uint32_t end,
                        unsigned flags) {
    for (uint32_t i = top; i > end; i--) {
        tad__call c;
        if (!(mark[i] & TAD__ANCESTOR) || !tad__call_of(t, i, &c)) continue;
        if (t->head.node[i].kind == TAD__OUTPUT) mark[t->head.node[i].a] |= TAD__ANCESTOR_BESIDE;
        for (uint32_t k = 0; k < c.n_in; k++)
            if (c.in[k] != TAD__NO_NODE && (t->head.node[c.in[k]].flags & flags) == flags)
                mark[c.in[k]] |= TAD__ANCESTOR;
    }
}
