/* tad_program_c: a program as a file of C and its header. Rests on c_file.h. */
#include "c_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/parts.h"

/* ---- what can be refused ---- */

tad_status tad__c_refuse(const tad_c_options *o, tad_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (o && o->message && o->message_size) vsnprintf(o->message, o->message_size, format, args);
    va_end(args);
    return code;
}

/* Names that the file gives to what is in it, numbered. */
static bool is_numbered(const char *name) {
    static const char *const begun[] = {"call_", "constant_", "copy_", "group_",
                                        "list_", "numbers_",  "part_", "rolled_",
                                        "draw_", "shared_",   "lanes_"};
    bool numbered = false;
    for (size_t k = 0; k < sizeof begun / sizeof *begun; k++) {
        const size_t n = strlen(begun[k]);
        numbered |= strncmp(name, begun[k], n) == 0 && name[n] >= '0' && name[n] <= '9';
    }
    return numbered;
}

static bool is_among(const char *name, const char *const *list, size_t n) {
    bool among = false;
    for (size_t k = 0; k < n; k++) among |= strcmp(name, list[k]) == 0;
    return among;
}

/* Words of C, and the function that is another in every program. */
static bool is_keyword(const char *name) {
    static const char *const words[] = {
        "auto",   "break",    "case",   "char",   "const",    "continue",  "default", "do",
        "double", "else",     "enum",   "extern", "float",    "for",       "goto",    "if",
        "inline", "int",      "long",   "main",   "register", "restrict",  "return",  "short",
        "signed", "sizeof",   "static", "struct", "switch",   "typedef",   "union",   "unsigned",
        "void",   "volatile", "while",  "_Bool",  "_Complex", "_Imaginary"};
    return is_among(name, words, sizeof words / sizeof *words);
}

static bool is_taken(const char *name) {
    static const char *const whole[] = {"set_numbers", "write_outputs", "places", "casadi_bring",
                                        "casadi_give"};
    return is_numbered(name) || tad__c_is_part(name) || is_keyword(name) ||
           is_among(name, whole, sizeof whole / sizeof *whole);
}

/* ---- lists of parameters ---- */

static bool is_plain_number(const tad__named_type *t) {
    return !tad__is_array_ref(t->value) && !*t->name;
}

/* Numbers in a row, without names of their own, are one parameter. */
static void find_parameters(tad__c_list *list, size_t from, size_t n) {
    for (size_t k = from; k < n;) {
        tad__c_parameter *p = &list->parameter[list->n++];
        *p = (tad__c_parameter){k++, 1};
        if (!is_plain_number(&list->type[p->first])) continue;
        for (; k < n && is_plain_number(&list->type[k]); k++) p->count++;
    }
}

/* As many parameters as another list has, of as many values each, for the values from there on. */
static void find_alike(tad__c_list *list, size_t from, const tad__c_parameter *like, size_t n) {
    for (size_t k = 0; k < n; k++)
        list->parameter[list->n++] = (tad__c_parameter){from + like[k].first, like[k].count};
}

/* Tangents and gradients have parameters like what they are of, wherever numbers lie in a row. */
static void find_all_parameters(tad__c_file *f, size_t referred) {
    const tad_program *p = f->p;
    const bool forward = f->interface == TAD_C_CASADI_FORWARD,
               adjoint = f->interface == TAD_C_CASADI_ADJOINT;
    const size_t own = forward ? p->n_in / 2 : p->n_in - adjoint;
    find_parameters(&f->in, 0, own);
    f->own = f->in.n;
    if (forward) find_alike(&f->in, own, f->in.parameter, f->own);
    if (adjoint) find_parameters(&f->in, own, p->n_in);
    if (adjoint)
        find_alike(&f->out, 0, f->in.parameter, f->own);
    else
        find_parameters(&f->out, 0, p->n_out);
    find_parameters(&f->referred, 0, referred);
}

/* ---- memory ---- */

/* All of it is one piece. */
typedef struct needs {
    size_t parameters, referred, numbers, steps, parts, bytes;
} needs;

