/* What a program says of itself. Rests on program.h. */
#include "program.h"

static const tad__named_type *at(const tad__named_type *list, size_t n, size_t k) {
    static const tad__named_type none = {.type = {TAD_DTYPE_COUNT, {-1, {0}}}, .name = ""};
    return k < n ? &list[k] : &none;
}

static const tad__named_type *in_at(const tad_program *p, size_t k) {
    return at(p ? p->in : NULL, tad_program_n_in(p), k);
}
static const tad__named_type *out_at(const tad_program *p, size_t k) {
    return at(p ? p->out : NULL, tad_program_n_out(p), k);
}

size_t tad_program_n_in(const tad_program *p) { return p ? p->n_in : 0; }
size_t tad_program_n_out(const tad_program *p) { return p ? p->n_out : 0; }
tad_type tad_program_in_type(const tad_program *p, size_t k) { return in_at(p, k)->type; }
tad_type tad_program_out_type(const tad_program *p, size_t k) { return out_at(p, k)->type; }
const char *tad_program_in_name(const tad_program *p, size_t k) { return in_at(p, k)->name; }
const char *tad_program_out_name(const tad_program *p, size_t k) { return out_at(p, k)->name; }
tad_program_info tad_program_info_of(const tad_program *p) {
    return p ? p->info : (tad_program_info){0};
}
