/* Loops over the points of a program as C. Of single numbers that run together (lanes.h): rows are
 * those of arrays, and sums add up lane by lane, as there. Rests on c_file.h and c_points.h. */
#include "c_points.h"

#include "c_file.h"

typedef struct points_text {
    tad_c *to;
    const tad_program *p;
    const tad__c_points *how;
} points_text;

static bool has_bit(uint64_t mask, size_t k) { return mask >> k & 1; }
static bool is_sum(const points_text *w, size_t out) { return has_bit(w->how->summed, out); }

/* ---- before the loops ---- */

/* Numbers by their slots; single elements of other types have a name each. */
void tad__c_set_constants(tad_c *to, const tad_program *p) {
    for (size_t k = 0; k < p->constant.count; k++) {
        tad_c_put(to, "n[%u] = ", p->constant.item[k].slot);
        tad__c_number(to, p->constant.item[k].number, TAD_F64);
        tad_c_put(to, ";\n");
    }
}

static void declare_values(const points_text *w) {
    const tad_program *p = w->p;
    tad_c_put(w->to, "double n[%u];\n", p->slots);
    tad__c_set_constants(w->to, p);
    for (size_t k = 0; k < p->array.count; k++) {
        const tad__array_value *v = &p->array.item[k];
        tad_c_put(w->to, "%s a%zu[1] = {", tad__c_type(v->array.dtype), k);
        if (v->home == TAD__STORED)
            tad__c_element(w->to, &v->array, 0);
        else
            tad_c_put(w->to, "0");
        tad_c_put(w->to, "};\n");
    }
}

static void put_inputs(const points_text *w, bool shared) {
    for (size_t k = 0; k < w->p->n_in; k++) {
        if (has_bit(w->how->shared, k) != shared) continue;
        const long long step = shared ? 0 : (long long)tad_strides(w->how->in[k])[0];
        tad_c_put(w->to, "n[%u] = in%zu[", w->p->in[k].value, k);
        if (step > 1 || step < 0) tad_c_put(w->to, "%lld * ", step);
        tad_c_put(w->to, step ? "i];\n" : "0];\n");
    }
}

/* ---- a point ---- */

void tad__c_put_number_step(tad_c *to, const tad_program *p, const tad__number_step *s,
                            const char *suffix) {
    const tad_op *row = &p->basis->row[s->row];
    const uint32_t in[3] = {s->a, s->b, s->c};
    tad_c_put(to, "n[%u] = %s(", s->to, tad__c_row(to, row, suffix));
    for (uint8_t k = 0; k < row->max_in; k++) tad_c_put(to, "%sn[%u]", k ? ", " : "", in[k]);
    tad__c_options(to, row, tad__number_options(p, s));
    tad_c_put(to, ");\n");
}

/* in0, ... or out0, ...: where a value lies. */
static void put_pointer(const points_text *w, tad__ref r, const char *which, uint32_t k) {
    const bool is_array = r != TAD__NO_REF && tad__is_array_ref(r);
    const unsigned dtype = is_array ? w->p->array.item[tad__position(r)].array.dtype : TAD_F64;
    if (r == TAD__NO_REF) return;
    tad_c_put(w->to, "%s%s *%s%u = ", *which == 'i' ? "const " : "", tad__c_type(dtype), which, k);
    tad_c_put(w->to, is_array ? "a%u;\n" : "n + %u;\n", tad__position(r));
}

static void put_lane_call(const points_text *w, const tad__call_step *c) {
    tad_c_put(w->to, "/* %s */\n{\n", c->op->name);
    for (uint32_t k = 0; k < c->n_in; k++) put_pointer(w, c->ref[k], "in", k);
    for (uint32_t k = 0; k < c->n_out; k++) put_pointer(w, c->ref[c->n_in + k], "out", k);
    if (!tad__c_put_text(w->to, w->p, c)) w->to->lacks = c->op->name;
    tad_c_put(w->to, "}\n");
}

static void put_decision(const points_text *w, const tad__decision *d) {
    tad_c_put(w->to, "if (%sa%u[0]) return TAD_BRANCH;\n", d->expected ? "!" : "",
              tad__position(d->condition));
}

static void put_step(const points_text *w, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        if (s->kind == TAD__NUMBERS)
            tad__c_put_number_step(w->to, w->p, &w->p->number.item[k], tad__c_suffix(TAD_F64));
        if (s->kind == TAD__CALL) put_lane_call(w, &w->p->call.item[k]);
        if (s->kind == TAD__DECIDE) put_decision(w, &w->p->decision.item[k]);
    }
}

static void put_point(const points_text *w) {
    put_inputs(w, false);
    for (size_t k = 0; k < w->p->step.count; k++) put_step(w, &w->p->step.item[k]);
    for (size_t k = 0; k < w->p->n_out; k++)
        if (is_sum(w, k))
            tad_c_put(w->to, "lane%zu[(i - first) %% %zu] += n[%u];\n", k, w->p->lanes,
                      w->p->out[k].value);
        else
            tad_c_put(w->to, "out%zu[i] = n[%u];\n", k, w->p->out[k].value);
}

/* ---- all of them ---- */

void tad__c_open_pieces(tad_c *to, const tad__c_points *how) {
    const size_t points = how->points, piece = how->piece;
    tad_c_put(to, "for (ptrdiff_t first = 0; first < %zu; first += %zu) {\n", points, piece);
    tad_c_put(to, "const ptrdiff_t end = first + %zu < %zu ? first + %zu : %zu;\n", piece, points,
              piece, points);
}

static void begin_piece(const points_text *w) {
    for (size_t k = 0; k < w->p->n_out; k++)
        if (is_sum(w, k)) tad_c_put(w->to, "out%zu[0] = 0;\n", k);
    tad__c_open_pieces(w->to, w->how);
    for (size_t k = 0; k < w->p->n_out; k++)
        if (is_sum(w, k))
            tad_c_put(w->to, "double lane%zu[%zu] = {0}, sum%zu = 0;\n", k, w->p->lanes, k);
}

static void end_piece(const points_text *w) {
    for (size_t k = 0; k < w->p->n_out; k++)
        if (is_sum(w, k))
            tad_c_put(w->to,
                      "for (int l = 0; l < %zu; l++) sum%zu += lane%zu[l];\nout%zu[0] += sum%zu;\n",
                      w->p->lanes, k, k, k, k);
    tad_c_put(w->to, "}\n");
}

void tad__c_put_points(tad_c *to, const tad_program *p, const tad__c_points *how) {
    const points_text w = {to, p, how};
    if (!p->lanes || p->parameter.count) {
        tad__c_put_points_of_arrays(to, p, how);
        return;
    }
    declare_values(&w);
    put_inputs(&w, true);
    begin_piece(&w);
    tad_c_put(to, "for (ptrdiff_t i = first; i < end; i++) {\n");
    put_point(&w);
    tad_c_put(to, "}\n");
    end_piece(&w);
}
