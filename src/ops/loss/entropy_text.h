/* Labels as C: what the text of cross_entropy, nll_loss and shares has in common. Rests on
 * entropy.h and array/c_text.h. */
#ifndef TAD_OPS_LOSS_ENTROPY_TEXT_H
#define TAD_OPS_LOSS_ENTROPY_TEXT_H

#include "array/c_text.h"
#include "array/view.h"

#include "entropy.h"

/* Labels that are an operand; those that are `ignore` do not count. */
typedef struct tad__c_labels {
    const tad_array *array;
    int operand;
    int64_t classes, ignore;
} tad__c_labels;

/* Ends the run where a label is no class. */
void tad__c_check_labels(tad_c *to, const tad__c_labels *labels);
/* The variable `weight`: the sum of the weights, operand 2, of the labels that count. NULL: ones.
 */
void tad__c_put_weight(tad_c *to, const tad__c_labels *labels, const tad_array *weights);

/* The losses of one call, or their gradients, as they are written. The loop has the targets, what
 * lies at the first class of each position of x, and up to two more arrays. */
typedef struct tad__c_losses {
    tad_c *to;
    const tad__entropy_options *options;
    const tad_array *x, *target, *weights;
    bool has_labels, by_weight; /* the sum of all is divided by `weight` */
    tad__c_labels labels;
    unsigned dtype;
    size_t rows;
    int64_t n, step; /* classes; how far they are apart in x */
    tad__loop loop;
} tad__c_losses;

/* Whether a label alone counts. */
static inline bool tad__label_is_all(const tad__c_losses *l) {
    return l->has_labels && l->options->label_smoothing == 0;
}

/* Writes the checks, and `weight` where it divides; what is left is from here to the end. more: n
 * arrays with an element for each position. */
void tad__c_begin_losses(tad__c_losses *l, const tad_call_frame *c, tad_c *to,
                         const tad_array *const *more, int n);
/* The same of a loss; whether each is a result, which is in the loop then. */
bool tad__c_begin_loss(tad__c_losses *l, const tad_call_frame *c, tad_c *to);
/* Opens the loop; the variable `label`. */
void tad__c_open_losses(tad__c_losses *l);
/* The variable q: what each class counts for, but for what a label adds. */
void tad__c_put_portions(const tad__c_losses *l);
/* out0[0], from an expression for the sum of all. */
void tad__c_put_reduced(tad__c_losses *l, const char *total);

/* The array at the first of an axis: without that. */
const tad_array *tad__without_axis(tad__header *h, const tad_array *a, int axis);

#endif
