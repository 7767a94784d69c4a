/* Examples of tad/data.h. */
#include "example.h"

/* Three images of 2 by 2 bytes and their labels, in IDX, MNIST's format. */
static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0,  3,  0,  0,  0,   2,   0,   0,
                                       0, 2, 0, 0, 0, 0, 51, 51, 51, 51, 255, 255, 255, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2};

static const unsigned char packed[] = {31, 139, 8,   0,   0,   0,  0,  0,   2,  255, 99,
                                       96, 224, 96,  100, 96,  96, 96, 102, 96, 100, 2,
                                       0,  233, 236, 85,  249, 11, 0,  0,   0};

static void write_file(const char *path, const void *data, size_t n) {
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fwrite(data, 1, n, file);
    fclose(file);
}

static tad_dataset digits(tad_tape *t) {
    tad_idx x, y;
    tad_dataset d = {.count = 0};
    OK(tad_idx_parse(t, images, sizeof images, &x));
    OK(tad_idx_parse(t, labels, sizeof labels, &y));
    OK(tad_dataset_make(t, &x, &y, NULL, &d));
    return d;
}

static void idx(tad_tape *t) {
    {
        tad_idx x;
        OK(tad_idx_parse(t, images, sizeof images, &x));
        IS(x.shape, "(3, 2, 2)");
        IS(tad_idx_value(&x, 4), 51);
        tad_idx_free(t, &x); /* or with the tape */
    }

    {
        write_file("reference-images-idx3-ubyte", images, sizeof images);
        tad_idx all, second;
        OK(tad_idx_load(t, "reference-images-idx3-ubyte", &all));
        OK(tad_idx_load_part(t, "reference-images-idx3-ubyte", 1, 3, &second));
        IS(all.shape, "(3, 2, 2)");
        IS(second.shape, "(1, 2, 2)");
        remove("reference-images-idx3-ubyte");
    }

    {
        tad_idx y; /* .gz files are read where the library was built with zlib */
        const tad_status s = tad_idx_parse(t, packed, sizeof packed, &y);
        IS(s, tad_has_zlib() ? TAD_OK : TAD_UNSUPPORTED);
        tad_tape_clear(t);
    }
}

static void datasets(tad_tape *t) {
    {
        write_file("some-images-idx3-ubyte", images, sizeof images);
        write_file("some-labels-idx1-ubyte", labels, sizeof labels);
        tad_dataset all, part;
        OK(tad_dataset_load(t, ".", "some", NULL, &all));
        OK(tad_dataset_load_part(t, ".", "some", 0, 3, NULL, &part)); /* the first third */
        IS(all.count, 3);
        IS(part.count, 1);
        IS(part.classes, 3);
        remove("some-images-idx3-ubyte");
        remove("some-labels-idx1-ubyte");
    }

    {
        tad_idx x, y;
        tad_dataset d;
        double image[4];
        OK(tad_idx_parse(t, images, sizeof images, &x));
        OK(tad_idx_parse(t, labels, sizeof labels, &y));
        OK(tad_dataset_make(t, &x, &y, NULL, &d));
        IS(tad_dataset_example(&d, 1, image), 1); /* its label */
        IS(image[0], 0.2);
    }

    {
        const tad_dataset all = digits(t);
        tad_dataset train, test;
        OK(tad_dataset_split(t, &all, 3, &train, &test));
        IS(train.count, 2);
        IS(test.count, 1);
    }
}

static void batches(tad_tape *t) {
    const tad_dataset d = digits(t);
    const tad_batch_options in_order = {.order = TAD_ORDER_FIXED};

    {
        tad_batches *b = tad_batches_new(t, &d, 2, &in_order);
        tad_var x, label;
        int steps = 0;
        while (tad_batches_next(b, &x, &label)) steps++;
        IS(steps, 2);
        IS(x, "[[1, 1, 1, 1]]"); /* the last batch is short */
        IS(label, "[2]");
        IS(tad_batches_per_epoch(b), 2);
        IS(tad_batches_count(b), 3);
    }

    {
        tad_batches *b = tad_batches_new(t, &d, 3, &in_order);
        tad_var x, label;
        tad_batches_next(b, NULL, NULL); /* draws a batch, reads nothing */
        IS(tad_batches_size(b), 3);
        OK(tad_batches_part(b, 1, 2, &x, &label));
        IS(label, "[1, 2]");
    }

    {
        tad_batches *b = tad_batches_new(t, &d, 1, NULL), *again = tad_batches_new(t, &d, 1, NULL);
        double first[1], second[1];
        tad_var label;
        tad_batches_next(b, NULL, NULL);
        const tad_batch_state state = tad_batches_state(b); /* to be saved */
        tad_batches_next(b, NULL, &label);
        OK(tad_read(label, first, 1));
        OK(tad_batches_restore(again, state));
        tad_batches_next(again, NULL, &label);
        OK(tad_read(label, second, 1));
        IS(first[0] == second[0], true);
    }
}

EXAMPLES(idx, datasets, batches)
