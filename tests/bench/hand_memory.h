/* Forward and backward passes of memory-bound ops as loops on buffers that are kept. */
#ifndef TAD_TESTS_HAND_MEMORY_H
#define TAD_TESTS_HAND_MEMORY_H

#include <stdint.h>

enum { ROWS = 1024, COLUMNS = 1024, ELEMENTS = ROWS * COLUMNS };

typedef struct hand_buffers {
    const float *x, *g;         /* input and cotangent, (ROWS, COLUMNS) */
    const float *weight, *bias; /* (COLUMNS) */
    const int64_t *labels;      /* (ROWS) */
    float *y, *dx;              /* output and its input's gradient, (ROWS, COLUMNS) */
    float *dweight, *dbias;     /* (COLUMNS) */
    float result;
} hand_buffers;

void hand_sigmoid(hand_buffers *b);
void hand_relu(hand_buffers *b);
void hand_layer_norm(hand_buffers *b);
void hand_cross_entropy(hand_buffers *b);
void hand_bias(hand_buffers *b);
void hand_sum(hand_buffers *b);
/* Ten elementwise ops on x and g, which is the cotangent too: all in one loop. */
void hand_ten(hand_buffers *b);
/* The same and the mean of the result, or of each row; its gradient. */
void hand_ten_mean(hand_buffers *b);
void hand_ten_rows(hand_buffers *b);

#endif
