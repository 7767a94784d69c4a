/* C text of programs. Rests on c_text.h. */
#include "c_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/parts.h"
#include "shape.h"

/* ---- text ---- */

enum { INDENT = 4 };

/* A line, or a part of one: whether it `ends` there. */
static void put_line(tad_c *to, const char *text, size_t length, bool ends) {
    if (length && *text == '}' && !to->within_line && to->depth) to->depth--;
    for (int k = 0; length && !to->within_line && k < INDENT * to->depth; k++)
        tad__text_bytes(&to->text, " ", 1);
    tad__text_bytes(&to->text, text, length);
    if (length && text[length - 1] == '{' && ends) to->depth++;
}

void tad_c_put(tad_c *to, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    to->failed |= length < 0 || (size_t)length >= sizeof text;
    if (to->silent || to->failed) return;
    for (const char *p = text; *p;) {
        const size_t n = strcspn(p, "\n");
        put_line(to, p, n, p[n] != 0);
        to->within_line = p[n] == 0;
        if (to->within_line) return;
        tad__text_bytes(&to->text, "\n", 1);
        p += n + 1;
    }
}

const char *tad__c_type(unsigned dtype) {
    static const char *const name[] = {
        [TAD_F64] = "double", [TAD_F32] = "float", [TAD_I64] = "int64_t", [TAD_BOOL] = "uint8_t"};
    return name[dtype];
}

const char *tad__c_suffix(unsigned dtype) {
    static const char *const suffix[] = {
        [TAD_F64] = "f64", [TAD_F32] = "f32", [TAD_I64] = "i64", [TAD_BOOL] = "bool"};
    return suffix[dtype];
}

/* The mantissa's bits as they are: printf's decimal point depends on the locale. */
void tad__c_number(tad_c *to, double value, unsigned dtype) {
    const char *suffix = dtype == TAD_F32 ? "f" : "";
    uint64_t bits;
    int exponent;
    if (dtype == TAD_F32) value = (float)value;
    if (isnan(value)) {
        tad_c_put(to, "NAN");
    } else if (isinf(value)) {
        tad_c_put(to, dtype == TAD_F32 ? "%sHUGE_VALF" : "%sHUGE_VAL", value < 0 ? "-" : "");
    } else if (fabs(value) < 1e6 && value == (double)(int)value &&
               (value != 0 || !signbit(value))) {
        tad_c_put(to, "%d.0%s", (int)value, suffix);
    } else {
        const double mantissa = 2 * frexp(fabs(value), &exponent);
        memcpy(&bits, &mantissa, sizeof bits);
        bits &= UINT64_C(0xfffffffffffff);
        tad_c_put(to, "%s0x%d.%013llxp%d%s", signbit(value) ? "-" : "", value != 0,
                  (unsigned long long)bits, value == 0 ? 0 : exponent - 1, suffix);
    }
}

void tad__c_integer(tad_c *to, int64_t value) {
    if (value == INT64_MIN)
        tad_c_put(to, "INT64_MIN"); /* no constant of C: the sign is an operator */
    else
        tad_c_put(to, "%lld", (long long)value);
}

void tad__c_fill(tad_c *to, const tad_array *out, double value) {
    tad_c_put(to, "for (ptrdiff_t i = 0; i < %lld; i++) out0[i] = ", (long long)out->size);
    tad__c_number(to, value, out->dtype);
    tad_c_put(to, ";\n");
}

/* ---- parts ---- */

/* Its position among the names; tad__part_name_count: none. */
static size_t find_part(const char *name) {
    size_t low = 0, high = tad__part_name_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(name, tad__part_words + tad__part_names[middle].name);
        if (order == 0) return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return tad__part_name_count;
}

bool tad__c_is_part(const char *name) { return find_part(name) < tad__part_name_count; }

const char *tad__c_part_named(tad_c *to, const char *name) {
    const size_t at = find_part(name);
    if (at == tad__part_name_count) {
        to->failed = true;
        return "";
    }
    to->needed[tad__part_names[at].part] = true;
    return tad__part_words + tad__part_names[at].name;
}

const char *tad__c_part(tad_c *to, const char *name, unsigned dtype) {
    char whole[80];
    snprintf(whole, sizeof whole, "tad__%s_%s", name, tad__c_suffix(dtype));
    return tad__c_part_named(to, whole);
}

const char *tad__c_row(tad_c *to, const tad_op *row, const char *suffix) {
    char whole[80];
    snprintf(whole, sizeof whole, "row_%s_%s", row->name, suffix);
    return tad__c_part_named(to, whole);
}

