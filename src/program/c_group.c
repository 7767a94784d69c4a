/* Groups of rows on arrays as C: all rows at one element after the other, in loops that compilers
 * turn into vectors. Rests on c_file.h. */
#include "c_file.h"

static bool is_inside(const tad__c_file *f, tad__ref r) {
    return tad__is_array_ref(r) && f->p->array.item[tad__position(r)].home == TAD__STRIP;
}

static uint32_t root_of(const tad__c_file *f, tad__ref r) {
    return f->p->array.item[tad__position(r)].root;
}

/* Whether a row of the group, before this one, computes the value: results of a group are variables
 * in it, and so is what shows all of one, its elements in their order (see prepare in fuse.c). */
static bool computes(const tad__c_file *f, const tad__row_group *g, uint32_t before, tad__ref r,
                     uint32_t *row) {
    for (uint32_t i = before; i-- > 0 && tad__is_array_ref(r);) {
        if (root_of(f, f->p->fused.item[g->first + i].out) != root_of(f, r)) continue;
        *row = i;
        return true;
    }
    return false;
}

/* Calls put for each value that a group reads from memory, or writes to it. */
typedef void group_value(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand);

static void each_value(tad__c_file *f, const tad__row_group *g, group_value *put,
                       const char *between) {
    const tad__fused_row *row = &f->p->fused.item[g->first];
    const char *separator = "";
    uint32_t by;
    for (uint32_t i = 0; i < g->count; i++)
        for (uint32_t k = 0; k <= row[i].n_in; k++) {
            const bool is_result = k == row[i].n_in;
            const tad__ref r = is_result ? row[i].out : row[i].in[k];
            if (is_inside(f, r) || (!is_result && computes(f, g, i, r, &by))) continue;
            tad_c_put(&f->to, "%s", separator);
            put(f, r, i, is_result ? UINT32_MAX : k);
            separator = between;
        }
    for (uint32_t k = 0; k < g->tails; k++) { /* numbered behind the rows */
        tad_c_put(&f->to, "%s", separator);
        put(f, f->p->tail.item[g->tail + k].to, g->count + k, UINT32_MAX);
        separator = between;
    }
}

static void put_parameter(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand) {
    if (operand == UINT32_MAX)
        tad_c_put(&f->to, "%s *restrict out%u", tad__c_type(tad__c_dtype(f, r)), row);
    else
        tad_c_put(&f->to, "const %s *in%u_%u", tad__c_type(tad__c_dtype(f, r)), row, operand);
}

static void put_value(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand) {
    (void)row, (void)operand;
    tad__c_put_value(f, r);
}

static void put_variable(tad__c_file *f, tad__ref r, uint32_t row, uint32_t operand) {
    put_parameter(f, r, row, operand);
    tad_c_put(&f->to, " = ");
    tad__c_put_value(f, r);
    tad_c_put(&f->to, ";\n");
}

/* Element i of a group is element j of line l. */
static const char *place_in(uint8_t how) {
    switch ((tad__how)how) {
    case TAD__SINGLE:
    case TAD__FILLING: return "0";
    case TAD__ONE_LINE: return "j";
    case TAD__PER_LINE: return "l";
    default: return "i";
    }
}

static void put_fused_row(tad__c_file *f, const tad__row_group *g, uint32_t i) {
    const tad__fused_row *row = &f->p->fused.item[g->first + i];
    const tad_op *op = &f->p->basis->row[row->row];
    uint32_t by;
    tad_c_put(&f->to, "const %s v%u = %s(", tad__c_type(g->dtype), i,
              tad__c_row(&f->to, op, tad__c_suffix(g->dtype)));
    for (uint32_t k = 0; k < row->n_in; k++) {
        if (k) tad_c_put(&f->to, ", ");
        if (computes(f, g, i, row->in[k], &by))
            tad_c_put(&f->to, "v%u", by);
        else
            tad_c_put(&f->to, "in%u_%u[%s]", i, k, place_in(row->how[k]));
    }
    tad__c_options(&f->to, op, row->options);
    tad_c_put(&f->to, ");\n");
    if (!is_inside(f, row->out)) tad_c_put(&f->to, "out%u[i] = v%u;\n", i, i);
}

static void begin_elements(tad__c_file *f, const tad__row_group *g) {
    const long long size = (long long)g->size, line = (long long)g->line;
    if (!line) {
        tad_c_put(&f->to, "for (ptrdiff_t i = 0; i < %lld; i++) {\n", size);
        return;
    }
    tad_c_put(&f->to, "for (ptrdiff_t l = 0; l < %lld; l++) {\n", size / line);
    for (uint32_t k = 0; k < g->tails; k++) /* sums of each line */
        tad_c_put(&f->to, "%s part%u[%lld];\n", tad__c_type(g->dtype), k, line);
    tad_c_put(&f->to, "for (ptrdiff_t j = 0; j < %lld; j++) {\n", line);
    tad_c_put(&f->to, "const ptrdiff_t i = l * %lld + j;\n", line);
}

