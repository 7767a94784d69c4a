/* Splits a matrix product over a thread pool. Relies on the kernels' promise that parts are
 * disjoint and that their number does not change a bit of the result. */
#include "gemm.h"

enum { LINE = 64 };

/* Some microseconds of one core at full speed: below it the hand-over costs more than it wins. */
static const double least_work_per_part = 3e5;

size_t tad__gemm_parts(const tad__gemm *g, const tad__pool *pool) {
    size_t threads = tad__pool_threads(pool);
    double worth = (double)g->m * (double)g->n * (double)g->k / least_work_per_part;
    if (worth < 2) return 1;
    return worth < (double)threads ? (size_t)worth : threads;
}

static size_t bytes_per_part(tad__gemm_kernel kernel, const tad__gemm *g) {
    return (kernel.bytes(g) + LINE - 1) / LINE * LINE;
}

size_t tad__gemm_workspace(tad__gemm_kernel kernel, const tad__gemm *g, const tad__pool *pool) {
    return tad__gemm_parts(g, pool) * bytes_per_part(kernel, g);
}

struct job {
    tad__gemm_kernel kernel;
    const tad__gemm *g;
    size_t parts, stride;
    char *workspace;
};

static void run_parts(void *arg, size_t part, size_t end) {
    const struct job *job = arg;
    for (; part < end; part++)
        job->kernel.run(job->g, part, job->parts,
                        job->stride ? job->workspace + part * job->stride : job->workspace);
}

void tad__gemm_run(tad__gemm_kernel kernel, const tad__gemm *g, void *workspace, tad__pool *pool) {
    size_t parts = tad__gemm_parts(g, pool);
    struct job job = {kernel, g, parts, parts > 1 ? bytes_per_part(kernel, g) : 0, workspace};
    tad__split(pool, job.parts, 1, run_parts, &job);
}
