/* What is needed of the nodes, what varies, and what cannot be frozen. Rests on freeze.h. */
#include "freeze.h"

#include <string.h>

#include "tape/error.h"
#include "tape/label.h"
#include "tape/version.h"

/* ---- forward: what a node depends on ---- */

static unsigned mark_of_leaf(const tad__freezer *f, uint32_t i, const tad__node *n) {
    if (n->kind == TAD__PARAM) return f->options->copy_parameters ? 0 : TAD__OF_PARAMETER;
    if (n->kind != TAD__CONSTANT) return 0;
    if (n->op == TAD__DETACHED)
        return f->mark[n->a] & (TAD__OF_INPUT | TAD__OF_PARAMETER | TAD__STALE);
    return n->op != TAD__GIVEN && i > f->first ? TAD__OF_INPUT : 0;
}

static unsigned mark_of_call(const tad__freezer *f, uint32_t i, const tad__call *c) {
    unsigned mark = 0;
    for (uint32_t k = 0; k < c->n_in; k++) {
        if (c->in[k] == TAD__NO_NODE) continue;
        mark |= f->mark[c->in[k]] & (TAD__OF_INPUT | TAD__OF_PARAMETER | TAD__STALE);
        if (tad__can_change(tad__at(f->t, c->in[k])) && tad__is_changed(f->t, i, c->in[k]))
            mark |= TAD__STALE;
    }
    return mark;
}

static void mark_dependence(tad__freezer *f) {
    for (uint32_t i = 0; i < f->nodes; i++) {
        tad__call c;
        if (f->mark[i] & TAD__IS_IN)
            f->mark[i] |= TAD__OF_INPUT;
        else if (tad__call_of(f->t, i, &c))
            f->mark[i] |= (uint8_t)mark_of_call(f, i, &c);
        else
            f->mark[i] |= (uint8_t)mark_of_leaf(f, i, tad__at(f->t, i));
    }
}

/* ---- backward: what is needed ---- */

static void need(tad__freezer *f, uint32_t i) { f->mark[i] |= TAD__NEEDED; }

static void need_operands(tad__freezer *f, uint32_t i) {
    const tad__node *n = tad__at(f->t, i);
    tad__call c;
    if (n->kind == TAD__CONSTANT && n->op == TAD__DETACHED) need(f, n->a);
    if (!tad__call_of(f->t, i, &c)) return;
    if (n->kind == TAD__OUTPUT) need(f, n->a);
    const bool lies = !(c.op->flags & (TAD_OP_ELEMENTWISE | TAD_OP_POINTWISE));
    for (uint32_t k = 0; k < c.n_in; k++)
        if (c.in[k] != TAD__NO_NODE) f->mark[c.in[k]] |= TAD__NEEDED | (lies ? TAD__LIES : 0);
}

static void need_constant(tad__freezer *f, uint32_t i) {
    const uint32_t from = tad__shown_by_constant(f, i);
    if (from != TAD__NO_NODE) f->mark[from] |= TAD__NEEDED | TAD__LIES;
}

static void mark_needed(tad__freezer *f) {
    for (size_t k = 0; k < f->n_out; k++) need(f, f->out[k].u.at.index);
    for (uint32_t i = f->nodes; i-- > 0;) {
        if (tad__is_decision(f, i)) need(f, i);
        const unsigned mark = f->mark[i];
        if (!(mark & TAD__NEEDED) || (mark & TAD__IS_IN)) continue;
        if (tad__is_folded(f, i))
            need_constant(f, i);
        else
            need_operands(f, i);
    }
}

/* ---- refusals ---- */

static tad_status refuse(const tad__freezer *f, uint32_t i, const char *why) {
    char known[TAD__KNOWN_ROOM];
    return tad__fail(f->t, TAD_WITNESS, "freeze: variable %u%s %s", i,
                     tad__known_of(f->t, i, known, sizeof known), why);
}

/* What was recorded after it was read may follow from it. What follows from a parameter, which may
 * be another when the program runs, does so where that was read beside the inputs. */
static tad_status check_witnesses(const tad__freezer *f) {
    const tad_tape *t = f->t;
    if (t->witnesses_lost)
        return tad__fail(f->t, TAD_NO_MEMORY,
                         "freeze: there was no memory to note what was read while recording");
    for (size_t k = 0; k < t->witnesses; k++) {
        const tad__seen *w = &t->witness[k];
        if (w->count >= f->nodes || w->node >= f->nodes) continue;
        if (f->mark[w->node] & TAD__OF_INPUT)
            return refuse(f, w->node,
                          "depends on an input, and was read before the last output was recorded: "
                          "what follows from its value would be frozen; branch by tad_decide, and "
                          "read afterwards");
        if (w->count > f->first && (f->mark[w->node] & TAD__OF_PARAMETER))
            return refuse(f, w->node,
                          "depends on a parameter, and was read between the first input and the "
                          "last output: what follows from its value would be frozen; branch by "
                          "tad_decide, read before or afterwards, or copy_parameters");
    }
    return TAD_OK;
}

static tad_status check_node(tad__freezer *f, uint32_t i) {
    const tad__node *n = tad__at(f->t, i);
    tad__call c;
    if (f->mark[i] & TAD__IS_IN) return TAD_OK;
    if ((f->mark[i] & TAD__STALE) && tad__call_of(f->t, i, &c)) {
        const tad_status s = tad__check_unchanged(f->t, i, &c, "freeze");
        return s != TAD_OK ? s
                           : tad__fail(f->t, TAD_STALE_VALUE,
                                       "freeze: variable %u was computed by way of a parameter "
                                       "that was changed since",
                                       i);
    }
    if (n->kind != TAD__CONSTANT || i < f->first) return TAD_OK;
    if (n->op == TAD__UNRECORDED)
        return refuse(f, i,
                      "was computed while recording was paused: where it comes from is unknown");
    if (n->op == TAD__SWEPT)
        return refuse(f, i,
                      "is what a numeric sweep gave, a number without a past; tad_grad and "
                      "tad_tangent give derivatives that can be frozen");
    return TAD_OK;
}

static tad_status check_needed(tad__freezer *f) {
    tad_status s = TAD_OK;
    for (uint32_t i = 0; i < f->nodes && s == TAD_OK; i++)
        if (f->mark[i] & TAD__NEEDED) s = check_node(f, i);
    return s;
}

static tad_status check_outputs(const tad__freezer *f) {
    for (size_t k = 0; k < f->n_out && !f->options->allow_constant_outputs; k++)
        if (!(f->mark[f->out[k].u.at.index] & TAD__OF_INPUT))
            return tad__fail(f->t, TAD_BAD_ARGUMENT,
                             "freeze: output %zu depends on no input; allow_constant_outputs would "
                             "take it all the same",
                             k);
    return TAD_OK;
}

/* ---- all of it ---- */

static tad_status mark_inputs(tad__freezer *f) {
    for (size_t k = 0; k < f->n_in; k++) {
        const uint32_t i = f->in[k].u.at.index;
        if (f->mark[i] & TAD__IS_IN)
            return tad__fail(f->t, TAD_BAD_ARGUMENT, "freeze: input %zu is listed twice", k);
        f->mark[i] |= TAD__IS_IN;
    }
    return TAD_OK;
}

tad_status tad__freeze_mark(tad__freezer *f) {
    memset(f->mark, 0, f->nodes);
    tad_status s = mark_inputs(f);
    if (s != TAD_OK) return s;
    mark_dependence(f);
    s = check_witnesses(f);
    if (s == TAD_OK) s = check_outputs(f);
    if (s != TAD_OK) return s;
    mark_needed(f);
    return check_needed(f);
}
