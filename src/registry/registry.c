/* The registry: every built-in op, by position and by name. Rests on the list of families. */
#include "ops/families.h"

#include <string.h>

extern const tad_op tad__ops_elementwise[];
extern const size_t tad__ops_elementwise_count;

typedef struct family {
    const tad_op *op;
    const size_t *count;
} family;

#define FAMILY(name) {tad__ops_##name, &tad__ops_##name##_count},
static const family families[] = {FAMILY(elementwise) TAD__FAMILIES(FAMILY)};
enum { FAMILY_COUNT = sizeof families / sizeof *families };

size_t tad_op_count(void) {
    size_t n = 0;
    for (int f = 0; f < FAMILY_COUNT; f++) n += *families[f].count;
    return n;
}

const tad_op *tad_op_at(size_t i) {
    for (int f = 0; f < FAMILY_COUNT; f++) {
        if (i < *families[f].count) return &families[f].op[i];
        i -= *families[f].count;
    }
    return NULL;
}

/* A hundred names compared one by one: by-name calls are for files and bindings, and a table that
 * is filled at run time would need a lock or a global. */
const tad_op *tad_op_find(const char *name) {
    for (int f = 0; name && f < FAMILY_COUNT; f++)
        for (size_t i = 0; i < *families[f].count; i++)
            if (strcmp(families[f].op[i].name, name) == 0) return &families[f].op[i];
    return NULL;
}
