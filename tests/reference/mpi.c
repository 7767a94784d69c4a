/* Examples of tad/mpi.h: mpirun -n N starts it, on any number of ranks. */
#include "example.h"

#include <tad/mpi.h>

static void ranks_of_mpi(tad_tape *t) {
    MPI_Init(NULL, NULL);

    {
        tad_ranks ranks;
        OK(tad_mpi_open(MPI_COMM_WORLD, 60, &ranks));
        tad_dist *d = tad_dist_new(t, &ranks, NULL, &(tad_dist_options){.shards = ranks.size});
        IS(tad_dist_part_of(d, ranks.size).first, ranks.rank);
        tad_dist_free(d);
        tad_mpi_close(&ranks);
    }

    MPI_Finalize();
}

EXAMPLES(ranks_of_mpi)
