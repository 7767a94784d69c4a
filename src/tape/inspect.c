/* Walking a tape from outside. Rests on tape.h. */
#include <tad/inspect.h>

#include "handle.h"
#include "label.h"
#include "node.h"

static tad__node *find(tad_var x, uint32_t *index) {
    if (!tad__has_tape(x) || x.u.at.index == TAD__NO_NODE) return NULL;
    return tad__resolve(x.tape, x, "inspect", index) ? tad__at(x.tape, *index) : NULL;
}

size_t tad_node_count(const tad_tape *t) { return t ? t->head.count : 0; }

tad_var tad_node_at(tad_tape *t, size_t i) {
    return t && i < t->head.count ? tad__handle(t, (uint32_t)i) : tad__nil(t);
}

size_t tad_node_index(tad_var x) {
    uint32_t i;
    return find(x, &i) ? i : SIZE_MAX;
}

tad_node_kind tad_node_kind_of(tad_var x) {
    uint32_t i;
    const tad__node *n = find(x, &i);
    if (!n) return TAD_NODE_NIL;
    switch ((enum tad__kind)n->kind) {
    case TAD__CONSTANT: return TAD_NODE_CONSTANT;
    case TAD__INPUT: return TAD_NODE_INPUT;
    case TAD__PARAM: return TAD_NODE_PARAM;
    default: return TAD_NODE_OP;
    }
}

static bool call_of(tad_var x, tad__call *c, uint32_t *index) {
    return find(x, index) && tad__call_of(x.tape, *index, c);
}

const tad_op *tad_node_op(tad_var x) {
    uint32_t i;
    tad__call c;
    return call_of(x, &c, &i) ? c.op : NULL;
}

const void *tad_node_options(tad_var x) {
    uint32_t i;
    tad__call c;
    return call_of(x, &c, &i) ? c.options : NULL;
}

size_t tad_node_output(tad_var x) {
    uint32_t i;
    const tad__node *n = find(x, &i);
    return n && n->kind == TAD__OUTPUT ? n->u.arg.b : 0;
}

size_t tad_node_parent_count(tad_var x) {
    uint32_t i;
    tad__call c;
    return call_of(x, &c, &i) ? c.n_in : 0;
}

tad_var tad_node_parent(tad_var x, size_t k) {
    uint32_t i;
    tad__call c;
    if (!call_of(x, &c, &i) || k >= c.n_in) return tad__nil(tad__has_tape(x) ? x.tape : NULL);
    return tad__operand(x.tape, &c, (uint32_t)k);
}

bool tad_node_needs_gradient(tad_var x) {
    uint32_t i;
    const tad__node *n = find(x, &i);
    return n && (n->flags & TAD__NEEDS);
}

static const tad__label *label_of(tad_var x, bool place) {
    uint32_t i;
    const tad__node *n = find(x, &i);
    if (!n || !(n->flags & TAD__NAMED)) return NULL;
    return tad__label_of(place ? &x.tape->places : &x.tape->names, i);
}

const char *tad_node_name(tad_var x) {
    const tad__label *l = label_of(x, false);
    return l ? l->text : "";
}

const char *tad_node_file(tad_var x) {
    const tad__label *l = label_of(x, true);
    return l ? l->text : "";
}

int tad_node_line(tad_var x) {
    const tad__label *l = label_of(x, true);
    return l ? l->line : 0;
}
