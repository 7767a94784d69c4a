/* The matrix-product kernels of one instruction-set level: gemm_body.h read once for each element
 * type. Relies on TAD_ISA and the matching machine flags, and on nothing of tad but gemm.h. */
#include "gemm.h"

#include <stdint.h>
#include <string.h>

#include "gemm_vector.h"

/* The register tile in rows and in vectors of columns: as many sums as the registers hold beside
 * one row of B and one element of A. 32 registers: 8 x 3 + 3 + 1; 16 registers: 4 x 3 + 3 + 1. */
#if defined(__AVX512F__)
enum { TILE_ROWS = 8, TILE_VECS = 3 };
#define EACH_ROWS(F, vecs)                                                                         \
    F(1, vecs) F(2, vecs) F(3, vecs) F(4, vecs) F(5, vecs) F(6, vecs) F(7, vecs) F(8, vecs)
#else
enum { TILE_ROWS = 4, TILE_VECS = 3 };
#define EACH_ROWS(F, vecs) F(1, vecs) F(2, vecs) F(3, vecs) F(4, vecs)
#endif
#define EACH_TILE(F) EACH_ROWS(F, 1) EACH_ROWS(F, 2) EACH_ROWS(F, 3)

/* Cache blocks: one block of A stays in the second-level cache while slivers of B pass by; a sliver
 * stays in the first, but where it is turned to be packed long runs of memory count for more. */
enum {
    DEPTH = 192,              /* of a block */
    WHOLE_DEPTH = 256,        /* that is not worth a second pass over C */
    TURNED_BYTES = 1600,      /* of a row of a block whose B is turned */
    BLOCK_BYTES = 640 * 1024, /* of a whole block of A */
    UNPACKED_DEPTH = 1024,    /* of a block that is read where it lies */
    PACK_LEAP = 1024,         /* rows so many bytes apart wear out the TLB: copy them */
    CLASH_LEAP = 4096,        /* and such rows even drive each other out of the caches */
    DOT_DEPTH = 2048,         /* of the runs of a narrow B copied for dots */
    SHORTEST_DOT = TAD_VECTOR_BYTES > 16 ? 6 : 22, /* k that pays for adding up lanes */
    FAN_DEPTH = 16,                                /* columns of A read side by side by fans */
    AHEAD = 12, /* rows of an unpacked B that are asked for before they are needed */
    LINE = 64
};

/* How a tile takes A and B: as they lie, copying them in passing, or packed. */
enum way { LYING, COPYING, PACKED };

/* What is known of a tile when it is compiled. */
struct form {
    int rows, vecs, full;
    enum way a, b;
};

/* What a tile asks memory for on its way, a little every few steps, so that nobody waits for it:
 * rows that lie `step` bytes apart, each in so many bites of a few lines. */
enum { PACE = 8, BITE = 3 };
#if TAD_VECTOR_BYTES > 16
enum { STEPS_AT_ONCE = PACE };
#else
enum { STEPS_AT_ONCE = 1 }; /* without products that add, compilers run out of registers */
#endif
struct errand {
    uintptr_t at; /* not a pointer: it may pass the end of what it walks over */
    ptrdiff_t step;
    size_t rows, bites, bitten;
};

static inline __attribute__((always_inline)) void run_errand(struct errand *e, int writes) {
    if (!e->rows) return;
#pragma GCC unroll 3
    for (uintptr_t i = 0; i < BITE; i++) {
        const void *line = (const void *)(e->at + (e->bitten * BITE + i) * LINE);
        if (writes)
            __builtin_prefetch(line, 1);
        else
            __builtin_prefetch(line);
    }
    if (++e->bitten < e->bites) return;
    e->bitten = 0;
    e->at += (uintptr_t)e->step;
    e->rows--;
}

/* `total` things cut into `pieces` nearly equal runs, the longer ones first. */
struct cut {
    size_t pieces, least, longer;
};

static struct cut cut_up(size_t total, size_t limit) {
    if (total <= limit) return (struct cut){total > 0, total, 0}; /* often: saves a division */
    size_t pieces = (total + limit - 1) / limit;
    return (struct cut){pieces, pieces ? total / pieces : 0, pieces ? total % pieces : 0};
}

static size_t cut_at(struct cut cut, size_t i) {
    return i * cut.least + (i < cut.longer ? i : cut.longer);
}

static size_t least_of(size_t a, size_t b) { return a < b ? a : b; }

#define LANES ((size_t)TAD_VECTOR_BYTES / sizeof(T))
#define BODY "gemm_body.h"
#include "instantiate.h"

const tad__gemm_kernels TAD_LEVEL(tad__gemm_kernels) = {
    .f32 = {run_f32, bytes_f32, order_f32},
    .f64 = {run_f64, bytes_f64, order_f64},
};
