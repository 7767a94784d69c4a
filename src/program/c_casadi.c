/* CasADi's external interface to a program as C: functions beside the plain one, which does the
 * work. Rests on c_file.h.
 *
 * An argument of CasADi's is a parameter of the plain function. What goes in and out is copied
 * between CasADi's order, by columns, and ours, by rows; the copies lie in CasADi's work vector,
 * behind the plain function's memory. */
#include "c_file.h"

#include <string.h>

/* ---- matrices ---- */

typedef struct matrix {
    int64_t rows, columns;
} matrix;

static int64_t elements(matrix m) { return m.rows * m.columns; }

/* A vector is a column. */
static matrix matrix_of(const tad_shape *s) {
    return (matrix){s->rank > 0 ? s->dim[0] : 1, s->rank > 1 ? s->dim[1] : 1};
}

static matrix matrix_at(const tad__c_list *list, size_t k) {
    const tad__c_parameter *p = &list->parameter[k];
    if (p->count > 1) return (matrix){(int64_t)p->count, 1};
    return matrix_of(&list->type[p->first].type.shape);
}

static bool is_jacobian(const tad__c_file *f) { return f->interface == TAD_C_CASADI_JACOBIAN; }

/* What the function itself gives, of which this is a derivative. */
static matrix y_of(const tad__c_file *f) {
    tad_shape y;
    if (f->interface == TAD_C_CASADI_FORWARD) return matrix_at(&f->out, 0);
    if (f->interface == TAD_C_CASADI_ADJOINT) return matrix_at(&f->in, f->own);
    tad__c_differentiated(&f->p->out[0].type.shape, &f->p->in[0].type.shape, &y);
    return matrix_of(&y);
}

/* Results have as many parameters as there are outputs; Jacobians as there are inputs. */
static size_t result_count(const tad__c_file *f) { return is_jacobian(f) ? f->in.n : f->out.n; }
static matrix result_at(const tad__c_file *f, size_t k) {
    if (!is_jacobian(f)) return matrix_at(&f->out, k);
    return (matrix){elements(y_of(f)), elements(matrix_at(&f->in, k))};
}

/* ---- names ---- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* i0, o12: what those without a name are called. */
static bool is_position(const char *name) {
    return (*name == 'i' || *name == 'o') && name[1] &&
           strspn(name + 1, "0123456789") == strlen(name + 1);
}

static bool is_allowed(const char *name) {
    static const char *const kept[] = {"null", "jac", "hess"};
    bool allowed =
        tad__c_is_word(name) && is_letter(*name) && !strstr(name, "__") && !is_position(name);
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) allowed &= strcmp(name, kept[k]) != 0;
    return allowed;
}

static size_t times_used(const tad__c_list *list, const char *name) {
    size_t n = 0;
    for (size_t k = 0; k < list->n; k++)
        n += list->parameter[k].count == 1 &&
             strcmp(list->type[list->parameter[k].first].name, name) == 0;
    return n;
}

static void put_name(tad__c_file *f, const tad__c_list *list, size_t k) {
    const tad__c_parameter *p = &list->parameter[k];
    const char *name = list->type[p->first].name;
    const bool fits = p->count == 1 && is_allowed(name) &&
                      times_used(&f->in, name) + times_used(&f->out, name) == 1;
    if (fits)
        tad_c_put(&f->to, "\"%s\"", name);
    else
        tad_c_put(&f->to, "\"%c%zu\"", *list->what, k);
}

/* ---- the functions around the call ---- */

static void put_zero(tad__c_file *f) { tad_c_put(&f->to, "return 0;\n"); }
static void put_zero_of(tad__c_file *f) { tad_c_put(&f->to, "(void)i;\nreturn 0;\n"); }
static void put_memory(tad__c_file *f) { tad_c_put(&f->to, "(void)mem;\nreturn 0;\n"); }
static void put_no_memory(tad__c_file *f) { tad_c_put(&f->to, "(void)mem;\n"); }
static void put_nothing(tad__c_file *f) { (void)f; }

