/* Calls by name: finds the op and fills its options struct from named values. Rests on the registry
 * and on apply. */
#include <math.h>
#include <string.h>

#include "tape/apply.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/tape.h"

enum { LARGEST_OPTIONS = 1024 };

/* Where one value goes, and what is said when it does not fit. */
typedef struct filling {
    tad_tape *t;
    const tad_op *op;
    const tad_option *option;
    const tad_value *value;
    char *to;
} filling;

static tad_status refuse(const filling *f, const char *expected) {
    return tad__fail(f->t, TAD_BAD_ARGUMENT, "%s: option %s must be %s", f->op->name,
                     f->option->name, expected);
}

static bool integer_of(const tad_value *v, int64_t *out) {
    if (v->kind == TAD_VALUE_INT || v->kind == TAD_VALUE_BOOL)
        *out = v->integer;
    else if (v->kind == TAD_VALUE_FLOAT && v->number == floor(v->number) &&
             fabs(v->number) < 0x1p53)
        *out = (int64_t)v->number;
    else
        return false;
    return true;
}

static bool number_of(const tad_value *v, double *out) {
    if (v->kind == TAD_VALUE_FLOAT)
        *out = v->number;
    else if (v->kind == TAD_VALUE_INT)
        *out = (double)v->integer;
    else if (v->kind == TAD_VALUE_TEXT && strcmp(v->text, "inf") == 0)
        *out = INFINITY;
    else if (v->kind == TAD_VALUE_TEXT && strcmp(v->text, "-inf") == 0)
        *out = -INFINITY;
    else
        return false;
    return true;
}

/* Position of a word in "mean|sum|none"; -1. */
static int choice_of(const char *choices, const char *word) {
    size_t n = strlen(word);
    for (int i = 0;; i++) {
        const char *end = strchr(choices, '|');
        size_t length = end ? (size_t)(end - choices) : strlen(choices);
        if (length == n && memcmp(choices, word, n) == 0) return i;
        if (!end) return -1;
        choices = end + 1;
    }
}

static tad_status fill_choice(const filling *f, int *out) {
    *out = f->value->kind == TAD_VALUE_TEXT ? choice_of(f->option->choices, f->value->text) : -1;
    if (*out >= 0) return TAD_OK;
    return tad__fail(f->t, TAD_BAD_ARGUMENT, "%s: option %s must be one of %s", f->op->name,
                     f->option->name, f->option->choices);
}

static tad_status fill_float(const filling *f) {
    double v;
    if (f->option->choices) {
        int choice = 0;
        tad_status s = fill_choice(f, &choice);
        v = choice;
        if (s != TAD_OK) return s;
    } else if (!number_of(f->value, &v))
        return refuse(f, "a number");
    memcpy(f->to, &v, sizeof v);
    return TAD_OK;
}

static tad_status fill_axes(const filling *f) {
    tad_axes axes = {.given = true};
    int64_t one;
    const int64_t *list = f->value->ints;
    size_t n = f->value->kind == TAD_VALUE_INTS ? f->value->count : 1;
    if (f->value->kind != TAD_VALUE_INTS) {
        if (!integer_of(f->value, &one)) return refuse(f, "an axis or a list of axes");
        list = &one;
    }
    if (n > TAD_MAX_RANK) return refuse(f, "at most 8 axes");
    for (size_t i = 0; i < n; i++) {
        if (list[i] < -TAD_MAX_RANK || list[i] >= TAD_MAX_RANK)
            return tad__fail(f->t, TAD_BAD_AXIS, "%s: no axis %lld", f->op->name,
                             (long long)list[i]);
        axes.axis[axes.count++] = (int)list[i];
    }
    memcpy(f->to, &axes, sizeof axes);
    return TAD_OK;
}

static tad_status fill_shape(const filling *f) {
    tad_shape s = {0, {0}};
    if (f->value->kind == TAD_VALUE_INT) {
        s.rank = 1;
        s.dim[0] = f->value->integer;
    } else if (f->value->kind == TAD_VALUE_INTS && f->value->count <= TAD_MAX_RANK) {
        s.rank = (int)f->value->count;
        for (int i = 0; i < s.rank; i++) s.dim[i] = f->value->ints[i];
    } else
        return refuse(f, "a list of at most 8 sizes");
    memcpy(f->to, &s, sizeof s);
    return TAD_OK;
}

