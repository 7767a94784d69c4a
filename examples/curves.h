/* What several examples do with a history: a file of numbers, and curves where gnuplot is. */
#ifndef CURVES_H
#define CURVES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tad/train.h>

/* Before training, so that no hour is lost to a misspelt folder. */
static inline bool make_folder(const char *program, const char *folder) {
    if ((mkdir(folder, 0777) == 0 || errno == EEXIST) && access(folder, W_OK) == 0) return true;
    fprintf(stderr, "%s: cannot write into the folder %s: %s\n", program, folder, strerror(errno));
    return false;
}

static inline bool write_csv(const tad_history *h, const char *path) {
    FILE *f = fopen(path, "w");
    if (!f) return false;
    bool good = tad_history_csv(h, tad_file_sink, f) == TAD_OK;
    return fclose(f) == 0 && good;
}

/* What takes a script, to be ended by pclose; NULL if there is none. */
static inline FILE *open_gnuplot(void) {
    return system("command -v gnuplot >/dev/null 2>&1") == 0 ? popen("gnuplot", "w") : NULL;
}

/* The curves by gnuplot; false if there is none. */
static inline bool draw(const tad_history *h, const tad_plot_options *plot) {
    FILE *gnuplot = open_gnuplot();
    if (!gnuplot) return false;
    bool good = tad_history_plot(h, plot, tad_file_sink, gnuplot) == TAD_OK;
    return pclose(gnuplot) == 0 && good;
}

/* FOLDER/NAME.csv and FOLDER/NAME.svg; left: what the curves show, NULL: a loss. */
static inline bool write_curves(const tad_history *h, const char *program, const char *folder,
                                const char *name, const char *title, const char *left) {
    char csv[1024], picture[1024];
    const tad_plot_options plot = {.csv = csv, .picture = picture, .title = title, .left = left};
    snprintf(csv, sizeof csv, "%s/%s.csv", folder, name);
    snprintf(picture, sizeof picture, "%s/%s.svg", folder, name);
    if (!write_csv(h, csv)) {
        fprintf(stderr, "%s: cannot write %s: %s\n", program, csv, strerror(errno));
        return false;
    }
    printf("\nwrote %s\n", csv);
    if (draw(h, &plot))
        printf("wrote %s\n", picture);
    else
        printf("no curves drawn: gnuplot is not installed; the numbers are in %s\n", csv);
    return true;
}

static inline bool write_history(const tad_history *h, const char *program, const char *folder,
                                 const char *name, const char *title) {
    return write_curves(h, program, folder, name, title, NULL);
}

#endif
