/* Losses of classes. Rests on node.h. */
#include "rows.h"

/* The reduction and what is ignored, of both losses. */
static tad_var loss(node_run *r, const char *op, tad_var x) {
    const onnx_attribute *ignored = attribute(r, "ignore_index");
    const char *reduction = word(r, "reduction", "none", "mean")  ? "none"
                            : word(r, "reduction", "sum", "mean") ? "sum"
                                                                  : "mean";
    const tad_value with[] = {TEXT("reduction", reduction),
                              INT("ignore_index", ignored ? ignored->integer : 0)};
    return call(r, op, IN(x, input(r, 1), input(r, 2)), with, ignored ? 2 : 1);
}

void run_nll(node_run *r, const row *is) { r->out[0] = loss(r, is->op, input(r, 0)); }

void run_cross_entropy(node_run *r, const row *is) {
    r->out[0] = loss(r, is->op, input(r, 0));
    if (r->node->n_out > 1)
        r->out[1] = call(r, "log_softmax", IN(input(r, 0)), WITH(INT("axis", 1)));
}
