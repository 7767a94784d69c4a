/* What has been rolled up as C: loops over chunks of lanes, and lists. Rests on c_file.h.
 *
 * All numbers are v here; places, a table, says where operands are that lie scattered. */
#include "c_file.h"

#include <string.h>

/* ---- operands of chunk c, lane l ---- */

static void put_operand(tad__c_file *f, const tad__roll_operand *o, uint32_t next, bool many) {
    const char *k = many ? "k" : "0";
    const unsigned at = o->at, step = many ? next : 0;
    switch (o->kind) {
    case TAD__ALONG:
        if (many)
            tad_c_put(&f->to, "v[places[%u + %u*k] + 8*c + l]", at, step);
        else
            tad_c_put(&f->to, "v[%d + 8*c + l]", f->p->place.item[at]);
        return;
    case TAD__ONE:
        if (many)
            tad_c_put(&f->to, "v[places[%u + %u*k]]", at, step);
        else
            tad_c_put(&f->to, "v[%d]", f->p->place.item[at]);
        return;
    case TAD__CHUNKS: tad_c_put(&f->to, "v[places[%u + %u*%s + c] + l]", at, step, k); return;
    case TAD__ONES: tad_c_put(&f->to, "v[places[%u + %u*%s + c]]", at, step, k); return;
    case TAD__EITHER:
        tad_c_put(&f->to,
                  "(places[%u + %u*%s + c] >= 0 ? v[places[%u + %u*%s + c] + l] : "
                  "v[~places[%u + %u*%s + c]])",
                  at, step, k, at, step, k, at, step, k);
        return;
    default: tad_c_put(&f->to, "v[places[%u + %u*%s + 8*c + l]]", at, step, k);
    }
}

/* ---- sums ---- */

static void put_terms(tad__c_file *f, const tad__terms *t) {
    const bool many = t->count > 1;
    if (many) tad_c_put(&f->to, "for (ptrdiff_t k = 0; k < %u; k++)\n", t->count);
    tad_c_put(&f->to, "for (int l = 0; l < 8; l++) sum[l] %c= ", t->minus ? '-' : '+');
    put_operand(f, &t->a, t->next_a, many);
    if (t->b.kind != TAD__NO_FACTOR) {
        tad_c_put(&f->to, " * ");
        put_operand(f, &t->b, t->next_b, many);
    }
    tad_c_put(&f->to, ";\n");
}

static void put_sums(tad__c_file *f, const tad__rolled *g) {
    tad_c_put(&f->to, "for (ptrdiff_t c = 0; c < %u; c++) {\ndouble sum[8];\n", g->chunks);
    tad_c_put(&f->to, "for (int l = 0; l < 8; l++) sum[l] = -0.0;\n");
    for (uint32_t k = 0; k < g->count; k++) put_terms(f, &f->p->terms.item[g->at + k]);
    tad_c_put(&f->to, "for (int l = 0; l < 8; l++) y[8*c + l] = sum[l];\n}\n");
}

/* ---- rows ---- */

static void put_row(tad__c_file *f, const tad__rolled *g) {
    const uint32_t row = g->what & ~(uint32_t)TAD__ROLLED_BY_NUMBER;
    const tad_op *op = &f->p->basis->row[row];
    tad_c_put(
        &f->to, "for (ptrdiff_t c = 0; c < %u; c++)\nfor (int l = 0; l < 8; l++)\ny[8*c + l] = %s(",
        g->chunks, tad__c_row(&f->to, op, g->what & TAD__ROLLED_BY_NUMBER ? "number" : "f64"));
    for (uint32_t k = 0; k < g->count; k++) {
        if (k) tad_c_put(&f->to, ", ");
        put_operand(f, &f->p->roll_lanes.item[g->at + k], 0, false);
    }
    tad__c_options(&f->to, op, tad__options_at(f->p, g->options));
    tad_c_put(&f->to, ");\n");
}

/* ---- lists ---- */

/* A list while it is written: result `done` is the next, those from `from` on are variables. */
typedef struct list {
    tad__c_file *f;
    const int32_t *w; /* the next word */
    uint32_t to, done, from;
    uint32_t group, functions, statements;
} list;

