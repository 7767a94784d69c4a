/* A wrong plan is seen at once, in fenced builds (base/fence.h): memory that no array holds at a
 * moment of a run has numbers that are none. By when steps write and read arrays, not by what the
 * plan thinks. TAD_POISONED asks for this without fences. Rests on workspace.h. */
#ifndef TAD_PROGRAM_POISON_H
#define TAD_PROGRAM_POISON_H

#include "workspace.h"

/* As float64 a signalling NaN, as float32 two NaNs, as an integer no index, as a bool no 0 or 1. */
#define TAD__POISON UINT64_C(0x7ff4dead7fa4dead)

#if defined(TAD_FENCED) && !defined(TAD_POISONED)
#define TAD_POISONED
#endif

#ifdef TAD_POISONED
enum { TAD__WATCHED = 1 };

/* Before the first moment: all arrays. */
void tad__poison_arrays(tad_workspace *w);
/* Before a group: its strips. */
void tad__poison_strips(tad_workspace *w);
/* After a moment, the number-th: arrays that nothing will read any more. */
void tad__poison_dead(tad_workspace *w, const tad__step *moment, uint32_t number);
#else
enum { TAD__WATCHED = 0 };

static inline void tad__poison_arrays(tad_workspace *w) { (void)w; }
static inline void tad__poison_strips(tad_workspace *w) { (void)w; }
static inline void tad__poison_dead(tad_workspace *w, const tad__step *moment, uint32_t number) {
    (void)w, (void)moment, (void)number;
}
#endif

#endif
