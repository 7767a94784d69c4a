/* How operands of rows meet the elements of a group, in lines that are repeated or have an element
 * each. Rests on program.h. */
#ifndef TAD_PROGRAM_LINES_H
#define TAD_PROGRAM_LINES_H

#include "program.h"

/* Of the operands of one row. */
typedef struct tad__ways {
    uint8_t how[3];  /* tad__how */
    int8_t single;   /* the operand that is SINGLE; -1: none */
    uint32_t spread; /* how many are spread out */
    int64_t line;    /* elements of a line; 0: none needs lines */
} tad__ways;

/* out: the row's result, contiguous; in: NULL for a number. False: they cannot. */
bool tad__ways_of(tad__ways *w, const tad_array *out, const tad_array *const *in, size_t n);

/* An operand on its way into the strip that it fills. */
typedef struct tad__spread {
    tad__how how;
    const char *from;
    char *to;
} tad__spread;

/* Elements of a strip with lines as whole as they fit; any multiple of it is where a strip may
 * begin.
 */
size_t tad__whole_strip(const tad__row_group *g);
/* How many elements from element i on make the next strip: whole lines, or a piece of one. */
size_t tad__strip_length(const tad__row_group *g, size_t i);
/* Before the first strip: what is the same for all. */
void tad__spread_once(const tad__kernels *k, const tad__row_group *g, const tad__spread *s);
/* Before the strip of n elements from element i on. */
void tad__spread_on(const tad__kernels *k, const tad__row_group *g, const tad__spread *s, size_t i,
                    size_t n);

#endif
