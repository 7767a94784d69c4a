/* Runs models of ONNX whose results are known, above all the tests of its operators, by tad_call.
 *
 *     onnx FOLDER [TEST...]
 *     onnx --least N OF FOLDER
 *     onnx --garbage FOLDER
 *
 * FOLDER holds folders test_*, as those of Debian's libonnx-testdata. For every test, or those
 * named, prints "ok TEST", "FAIL TEST: why" or "skip TEST: reason: more", then the skipped ones by
 * reason, and "N passed, M failed, K skipped". Exit status 1 when a test has failed or none was
 * run, and with --least when fewer than N have passed of a folder of OF tests, as a version of the
 * data has; 77 (skipped, says meson) without FOLDER. With --garbage the files are read damaged
 * instead. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "garbage.h"
#include "test.h"

enum { NAME = 200, PATH = 400, SKIPPED_STATUS = 77, SHORT_FILE = 1000 };

typedef char folder_name[NAME];

typedef struct folders {
    folder_name *name;
    size_t count;
} folders;

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* Folders test_*, sorted. False: there is no such folder, or no memory. */
static bool find_folders(const char *path, folders *found) {
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool fine = dir != NULL;
    *found = (folders){NULL, 0};
    while (fine && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, "test_", 5) != 0 || strlen(entry->d_name) >= NAME) continue;
        folder_name *longer = realloc(found->name, (found->count + 1) * sizeof *longer);
        fine = longer != NULL;
        if (!fine) break;
        found->name = longer;
        strcpy(longer[found->count++], entry->d_name);
    }
    if (dir) closedir(dir);
    if (fine && found->count) qsort(found->name, found->count, sizeof *found->name, by_name);
    return fine;
}

/* Whether it is in a list that ends with NULL; an empty list has all. */
static bool is_wanted(const char *name, char **list) {
    for (char **one = list; *one; one++)
        if (strcmp(*one, name) == 0) return true;
    return !*list;
}

/* ---- tests ---- */

static const char *const reasons[SKIP_KINDS] = {
    [NO_OP] = "no op",   [TYPE] = "type",         [ATTRIBUTE] = "attribute", [INPUT] = "input",
    [OUTPUT] = "output", [SUBGRAPH] = "subgraph", [RANDOM] = "random",       [DATA] = "wrong test"};

typedef struct totals {
    size_t of[3], skipped[SKIP_KINDS], single, single_passed;
} totals;

static void run_folder(const char *parent, const char *name, totals *sum) {
    char path[PATH];
    test_result result;
    snprintf(path, sizeof path, "%s/%s", parent, name);
    run_test(path, &result);
    sum->of[result.outcome]++;
    sum->single += result.alone;
    sum->single_passed += result.alone && result.outcome == PASSED;
    if (result.outcome == PASSED) printf("ok %s\n", name);
    if (result.outcome == FAILED) printf("FAIL %s: %s\n", name, result.why);
    if (result.outcome != SKIPPED) return;
    printf("skip %s: %s: %s\n", name, reasons[result.kind], result.why);
    sum->skipped[result.kind]++;
}

static void print_totals(const totals *sum) {
    for (int k = 0; k < SKIP_KINDS; k++) printf("skipped, %s: %zu\n", reasons[k], sum->skipped[k]);
    printf("of %zu with a single operator %zu passed\n", sum->single, sum->single_passed);
    printf("%zu passed, %zu failed, %zu skipped\n", sum->of[PASSED], sum->of[FAILED],
           sum->of[SKIPPED]);
}

static int run_all(const folders *found, const char *parent, char **wanted, size_t least) {
    totals sum = {.single = 0};
    for (size_t i = 0; i < found->count; i++)
        if (is_wanted(found->name[i], wanted)) run_folder(parent, found->name[i], &sum);
    if (sum.of[PASSED] < least) printf("fewer have passed than %zu\n", least);
    print_totals(&sum);
    const bool none = sum.of[PASSED] + sum.of[FAILED] + sum.of[SKIPPED] == 0;
    return none || sum.of[FAILED] > 0 || sum.of[PASSED] < least;
}

/* ---- garbage ---- */

/* True: the file is there, and short enough to be damaged in all places. */
static bool damage(const char *parent, const char *name, const char *file, size_t *copies,
                   bool *fine) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s/%s", parent, name, file);
    const wire_bytes bytes = read_file(path);
    const bool chosen = bytes.data && bytes.count <= SHORT_FILE;
    const size_t n = chosen ? read_damaged(bytes) : 0;
    if (chosen && n == 0) {
        printf("FAIL %s: not read\n", path);
        *fine = false;
    }
    *copies += n;
    free((void *)(uintptr_t)bytes.data);
    return chosen;
}

static int damage_all(const folders *found, const char *parent) {
    size_t copies = 0, files = 0;
    bool fine = true;
    for (size_t i = 0; i < found->count; i++) {
        files += damage(parent, found->name[i], "model.onnx", &copies, &fine);
        files += damage(parent, found->name[i], "test_data_set_0/output_0.pb", &copies, &fine);
    }
    printf("%zu damaged copies of %zu files read\n", copies, files);
    return !fine || files == 0;
}

static int usage(const char *program) {
    fprintf(
        stderr,
        "usage: %s FOLDER [TEST...]\n       %s --least N OF FOLDER\n       %s --garbage FOLDER\n",
        program, program, program);
    return 2;
}

int main(int argc, char **argv) {
    folders found;
    const bool garbage = argc == 3 && strcmp(argv[1], "--garbage") == 0;
    const bool counts = argc == 5 && strcmp(argv[1], "--least") == 0;
    if (argc < 2 || (argv[1][0] == '-' && !garbage && !counts)) return usage(argv[0]);
    char **folder = argv + (garbage ? 2 : counts ? 4 : 1);
    if (!find_folders(*folder, &found) || found.count == 0) {
        printf("no tests in %s\n", *folder);
        free(found.name);
        return SKIPPED_STATUS;
    }
    const bool known = counts && strtoul(argv[3], NULL, 10) == found.count;
    const size_t least = known ? strtoul(argv[2], NULL, 10) : 0;
    const int status =
        garbage ? damage_all(&found, *folder) : run_all(&found, *folder, folder + 1, least);
    free(found.name);
    return status;
}
