/* The loops of elementary_level.h for the level that TAD_ISA names; compile once per level with the
 * flags of that level's kernels. */
#include "elementary_level.h"

#include "kernel/elementary.h"
#include "kernel/isa.h"

#define LOOP1(name, T, bits)                                                                       \
    static void loop_##name##_f##bits(size_t n, const T *x, T *y) {                                \
        for (size_t i = 0; i < n; i++) y[i] = tad__##name##_f##bits(x[i]);                         \
    }
#define BLOCK(name, T, bits)                                                                       \
    static void block_##name##_f##bits(size_t n, const T *x, T *y) {                               \
        tad__##name##_block_f##bits(n, x, y);                                                      \
    }
#define LOOP2(name, T, bits)                                                                       \
    static void loop_##name##_f##bits(size_t n, const T *x, const T *y, T *z) {                    \
        for (size_t i = 0; i < n; i++) z[i] = tad__##name##_f##bits(x[i], y[i]);                   \
    }

#define LOOPS1(name) LOOP1(name, double, 64) LOOP1(name, float, 32)
#define BLOCKS(name) BLOCK(name, double, 64) BLOCK(name, float, 32)
#define LOOPS2(name) LOOP2(name, double, 64) LOOP2(name, float, 32)
TAD__ELEMENTARY_UNARY(LOOPS1)
TAD__ELEMENTARY_BLOCK(BLOCKS)
TAD__ELEMENTARY_BINARY(LOOPS2)

#define ROW(name) {#name, loop_##name##_f64, loop_##name##_f32},
#define BLOCK_ROW(name) {#name "_block", block_##name##_f64, block_##name##_f32},
static const tad_elementary_unary unary[] = {
    TAD__ELEMENTARY_UNARY(ROW) TAD__ELEMENTARY_BLOCK(BLOCK_ROW){NULL, NULL, NULL}};
static const tad_elementary_binary binary[] = {TAD__ELEMENTARY_BINARY(ROW){NULL, NULL, NULL}};

const tad_elementary_level TAD_LEVEL(tad_elementary) = {unary, binary};
