/* The same loops on numbers in C and in C++: record, reverse, rewind. Each gives the gradient by
 * the first input. */
#ifndef TAD_TESTS_BENCH_NUMBERS_WORK_H
#define TAD_TESTS_BENCH_NUMBERS_WORK_H

enum { NUMBERS_COUNT = 1000 };

#ifdef __cplusplus
extern "C" {
#endif

typedef struct numbers_work numbers_work;
numbers_work *numbers_open_cpp(void);
double numbers_rosenbrock_cpp(numbers_work *w);
double numbers_waves_cpp(numbers_work *w);
void numbers_close_cpp(numbers_work *w);

#ifdef __cplusplus
}
#endif
#endif
