/* Running a group: its rows over one strip after the other, which stays in the nearest cache. Rests
 * on workspace.h. */
#include "workspace.h"

static const char *address_of(const tad_workspace *w, tad__ref r) {
    return tad__is_array_ref(r) ? w->array[tad__position(r)].data : (const char *)&w->number[r];
}

static bool moves(const tad_workspace *w, tad__ref r) {
    return tad__is_array_ref(r) && w->p->array.item[tad__position(r)].home != TAD__STRIP;
}

static tad__row_forward *kernel_of(const tad_workspace *w, const tad__fused_row *row,
                                   tad_dtype dtype) {
    const tad__row_kernels *k = &w->p->kernels->row[row->row];
    return row->single < 0 ? k->forward[dtype] : k->forward_single[row->single][dtype];
}

static void make_ready(tad_workspace *w, const tad__row_group *g) {
    for (uint32_t i = 0; i < g->count; i++) {
        const tad__fused_row *row = &w->p->fused.item[g->first + i];
        tad__ready_row *r = &w->ready[i];
        r->f = kernel_of(w, row, g->dtype);
        r->options = row->options ? row->options : tad__no_options;
        for (int k = 0; k < row->n_in; k++) {
            r->in[k] = address_of(w, row->in[k]);
            r->in_moves[k] = k != row->single && moves(w, row->in[k]);
        }
        r->out = (char *)(uintptr_t)address_of(w, row->out);
        r->out_moves = moves(w, row->out);
    }
}

static void run_strip(const tad__ready_row *ready, size_t rows, size_t at, size_t n) {
    for (const tad__ready_row *r = ready; r < ready + rows; r++) {
        const void *in[3];
        for (int k = 0; k < 3; k++) in[k] = r->in_moves[k] ? r->in[k] + at : r->in[k];
        r->f(n, in, r->out_moves ? r->out + at : r->out, r->options);
    }
}

void tad__run_group(tad_workspace *w, const tad__row_group *g) {
    const size_t width = tad__width(g->dtype), most = TAD__STRIP_BYTES / width,
                 size = (size_t)g->size;
    make_ready(w, g);
    for (size_t i = 0; i < size; i += most)
        run_strip(w->ready, g->count, i * width, tad__min(most, size - i));
}
