/* A program as a picture for Graphviz. Edges are values, by what has computed them last: a slot
 * holds several numbers in turn. Rests on moments.h and base/text.h. */
#include "moments.h"

/* ---- what is drawn ---- */

typedef enum node_kind { NOTHING, INPUT, PARAMETER, CONSTANT, MOMENT, ROW, OUTPUT, TAIL } node_kind;

/* Inputs and outputs by position, the first of those drawn together; constants by position among
 * the arrays, or the numbers; rows and tails by position among these. */
typedef struct node {
    node_kind kind;
    uint32_t at;
} node;

typedef struct picture {
    tad__text out, label;
    const tad_program *p;
    node *number, *array; /* what has computed each slot, each array */
    uint32_t constants;   /* drawn so far, a node a use */
} picture;

static const char letter[] = "?ipcsrot";

static void put_node(picture *x, node n, const char *style) {
    tad__text_put(&x->out, "  %c%u [%s%slabel=\"", letter[n.kind], n.at, style, *style ? " " : "");
}

static void end_node(picture *x) { tad__text_put(&x->out, "\"];\n"); }

static void begin_edge(picture *x, node from, node to) {
    tad__text_put(&x->out, "  %c%u -> %c%u", letter[from.kind], from.at, letter[to.kind], to.at);
}

/* ---- edges ---- */

static node maker_of(const picture *x, tad__ref r) {
    if (!tad__is_array_ref(r)) return x->number[r];
    const uint32_t root = x->p->array.item[tad__position(r)].root;
    const tad__array_value *v = &x->p->array.item[root];
    switch (v->home) {
    case TAD__BOUND: return (node){INPUT, v->of};
    case TAD__REFERRED: return (node){PARAMETER, v->of};
    case TAD__STORED: return (node){CONSTANT, root};
    default: return x->array[root];
    }
}

static void set_maker(const picture *x, tad__ref r, node maker) {
    if (tad__is_array_ref(r))
        x->array[x->p->array.item[tad__position(r)].root] = maker;
    else
        x->number[r] = maker;
}

/* The number that a constant of one element is. */
static bool is_number(const picture *x, tad__ref r, node maker, double *number) {
    if (maker.kind != CONSTANT) return false;
    if (!tad__is_array_ref(r)) {
        *number = x->p->constant.item[maker.at].number;
        return true;
    }
    const tad_array *a = &x->p->array.item[maker.at].array;
    if (a->size == 1 && a->dtype == TAD_F32) *number = (double)*(const float *)a->data;
    return a->size == 1 && a->dtype == TAD_F32;
}

static void edge_from_number(picture *x, double number, node to) {
    const uint32_t at = x->constants++;
    tad__text_put(&x->out, "  k%u [shape=plaintext margin=0.03 width=0 height=0 label=\"%s\"];\n",
                  at, tad__show_number(number).text);
    tad__text_put(&x->out, "  k%u -> %c%u;\n", at, letter[to.kind], to.at);
}

/* What never leaves its group is told by the box. */
static void put_label(picture *x, uint32_t position) {
    const tad__array_value *v = &x->p->array.item[position];
    if (v->home == TAD__STRIP) return;
    tad__text_put(&x->out, " [label=\"");
    tad__put_array(&x->out, x->p, position);
    if (v->root != position) tad__text_put(&x->out, " of a%u", v->root);
    tad__text_put(&x->out, "\"]");
}

/* A value on its way. */
static void edge(picture *x, tad__ref r, node to) {
    double number = 0;
    if (r == TAD__NO_REF) return;
    const node from = maker_of(x, r);
    if (is_number(x, r, from, &number)) {
        edge_from_number(x, number, to);
        return;
    }
    begin_edge(x, from, to);
    if (tad__is_array_ref(r)) put_label(x, tad__position(r));
    tad__text_put(&x->out, ";\n");
}

/* Of many numbers an edge from each maker; of more makers than these again and again. */
enum { MAKERS = 64 };
typedef struct met {
    node node[MAKERS];
    size_t count;
} met;

static bool is_new(met *m, node n) {
    for (size_t k = 0; k < m->count; k++)
        if (m->node[k].kind == n.kind && m->node[k].at == n.at) return false;
    if (m->count < MAKERS) m->node[m->count++] = n;
    return true;
}

static void number_edge(picture *x, met *m, uint32_t slot, node to, const char *style) {
    const node from = x->number[slot];
    if (from.kind == NOTHING || from.kind == CONSTANT || (from.kind == to.kind && from.at == to.at))
        return;
    if (!is_new(m, from)) return;
    begin_edge(x, from, to);
    tad__text_put(&x->out, "%s;\n", style);
}

/* ---- what there is before the first step ---- */

