/* The function of a program as C, and the memory of its runs. Rests on c_file.h. */
#include "c_file.h"

#include "array/view.h"

/* A tad_steps_list. */
static const char list_callback[] = "void (*list)(const void *, unsigned, unsigned, double *)";

/* ---- memory ---- */

static size_t number_bytes(const tad__c_file *f) {
    enum { ALIGN = 64 };
    return (f->p->slots * sizeof(double) + ALIGN - 1) / ALIGN * ALIGN;
}

size_t tad__c_work(const tad__c_file *f) { return number_bytes(f) + f->p->array_bytes; }

static void put_members(tad__c_file *f, const tad__c_list *list) {
    for (size_t k = 0; k < list->n; k++) {
        const tad_type *type = &list->type[list->parameter[k].first].type;
        tad_c_put(&f->to, "const %s *", tad__c_type(type->dtype));
        tad__c_put_name(f, list, k);
        tad_c_put(&f->to, ";\n");
    }
}

void tad__c_put_run(tad__c_file *f) {
    tad_c_put(&f->to, "struct run {\n");
    put_members(f, &f->in);
    put_members(f, &f->referred);
    if (tad__c_draws(f)) tad_c_put(&f->to, "const uint64_t *random;\n");
    if (f->steps)
        tad_c_put(&f->to,
                  "%s;\nconst void *program;\nconst void *const *out;\nconst int32_t *places;\n",
                  list_callback);
    tad_c_put(&f->to, "double *n;\nunsigned char *arrays;\n};\n\n");
}

/* ---- the function ---- */

enum { ON_A_LINE = 4 /* parameters */ };

static void put_parameters(tad__c_file *f, const tad__c_list *list, const char *qualifier) {
    for (size_t k = 0; k < list->n; k++) {
        const tad_type *type = &list->type[list->parameter[k].first].type;
        tad_c_put(&f->to, "%s%s *", qualifier, tad__c_type(type->dtype));
        tad__c_put_name(f, list, k);
        tad_c_put(&f->to, f->in.n + f->referred.n + f->out.n > ON_A_LINE ? ",\n    " : ", ");
    }
}

void tad__c_put_head(tad__c_file *f) {
    tad_c_put(&f->to, "int %s%s%s(", f->before, f->name, f->after);
    put_parameters(f, &f->in, "const ");
    put_parameters(f, &f->referred, "const ");
    put_parameters(f, &f->out, "");
    tad_c_put(&f->to, tad__c_draws(f) ? "uint64_t random[2], void *work)" : "void *work)");
}

/* Constants that steps look for in memory. */
static void put_constant(tad__c_file *f, const tad__constant_slot *c) {
    tad_c_put(&f->to, "r->n[%u] = ", c->slot);
    tad__c_number(&f->to, c->number, TAD_F64);
    tad_c_put(&f->to, ";\n");
}

static void put_constants(tad__c_file *f) {
    const tad_program *p = f->p;
    bool wanted = false;
    for (size_t k = 0; k < p->step.count; k++) wanted |= p->step.item[k].kind != TAD__NUMBERS;
    for (size_t k = 0; k < p->n_out; k++)
        wanted |= !tad__is_array_ref(p->out[k].value) && f->constant[p->out[k].value];
    for (size_t k = 0; k < p->constant.count && wanted; k++) put_constant(f, &p->constant.item[k]);
    for (size_t k = 0; k < p->packed.count; k++) put_constant(f, &p->packed.item[k]);
}

/* Numbers of a list have their places one after the other. */
static void set_numbers_of(tad__c_file *f, const tad__c_list *list) {
    for (size_t k = 0; k < list->n; k++) {
        const tad__c_parameter *in = &list->parameter[k];
        const tad__ref r = list->type[in->first].value;
        if (tad__is_array_ref(r)) continue;
        tad_c_put(&f->to, "memcpy(r->n + %u, r->", r);
        tad__c_put_name(f, list, k);
        tad_c_put(&f->to, ", %zu * sizeof(double));\n", in->count);
    }
}

static void set_numbers(tad__c_file *f) {
    tad_c_put(&f->to, "static void set_numbers(const struct run *r) {\n(void)r;\n");
    if (tad__c_has_places(f)) tad_c_put(&f->to, "(void)places;\n"); /* loops alone read none */
    put_constants(f);
    set_numbers_of(f, &f->in);
    set_numbers_of(f, &f->referred);
    tad_c_put(&f->to, "}\n\n");
}