static bool count_needs(const tad_program *p, needs *n) {
    size_t a, b, c;
    n->referred = p->parameter.count;
    n->parameters = p->n_in + p->n_out + n->referred;
    n->numbers = p->slots;
    n->steps = p->number.count;
    n->parts = tad__part_count;
    return tad__mul(n->parameters, sizeof(tad__c_parameter), &a) &&
           tad__mul(n->numbers, 4 * sizeof(uint32_t) + 2, &b) && tad__mul(n->steps, 2, &c) &&
           tad__sum(c, n->parts, &c) && tad__sum(a, b, &a) && tad__sum(a, c, &a) &&
           tad__sum(a, 1, &a) && tad__mul(n->referred, sizeof(tad__named_type), &b) &&
           tad__sum(a, b, &n->bytes);
}

static void describe_referred(const tad_program *p, tad__named_type *to) {
    for (size_t k = 0; k < p->parameter.count; k++) {
        const tad__parameter *from = &p->parameter.item[k];
        to[k] = (tad__named_type){.type.dtype = TAD_F64, .value = from->value, .name = from->name};
        if (!tad__is_array_ref(from->value)) continue;
        const tad_array *a = &p->array.item[tad__position(from->value)].array;
        to[k].type = (tad_type){(tad_dtype)a->dtype, tad__shape_of(a)};
    }
}

static void set_up(tad__c_file *f, const needs *n, char *memory) {
    const tad_program *p = f->p;
    memset(memory, 0, n->bytes);
    tad__named_type *referred = (tad__named_type *)(void *)memory;
    describe_referred(p, referred);
    f->in = (tad__c_list){"in", p->in, (tad__c_parameter *)(void *)(referred + n->referred), 0};
    f->referred = (tad__c_list){"param", referred, f->in.parameter + p->n_in, 0};
    f->out = (tad__c_list){"out", p->out, f->referred.parameter + n->referred, 0};
    f->local = (uint32_t *)(void *)(f->out.parameter + p->n_out);
    f->constant = f->local + n->numbers;
    f->slot = f->constant + n->numbers;
    f->live = (uint8_t *)(f->slot + 2 * n->numbers);
    f->read = (bool *)(f->live + n->numbers);
    f->kept = f->read + n->numbers;
    f->begins = f->kept + n->steps;
    f->to.needed = f->begins + n->steps;
    find_all_parameters(f, n->referred);
    for (size_t k = 0; k < p->constant.count; k++)
        if (p->constant.item[k].slot < n->numbers)
            f->constant[p->constant.item[k].slot] = (uint32_t)k + 1;
}

/* ---- the file ---- */

static void put_description(tad__c_file *f) {
    tad_c_put(&f->to,
              "/* Written by tad %d.%d; not to be changed. C99 and <math.h>, nothing else.\n"
              " * For the bits that tad gives: no fused products (gcc and clang:\n"
              " * -ffp-contract=off) and no -ffast-math. */\n",
              TAD_VERSION_MAJOR, TAD_VERSION_MINOR);
}

static void put_beginning(tad__c_file *f) {
    put_description(f);
    tad_c_put(&f->to, "#include <float.h>\n#include <math.h>\n#include <stddef.h>\n"
                      "#include <stdint.h>\n#include <string.h>\n\n");
    tad_c_put(&f->to,
              "enum {TAD_OK = %d, TAD_BAD_INDEX = %d, TAD_BRANCH = %d, TAD_SINGULAR = %d};\n\n",
              TAD_OK, TAD_BAD_INDEX, TAD_BRANCH, TAD_SINGULAR);
}

/* ---- constant arrays ---- */

void tad__c_element(tad_c *to, const tad_array *a, int64_t i) {
    switch (a->dtype) {
    case TAD_F64: tad__c_number(to, ((const double *)a->data)[i], TAD_F64); return;
    case TAD_F32: tad__c_number(to, (double)((const float *)a->data)[i], TAD_F32); return;
    case TAD_I64: tad__c_integer(to, ((const int64_t *)a->data)[i]); return;
    default: tad_c_put(to, "%d", ((const uint8_t *)a->data)[i]);
    }
}