/* A derivative takes y too, behind the function's own arguments: CasADi has computed it before,
 * and nothing of it is read. */
static bool takes_y(const tad__c_file *f) { return f->interface != TAD_C_CASADI; }
static size_t argument_count(const tad__c_file *f) { return f->in.n + takes_y(f); }
static size_t argument_of(const tad__c_file *f, size_t parameter) {
    return parameter + (takes_y(f) && parameter >= f->own);
}

static void put_n_in(tad__c_file *f) { tad_c_put(&f->to, "return %zu;\n", argument_count(f)); }
static void put_n_out(tad__c_file *f) { tad_c_put(&f->to, "return %zu;\n", result_count(f)); }

/* Ends a table; one element is too many, since C has no empty ones. */
static void put_choice(tad__c_file *f, const char *table, const char *last, size_t n) {
    tad_c_put(&f->to, "%s};\nreturn i >= 0 && i < %zu ? %s[i] : NULL;\n", last, n, table);
}

/* A tangent is called after its input, a cotangent after y. */
static void put_name_in(tad__c_file *f) {
    tad_c_put(&f->to, "static const char *const name[] = {\n");
    for (size_t k = 0; k < f->own; k++) {
        put_name(f, &f->in, k);
        tad_c_put(&f->to, ",\n");
    }
    if (takes_y(f)) tad_c_put(&f->to, "\"out_o0\",\n");
    if (f->interface == TAD_C_CASADI_ADJOINT) tad_c_put(&f->to, "\"adj_o0\",\n");
    for (size_t k = 0; k < f->own && f->interface == TAD_C_CASADI_FORWARD; k++) {
        tad_c_put(&f->to, "\"fwd_\" ");
        put_name(f, &f->in, k);
        tad_c_put(&f->to, ",\n");
    }
    put_choice(f, "name", "NULL", argument_count(f));
}

/* A Jacobian and a gradient are called after the input. */
static void put_result_name(tad__c_file *f, size_t k) {
    switch (f->interface) {
    case TAD_C_CASADI_FORWARD: tad_c_put(&f->to, "\"fwd_o0\""); return;
    case TAD_C_CASADI_JACOBIAN: tad_c_put(&f->to, "\"jac_o0_\" "); break;
    case TAD_C_CASADI_ADJOINT: tad_c_put(&f->to, "\"adj_\" "); break;
    default: put_name(f, &f->out, k); return;
    }
    put_name(f, &f->in, k);
}

static void put_name_out(tad__c_file *f) {
    tad_c_put(&f->to, "static const char *const name[] = {\n");
    for (size_t k = 0; k < result_count(f); k++) {
        put_result_name(f, k);
        tad_c_put(&f->to, ",\n");
    }
    put_choice(f, "name", "NULL", result_count(f));
}

/* Rows, columns, and a 1 for: dense. */
static void put_dense(tad__c_file *f, matrix m) {
    tad_c_put(&f->to, "{%lld, %lld, 1},\n", (long long)m.rows, (long long)m.columns);
}

static void put_sparsity_in(tad__c_file *f) {
    if (takes_y(f)) { /* no element of y: where each column begins, all at 0 */
        const matrix y = y_of(f);
        tad_c_put(&f->to, "static const long long int empty[%lld] = {%lld, %lld};\n",
                  (long long)y.columns + 3, (long long)y.rows, (long long)y.columns);
        tad_c_put(&f->to, "if (i == %zu) return empty;\n", f->own);
        tad_c_put(&f->to, "if (i > %zu) i--;\n", f->own);
    }
    tad_c_put(&f->to, "static const long long int dense[][3] = {\n");
    for (size_t k = 0; k < f->in.n; k++) put_dense(f, matrix_at(&f->in, k));
    put_choice(f, "dense", "{0}", f->in.n);
}

