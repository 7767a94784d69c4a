/* Checkpoints, and the dictionaries in them: a refused file changes no slot; an accepted one gives
 * every slot the array of its name; saved and resumed again, it is the same. Files lie in memory,
 * which is many times faster, but for the first that is accepted and one of 4096 after. Looks at
 * the insides of src/io. */
#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <unistd.h>

#include "io/safetensors.h"

enum { SLOTS = 6, ARRAYS = 7, LARGEST = 48 };

/* What is saved: the array in the file, and the variable or the memory that it comes from. */
typedef struct array {
    const char *name;
    tad_dtype dtype;
    tad_shape shape;
    tad_var var;
    void *data;
} array;

static fuzz_memory memory;
static tad_tape *tape;
static array arrays[ARRAYS] = {
    {.name = "w", .dtype = TAD_F64, .shape = {2, {2, 3}}},
    {.name = "f", .dtype = TAD_F32, .shape = {1, {3}}},
    {.name = "net.a", .dtype = TAD_F64},
    {.name = "net.b", .dtype = TAD_F32, .shape = {2, {2, 2}}},
    {.name = "step", .dtype = TAD_I64},
    {.name = "mask", .dtype = TAD_BOOL, .shape = {1, {3}}},
    {.name = "none", .dtype = TAD_F64, .shape = {1, {0}}},
};
static tad_slot slots[SLOTS];
static int64_t step;
static bool mask[3];
static char path[256];

/* ---- the slots ---- */

static void remove_file(void) { unlink(path); }

static void make_path(void) {
    strcpy(path, "/tmp/tad_fuzz_XXXXXX");
    int fd = mkstemp(path);
    fuzz_check(fd >= 0, "%s", path);
    close(fd);
    atexit(remove_file);
}

static size_t bytes_of(int i) { return fuzz_bytes_of(arrays[i].dtype, arrays[i].shape); }

static const void *data_of(int i) { return i < 4 ? tad_data(arrays[i].var) : arrays[i].data; }

static void fill(int with) {
    uint8_t bytes[LARGEST];
    memset(bytes, with, sizeof bytes);
    for (int i = 0; i < 4; i++)
        fuzz_check(tad_assign(arrays[i].var, bytes) == TAD_OK, "%s", tad_message(tape));
    step = with;
    memset(mask, with & 1, sizeof mask);
}

static void look(uint8_t out[ARRAYS][LARGEST]) {
    memset(out, 0, ARRAYS * (size_t)LARGEST);
    for (int i = 0; i < ARRAYS; i++)
        if (bytes_of(i)) memcpy(out[i], data_of(i), bytes_of(i));
}

/* ---- loading ---- */

/* Resumes from memory, or with NULL from the file; false: refused, and then nothing changed. */
static bool load(const uint8_t *data, size_t size, bool partial) {
    uint8_t before[ARRAYS][LARGEST], after[ARRAYS][LARGEST];
    size_t live = memory.live;
    memory.peak = live;
    look(before);
    tad_safetensors *file = NULL;
    tad_status status = data ? tad_safetensors_open(tape, data, size, &file)
                             : tad_checkpoint_load(tape, path, slots, SLOTS, partial);
    if (file) status = tad__checkpoint_resume(tape, file, "memory", slots, SLOTS, partial);
    tad_safetensors_close(file);
    fuzz_check(status == tad_tape_status(tape), "the tape knows another status");
    fuzz_check(status == TAD_OK || tad_message(tape)[0], "no message");
    tad_tape_clear(tape);
    look(after);
    fuzz_check(memory.live == live, "%zu bytes are left", memory.live - live);
    fuzz_check(memory.peak - live <= 4 * size + 4096, "%zu bytes for %zu", memory.peak - live,
               size);
    fuzz_check(status == TAD_OK || memcmp(before, after, sizeof before) == 0, "a slot changed");
    return status == TAD_OK;
}

static void check_slots(const uint8_t *data, size_t size) {
    tad_safetensors *file;
    fuzz_check(tad_safetensors_open(tape, data, size, &file) == TAD_OK, "%s", tad_message(tape));
    for (int i = 0; i < ARRAYS; i++) {
        const tad_tensor *t = tad_safetensors_find(file, arrays[i].name);
        fuzz_check(t && t->dtype == arrays[i].dtype && fuzz_same_shape(t->shape, arrays[i].shape),
                   "%s", arrays[i].name);
        fuzz_check(bytes_of(i) == 0 || memcmp(t->data, data_of(i), bytes_of(i)) == 0, "%s",
                   arrays[i].name);
    }
    tad_safetensors_close(file);
}

static void check_saved(void) {
    uint8_t before[ARRAYS][LARGEST], after[ARRAYS][LARGEST];
    look(before);
    tad_status status = tad_checkpoint_save(tape, path, slots, SLOTS, NULL, 0);
    fuzz_check(status == TAD_OK, "%s", tad_message(tape));
    fill(1);
    fuzz_check(load(NULL, 1024, false), "what was saved is refused");
    look(after);
    fuzz_check(memcmp(before, after, sizeof before) == 0, "saved and resumed it is another");
}

static void begin(void) {
    tape = fuzz_tape(&memory, (tad_settings){.memory_limit = 64 << 20});
    for (int i = 0; i < 4; i++)
        arrays[i].var = tad_param(tape, arrays[i].dtype, arrays[i].shape, NULL);
    arrays[4].data = &step;
    arrays[5].data = mask;
    tad_dict *net = tad_dict_new(tape);
    tad_dict_add(net, "a", arrays[2].var);
    tad_dict_add(net, "b", arrays[3].var);
    slots[0] = tad_slot_var("w", arrays[0].var);
    slots[1] = tad_slot_var("f", arrays[1].var);
    slots[2] = tad_slot_dict("net", net);
    slots[3] = tad_slot_int("step", &step);
    slots[4] = tad_slot_array("mask", TAD_BOOL, arrays[5].shape, mask);
    slots[5] = tad_slot_array("none", TAD_F64, arrays[6].shape, NULL);
    fuzz_check(tad_tape_status(tape) == TAD_OK, "%s", tad_message(tape));
    make_path();
    fill(1);
    check_saved(); /* what is refused below is not refused for the slots' sake */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned accepted;
    if (!tape) begin();
    fill(0);
    bool whole = load(data, size, false);
    if (whole) fill(1);
    bool partial = load(data, size, true);
    fuzz_check(partial || !whole, "accepted as a whole and not in part");
    if (partial) check_slots(data, size);
    if (partial && accepted++ % 4096 == 0) check_saved();
    return 0;
}
