/* Memory of a gradient check: an arena beside the tape's, by the tape's allocator and within its
 * limit. What is taken is given back together with what is recorded. */
#ifndef TAD_GRADCHECK_WORKSPACE_H
#define TAD_GRADCHECK_WORKSPACE_H

#include "base/memory.h"

typedef struct tad__workspace {
    tad_tape *tape;
    tad__memory memory; /* every call goes to the tape */
    tad__arena arena;
} tad__workspace;

/* The workspace must stay in place until it is freed, and be freed before its tape. */
void tad__workspace_begin(tad__workspace *workspace, tad_tape *t);
void tad__workspace_free(tad__workspace *workspace);

/* 64-byte aligned and zeroed, until the workspace is freed or returns to a moment before. NULL: the
 * tape has failed. */
void *tad__take(tad__workspace *workspace, size_t count, size_t size);

/* A point in time, of the workspace and its tape. */
typedef struct tad__moment {
    tad_mark mark;
    tad__arena_mark place;
} tad__moment;

tad__moment tad__workspace_now(const tad__workspace *workspace);
/* What was recorded and taken since is forgotten. */
void tad__workspace_return(tad__workspace *workspace, tad__moment then);

#endif
