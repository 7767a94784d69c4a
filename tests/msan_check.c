/* Check with the memory sanitizer: Check is not instrumented, so what it writes counts as
 * uninitialised as soon as it hands it to a function of C's library. These functions' checks are
 * off in programs with Check, in every thread; those of the library and of the tests stay. Linked
 * with --wrap=pthread_create. */
#include <pthread.h>
#include <stdlib.h>

#include <sanitizer/msan_interface.h>

__attribute__((constructor)) static void trust_check(void) {
    __msan_scoped_disable_interceptor_checks();
}

typedef struct start {
    void *(*run)(void *);
    void *arg;
} start;

static void *trusting(void *arg) {
    const start s = *(start *)arg;
    free(arg);
    trust_check();
    void *result = s.run(s.arg);
    __msan_scoped_enable_interceptor_checks();
    return result;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *a, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *a, void *(*run)(void *),
                          void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *a, void *(*run)(void *),
                          void *arg) {
    start *s = malloc(sizeof *s);
    if (!s) return __real_pthread_create(thread, a, run, arg);
    *s = (start){run, arg};
    const int failed = __real_pthread_create(thread, a, trusting, s);
    if (failed) free(s);
    return failed;
}
