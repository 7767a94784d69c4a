/* Loops over the points of a program of arrays as C, all in one function: in the loop at0, ... are
 * the inputs at the point, n the numbers and arrays the planned memory, and steps are blocks.
 * Sums add up point by point in float64, as a run adds them. Rests on c_file.h and c_points.h. */
#include "c_points.h"

#include "c_file.h"

#include <stdio.h>

#include "array/view.h"

/* Of what the function has on the stack. */
enum { MOST_BYTES = 1 << 16 };

typedef struct loops {
    tad__c_file f;
    const tad__c_points *how;
} loops;

static bool is_shared(const loops *w, size_t in) { return w->how->shared >> in & 1; }
static bool is_sum(const loops *w, size_t out) { return w->how->summed >> out & 1; }
static const tad_type *type_of(const loops *w, size_t out) { return &w->f.p->out[out].type; }

static size_t size_of(const tad_type *type) {
    return tad__type_bytes(type) / tad__width(type->dtype);
}

/* C has no arrays of nothing. */
static size_t room_of(const tad_type *type) { return tad__max(size_of(type), 1); }

/* ---- what cannot be written ---- */

static const char *lack_of(const loops *w) {
    const tad_program *p = w->f.p;
    size_t bytes = p->array_bytes + p->slots * sizeof(double);
    if (p->parameter.count) return "a map of a function that reads parameters";
    if (p->rolled.count) return "a map of a function of thousands of numbers";
    for (size_t k = 0; k < p->n_in; k++) bytes += tad__type_bytes(&p->in[k].type);
    for (size_t k = 0; k < p->n_out; k++) bytes += 3 * sizeof(double) * size_of(type_of(w, k));
    return bytes > MOST_BYTES ? "a map of a function whose values take more than 64 KiB" : NULL;
}

/* ---- inputs ---- */

/* Input k at a point as it lies, and how many elements the next one lies behind it. */
static const tad_array *input_at(const loops *w, size_t k, tad__header *h, int64_t *step) {
    const tad_array *all = w->how->in[k];
    const bool each = !is_shared(w, k);
    tad_array *point = tad__lay_out(h, all, &w->f.p->in[k].type.shape);
    for (int d = 0; d < point->rank; d++) tad__strides(point)[d] = tad_strides(all)[d + each];
    tad__array_seen(point);
    *step = each ? tad_strides(all)[0] : 0;
    return point;
}

/* A row-major copy of what lies otherwise. */
static void copy_input(loops *w, size_t k, const tad_array *from) {
    const tad_type *type = &w->f.p->in[k].type;
    tad__header h;
    const tad_array *to = tad__lay_out(&h, from, &type->shape);
    tad_c *c = &w->f.to;
    char row[32], whole[32];
    snprintf(row, sizeof row, "row%zu", k);
    snprintf(whole, sizeof whole, "from%zu", k);
    tad_c_put(c, "%s %s[%zu];\n{\n", tad__c_type(type->dtype), row, room_of(type));
    tad__c_move(c, &(tad__c_seen){row, to, 0}, &(tad__c_seen){whole, from, 0});
    tad_c_put(c, "}\n");
}

static void put_input(loops *w, size_t k) {
    const char *type = tad__c_type(w->f.p->in[k].type.dtype);
    const tad__ref value = w->f.p->in[k].value;
    tad__header h;
    int64_t step;
    const tad_array *point = input_at(w, k, &h, &step);
    tad_c *c = &w->f.to;
    const char *whole = point->contiguous ? "at" : "from";
    tad_c_put(c, "const %s *const %s%zu = in%zu", type, whole, k, k);
    if (step) tad_c_put(c, " + %lld * i", (long long)step);
    tad_c_put(c, ";\n");
    if (!point->contiguous) {
        copy_input(w, k, point);
        tad_c_put(c, "const %s *const at%zu = row%zu;\n", type, k, k);
    }
    tad_c_put(c, "(void)at%zu;\n", k);
    if (!tad__is_array_ref(value)) tad_c_put(c, "n[%u] = at%zu[0];\n", value, k);
}

static void put_inputs(loops *w, bool shared) {
    for (size_t k = 0; k < w->f.p->n_in; k++)
        if (is_shared(w, k) == shared) put_input(w, k);
}

/* ---- steps ---- */

/* A pointer to a value, as a block's in0, ... or out0, .... */
static void put_pointer(loops *w, tad__ref r, const char *kind, const char *name, uint32_t k) {
    const unsigned dtype = r == TAD__NO_REF ? TAD_F64 : tad__c_dtype(&w->f, r);
    tad_c *c = &w->f.to;
    tad_c_put(c, kind, tad__c_type(dtype));
    tad_c_put(c, "%s%u = ", name, k);
    tad__c_put_value(&w->f, r);
    tad_c_put(c, ";\n(void)%s%u;\n", name, k);
}

static void put_call(loops *w, uint32_t k) {
    const tad__call_step *s = &w->f.p->call.item[k];
    tad_c *c = &w->f.to;
    tad_c_put(c, "/* %s */\n{\n", s->op->name);
    for (uint32_t i = 0; i < s->n_in; i++) put_pointer(w, s->ref[i], "const %s *", "in", i);
    for (uint32_t i = 0; i < s->n_out; i++)
        put_pointer(w, s->ref[s->n_in + i], "%s *restrict ", "out", i);
    if (!tad__c_put_text(c, w->f.p, s)) c->lacks = s->op->name;
    tad_c_put(c, "}\n");
}

