/* Runs a fuzz target where libFuzzer is not linked, on files, those named and those of folders
 * named, or on bytes drawn at random:
 *
 *     fuzz_graph FILE|FOLDER...
 *     fuzz_graph --random COUNT SEED      inputs SEED .. SEED + COUNT - 1, each by itself */
#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>

static bool run_file(const char *path) {
    struct stat s = {0}; /* not all memory checkers know what fstat sets */
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &s) != 0) return false;
    size_t size = (size_t)s.st_size;
    uint8_t *bytes = malloc(size ? size : 1); /* no longer than the file, for sanitizers */
    bool read = bytes && fread(bytes, 1, size, f) == size;
    fclose(f);
    fprintf(stderr, "%s\n", path); /* the last one, when the target stops */
    if (read) LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return read;
}

static size_t run_folder(DIR *folder, const char *path) {
    char name[4096];
    size_t files = 0;
    for (struct dirent *e; (e = readdir(folder));) {
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.') files += run_file(name);
    }
    return files;
}

/* ---- random inputs ---- */

enum { LONGEST = 900 };

static uint64_t drawn; /* the input that runs */

static void say_which(int number) {
    fprintf(stderr, "stopped at --random 1 %llu\n", (unsigned long long)drawn);
    signal(number, SIG_DFL);
    raise(number);
}

/* Small bytes are common: they are late variables, no options, sizes that fit. */
static void run_random(uint64_t seed) {
    uint8_t bytes[LONGEST];
    tad_random r = {.seed = seed * 2654435761u + 12345};
    size_t size = (size_t)tad_random_below(&r, LONGEST);
    for (size_t i = 0; i < size; i++) {
        uint64_t n = tad_random_below(&r, 3 * 256);
        bytes[i] = (uint8_t)(n < 256 ? n : n < 512 ? n % 160 : n % 24);
    }
    drawn = seed;
    LLVMFuzzerTestOneInput(bytes, size);
}

static int run_randoms(uint64_t count, uint64_t seed) {
    signal(SIGABRT, say_which);
    signal(SIGSEGV, say_which);
    signal(SIGTERM, say_which);
    for (uint64_t i = 0; i < count; i++) run_random(seed + i);
    fprintf(stderr, "%llu random inputs\n", (unsigned long long)count);
    return count == 0;
}

int main(int argc, char **argv) {
    size_t files = 0;
    if (argc == 4 && strcmp(argv[1], "--random") == 0)
        return run_randoms(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        files += folder ? run_folder(folder, argv[i]) : run_file(argv[i]);
        if (folder) closedir(folder);
    }
    fprintf(stderr, "%zu files\n", files);
    return files == 0;
}