static void put_sparsity_out(tad__c_file *f) {
    tad_c_put(&f->to, "static const long long int dense[][3] = {\n");
    for (size_t k = 0; k < result_count(f); k++) put_dense(f, result_at(f, k));
    put_choice(f, "dense", "{0}", result_count(f));
}

/* ---- the call ---- */

/* The work vector in doubles: the plain function's memory, then its arguments, then its results. */
static size_t plain_work(const tad__c_file *f) {
    return (tad__c_work(f) + sizeof(double) - 1) / sizeof(double);
}

static size_t parameter_size(const tad__c_list *list, size_t k) {
    const tad__c_parameter *p = &list->parameter[k];
    return p->count > 1 ? p->count : tad__type_bytes(&list->type[p->first].type) / sizeof(double);
}

static size_t list_work(const tad__c_list *list) {
    size_t n = 0;
    for (size_t k = 0; k < list->n; k++) n += parameter_size(list, k);
    return n;
}

static void put_work(tad__c_file *f) {
    tad_c_put(&f->to,
              "if (sz_arg) *sz_arg = %zu;\nif (sz_res) *sz_res = %zu;\nif (sz_iw) *sz_iw = 0;\n"
              "if (sz_w) *sz_w = %zu;\nreturn 0;\n",
              argument_count(f), result_count(f),
              plain_work(f) + list_work(&f->in) + list_work(&f->out));
}

static void put_helpers(tad__c_file *f) {
    tad_c_put(&f->to, "/* From CasADi's order, by columns; NULL: zeros. */\n"
                      "static void casadi_bring(double *to, const double *from, ptrdiff_t rows,\n"
                      "    ptrdiff_t columns) {\n"
                      "for (ptrdiff_t i = 0; i < rows; i++)\n"
                      "    for (ptrdiff_t k = 0; k < columns; k++)\n"
                      "        to[i*columns + k] = from ? from[k*rows + i] : 0;\n"
                      "}\n\n");
    tad_c_put(&f->to,
              "/* To CasADi's order: a row for each element of a matrix (a, b), a column for each\n"
              " * of a matrix (c, d), both matrices by columns. */\n"
              "static void casadi_give(double *to, const double *from, ptrdiff_t a, ptrdiff_t b,\n"
              "    ptrdiff_t c, ptrdiff_t d) {\n"
              "for (ptrdiff_t i = 0; i < a; i++)\n"
              "    for (ptrdiff_t j = 0; j < b; j++)\n"
              "        for (ptrdiff_t k = 0; k < c; k++)\n"
              "            for (ptrdiff_t l = 0; l < d; l++)\n"
              "                to[(l*c + k)*a*b + j*a + i] = *from++;\n"
              "}\n\n");
}

static void bring_all(tad__c_file *f, size_t *at) {
    for (size_t k = 0; k < f->in.n; k++) {
        const matrix m = matrix_at(&f->in, k);
        tad_c_put(&f->to, "casadi_bring(w + %zu, arg[%zu], %lld, %lld);\n", *at, argument_of(f, k),
                  (long long)m.rows, (long long)m.columns);
        *at += (size_t)elements(m);
    }
}

/* The same list of copies as the plain function's parameters. */
static void put_copies(tad__c_file *f, const tad__c_list *list, size_t *at) {
    for (size_t k = 0; k < list->n; k++) {
        tad_c_put(&f->to, "w + %zu, ", *at);
        *at += parameter_size(list, k);
    }
}

static void give(tad__c_file *f, size_t result, int64_t first, size_t at, matrix y, matrix x) {
    tad_c_put(&f->to,
              "if (res[%zu]) casadi_give(res[%zu] + %lld, w + %zu, %lld, %lld, %lld, %lld);\n",
              result, result, (long long)(first * elements(y)), at, (long long)y.rows,
              (long long)y.columns, (long long)x.rows, (long long)x.columns);
}

