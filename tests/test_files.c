/* Arrays from files of others: NumPy's, as it writes them and damaged in every way; CSV. */
#include "support.h"

#include <stdio.h>

#include <tad/files.h>

#include "numpy_files.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

#define PARSE(file) tad_npy_parse(t, file, sizeof file)

/* ---- .npy ---- */

START_TEST(reads_what_numpy_writes) {
    tad_var x = PARSE(doubles);
    ck_shape(x, 2, 3);
    ck_assert_int_eq(tad_dtype_of(x), TAD_F64);
    double v[3];
    ck_done(tad_read(tad_at(x, 0), v, 3), t);
    ck_assert(v[0] == 1.5 && v[1] == -2 && v[2] == INFINITY);
    ck_values(tad_at(x, 1), 0, 0, 1e-300, 3);
    x = PARSE(number);
    ck_assert_int_eq(tad_shape_of(x).rank, 0);
    ck_assert_int_eq(tad_dtype_of(x), TAD_F32);
    ck_assert_double_eq(tad_item(x), 2.5);
    x = PARSE(bools);
    ck_shape(x, 2, 1);
    ck_assert_int_eq(tad_dtype_of(x), TAD_BOOL);
    ck_values(x, 0, 1, 0);
    ck_shape(PARSE(empty), 0, 3);
    ck_values(PARSE(version_two), 0, 7);
    ck_tape(t);
}
END_TEST

/* Numbers that tad has not, byte by byte the other way round, axis by axis the other way round. */
START_TEST(converts_what_is_not_its_own) {
    tad_var x = PARSE(halves);
    double v[6];
    ck_assert_int_eq(tad_dtype_of(x), TAD_F32);
    ck_done(tad_read(x, v, 6), t);
    ck_assert(v[0] == 1 && v[1] == -0.5 && v[2] == 0x1p-24 && v[3] == 65504);
    ck_assert(v[4] == INFINITY && v[5] == -INFINITY);
    x = PARSE(turned);
    ck_assert_int_eq(tad_dtype_of(x), TAD_I64);
    ck_shape(x, 2, 3);
    ck_values(x, 0, -3, -2, -1, 0, 1, 2);
    const int64_t *large = tad_data(PARSE(unsigned_ints));
    ck_assert(large[0] == 0 && large[1] == INT64_MAX);
}
END_TEST

static const struct {
    const unsigned char *bytes;
    size_t n;
    tad_status status;
    const char *word;
} refused[] = {
    {too_large, sizeof too_large, TAD_BAD_FILE, "int64"},
    {complex_numbers, sizeof complex_numbers, TAD_UNSUPPORTED, "type"},
    {words, sizeof words, TAD_UNSUPPORTED, "type"},
    {records, sizeof records, TAD_UNSUPPORTED, "records"},
    {stored, sizeof stored, TAD_BAD_FILE, "NumPy"},
};

START_TEST(refuses_what_it_cannot_hold) {
    ck_assert(tad_is_nil(tad_npy_parse(t, refused[_i].bytes, refused[_i].n)));
    ck_refused(t, refused[_i].status, "reading an array", refused[_i].word);
}
END_TEST

/* Byte for byte what NumPy writes. */
START_TEST(writes_what_numpy_writes) {
    const char *path = "files.npy";
    unsigned char bytes[sizeof doubles + 1];
    ck_done(tad_npy_save(PARSE(doubles), path), t);
    FILE *f = fopen(path, "rb");
    ck_assert_uint_eq(fread(bytes, 1, sizeof bytes, f), sizeof doubles);
    fclose(f);
    ck_assert_mem_eq(bytes, doubles, sizeof doubles);
    ck_values(tad_at(tad_npy_load(t, path), 1), 0, 0, 1e-300, 3);
    /* a view is written as it looks; one axis, none, and eight */
    tad_var x = tad_arange(t, TAD_F32, 0, 6, 1), m = tad_reshape(x, TAD_SHAPE(2, 3));
    ck_done(tad_npy_save(tad_transpose(m, 0, 1), path), t);
    ck_values(tad_npy_load(t, path), 0, 0, 3, 1, 4, 2, 5);
    tad_shape s[] = {TAD_SHAPE(6), TAD_SHAPE(1, 1, 1, 2, 1, 3, 1, 1)};
    for (int i = 0; i < 2; i++) {
        ck_done(tad_npy_save(tad_reshape(x, s[i]), path), t);
        ck_assert_int_eq(tad_shape_of(tad_npy_load(t, path)).rank, s[i].rank);
        ck_values(tad_npy_load(t, path), 0, 0, 1, 2, 3, 4, 5);
    }
    ck_done(tad_npy_save(tad_scalar(t, 4), path), t);
    ck_values(tad_npy_load(t, path), 0, 4);
    remove(path);
}
END_TEST

