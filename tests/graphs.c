/* Evaluates graphs given as text on standard input, for graphs.py to compare with other programs.
 *
 *     input 2,3 1.5 ...            a float64 input: sizes ("-" for none), elements
 *     index 2 0 1                  the same of int64, a constant
 *     op NAME 0 1 axis=ints:0      an op of earlier lines by number, with options
 *     end                          runs it
 *
 * For each graph the answer is a line "value ...", the elements of the last node, one "gradient
 * ..." for every input, with cotangents 1, 2, 1, 2, ..., and "end"; or one line "failed
 * MESSAGE". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/tad.h>

enum { NODES = 64, ELEMENTS = 512, LINE = 16384, OPTIONS = 4, INPUTS = 8 };

typedef struct graph {
    tad_tape *t;
    tad_var node[NODES];
    size_t count;
    double cotangent[ELEMENTS], room[ELEMENTS];
} graph;

static tad_shape read_shape(char *text) {
    tad_shape s = {0, {0}};
    for (char *at = text; *at && *at != '-' && s.rank < TAD_MAX_RANK; at += *at == ',')
        s.dim[s.rank++] = strtoll(at, &at, 10);
    return s;
}

static void add(graph *g, tad_var x) {
    if (g->count < NODES) g->node[g->count++] = x;
}

static void read_leaf(graph *g, bool index) {
    char *shape = strtok(NULL, " \n"), *number;
    size_t n = 0;
    while ((number = strtok(NULL, " \n")) && n < ELEMENTS) g->room[n++] = strtod(number, NULL);
    if (!shape) return;
    add(g, index ? tad_constant_from(g->t, TAD_I64, read_shape(shape), g->room)
                 : tad_input(g->t, TAD_F64, read_shape(shape), g->room));
}

/* NAME=KIND:TEXT */
static void read_option(char *text, tad_value *v, int64_t *ints) {
    char *kind = strchr(text, '='), *value = kind ? strchr(kind, ':') : NULL;
    *v = (tad_value){.name = text, .kind = TAD_VALUE_NULL};
    if (!value) return;
    *kind++ = *value++ = '\0';
    if (strcmp(kind, "int") == 0)
        v->kind = TAD_VALUE_INT, v->integer = strtoll(value, NULL, 10);
    else if (strcmp(kind, "bool") == 0)
        v->kind = TAD_VALUE_BOOL, v->integer = *value == '1';
    else if (strcmp(kind, "float") == 0)
        v->kind = TAD_VALUE_FLOAT, v->number = strtod(value, NULL);
    else if (strcmp(kind, "text") == 0)
        v->kind = TAD_VALUE_TEXT, v->text = value;
    else {
        tad_shape list = read_shape(value);
        v->kind = TAD_VALUE_INTS;
        v->count = (size_t)list.rank;
        memcpy(ints, list.dim, sizeof list.dim);
        v->ints = ints;
    }
}

static void read_op(graph *g) {
    tad_var in[INPUTS];
    tad_value value[OPTIONS];
    int64_t ints[OPTIONS][TAD_MAX_RANK];
    size_t n = 0, options = 0;
    char *name = strtok(NULL, " \n"), *word;
    while ((word = strtok(NULL, " \n"))) {
        if (strchr(word, '=') && options < OPTIONS)
            read_option(word, &value[options], ints[options]), options++;
        else if (n < INPUTS)
            in[n++] = g->node[strtoul(word, NULL, 10) % NODES];
    }
    add(g, tad_call(g->t, name, in, n, value, options, NULL, 0));
}

static void print(const char *what, const double *x, size_t n) {
    printf("%s", what);
    for (size_t i = 0; i < n; i++) printf(" %.17g", x[i]);
    printf("\n");
}

static bool run(graph *g) {
    tad_var y = g->count ? g->node[g->count - 1] : tad_none();
    int64_t n = tad_size_of(y);
    if (n < 0 || n > ELEMENTS || tad_read(y, g->room, (size_t)n) != TAD_OK) return false;
    print("value", g->room, (size_t)n);
    for (int64_t i = 0; i < n; i++) g->cotangent[i] = 1 + i % 2;
    tad_var w = tad_constant(g->t, TAD_F64, tad_shape_of(y), g->cotangent);
    if (tad_reverse_from(&y, &w, 1) != TAD_OK) return false;
    for (size_t i = 0; i < g->count; i++) {
        if (tad_node_kind_of(g->node[i]) != TAD_NODE_INPUT) continue;
        n = tad_size_of(g->node[i]);
        if (tad_read(tad_gradient(g->node[i]), g->room, (size_t)n) != TAD_OK) return false;
        print("gradient", g->room, (size_t)n);
    }
    puts("end");
    return true;
}

int main(void) {
    static char line[LINE];
    static graph g;
    g.t = tad_tape_new(NULL);
    if (!g.t) return 1;
    while (fgets(line, sizeof line, stdin)) {
        const char *word = strtok(line, " \n");
        if (!word) continue;
        if (strcmp(word, "op") == 0)
            read_op(&g);
        else if (strcmp(word, "end") != 0)
            read_leaf(&g, strcmp(word, "index") == 0);
        else {
            if (!run(&g)) printf("failed %s\n", tad_message(g.t));
            tad_tape_reset(g.t);
            g.count = 0;
        }
    }
    tad_tape_free(g.t);
    return 0;
}
