/* .npy, .npz and CSV: a refusal keeps and takes little memory; what is accepted is written and read
 * again, and is the same. */
#include "fuzz.h"

#include <unistd.h>

enum { SLACK = 256 * 1024 }; /* the tape's own, the unpacker */

static fuzz_memory memory;
static tad_tape *tape;

static bool same(tad_var a, tad_var b) {
    if (tad_dtype_of(a) != tad_dtype_of(b) || !fuzz_same_shape(tad_shape_of(a), tad_shape_of(b)))
        return false;
    const size_t n = (size_t)tad_size_of(a) * tad_dtype_size(tad_dtype_of(a));
    return n == 0 || memcmp(tad_data(a), tad_data(b), n) == 0;
}

static void check_written(tad_var x) {
    char path[40];
    snprintf(path, sizeof path, "/tmp/tad_fuzz_%ld.npy", (long)getpid());
    fuzz_check(tad_npy_save(x, path) == TAD_OK, "%s", tad_message(tape));
    fuzz_check(same(x, tad_npy_load(tape, path)), "read again it is another array");
    remove(path);
}

/* What all have in common, after one of them has tried. */
static void check_end(size_t size, bool accepted, size_t live) {
    const tad_status s = tad_tape_status(tape);
    fuzz_check(accepted == (s == TAD_OK), "status %d", (int)s);
    fuzz_check(s == TAD_OK || s == TAD_BAD_FILE || s == TAD_UNSUPPORTED, "%s", tad_message(tape));
    fuzz_check(s == TAD_OK || tad_message(tape)[0], "no message");
    /* deflate can be 1032 to 1, a byte an int64 */
    fuzz_check(memory.peak - live <= SLACK + size * 1032 * 10, "%zu bytes for a file of %zu",
               memory.peak - live, size);
    tad_tape_clear(tape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned run;
    tape = fuzz_tape(&memory, (tad_settings){.memory_limit = 64 << 20});
    const size_t live = memory.live;
    memory.peak = live;
    tad_var x = tad_npy_parse(tape, data, size);
    if (!tad_is_nil(x) && run++ % 64 == 0) check_written(x);
    check_end(size, !tad_is_nil(x), live);
    check_end(size, tad_npz_parse(tape, data, size), live);
    x = tad_csv_parse(tape, (const char *)data, size, &(tad_csv_options){.skip_lines = size % 2});
    check_end(size, !tad_is_nil(x), live);
    fuzz_free(tape, &memory);
    return 0;
}