static void put_place(const list *l, int32_t place) {
    const uint32_t at = (uint32_t)place - l->to;
    if (at < l->done && at >= l->from)
        tad_c_put(&l->f->to, "v%u", at);
    else
        tad_c_put(&l->f->to, "v[%d]", place);
}

/* Operand k of a short word: from memory, the last result or the one before. */
static void put_short(const list *l, int32_t from, int k) {
    put_place(l, from == 0 ? l->w[k] : (int32_t)(l->to + l->done) - from);
}

static void put_product(const list *l, int32_t a, int32_t b) {
    put_short(l, a, 0);
    tad_c_put(&l->f->to, " * ");
    put_short(l, b, 1);
}

static void put_two(const list *l, int32_t a, const char *op, int32_t b) {
    put_short(l, a, 0);
    tad_c_put(&l->f->to, " %s ", op);
    put_short(l, b, 1);
}

/* What follows the product of the first two. */
static void put_third(const list *l, int32_t what, int32_t c) {
    if (what == TAD__LIST_FMA || what == TAD__LIST_MORE || what == TAD__LIST_DOT) {
        tad_c_put(&l->f->to, " + ");
        put_short(l, c, 2);
    }
    if (what == TAD__LIST_MORE || what == TAD__LIST_DOT) {
        tad_c_put(&l->f->to, what == TAD__LIST_MORE ? " + " : " * ");
        put_place(l, l->w[3]);
    }
}

static void put_short_word(list *l, int32_t word) {
    const int32_t c = word % 3, b = word / 3 % 3, a = word / 9 % 3, what = word / 27;
    switch (what) {
    case TAD__LIST_ADD: put_two(l, a, "+", b); break;
    case TAD__LIST_SUB: put_two(l, a, "-", b); break;
    case TAD__LIST_DIV: put_two(l, a, "/", b); break;
    case TAD__LIST_MINUS:
        tad_c_put(&l->f->to, "-(");
        put_product(l, a, b);
        tad_c_put(&l->f->to, ")");
        break;
    case TAD__LIST_FNMA:
        put_short(l, c, 2);
        tad_c_put(&l->f->to, " - ");
        put_product(l, a, b);
        break;
    default: put_product(l, a, b); put_third(l, what, c);
    }
    l->w += 4;
}

/* So many terms of a kind: 0 a b, 1 - a b, 2 a, 3 - a. */
static void put_some_terms(list *l, int32_t kind, int32_t n) {
    for (int32_t k = 0; k < n; k++) {
        tad_c_put(&l->f->to, kind & 1 ? " - " : " + ");
        put_place(l, *l->w++);
        if (kind >= 2) continue;
        tad_c_put(&l->f->to, " * ");
        put_place(l, *l->w++);
    }
}

static void put_sum(list *l) {
    int32_t n[4];
    memcpy(n, l->w, sizeof n);
    l->w += 4;
    tad_c_put(&l->f->to, "-0.0");
    for (int32_t kind = 0; kind < 4; kind++) put_some_terms(l, kind, n[kind]);
}

static void put_sum_in_order(list *l) {
    const int32_t parts = *l->w++;
    tad_c_put(&l->f->to, "-0.0");
    for (int32_t k = 0; k < parts; k++) {
        const int32_t kind = l->w[0], n = l->w[1];
        l->w += 2;
        put_some_terms(l, kind, n);
    }
}

static void put_runs(list *l) {
    const tad__run *r = l->f->p->run.item + l->w[0];
    tad_c_put(&l->f->to, "-0.0");
    for (int32_t k = 0; k < l->w[1]; k++, r++)
        tad_c_put(&l->f->to, " %c %s(v, places, %d, %d, %d, %d, %d)", r->minus ? '-' : '+',
                  tad__c_part_named(&l->f->to, "tad__roll_run"), r->a, r->step_a, r->b, r->step_b,
                  r->count);
    l->w += 3 + l->w[2];
}

static void put_row_of_list(list *l) {
    const tad_op *op = &l->f->p->basis->row[l->w[0]];
    tad_c_put(&l->f->to, "%s(", tad__c_row(&l->f->to, op, "number"));
    for (int k = 0; k < op->max_in; k++) {
        if (k) tad_c_put(&l->f->to, ", ");
        put_place(l, l->w[2 + k]);
    }
    tad__c_options(&l->f->to, op, tad__options_at(l->f->p, (uint32_t)l->w[1]));
    tad_c_put(&l->f->to, ")");
    l->w += 5;
}