/* ---- .npz ---- */

static void ck_archive(const tad_dict *d) {
    ck_assert_msg(d, "%s", tad_message(t));
    ck_assert_uint_eq(tad_dict_count(d), 2);
    ck_assert_str_eq(tad_dict_at(d, 0).name, "a");
    ck_values(tad_dict_get(d, "a"), 0, 0, 1, 2, 3);
    ck_assert_int_eq(tad_size_of(tad_dict_get(d, "b.c")), 60);
    ck_assert_double_eq(tad_item(tad_at(tad_dict_get(d, "b.c"), 59)), 1);
}

START_TEST(reads_archives) {
    ck_archive(tad_npz_parse(t, stored, sizeof stored));
    tad_dict *d = tad_npz_parse(t, deflated, sizeof deflated);
    if (tad_has_zlib()) {
        ck_archive(d);
        return;
    }
    ck_assert_ptr_null(d);
    ck_refused(t, TAD_UNSUPPORTED, "zlib");
}
END_TEST

/* Sizes and places beyond 4 GB stand in an extra field, behind others: here those of the first
 * array as if they were. */
static void put_number(unsigned char *to, size_t bytes, uint64_t value) {
    for (size_t i = 0; i < bytes; i++) to[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t number_at(const unsigned char *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;) value = value << 8 | from[i];
    return value;
}

START_TEST(sizes_may_be_wide) {
    enum { END = 22, ENTRY = 46, OTHER = 4 + 5, WIDE = 4 + 24, MORE = OTHER + WIDE };
    static unsigned char file[sizeof stored + MORE];
    unsigned char *end = file + sizeof stored - END;
    memcpy(file, stored, sizeof stored);
    unsigned char *entry = file + number_at(end + 16, 4),
                  *extra = entry + ENTRY + number_at(entry + 28, 2);
    ck_assert_uint_eq(number_at(entry + 30, 2), 0);
    memmove(extra + MORE, extra, (size_t)(file + sizeof stored - extra));
    put_number(end + MORE + 12, 4, number_at(end + MORE + 12, 4) + MORE);
    put_number(entry + 30, 2, MORE);
    put_number(extra, 4, 0x5455 | 5 << 16);
    memset(extra + 4, 1, 5);
    put_number(extra + OTHER, 4, 1 | 24 << 16);
    static const size_t narrow[3] = {24, 20, 42}; /* size, that in the file, place */
    for (size_t k = 0; k < 3; k++) {
        put_number(extra + OTHER + 4 + 8 * k, 8, number_at(entry + narrow[k], 4));
        put_number(entry + narrow[k], 4, UINT32_MAX);
    }
    ck_archive(tad_npz_parse(t, file, sizeof file));
    /* one of them alone: then it stands first */
    for (size_t k = 0; k < 2; k++)
        put_number(entry + narrow[k], 4, number_at(extra + OTHER + 4 + 8 * k, 8));
    memmove(extra + OTHER + 4, extra + OTHER + 4 + 16, 8);
    ck_archive(tad_npz_parse(t, file, sizeof file));
    put_number(extra + OTHER, 2, 2); /* there is none */
    ck_assert_ptr_null(tad_npz_parse(t, file, sizeof file));
    ck_assert_int_eq(tad_tape_status(t), TAD_BAD_FILE);
    tad_tape_clear(t);
}
END_TEST

START_TEST(writes_archives) {
    const char *path = "files.npz";
    tad_dict *d = tad_npz_parse(t, stored, sizeof stored);
    ck_done(tad_npz_save(d, path), t);
    ck_archive(tad_npz_load(t, path));
    ck_done(tad_npz_save(tad_dict_new(t), path), t);
    ck_assert_uint_eq(tad_dict_count(tad_npz_load(t, path)), 0);
    remove(path);
}
END_TEST

/* ---- damage ---- */

static support_memory memory;

static void parse_any(const unsigned char *bytes, size_t n, bool archive) {
    tad_mark m = tad_tape_mark(t);
    if (archive)
        (void)tad_npz_parse(t, bytes, n);
    else
        (void)tad_npy_parse(t, bytes, n);
    const tad_status s = tad_tape_status(t);
    ck_assert_msg(s == TAD_OK || s == TAD_BAD_FILE || s == TAD_UNSUPPORTED, "%s", tad_message(t));
    tad_tape_clear(t);
    ck_done(tad_tape_rewind(t, m), t);
}

/* Dictionaries live as long as their tape. */
static void begin_anew(void) {
    if (t) ck_assert_uint_lt(tad_tape_memory(t).peak, 2u << 20);
    tad_tape_free(t);
    if (t) ck_no_leak(&memory);
    memory = (support_memory){0};
    t = support_tape(&memory);
}

/* Cut anywhere, and each byte of the first 256 and the last 128 at every value: an answer each
 * time, and memory no larger than the file could need. */
static void damage(const unsigned char *file, size_t n, bool archive) {
    unsigned char *copy = malloc(n);
    for (size_t i = 0; i < n; i++) {
        memcpy(copy, file, i);
        unsigned char *exact = realloc(copy, i ? i : 1); /* so that sanitizers see its end */
        ck_assert_ptr_nonnull(exact);
        parse_any(exact, i, archive);
        copy = realloc(exact, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (i >= 256 && i + 128 < n) continue;
        memcpy(copy, file, n);
        begin_anew();
        for (int v = 0; v < 256; v++) {
            copy[i] = (unsigned char)v;
            parse_any(copy, n, archive);
        }
    }
    free(copy);
}

START_TEST(survives_damage) {
    begin_anew();
    damage(doubles, sizeof doubles, false);
    damage(turned, sizeof turned, false);
    damage(stored, sizeof stored, true);
    damage(deflated, sizeof deflated, true);
    begin_anew();
    tad_tape_free(t);
}
END_TEST

/* The directory calls the second array as the first one. */
START_TEST(an_array_is_there_once) {
    enum { ENTRY = 46 };
    const char *path = "once.npz";
    unsigned char file[2048];
    size_t last = 0;
    tad_dict *d = tad_dict_new(t);
    ck_done(tad_dict_add(d, "a1", tad_scalar(t, 1)), t);
    ck_done(tad_dict_add(d, "a2", tad_scalar(t, 2)), t);
    ck_done(tad_npz_save(d, path), t);
    FILE *from = fopen(path, "rb");
    ck_assert_ptr_nonnull(from);
    const size_t n = fread(file, 1, sizeof file, from);
    fclose(from);
    remove(path);
    for (size_t i = 0; i + ENTRY < n; i++)
        if (memcmp(file + i, "PK\1\2", 4) == 0) last = i;
    ck_assert_int_eq(file[last + ENTRY + 1], '2');
    file[last + ENTRY + 1] = '1';
    ck_assert_ptr_null(tad_npz_parse(t, file, n));
    ck_refused(t, TAD_BAD_FILE, "there twice");
}
END_TEST

/* The directory says a byte more or less than a packed array takes, or gives. */
START_TEST(packed_data_of_another_size_is_refused) {
    enum { ENTRY = 46, PACKED = 20, SIZE = 24 };
    unsigned char file[sizeof deflated];
    int entries = 0;
    for (size_t i = 0; i + ENTRY < sizeof file; i++) {
        if (memcmp(deflated + i, "PK\1\2", 4) != 0) continue;
        entries++;
        for (int k = 0; k < 4; k++) {
            const size_t at = i + (k < 2 ? PACKED : SIZE);
            memcpy(file, deflated, sizeof file);
            file[at] = (unsigned char)(file[at] + (k % 2 ? 1 : -1));
            ck_assert_ptr_null(tad_npz_parse(t, file, sizeof file));
            ck_refused(t, tad_has_zlib() ? TAD_BAD_FILE : TAD_UNSUPPORTED,
                       tad_has_zlib() ? "damaged packed data" : "zlib");
        }
    }
    ck_assert_int_eq(entries, 2);
}
END_TEST

START_TEST(a_word_of_the_header_is_there_once) {
    const char *const last[] = {"", "'descr': '<f8', ", "'fortran_order': False, ",
                                "'shape': (1,), "};
    for (size_t k = 0; k < sizeof last / sizeof *last; k++) {
        char file[10 + 128 + 8] = "\x93NUMPY\1\0\x80";
        snprintf(file + 10, 129, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), %s}",
                 last[k]);
        size_t length = strlen(file + 10);
        memset(file + 10 + length, ' ', 128 - length);
        file[10 + 127] = '\n';
        ck_assert_int_eq(tad_is_nil(tad_npy_parse(t, file, sizeof file)), k > 0);
        if (k > 0) ck_refused(t, TAD_BAD_FILE, "header");
        ck_tape(t);
    }
}
END_TEST

