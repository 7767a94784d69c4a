/* The text of functions that programs written as C may need; written by parts.py. Rests on
 * nothing. */
#ifndef TAD_KERNEL_PARTS_H
#define TAD_KERNEL_PARTS_H

#include <stddef.h>
#include <stdint.h>

/* Parts are in an order in which each comes after those that it needs. Texts are positions in one
 * array. */
typedef struct tad__part {
    const uint16_t *needs; /* how many; which */
    uint32_t text;
} tad__part;

/* In alphabetical order. */
typedef struct tad__part_name {
    uint32_t name;
    uint16_t part;
} tad__part_name;

extern const char tad__part_text[];
extern const tad__part tad__parts[];
extern const tad__part_name tad__part_names[];
extern const size_t tad__part_count, tad__part_name_count;

#endif
