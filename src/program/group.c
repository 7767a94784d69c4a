/* Running a group: its rows over one strip after the other, which stays in the nearest cache. Rests
 * on workspace.h. */
#include "lines.h"
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

static char *strip_at(const tad_workspace *w, size_t strip) {
    return w->strips + strip * TAD__STRIP_BYTES;
}

/* Operand k comes out of a strip, if it is spread out; how many are so far. */
static size_t spread(const tad_workspace *w, const tad__fused_row *row, int k, tad__ready_row *r,
                     tad__spread *list, size_t count) {
    if (row->how[k] < TAD__FILLING) return count;
    char *to = strip_at(w, row->strip[k]);
    list[count] = (tad__spread){(tad__how)row->how[k], r->in[k], to};
    r->in[k] = to;
    r->in_moves[k] = false;
    return count + 1;
}

/* How many operands are spread out. */
static size_t make_ready(tad_workspace *w, const tad__row_group *g, tad__spread *list) {
    size_t count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const tad__fused_row *row = &w->p->fused.item[g->first + i];
        tad__ready_row *r = &w->ready[i];
        r->f = kernel_of(w, row, g->dtype);
        r->options = row->options ? row->options : tad__no_options;
        for (int k = 0; k < row->n_in; k++) {
            r->in[k] = address_of(w, row->in[k]);
            r->in_moves[k] = k != row->single && moves(w, row->in[k]);
            count = spread(w, row, k, r, list, count);
        }
        r->out = (char *)(uintptr_t)address_of(w, row->out);
        r->out_moves = moves(w, row->out);
    }
    return count;
}

static void run_strip(const tad__ready_row *ready, size_t rows, size_t at, size_t n) {
    for (const tad__ready_row *r = ready; r < ready + rows; r++) {
        const void *in[3];
        for (int k = 0; k < 3; k++) in[k] = r->in_moves[k] ? r->in[k] + at : r->in[k];
        r->f(n, in, r->out_moves ? r->out + at : r->out, r->options);
    }
}

void tad__run_group(tad_workspace *w, const tad__row_group *g) {
    const tad__kernels *k = w->p->kernels;
    const size_t width = tad__width(g->dtype), size = (size_t)g->size;
    tad__spread list[TAD__MOST_SPREAD];
    const size_t count = make_ready(w, g, list);
    for (size_t j = 0; j < count; j++) tad__spread_once(k, g, &list[j]);
    for (size_t i = 0, n; i < size; i += n) {
        n = tad__strip_length(g, i);
        for (size_t j = 0; j < count; j++) tad__spread_on(k, g, &list[j], i, n);
        run_strip(w->ready, g->count, i * width, n);
    }
}