START_TEST(a_cut_file_is_refused) {
    for (size_t i = 0; i < sizeof doubles; i++) {
        ck_assert(tad_is_nil(tad_npy_parse(t, doubles, i)));
        tad_tape_clear(t);
    }
    for (size_t i = 0; i < sizeof stored; i++) {
        ck_assert_ptr_null(tad_npz_parse(t, stored, i));
        tad_tape_clear(t);
    }
}
END_TEST

/* ---- CSV ---- */

static tad_var csv(const char *text, const tad_csv_options *o) {
    return tad_csv_parse(t, text, strlen(text), o);
}

START_TEST(reads_lines_of_numbers) {
    tad_var x = csv("1,2.5, -3e2\n\n 4 ,\"5\",+6.\r\n", NULL);
    ck_shape(x, 2, 3);
    ck_values(x, 0, 1, 2.5, -300, 4, 5, 6);
    x = csv("\xef\xbb\xbfx;y\n.5;inf\n;-Infinity", &(tad_csv_options){';', 1});
    double v[4];
    ck_done(tad_read(x, v, 4), t);
    ck_assert(v[0] == 0.5 && v[1] == INFINITY && isnan(v[2]) && v[3] == -INFINITY);
    ck_shape(csv("1\t\t3\n", &(tad_csv_options){.separator = '\t'}), 1, 3);
    ck_shape(csv("", NULL), 0, 0);
    ck_shape(csv("7", NULL), 1, 1);
    ck_values(csv("0.1000000000000000055511151231257827021181583404541015625", NULL), 0, 0.1);
    ck_tape(t);
}
END_TEST

