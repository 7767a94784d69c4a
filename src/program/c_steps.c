/* Functions for the steps of a program, and functions that call them in turn. Rests on c_file.h. */
#include "c_file.h"

#include <stdio.h>
#include <string.h>

/* ---- heads of functions ---- */

/* Parameters in0, in1, ... and out0, ... of values; their call is the same list of values. */
static void put_parameters(tad__c_file *f, const tad__ref *in, size_t n_in, const tad__ref *out,
                           size_t n_out) {
    for (size_t k = 0; k < n_in; k++)
        tad_c_put(&f->to, "%sconst %s *in%zu", k ? ", " : "",
                  tad__c_type(in[k] == TAD__NO_REF ? TAD_F64 : tad__c_dtype(f, in[k])), k);
    for (size_t k = 0; k < n_out; k++)
        tad_c_put(&f->to, "%s%s *restrict out%zu", n_in + k ? ", " : "",
                  tad__c_type(tad__c_dtype(f, out[k])), k);
}

static void put_values(tad__c_file *f, const tad__ref *in, size_t n_in, const tad__ref *out,
                       size_t n_out) {
    for (size_t k = 0; k < n_in + n_out; k++) {
        if (k) tad_c_put(&f->to, ", ");
        tad__c_put_value(f, k < n_in ? in[k] : out[k - n_in]);
    }
}

/* ---- calls ---- */

/* What a hook is shown: an array without elements, or a number. */
static const tad_array *shown(const tad_program *p, tad__ref r, tad_array *to) {
    if (r == TAD__NO_REF) return NULL;
    if (!tad__is_array_ref(r)) {
        *to = (tad_array){.size = 1, .dtype = TAD_F64, .contiguous = true};
        return to;
    }
    *to = p->array.item[tad__position(r)].array;
    to->data = NULL;
    return to;
}

/* Frames of ops with many operands need more room than a stack has. */
enum { MOST_OPERANDS = 256 };

bool tad__c_put_text(tad_c *to, const tad_program *p, const tad__call_step *c) {
    tad_array array[MOST_OPERANDS];
    const tad_array *in[MOST_OPERANDS];
    tad_array *out[TAD_MAX_OUTPUTS];
    if (!c->op->c_text || c->n_in + c->n_out > MOST_OPERANDS) return false;
    for (uint32_t k = 0; k < c->n_in; k++) in[k] = shown(p, c->ref[k], &array[k]);
    for (uint32_t k = 0; k < c->n_out; k++) {
        out[k] = &array[c->n_in + k];
        shown(p, c->ref[c->n_in + k], out[k]);
    }
    const tad_call_frame frame = {.op = c->op,
                                  .options = c->options,
                                  .n_in = c->n_in,
                                  .n_out = c->n_out,
                                  .in = in,
                                  .out = out};
    c->op->c_text(&frame, to);
    return true;
}

static void put_call(tad__c_file *f, uint32_t k) {
    const tad__call_step *c = &f->p->call.item[k];
    tad_c_put(&f->to, "/* %s", c->op->name);
    if (c->place.file) tad_c_put(&f->to, ", recorded at %.100s:%d", c->place.file, c->place.line);
    tad_c_put(&f->to, " */\nstatic %s call_%u(", c->checked ? "int" : "void", k);
    put_parameters(f, c->ref, c->n_in, c->ref + c->n_in, c->n_out);
    tad_c_put(&f->to, ") {\n");
    if (!tad__c_put_text(&f->to, f->p, c)) f->lacks = c->op->name;
    if (f->to.lacks) f->lacks = f->to.lacks;
    tad_c_put(&f->to, "%s}\n\n", c->checked ? "return TAD_OK;\n" : "");
}

static void call_call(tad__c_file *f, uint32_t k) {
    const tad__call_step *c = &f->p->call.item[k];
    tad_c_put(&f->to, c->checked ? "if ((status = call_%u(" : "call_%u(", k);
    put_values(f, c->ref, c->n_in, c->ref + c->n_in, c->n_out);
    tad_c_put(&f->to, c->checked ? ")) != TAD_OK) return status;\n" : ");\n");
}

/* ---- random numbers ---- */

static int64_t size_of(const tad__c_file *f, tad__ref r) {
    return tad__is_array_ref(r) ? f->p->array.item[tad__position(r)].array.size : 1;
}

