/* Whether anything that was recorded leads from inputs to a result. Rests on inspect.h and
 * workspace.h.
 */
#include "reach.h"

#include <tad/inspect.h>

static bool leads_on(tad_tape *t, const bool *depends, size_t i) {
    tad_var x = tad_node_at(t, i);
    for (size_t k = 0; k < tad_node_parent_count(x); k++) {
        size_t parent = tad_node_index(tad_node_parent(x, k));
        if (parent != SIZE_MAX && depends[parent]) return true;
    }
    return false;
}

bool tad__leads_to(tad__workspace *workspace, const tad_var *in, size_t n, tad_var y) {
    tad_tape *t = workspace->tape;
    size_t last = tad_tape_of(y) == t ? tad_node_index(y) : SIZE_MAX;
    if (last == SIZE_MAX) return false;
    bool *depends = tad__take(workspace, last + 1, sizeof *depends);
    if (!depends) return true;
    for (size_t i = 0; i < n; i++) {
        size_t from = tad_node_index(in[i]);
        if (from <= last) depends[from] = true;
    }
    for (size_t i = 0; i <= last; i++) depends[i] = depends[i] || leads_on(t, depends, i);
    return depends[last];
}