static void write_numbers(tad__c_file *f, size_t k) {
    const tad__c_parameter *out = &f->out.parameter[k];
    const tad__out_run *run = f->p->out_run.item + out->first;
    for (size_t i = 0, n; i < out->count; i += n) {
        n = tad__min(run[i].count, out->count - i);
        tad__c_note(f, run[i].value, (int64_t)n);
        tad_c_put(&f->to, "memcpy(");
        tad__c_put_name(f, &f->out, k);
        tad_c_put(&f->to, " + %zu, r->n + %u, %zu * sizeof(double));\n", i, run[i].value, n);
    }
}

void tad__c_put_moved(tad__c_file *f, const tad__named_type *out) {
    const tad_array *from = &f->p->array.item[tad__position(out->value)].array;
    tad__header to;
    tad__array_layout(&to.array, out->type.dtype, &out->type.shape);
    to.array.data = NULL;
    tad_c_put(&f->to, "const %s *const from = ", tad__c_type(out->type.dtype));
    tad__c_put_value(f, out->value);
    tad_c_put(&f->to, ";\n");
    tad__c_move(&f->to, &(tad__c_seen){"to", &to.array, 0}, &(tad__c_seen){"from", from, 0});
}

static void write_array(tad__c_file *f, size_t k) {
    const tad__named_type *out = &f->p->out[f->out.parameter[k].first];
    tad_c_put(&f->to, "{\n%s *const to = ", tad__c_type(out->type.dtype));
    tad__c_put_name(f, &f->out, k);
    tad_c_put(&f->to, ";\n");
    tad__c_put_moved(f, out);
    tad_c_put(&f->to, "}\n");
}

static void write_outputs(tad__c_file *f) {
    tad_c_put(&f->to, "static void write_outputs(");
    put_parameters(f, &f->out, "");
    tad_c_put(&f->to, "const struct run *r) {\n");
    for (size_t k = 0; k < f->out.n; k++)
        if (tad__is_array_ref(f->p->out[f->out.parameter[k].first].value))
            write_array(f, k);
        else
            write_numbers(f, k);
    tad_c_put(&f->to, "}\n\n");
}

static void put_parts(tad__c_file *f) {
    tad_c_put(&f->to, "int status = TAD_OK;\n");
    for (uint32_t k = 0; k < f->part; k++)
        tad_c_put(&f->to, "if (status == TAD_OK) status = part_%u(&run);\n", k);
}

static void put_names(tad__c_file *f, const tad__c_list *list) {
    for (size_t k = 0; k < list->n; k++) {
        tad__c_put_name(f, list, k);
        tad_c_put(&f->to, ", ");
    }
}

void tad__c_put_function(tad__c_file *f) {
    set_numbers(f);
    write_outputs(f);
    tad__c_put_head(f);
    tad_c_put(&f->to, " {\nconst struct run run = {");
    put_names(f, &f->in);
    put_names(f, &f->referred);
    if (tad__c_draws(f)) tad_c_put(&f->to, "random, ");
    tad_c_put(&f->to, "work, (unsigned char *)work + %zu};\nset_numbers(&run);\n", number_bytes(f));
    put_parts(f);
    tad_c_put(&f->to, "if (status == TAD_OK) write_outputs(");
    put_names(f, &f->out);
    tad_c_put(&f->to, "&run);\n");
    if (tad__c_draws(f))
        tad_c_put(&f->to, "if (status == TAD_OK) random[1] += %llu;\n",
                  (unsigned long long)f->p->draws);
    tad_c_put(&f->to, "return status;\n}\n");
}

/* A tad_steps. */
static void put_steps_head(tad__c_file *f) {
    tad_c_put(&f->to,
              "int %s_steps(const void *const *in, double *numbers, void *arrays,\n"
              "    %s, const void *program)",
              f->name, list_callback);
}

void tad__c_put_steps_alone(tad__c_file *f) {
    for (size_t k = 0; k < f->p->n_out; k++) /* the library writes them */
        if (!tad__is_array_ref(f->p->out[k].value)) tad__c_note(f, f->p->out[k].value, 1);
    put_steps_head(f);
    tad_c_put(&f->to, ";\n");
    put_steps_head(f);
    tad_c_put(&f->to, " {\nconst struct run run = {");
    const size_t n_in = f->p->n_in, n = n_in + f->p->parameter.count;
    for (size_t k = 0; k < f->in.n; k++) tad_c_put(&f->to, "in[%zu], ", f->in.parameter[k].first);
    for (size_t k = 0; k < f->referred.n; k++)
        tad_c_put(&f->to, "in[%zu], ", n_in + f->referred.parameter[k].first);
    if (tad__c_draws(f)) tad_c_put(&f->to, "in[%zu], ", n);
    tad_c_put(&f->to, "list, program, in + %zu, in[%zu], numbers, arrays};\n(void)in;\n",
              tad__first_told_output(f->p), tad__told_places(f->p));
    put_parts(f);
    tad_c_put(&f->to, "return status;\n}\n");
}
