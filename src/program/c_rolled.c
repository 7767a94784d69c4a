/* What has been rolled up as C: loops over chunks of lanes. Rests on c_file.h.
 *
 * All numbers are v here; places, a table, says where operands are that lie scattered. */
#include "c_file.h"

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

/* Which of the groups has its first result there; false: none. */
static bool begins(const together *t, int32_t place, uint32_t *group) {
    for (uint32_t k = t->first; k < t->end; k++) {
        if (group_at(t->f, k)->to != (uint32_t)place) continue;
        *group = k;
        return true;
    }
    return false;
}

/* What is done with a range of numbers that is read; false: that is enough. */
typedef bool range(const together *t, int64_t first, int64_t count);

/* All that a group in the loop reads from memory: all but results of the same lanes. */
static bool each_range(const together *t, const tad__roll_operand *o, uint32_t next, uint32_t count,
                       range *visit) {
    const int64_t chunks = group_at(t->f, t->first)->chunks;
    const bool along = o->kind == TAD__ALONG, anywhere = o->kind == TAD__ANYWHERE,
               one = o->kind == TAD__ONE || o->kind == TAD__ONES || anywhere;
    const int64_t n = along || o->kind == TAD__ONE ? 1 : anywhere ? TAD__CHUNK * chunks : chunks;
    uint32_t group;
    for (uint32_t k = 0; k < count; k++) {
        const int32_t *p = t->f->p->place.item + o->at + (size_t)next * k;
        if (along && count == 1 && begins(t, p[0], &group)) continue;
        for (int64_t i = 0; i < n; i++) {
            const int64_t at = p[i] < 0 ? ~p[i] : p[i]; /* a chunk that repeats one number */
            if (!visit(t, at, along ? TAD__CHUNK * chunks : one || p[i] < 0 ? 1 : TAD__CHUNK))
                return false;
        }
    }
    return true;
}

/* None of the groups computes a number of it. */
static bool is_apart(const together *t, int64_t first, int64_t count) {
    bool apart = true;
    for (uint32_t k = t->first; k < t->end; k++) {
        const tad__rolled *g = group_at(t->f, k);
        apart &= first >= (int64_t)g->to + TAD__CHUNK * (int64_t)g->chunks ||
                 first + count <= (int64_t)g->to;
    }
    return apart;
}

static bool note_range(const together *t, int64_t first, int64_t count) {
    tad__c_note(t->f, first, count);
    return true;
}

/* The ranges of all operands of a group. */
static bool each_range_of(const together *t, const tad__rolled *g, range *visit) {
    const tad_program *p = t->f->p;
    bool go_on = true;
    for (uint32_t k = 0; k < g->count && go_on; k++) {
        if (g->what != (uint32_t)TAD__ROLLED_SUMS) {
            go_on = each_range(t, &p->roll_lanes.item[g->at + k], 0, 1, visit);
            continue;
        }
        const tad__terms *s = &p->terms.item[g->at + k];
        go_on = each_range(t, &s->a, s->next_a, s->count, visit) &&
                (s->b.kind == TAD__NO_FACTOR || each_range(t, &s->b, s->next_b, s->count, visit));
    }
    return go_on;
}

/* Not to a list, which has no chunks. */
static bool may_join(const together *t, const tad__rolled *g) {
    return !is_list(g) && g->chunks == group_at(t->f, t->first)->chunks &&
           each_range_of(t, g, is_apart);
}

/* What would keep a compiler busy and gain nothing is left to the library: long lists, and
 * hundreds of groups. */
static bool are_too_many(const tad__c_file *f) {
    enum { MANY = 100 };
    return f->steps && f->p->rolled.count > MANY;
}

/* A list of many words, those of a loop counted once. */
static bool is_long(const tad__c_file *f, const tad__rolled *g) {
    enum { LONG = 100 };
    const int32_t *w = f->p->word.item + g->at;
    uint32_t words = 0;
    for (; *w != TAD__LONG_WORD(TAD__LIST_END) && words <= LONG; w += tad__list_word_size(w, NULL))
        words += *w == TAD__LONG_WORD(TAD__LIST_LOOP) ? tad__list_words(w + 3, (size_t)w[2]) : 1;
    return words > LONG;
}

static bool is_left(const tad__c_file *f, uint32_t group) {
    const tad__rolled *g = group_at(f, group);
    return are_too_many(f) || (f->steps && is_list(g) && is_long(f, g));
}

uint32_t tad__c_rolled_together(tad__c_file *f, uint32_t first, uint32_t end) {
    enum { MOST = 16 }; /* each is compared with all before */
    together t = {f, first, first + 1};
    if (are_too_many(f)) return end - first;
    while (t.end < end && t.end < first + MOST && may_join(&t, group_at(f, t.end))) t.end++;
    return t.end - first;
}

/* ---- operands of chunk c, lane l ---- */

/* Chunks that lie side by side, or repeat one number: a test for each lane would be no vector code.
 */
static void bring_either(const together *t, const tad__roll_operand *o, uint32_t next, bool many,
                         const char *to) {
    if (o->kind != TAD__EITHER) return;
    tad_c_put(&t->f->to, "double %s[8];\n%s(v, places[%u + %u*%s + c], %s);\n", to,
              tad__c_part_named(&t->f->to, "tad__roll_either"), o->at, many ? next : 0,
              many ? "k" : "0", to);
}