static void put_copy(loops *w, uint32_t k) {
    const tad__copy_step *s = &w->f.p->copy.item[k];
    tad_c_put(&w->f.to, "{\n");
    put_pointer(w, s->from, "const %s *", "in", 0);
    put_pointer(w, s->to, "%s *restrict ", "out", 0);
    tad__c_put_copy_loops(&w->f, s);
    tad_c_put(&w->f.to, "}\n");
}

static void put_step(loops *w, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) switch (s->kind) {
        case TAD__NUMBERS:
            tad__c_put_number_step(&w->f.to, w->f.p, &w->f.p->number.item[k], "number");
            break;
        case TAD__CALL: put_call(w, k); break;
        case TAD__FUSED: tad__c_put_group_block(&w->f, k); break;
        case TAD__DECIDE: tad__c_check_decision(&w->f, k); break;
        case TAD__COPY: put_copy(w, k); break;
        case TAD__DRAW:          /* maps refuse these, */
        case TAD__ROLLED: break; /* and lack_of those */
        }
}

/* ---- results ---- */

/* Output k at the point, row-major, as `to`. */
static void put_result(loops *w, size_t k) {
    const tad__named_type *out = &w->f.p->out[k];
    tad_c *c = &w->f.to;
    if (!tad__is_array_ref(out->value)) {
        tad_c_put(c, "to[0] = n[%u];\n", out->value);
        return;
    }
    tad__c_put_moved(&w->f, out);
}

static void put_output(loops *w, size_t k) {
    const tad_type *type = type_of(w, k);
    tad_c *c = &w->f.to;
    if (is_sum(w, k))
        tad_c_put(c, "{\n%s to[%zu];\n", tad__c_type(type->dtype), room_of(type));
    else
        tad_c_put(c, "{\n%s *const to = out%zu + %zu * i;\n", tad__c_type(type->dtype), k,
                  size_of(type));
    put_result(w, k);
    if (is_sum(w, k))
        tad_c_put(c, "for (int e = 0; e < %zu; e++) sum%zu[e] += (double)to[e];\n", size_of(type),
                  k);
    tad_c_put(c, "}\n");
}

/* ---- all points ---- */

static void declare(loops *w) {
    const tad_program *p = w->f.p;
    tad_c *c = &w->f.to;
    tad_c_put(c, "double n[%u];\nunion {\ndouble aligned;\nunsigned char at[%zu];\n} memory;\n",
              p->slots + 1, p->array_bytes + 1);
    tad_c_put(c, "unsigned char *const arrays = memory.at;\n(void)n, (void)arrays;\n");
    tad__c_put_constant_arrays(&w->f);
    tad__c_set_constants(c, p);
}

/* For each output that is a sum: the text, with its number, and with its size before where that is
 * asked for. */
static void each_sum(loops *w, const char *declaration, const char *statement) {
    for (size_t k = 0; k < w->f.p->n_out; k++) {
        tad_c *c = &w->f.to;
        if (!is_sum(w, k)) continue;
        if (declaration) tad_c_put(c, declaration, k, room_of(type_of(w, k)));
        if (!statement) continue;
        tad_c_put(c, "for (int e = 0; e < %zu; e++) ", size_of(type_of(w, k)));
        tad_c_put(c, statement, k, k);
    }
}

static void put_loops(loops *w) {
    tad_c *c = &w->f.to;
    each_sum(w, "double all%zu[%zu] = {0};\n", NULL);
    tad__c_open_pieces(c, w->how);
    each_sum(w, "double sum%zu[%zu] = {0};\n", NULL);
    tad_c_put(c, "for (ptrdiff_t i = first; i < end; i++) {\n");
    put_inputs(w, false);
    for (size_t k = 0; k < w->f.p->step.count; k++) put_step(w, &w->f.p->step.item[k]);
    for (size_t k = 0; k < w->f.p->n_out; k++) put_output(w, k);
    tad_c_put(c, "}\n");
    each_sum(w, NULL, "all%zu[e] += sum%zu[e];\n");
    tad_c_put(c, "}\n");
    for (size_t k = 0; k < w->f.p->n_out; k++)
        if (is_sum(w, k))
            tad_c_put(c, "for (int e = 0; e < %zu; e++) out%zu[e] = (%s)all%zu[e];\n",
                      size_of(type_of(w, k)), k, tad__c_type(type_of(w, k)->dtype), k);
}

void tad__c_put_points_of_arrays(tad_c *to, const tad_program *p, const tad__c_points *how) {
    loops w = {.f = {.p = p, .inside = true, .to = *to}, .how = how};
    const char *lack = lack_of(&w);
    if (lack) {
        to->lacks = lack;
        return;
    }
    tad_c_put(&w.f.to, "{\n");
    declare(&w);
    put_inputs(&w, true);
    put_loops(&w);
    tad_c_put(&w.f.to, "}\n");
    *to = w.f.to;
}