static void put_scan(list *l) {
    const int32_t *w = l->w;
    tad_c_put(&l->f->to, "{\ndouble product = ");
    put_place(l, w[1]);
    tad_c_put(&l->f->to,
              ";\nfor (ptrdiff_t k = 0; k < %d; k++) v[%u + k] = product *= v[%d + k * %d];\n}\n",
              w[0], l->to + l->done, w[2], w[3]);
    l->done += (uint32_t)w[0];
    l->from = l->done; /* those are no variables */
    l->w += 4;
}

static void put_value_of_word(list *l, int32_t word) {
    switch (word) {
    case TAD__LIST_WORD(TAD__LIST_SUM, 0, 0, 0): put_sum(l); return;
    case TAD__LIST_WORD(TAD__LIST_IN_ORDER, 0, 0, 0): put_sum_in_order(l); return;
    case TAD__LIST_WORD(TAD__LIST_RUNS, 0, 0, 0): put_runs(l); return;
    case TAD__LIST_WORD(TAD__LIST_ROW, 0, 0, 0): put_row_of_list(l); return;
    default: put_short_word(l, word);
    }
}

/* Functions of a list follow each other. */
static void begin_function(list *l) {
    if (l->functions++) tad_c_put(&l->f->to, "}\n\n");
    tad_c_put(&l->f->to, "static void list_%u_%u(double *v) {\n", l->group, l->functions - 1);
    l->from = l->done;
    l->statements = 0;
}

static uint32_t put_list(tad__c_file *f, uint32_t group) {
    const tad__rolled *g = &f->p->rolled.item[group];
    list l = {.f = f, .w = f->p->place.item + g->at, .to = g->to, .group = group};
    for (int32_t word; (word = *l.w++) != TAD__LIST_WORD(TAD__LIST_END, 0, 0, 0);) {
        if (!l.functions || l.statements++ == TAD__C_STATEMENTS / 2) begin_function(&l);
        if (word == TAD__LIST_WORD(TAD__LIST_SCAN, 0, 0, 0)) {
            put_scan(&l);
            continue;
        }
        tad_c_put(&f->to, "const double v%u = ", l.done);
        put_value_of_word(&l, word);
        tad_c_put(&f->to, ";\nv[%u] = v%u;\n", l.to + l.done, l.done);
        l.done++;
    }
    if (l.functions) tad_c_put(&f->to, "}\n\n");
    return l.functions;
}

/* ---- all ---- */

void tad__c_put_places(tad__c_file *f) {
    enum { ON_A_LINE = 16 };
    const size_t n = f->p->place.count;
    if (!f->p->rolled.count) return;
    tad_c_put(&f->to, "static const int32_t places[%zu] = {\n", n ? n : 1);
    for (size_t k = 0; k < n; k++)
        tad_c_put(&f->to, "%d%s", f->p->place.item[k],
                  (k + 1) % ON_A_LINE && k + 1 < n ? "," : ",\n");
    tad_c_put(&f->to, n ? "};\n\n" : "0};\n\n");
}

static void put_group(tad__c_file *f, uint32_t group) {
    const tad__rolled *g = &f->p->rolled.item[group];
    const bool is_list = g->what == (uint32_t)TAD__ROLLED_LIST;
    const uint32_t lists = is_list ? put_list(f, group) : 0;
    tad_c_put(&f->to, "static void rolled_%u(double *v) {\n", group);
    if (!is_list) tad_c_put(&f->to, "double *const y = v + %u;\n", g->to);
    for (uint32_t k = 0; k < lists; k++) tad_c_put(&f->to, "list_%u_%u(v);\n", group, k);
    if (g->what == (uint32_t)TAD__ROLLED_SUMS)
        put_sums(f, g);
    else if (!is_list)
        put_row(f, g);
    tad_c_put(&f->to, "}\n\n");
}

void tad__c_put_rolled(tad__c_file *f, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) put_group(f, k);
}