/* ---- sums of what a group computes: of each line ---- */

/* What tail k adds up is also in its part, at the index. */
static void put_in_parts(tad__c_file *f, const tad__row_group *g, const char *index) {
    uint32_t row = 0;
    for (uint32_t k = 0; k < g->tails; k++) {
        computes(f, g, g->count, f->p->tail.item[g->tail + k].of, &row);
        tad_c_put(&f->to, "part%u[%s] = v%u;\n", k, index, row);
    }
}

static void put_divisor(tad__c_file *f, const tad__row_group *g, uint32_t k) {
    tad_c_put(&f->to, " / ");
    tad__c_number(&f->to, f->p->tail.item[g->tail + k].divisor, g->dtype);
    tad_c_put(&f->to, ";\n");
}

static void end_lines(tad__c_file *f, const tad__row_group *g) {
    const bool few = g->line < TAD__SHORT_ROW;
    const char *sum = tad__c_part(&f->to, few ? "sum_few" : "sum", g->dtype);
    put_in_parts(f, g, "j");
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++) {
        tad_c_put(&f->to, "out%u[l] = (%s)%s(%lld, part%u)", g->count + k, tad__c_type(g->dtype),
                  sum, (long long)g->line, k);
        put_divisor(f, g, k);
    }
    tad_c_put(&f->to, "}\n");
}

/* ---- and of all elements, part by part as the library adds them up ---- */

static void begin_tails(tad__c_file *f, const tad__row_group *g) {
    const char *type = tad__c_type(g->dtype);
    const long long size = (long long)g->size, piece = (long long)tad__tail_piece(g);
    for (uint32_t k = 0; k < g->tails; k++)
        tad_c_put(&f->to, "double all%u = 0;\n%s part%u[%d];\n", k, type, k, TAD__SUM_PART);
    tad_c_put(&f->to, "for (ptrdiff_t from = 0; from < %lld; from += %lld) {\n", size, piece);
    tad_c_put(&f->to, "const ptrdiff_t to = from + %lld < %lld ? from + %lld : %lld;\n", piece,
              size, piece, size);
    for (uint32_t k = 0; k < g->tails; k++) tad_c_put(&f->to, "double sum%u = 0;\n", k);
    tad_c_put(&f->to, "for (ptrdiff_t first = from; first < to; first += %d) {\n", TAD__SUM_PART);
    tad_c_put(&f->to, "const ptrdiff_t end = first + %d < to ? first + %d : to;\n", TAD__SUM_PART,
              TAD__SUM_PART);
    tad_c_put(&f->to, "for (ptrdiff_t i = first; i < end; i++) {\n");
}

static void end_tails(tad__c_file *f, const tad__row_group *g) {
    const char *type = tad__c_type(g->dtype), *sum_part = tad__c_part(&f->to, "sum_part", g->dtype);
    put_in_parts(f, g, "i - first");
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++)
        tad_c_put(&f->to, "sum%u += %s((size_t)(end - first), part%u);\n", k, sum_part, k);
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++) tad_c_put(&f->to, "all%u += sum%u;\n", k, k);
    tad_c_put(&f->to, "}\n");
    for (uint32_t k = 0; k < g->tails; k++) {
        tad_c_put(&f->to, "out%u[0] = (%s)all%u", g->count + k, type, k);
        put_divisor(f, g, k);
    }
}

static void put_loops(tad__c_file *f, const tad__row_group *g) {
    if (g->tails && !g->by_lines)
        begin_tails(f, g);
    else
        begin_elements(f, g);
    for (uint32_t i = 0; i < g->count; i++) put_fused_row(f, g, i);
    if (g->by_lines)
        end_lines(f, g);
    else if (g->tails)
        end_tails(f, g);
    else
        tad_c_put(&f->to, g->line ? "}\n}\n" : "}\n");
}

void tad__c_put_group(tad__c_file *f, uint32_t k) {
    const tad__row_group *g = &f->p->group.item[k];
    tad_c_put(&f->to, "static void group_%u(", k);
    each_value(f, g, put_parameter, ", ");
    tad_c_put(&f->to, ") {\n");
    put_loops(f, g);
    tad_c_put(&f->to, "}\n\n");
}

void tad__c_call_group(tad__c_file *f, uint32_t k) {
    tad_c_put(&f->to, "group_%u(", k);
    each_value(f, &f->p->group.item[k], put_value, ", ");
    tad_c_put(&f->to, ");\n");
}

void tad__c_put_group_block(tad__c_file *f, uint32_t k) {
    const tad__row_group *g = &f->p->group.item[k];
    tad_c_put(&f->to, "{\n");
    each_value(f, g, put_variable, "");
    put_loops(f, g);
    tad_c_put(&f->to, "}\n");
}
