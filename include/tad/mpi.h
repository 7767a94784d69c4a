/* Ranks of MPI, for dist.h: the library tad-mpi, built where meson finds MPI.
 *
 *     MPI_Init(&argc, &argv);
 *     tad_ranks ranks;
 *     if (tad_mpi_open(MPI_COMM_WORLD, 60, &ranks) != TAD_OK) ...
 *     tad_dist *d = tad_dist_new(t, &ranks, ...);
 *     ... tad_dist_free(d); tad_mpi_close(&ranks); MPI_Finalize();
 *
 * It neither initialises MPI nor takes a communicator that it was not given; a failure of MPI's is
 * a status, not the end of the job. A rank that dies takes the job down, as MPI has it.
 *
 * Threads: MPI is called by the thread that calls tad, and only during a call. */
#ifndef TAD_MPI_H
#define TAD_MPI_H

#include <mpi.h>

#include <tad/dist.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Collective over `comm`, of which it makes a copy of its own, within so many seconds (0: 600).
 * UNSUPPORTED: MPI is not initialised, or already ended. TIMEOUT: a rank did not come. On failure
 * *out is left alone. */
TAD_API TAD_MUST_USE tad_status tad_mpi_open(MPI_Comm comm, double patience, tad_ranks *out);

/* After every tad_dist in which it was used, before MPI_Finalize; collective. What a TIMEOUT left
 * on its way keeps its memory until the process ends. Accepts NULL, and ranks that are closed. */
TAD_API void tad_mpi_close(tad_ranks *ranks);

#ifdef __cplusplus
}
#endif
#endif
