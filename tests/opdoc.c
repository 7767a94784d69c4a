/* Prints docs/ops.md from the registry; a test compares it with the stored page.
 *
 * To store it anew: build/tests/opdoc > docs/ops.md */
#include <stdio.h>
#include <string.h>

#include <tad/tad.h>

static const char *const kind_names[] = {
    [TAD_OPTION_BOOL] = "true or false",
    [TAD_OPTION_INT] = "integer",
    [TAD_OPTION_FLOAT] = "number",
    [TAD_OPTION_CHOICE] = "",
    [TAD_OPTION_MAYBE_INT] = "integer",
    [TAD_OPTION_MAYBE_FLOAT] = "number",
    [TAD_OPTION_AXES] = "axis, list or null",
    [TAD_OPTION_SHAPE] = "shape",
    [TAD_OPTION_SLICES] = "slices",
    [TAD_OPTION_INTS] = "integer or list",
    [TAD_OPTION_DTYPE] = "element type",
    [TAD_OPTION_TEXT] = "text",
};

/* Every function of an op: its name, and how it is called. */
static const struct signature {
    const char *name, *call;
} signatures[] = {
#define SIGNATURE(name, call) {name, call},
#include "signatures.h"
};

/* Text in a table's cell: | has a meaning there. */
static void put(const char *text) {
    for (; *text; text++) {
        if (*text == '|') putchar('\\');
        putchar(*text);
    }
}

static void put_option(const tad_option *o) {
    printf("`%s`", o->name);
    if (o->kind == TAD_OPTION_CHOICE) {
        printf(": ");
        for (const char *c = o->choices; *c; c++) {
            if (*c == '|')
                printf(", ");
            else
                putchar(*c);
        }
    } else {
        printf(": %s", kind_names[o->kind]);
    }
    if (o->required)
        printf(", required");
    else if (o->kind == TAD_OPTION_INT || o->kind == TAD_OPTION_FLOAT ||
             (o->kind == TAD_OPTION_INTS && o->initial != 0))
        printf(" (%g)", o->initial);
    else if (o->kind == TAD_OPTION_BOOL && o->initial != 0)
        printf(" (true)");
}

static void put_inputs(const tad_op *op) {
    if (op->max_in == UINT8_MAX)
        printf("%d or more", op->min_in);
    else if (op->min_in != op->max_in)
        printf("%d to %d", op->min_in, op->max_in);
    else
        printf("%d", op->min_in);
    if (op->n_out != 1) printf(op->n_out ? ", gives %d" : ", gives several", op->n_out);
}

/* tad_NAME or tad_NAME_... */
static bool begins_with(const struct signature *s, const char *op) {
    size_t n = strlen(op);
    return strncmp(s->name, op, n) == 0 && (s->name[n] == 0 || s->name[n] == '_');
}

/* A function is of the op with the longest name that it begins with. */
static bool is_of(const struct signature *s, const char *op) {
    if (!begins_with(s, op)) return false;
    for (size_t i = 0; i < tad_op_count(); i++)
        if (begins_with(s, tad_op_at(i)->name) && strlen(tad_op_at(i)->name) > strlen(op))
            return false;
    return true;
}

static void put_calls(const tad_op *op) {
    const char *between = "";
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (!is_of(&signatures[i], op->name)) continue;
        printf("%s`%s`", between, signatures[i].call);
        between = " ";
    }
}

static void put_op(const tad_op *op) {
    printf("| `%s` | ", op->name);
    put_inputs(op);
    printf(" | ");
    put(op->doc);
    if (op->flags & TAD_OP_FLAT) printf("; no gradient or 0");
    printf(" | ");
    for (size_t i = 0; i < op->n_options; i++) {
        if (i > 0) printf("; ");
        put_option(&op->options[i]);
    }
    printf(" | ");
    put_calls(op);
    printf(" |\n");
}

/* Whether op is the first of its family in the registry. */
static bool opens_family(size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(tad_op_at(k)->family, tad_op_at(i)->family) == 0) return false;
    return true;
}

static void put_family(const char *family) {
    printf("\n## %c%s\n\n", family[0] >= 'a' && family[0] <= 'z' ? family[0] - 32 : family[0],
           family + 1);
    printf("| op | inputs | what | options by name | in C |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < tad_op_count(); i++)
        if (strcmp(tad_op_at(i)->family, family) == 0 && !(tad_op_at(i)->flags & TAD_OP_INTERNAL))
            put_op(tad_op_at(i));
}

int main(void) {
    printf(
        "# Ops\n\n"
        "Generated from the registry by `build/tests/opdoc`; the tests compare it.\n\n"
        "Names and options are those of `tad_call`; an option's value in brackets is what it is\n"
        "when not given. In C a parameter without a type is a `tad_var`; `tad/ops.h` and\n"
        "`tad/elementwise.h` say more. Every op has its derivative rules for reverse and forward\n"
        "mode, of any order, by every input of a float type, weights and targets included,\n"
        "except where it says otherwise.\n");
    for (size_t i = 0; i < tad_op_count(); i++)
        if (opens_family(i)) put_family(tad_op_at(i)->family);
    return ferror(stdout) != 0;
}
