/* Examples of tad/safetensors.h. */
#include "example.h"

static const double weights[] = {1, 2};
static const tad_tensor arrays[] = {{"w", TAD_F64, {1, {2}}, weights}};
static const tad_text texts[] = {{"author", "me"}};
/* an array w and a text, author */
static const tad_contents contents = {arrays, 1, texts, 1};

static void reading(tad_tape *t) {
    char buffer[1000];
    size_t length = 0;
    OK(tad_safetensors_write(t, &contents, buffer, sizeof buffer, &length));
    OK(tad_safetensors_write_path(t, "read.safetensors", &contents));

    {
        tad_safetensors *file;
        OK(tad_safetensors_open(t, buffer, length, &file));
        IS(tad_safetensors_count(file), 1);
        IS(tad_safetensors_at(file, 0)->name, "w");
        IS(tad_safetensors_find(file, "w")->shape, "(2)");
        tad_safetensors_close(file); /* before the buffer goes */
    }

    {
        tad_safetensors *file;
        OK(tad_safetensors_open_path(t, "read.safetensors", &file));
        IS(tad_safetensors_text_count(file), 1);
        IS(tad_safetensors_text_at(file, 0)->key, "author");
        IS(tad_safetensors_text(file, "author"), "me");
        tad_safetensors_close(file);
    }

    IS(remove("read.safetensors"), 0);
}

static void writing(tad_tape *t) {
    {
        OK(tad_safetensors_write_path(t, "written.safetensors", &contents));
        IS(remove("written.safetensors"), 0);
    }

    {
        size_t length;
        OK(tad_safetensors_write(t, &contents, NULL, 0, &length)); /* how many bytes? */
        char *buffer = malloc(length);
        if (!buffer) return;
        OK(tad_safetensors_write(t, &contents, buffer, length, &length));
        free(buffer);
    }
}

static void checkpoints(tad_tape *t) {
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    tad_net *net = tad_mlp(t, (int64_t[]){2, 1}, 2, NULL);

    {
        double best = 0.25, history[3] = {3, 2, 1};
        int64_t epoch = 7;
        tad_random random = tad_tape_random(t);
        const tad_slot slots[] = {tad_slot_var("w", w),
                                  tad_slot_dict("net", tad_net_params(net)),
                                  tad_slot_int("epoch", &epoch),
                                  tad_slot_float("best", &best),
                                  tad_slot_array("history", TAD_F64, TAD_SHAPE(3), history),
                                  tad_slot_random("random", &random)};
        OK(tad_checkpoint_save(t, "saved.safetensors", slots, 6, NULL, 0));
        OK(tad_assign(w, (double[]){0, 0}));
        epoch = 0;
        OK(tad_checkpoint_load(t, "saved.safetensors", slots, 6, false));
        tad_tape_set_random(t, random);
        IS(w, "[1, 2]");
        IS(epoch, 7);
        remove("saved.safetensors");
    }
}

EXAMPLES(reading, writing, checkpoints)
