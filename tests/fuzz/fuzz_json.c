/* The JSON of a safetensors header, piece by piece, against jansson: the same pieces are accepted,
 * with the same text and numbers. Looks at the insides of src/io. */
#include "fuzz.h"

#include <jansson.h>

#include "io/json.h"

static json_t *parse(tad__piece piece) {
    json_error_t error;
    return json_loadb(piece.at, piece.length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
}

static void check_string(tad__piece piece) {
    char *text = malloc(piece.length);
    json_t *j = parse(piece);
    bool accepted = tad__json_string(piece, text);
    fuzz_check(accepted == json_is_string(j), "accepted: %d", accepted);
    if (accepted) fuzz_check(strcmp(text, json_string_value(j)) == 0, "'%s'", text);
    json_decref(j);
    free(text);
}

/* ---- descriptions ---- */

/* Natural numbers as jansson reads them; how many, or -1. */
static int numbers(const json_t *list, int64_t *out, int room) {
    int n = json_is_array(list) ? (int)json_array_size(list) : -1;
    for (int i = 0; i < n; i++) {
        const json_t *j = json_array_get(list, (size_t)i);
        if (!json_is_integer(j) || json_integer_value(j) < 0) return -1;
        if (i < room) out[i] = json_integer_value(j);
    }
    return n;
}

static bool read_tensor(const json_t *j, tad__described *out) {
    int64_t place[2];
    const char *dtype = json_string_value(json_object_get(j, "dtype"));
    memset(out, 0, sizeof *out);
    out->shape.rank = numbers(json_object_get(j, "shape"), out->shape.dim, TAD_MAX_RANK);
    if (json_object_size(j) != 3 || !dtype || out->shape.rank < 0 ||
        out->shape.rank > TAD_MAX_RANK ||
        numbers(json_object_get(j, "data_offsets"), place, 2) != 2)
        return false;
    strncpy(out->dtype, dtype, sizeof out->dtype - 1);
    out->begin = (uint64_t)place[0];
    out->end = (uint64_t)place[1];
    return true;
}

/* jansson takes -0 for 0, and passes over a zero byte after a number. */
static bool is_left_to_jansson(tad__piece piece) {
    for (size_t i = 1; i < piece.length; i++)
        if ((piece.at[i - 1] == '-' && piece.at[i] == '0') || piece.at[i] == 0) return true;
    return false;
}

/* Long ones are refused here alone. */
static void check_tensor(tad__piece piece) {
    tad__described ours, theirs;
    json_t *j = parse(piece);
    const char *why = tad__json_tensor(piece, &ours);
    bool accepted = read_tensor(j, &theirs);
    json_decref(j);
    if (piece.length > 1024 || is_left_to_jansson(piece)) return;
    fuzz_check(accepted == !why, "%s", why ? why : "accepted");
    if (!accepted) return;
    fuzz_check(strcmp(ours.dtype, theirs.dtype) == 0, "'%s', not '%s'", ours.dtype, theirs.dtype);
    fuzz_check(fuzz_same_shape(ours.shape, theirs.shape), "another shape");
    fuzz_check(ours.begin == theirs.begin && ours.end == theirs.end, "another place");
}

/* ---- cutting ---- */

static int depth_of(const json_t *j) {
    int depth = 0;
    size_t i;
    const char *name;
    json_t *item;
    json_array_foreach(j, i, item) if (depth_of(item) > depth) depth = depth_of(item);
    json_object_foreach((json_t *)(uintptr_t)j, name, item) if (depth_of(item) > depth) depth =
        depth_of(item);
    return depth + (json_is_array(j) || json_is_object(j));
}

/* Whether every member is what can be cut: text, or brackets nested twice. */
static bool can_be_cut(json_t *whole) {
    const char *name;
    json_t *item;
    json_object_foreach(whole, name, item) if (!(json_is_string(item) || json_is_object(item) ||
                                                 json_is_array(item)) ||
                                               depth_of(item) > 2) return false;
    return json_is_object(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size ? size : 1);
    if (size) memcpy(text, data, size);
    tad__piece name, value, all = {text, size};
    tad__members m;
    size_t count = 0;
    int more = tad__members_begin(&m, all) ? 1 : -1;
    while (more > 0 && (more = tad__members_next(&m, &name, &value)) > 0) {
        count++;
        check_string(name);
        if (*value.at == '"')
            check_string(value);
        else
            check_tensor(value);
    }
    json_t *whole = size < 4096 ? parse(all) : NULL;
    if (whole && can_be_cut(whole))
        fuzz_check(more == 0 && count == json_object_size(whole), "cut at %zu of %zu",
                   (size_t)(m.at - text), size);
    json_decref(whole);
    free(text);
    return 0;
}