static const char *const wrong[][2] = {
    {"1,2\n3,x\n", "line 2, column 2: 'x'"},
    {"1,2\n\n3\n", "line 3 has 1 columns"},
    {"0x10\n", "0x10"},
    {"1 2\n", "1 2"},
    {"\"1\n", "line 1"},
    {"1e\n", "1e"},
    {"na\n", "na"},
    {"--1\n", "--1"},
};

START_TEST(says_which_cell_is_no_number) {
    ck_assert(tad_is_nil(csv(wrong[_i][0], NULL)));
    ck_refused(t, TAD_BAD_FILE, wrong[_i][1]);
}
END_TEST

START_TEST(refuses_separators_that_cannot_be) {
    ck_assert(tad_is_nil(csv("1", &(tad_csv_options){.separator = '.'})));
    ck_refused(t, TAD_BAD_ARGUMENT, "separator");
    ck_assert(tad_is_nil(csv("1", &(tad_csv_options){.skip_lines = -1})));
    ck_refused(t, TAD_BAD_ARGUMENT, "lines");
    ck_assert(tad_is_nil(tad_csv_parse(t, NULL, 0, NULL)));
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert(tad_is_nil(tad_csv_load(t, "no such file", NULL)));
    ck_refused(t, TAD_IO, "no such file");
    ck_assert(tad_is_nil(tad_npy_load(t, "no such file")));
    ck_refused(t, TAD_IO, "no such file");
    ck_assert_ptr_null(tad_npz_load(t, NULL));
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_npz_save(NULL, "x"), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_npy_save(tad_number(1), "x"), TAD_BAD_ARGUMENT);
}
END_TEST

/* ---- memory ---- */

START_TEST(files_survive_out_of_memory) {
    size_t tries = 0;
    for (bool done = false; !done; tries++) {
        support_memory m = {.fail_at = tries / 2 + 1, .for_ever = tries % 2, .scarce = true};
        tad_tape *tape = support_tape(&m);
        tad_dict *d = tad_npz_parse(tape, tries % 4 < 2 ? stored : deflated,
                                    tries % 4 < 2 ? sizeof stored : sizeof deflated);
        tad_var x = tad_npy_parse(tape, turned, sizeof turned),
                y = tad_csv_parse(tape, "1,2", 3, NULL);
        const bool whole = d && !tad_is_nil(x) && !tad_is_nil(y);
        done = tape && whole && !m.refused;
        ck_assert(whole || !tape || m.refused || !tad_has_zlib());
        if (!tad_has_zlib() && !m.refused) done = true;
        tad_tape_free(tape);
        ck_no_leak(&m);
        ck_assert_uint_lt(tries, 1000);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("files");
    TCase *c = support_case(s, "numpy");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, reads_what_numpy_writes);
    tcase_add_test(c, converts_what_is_not_its_own);
    tcase_add_loop_test(c, refuses_what_it_cannot_hold, 0, 5);
    tcase_add_test(c, writes_what_numpy_writes);
    tcase_add_test(c, reads_archives);
    tcase_add_test(c, writes_archives);
    tcase_add_test(c, sizes_may_be_wide);
    tcase_add_test(c, an_array_is_there_once);
    tcase_add_test(c, packed_data_of_another_size_is_refused);
    tcase_add_test(c, a_word_of_the_header_is_there_once);
    tcase_add_test(c, a_cut_file_is_refused);
    c = support_case(s, "csv");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, reads_lines_of_numbers);
    tcase_add_loop_test(c, says_which_cell_is_no_number, 0, 8);
    tcase_add_test(c, refuses_separators_that_cannot_be);
    c = support_case(s, "damage");
    tcase_add_test(c, survives_damage);
    tcase_add_test(c, files_survive_out_of_memory);
    return s;
}

SUPPORT_MAIN(suite)