static void put_constant_array(tad__c_file *f, uint32_t k) {
    enum { ON_A_LINE = 8 };
    const tad_array *a = &f->p->array.item[k].array;
    tad_c_put(&f->to, "static const %s constant_%u[%lld] = {\n", tad__c_type(a->dtype), k,
              (long long)(a->size ? a->size : 1));
    for (int64_t i = 0; i < a->size; i++) {
        tad__c_element(&f->to, a, i);
        tad_c_put(&f->to, (i + 1) % ON_A_LINE && i + 1 < a->size ? ", " : ",\n");
    }
    tad_c_put(&f->to, a->size ? "};\n\n" : "0};\n\n");
}

void tad__c_put_constant_arrays(tad__c_file *f) {
    for (uint32_t k = 0; k < f->p->array.count; k++)
        if (f->p->array.item[k].home == TAD__STORED && f->p->array.item[k].root == k)
            put_constant_array(f, k);
}

/* ---- all of it ---- */

static void put_body(tad__c_file *f) {
    tad__c_put_steps(f);
    if (f->steps) {
        tad__c_put_steps_alone(f);
        tad__c_put_lanes(f);
    } else {
        tad__c_put_function(f);
    }
    if (f->interface != TAD_C_PLAIN) tad__c_put_casadi(f);
}

static tad_status put_file(tad__c_file *f, const tad_c_options *o) {
    f->to.silent = true;
    put_body(f); /* which parts it needs, and whether it can be written */
    if (f->to.failed) return TAD_OK;
    if (f->lacks)
        return tad__c_refuse(o, TAD_UNSUPPORTED, "program as C: %s cannot be written as C",
                             f->lacks);
    f->to.silent = false;
    put_beginning(f);
    tad__c_put_parts(&f->to);
    tad_c_put(&f->to, "\n");
    tad__c_put_constant_arrays(f);
    tad__c_put_places(f);
    tad__c_put_run(f);
    put_body(f);
    return TAD_OK;
}

/* ---- the header ---- */

/* A name that is none of C; not one that could end the comment. */
static void put_other_name(tad__c_file *f, const tad__c_list *list, size_t k) {
    const char *name = list->type[list->parameter[k].first].name;
    const size_t length = strlen(name);
    bool plain = length > 0 && length < 60;
    for (const char *c = name; *c; c++) plain &= *c >= ' ' && *c <= '~' && *c != '*' && *c != '\\';
    if (plain && !tad__c_is_word(name)) tad_c_put(&f->to, ", called %s", name);
    tad_c_put(&f->to, "\n");
}

static void put_types(tad__c_file *f, const tad__c_list *list) {
    char text[160];
    for (size_t k = 0; k < list->n; k++) {
        const tad__c_parameter *p = &list->parameter[k];
        const tad_type *type = &list->type[p->first].type;
        tad_c_put(&f->to, " *   ");
        tad__c_put_name(f, list, k);
        tad_c_put(&f->to, ": %s", tad_dtype_name(type->dtype));
        if (p->count > 1)
            tad_c_put(&f->to, ", %zu numbers", p->count);
        else
            tad_c_put(&f->to, " %s", tad__shape_text(&type->shape, text, sizeof text));
        put_other_name(f, list, k);
    }
}

