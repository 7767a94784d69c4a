/* Steps on single numbers as straight C: a result is a variable, and goes to memory only where
 * another function reads it. Where numbers are rolled up there are none. Rests on c_file.h. */
#include "c_file.h"

#include <string.h>

/* ---- what goes to memory ---- */

enum { LATER = 1 /* another function needs it */, HERE = 2 /* this one does */ };

size_t tad__c_operands(const tad__c_file *f, const tad__number_step *n, uint32_t *to) {
    const size_t count = f->p->basis->row[n->row].max_in;
    const uint32_t all[3] = {n->a, n->b, n->c};
    memcpy(to, all, count * sizeof *to);
    return count;
}

static void read_before(tad__c_file *f, const tad__number_step *n) {
    uint32_t in[3];
    const size_t count = tad__c_operands(f, n, in);
    for (size_t i = 0; i < count; i++) f->live[in[i]] |= HERE;
}

/* Before a function's first step what it reads is what others have to leave. */
static void end_function(tad__c_file *f, uint32_t from, uint32_t end) {
    for (uint32_t k = from; k < end; k++) {
        uint32_t in[3];
        const size_t count = tad__c_operands(f, &f->p->number.item[k], in);
        for (size_t i = 0; i < count; i++)
            if (f->live[in[i]] & HERE) f->live[in[i]] = LATER;
    }
}

static void find_in_numbers(tad__c_file *f, const tad__step *s) {
    uint32_t end = s->at + s->count;
    for (uint32_t k = end; k-- > s->at;) {
        const tad__number_step *n = &f->p->number.item[k];
        f->kept[k] = f->live[n->to] & LATER;
        f->live[n->to] = 0;
        read_before(f, n);
        if (!f->begins[k]) continue;
        end_function(f, k, end);
        end = k;
    }
}

static void find_in_calls(tad__c_file *f, const tad__step *s) {
    for (uint32_t k = s->at + s->count; k-- > s->at;) {
        const tad__call_step *c = &f->p->call.item[k];
        for (uint32_t i = 0; i < c->n_in; i++)
            if (c->ref[i] != TAD__NO_REF && !tad__is_array_ref(c->ref[i]))
                f->live[c->ref[i]] = LATER;
    }
}

static void find_in_groups(tad__c_file *f, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__row_group *g = &f->p->group.item[k];
        const tad__fused_row *row = &f->p->fused.item[g->first];
        for (uint32_t i = 0; i < g->count; i++)
            for (uint8_t n = 0; n < row[i].n_in; n++)
                if (!tad__is_array_ref(row[i].in[n])) f->live[row[i].in[n]] = LATER;
    }
}

void tad__c_find_kept(tad__c_file *f) {
    const tad_program *p = f->p;
    memset(f->live, 0, p->slots);
    for (size_t k = 0; k < p->n_out; k++)
        if (!tad__is_array_ref(p->out[k].value)) f->live[p->out[k].value] = LATER;
    for (size_t k = p->step.count; k-- > 0;) {
        const tad__step *s = &p->step.item[k];
        if (s->kind == TAD__NUMBERS) find_in_numbers(f, s);
        if (s->kind == TAD__CALL) find_in_calls(f, s);
        if (s->kind == TAD__FUSED) find_in_groups(f, s);
    }
}

void tad__c_begin_numbers(tad__c_file *f) {
    for (size_t i = 0; i < f->p->step.count; i++) {
        const tad__step *s = &f->p->step.item[i];
        for (uint32_t k = 0; k < s->count && s->kind == TAD__NUMBERS; k++)
            f->begins[s->at + k] = k % TAD__C_STATEMENTS == 0;
    }
    tad__c_find_kept(f);
}

/* ---- functions ---- */

static void put_operand(tad__c_file *f, uint32_t number) {
    if (f->local[number])
        tad_c_put(&f->to, "v%u", f->local[number] - 1);
    else if (f->constant[number])
        tad__c_number(&f->to, f->p->constant.item[f->constant[number] - 1].number, TAD_F64);
    else
        tad_c_put(&f->to, "n[%u]", number);
}

static void put_step(tad__c_file *f, uint32_t k) {
    const tad__number_step *n = &f->p->number.item[k];
    uint32_t in[3];
    const size_t count = tad__c_operands(f, n, in);
    const tad_op *row = &f->p->basis->row[n->row];
    tad_c_put(&f->to, "const double v%u = %s(", k, tad__c_row(&f->to, row, "number"));
    for (size_t i = 0; i < count; i++) {
        if (i) tad_c_put(&f->to, ", ");
        put_operand(f, in[i]);
    }
    tad__c_options(&f->to, row, tad__number_options(f->p, n));
    tad_c_put(&f->to, ");\n");
    if (f->kept[k]) tad_c_put(&f->to, "n[%u] = v%u;\n", n->to, k);
    f->local[n->to] = k + 1;
}

static void put_function(tad__c_file *f, uint32_t from, uint32_t end) {
    tad_c_put(&f->to, "static void numbers_%u(double *n) {\n", from);
    for (uint32_t k = from; k < end; k++) put_step(f, k);
    for (uint32_t k = from; k < end; k++) f->local[f->p->number.item[k].to] = 0;
    tad_c_put(&f->to, "}\n\n");
}

void tad__c_put_numbers(tad__c_file *f, const tad__step *s) {
    for (uint32_t k = 0; k < s->count; k += TAD__C_STATEMENTS)
        put_function(f, s->at + k, s->at + (uint32_t)tad__min(k + TAD__C_STATEMENTS, s->count));
}

void tad__c_call_numbers(tad__c_file *f, const tad__step *s) {
    for (uint32_t k = 0; k < s->count; k += TAD__C_STATEMENTS)
        tad_c_put(&f->to, "numbers_%u(r->n);\n", s->at + k);
}
