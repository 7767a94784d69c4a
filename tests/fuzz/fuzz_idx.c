/* IDX files, plain and gzipped: a refusal leaves everything as it was and takes little memory; what
 * is accepted is the file's numbers, and the same from a gzipped file. */
#include "fuzz.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

enum { SLACK = 128 * 1024 }; /* the unpacker and its window */

static fuzz_memory memory;
static tad_tape *tape;

static size_t element_bytes(tad_idx_type type) {
    switch (type) {
    case TAD_IDX_U8:
    case TAD_IDX_I8: return 1;
    case TAD_IDX_I16: return 2;
    case TAD_IDX_I32:
    case TAD_IDX_F32: return 4;
    case TAD_IDX_F64: return 8;
    }
    return 0;
}

/* Parses; checks what holds in either case. */
static tad_status parse(const uint8_t *data, size_t size, tad_idx *out) {
    tad_idx before;
    memset(out, 0x5A, sizeof *out);
    memcpy(&before, out, sizeof before);
    size_t live = memory.live;
    memory.peak = live;
    tad_status status = tad_idx_parse(tape, data, size, out);
    size_t kept = memory.live - live;
    fuzz_check(memory.peak - live <= kept + SLACK, "%zu bytes for a file of %zu",
               memory.peak - live, size);
    fuzz_check(status == tad_tape_status(tape), "the tape knows another status");
    if (status == TAD_OK) return status;
    fuzz_check(kept == 0, "%zu bytes are kept", kept);
    fuzz_check(memcmp(&before, out, sizeof before) == 0, "the destination changed");
    fuzz_check(status == TAD_BAD_FILE || status == TAD_UNSUPPORTED, "%s", tad_message(tape));
    fuzz_check(tad_message(tape)[0], "no message");
    tad_tape_clear(tape);
    return status;
}

/* Element i with its most significant byte first. */
static uint64_t bits_of(const tad_idx *idx, size_t i, size_t bytes) {
    const uint8_t *at = (const uint8_t *)idx->data + i * bytes;
    uint32_t four;
    uint64_t eight;
    uint16_t two;
    switch (bytes) {
    case 2: memcpy(&two, at, bytes); return two;
    case 4: memcpy(&four, at, bytes); return four;
    case 8: memcpy(&eight, at, bytes); return eight;
    default: return *at;
    }
}

/* Is `data` the file that idx would be written to? */
static void check_written(const tad_idx *idx, const uint8_t *data, size_t size) {
    size_t bytes = element_bytes(idx->type), at = 4;
    fuzz_check(bytes && data[2] == idx->type && data[3] == idx->shape.rank, "type or rank");
    for (int k = 0; k < idx->shape.rank; k++)
        for (int shift = 24; shift >= 0; shift -= 8)
            fuzz_check(data[at++] == (uint8_t)(idx->shape.dim[k] >> shift), "size %d", k);
    fuzz_check(size - at == (size_t)idx->size * bytes, "%lld elements", (long long)idx->size);
    for (size_t i = 0; i < (size_t)idx->size; i++)
        for (int shift = (int)bytes * 8 - 8; shift >= 0; shift -= 8)
            fuzz_check(data[at++] == (uint8_t)(bits_of(idx, i, bytes) >> shift), "element %zu", i);
}

/* Whole numbers along one axis are labels: a data set made of them has them. */
static void check_labels(const tad_idx *idx) {
    tad_dataset set;
    tad_status status = tad_dataset_make(tape, idx, idx, NULL, &set);
    for (int64_t i = 0; status == TAD_OK && i < set.count; i++) {
        double number[1];
        fuzz_check(tad_dataset_example(&set, i, number) == (int64_t)tad_idx_value(idx, i), "label");
    }
    if (status == TAD_OK) tad_tape_resize(tape, (void *)(uintptr_t)set.label, 0, 0);
    tad_tape_clear(tape);
}

#ifdef HAVE_ZLIB
/* The file in one stored block of a gzip file gives the same. */
static void check_packed(const uint8_t *data, size_t size, tad_status status,
                         const tad_idx *plain) {
    static const uint8_t begin[11] = {0x1f, 0x8b, 8, [9] = 3, [10] = 1};
    static uint8_t file[sizeof begin + 4 + 65535 + 8];
    uint8_t *to = file + sizeof begin;
    uint32_t sum = (uint32_t)crc32(0, data, (uInt)size);
    uint16_t length = (uint16_t)size;
    memcpy(file, begin, sizeof begin);
    for (int i = 0; i < 4; i++) *to++ = (uint8_t)((i < 2 ? length : ~length) >> i % 2 * 8);
    memcpy(to, data, size);
    to += size;
    for (int i = 0; i < 8; i++) *to++ = (uint8_t)((i < 4 ? sum : length) >> i % 4 * 8);
    tad_idx unpacked;
    fuzz_check(parse(file, (size_t)(to - file), &unpacked) == status,
               "gzipped it gives another status");
    if (status != TAD_OK) return;
    fuzz_check(unpacked.size == plain->size && unpacked.type == plain->type &&
                   fuzz_same_shape(unpacked.shape, plain->shape) &&
                   memcmp(unpacked.data, plain->data,
                          (size_t)plain->size * element_bytes(plain->type)) == 0,
               "gzipped it is another array");
    tad_idx_free(tape, &unpacked);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!tape) tape = fuzz_tape(&memory, (tad_settings){.memory_limit = 64 << 20});
    bool packed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
    size_t live = memory.live;
    tad_idx idx;
    tad_status status = parse(data, size, &idx);
    if (status == TAD_OK && !packed) check_written(&idx, data, size);
    if (status == TAD_OK) check_labels(&idx);
#ifdef HAVE_ZLIB
    if (!packed && size > 0 && size <= 65535) check_packed(data, size, status, &idx);
#endif
    if (status == TAD_OK) tad_idx_free(tape, &idx);
    fuzz_check(memory.live == live, "%zu bytes are left", memory.live - live);
    return 0;
}