/* How many, from the first on, are single numbers without names: these are drawn together. */
static size_t together(const tad__named_type *list, size_t n, size_t first) {
    size_t end = first;
    while (end < n && !*list[end].name && !tad__is_array_ref(list[end].value)) end++;
    return tad__max(end - first, 1);
}

static void put_named(picture *x, const char *name, const char *what, size_t first, size_t count) {
    if (*name) tad__text_put(&x->label, "%s\n", name);
    tad__put_position(&x->label, what, first, count);
    end_node(x);
}

static void put_inputs(picture *x) {
    const tad_program *p = x->p;
    for (size_t k = 0, n; k < p->n_in; k += n) {
        const node to = {INPUT, (uint32_t)k};
        n = together(p->in, p->n_in, k);
        for (size_t i = k; i < k + n; i++)
            if (!tad__is_array_ref(p->in[i].value)) x->number[p->in[i].value] = to;
        put_node(x, to, "shape=box style=\"rounded,filled\" fillcolor=\"#e3efff\"");
        put_named(x, p->in[k].name, "in", k, n);
    }
}

static void put_parameters(picture *x) {
    const tad_program *p = x->p;
    for (size_t k = 0; k < p->parameter.count; k++) {
        const node to = {PARAMETER, (uint32_t)k};
        const tad__ref r = p->parameter.item[k].value;
        if (!tad__is_array_ref(r)) x->number[r] = to;
        put_node(x, to, "shape=box style=\"rounded,filled\" fillcolor=\"#fff0c8\"");
        put_named(x, p->parameter.item[k].name, "param", k, 1);
    }
}

static void put_constants(picture *x) {
    const tad_program *p = x->p;
    double number;
    for (size_t k = 0; k < p->constant.count; k++)
        x->number[p->constant.item[k].slot] = (node){CONSTANT, (uint32_t)k};
    for (uint32_t k = 0; k < p->array.count; k++) {
        const node n = {CONSTANT, k};
        if (p->array.item[k].home != TAD__STORED || p->array.item[k].root != k) continue;
        if (is_number(x, k | TAD__ARRAY_REF, n, &number)) continue;
        put_node(x, n, "shape=box style=\"rounded,dashed\"");
        tad__text_put(&x->out, "constant");
        end_node(x);
    }
}

/* ---- steps ---- */

static void put_numbers(picture *x, const tad__step *s, node to) {
    met m = {.count = 0};
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__number_step *n = &x->p->number.item[k];
        number_edge(x, &m, n->a, to, "");
        number_edge(x, &m, n->b, to, "");
        if (!n->options) number_edge(x, &m, n->c, to, "");
        x->number[n->to] = to;
    }
}

/* What reads what is told by thousands of places: all numbers that there are, then; of many makers
 * the last, or pictures would grow with the square of the steps. */
static void put_rolled(picture *x, const tad__step *s, node to) {
    const tad_program *p = x->p;
    met m = {.count = 0};
    for (uint32_t k = p->slots; k-- > 0 && m.count < MAKERS;)
        number_edge(x, &m, k, to, " [style=dashed]");
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__rolled *g = &p->rolled.item[k];
        const uint32_t n =
            g->what == (uint32_t)TAD__ROLLED_LIST ? g->count : TAD__CHUNK * g->chunks;
        for (uint32_t i = 0; i < n; i++) x->number[g->to + i] = to;
    }
}

static void put_call(picture *x, const tad__step *s, node to) {
    const tad__call_step *c = &x->p->call.item[s->at];
    for (uint32_t k = 0; k < c->n_in; k++) edge(x, c->ref[k], to);
    for (uint32_t k = 0; k < c->n_out; k++) set_maker(x, c->ref[c->n_in + k], to);
}

static void put_row(picture *x, uint32_t at) {
    const tad__fused_row *row = &x->p->fused.item[at];
    const tad_op *op = &x->p->basis->row[row->row];
    put_node(x, (node){ROW, at}, "");
    tad__text_put(&x->out, "%s", op->name);
    for (size_t k = 0; k < op->n_options && row->options; k++)
        tad__text_put(&x->out, "\\n%s=%s", op->options[k].name,
                      tad__show_number(row->options[k]).text);
    end_node(x);
}

/* A box with its rows. */
static void put_group(picture *x, const tad__step *s) {
    const tad__row_group *g = &x->p->group.item[s->at];
    tad__text_put(&x->out, "  subgraph cluster_%u {\n", s->at);
    tad__text_put(&x->out, "  label=\"group of %u on %lld %s\";\n", g->count, (long long)g->size,
                  tad_dtype_name(g->dtype));
    for (uint32_t k = g->first; k < g->first + g->count; k++) put_row(x, k);
    for (uint32_t k = g->tail; k < g->tail + g->tails; k++) {
        put_node(x, (node){TAIL, k}, "");
        tad__text_put(&x->out, "%s", x->p->tail.item[k].op->name);
        end_node(x);
    }
    tad__text_put(&x->out, "  }\n");
    for (uint32_t k = g->first; k < g->first + g->count; k++) {
        const tad__fused_row *row = &x->p->fused.item[k];
        for (uint32_t i = 0; i < row->n_in; i++) edge(x, row->in[i], (node){ROW, k});
        set_maker(x, row->out, (node){ROW, k});
    }
    for (uint32_t k = g->tail; k < g->tail + g->tails; k++) {
        edge(x, x->p->tail.item[k].of, (node){TAIL, k});
        set_maker(x, x->p->tail.item[k].to, (node){TAIL, k});
    }
}

