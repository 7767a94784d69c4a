/* Around a training loop: accuracy, evaluation, a progress line, a history as CSV and as a plot.
 *
 * Nothing here prints: text goes to the caller's sink (tad_file_sink with a FILE * as `user` will
 * do), and the caller says whether that is a terminal.
 *
 * Threads: as the tape. */
#ifndef TAD_TRAIN_H
#define TAD_TRAIN_H

#include <tad/data.h>
#include <tad/inspect.h>
#include <tad/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- accuracy ---- */

/* The share of rows that are right. scores (B, C): the largest is at the label, int64 (B) or
 * one-hot (B, C); scores (B) or (B, 1): at least `threshold` where the target, of scores' shape, is
 * at least 0.5. A row with a NaN is wrong. NaN for B = 0 and (it sticks) on misuse. */
TAD_API double tad_accuracy(tad_var scores, tad_var labels);
TAD_API double tad_binary_accuracy(tad_var scores, tad_var targets, double threshold);
/* The share of rows whose label is among the k largest scores; of equal ones the first count. */
TAD_API double tad_top_k_accuracy(tad_var scores, tad_var labels, int64_t k);
/* Adds each row to counts[label C + class with the largest score]: n is C C. Nothing is counted on
 * failure: BAD_INDEX for a label out of range, NOT_FINITE for a row with a NaN. */
TAD_API TAD_MUST_USE tad_status tad_confusion(tad_var scores, tad_var labels, int64_t *counts,
                                              size_t n);
/* The area under the curve of true over false positives: the share of pairs in which a positive,
 * a target of at least 0.5, scores above a negative, equal scores half. NaN without pairs, and with
 * a NaN among scores or targets. n log n. */
TAD_API double tad_auc(tad_var scores, tad_var targets);

typedef struct tad_score {
    double loss, accuracy; /* mean cross-entropy; share of right ones */
    int64_t count;         /* of examples */
} tad_score;

/* Cross-entropy and accuracy of the net over one epoch of batches, recording nothing and with
 * dropout off. On failure *out is left alone. */
TAD_API TAD_MUST_USE tad_status tad_evaluate(tad_net *net, tad_batches *batches, tad_score *out);

/* ---- early stopping ---- */

/* Watches a loss, once an epoch, of data that is not trained on. */
typedef struct tad_early_stop {
    int64_t patience;  /* so many in a row that are not better are borne; one more is the end */
    double least_gain; /* better: below the best by more than this */
    /* start with zeros; to be saved and resumed with the rest */
    struct {
        int64_t seen, since; /* values, and those since the best; 0: the last was the best */
        double best;
    } state;
} tad_early_stop;

/* Whether to stop now. A NaN is not better than anything. */
TAD_API bool tad_early_stop_at(tad_early_stop *s, double loss);

/* ---- progress ---- */

/* On a terminal one line is rewritten; elsewhere every epoch gives a line:
 * epoch  3/20  step  600/600  loss 0.1234  accuracy 0.9712  41230 samples/s  ETA 0:01:23 */
typedef struct tad_progress {
    tad_sink *sink; /* NULL: silent */
    void *user;
    bool terminal;
    int64_t epochs, steps; /* steps of one epoch */
    int64_t samples;       /* of one step; 0: unknown */
    double (*clock)(void); /* seconds; NULL: the system's */
    /* internal, start with zeros */
    struct {
        bool started, judged;
        double begun, shown, loss, accuracy;
        int64_t epoch, step, width;
    } state;
} tad_progress;

/* After every step; what is shown is the mean loss of the epoch so far. Rewrites the line at most
 * ten times a second. */
TAD_API void tad_progress_step(tad_progress *p, double loss);
/* At an epoch's end: ends the line. accuracy NaN: unknown. */
TAD_API void tad_progress_epoch(tad_progress *p, double accuracy);

/* ---- history ---- */

/* A growing table of numbers. It lives in the tape and survives rewinding. */
typedef struct tad_history tad_history;

/* The first column is what the others are drawn over. Names are copied. NULL on failure, which
 * sticks (BAD_ARGUMENT for no columns, or names of other signs than letters, digits and " _-.()/");
 * the functions accept a NULL. */
TAD_API tad_history *tad_history_new(tad_tape *t, const char *const *columns, size_t n);
TAD_API tad_status tad_history_add(tad_history *h, const double *row); /* NaN: an empty cell */
TAD_API size_t tad_history_rows(const tad_history *h);
/* NaN out of range. */
TAD_API double tad_history_at(const tad_history *h, size_t row, size_t column);
TAD_API TAD_MUST_USE tad_status tad_history_csv(const tad_history *h, tad_sink *sink, void *user);

typedef struct tad_plot_options {
    const char *csv;     /* the file that tad_history_csv was written to */
    const char *picture; /* the SVG file to make */
    const char *title;   /* NULL: none */
    const char *left;    /* what the left axis shows; NULL: "loss" */
} tad_plot_options;

/* The script with which gnuplot draws the columns over the first one; those whose names contain
 * "accuracy" have the right axis, from 0 to 1. */
TAD_API TAD_MUST_USE tad_status tad_history_plot(const tad_history *h, const tad_plot_options *plot,
                                                 tad_sink *sink, void *user);

#ifdef __cplusplus
}
#endif
#endif
