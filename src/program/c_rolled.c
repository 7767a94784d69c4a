/* What has been rolled up as C: loops over chunks of lanes, and lists. Rests on c_file.h.
 *
 * All numbers are v here; places, a table, says where operands are that lie scattered. */
#include "c_file.h"

#include <string.h>

/* ---- groups that share a loop ----
 *
 * Groups of as many chunks, one behind the other, run in one loop over chunks: what one computes
 * the next reads from variables. That is right where a group reads of the others nothing but the
 * results of its own lanes. */

typedef struct together {
    tad__c_file *f;
    uint32_t first, end; /* groups */
} together;

static const tad__rolled *group_at(const tad__c_file *f, uint32_t k) {
    return &f->p->rolled.item[k];
}
static bool is_list(const tad__rolled *g) { return g->what == (uint32_t)TAD__ROLLED_LIST; }

/* Whether one of the groups computes a number of the range. */
static bool meets(const together *t, int64_t from, int64_t end) {
    bool found = false;
    for (uint32_t k = t->first; k < t->end; k++) {
        const tad__rolled *g = group_at(t->f, k);
        found |= from < (int64_t)g->to + TAD__CHUNK * (int64_t)g->chunks && end > (int64_t)g->to;
    }
    return found;
}

/* Which of the groups has its first result there; false: none. */
static bool begins(const together *t, int32_t place, uint32_t *group) {
    for (uint32_t k = t->first; k < t->end; k++) {
        if (group_at(t->f, k)->to != (uint32_t)place) continue;
        *group = k;
        return true;
    }
    return false;
}

/* The places of a kind that has them chunk by chunk, or lane by lane. */
static bool scattered_meet(const together *t, const int32_t *p, uint32_t kind, uint32_t chunks) {
    const size_t n = kind == TAD__ANYWHERE ? TAD__CHUNK * (size_t)chunks : chunks;
    bool found = false;
    for (size_t i = 0; i < n && !found; i++) {
        const bool one = kind == TAD__ONES || kind == TAD__ANYWHERE || p[i] < 0;
        const int64_t at = p[i] < 0 ? ~p[i] : p[i];
        found = meets(t, at, at + (one ? 1 : TAD__CHUNK));
    }
    return found;
}

/* Whether a group of so many chunks may read this in the loop of the others. */
static bool may_read(const together *t, const tad__roll_operand *o, uint32_t next, uint32_t count,
                     uint32_t chunks) {
    bool good = true;
    uint32_t group;
    for (uint32_t k = 0; k < count && good; k++) {
        const int32_t *p = t->f->p->place.item + o->at + (size_t)next * k;
        if (o->kind == TAD__ALONG)
            good = !meets(t, p[0], p[0] + TAD__CHUNK * (int64_t)chunks) ||
                   (count == 1 && begins(t, p[0], &group));
        else if (o->kind == TAD__ONE)
            good = !meets(t, p[0], p[0] + 1);
        else
            good = !scattered_meet(t, p, o->kind, chunks);
    }
    return good;
}

static bool may_join(const together *t, const tad__rolled *g) {
    const tad_program *p = t->f->p;
    bool good = g->chunks == group_at(t->f, t->first)->chunks;
    if (is_list(g)) return false;
    for (uint32_t k = 0; k < g->count && good; k++) {
        if (g->what != (uint32_t)TAD__ROLLED_SUMS) {
            good = may_read(t, &p->roll_lanes.item[g->at + k], 0, 1, g->chunks);
            continue;
        }
        const tad__terms *s = &p->terms.item[g->at + k];
        good = may_read(t, &s->a, s->next_a, s->count, g->chunks);
        if (good && s->b.kind != TAD__NO_FACTOR)
            good = may_read(t, &s->b, s->next_b, s->count, g->chunks);
    }
    return good;
}

uint32_t tad__c_rolled_together(tad__c_file *f, uint32_t first, uint32_t end) {
    enum { MOST = 16 }; /* each is compared with all before */
    together t = {f, first, first + 1};
    if (is_list(group_at(f, first))) return 1;
    while (t.end < end && t.end < first + MOST && may_join(&t, group_at(f, t.end))) t.end++;
    return t.end - first;
}

/* ---- operands of chunk c, lane l ---- */

static void put_operand(const together *t, const tad__roll_operand *o, uint32_t next, bool many) {
    tad_c *to = &t->f->to;
    const int32_t place = t->f->p->place.item[o->at];
    const char *k = many ? "k" : "0";
    const unsigned at = o->at, step = many ? next : 0;
    uint32_t group;
    switch (o->kind) {
    case TAD__ALONG:
        if (many)
            tad_c_put(to, "v[places[%u + %u*k] + 8*c + l]", at, step);
        else if (begins(t, place, &group))
            tad_c_put(to, "y%u[l]", group);
        else
            tad_c_put(to, "v[%d + 8*c + l]", place);
        return;
    case TAD__ONE:
        if (many)
            tad_c_put(to, "v[places[%u + %u*k]]", at, step);
        else
            tad_c_put(to, "v[%d]", place);
        return;
    case TAD__CHUNKS: tad_c_put(to, "v[places[%u + %u*%s + c] + l]", at, step, k); return;
    case TAD__ONES: tad_c_put(to, "v[places[%u + %u*%s + c]]", at, step, k); return;
    case TAD__EITHER:
        tad_c_put(to,
                  "(places[%u + %u*%s + c] >= 0 ? v[places[%u + %u*%s + c] + l] : "
                  "v[~places[%u + %u*%s + c]])",
                  at, step, k, at, step, k, at, step, k);
        return;
    default: tad_c_put(to, "v[places[%u + %u*%s + 8*c + l]]", at, step, k);
    }
}

