/* Options that several ops share, as tad_call fills them in. Rests on op.h. */
#ifndef TAD_OPS_OPTIONS_H
#define TAD_OPS_OPTIONS_H

#include <tad/op.h>

/* Of a reduction; squeeze passes over keepdims. */
typedef struct tad__reduce {
    tad_axes axis;
    bool keepdims;
} tad__reduce;

static inline tad__reduce tad__reduce_over(tad_axes over) {
    return (tad__reduce){over, over.keepdims};
}

typedef struct tad__along { /* one axis */
    int64_t axis;
    bool keepdims;
} tad__along;

typedef struct tad__at_axis {
    int64_t axis;
} tad__at_axis;

typedef struct tad__to_shape {
    tad_shape shape;
} tad__to_shape;

#endif