static void put_drawn_number(tad__c_file *f, const tad__drawn *how) {
    const bool normal = how->distribution == TAD__NORMAL;
    tad_c_put(&f->to, "%s(random[0], &drawn)",
              tad__c_part_named(&f->to, normal ? "tad__random_normal" : "tad__random_uniform"));
    if (how->distribution != TAD__KEPT) return;
    tad_c_put(&f->to, " >= ");
    tad__c_number(&f->to, how->p, TAD_F64);
}

static void put_draw(tad__c_file *f, uint32_t k) {
    const tad__draw_step *d = &f->p->draw.item[k];
    const bool narrow = tad__c_dtype(f, d->to) == TAD_F32;
    tad_c_put(&f->to, "static void draw_%u(const uint64_t *random, ", k);
    put_parameters(f, NULL, 0, &d->to, 1);
    tad_c_put(&f->to, ") {\nuint64_t drawn = random[1] + %llu;\n", (unsigned long long)d->after);
    tad_c_put(&f->to,
              "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] = ", (long long)size_of(f, d->to));
    if (narrow) tad_c_put(&f->to, "%s(", tad__c_part_named(&f->to, "tad__random_narrowed"));
    put_drawn_number(f, &d->how);
    tad_c_put(&f->to, narrow ? ");\n}\n\n" : ";\n}\n\n");
}

static void call_draw(tad__c_file *f, uint32_t k) {
    tad_c_put(&f->to, "draw_%u(r->random, ", k);
    put_values(f, NULL, 0, &f->p->draw.item[k].to, 1);
    tad_c_put(&f->to, ");\n");
}

/* ---- copies ---- */

static void put_copy(tad__c_file *f, uint32_t k) {
    const tad__copy_step *c = &f->p->copy.item[k];
    const tad_array *to = &f->p->array.item[tad__position(c->to)].array,
                    *from = &f->p->array.item[tad__position(c->from)].array;
    tad_c_put(&f->to, "static void copy_%u(", k);
    put_parameters(f, &c->from, 1, &c->to, 1);
    tad_c_put(&f->to, ") {\n");
    tad__c_move(&f->to, &(tad__c_seen){"out0", to, 0}, &(tad__c_seen){"in0", from, 0});
    tad_c_put(&f->to, "}\n\n");
}

static void call_copy(tad__c_file *f, uint32_t k) {
    const tad__copy_step *c = &f->p->copy.item[k];
    tad_c_put(&f->to, "copy_%u(", k);
    put_values(f, &c->from, 1, &c->to, 1);
    tad_c_put(&f->to, ");\n");
}

/* ---- groups: all rows at one element after the other ---- */

static bool is_inside(const tad__c_file *f, tad__ref r) {
    return tad__is_array_ref(r) && f->p->array.item[tad__position(r)].home == TAD__STRIP;
}

static uint32_t root_of(const tad__c_file *f, tad__ref r) {
    return f->p->array.item[tad__position(r)].root;
}

/* Whether a row of the group, before this one, computes the value: results of a group are variables
 * in it, and so is what shows all of one, its elements in their order (see prepare in fuse.c). */
static bool computes(const tad__c_file *f, const tad__row_group *g, uint32_t before, tad__ref r,
                     uint32_t *row) {
    for (uint32_t i = before; i-- > 0 && tad__is_array_ref(r);) {
        if (root_of(f, f->p->fused.item[g->first + i].out) != root_of(f, r)) continue;
        *row = i;
        return true;
    }
    return false;
}

/* Calls put for each value that a group reads from memory, or writes to it. */
typedef void group_value(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand);

static void each_value(tad__c_file *f, const tad__row_group *g, group_value *put) {
    const tad__fused_row *row = &f->p->fused.item[g->first];
    const char *separator = "";
    uint32_t by;
    for (uint32_t i = 0; i < g->count; i++)
        for (uint32_t k = 0; k <= row[i].n_in; k++) {
            const bool is_result = k == row[i].n_in;
            const tad__ref r = is_result ? row[i].out : row[i].in[k];
            if (is_inside(f, r) || (!is_result && computes(f, g, i, r, &by))) continue;
            tad_c_put(&f->to, "%s", separator);
            put(f, r, i, is_result ? UINT32_MAX : k);
            separator = ", ";
        }
    for (uint32_t k = 0; k < g->tails; k++) { /* numbered behind the rows */
        tad_c_put(&f->to, "%s", separator);
        put(f, f->p->tail.item[g->tail + k].to, g->count + k, UINT32_MAX);
        separator = ", ";
    }
}

