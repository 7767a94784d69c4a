/* Programs compiled in place, by a C compiler that the caller names: afterwards tad_run runs
 * machine code. In a library of its own, libtad-cc: the core starts no process and loads no code.
 *
 *     tad_program_compile(p, &(tad_compile_options){.folder = "/var/cache/mine"});
 *     tad_run(w);                                    the same calls as before
 *
 * Threads: while a program is compiled nothing may run it. */
#ifndef TAD_COMPILE_H
#define TAD_COMPILE_H

#include <tad/map.h>
#include <tad/program.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is the default. */
typedef struct tad_compile_options {
    /* The compiler and its options, ended by NULL; what makes a library of a file is added. NULL:
     * cc -O2. */
    const char *const *command;
    /* A folder in which compiled programs are kept, found again by their text and this command. It
     * must be the caller's alone to write to: what lies there is run. NULL: a new one under /tmp,
     * which is removed again. */
    const char *folder;
    /* For runs at many points (tad_bind_each_in): of each input of the program, whether it is bound
     * for each point. Points of a program of single numbers then run together as compiled vectors,
     * in runs that bind so; NULL: as without a compiler. A compiler makes vectors when it is told
     * the processor: "cc", "-O3", "-march=native". */
    const bool *each;
    double seconds; /* a compiler that takes longer is stopped; 0: 60 */
    char *message;  /* where the reason of a failure goes; NULL: nowhere */
    size_t message_size;
} tad_compile_options;

/* Has all runs of the program use compiled steps from now on. The results are those of
 * tad_program_c: the bits of level base, where the compiler keeps to IEEE 754 (-ffp-contract=off is
 * added, -ffast-math is at your own risk).
 *
 * Errors, after which the program is as before: those of tad_program_c; IO: a file, a compiler that
 * cannot be started, fails, or takes too long; NO_MEMORY. */
TAD_API TAD_MUST_USE tad_status tad_program_compile(tad_program *p,
                                                    const tad_compile_options *options);

/* Has all programs that a mapping makes from now on compiled so, those of derivatives too: points
 * of a function of single numbers run together as compiled vectors. `each` is not looked at: the
 * mapping knows. options, and what they point to, must stay until the mapping is freed; NULL: the
 * default. A compiler that fails is a failure of the tad_map or sweep that needed the program. */
TAD_API void tad_mapping_compile(tad_mapping *m, const tad_compile_options *options);

#ifdef __cplusplus
}
#endif
#endif