static tad_status fill_ints(const filling *f) {
    tad_ints ints = {0};
    if (f->value->kind == TAD_VALUE_INTS && f->value->count <= TAD_MAX_INTS) {
        ints.count = (int)f->value->count;
        for (int i = 0; i < ints.count; i++) ints.value[i] = f->value->ints[i];
    } else if (integer_of(f->value, ints.value)) {
        ints.count = 1;
    } else
        return refuse(f, "an integer or a list of at most 64");
    memcpy(f->to, &ints, sizeof ints);
    return TAD_OK;
}

static tad_status fill_text(const filling *f) {
    tad_words words = {""};
    _Static_assert(TAD_MAX_TEXT == 256, "what is refused below");
    if (f->value->kind != TAD_VALUE_TEXT || strlen(f->value->text) >= sizeof words.text)
        return refuse(f, "a text of less than 256 characters");
    strcpy(words.text, f->value->text);
    memcpy(f->to, &words, sizeof words);
    return TAD_OK;
}

static tad_status fill_dtype(const filling *f) {
    for (int d = 0; d < TAD_DTYPE_COUNT && f->value->kind == TAD_VALUE_TEXT; d++)
        if (strcmp(tad_dtype_name((tad_dtype)d), f->value->text) == 0) {
            memcpy(f->to, &d, sizeof d);
            return TAD_OK;
        }
    return refuse(f, "float64, float32, int64 or bool");
}

static tad_status fill_one(const filling *f) {
    int64_t i;
    double d;
    int choice;
    tad_status s;
    bool empty = f->value->kind == TAD_VALUE_TEXT
                     ? !f->value->text
                     : f->value->kind == TAD_VALUE_INTS && f->value->count && !f->value->ints;
    if (empty) return refuse(f, "given: its value is NULL");
    switch (f->option->kind) {
    case TAD_OPTION_BOOL:
        if (f->value->kind != TAD_VALUE_BOOL) return refuse(f, "true or false");
        *(bool *)f->to = f->value->integer != 0;
        return TAD_OK;
    case TAD_OPTION_INT:
        if (!integer_of(f->value, &i)) return refuse(f, "an integer");
        memcpy(f->to, &i, sizeof i);
        return TAD_OK;
    case TAD_OPTION_FLOAT: return fill_float(f);
    case TAD_OPTION_CHOICE:
        s = fill_choice(f, &choice);
        if (s == TAD_OK) memcpy(f->to, &choice, sizeof choice);
        return s;
    case TAD_OPTION_MAYBE_INT:
        if (!integer_of(f->value, &i)) return refuse(f, "an integer or null");
        memcpy(f->to, &(tad_maybe_int){true, i}, sizeof(tad_maybe_int));
        return TAD_OK;
    case TAD_OPTION_MAYBE_FLOAT:
        if (!number_of(f->value, &d)) return refuse(f, "a number or null");
        memcpy(f->to, &(tad_maybe_float){true, d}, sizeof(tad_maybe_float));
        return TAD_OK;
    case TAD_OPTION_AXES: return fill_axes(f);
    case TAD_OPTION_SHAPE: return fill_shape(f);
    case TAD_OPTION_SLICES:
        if (f->value->kind != TAD_VALUE_SLICES || !f->value->slices)
            return refuse(f, "a list of slices");
        memcpy(f->to, f->value->slices, sizeof(tad_slices));
        return TAD_OK;
    case TAD_OPTION_INTS: return fill_ints(f);
    case TAD_OPTION_DTYPE: return fill_dtype(f);
    case TAD_OPTION_TEXT: return fill_text(f);
    }
    return refuse(f, "of a known kind");
}

static const tad_option *find_option(const tad_op *op, const char *name) {
    for (size_t i = 0; i < op->n_options; i++)
        if (name && strcmp(op->options[i].name, name) == 0) return &op->options[i];
    return NULL;
}

