/* Reading equations of einsum. Rests on einsum.h. */
#include <string.h>

#include "einsum.h"

static int label_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    return c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
}

/* ---- a term as text ---- */

/* The letters up to a comma, an arrow or the end; where "..." stands among them, -1: nowhere. */
typedef struct words {
    int count, dots, label[TAD_MAX_RANK + 1];
} words;

static const char *read_words(const char **text, words *w) {
    const char *p = *text;
    *w = (words){.dots = -1};
    for (; *p && *p != ',' && *p != '-'; p++) {
        const int label = label_of(*p);
        if (*p == ' ') continue;
        if (strncmp(p, "...", 3) == 0 && w->dots < 0) {
            w->dots = w->count;
            p += 2;
            continue;
        }
        if (label < 0) return "the equation has a character that is no letter";
        if (w->count == TAD_MAX_RANK) return "a term of the equation has too many letters";
        w->label[w->count++] = label;
    }
    *text = p;
    return NULL;
}

/* Writes out `dots` axes for "...". */
static void spell(const words *w, int dots, tad__term *t) {
    t->rank = 0;
    for (int i = 0; i <= w->count; i++) {
        for (int k = 0; i == w->dots && k < dots; k++) t->label[t->rank++] = TAD__LABELS - dots + k;
        if (i < w->count) t->label[t->rank++] = w->label[i];
    }
}

/* ---- operands ---- */

/* Axes of size 1 broadcast, but not against another one of the same operand. */
static const char *add_sizes(const tad__term *t, const tad_shape *shape, tad__equation *e) {
    for (int i = 0; i < t->rank; i++) {
        int64_t *size = &e->size[t->label[i]];
        for (int k = 0; k < i; k++)
            if (t->label[k] == t->label[i] && shape->dim[k] != shape->dim[i])
                return "axes of an operand with one letter differ in size";
        if (*size < 0 || *size == 1)
            *size = shape->dim[i];
        else if (shape->dim[i] != 1 && shape->dim[i] != *size)
            return "axes with one letter differ in size";
    }
    return NULL;
}

static const char *read_operand(const char **text, const tad_shape *shape, tad__equation *e,
                                int *dots) {
    words w;
    const char *wrong = read_words(text, &w);
    if (wrong) return wrong;
    const int rest = shape->rank - w.count;
    if (rest < 0 || (rest > 0 && w.dots < 0))
        return "an operand has another number of axes than letters";
    if (rest > *dots) *dots = rest;
    spell(&w, rest, &e->in[e->n]);
    return add_sizes(&e->in[e->n], shape, e);
}

/* ---- the result ---- */

/* "..." first, then in alphabetical order what is there once. */
static const char *find_result(tad__equation *e) {
    int times[TAD__LABELS] = {0};
    for (size_t k = 0; k < e->n; k++)
        for (int i = 0; i < e->in[k].rank; i++) times[e->in[k].label[i]]++;
    e->out.rank = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int label = pass ? 0 : TAD__LETTERS; label < (pass ? TAD__LETTERS : TAD__LABELS);
             label++) {
            if (pass ? times[label] != 1 : times[label] == 0) continue;
            if (e->out.rank == TAD_MAX_RANK) return "the result has too many axes";
            e->out.label[e->out.rank++] = label;
        }
    return NULL;
}

static const char *read_result(const char *text, tad__equation *e, int dots) {
    words w;
    const char *wrong = read_words(&text, &w);
    if (wrong) return wrong;
    if (*text) return "the equation does not end behind its result";
    if (w.count + (w.dots < 0 ? 0 : dots) > TAD_MAX_RANK) return "the result has too many axes";
    for (int i = 0; i < w.count; i++) {
        if (e->size[w.label[i]] < 0) return "the result has a letter that no operand has";
        for (int k = 0; k < i; k++)
            if (w.label[k] == w.label[i]) return "the result has a letter twice";
    }
    spell(&w, dots, &e->out);
    return NULL;
}

const char *tad__read_equation(const char *text, const tad_shape *shape, size_t n,
                               tad__equation *e) {
    int dots = 0;
    for (int label = 0; label < TAD__LABELS; label++) e->size[label] = -1;
    for (e->n = 0; e->n < n; e->n++) {
        if (e->n > 0 && *text++ != ',') return "the equation has fewer terms than operands";
        const char *wrong = read_operand(&text, &shape[e->n], e, &dots);
        if (wrong) return wrong;
    }
    if (*text == ',') return "the equation has more terms than operands";
    if (!*text) return find_result(e);
    return text[1] == '>' ? read_result(text + 2, e, dots) : "the equation has a - without >";
}
