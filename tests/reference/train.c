/* Examples of tad/train.h. */
#include "example.h"

static bool keep(void *user, const char *text, size_t length) {
    strncat(user, text, length);
    return true;
}

static void accuracies(tad_tape *t) {
    const tad_var scores =
        tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){0.1, 0.7, 0.2, 0.5, 0.3, 0.2});
    const tad_var labels = tad_constant(t, TAD_I64, TAD_SHAPE(2), (int64_t[]){1, 1});
    const tad_var p = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){0.1, 0.4, 0.35, 0.8});
    const tad_var right = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){0, 0, 1, 1});

    IS(tad_accuracy(scores, labels), 0.5);

    IS(tad_binary_accuracy(p, right, 0.5), 0.75);

    IS(tad_top_k_accuracy(scores, labels, 2), 1);

    {
        int64_t counts[9] = {0}; /* row: the label, column: what was said */
        OK(tad_confusion(scores, labels, counts, 9));
        IS(counts[3 * 1 + 0], 1);
        IS(counts[3 * 1 + 1], 1);
    }

    IS(tad_auc(p, right), 0.75);
}

static void evaluation(tad_tape *t) {
    /* two examples of one number each, in IDX */
    static const unsigned char numbers[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 255};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};

    {
        tad_idx x, y;
        tad_dataset d;
        tad_score score;
        OK(tad_idx_parse(t, numbers, sizeof numbers, &x));
        OK(tad_idx_parse(t, labels, sizeof labels, &y));
        OK(tad_dataset_make(t, &x, &y, NULL, &d));
        tad_net *net = tad_mlp(t, (int64_t[]){1, 2}, 2, NULL);
        OK(tad_evaluate(net, tad_batches_new(t, &d, 2, NULL), &score));
        IS(score.count, 2);
    }
}

static void stopping(tad_tape *t) {
    (void)t;

    {
        tad_early_stop stop = {.patience = 1};
        IS(tad_early_stop_at(&stop, 0.5), false);
        IS(tad_early_stop_at(&stop, 0.6), false); /* one that is not better is borne */
        IS(tad_early_stop_at(&stop, 0.5), true);
    }
}

static double no_clock(void) { return 0; }

static void progress(tad_tape *t) {
    (void)t;

    {
        char text[200] = ""; /* tad_file_sink with stdout will do as well */
        tad_progress p = {.sink = keep, .user = text, .epochs = 1, .steps = 2, .clock = no_clock};
        tad_progress_step(&p, 0.75);
        tad_progress_step(&p, 0.25);
        tad_progress_epoch(&p, 0.9);
        IS(text, "epoch 1/1  step 2/2  loss 0.5  accuracy 0.9000\n");
    }
}

static void histories(tad_tape *t) {
    tad_history *h = tad_history_new(t, (const char *[]){"epoch", "loss", "accuracy"}, 3);

    OK(tad_history_add(h, (double[]){1, 0.5, 0.8}));
    IS(tad_history_rows(h), 1);
    IS(tad_history_at(h, 0, 1), 0.5);

    {
        char text[200] = "";
        OK(tad_history_csv(h, keep, text));
        IS(text, "epoch,loss,accuracy\n1,0.5,0.8\n");
    }

    {
        char script[2000] = "";
        const tad_plot_options plot = {.csv = "history.csv", .picture = "history.svg"};
        OK(tad_history_plot(h, &plot, keep, script)); /* for gnuplot */
        IS(strstr(script, "set output 'history.svg'") != NULL, true);
    }
}

EXAMPLES(accuracies, evaluation, stopping, progress, histories)
