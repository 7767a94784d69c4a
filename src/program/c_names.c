/* What values, inputs and outputs are called in C. Rests on c_file.h. */
#include "c_file.h"

#include <string.h>

bool tad__c_is_word(const char *name) {
    bool good = *name != 0;
    for (const char *p = name; *p; p++)
        good &= *p == '_' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
                (*p >= 'A' && *p <= 'Z');
    return good;
}

/* With the prefix a name is no keyword, and may begin with a digit. */
static bool is_fit(const tad__c_list *list, size_t k) {
    const tad__c_parameter *p = &list->parameter[k];
    const char *name = list->type[p->first].name;
    bool fit = p->count == 1 && tad__c_is_word(name);
    for (size_t i = 0; i < k && fit; i++)
        fit = strcmp(name, list->type[list->parameter[i].first].name) != 0;
    return fit;
}

void tad__c_put_name(tad__c_file *f, const tad__c_list *list, size_t k) {
    const tad__c_parameter *p = &list->parameter[k];
    if (is_fit(list, k))
        tad_c_put(&f->to, "%s_%s", list->what, list->type[p->first].name);
    else
        tad_c_put(&f->to, "%s%zu", list->what, p->first);
}

unsigned tad__c_dtype(const tad__c_file *f, tad__ref r) {
    return tad__is_array_ref(r) ? f->p->array.item[tad__position(r)].array.dtype : TAD_F64;
}

/* Which parameter has the input. */
static size_t parameter_of(const tad__c_list *list, size_t first) {
    size_t k = 0;
    while (list->parameter[k].first + list->parameter[k].count <= first) k++;
    return k;
}

/* The output that lies where the caller wants it, as far as steps of their own are told; n_out:
 * it is none. */
static size_t told_output(const tad__c_file *f, const tad__array_value *v) {
    const tad_program *p = f->p;
    for (size_t k = 0; k < p->n_out && f->steps; k++)
        if (p->out[k].direct && tad__position(p->out[k].value) == v->root) return k;
    return p->n_out;
}

/* What has the numbers and arrays. */
static const char *run_of(const tad__c_file *f) { return f->inside ? "" : "r->"; }

static void put_array(tad__c_file *f, const tad__array_value *v) {
    const tad__array_value *root = &f->p->array.item[v->root];
    const size_t inside = v == root ? 0 : v->offset, width = tad__width(v->array.dtype);
    const char *type = tad__c_type(v->array.dtype);
    switch (v->home) {
    case TAD__PLANNED: {
        const size_t output = told_output(f, v);
        if (output < f->p->n_out)
            tad_c_put(&f->to, "(%s *)(uintptr_t)r->out[%zu]", type, output);
        else
            tad_c_put(&f->to, "(%s *)(void *)(%sarrays + %zu)", type, run_of(f),
                      root->offset + inside);
        return;
    }
    case TAD__BOUND:
    case TAD__REFERRED: {
        if (f->inside) {
            tad_c_put(&f->to, "at%u", v->of);
            break;
        }
        const tad__c_list *list = v->home == TAD__BOUND ? &f->in : &f->referred;
        tad_c_put(&f->to, "r->");
        tad__c_put_name(f, list, parameter_of(list, v->of));
        break;
    }
    case TAD__STORED: tad_c_put(&f->to, "constant_%u", v->root); break;
    case TAD__STRIP: return; /* a variable of the group */
    }
    if (inside) tad_c_put(&f->to, " + %zu", inside / width);
}

void tad__c_put_value(tad__c_file *f, tad__ref r) {
    if (r == TAD__NO_REF)
        tad_c_put(&f->to, "NULL");
    else if (tad__is_array_ref(r))
        put_array(f, &f->p->array.item[tad__position(r)]);
    else {
        tad__c_note(f, r, 1);
        tad_c_put(&f->to, "%sn + %u", run_of(f), r);
    }
}