static void put_header(tad__c_file *f) {
    put_description(f);
    tad_c_put(&f->to, "#ifndef %s%s_H\n#define %s%s_H\n\n#include <stdint.h>\n\n", f->before,
              f->name, f->before, f->name);
    tad_c_put(&f->to, "#ifdef __cplusplus\nextern \"C\" {\n");
    f->to.depth = 0;
    tad_c_put(&f->to, "#endif\n\n/* Computes\n");
    put_types(f, &f->out);
    tad_c_put(&f->to, " * from\n");
    put_types(f, &f->in);
    put_types(f, &f->referred);
    if (tad__c_draws(f))
        tad_c_put(&f->to,
                  " *   random: the seed of random numbers, and how many were drawn: afterwards "
                  "%llu more\n",
                  (unsigned long long)f->p->draws);
    tad_c_put(
        &f->to,
        " * all in row-major order. work: %s%s%s_WORK bytes, aligned as a double, for the time of\n"
        " * the call, whatever they hold. Outputs are written last, so that their memory may\n"
        " * be that of inputs; they must not overlap each other.\n",
        f->before, f->name, f->after);
    tad_c_put(
        &f->to,
        " * Returns 0; or, with the outputs as they were, %d where a decision came out "
        "otherwise than\n"
        " * when this was recorded, %d for an index out of range, %d for a singular matrix. */\n",
        TAD_BRANCH, TAD_BAD_INDEX, TAD_SINGULAR);
    tad_c_put(&f->to, "#define %s%s%s_WORK %zu\n", f->before, f->name, f->after, tad__c_work(f));
    tad__c_put_head(f);
    tad_c_put(&f->to, ";\n");
    if (f->interface != TAD_C_PLAIN) tad__c_put_casadi_heads(f);
    tad_c_put(&f->to, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

/* ---- what is called ---- */

static tad_status check(const tad_program *p, const tad_c_options *o, const char *name) {
    if (!tad__c_is_word(name) || (*name >= '0' && *name <= '9') || is_taken(name))
        return tad__c_refuse(o, TAD_BAD_ARGUMENT,
                             "program as C: \"%.60s\" cannot name the function", name);
    if (o->interface == TAD_C_PLAIN) return TAD_OK;
    if (o->steps || (unsigned)o->interface > TAD_C_CASADI_ADJOINT)
        return tad__c_refuse(o, TAD_BAD_ARGUMENT, "program as C: %s",
                             o->steps ? "steps have no interface" : "no such interface");
    return tad__c_fits_casadi(p, o);
}

/* What stands before the function's name. */
static const char *before_name(tad_c_interface interface) {
    switch (interface) {
    case TAD_C_CASADI_JACOBIAN: return "jac_";
    case TAD_C_CASADI_FORWARD: return "fwd1_";
    case TAD_C_CASADI_ADJOINT: return "adj1_";
    default: return "";
    }
}

static tad_status write(const tad_program *p, const tad_c_options *o, tad_sink *sink, void *user,
                        bool header) {
    static const tad_c_options standard = {0};
    needs n;
    if (!p || !sink)
        return tad__c_refuse(o, TAD_BAD_ARGUMENT, "program as C: no program or no sink");
    if (!o) o = &standard;
    tad__c_file f = {.p = p,
                     .before = before_name(o->interface),
                     .name = o->name ? o->name : "program",
                     .after = o->interface == TAD_C_PLAIN ? "" : "_plain",
                     .interface = o->interface,
                     .steps = o->steps,
                     .each = o->each,
                     .to.text = {.sink = sink, .user = user}};
    tad_status status = check(p, o, f.name);
    if (status != TAD_OK) return status;
    const tad_allocator *a = &p->memory.allocator;
    char *memory = count_needs(p, &n) ? a->resize(a->user, NULL, 0, n.bytes) : NULL;
    if (!memory) return tad__c_refuse(o, TAD_NO_MEMORY, "program as C: no memory");
    set_up(&f, &n, memory);
    if (header)
        put_header(&f);
    else
        status = put_file(&f, o);
    a->resize(a->user, memory, n.bytes, 0);
    if (status == TAD_OK && f.to.failed)
        return tad__c_refuse(o, TAD_UNSUPPORTED, "program as C: a text of an op is too long");
    if (status == TAD_OK && f.to.text.stopped)
        return tad__c_refuse(o, TAD_IO, "program as C: the text could not be written");
    return status;
}

void tad_program_set_steps(tad_program *p, tad_steps *steps, tad_release *release, void *owner) {
    if (!p) return;
    if (p->release) p->release(p->owner);
    p->compiled = steps;
    p->release = steps ? release : NULL;
    p->owner = owner;
    tad_program_set_lanes(p, NULL, NULL);
}

void tad_program_set_lanes(tad_program *p, tad_lane_steps *steps, const unsigned char *each) {
    if (!p) return;
    p->compiled_lanes = each ? steps : NULL;
    p->compiled_each = each;
}

tad_status tad_program_c(const tad_program *p, const tad_c_options *options, tad_sink *sink,
                         void *user) {
    return write(p, options, sink, user, false);
}

tad_status tad_program_c_header(const tad_program *p, const tad_c_options *options, tad_sink *sink,
                                void *user) {
    return write(p, options, sink, user, true);
}
