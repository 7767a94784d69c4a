/* The steps of a program of single numbers at some points together, as C: loops over the points
 * that a compiler makes vectors of. What all points share is computed once. Rests on c_file.h.
 *
 * n has the rows of lanes.c, a row for each slot; s, behind them, the numbers that are the same for
 * all points: of what is read of the leaves, and of steps on such numbers. */
#include "c_file.h"

#include <stdio.h>
#include <string.h>

#include "workspace.h"

/* ---- what points share ---- */

enum { VARIES, LEAF, PLACED /* and above: its place in s */ };

/* The steps are gone through part by part, each twice: once for what is shared, once for the rest.
 */
typedef struct lanes_text {
    tad__c_file *f;
    uint32_t *slot, *kept; /* what is known of each slot; when the part began */
    uint32_t placed;       /* in s */
    bool shared;           /* the statements written now */
} lanes_text;

static bool shares(const tad__c_file *f) { return tad__steps_to_share(f->p) > 0; }

static void find_leaves(const lanes_text *l) {
    const tad__c_file *f = l->f;
    for (uint32_t k = 0; k < f->p->slots; k++) l->slot[k] = VARIES;
    for (size_t k = 0; k < f->p->parameter.count; k++)
        l->slot[f->p->parameter.item[k].value] = LEAF;
    for (size_t k = 0; k < f->p->n_in; k++) l->slot[f->p->in[k].value] = f->each[k] ? VARIES : LEAF;
}

static bool is_constant(const lanes_text *l, uint32_t slot) { return l->f->constant[slot] > 0; }

static bool varies(const lanes_text *l, const tad__number_step *n) {
    uint32_t in[3];
    const size_t count = tad__c_operands(l->f, n, in);
    bool varies = !shares(l->f);
    for (size_t i = 0; i < count; i++) varies |= !is_constant(l, in[i]) && l->slot[in[i]] == VARIES;
    return varies;
}

/* A leaf that is read for the first time gets its place. */
static void place_leaf(lanes_text *l, uint32_t slot) {
    if (l->slot[slot] != LEAF) return;
    l->slot[slot] = PLACED + l->placed++;
    if (l->shared)
        tad_c_put(&l->f->to, "s[%u] = n[%zu];\n", l->slot[slot] - PLACED, slot * l->f->p->lanes);
}

/* ---- statements ---- */

static void put_lane_operand(const lanes_text *l, uint32_t slot) {
    tad__c_file *f = l->f;
    if (is_constant(l, slot))
        tad__c_number(&f->to, f->p->constant.item[f->constant[slot] - 1].number, TAD_F64);
    else if (l->slot[slot] >= PLACED)
        tad_c_put(&f->to, "s[%u]", l->slot[slot] - PLACED);
    else if (f->local[slot])
        tad_c_put(&f->to, "v%u", f->local[slot] - 1);
    else
        tad_c_put(&f->to, "n[%zu + i]", slot * f->p->lanes);
}

static void put_call_of_row(const lanes_text *l, const tad__number_step *n) {
    tad__c_file *f = l->f;
    const tad_op *row = &f->p->basis->row[n->row];
    uint32_t in[3];
    const size_t count = tad__c_operands(f, n, in);
    tad_c_put(&f->to, "%s(", tad__c_row(&f->to, row, "f64"));
    for (size_t i = 0; i < count; i++) {
        if (i) tad_c_put(&f->to, ", ");
        put_lane_operand(l, in[i]);
    }
    tad__c_options(&f->to, row, tad__number_options(f->p, n));
    tad_c_put(&f->to, ");\n");
}

static void put_shared_step(lanes_text *l, const tad__number_step *n) {
    if (l->shared) {
        tad_c_put(&l->f->to, "s[%u] = ", l->placed);
        put_call_of_row(l, n);
    }
    l->slot[n->to] = PLACED + l->placed++;
    l->f->local[n->to] = 0;
}

static void put_varying_step(lanes_text *l, const tad__number_step *n, uint32_t k) {
    tad__c_file *f = l->f;
    if (!l->shared) {
        tad_c_put(&f->to, "const double v%u = ", k);
        put_call_of_row(l, n);
        if (f->kept[k]) tad_c_put(&f->to, "n[%zu + i] = v%u;\n", n->to * f->p->lanes, k);
        f->local[n->to] = k + 1;
    }
    l->slot[n->to] = VARIES;
}

static void put_lane_step(lanes_text *l, uint32_t k) {
    const tad__number_step *n = &l->f->p->number.item[k];
    uint32_t in[3];
    const size_t count = tad__c_operands(l->f, n, in);
    for (size_t i = 0; i < count && shares(l->f); i++) place_leaf(l, in[i]);
    if (varies(l, n))
        put_varying_step(l, n, k);
    else
        put_shared_step(l, n);
}

/* ---- parts ---- */

/* Of an op that calls the C library for large numbers: its function over rows, which is vector code
 * all the same, while a loop with such a call in it is none; "": any other op. */
static const char *over_rows(tad__c_file *f, const tad__number_step *n) {
    char name[80];
    snprintf(name, sizeof name, "tad__%s_block_f64", f->p->basis->row[n->row].name);
    return tad__c_is_part(name) ? tad__c_part_named(&f->to, name) : "";
}

