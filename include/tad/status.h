/* Status codes: what a verb returns and what a tape remembers of its first failure.
 *
 * Threads: nothing here has state. */
#ifndef TAD_STATUS_H
#define TAD_STATUS_H

#if defined(__has_attribute)
#if __has_attribute(noplt)
#define TAD__DIRECT __attribute__((noplt)) /* a call into the library needs no stub */
#endif
#endif
#if !defined(TAD__DIRECT)
#define TAD__DIRECT
#endif

#if defined(__GNUC__)
#define TAD_API __attribute__((visibility("default"))) TAD__DIRECT
#define TAD_MUST_USE __attribute__((warn_unused_result))
#define TAD_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define TAD_LIKELY(x) __builtin_expect(!!(x), 1)
#else
#define TAD_API
#define TAD_MUST_USE
#define TAD_PRINTF(text, first)
#define TAD_LIKELY(x) (x)
#endif

/* Functions that the headers define: a program has its own, the library has each as a symbol, for
 * other languages. */
#if !defined(TAD_INLINE)
#define TAD_INLINE static inline
#endif

/* The version of these headers; tad_version() is the library's. */
#define TAD_VERSION_MAJOR 0
#define TAD_VERSION_MINOR 1
#define TAD_VERSION_PATCH 0
#define TAD_VERSION (TAD_VERSION_MAJOR * 10000 + TAD_VERSION_MINOR * 100 + TAD_VERSION_PATCH)

/* The number of the binary interface: of libtad.so.N, and of the version TAD_N of its functions. A
 * program goes with every library of its number that is no older than its headers (docs/abi.md). */
#define TAD_ABI 0

#ifdef __cplusplus
extern "C" {
#endif

/* S(code, text): the code is TAD_<code>, the text is what tad_status_text gives. */
#define TAD_STATUS_LIST(S)                                                                         \
    S(OK, "ok")                                                                                    \
    S(NO_MEMORY, "out of memory")                                                                  \
    S(TOO_LARGE, "size, rank or count beyond a limit")                                             \
    S(BAD_ARGUMENT, "an argument has no meaning here")                                             \
    S(BAD_SHAPE, "shapes do not fit")                                                              \
    S(BAD_DTYPE, "element types do not fit")                                                       \
    S(BAD_AXIS, "no such axis")                                                                    \
    S(BAD_INDEX, "an index or label is out of range")                                              \
    S(BAD_HANDLE, "not a variable of this tape, or rewound")                                       \
    S(STALE_VALUE, "a value was changed after it was used")                                        \
    S(NO_GRADIENT, "no sweep has produced this gradient")                                          \
    S(NO_RULE, "no derivative rule of this kind")                                                  \
    S(NOT_FINITE, "a NaN or an infinity appeared")                                                 \
    S(UNKNOWN_OP, "no op of this name")                                                            \
    S(BAD_FILE, "malformed file")                                                                  \
    S(IO, "reading or writing failed")                                                             \
    S(UNSUPPORTED, "not built into this library")                                                  \
    S(WITNESS, "a value was read, so what follows from it is unknown")                             \
    S(BRANCH, "a decision came out otherwise than recorded")                                       \
    S(SINGULAR, "a matrix is singular, not positive definite, or has equal eigenvalues")           \
    S(NO_CONVERGENCE, "an iteration does not converge")                                            \
    S(TIMEOUT, "another rank did not come in time")                                                \
    S(DISAGREE, "ranks differ where they must be the same")

#define TAD_STATUS_CODE(code, text) TAD_##code,
typedef enum tad_status { TAD_STATUS_LIST(TAD_STATUS_CODE) TAD_STATUS_COUNT } tad_status;
#undef TAD_STATUS_CODE

/* The text of a code; "unknown status" for anything else. Never NULL. */
TAD_API const char *tad_status_text(tad_status status);

#ifdef __cplusplus
}
#endif
#endif
