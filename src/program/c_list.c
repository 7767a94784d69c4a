/* Lists of what has been rolled up, as straight C. Rests on c_file.h. All numbers are v here. */
#include "c_file.h"

#include <string.h>

/* The loop that is being written: turn t gives so many results, y0, y1, ..., at the places from
 * first + each t on; those of the turn before are last0, last1, ... */
typedef struct turn {
    int32_t count; /* of turns; 0: no loop */
    size_t size;   /* by how much the place at w grows is said at w + size */
    uint32_t first, each;
    bool carried[TAD__MOST_OF_TURN]; /* results that the next turn reads */
} turn;

/* A list while it is written: result `done` is the next, those from `from` on are variables. */
typedef struct list {
    tad__c_file *f;
    const int32_t *w; /* the next word */
    uint32_t to, done, from;
    uint32_t group, functions, statements;
    turn turn;
} list;

/* A place that grows in a loop: a result of this turn, of the one before, or memory. */
static void put_growing(list *l, int32_t place, int32_t step) {
    const int64_t result = (int64_t)place - l->turn.first, each = l->turn.each;
    const bool is_result = step == each && result >= -each;
    tad_c *to = &l->f->to;
    if (is_result && result < 0) {
        l->turn.carried[result + each] = true;
        tad__c_note(l->f, place, 1);
        tad_c_put(to, "last%u", (unsigned)(result + each));
    } else if (is_result && result < (int64_t)l->to + l->done - l->turn.first) {
        tad_c_put(to, "y%u", (unsigned)result);
    } else {
        for (int64_t t = 0; t < (step ? l->turn.count : 1); t++)
            tad__c_note(l->f, place + t * step, 1);
        tad_c_put(to, step ? "v[%d + %d*t]" : "v[%d]", place, step);
    }
}

static void put_place(list *l, const int32_t *at) {
    const uint32_t result = (uint32_t)*at - l->to;
    if (l->turn.count) {
        put_growing(l, *at, at[l->turn.size]);
    } else if (result < l->done && result >= l->from) {
        tad_c_put(&l->f->to, "v%u", result);
    } else {
        tad__c_note(l->f, *at, 1);
        tad_c_put(&l->f->to, "v[%d]", *at);
    }
}

static void put_two(list *l, const char *op) {
    put_place(l, l->w);
    tad_c_put(&l->f->to, " %s ", op);
    put_place(l, l->w + 1);
}

/* What follows the product of the first two. */
static void put_third(list *l, int32_t what) {
    if (what == TAD__LIST_FMA || what == TAD__LIST_MORE || what == TAD__LIST_DOT) {
        tad_c_put(&l->f->to, " + ");
        put_place(l, l->w + 2);
    }
    if (what == TAD__LIST_MORE || what == TAD__LIST_DOT) {
        tad_c_put(&l->f->to, what == TAD__LIST_MORE ? " + " : " * ");
        put_place(l, l->w + 3);
    }
}

static void put_short_word(list *l, int32_t what) {
    switch (what) {
    case TAD__LIST_ADD: put_two(l, "+"); break;
    case TAD__LIST_SUB: put_two(l, "-"); break;
    case TAD__LIST_DIV: put_two(l, "/"); break;
    case TAD__LIST_MINUS:
        tad_c_put(&l->f->to, "-(");
        put_two(l, "*");
        tad_c_put(&l->f->to, ")");
        break;
    case TAD__LIST_FNMA:
        put_place(l, l->w + 2);
        tad_c_put(&l->f->to, " - ");
        put_two(l, "*");
        break;
    default: put_two(l, "*"); put_third(l, what);
    }
    l->w += 4;
}