/* either: the variable into which such an operand was brought. */
static void put_operand(const together *t, const tad__roll_operand *o, uint32_t next, bool many,
                        const char *either) {
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
    case TAD__EITHER: tad_c_put(to, "%s[l]", either); return;
    default: tad_c_put(to, "v[places[%u + %u*%s + 8*c + l]]", at, step, k);
    }
}

/* ---- sums ---- */

static void put_terms(const together *t, uint32_t group, const tad__terms *s) {
    tad_c *to = &t->f->to;
    const bool many = s->count > 1;
    if (many)
        tad_c_put(to, "for (ptrdiff_t k = 0; k < %u; k++) {\n", s->count);
    else
        tad_c_put(to, "{\n");
    bring_either(t, &s->a, s->next_a, many, "a");
    bring_either(t, &s->b, s->next_b, many, "b");
    tad_c_put(to, "for (int l = 0; l < 8; l++) y%u[l] %c= ", group, s->minus ? '-' : '+');
    put_operand(t, &s->a, s->next_a, many, "a");
    if (s->b.kind != TAD__NO_FACTOR) {
        tad_c_put(to, " * ");
        put_operand(t, &s->b, s->next_b, many, "b");
    }
    tad_c_put(to, ";\n}\n");
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
    static const char *const either[3] = {"a", "b", "d"};
    tad_c *to = &t->f->to;
    tad_c_put(to, "{\n");
    for (uint32_t k = 0; k < g->count; k++)
        bring_either(t, &t->f->p->roll_lanes.item[g->at + k], 0, false, either[k]);
    tad_c_put(to, "for (int l = 0; l < 8; l++) y%u[l] = %s(", group,
              tad__c_row(to, op, g->what & TAD__ROLLED_BY_NUMBER ? "number" : "f64"));
    for (uint32_t k = 0; k < g->count; k++) {
        if (k) tad_c_put(to, ", ");
        put_operand(t, &t->f->p->roll_lanes.item[g->at + k], 0, false, either[k]);
    }
    tad__c_options(to, op, tad__options_at(t->f->p, g->options));
    tad_c_put(to, ");\n}\n");
}

static bool is_read(const tad__c_file *f, const tad__rolled *g) {
    bool read = false;
    for (size_t k = 0; k < TAD__CHUNK * (size_t)g->chunks; k++) read |= f->read[g->to + k];
    return read;
}

static void put_loop(const together *t) {
    tad_c *to = &t->f->to;
    tad_c_put(to, "for (ptrdiff_t c = 0; c < %u; c++) {\n", group_at(t->f, t->first)->chunks);
    for (uint32_t k = t->first; k < t->end; k++) {
        each_range_of(t, group_at(t->f, k), note_range);
        tad_c_put(to, "double y%u[8];\n", k);
        if (group_at(t->f, k)->what == (uint32_t)TAD__ROLLED_SUMS)
            put_sums(t, k);
        else
            put_row(t, k);
        if (is_read(t->f, group_at(t->f, k)))
            tad_c_put(to, "for (int l = 0; l < 8; l++) v[%u + 8*c + l] = y%u[l];\n",
                      group_at(t->f, k)->to, k);
    }
    tad_c_put(to, "}\n");
}

/* ---- all ---- */

bool tad__c_has_places(const tad__c_file *f) { return f->p->rolled.count && !f->steps; }

void tad__c_put_places(tad__c_file *f) {
    enum { ON_A_LINE = 16 };
    const size_t n = f->p->place.count;
    if (!tad__c_has_places(f)) return;
    tad_c_put(&f->to, "static const int32_t places[%zu] = {\n", n ? n : 1);
    for (size_t k = 0; k < n; k++)
        tad_c_put(&f->to, "%d%s", f->p->place.item[k],
                  (k + 1) % ON_A_LINE && k + 1 < n ? "," : ",\n");
    tad_c_put(&f->to, n ? "};\n\n" : "0,\n};\n\n");
}

static void put_together(const together *t) {
    tad__c_file *f = t->f;
    const uint32_t first = t->first,
                   lists = is_list(group_at(f, first)) ? tad__c_put_list(f, first) : 0;
    tad_c_put(&f->to, "static void rolled_%u(double *v%s\n", first, tad__c_places_head(f));
    for (uint32_t k = 0; k < lists; k++)
        tad_c_put(&f->to, "list_%u_%u(v%s);\n", first, k, f->steps ? ", places" : "");
    if (!is_list(group_at(f, first))) put_loop(t);
    tad_c_put(&f->to, "}\n\n");
}

void tad__c_put_rolled(tad__c_file *f, const tad__step *s) {
    const uint32_t end = s->at + s->count;
    for (uint32_t k = s->at, n; k < end; k += n) {
        n = tad__c_rolled_together(f, k, end);
        /* Of what is left to the library it is noted what it reads. */
        if (are_too_many(f)) continue;
        if (f->to.silent || !is_left(f, k)) put_together(&(together){f, k, k + n});
    }
}

void tad__c_call_rolled(tad__c_file *f, uint32_t first, uint32_t count) {
    if (is_left(f, first))
        tad_c_put(&f->to, "r->list(r->program, %u, %u, r->n);\n", first, count);
    else
        tad_c_put(&f->to, "rolled_%u(r->n%s);\n", first, f->steps ? ", r->places" : "");
}