/* A part is one step for which there is such a function, or some others. */
static void begin_parts_of(lanes_text *l, const tad__step *s) {
    uint32_t length = 0;
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__number_step *n = &l->f->p->number.item[k];
        const bool each = varies(l, n), alone = each && *over_rows(l->f, n);
        l->f->begins[k] = alone || length % TAD__C_STATEMENTS == 0;
        length = alone ? 0 : length + 1;
        l->slot[n->to] = each ? VARIES : LEAF;
    }
}

static void begin_parts(lanes_text *l) {
    find_leaves(l);
    for (size_t k = 0; k < l->f->p->step.count; k++) begin_parts_of(l, &l->f->p->step.item[k]);
    tad__c_find_kept(l->f);
}

/* ---- functions ---- */

static void put_statements(lanes_text *l, uint32_t from, uint32_t end, bool shared) {
    l->shared = shared;
    for (uint32_t k = from; k < end; k++) put_lane_step(l, k);
    for (uint32_t k = from; k < end; k++) l->f->local[l->f->p->number.item[k].to] = 0;
}

static bool put_over_rows(lanes_text *l, uint32_t k) {
    const tad__number_step *n = &l->f->p->number.item[k];
    const size_t lanes = l->f->p->lanes;
    const char *function = varies(l, n) ? over_rows(l->f, n) : "";
    if (!*function) return false;
    tad_c_put(&l->f->to, "%s(%zu, n + %zu, n + %zu);\n}\n\n", function, lanes, n->a * lanes,
              n->to * lanes);
    l->slot[n->to] = VARIES;
    return true;
}

/* flatten: a loop with a call in it is no vector code. */
static void put_part(lanes_text *l, uint32_t from, uint32_t end) {
    tad_c *to = &l->f->to;
    const uint32_t placed = l->placed;
    memcpy(l->kept, l->slot, l->f->p->slots * sizeof *l->slot);
    tad_c_put(to, "static void shared_%u(const double *n, double *s) {\n(void)n, (void)s;\n", from);
    put_statements(l, from, end, true);
    tad_c_put(to, "}\n\n#if defined(__GNUC__)\n__attribute__((flatten))\n#endif\n");
    tad_c_put(to, "static void lanes_%u(double *restrict n, const double *s) {\n(void)s;\n", from);
    if (put_over_rows(l, from)) return;
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %zu; i++) {\n", l->f->p->lanes);
    memcpy(l->slot, l->kept, l->f->p->slots * sizeof *l->slot);
    l->placed = placed;
    put_statements(l, from, end, false);
    tad_c_put(to, "}\n}\n\n");
}

/* Outputs lie in the rows of their slots, whatever they depend on. Steps of the same points had
 * these rows before. */
static void put_shared_outputs(const lanes_text *l) {
    const tad_program *p = l->f->p;
    for (size_t k = 0; k < p->n_out; k++) {
        const uint32_t slot = p->out[k].value;
        if (l->slot[slot] < PLACED) continue;
        tad_c_put(&l->f->to, "for (ptrdiff_t i = 0; i < %zu; i++) n[%zu + i] = s[%u];\n", p->lanes,
                  slot * p->lanes, l->slot[slot] - PLACED);
    }
}

typedef void put_range(lanes_text *l, uint32_t from, uint32_t end);

static void each_part(lanes_text *l, put_range *put) {
    const tad_program *p = l->f->p;
    for (size_t k = 0; k < p->step.count; k++) {
        const uint32_t end = p->step.item[k].at + p->step.item[k].count;
        for (uint32_t from = p->step.item[k].at, to = from; from < end; from = to) {
            while (++to < end && !l->f->begins[to]) {
            }
            put(l, from, to);
        }
    }
}

static void call_shared(lanes_text *l, uint32_t from, uint32_t end) {
    (void)end;
    tad_c_put(&l->f->to, "shared_%u(n, s);\n", from);
}

static void call_lanes(lanes_text *l, uint32_t from, uint32_t end) {
    (void)end;
    tad_c_put(&l->f->to, "lanes_%u(n, s);\n", from);
}

static bool are_numbers_alone(const tad_program *p) {
    bool numbers = p->lanes > 0;
    for (size_t k = 0; k < p->step.count; k++) numbers &= p->step.item[k].kind == TAD__NUMBERS;
    return numbers;
}

/* A tad_lane_steps, and the inputs that it takes for each point. */
void tad__c_put_lanes(tad__c_file *f) {
    lanes_text l = {f, f->slot, f->slot + f->p->slots, 0, false};
    if (!f->each || !are_numbers_alone(f->p)) return;
    begin_parts(&l);
    find_leaves(&l);
    each_part(&l, put_part);
    tad_c_put(&f->to, "const unsigned char %s_each[] = {", f->name);
    for (size_t k = 0; k < f->p->n_in; k++) tad_c_put(&f->to, "%d, ", f->each[k]);
    tad_c_put(&f->to, "0};\n\nvoid %s_lanes(double *n, int once) {\n", f->name);
    tad_c_put(&f->to, "double *const s = n + %zu;\nif (once) {\n",
              (f->p->slots + f->p->array.count) * f->p->lanes);
    each_part(&l, call_shared);
    tad_c_put(&f->to, "return;\n}\n");
    each_part(&l, call_lanes);
    put_shared_outputs(&l);
    tad_c_put(&f->to, "}\n");
}
