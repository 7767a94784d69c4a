/* Examples of tad/files.h. */
#include "example.h"

static void numpy(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});

    {
        OK(tad_npy_save(x, "reference.npy"));
        IS(tad_npy_load(t, "reference.npy"), "[1, 2]");
        remove("reference.npy");
    }

    {
        /* what numpy.save(file, numpy.float64(1)) writes: a header of 118 bytes, eight bytes */
        unsigned char file[136];
        snprintf((char *)file, sizeof file, "\x93NUMPY\x01");
        memcpy(file + 7, "\0\x76\0", 3);
        snprintf((char *)file + 10, 119, "%-117s\n",
                 "{'descr': '<f8', 'fortran_order': False, 'shape': (), }");
        memcpy(file + 128, "\0\0\0\0\0\0\xf0\x3f", 8);
        IS(tad_npy_parse(t, file, sizeof file), 1);
    }

    {
        tad_dict *arrays = tad_dict_new(t);
        OK(tad_dict_add(arrays, "x", x));
        OK(tad_npz_save(arrays, "reference.npz"));
        IS(tad_dict_get(tad_npz_load(t, "reference.npz"), "x"), "[1, 2]");
        remove("reference.npz");
    }

    {
        const unsigned char empty[22] = "PK\5\6"; /* a zip file of nothing */
        IS(tad_dict_count(tad_npz_parse(t, empty, sizeof empty)), 0);
    }
}

static void csv(tad_tape *t) {
    {
        FILE *file = fopen("reference.csv", "w");
        if (!file) return;
        fputs("x,y\n1,2.5\n2,\n", file);
        fclose(file);
        const tad_csv_options o = {.skip_lines = 1};
        IS(tad_csv_load(t, "reference.csv", &o), "[[1, 2.5], [2, nan]]");
        remove("reference.csv");
    }

    IS(tad_csv_parse(t, "1;2\n3;4\n", 8, &(tad_csv_options){.separator = ';'}), "[[1, 2], [3, 4]]");
}

EXAMPLES(numpy, csv)
