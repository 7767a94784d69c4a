/* The command line of every example: --help, options with values, words; anything else is refused.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of text, whole, number, flag says where it goes; a flag has no value. Without a name it is a
 * word that stands alone: the first such option takes the first word. */
typedef struct option {
    const char *name;
    const char **text;
    int64_t *whole;
    double *number;
    bool *flag;
    double least, most; /* of a number */
} option;

static inline bool take_value(const option *o, const char *value) {
    char *end;
    if (!value) return false;
    if (o->text) return (*o->text = value), true;
    const double x = strtod(value, &end);
    if (!*value || *end || !(x >= o->least && x <= o->most)) return false;
    if (o->number) return (*o->number = x), true;
    return x == floor(x) && ((*o->whole = (int64_t)x), true);
}

/* The option that a word of the command line names, or the next one without a name. */
static inline const option *option_of(const char *word, const option *options, size_t n,
                                      size_t *words) {
    size_t nameless = 0;
    for (size_t i = 0; i < n; i++) {
        if (options[i].name && strcmp(options[i].name, word) == 0) return &options[i];
        if (!options[i].name && *word != '-' && nameless++ == *words) {
            ++*words;
            return &options[i];
        }
    }
    return NULL;
}

/* False, after a line that says why, for what makes no sense; --help ends the program. */
static inline bool read_options(int argc, char **argv, const char *usage, const option *options,
                                size_t n) {
    size_t words = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            printf("usage: %s\n", usage);
            exit(EXIT_SUCCESS);
        }
        const option *o = option_of(argv[i], options, n, &words);
        const char *value = o && o->name ? argv[i + 1] : argv[i]; /* behind the last one is NULL */
        if (o && o->flag) {
            *o->flag = true;
        } else if (o && take_value(o, value)) {
            i += o->name != NULL;
        } else {
            fprintf(stderr, "cannot make sense of '%s'\nusage: %s\n", argv[i], usage);
            return false;
        }
    }
    return true;
}

/* Of a program without options. */
static inline bool no_options(int argc, char **argv, const char *usage) {
    return read_options(argc, argv, usage, NULL, 0);
}

#endif