/* So many terms of a kind: 0 a b, 1 - a b, 2 a, 3 - a. */
static void put_some_terms(list *l, int32_t kind, int32_t n) {
    for (int32_t k = 0; k < n; k++) {
        tad_c_put(&l->f->to, kind & 1 ? " - " : " + ");
        put_place(l, l->w++);
        if (kind >= 2) continue;
        tad_c_put(&l->f->to, " * ");
        put_place(l, l->w++);
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

static void note_factors(tad__c_file *f, const tad__run *r, int32_t at, int32_t step) {
    for (int32_t k = 0; at >= 0 && k < r->count; k++)
        tad__c_note(f, r->step_a == TAD__LISTED ? f->p->place.item[at + k] : at + (int64_t)k * step,
                    1);
}

/* The way that the kernel takes. */
static void put_run(tad__c_file *f, const tad__run *r) {
    tad_c *to = &f->to;
    note_factors(f, r, r->a, r->step_a);
    note_factors(f, r, r->b, r->step_b);
    const bool alone = r->b < 0;
    if (r->step_a == TAD__LISTED && alone)
        tad_c_put(to, "%s(v, places + %d, %d)", tad__c_part_named(to, "tad__roll_listed_alone"),
                  r->a, r->count);
    else if (r->step_a == TAD__LISTED)
        tad_c_put(to, "%s(v, places + %d, places + %d, %d)",
                  tad__c_part_named(to, "tad__roll_listed"), r->a, r->b, r->count);
    else if (r->step_a == 1 && alone)
        tad_c_put(to, "%s(v + %d, %d)", tad__c_part_named(to, "tad__roll_along_alone"), r->a,
                  r->count);
    else if (r->step_a == 1 && (r->step_b == 1 || r->step_b == 0))
        tad_c_put(to, "%s(v + %d, v + %d, %d)",
                  tad__c_part_named(to, r->step_b ? "tad__roll_along" : "tad__roll_factor"), r->a,
                  r->b, r->count);
    else if (alone)
        tad_c_put(to, "%s(v + %d, %d, %d)", tad__c_part_named(to, "tad__roll_apart_alone"), r->a,
                  r->step_a, r->count);
    else
        tad_c_put(to, "%s(v + %d, %d, v + %d, %d, %d)", tad__c_part_named(to, "tad__roll_apart"),
                  r->a, r->step_a, r->b, r->step_b, r->count);
}

static void put_runs(list *l) {
    const tad__run *r = l->f->p->run.item + l->w[0];
    tad_c_put(&l->f->to, "-0.0");
    for (int32_t k = 0; k < l->w[1]; k++, r++) {
        tad_c_put(&l->f->to, r->minus ? " - " : " + ");
        put_run(l->f, r);
    }
    l->w += 2;
}

static void put_row_of_list(list *l) {
    const tad_op *op = &l->f->p->basis->row[l->w[0]];
    tad_c_put(&l->f->to, "%s(", tad__c_row(&l->f->to, op, "number"));
    for (int k = 0; k < op->max_in; k++) {
        if (k) tad_c_put(&l->f->to, ", ");
        put_place(l, l->w + 2 + k);
    }
    tad__c_options(&l->f->to, op, tad__options_at(l->f->p, (uint32_t)l->w[1]));
    tad_c_put(&l->f->to, ")");
    l->w += 5;
}

static void put_scan(list *l) {
    const int32_t *w = l->w;
    for (int32_t k = 0; k < w[0]; k++) tad__c_note(l->f, w[2] + (int64_t)k * w[3], 1);
    tad_c_put(&l->f->to, "{\ndouble product = ");
    put_place(l, w + 1);
    tad_c_put(&l->f->to,
              ";\nfor (ptrdiff_t k = 0; k < %d; k++) v[%u + k] = product *= v[%d + k * %d];\n}\n",
              w[0], l->to + l->done, w[2], w[3]);
    l->done += (uint32_t)w[0];
    l->from = l->done; /* those are no variables */
    l->w += 4;
}

static void put_value_of_word(list *l, int32_t word) {
    switch (word) {
    case TAD__LONG_WORD(TAD__LIST_SUM): put_sum(l); return;
    case TAD__LONG_WORD(TAD__LIST_IN_ORDER): put_sum_in_order(l); return;
    case TAD__LONG_WORD(TAD__LIST_RUNS): put_runs(l); return;
    case TAD__LONG_WORD(TAD__LIST_ROW): put_row_of_list(l); return;
    default: put_short_word(l, word / 27);
    }
}

/* ---- loops ---- */

static void put_turn(list *l, const int32_t *w) {
    const turn *turn = &l->turn;
    tad_c *to = &l->f->to;
    for (l->w = w; l->w < w + turn->size; l->done++) {
        const uint32_t place = l->to + l->done, result = place - turn->first;
        const int32_t word = *l->w++;
        tad_c_put(to, "const double y%u = ", result);
        put_value_of_word(l, word);
        tad_c_put(to, ";\nv[%u + %u*t] = y%u;\n", place, turn->each, result);
    }
    for (uint32_t k = 0; k < turn->each; k++)
        if (turn->carried[k]) tad_c_put(to, "last%u = y%u;\n", k, k);
}

/* What the next turn reads, which must be known first. */
static void put_carried(list *l, const int32_t *w) {
    tad_c *to = &l->f->to;
    const bool silent = to->silent;
    const uint32_t done = l->done;
    to->silent = true;
    put_turn(l, w);
    to->silent = silent;
    l->done = done;
    for (uint32_t k = 0; k < l->turn.each; k++)
        if (l->turn.carried[k])
            tad_c_put(to, "double last%u = v[%u];\n", k, l->turn.first - l->turn.each + k);
}

static void put_loop(list *l) {
    const int32_t *w = l->w + 2;
    const size_t n = (size_t)l->w[1];
    const uint32_t each = tad__list_words(w, n), behind = l->done + (uint32_t)l->w[0] * each;
    l->turn = (turn){.count = l->w[0], .size = n, .first = l->to + l->done, .each = each};
    tad_c_put(&l->f->to, "{\n");
    put_carried(l, w);
    tad_c_put(&l->f->to, "for (ptrdiff_t t = 0; t < %d; t++) {\n", l->turn.count);
    put_turn(l, w);
    tad_c_put(&l->f->to, "}\n}\n");
    l->turn.count = 0;
    l->statements += each;
    l->done = l->from = behind; /* no variables */
    l->w = w + 2 * n;
}

/* ---- all ---- */

/* Functions of a list follow each other. */
static void begin_function(list *l) {
    if (l->functions++) tad_c_put(&l->f->to, "}\n\n");
    tad_c_put(&l->f->to, "static void list_%u_%u(double *v%s\n", l->group, l->functions - 1,
              tad__c_places_head(l->f));
    l->from = l->done;
    l->statements = 0;
}

uint32_t tad__c_put_list(tad__c_file *f, uint32_t group) {
    const tad__rolled *g = &f->p->rolled.item[group];
    list l = {.f = f, .w = f->p->word.item + g->at, .to = g->to, .group = group};
    for (int32_t word; (word = *l.w++) != TAD__LONG_WORD(TAD__LIST_END);) {
        if (!l.functions || l.statements++ >= TAD__C_STATEMENTS / 2) begin_function(&l);
        if (word == TAD__LONG_WORD(TAD__LIST_SCAN)) {
            put_scan(&l);
        } else if (word == TAD__LONG_WORD(TAD__LIST_LOOP)) {
            put_loop(&l);
        } else {
            tad_c_put(&f->to, "const double v%u = ", l.done);
            put_value_of_word(&l, word);
            tad_c_put(&f->to, ";\nv[%u] = v%u;\n", l.to + l.done, l.done);
            l.done++;
        }
    }
    if (l.functions) tad_c_put(&f->to, "}\n\n");
    return l.functions;
}