static void put_group_parameter(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand) {
    if (operand == UINT32_MAX)
        tad_c_put(&f->to, "%s *restrict out%u", tad__c_type(tad__c_dtype(f, r)), row);
    else
        tad_c_put(&f->to, "const %s *in%u_%u", tad__c_type(tad__c_dtype(f, r)), row, operand);
}

static void put_group_value(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand) {
    (void)row, (void)operand;
    tad__c_put_value(f, r);
}

/* Element i of a group is element j of line l. */
static const char *place_in(uint8_t how) {
    switch ((tad__how)how) {
    case TAD__SINGLE:
    case TAD__FILLING: return "0";
    case TAD__ONE_LINE: return "j";
    case TAD__PER_LINE: return "l";
    default: return "i";
    }
}

static void put_fused_row(tad__c_file *f, const tad__row_group *g, uint32_t i) {
    const tad__fused_row *row = &f->p->fused.item[g->first + i];
    const tad_op *op = &f->p->basis->row[row->row];
    uint32_t by;
    tad_c_put(&f->to, "const %s v%u = %s(", tad__c_type(g->dtype), i,
              tad__c_row(&f->to, op, tad__c_suffix(g->dtype)));
    for (uint32_t k = 0; k < row->n_in; k++) {
        if (k) tad_c_put(&f->to, ", ");
        if (computes(f, g, i, row->in[k], &by))
            tad_c_put(&f->to, "v%u", by);
        else
            tad_c_put(&f->to, "in%u_%u[%s]", i, k, place_in(row->how[k]));
    }
    tad__c_options(&f->to, op, row->options);
    tad_c_put(&f->to, ");\n");
    if (!is_inside(f, row->out)) tad_c_put(&f->to, "out%u[i] = v%u;\n", i, i);
}

static void begin_elements(tad__c_file *f, const tad__row_group *g) {
    const long long size = (long long)g->size, line = (long long)g->line;
    if (!line) {
        tad_c_put(&f->to, "for (ptrdiff_t i = 0; i < %lld; i++) {\n", size);
        return;
    }
    tad_c_put(&f->to, "for (ptrdiff_t l = 0; l < %lld; l++) {\n", size / line);
    tad_c_put(&f->to, "for (ptrdiff_t j = 0; j < %lld; j++) {\n", line);
    tad_c_put(&f->to, "const ptrdiff_t i = l * %lld + j;\n", line);
}

/* ---- sums of what a group computes, part by part as the library adds them up ---- */

static void begin_tails(tad__c_file *f, const tad__row_group *g) {
    const char *type = tad__c_type(g->dtype);
    const long long size = (long long)g->size, piece = (long long)tad__tail_piece(g);
    for (uint32_t k = 0; k < g->tails; k++)
        tad_c_put(&f->to, "double all%u = 0;\n%s part%u[%d];\n", k, type, k, TAD__SUM_PART);
    tad_c_put(&f->to, "for (ptrdiff_t from = 0; from < %lld; from += %lld) {\n", size, piece);
    tad_c_put(&f->to, "const ptrdiff_t to = from + %lld < %lld ? from + %lld : %lld;\n", piece,
              size, piece, size);
    for (uint32_t k = 0; k < g->tails; k++) tad_c_put(&f->to, "double sum%u = 0;\n", k);
    tad_c_put(&f->to, "for (ptrdiff_t first = from; first < to; first += %d) {\n", TAD__SUM_PART);
    tad_c_put(&f->to, "const ptrdiff_t end = first + %d < to ? first + %d : to;\n", TAD__SUM_PART,
              TAD__SUM_PART);
    tad_c_put(&f->to, "for (ptrdiff_t i = first; i < end; i++) {\n");
}

static void end_tails(tad__c_file *f, const tad__row_group *g) {
    const char *type = tad__c_type(g->dtype), *suffix = tad__c_suffix(g->dtype);
    uint32_t row = 0;
    char name[32];
    snprintf(name, sizeof name, "tad__sum_part_%s", suffix);
    const char *sum_part = tad__c_part_named(&f->to, name);
    for (uint32_t k = 0; k < g->tails; k++) {
        computes(f, g, g->count, f->p->tail.item[g->tail + k].of, &row);
        tad_c_put(&f->to, "part%u[i - first] = v%u;\n", k, row);
    }
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++)
        tad_c_put(&f->to, "sum%u += %s((size_t)(end - first), part%u);\n", k, sum_part, k);
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++) tad_c_put(&f->to, "all%u += sum%u;\n", k, k);
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++) {
        tad_c_put(&f->to, "out%u[0] = (%s)all%u / ", g->count + k, type, k);
        tad__c_number(&f->to, f->p->tail.item[g->tail + k].divisor, g->dtype);
        tad_c_put(&f->to, ";\n");
    }
    tad_c_put(&f->to, "}\n\n");
}

