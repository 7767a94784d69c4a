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

void tad__c_put_copy_loops(tad__c_file *f, const tad__copy_step *c) {
    const tad_array *to = &f->p->array.item[tad__position(c->to)].array,
                    *from = &f->p->array.item[tad__position(c->from)].array;
    tad__c_move(&f->to, &(tad__c_seen){"out0", to, 0}, &(tad__c_seen){"in0", from, 0});
}

static void put_copy(tad__c_file *f, uint32_t k) {
    const tad__copy_step *c = &f->p->copy.item[k];
    tad_c_put(&f->to, "static void copy_%u(", k);
    put_parameters(f, &c->from, 1, &c->to, 1);
    tad_c_put(&f->to, ") {\n");
    tad__c_put_copy_loops(f, c);
    tad_c_put(&f->to, "}\n\n");
}

static void call_copy(tad__c_file *f, uint32_t k) {
    const tad__copy_step *c = &f->p->copy.item[k];
    tad_c_put(&f->to, "copy_%u(", k);
    put_values(f, &c->from, 1, &c->to, 1);
    tad_c_put(&f->to, ");\n");
}

/* ---- decisions ---- */

void tad__c_check_decision(tad__c_file *f, uint32_t k) {
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
    case TAD__FUSED: each(f, s, tad__c_put_group); return;
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
    case TAD__FUSED: each(f, s, tad__c_call_group); return;
    case TAD__DECIDE: each(f, s, tad__c_check_decision); return;
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
