/* The text of functions that programs written as C may need; written by parts.py. Rests on
 * nothing. */
#ifndef TAD_KERNEL_PARTS_H
#define TAD_KERNEL_PARTS_H

#include <stddef.h>
#include <stdint.h>

/* Parts are in an order in which each comes after those that it needs. */
typedef struct tad__part {
    uint32_t text;  /* where its text begins */
    uint16_t needs; /* where there is: how many parts it needs; which */
    uint8_t type;   /* of two that share a text: TAD__PART_F64 or _F32 */
} tad__part;

/* In alphabetical order. */
typedef struct tad__part_name {
    uint32_t name;
    uint16_t part;
} tad__part_name;

/* Bytes of a text, which ends in a zero: up to 127 characters, but for these, after which comes
 * what is in the text of one type, or of both; above, pairs of bytes. */
enum { TAD__PART_F64 = 1, TAD__PART_F32, TAD__PART_BOTH };

extern const unsigned char tad__part_text[], tad__part_pairs[128][2];
extern const char tad__part_words[]; /* the names */
extern const uint16_t tad__part_needs[];
extern const tad__part tad__parts[];
extern const tad__part_name tad__part_names[];
extern const size_t tad__part_count, tad__part_name_count;

#endif