static void give_values(tad__c_file *f, size_t at) {
    for (size_t k = 0; k < f->out.n; k++) {
        const matrix m = matrix_at(&f->out, k);
        give(f, k, 0, at, (matrix){m.rows, 1}, (matrix){m.columns, 1});
        at += parameter_size(&f->out, k);
    }
}

/* An input that is numbers in a row has a column for each, all in one parameter if these are
 * numbers too, else in one each. */
static void give_jacobians(tad__c_file *f, size_t at) {
    const matrix y = y_of(f);
    for (size_t k = 0; k < f->in.n; k++) {
        const size_t count = f->in.parameter[k].count;
        const int64_t rows = elements(y);
        const matrix x = matrix_at(&f->in, k);
        if (count == 1 || rows == 1)
            give(f, k, 0, at, y, x);
        else
            for (size_t i = 0; i < count; i++)
                give(f, k, (int64_t)i, at + i * (size_t)rows, y, (matrix){1, 1});
        at += (size_t)(rows * elements(x));
    }
}

static void put_call(tad__c_file *f) {
    size_t in = plain_work(f), copies = in;
    tad_c_put(&f->to, "(void)arg, (void)iw, (void)mem;\n");
    bring_all(f, &in);
    tad_c_put(&f->to, "const int status = %s%s%s(", f->before, f->name, f->after);
    put_copies(f, &f->in, &copies);
    put_copies(f, &f->out, &copies);
    tad_c_put(&f->to, "w);\nif (status) return status;\n");
    if (is_jacobian(f))
        give_jacobians(f, in);
    else
        give_values(f, in);
    put_zero(f);
}

/* ---- all of them ---- */

typedef struct function {
    const char *type, *what, *parameters; /* what: behind the name */
    void (*put_body)(tad__c_file *f);
} function;
static const function functions[] = {
    {"int ", "_alloc_mem", "void", put_zero},
    {"int ", "_init_mem", "int mem", put_memory},
    {"void ", "_free_mem", "int mem", put_no_memory},
    {"int ", "_checkout", "void", put_zero},
    {"void ", "_release", "int mem", put_no_memory},
    {"void ", "_incref", "void", put_nothing},
    {"void ", "_decref", "void", put_nothing},
    {"long long int ", "_n_in", "void", put_n_in},
    {"long long int ", "_n_out", "void", put_n_out},
    {"double ", "_default_in", "long long int i", put_zero_of},
    {"const char *", "_name_in", "long long int i", put_name_in},
    {"const char *", "_name_out", "long long int i", put_name_out},
    {"const long long int *", "_sparsity_in", "long long int i", put_sparsity_in},
    {"const long long int *", "_sparsity_out", "long long int i", put_sparsity_out},
    {"int ", "_work",
     "long long int *sz_arg, long long int *sz_res,\n    long long int *sz_iw, long long int *sz_w",
     put_work},
    {"int ", "", "const double **arg, double **res, long long int *iw, double *w, int mem",
     put_call},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static void put_head(tad__c_file *f, const function *one) {
    tad_c_put(&f->to, "%s%s%s%s(%s)", one->type, f->before, f->name, one->what, one->parameters);
}

void tad__c_put_casadi(tad__c_file *f) {
    tad_c_put(&f->to, "\n/* CasADi's external interface. */\n\n");
    put_helpers(f);
    for (size_t k = 0; k < FUNCTIONS; k++) {
        put_head(f, &functions[k]);
        tad_c_put(&f->to, " {\n");
        functions[k].put_body(f);
        tad_c_put(&f->to, k + 1 < FUNCTIONS ? "}\n\n" : "}\n");
    }
}

void tad__c_put_casadi_heads(tad__c_file *f) {
    tad_c_put(&f->to, "\n/* CasADi's external interface to it. */\n");
    for (size_t k = 0; k < FUNCTIONS; k++) {
        put_head(f, &functions[k]);
        tad_c_put(&f->to, ";\n");
    }
}