void tad__c_options(tad_c *to, const tad_op *row, const double *pq) {
    for (size_t i = 0; pq && i < row->n_options; i++) {
        tad_c_put(to, ", ");
        tad__c_number(to, pq[i], TAD_F64);
    }
}

/* A part's text while it is written. */
typedef struct part_text {
    tad__text *to;
    unsigned wanted, now; /* types; now is 0 in what both have */
    size_t length;
    char text[256];
} part_text;

static void put_rest(part_text *p) {
    tad__text_bytes(p->to, p->text, p->length);
    p->length = 0;
}

static void put_byte(part_text *p, unsigned char byte) {
    if (byte > 127) {
        put_byte(p, tad__part_pairs[byte - 128][0]);
        put_byte(p, tad__part_pairs[byte - 128][1]);
    } else if (byte <= TAD__PART_BOTH) {
        p->now = byte % TAD__PART_BOTH;
    } else if (!p->now || p->now == p->wanted) {
        p->text[p->length++] = (char)byte;
        if (p->length == sizeof p->text) put_rest(p);
    }
}

static void put_part(tad_c *to, const tad__part *part) {
    part_text p = {.to = &to->text, .wanted = part->type};
    for (const unsigned char *byte = tad__part_text + part->text; *byte; byte++)
        put_byte(&p, *byte);
    put_rest(&p);
}

void tad__c_put_parts(tad_c *to) {
    for (size_t k = tad__part_count; k-- > 0;) {
        const uint16_t *needs = tad__part_needs + tad__parts[k].needs;
        for (size_t i = 1; to->needed[k] && i <= needs[0]; i++) to->needed[needs[i]] = true;
    }
    for (size_t k = 0; k < tad__part_count; k++)
        if (to->needed[k]) put_part(to, &tad__parts[k]);
}

/* ---- loops ---- */

void tad__c_loop(tad__loop *l, const tad_shape *shape, const tad_array *const *array, int n) {
    tad__loop_init(l, shape, array, n);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < l->rank; i++) l->stride[k][i] /= (int64_t)tad__width(array[k]->dtype);
}

void tad__c_open(tad_c *to, tad__loop *l, const tad_shape *shape, const tad_array *const *array,
                 int n) {
    tad__c_loop(l, shape, array, n);
    tad__c_open_loop(to, l);
}

void tad__c_open_loop(tad_c *to, const tad__loop *l) {
    for (int i = 0; i < l->rank; i++)
        tad_c_put(to, "for (ptrdiff_t i%d = 0; i%d < %lld; i%d++) {\n", i, i, (long long)l->dim[i],
                  i);
}

/* A summand behind others, unless it is the first; none for 0. */
static void put_term(tad_c *to, bool *first, int64_t factor, const char *variable) {
    long long size = (long long)factor;
    if (factor == 0) return;
    if (!*first || (*variable && factor == -1)) {
        tad_c_put(to, *first ? "-" : factor < 0 ? " - " : " + ");
        size = factor < 0 ? -size : size;
    }
    if (!*variable)
        tad_c_put(to, "%lld", size);
    else if (size == 1)
        tad_c_put(to, "%s", variable);
    else
        tad_c_put(to, "%lld*%s", size, variable);
    *first = false;
}

void tad__c_at_and(tad_c *to, const tad__loop *l, int k, int64_t number, int64_t factor,
                   const char *variable) {
    bool first = true;
    char counter[16];
    tad_c_put(to, "[");
    put_term(to, &first, number, "");
    for (int i = 0; i < l->rank; i++) {
        snprintf(counter, sizeof counter, "i%d", i);
        put_term(to, &first, l->stride[k][i], counter);
    }
    put_term(to, &first, factor, variable);
    tad_c_put(to, first ? "0]" : "]");
}

void tad__c_at(tad_c *to, const tad__loop *l, int k) { tad__c_at_and(to, l, k, 0, 0, ""); }

void tad__c_close(tad_c *to, const tad__loop *l) {
    for (int i = 0; i < l->rank; i++) tad_c_put(to, "}\n");
}

/* ---- moves ---- */

void tad__c_move(tad_c *to, const tad__c_seen *a, const tad__c_seen *b) {
    const tad_shape shape = tad__shape_of(a->array);
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){a->array, b->array}, 2);
    tad_c_put(to, "%s", a->pointer);
    tad__c_at_and(to, &l, 0, a->offset, 0, "");
    tad_c_put(to, " = %s", b->pointer);
    tad__c_at_and(to, &l, 1, b->offset, 0, "");
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
}
