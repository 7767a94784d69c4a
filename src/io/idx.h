/* What data.c shares with idx.c: the element types of the IDX format. */
#ifndef TAD_IO_IDX_H
#define TAD_IO_IDX_H

#include <tad/data.h>

/* T(code, type in C, unsigned integer of its size) */
#define TAD__IDX_TYPES(T)                                                                          \
    T(TAD_IDX_U8, uint8_t, uint8_t)                                                                \
    T(TAD_IDX_I8, int8_t, uint8_t)                                                                 \
    T(TAD_IDX_I16, int16_t, uint16_t)                                                              \
    T(TAD_IDX_I32, int32_t, uint32_t)                                                              \
    T(TAD_IDX_F32, float, uint32_t)                                                                \
    T(TAD_IDX_F64, double, uint64_t)

size_t tad__idx_bytes(tad_idx_type type); /* of one element; 0: no such type */

#endif
