/* Where text goes: a function of the caller's. Nothing in the library prints.
 *
 * Threads: nothing here has state. */
#ifndef TAD_SINK_H
#define TAD_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include <tad/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Receives text piece by piece; returns false to stop. */
typedef bool tad_sink(void *user, const char *text, size_t length);

/* A sink whose user is a FILE * of the caller, which stays open. False when writing fails. */
TAD_API bool tad_file_sink(void *file, const char *text, size_t length);

#ifdef __cplusplus
}
#endif
#endif
