/* One test: a folder with model.onnx and folders test_data_set_N of input_N.pb and output_N.pb.
 * Rests on node.h. */
#ifndef ONNX_TEST_H
#define ONNX_TEST_H

#include "node.h"

typedef enum outcome { PASSED, FAILED, SKIPPED } outcome;

typedef struct test_result {
    outcome outcome;
    bool alone;     /* a test of a single operator */
    skip_kind kind; /* of what is skipped */
    char why[300];
} test_result;

void run_test(const char *folder, test_result *result);

/* The whole of a file, to be freed; data NULL: it cannot be read. */
wire_bytes read_file(const char *path);

#endif
