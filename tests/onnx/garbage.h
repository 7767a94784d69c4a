/* Damaged files: the reader must end on all of them, and read nothing outside. Rests on model.h. */
#ifndef ONNX_GARBAGE_H
#define ONNX_GARBAGE_H

#include "wire.h"

/* Reads the bytes as a model and as a tensor: cut off at every length, and with each byte changed.
 * Every copy is a block of memory of its own size, so that sanitizers see a step beyond it. Gives
 * the number of copies; 0: out of memory, or no bytes. */
size_t read_damaged(wire_bytes bytes);

#endif
