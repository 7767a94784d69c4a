/* Words for shapes and options. Rests on words.h. */
#include "words.h"

#include <string.h>

void tad__cell_shape(tad__cell *cell, tad_shape shape) {
    tad__cell_add(cell, "(");
    for (int i = 0; i < shape.rank; i++)
        tad__cell_add(cell, i ? ",%lld" : "%lld", (long long)shape.dim[i]);
    tad__cell_add(cell, ")");
}

static void add_axes(tad__cell *cell, const tad_axes *axes) {
    tad__cell_add(cell, "(");
    for (int i = 0; i < axes->count; i++) tad__cell_add(cell, i ? ",%d" : "%d", axes->axis[i]);
    tad__cell_add(cell, ")");
}

static void add_ranges(tad__cell *cell, const tad_slices *s) {
    for (int i = 0; i < s->count; i++) {
        const tad_range *r = &s->range[i];
        tad__cell_add(cell, i ? ", " : "[");
        if (r->start.given) tad__cell_add(cell, "%lld", (long long)r->start.value);
        tad__cell_add(cell, ":");
        if (r->stop.given) tad__cell_add(cell, "%lld", (long long)r->stop.value);
        if (r->step.given) tad__cell_add(cell, ":%lld", (long long)r->step.value);
    }
    tad__cell_add(cell, s->count ? "]" : "[]");
}

/* The word at `position` of "mean|sum|none". */
static void add_choice(tad__cell *cell, const char *choices, int position) {
    for (; position > 0 && strchr(choices, '|'); position--) choices = strchr(choices, '|') + 1;
    tad__cell_add(cell, "%.*s", (int)strcspn(choices, "|"), choices);
}

static void add_ints(tad__cell *cell, const tad_ints *ints) {
    for (int i = 0; i < ints->count; i++)
        tad__cell_add(cell, "%s%lld", i ? "," : "(", (long long)ints->value[i]);
    tad__cell_add(cell, "%s", ints->count ? ")" : "()");
}

/* Whether an option has the value that it has when it is not given. */
static bool is_default(const tad_option *o, const void *field) {
    switch (o->kind) {
    case TAD_OPTION_BOOL: return !*(const bool *)field;
    case TAD_OPTION_INT: return !o->required && (double)*(const int64_t *)field == o->initial;
    case TAD_OPTION_FLOAT: return !o->required && *(const double *)field == o->initial;
    case TAD_OPTION_CHOICE: return *(const int *)field == 0;
    case TAD_OPTION_MAYBE_INT: return !((const tad_maybe_int *)field)->given;
    case TAD_OPTION_MAYBE_FLOAT: return !((const tad_maybe_float *)field)->given;
    case TAD_OPTION_AXES: return !((const tad_axes *)field)->given;
    case TAD_OPTION_SHAPE:
    case TAD_OPTION_SLICES:
    case TAD_OPTION_INTS:
    case TAD_OPTION_DTYPE:
    case TAD_OPTION_TEXT: return false;
    }
    return true;
}

static void add_option(tad__cell *cell, const tad_option *o, const void *field) {
    switch (o->kind) {
    case TAD_OPTION_BOOL: break;
    case TAD_OPTION_INT: tad__cell_add(cell, "%lld", (long long)*(const int64_t *)field); break;
    case TAD_OPTION_FLOAT: tad__cell_number(cell, *(const double *)field); break;
    case TAD_OPTION_CHOICE: add_choice(cell, o->choices, *(const int *)field); break;
    case TAD_OPTION_MAYBE_INT:
        tad__cell_add(cell, "%lld", (long long)((const tad_maybe_int *)field)->value);
        break;
    case TAD_OPTION_MAYBE_FLOAT:
        tad__cell_number(cell, ((const tad_maybe_float *)field)->value);
        break;
    case TAD_OPTION_AXES: add_axes(cell, field); break;
    case TAD_OPTION_SHAPE: tad__cell_shape(cell, *(const tad_shape *)field); break;
    case TAD_OPTION_SLICES: add_ranges(cell, field); break;
    case TAD_OPTION_INTS: add_ints(cell, field); break;
    case TAD_OPTION_TEXT: tad__cell_add(cell, "%s", ((const tad_words *)field)->text); break;
    case TAD_OPTION_DTYPE:
        tad__cell_add(cell, "%s", tad_dtype_name((tad_dtype) * (const int *)field));
        break;
    }
}

void tad__cell_op_options(tad__cell *cell, const tad_op *op, const void *options) {
    for (size_t i = 0; i < op->n_options && options; i++) {
        const tad_option *o = &op->options[i];
        const void *field = (const char *)options + o->offset;
        if (is_default(o, field)) continue;
        tad__cell_add(cell, "%s%s%s", cell->length ? " " : "", o->name,
                      o->kind == TAD_OPTION_BOOL ? "" : "=");
        add_option(cell, o, field);
    }
}