/* The node of a moment that is no group. */
static void put_words(picture *x, const tad__step *s, node n) {
    tad__cell words = {0}, options = {0};
    tad__moment_words(&words, x->p, s);
    if (s->kind == TAD__CALL)
        tad__cell_op_options(&options, x->p->call.item[s->at].op, x->p->call.item[s->at].options);
    put_node(x, n, s->kind == TAD__DECIDE ? "shape=diamond" : "");
    tad__text_put(&x->label, "%s", words.text);
    if (options.length) tad__text_put(&x->label, "\n%s", options.text);
    if (s->kind == TAD__DECIDE) {
        const tad__decision *d = &x->p->decision.item[s->at];
        tad__text_put(&x->label, "\n%s%sis %s", d->name, *d->name ? " " : "",
                      d->expected ? "true" : "false");
    }
    end_node(x);
}

static void put_moment(picture *x, const tad__step *s, uint32_t number) {
    const tad_program *p = x->p;
    const node n = {MOMENT, number};
    if (s->kind != TAD__FUSED) put_words(x, s, n);
    switch (s->kind) {
    case TAD__NUMBERS: put_numbers(x, s, n); return;
    case TAD__CALL: put_call(x, s, n); return;
    case TAD__FUSED: put_group(x, s); return;
    case TAD__DECIDE: edge(x, p->decision.item[s->at].condition, n); return;
    case TAD__DRAW: set_maker(x, p->draw.item[s->at].to, n); return;
    case TAD__COPY:
        edge(x, p->copy.item[s->at].from, n);
        set_maker(x, p->copy.item[s->at].to, n);
        return;
    case TAD__ROLLED: put_rolled(x, s, n); return;
    }
}

static void put_outputs(picture *x) {
    const tad_program *p = x->p;
    for (size_t k = 0, n; k < p->n_out; k += n) {
        const node to = {OUTPUT, (uint32_t)k};
        met m = {.count = 0};
        n = together(p->out, p->n_out, k);
        put_node(x, to, "shape=box style=\"rounded,filled\" fillcolor=\"#dcf2dc\"");
        put_named(x, p->out[k].name, "out", k, n);
        if (n == 1) edge(x, p->out[k].value, to);
        for (size_t i = k; i < k + n && n > 1; i++) number_edge(x, &m, p->out[i].value, to, "");
    }
}

/* ---- all of it ---- */

static void put_all(picture *x) {
    tad__moments m = {.p = x->p};
    tad__text_put(
        &x->out, "digraph program {\n"
                 "  node [shape=box style=filled fillcolor=\"#f4f4f4\" "
                 "fontname=\"Helvetica\" fontsize=11 margin=\"0.10,0.05\"];\n"
                 "  edge [fontname=\"Helvetica\" fontsize=9 color=\"#555555\"];\n"
                 "  graph [fontname=\"Helvetica\" fontsize=11 labeljust=l style=\"rounded,filled\" "
                 "color=\"#d8a040\" fillcolor=\"#fff8ec\"];\n");
    put_inputs(x);
    put_parameters(x);
    put_constants(x);
    while (!x->out.stopped && tad__next_moment(&m)) put_moment(x, &m.now, m.next - 1);
    put_outputs(x);
    tad__text_put(&x->out, "}\n");
}

tad_status tad_program_dot(const tad_program *p, tad_sink *sink, void *user) {
    if (!p || !sink) return TAD_BAD_ARGUMENT;
    const tad_allocator *a = &p->memory.allocator; /* threads share the program's counters */
    const size_t nodes = p->slots + p->array.count, bytes = (nodes + 1) * sizeof(node);
    picture x = {.out = {.sink = sink, .user = user}, .p = p};
    x.label = tad__dot_label(&x.out);
    x.number = a->resize(a->user, NULL, 0, bytes);
    if (!x.number) return TAD_NO_MEMORY;
    x.array = x.number + p->slots;
    for (size_t k = 0; k < nodes; k++) x.number[k] = (node){NOTHING, 0};
    put_all(&x);
    a->resize(a->user, x.number, bytes, 0);
    return x.out.stopped ? TAD_IO : TAD_OK;
}
