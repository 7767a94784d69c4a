/* The ranks of a program that may have been started by mpirun: each knows which one it is; started
 * alone, or built without MPI, it is one rank. */
#ifndef EXAMPLES_RANKS_H
#define EXAMPLES_RANKS_H

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_MPI
#include <tad/mpi.h>
#else
#include <tad/dist.h>
#endif

#ifdef HAVE_MPI
/* MPI takes a third of a second to begin: only where its launcher says that there are others. */
static bool started_by_mpirun(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

static tad_ranks open_ranks(void) {
    tad_ranks ranks = tad_ranks_alone();
    if (!started_by_mpirun()) return ranks;
    MPI_Init(NULL, NULL);
    if (tad_mpi_open(MPI_COMM_WORLD, 60, &ranks) == TAD_OK) return ranks;
    fprintf(stderr, "cannot copy the communicator\n");
    exit(EXIT_FAILURE);
}

static void close_ranks(tad_ranks *ranks) {
    if (!started_by_mpirun()) return;
    tad_mpi_close(ranks);
    MPI_Finalize();
}
#else
static tad_ranks open_ranks(void) { return tad_ranks_alone(); }
static void close_ranks(tad_ranks *ranks) { (void)ranks; }
#endif

#endif
