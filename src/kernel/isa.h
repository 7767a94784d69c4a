/* Which instruction-set level this translation unit is compiled for.
 *
 * The files of this folder that hold numeric loops are compiled once per level, with TAD_ISA set to
 * base, avx2 or avx512 by the build. TAD_LEVEL(name) gives the level's own name of a function, so
 * that all levels live in one library; dispatch.c picks a table by CPU feature bits. */
#ifndef TAD_KERNEL_ISA_H
#define TAD_KERNEL_ISA_H

#include <float.h>

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* of _Float16 alone */
#error "tad needs float and double computed as such: -msse2 -mfpmath=sse on 32-bit x86"
#endif

#ifndef TAD_ISA
#define TAD_ISA base
#endif

/* Before a loop that writes no element that a later turn reads: compilers do not see it where
 * pointers come from arrays of pointers, and would add a loop for arrays that overlap. (clang has a
 * word for it too, but warns of each loop that it then leaves as it is.) */
#if defined(__GNUC__) && !defined(__clang__)
#define TAD_TURNS_APART _Pragma("GCC ivdep")
#else
#define TAD_TURNS_APART
#endif

#define TAD_PASTE_(a, b) a##_##b
#define TAD_PASTE(a, b) TAD_PASTE_(a, b)
#define TAD_LEVEL(name) TAD_PASTE(name, TAD_ISA)

/* Bytes of the widest vector register of this level. */
#if defined(__AVX512F__)
#define TAD_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define TAD_VECTOR_BYTES 32
#else
#define TAD_VECTOR_BYTES 16
#endif

#endif