/* ---- sums ---- */

static void put_terms(const together *t, uint32_t group, const tad__terms *s) {
    tad_c *to = &t->f->to;
    const bool many = s->count > 1;
    if (many) tad_c_put(to, "for (ptrdiff_t k = 0; k < %u; k++)\n", s->count);
    tad_c_put(to, "for (int l = 0; l < 8; l++) y%u[l] %c= ", group, s->minus ? '-' : '+');
    put_operand(t, &s->a, s->next_a, many);
    if (s->b.kind != TAD__NO_FACTOR) {
        tad_c_put(to, " * ");
        put_operand(t, &s->b, s->next_b, many);
    }
    tad_c_put(to, ";\n");
}

static void put_sums(const together *t, uint32_t group) {
    const tad__rolled *g = group_at(t->f, group);
    tad_c_put(&t->f->to, "for (int l = 0; l < 8; l++) y%u[l] = -0.0;\n", group);
    for (uint32_t k = 0; k < g->count; k++) put_terms(t, group, &t->f->p->terms.item[g->at + k]);
}

/* ---- rows ---- */

static void put_row(const together *t, uint32_t group) {
    const tad__rolled *g = group_at(t->f, group);
    const uint32_t row = g->what & ~(uint32_t)TAD__ROLLED_BY_NUMBER;
    const tad_op *op = &t->f->p->basis->row[row];
    tad_c *to = &t->f->to;
    tad_c_put(to, "for (int l = 0; l < 8; l++) y%u[l] = %s(", group,
              tad__c_row(to, op, g->what & TAD__ROLLED_BY_NUMBER ? "number" : "f64"));
    for (uint32_t k = 0; k < g->count; k++) {
        if (k) tad_c_put(to, ", ");
        put_operand(t, &t->f->p->roll_lanes.item[g->at + k], 0, false);
    }
    tad__c_options(to, op, tad__options_at(t->f->p, g->options));
    tad_c_put(to, ");\n");
}

static void put_loop(const together *t) {
    tad_c *to = &t->f->to;
    tad_c_put(to, "for (ptrdiff_t c = 0; c < %u; c++) {\n", group_at(t->f, t->first)->chunks);
    for (uint32_t k = t->first; k < t->end; k++) {
        tad_c_put(to, "double y%u[8];\n", k);
        if (group_at(t->f, k)->what == (uint32_t)TAD__ROLLED_SUMS)
            put_sums(t, k);
        else
            put_row(t, k);
        tad_c_put(to, "for (int l = 0; l < 8; l++) v[%u + 8*c + l] = y%u[l];\n",
                  group_at(t->f, k)->to, k);
    }
    tad_c_put(to, "}\n");
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
                  tad__c_part_named(&l->f->to, "tad__roll_run"), r->a, r->step_a, r->b,
                  r->step_a == TAD__LISTED ? TAD__LISTED : r->step_b, r->count);
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

/* A list that is too long for compilers to be of use is left to the library. */
bool tad__c_is_left(const tad__c_file *f, uint32_t group) {
    enum { LONG = 100 };
    return f->steps && is_list(group_at(f, group)) && group_at(f, group)->count > LONG;
}

static void put_together(const together *t) {
    tad__c_file *f = t->f;
    const uint32_t first = t->first, lists = is_list(group_at(f, first)) ? put_list(f, first) : 0;
    tad_c_put(&f->to, "static void rolled_%u(double *v) {\n", first);
    for (uint32_t k = 0; k < lists; k++) tad_c_put(&f->to, "list_%u_%u(v);\n", first, k);
    if (!is_list(group_at(f, first))) put_loop(t);
    tad_c_put(&f->to, "}\n\n");
}

void tad__c_put_rolled(tad__c_file *f, const tad__step *s) {
    const uint32_t end = s->at + s->count;
    for (uint32_t k = s->at, n; k < end; k += n) {
        n = tad__c_rolled_together(f, k, end);
        if (!tad__c_is_left(f, k)) put_together(&(together){f, k, k + n});
    }
}

void tad__c_call_rolled(tad__c_file *f, uint32_t k) {
    tad_c_put(&f->to,
              tad__c_is_left(f, k) ? "r->list(r->program, %u, r->n);\n" : "rolled_%u(r->n);\n", k);
}
