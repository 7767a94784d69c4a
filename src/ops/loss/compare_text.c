/* The frame of losses that compare, as C. Rests on compare.h and loss_text.h. */
#include "compare.h"

#include "loss_text.h"

static const char *const parts[TAD__LOSS_KINDS] = {
    [TAD__LOSS_SQUARE] = "square_loss", [TAD__LOSS_ABSOLUTE] = "absolute_loss",
    [TAD__LOSS_SMOOTH] = "smooth_loss", [TAD__LOSS_HUBER] = "huber_loss",
    [TAD__LOSS_BCE] = "bce_loss",       [TAD__LOSS_BCE_LOGITS] = "bce_logits_loss",
    [TAD__LOSS_KL] = "kl_loss",         [TAD__LOSS_KL_LOG] = "kl_log_loss",
    [TAD__LOSS_HINGE] = "hinge_loss",
};

/* The loss as it is written: the loop has the result first, then the operands that there are. */
typedef struct compared {
    tad_c *to;
    const tad_call_frame *frame;
    tad__comparison how;
    unsigned dtype;
    tad__loop loop;
} compared;

/* "in2[i0]" */
static void put_operand(compared *l, size_t operand) {
    int k = 1;
    for (size_t i = 0; i < operand; i++) k += l->frame->in[i] != NULL;
    tad_c_put(l->to, "in%zu", operand);
    tad__c_at(l->to, &l->loop, k);
}

static bool has(const compared *l, size_t operand) {
    return operand < l->frame->n_in && l->frame->in[operand];
}

/* The loss of an element, with its weight. */
static void put_loss(compared *l) {
    if (l->how.factor != 1) {
        tad__c_number(l->to, l->how.factor, l->dtype);
        tad_c_put(l->to, " * ");
    }
    tad_c_put(l->to, "%s(", tad__c_part(l->to, parts[l->how.kind], l->dtype));
    put_operand(l, TAD__LOSS_X);
    tad_c_put(l->to, ", ");
    put_operand(l, TAD__LOSS_T);
    tad_c_put(l->to, ", ");
    if (has(l, TAD__LOSS_POSITIVE))
        put_operand(l, TAD__LOSS_POSITIVE);
    else
        tad_c_put(l->to, "1");
    tad_c_put(l->to, ", ");
    tad__c_number(l->to, l->how.p, l->dtype);
    tad_c_put(l->to, ")");
    if (has(l, TAD__LOSS_WEIGHT)) {
        tad_c_put(l->to, " * ");
        put_operand(l, TAD__LOSS_WEIGHT);
    }
    tad_c_put(l->to, ";\n");
}

/* Each loss is a result. */
static void put_each(compared *l) {
    tad__c_open_loop(l->to, &l->loop);
    tad_c_put(l->to, "out0");
    tad__c_at(l->to, &l->loop, 0);
    tad_c_put(l->to, " = ");
    put_loss(l);
    tad__c_close(l->to, &l->loop);
}

/* The innermost axis goes in runs, as many losses as the block has room for: vector code. */
static void put_runs(compared *l) {
    const int last = l->loop.rank - 1;
    const long long n = l->loop.dim[last];
    tad_c *to = l->to;
    tad_c_put(to, "for (ptrdiff_t from = 0, n; from < %lld; from += n) {\n", n);
    tad_c_put(to, "%s *to = block + sum.n;\n", tad__c_type(l->dtype));
    tad_c_put(to, "n = %s(&sum, %lld - from);\n", tad__c_part(to, "block_room", l->dtype), n);
    tad_c_put(to, "for (ptrdiff_t i%d = from; i%d < from + n; i%d++) {\nto[i%d - from] = ", last,
              last, last, last);
    put_loss(l);
    tad_c_put(to, "}\n%s(&sum, n);\n}\n", tad__c_part(to, "block_add", l->dtype));
}

static void put_sum(compared *l) {
    int64_t n;
    if (!tad__shape_size(&l->how.full, &n)) return;
    if (l->loop.rank == 0) {
        l->loop.rank = 1;
        l->loop.dim[0] = 1;
        for (int k = 0; k < l->loop.arrays; k++) l->loop.stride[k][0] = 0;
    }
    tad__c_put_block_sum(l->to, l->dtype, TAD__BLOCK, tad__split_size((size_t)n, TAD__GRAIN));
    tad__loop outer = l->loop;
    outer.rank--;
    tad__c_open_loop(l->to, &outer);
    put_runs(l);
    tad__c_close(l->to, &outer);
    tad__c_put_quotient(l->to, l->dtype, tad__c_block_total(l->to, l->dtype), l->how.divisor);
}

void tad__compare_c_text(const tad_call_frame *c, tad_c *to, const tad__loss *loss) {
    compared l = {.to = to,
                  .frame = c,
                  .how = tad__comparison_of(c, loss),
                  .dtype = c->in[TAD__LOSS_X]->dtype};
    const tad_array *array[1 + TAD__LOSS_INPUTS] = {c->out[0]};
    int n = 1;
    for (size_t i = 0; i < c->n_in; i++) {
        if (c->in[i])
            array[n++] = c->in[i];
        else
            tad_c_put(to, "(void)in%zu;\n", i);
    }
    tad__c_loop(&l.loop, &l.how.full, array, n);
    if (l.how.reduction == TAD_EACH)
        put_each(&l);
    else
        put_sum(&l);
}
