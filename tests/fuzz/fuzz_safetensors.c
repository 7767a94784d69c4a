/* safetensors in memory: a refusal takes little memory and keeps none; what is accepted can be
 * written, is the same when it is read again, and found by its names. */
#include "fuzz.h"

static fuzz_memory memory;
static tad_tape *tape;

static uint64_t header_of(const uint8_t *data, size_t size) {
    uint64_t n = 0;
    for (int i = 7; size >= 8 && i >= 0; i--) n = n << 8 | data[i];
    return n;
}

/* Opens; checks what holds in either case. */
static tad_safetensors *open_file(const uint8_t *data, size_t size) {
    tad_safetensors *file = (tad_safetensors *)&memory;
    size_t live = memory.live;
    memory.peak = live;
    tad_status status = tad_safetensors_open(tape, data, size, &file);
    fuzz_check(memory.peak - live <=
                   4 * (size < header_of(data, size) ? 0 : header_of(data, size)) + 256,
               "%zu bytes for a header of %llu", memory.peak - live,
               (unsigned long long)header_of(data, size));
    fuzz_check(status == tad_tape_status(tape), "the tape knows another status");
    if (status == TAD_OK) return file;
    fuzz_check(!file && memory.live == live, "a refused file is kept");
    fuzz_check(status == TAD_BAD_FILE || status == TAD_UNSUPPORTED, "%s", tad_message(tape));
    tad_tape_clear(tape);
    return NULL;
}

static tad_contents contents_of(const tad_safetensors *file) {
    return (tad_contents){tad_safetensors_at(file, 0), tad_safetensors_count(file),
                          tad_safetensors_text_at(file, 0), tad_safetensors_text_count(file)};
}

static void check_same(const tad_tensor *a, const tad_tensor *b) {
    fuzz_check(b && strcmp(a->name, b->name) == 0, "a name is lost");
    fuzz_check(a->dtype == b->dtype && fuzz_same_shape(a->shape, b->shape), "another array");
    fuzz_check(memcmp(a->data, b->data, fuzz_bytes_of(a->dtype, a->shape)) == 0, "other elements");
}

static void check_written(const tad_safetensors *file) {
    tad_contents all = contents_of(file);
    size_t size, again;
    fuzz_check(tad_safetensors_write(tape, &all, NULL, 0, &size) == TAD_OK, "%s",
               tad_message(tape));
    uint8_t *bytes = malloc(size);
    fuzz_check(tad_safetensors_write(tape, &all, bytes, size, &again) == TAD_OK && again == size,
               "size");
    tad_safetensors *copy = open_file(bytes, size);
    fuzz_check(copy, "what was written is refused");
    fuzz_check(tad_safetensors_count(copy) == all.count &&
                   tad_safetensors_text_count(copy) == all.text_count,
               "counts");
    for (size_t i = 0; i < all.count; i++) {
        check_same(&all.tensors[i], tad_safetensors_find(copy, all.tensors[i].name));
        fuzz_check(tad_safetensors_find(file, all.tensors[i].name) == &all.tensors[i], "found");
    }
    for (size_t i = 0; i < all.text_count; i++) {
        const char *value = tad_safetensors_text(copy, all.texts[i].key);
        fuzz_check(value && strcmp(value, all.texts[i].value) == 0, "text %zu", i);
    }
    tad_safetensors_close(copy);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!tape) tape = fuzz_tape(&memory, (tad_settings){.memory_limit = 64 << 20});
    size_t live = memory.live;
    tad_safetensors *file = open_file(data, size);
    if (file) check_written(file);
    tad_safetensors_close(file);
    fuzz_check(memory.live == live, "%zu bytes are left", memory.live - live);
    return 0;
}