static void put_group(tad__c_file *f, uint32_t k) {
    const tad__row_group *g = &f->p->group.item[k];
    tad_c_put(&f->to, "static void group_%u(", k);
    each_value(f, g, put_group_parameter);
    tad_c_put(&f->to, ") {\n");
    if (g->tails)
        begin_tails(f, g);
    else
        begin_elements(f, g);
    for (uint32_t i = 0; i < g->count; i++) put_fused_row(f, g, i);
    if (g->tails)
        end_tails(f, g);
    else
        tad_c_put(&f->to, g->line ? "}\n}\n}\n\n" : "}\n}\n\n");
}

static void call_group(tad__c_file *f, uint32_t k) {
    tad_c_put(&f->to, "group_%u(", k);
    each_value(f, &f->p->group.item[k], put_group_value);
    tad_c_put(&f->to, ");\n");
}

/* ---- decisions ---- */

static void check_decision(tad__c_file *f, uint32_t k) {
    const tad__decision *d = &f->p->decision.item[k];
    tad_c_put(&f->to, "if (%s(", d->expected ? "!" : "");
    tad__c_put_value(f, d->condition);
    tad_c_put(&f->to, ")[0]) return TAD_BRANCH;\n");
}

/* ---- all ---- */

typedef void put_one(tad__c_file *f, uint32_t k);

static void each(tad__c_file *f, const tad__step *s, put_one *put) {
    for (uint32_t k = s->at; k < s->at + s->count && !f->lacks; k++) put(f, k);
}

static void define(tad__c_file *f, const tad__step *s) {
    switch (s->kind) {
    case TAD__NUMBERS: tad__c_put_numbers(f, s); return;
    case TAD__CALL: each(f, s, put_call); return;
    case TAD__FUSED: each(f, s, put_group); return;
    case TAD__DECIDE: return;
    case TAD__DRAW: each(f, s, put_draw); return;
    case TAD__COPY: each(f, s, put_copy); return;
    case TAD__ROLLED: tad__c_put_rolled(f, s); return;
    }
}

static void end_part(tad__c_file *f) {
    if (f->statements) tad_c_put(&f->to, "return status;\n}\n\n");
    f->statements = 0;
}

static void call(tad__c_file *f, const tad__step *s) {
    switch (s->kind) {
    case TAD__NUMBERS: tad__c_call_numbers(f, s); return;
    case TAD__CALL: each(f, s, call_call); return;
    case TAD__FUSED: each(f, s, call_group); return;
    case TAD__DECIDE: each(f, s, check_decision); return;
    case TAD__COPY: each(f, s, call_copy); return;
    case TAD__ROLLED: tad__c_call_rolled(f, s->at, s->count); return;
    case TAD__DRAW: each(f, s, call_draw); return;
    }
}

/* The next of the steps that have a function together. */
static tad__step part_of(tad__c_file *f, const tad__step *s, uint32_t done) {
    const uint32_t at = s->at + done, end = s->at + s->count;
    uint32_t most = 1;
    if (s->kind == TAD__NUMBERS) most = TAD__C_STATEMENTS;
    if (s->kind == TAD__ROLLED) most = tad__c_rolled_together(f, at, end);
    return (tad__step){s->kind, at, (uint32_t)tad__min(most, end - at)};
}

static void call_in_parts(tad__c_file *f, const tad__step *s) {
    for (uint32_t done = 0; done < s->count && !f->lacks;) {
        const tad__step one = part_of(f, s, done);
        if (f->statements == TAD__C_STATEMENTS) end_part(f);
        if (!f->statements++)
            tad_c_put(&f->to, "static int part_%u(const struct run *r) {\nint status = TAD_OK;\n",
                      f->part++);
        call(f, &one);
        done += one.count;
    }
}

void tad__c_put_steps(tad__c_file *f) {
    const tad_program *p = f->p;
    f->part = f->statements = 0;
    tad__c_begin_numbers(f);
    for (size_t k = 0; k < p->step.count && !f->lacks; k++) define(f, &p->step.item[k]);
    for (size_t k = 0; k < p->step.count && !f->lacks; k++) call_in_parts(f, &p->step.item[k]);
    end_part(f);
}
