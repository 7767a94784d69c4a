/* What reads and writes of examples share. Rests on tad/data.h. */
#ifndef TAD_NN_DATASET_H
#define TAD_NN_DATASET_H

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

/* The tape that batches are made on. */
tad_tape *tad__batches_tape(const tad_batches *b);

/* Where example i of the set is among all that were read. */
static inline int64_t tad__example_at(const tad_dataset *d, int64_t i) {
    return d->pick ? d->pick[i] : i;
}

#endif
