/* What reading, writing and checkpoints share about safetensors. Rests on the tape and shapes. */
#ifndef TAD_SAFETENSORS_INTERNAL_H
#define TAD_SAFETENSORS_INTERNAL_H

#include <tad/safetensors.h>

#include "tape/tape.h"

#define TAD__METADATA "__metadata__"

enum {
    TAD__PREFIX = 8,                /* bytes of the header's length */
    TAD__LARGEST_HEADER = 100000000 /* as other readers have it */
};

/* The format's word for a dtype; NULL for no dtype. */
const char *tad__safetensors_word(tad_dtype dtype);
/* Whether the first n bytes at data are 0 or 1. */
bool tad__are_bools(const void *data, size_t n);
/* Fails when two names or two keys are equal; none may be NULL. `doing` begins the message. */
tad_status tad__check_distinct(tad_tape *t, const char *doing, const tad_contents *c);
/* tad_checkpoint_load with the file open; `path` is for messages. */
tad_status tad__checkpoint_resume(tad_tape *t, const tad_safetensors *file, const char *path,
                                  const tad_slot *slots, size_t n, bool partial);

#endif
