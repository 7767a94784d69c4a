/* An ordered dictionary of variables: the parameters of a net, the state of an optimiser.
 *
 * It lives in the tape and dies with it; there is nothing to free. What is saved to a file and
 * restored from one is always a dictionary.
 *
 * Threads: as the tape. */
#ifndef TAD_DICT_H
#define TAD_DICT_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_dict tad_dict;

typedef struct tad_entry {
    const char *name; /* the dictionary's copy */
    tad_var value;
    bool is_buffer; /* of the state, but not trained */
} tad_entry;

/* NULL on failure, which sticks to the tape; every function here accepts a NULL dictionary. */
TAD_API tad_dict *tad_dict_new(tad_tape *t);

/* Appends, the name copied. BAD_ARGUMENT for one that is NULL, empty or there already, BAD_HANDLE
 * for a value that is no variable of the tape. */
TAD_API tad_status tad_dict_add(tad_dict *d, const char *name, tad_var value);

/* The same for what is kept, saved and restored with the parameters, but not trained: running
 * statistics, say. Optimisers, averages and gradient norms leave it alone. */
TAD_API tad_status tad_dict_add_buffer(tad_dict *d, const char *name, tad_var value);

/* Adds every entry of `from`, as PREFIX.NAME where a prefix is given. Nothing is added unless all
 * are new: BAD_ARGUMENT. The two belong to one tape. */
TAD_API tad_status tad_dict_merge(tad_dict *d, const tad_dict *from, const char *prefix);

/* Forgets a name (the variable stays on the tape); false if there is none such. */
TAD_API bool tad_dict_remove(tad_dict *d, const char *name);

TAD_API size_t tad_dict_count(const tad_dict *d);
/* In the order of adding; {NULL, nil} beyond the end. */
TAD_API tad_entry tad_dict_at(const tad_dict *d, size_t i);
/* By hashing. Nil if there is no such name; that is no failure of the tape. */
TAD_API tad_var tad_dict_get(const tad_dict *d, const char *name);
TAD_API int64_t tad_dict_elements(const tad_dict *d); /* of all values together */
TAD_API tad_tape *tad_dict_tape(const tad_dict *d);

#ifdef __cplusplus
}
#endif
#endif