static bool is_given(const tad_option *o, const tad_value *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (values[i].name && strcmp(values[i].name, o->name) == 0 &&
            values[i].kind != TAD_VALUE_NULL)
            return true;
    return false;
}

/* The options' memory is zero. */
static void fill_initial(const tad_option *o, char *options) {
    const bool whole = o->kind == TAD_OPTION_INT || o->kind == TAD_OPTION_INTS;
    const tad_ints one = {1, {whole ? (int64_t)o->initial : 0}}; /* others may be infinite */
    switch (o->kind) {
    case TAD_OPTION_BOOL: *(bool *)(options + o->offset) = o->initial != 0; return;
    case TAD_OPTION_INT: memcpy(options + o->offset, one.value, sizeof *one.value); return;
    case TAD_OPTION_FLOAT: memcpy(options + o->offset, &o->initial, sizeof o->initial); return;
    case TAD_OPTION_INTS:
        if (o->initial != 0) memcpy(options + o->offset, &one, sizeof one);
        return;
    default: return;
    }
}

static tad_status fill_defaults(tad_tape *t, const tad_op *op, char *options,
                                const tad_value *values, size_t n) {
    for (size_t i = 0; i < op->n_options; i++) {
        const tad_option *o = &op->options[i];
        if (o->required && !is_given(o, values, n))
            return tad__fail(t, TAD_BAD_ARGUMENT, "%s: option %s must be given", op->name, o->name);
        if (!o->required) fill_initial(o, options);
    }
    return TAD_OK;
}

static tad_status fill_options(tad_tape *t, const tad_op *op, char *options,
                               const tad_value *values, size_t n) {
    if (n && !values)
        return tad__fail(t, TAD_BAD_ARGUMENT, "%s: its list of options is NULL", op->name);
    for (size_t i = 0; i < n; i++)
        if (!find_option(op, values[i].name))
            return tad__fail(t, TAD_BAD_ARGUMENT, "%s: it has no option %s", op->name,
                             values[i].name ? values[i].name : "without a name");
    tad_status s = fill_defaults(t, op, options, values, n);
    for (size_t i = 0; i < n && s == TAD_OK; i++) {
        const tad_option *o = find_option(op, values[i].name);
        filling f = {t, op, o, &values[i], options + o->offset};
        if (values[i].kind != TAD_VALUE_NULL) s = fill_one(&f);
    }
    return s;
}

tad_status tad_options_by_name(tad_tape *t, const tad_op *op, const tad_value *values, size_t n,
                               void *options) {
    if (!t) return TAD_BAD_ARGUMENT;
    if (t->error.status != TAD_OK) return t->error.status;
    if (!op || (op->options_size && !options))
        return tad__fail(t, TAD_BAD_ARGUMENT, "options: there is no %s",
                         op ? "room for them" : "op");
    if (options) memset(options, 0, op->options_size);
    return fill_options(t, op, options, values, n);
}

tad_var tad_call(tad_tape *t, const char *name, const tad_var *in, size_t n,
                 const tad_value *options, size_t n_options, tad_var *outputs, size_t n_outputs) {
    for (size_t k = 0; outputs && k < n_outputs; k++) outputs[k] = tad__nil(t);
    if (!t || t->error.status != TAD_OK) return tad__nil(t);
    const tad_op *op = tad_op_find(name);
    _Alignas(max_align_t) char filled[LARGEST_OPTIONS];
    tad_status s = TAD_OK;
    if (!op)
        s = tad__fail(t, TAD_UNKNOWN_OP, "there is no op %s", name ? name : "without a name");
    else if (n_outputs && !outputs)
        s = tad__fail(t, TAD_BAD_ARGUMENT, "%s: there is no room for the outputs", name);
    else if (op->options_size > sizeof filled)
        s = tad__fail(t, TAD_TOO_LARGE, "%s: its options are too large", name);
    else
        s = tad_options_by_name(t, op, options, n_options, filled);
    return s == TAD_OK ? tad__apply(t, op, in, n, filled, outputs, n_outputs) : tad__nil(t);
}
