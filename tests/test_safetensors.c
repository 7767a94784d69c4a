/* safetensors: what is written is read again bit for bit; what is malformed is refused, whatever it
 * claims, with little memory; a save is the old file or the new one. Checkpoints on top. */
#define _POSIX_C_SOURCE 200809L

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tad/safetensors.h>

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

enum { SLACK = 64 * 1024 };

/* ---- a folder of the test's own ---- */

static char folder[64], path[96];

static void make_folder(void) {
    strcpy(folder, "/tmp/tad_safetensors_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void) {
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s: %s (temporary files left?)", folder, strerror(errno));
}

static size_t read_path(const char *name, unsigned char *out, size_t room) {
    FILE *f = fopen(name, "rb");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(out, 1, room, f);
    fclose(f);
    return n;
}

static void write_path(const char *name, const void *bytes, size_t n) {
    FILE *f = fopen(name, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* ---- contents ---- */

static const double doubles[] = {1.5, -0.0, 1e-310, 0x1.fffffffffffffp1023, INFINITY, 0.1};
static const float floats[] = {0.5f, -1e-40f, 3};
static const int64_t integers[] = {INT64_MIN, INT64_MAX};
static const bool bools[] = {true, false, true};
static const tad_tensor tensors[] = {
    {"mask", TAD_BOOL, {1, {3}}, bools},
    {"a \"quoted\\\" name\n\x01 \xc3\xa9 \xf0\x9f\x98\x80", TAD_F64, {2, {2, 3}}, doubles},
    {"w", TAD_F32, {3, {1, 3, 1}}, floats},
    {"", TAD_I64, {1, {2}}, integers},
    {"none", TAD_F64, {2, {0, 7}}, NULL},
    {"number", TAD_F64, {0, {0}}, doubles + 5},
    {"eight", TAD_F32, {8, {1, 1, 1, 1, 1, 1, 1, 1}}, floats},
};
static const tad_text texts[] = {{"format", "tad"}, {"", "\t\"{}\\"}, {"\xc3\xa9", ""}};
static const tad_contents contents = {tensors, sizeof tensors / sizeof *tensors, texts, 3};

static size_t bytes_of(const tad_tensor *t) {
    size_t n = tad_dtype_size(t->dtype);
    for (int i = 0; i < t->shape.rank; i++) n *= (size_t)t->shape.dim[i];
    return n;
}

static unsigned char *written(tad_tape *t, const tad_contents *c, size_t *n) {
    ck_done(tad_safetensors_write(t, c, NULL, 0, n), t);
    unsigned char *bytes = malloc(*n);
    ck_done(tad_safetensors_write(t, c, bytes, *n, n), t);
    return bytes;
}

static bool same_tensor(const tad_tensor *a, const tad_tensor *b) {
    bool same =
        strcmp(a->name, b->name) == 0 && a->dtype == b->dtype && a->shape.rank == b->shape.rank;
    for (int i = 0; same && i < a->shape.rank; i++) same = a->shape.dim[i] == b->shape.dim[i];
    size_t n = same ? bytes_of(a) : 0;
    return same && (n == 0 || memcmp(a->data, b->data, n) == 0);
}

static void compare(const tad_safetensors *f, const tad_contents *c) {
    ck_assert_uint_eq(tad_safetensors_count(f), c->count);
    for (size_t i = 0; i < c->count; i++) {
        const tad_tensor *t = tad_safetensors_find(f, c->tensors[i].name);
        ck_assert_msg(t && same_tensor(t, &c->tensors[i]), "tensor '%s'", c->tensors[i].name);
    }
    ck_assert_uint_eq(tad_safetensors_text_count(f), c->text_count);
    for (size_t i = 0; i < c->text_count; i++)
        ck_assert_str_eq(tad_safetensors_text(f, c->texts[i].key), c->texts[i].value);
}

/* ---- round trips ---- */

START_TEST(buffer_round_trip) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    size_t n;
    unsigned char *bytes = written(t, &contents, &n);
    tad_safetensors *f;
    ck_done(tad_safetensors_open(t, bytes, n, &f), t);
    compare(f, &contents);
    for (size_t i = 1; i < tad_safetensors_count(f); i++)
        ck_assert_int_lt(strcmp(tad_safetensors_at(f, i - 1)->name, tad_safetensors_at(f, i)->name),
                         0);
    ck_assert_ptr_null(tad_safetensors_find(f, "nowhere"));
    ck_assert_ptr_null(tad_safetensors_text(f, "nowhere"));
    ck_assert_ptr_null(tad_safetensors_at(f, tad_safetensors_count(f)));
    ck_assert_ptr_null(tad_safetensors_text_at(f, 3));
    tad_safetensors_close(f);
    tad_safetensors_close(NULL);
    tad_tape_free(t);
    ck_no_leak(&m);
    free(bytes);
}
END_TEST

START_TEST(path_round_trip) {
    tad_tape *t = tad_tape_new(NULL);
    tad_safetensors *f;
    make_folder();
    for (int again = 0; again < 2; again++) {
        ck_done(tad_safetensors_write_path(t, path, &contents), t);
        ck_done(tad_safetensors_open_path(t, path, &f), t);
        compare(f, &contents);
        tad_safetensors_close(f);
    }
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_done(tad_safetensors_write_path(t, path, &contents), t);
    struct stat s = {0}; /* not all memory checkers know what stat sets */
    ck_assert_int_eq(stat(path, &s), 0);
    ck_assert_uint_eq(s.st_mode & 0777, 0640); /* the old file's */
    remove_folder();
    tad_tape_free(t);
}
END_TEST

/* The bytes themselves, so that other programs can read them. */
START_TEST(known_bytes) {
    static const char header[] = "{\"__metadata__\":{\"k\":\"v\"},"
                                 "\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                                 "\"b\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[8,9]}}";
    static const double x[] = {1};
    tad_tensor t2[] = {{"b", TAD_BOOL, {0, {0}}, bools}, {"x", TAD_F64, {1, {1}}, x}};
    tad_tape *t = tad_tape_new(NULL);
    size_t n, padded = (sizeof header - 1 + 7) / 8 * 8;
    unsigned char *bytes = written(t, &(tad_contents){t2, 2, &(tad_text){"k", "v"}, 1}, &n);
    ck_assert_uint_eq(n, 8 + padded + 9);
    ck_assert_uint_eq(bytes[0], padded);
    ck_assert_int_eq(memcmp(bytes + 1, "\0\0\0\0\0\0", 7), 0);
    ck_assert_int_eq(memcmp(bytes + 8, header, sizeof header - 1), 0);
    for (size_t i = sizeof header - 1; i < padded; i++) ck_assert_int_eq(bytes[8 + i], ' ');
    ck_assert_int_eq(memcmp(bytes + 8 + padded, "\0\0\0\0\0\0\xf0\x3f\x01", 9), 0);
    free(bytes);
    tad_tape_free(t);
}
END_TEST

START_TEST(nothing_round_trip) {
    tad_tape *t = tad_tape_new(NULL);
    size_t n;
    unsigned char *bytes = written(t, &(tad_contents){0}, &n);
    tad_safetensors *f;
    ck_done(tad_safetensors_open(t, bytes, n, &f), t);
    ck_assert_uint_eq(tad_safetensors_count(f), 0);
    ck_assert_uint_eq(tad_safetensors_text_count(f), 0);
    tad_safetensors_close(f);
    free(bytes);
    tad_tape_free(t);
}
END_TEST

START_TEST(many_tensors) {
    enum { N = 3000 };
    static tad_tensor many[N];
    static char names[N][16];
    static int64_t value[N];
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    for (size_t i = 0; i < N; i++) {
        value[i] = (int64_t)i * 7;
        snprintf(names[i], sizeof *names, "%zu", (i * 1237) % N);
        many[i] = (tad_tensor){names[i], i % 3 ? TAD_I64 : TAD_F32, {1, {i % 5 != 0}}, &value[i]};
    }
    size_t n;
    unsigned char *bytes = written(t, &(tad_contents){many, N, NULL, 0}, &n);
    size_t before = m.live;
    m.peak = m.live;
    tad_safetensors *f;
    ck_done(tad_safetensors_open(t, bytes, n, &f), t);
    ck_assert_uint_le(m.peak - before, 4 * n);
    compare(f, &(tad_contents){many, N, NULL, 0});
    tad_safetensors_close(f);
    tad_tape_free(t);
    ck_no_leak(&m);
    free(bytes);
}
END_TEST

/* ---- malformed ---- */

/* Opens a copy in exactly its own memory (so that a sanitizer sees one byte too far). When it is
 * accepted, what was read must survive being written and read once more. */
static tad_status try_open(tad_tape *t, support_memory *m, const void *bytes, size_t n) {
    unsigned char *exact = malloc(n ? n : 1);
    tad_safetensors *f = NULL, *g = NULL;
    if (n) memcpy(exact, bytes, n);
    size_t before = m->live;
    m->peak = m->live;
    tad_status status = tad_safetensors_open(t, exact, n, &f);
    ck_assert_uint_le(m->peak - before, n + SLACK);
    ck_assert_int_eq(status == TAD_OK, f != NULL);
    ck_assert_int_eq(tad_tape_status(t), status);
    if (status == TAD_OK) {
        tad_contents c = {tad_safetensors_at(f, 0), tad_safetensors_count(f),
                          tad_safetensors_text_at(f, 0), tad_safetensors_text_count(f)};
        size_t length;
        unsigned char *copy = written(t, &c, &length);
        ck_done(tad_safetensors_open(t, copy, length, &g), t);
        compare(g, &c);
        tad_safetensors_close(g);
        free(copy);
    } else {
        ck_assert_msg(strlen(tad_message(t)) > 10, "no message");
        tad_tape_clear(t);
    }
    tad_safetensors_close(f);
    ck_assert_uint_eq(m->live, before);
    free(exact);
    return status;
}

static bool refusal(tad_status s) { return s == TAD_BAD_FILE || s == TAD_UNSUPPORTED; }

START_TEST(every_truncation) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    size_t n;
    unsigned char *bytes = written(t, &contents, &n);
    for (size_t k = 0; k < n; k++)
        ck_assert_msg(try_open(t, &m, bytes, k) == TAD_BAD_FILE, "%zu of %zu bytes", k, n);
    ck_assert_int_eq(try_open(t, &m, bytes, n), TAD_OK);
    unsigned char *longer = malloc(n + 1);
    memcpy(longer, bytes, n);
    longer[n] = 0;
    ck_assert_int_eq(try_open(t, &m, longer, n + 1), TAD_BAD_FILE);
    free(longer);
    free(bytes);
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(every_byte_of_the_header) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    tad_tensor small[] = {tensors[1], tensors[0], tensors[6]};
    size_t n, accepted = 0, refused = 0;
    unsigned char *bytes = written(t, &(tad_contents){small, 3, texts, 2}, &n);
    size_t header = 8 + bytes[0] + 256u * bytes[1];
    for (size_t i = 0; i < header; i++) {
        unsigned char was = bytes[i];
        for (int v = 0; v < 256; v++) {
            bytes[i] = (unsigned char)v;
            tad_status s = try_open(t, &m, bytes, n);
            ck_assert_msg(s == TAD_OK || refusal(s), "byte %zu = %d: %s", i, v, tad_status_text(s));
            if (s == TAD_OK)
                accepted++;
            else
                refused++;
        }
        bytes[i] = was;
    }
    ck_assert_uint_ge(accepted, header); /* each byte as it was, at least */
    ck_assert_uint_gt(refused, 100 * header);
    free(bytes);
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

/* A file with this header and `data` zero bytes after it; header length as it is. */
static tad_status open_header(tad_tape *t, support_memory *m, const char *header, size_t data) {
    size_t length = strlen(header), n = 8 + length + data;
    unsigned char *bytes = calloc(n, 1);
    for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(length >> 8 * k);
    memcpy(bytes + 8, header, length);
    tad_status status = try_open(t, m, bytes, n);
    free(bytes);
    return status;
}

/* Surrogates alone or in the wrong order, and digits that are none. */
START_TEST(escapes_that_are_no_characters_are_refused) {
    static const char *const bad[] = {"\\uDC00\\uDC00", "\\uDC00", "\\uD800x", "\\uD800\\u0041",
                                      "\\u0000",        "\\uZZZZ", "\\u00"};
    tad_tape *t = tad_tape_new(NULL);
    support_memory m = {.fail_at = 0};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        char header[120];
        snprintf(header, sizeof header,
                 "{\"%s\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", bad[k]);
        ck_assert_msg(open_header(t, &m, header, 8) == TAD_BAD_FILE, "%s", bad[k]);
    }
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

static const char *const extreme[] = {"0",
                                      "1",
                                      "2147483647",
                                      "2147483648",
                                      "4294967295",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "18446744073709551615",
                                      "-1",
                                      "1.0",
                                      "1e0",
                                      "true",
                                      "\"1\"",
                                      "[]",
                                      ""};
enum { EXTREMES = sizeof extreme / sizeof *extreme };

/* {fields 0 and 1: sizes, 2 and 3: offsets}; as they should be: 2, 3, 8, 32 in 32 bytes. */
static void number_header(char *out, size_t room, const char *const field[4]) {
    snprintf(out, room,
             "{\"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
             "\"b\":{\"dtype\":\"F32\",\"shape\":[%s,%s],\"data_offsets\":[%s,%s]}}",
             field[0], field[1], field[2], field[3]);
}

START_TEST(every_pair_of_numbers) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    char header[400];
    number_header(header, sizeof header, (const char *const[]){"2", "3", "8", "32"});
    ck_assert_int_eq(open_header(t, &m, header, 32), TAD_OK);
    for (int a = 0; a < 4; a++)
        for (int b = a + 1; b < 4; b++)
            for (int x = 0; x < EXTREMES; x++)
                for (int y = 0; y < EXTREMES; y++) {
                    const char *field[4] = {"2", "3", "8", "32"};
                    field[a] = extreme[x];
                    field[b] = extreme[y];
                    number_header(header, sizeof header, field);
                    ck_assert_msg(open_header(t, &m, header, 32) == TAD_BAD_FILE, "%s", header);
                }
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(header_lengths) {
    static const uint64_t claim[] = {0,
                                     1,
                                     2147483647,
                                     2147483648,
                                     4294967295,
                                     100000001,
                                     9223372036854775807u,
                                     9223372036854775808u,
                                     18446744073709551615u,
                                     18446744073709551608u};
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    size_t n;
    unsigned char *bytes = written(t, &contents, &n);
    for (size_t i = 0; i < sizeof claim / sizeof *claim; i++) {
        for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(claim[i] >> 8 * k);
        ck_assert_int_eq(try_open(t, &m, bytes, n), TAD_BAD_FILE);
    }
    free(bytes);
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

#define X0 "\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}"
#define Y(from, to) "\"y\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[" #from "," #to "]}"

static const struct malformed {
    const char *header;
    size_t data;
    tad_status expect; /* TAD_OK: a control that must be accepted */
} malformed[] = {
    {"{" X0 "}", 8, TAD_OK},
    {" \n{" X0 "} \t", 8, TAD_OK},
    {"{" X0 "," Y(8, 16) "}", 16, TAD_OK},
    {"{" Y(8, 16) "," X0 "}", 16, TAD_OK},
    {"{" X0 "}", 9, TAD_BAD_FILE},                /* trailing byte */
    {"{" X0 "," Y(16, 24) "}", 24, TAD_BAD_FILE}, /* hole */
    {"{" Y(8, 16) "}", 16, TAD_BAD_FILE},         /* hole at the beginning */
    {"{" X0 "," Y(0, 8) "}", 8, TAD_BAD_FILE},    /* overlap */
    {"{" X0 "," Y(4, 12) "}", 12, TAD_BAD_FILE},  /* partial overlap */
    {"{" X0 "," Y(8, 0) "}", 8, TAD_BAD_FILE},    /* backwards */
    {"{" X0 "," X0 "}", 8, TAD_BAD_FILE},         /* duplicate */
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]},"
     "\"\\u0078\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]}}",
     0, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[4,4]}," Y(0, 8) "}", 8,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, TAD_UNSUPPORTED},
    /* too short */
    {"{\"x\":{\"dtype\":\"\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64F64F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_UNSUPPORTED},
    {"{\"x\":{\"dtype\":\"f64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_UNSUPPORTED},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8],\"more\":1}}", 8,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offset\":[0,8],\"data_offsets\":8}}", 8,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":1,\"data_offsets\":[0,8],\"q\":\"------\"}}", 8,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":11,\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":64,\"shape\":[1],\"data_offsets\":[0,8]      }}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8]  }}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,8]}}", 8,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1}],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[[1]],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]}}", 0,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[3037000500,3037000500,2],\"data_offsets\":[0,0]}}", 0,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0,
     TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"BOOL\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8, TAD_OK},
    {"{" X0 "} x", 8, TAD_BAD_FILE},
    {"{" X0 "}{}", 8, TAD_BAD_FILE},
    {"{" X0 ",}", 8, TAD_BAD_FILE},
    {"{," X0 "}", 8, TAD_BAD_FILE},
    {"{" X0 " " Y(8, 16) "}", 16, TAD_BAD_FILE},
    {"{" X0, 8, TAD_BAD_FILE},
    {"[" X0 "]", 8, TAD_BAD_FILE},
    {"", 0, TAD_BAD_FILE},
    {"null", 0, TAD_BAD_FILE},
    {"{}", 0, TAD_OK},
    {"{}", 1, TAD_BAD_FILE},
    {"{\"x\":\"a string as long as a description of a tensor\"}", 0, TAD_BAD_FILE},
    {"{\"x\" {\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{x:{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{{\"dtype\":\"F64\"}:{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     TAD_BAD_FILE},
    {"{\"\xff\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\ud800\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\u0000\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\q\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\n\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\\", 0, TAD_BAD_FILE},
    {"{\"\\ude00\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\ud83d\\u0041\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     TAD_BAD_FILE},
    {"{\"\\u00g0\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\u006g\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\u00\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\\x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\xc0\x80\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"\xed\xa0\x80\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     TAD_BAD_FILE},
    {"{\"x\" : { \"shape\" : [ 1 , 1 ] , \"data_offsets\" : [ 0 , 8 ] , \"dtype\" : \"F64\" } }", 8,
     TAD_OK},
    {"{\"x\":{\"\\u0064type\":\"F\\u00364\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_OK},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[01],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[-0],\"data_offsets\":[0,0]}}", 0, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1,],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[,1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1 1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1]1,\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[]1,\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8, TAD_OK},
    {"{\"x\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1, TAD_UNSUPPORTED},
    {"{\"x\":{\"dtype\":\"F64\",\"shape\":{\"a\":\"b\"},\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"x\":{\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,8]}             }", 8, TAD_BAD_FILE},
    {"{\"x\":[\"dtype\",\"F64\",\"shape\",[1],\"data_offsets\",[0,8]]         }", 8, TAD_BAD_FILE},
    {"{\"x\":{\"dtype\":[\"F64\"],\"shape\":[1],\"data_offsets\":[0,8]}}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":{\"a\":\"b\"}," X0 "}", 8, TAD_OK},
    {"{\"__metadata__\":{}," X0 ",\"__metadata__\":{}}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}," X0 "}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":{\"a\":1}," X0 "}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":{\"a\":{}}," X0 "}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":{\"a\":\"\\x\"}," X0 "}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":\"a\"," X0 "}", 8, TAD_BAD_FILE},
    {"{\"__metadata__\":[]," X0 "}", 8, TAD_BAD_FILE},
    {"{\"\\u005f_metadata__\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8,
     TAD_BAD_FILE},
};

START_TEST(malformed_headers) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    const struct malformed *c = &malformed[_i];
    tad_status s = open_header(t, &m, c->header, c->data);
    ck_assert_msg(s == c->expect, "%s + %zu bytes: %s", c->header, c->data, tad_status_text(s));
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(bool_that_is_none) {
    tad_tape *t = tad_tape_new(NULL);
    size_t n;
    unsigned char *bytes = written(t, &(tad_contents){tensors, 1, NULL, 0}, &n);
    tad_safetensors *f;
    bytes[n - 1] = 2;
    ck_assert_int_eq(tad_safetensors_open(t, bytes, n, &f), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "mask", "bool");
    free(bytes);
    tad_tape_free(t);
}
END_TEST

/* A long header of one repeated piece: neither stack nor memory may follow it. */
static void bomb(const char *begin, const char *piece, size_t times) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    size_t b = strlen(begin), p = strlen(piece);
    char *header = malloc(b + p * times + 1);
    memcpy(header, begin, b);
    for (size_t i = 0; i < times; i++) memcpy(header + b + i * p, piece, p);
    header[b + p * times] = '\0';
    ck_assert_msg(refusal(open_header(t, &m, header, 0)), "%s%s...", begin, piece);
    free(header);
    tad_tape_free(t);
    ck_no_leak(&m);
}

START_TEST(bombs) {
    struct rlimit small = {128 * 1024, 128 * 1024};
    (void)setrlimit(RLIMIT_STACK, &small); /* as far as it holds for a process that runs already */
    bomb("{\"x\":", "[", 1000000);
    bomb("{\"x\":", "{\"x\":", 500000);
    bomb("{", "\"x\":{},", 500000);
    bomb("{\"x\":{\"shape\":[", "[],", 500000);
    bomb("{\"x\":{\"shape\":[", "1,", 500000);
    bomb("{\"", "\\\"", 1000000);
    bomb("{\"x\":{", "\"\":\"\",", 300000);
    bomb("", " ", 1000000);
}
END_TEST

/* What the escapes of a name and a text stand for. */
START_TEST(escapes_are_decoded) {
    static const char header[] =
        "{\"__metadata__\":{\"\\\"\\\\\\/"
        "\\b\\f\\n\\r\\t\":\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"},"
        "\"\\uffff\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    unsigned char bytes[8 + sizeof header - 1] = {sizeof header - 1};
    memcpy(bytes + 8, header, sizeof header - 1);
    tad_tape *t = tad_tape_new(NULL);
    tad_safetensors *f;
    ck_done(tad_safetensors_open(t, bytes, sizeof bytes, &f), t);
    ck_assert_str_eq(tad_safetensors_text_at(f, 0)->key, "\"\\/\b\f\n\r\t");
    ck_assert_str_eq(tad_safetensors_text_at(f, 0)->value, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    ck_assert_str_eq(tad_safetensors_at(f, 0)->name, "\xef\xbf\xbf");
    tad_safetensors_close(f);
    tad_tape_free(t);
}
END_TEST

/* A text of 10^6 letters, which no two copies of fit under the limit. */
START_TEST(a_large_text_stays_within_the_memory_limit) {
    enum { LETTERS = 1000000 };
    char *long_text = calloc(LETTERS + 1, 1);
    memset(long_text, 'x', LETTERS);
    tad_tape *t = tad_tape_new(NULL);
    size_t n;
    unsigned char *bytes = written(t, &(tad_contents){NULL, 0, &(tad_text){"k", long_text}, 1}, &n);
    size_t live = tad_tape_memory(t).live;
    for (int fits = 0; fits < 2; fits++) {
        size_t limit = live + (fits ? LETTERS + LETTERS / 2 : LETTERS - 1);
        tad_tape *u = tad_tape_new(&(tad_settings){.memory_limit = limit});
        tad_safetensors *f;
        tad_status status = tad_safetensors_open(u, bytes, n, &f);
        ck_assert_int_eq(status, fits ? TAD_OK : TAD_NO_MEMORY);
        if (fits) ck_assert_str_eq(tad_safetensors_text(f, "k"), long_text);
        tad_safetensors_close(f);
        tad_tape_free(u);
    }
    tad_tape_free(t);
    free(bytes);
    free(long_text);
}
END_TEST

#ifdef HAVE_JANSSON
static int asked; /* how often jansson wanted memory */

static void *refuse_memory(size_t n) {
    (void)n;
    asked++;
    return NULL;
}

/* A JSON library's memory is not the tape's: it would be beside the limit, and a failure there
 * would be taken for a malformed file, or go unseen. */
START_TEST(reading_takes_no_memory_but_the_tapes) {
    tad_tape *t = tad_tape_new(NULL);
    size_t n;
    unsigned char *bytes = written(t, &contents, &n);
    tad_safetensors *f;
    json_set_alloc_funcs(refuse_memory, free);
    ck_assert_ptr_null(json_object()); /* jansson is what is watched */
    ck_assert_int_eq(asked, 1);
    ck_done(tad_safetensors_open(t, bytes, n, &f), t);
    compare(f, &contents);
    ck_assert_int_eq(asked, 1);
    tad_safetensors_close(f);
    free(bytes);
    tad_tape_free(t);
}
END_TEST
#endif

/* ---- files that cannot be read or written ---- */

START_TEST(unreadable) {
    tad_tape *t = tad_tape_new(NULL);
    tad_safetensors *f = (tad_safetensors *)1;
    char inside[128];
    make_folder();
    ck_assert_int_eq(tad_safetensors_open_path(t, path, &f), TAD_IO);
    ck_assert_ptr_null(f);
    ck_refused(t, TAD_IO, path, "No such file");
    ck_assert_int_eq(tad_safetensors_open_path(t, folder, &f), TAD_IO);
    ck_refused(t, TAD_IO, folder, "folder");
    ck_assert_int_eq(tad_safetensors_open_path(t, "/dev/null", &f), TAD_IO);
    ck_refused(t, TAD_IO, "/dev/null", "regular");
    write_path(path, "", 0);
    ck_assert_int_eq(tad_safetensors_open_path(t, path, &f), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, path);
    snprintf(inside, sizeof inside, "%s/inside", path);
    ck_assert_int_eq(tad_safetensors_open_path(t, inside, &f), TAD_IO);
    ck_refused(t, TAD_IO, inside, "Not a directory");
    ck_assert_int_eq(tad_safetensors_write_path(t, inside, &contents), TAD_IO);
    ck_refused(t, TAD_IO, inside);
    ck_assert_int_eq(tad_safetensors_write_path(t, folder, &contents), TAD_IO);
    ck_refused(t, TAD_IO, folder);
    if (geteuid() != 0) { /* root may read everything */
        ck_assert_int_eq(chmod(folder, 0), 0);
        ck_assert_int_eq(tad_safetensors_open_path(t, path, &f), TAD_IO);
        ck_refused(t, TAD_IO, path, "denied");
        ck_assert_int_eq(tad_safetensors_write_path(t, path, &contents), TAD_IO);
        ck_refused(t, TAD_IO, path, "denied");
        ck_assert_int_eq(chmod(folder, 0700), 0);
    }
    remove_folder();
    tad_tape_free(t);
}
END_TEST

/* Linux says 4096 bytes of its settings, whatever they have, as of a file that is cut while it is
 * read; the speed of the loopback device, which has none, cannot be read at all. */
START_TEST(a_file_that_cannot_be_read_to_its_size_is_an_error) {
    const char *setting =
        _i ? "/sys/class/net/lo/speed" : "/sys/kernel/mm/transparent_hugepage/enabled";
    tad_safetensors *f;
    if (access(setting, R_OK) != 0) return;
    tad_tape *t = tad_tape_new(NULL);
    ck_assert_int_eq(tad_safetensors_open_path(t, setting, &f), TAD_IO);
    ck_refused(t, TAD_IO, setting);
    tad_tape_free(t);
}
END_TEST

START_TEST(full_device) {
    tad_tape *t = tad_tape_new(NULL);
    if (access("/dev/full", W_OK) == 0) {
        ck_assert_int_eq(tad_safetensors_write_path(t, "/dev/full", &contents), TAD_IO);
        ck_refused(t, TAD_IO, "/dev/full", "space");
    }
    ck_assert_int_eq(tad_safetensors_write_path(t, "/dev/null", &contents), TAD_OK);
    tad_tape_free(t);
}
END_TEST

/* The disk is full after k bytes, for every k: the old file stays, nothing else is left. */
START_TEST(old_file_or_new) {
    tad_tape *t = tad_tape_new(NULL);
    static unsigned char got[4096];
    static const char old[] = "the old file";
    size_t n;
    unsigned char *bytes = written(t, &contents, &n);
    struct rlimit limit;
    ck_assert_uint_lt(n, sizeof got);
    make_folder();
    write_path(path, old, sizeof old);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    for (size_t k = 0; k < n; k += k < 64 ? 1 : 37) {
        struct rlimit less = {k, limit.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &less), 0);
        tad_status status = tad_safetensors_write_path(t, path, &contents);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert_int_eq(status, TAD_IO);
        tad_tape_clear(t);
        ck_assert_uint_eq(read_path(path, got, sizeof got), sizeof old);
        ck_assert_int_eq(memcmp(got, old, sizeof old), 0);
    }
    ck_done(tad_safetensors_write_path(t, path, &contents), t);
    ck_assert_uint_eq(read_path(path, got, sizeof got), n);
    ck_assert_int_eq(memcmp(got, bytes, n), 0);
    remove_folder(); /* fails when a temporary file is left */
    free(bytes);
    tad_tape_free(t);
}
END_TEST

/* A temporary file that a killed process left is stepped over. */
START_TEST(leftover) {
    tad_tape *t = tad_tape_new(NULL);
    char left[128];
    tad_safetensors *f;
    make_folder();
    snprintf(left, sizeof left, "%s.tmp0", path);
    write_path(left, "half", 4);
    ck_done(tad_safetensors_write_path(t, path, &contents), t);
    ck_done(tad_safetensors_open_path(t, path, &f), t);
    compare(f, &contents);
    tad_safetensors_close(f);
    ck_assert_int_eq(unlink(left), 0);
    remove_folder();
    tad_tape_free(t);
}
END_TEST

/* ---- misuse ---- */

static void refuse_writing(tad_tape *t, tad_contents c, const char *word) {
    size_t n;
    ck_assert_int_eq(tad_safetensors_write(t, &c, NULL, 0, &n), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, word);
}

static void refuse_tensor(tad_tape *t, tad_tensor tensor, const char *word) {
    refuse_writing(t, (tad_contents){&tensor, 1, NULL, 0}, word);
}

START_TEST(refused_contents) {
    tad_tape *t = tad_tape_new(NULL);
    static const unsigned char two[] = {2};
    tad_tensor twice[] = {tensors[0], tensors[1], tensors[0]};
    tad_text keys[] = {{"a", "b"}, {"c", "d"}, {"a", "e"}};
    refuse_writing(t, (tad_contents){twice, 3, NULL, 0}, "mask");
    refuse_writing(t, (tad_contents){NULL, 0, keys, 3}, "'a'");
    refuse_writing(t, (tad_contents){NULL, 1, NULL, 0}, "NULL");
    refuse_writing(t, (tad_contents){NULL, 0, &(tad_text){"a", NULL}, 1}, "NULL");
    refuse_writing(t, (tad_contents){NULL, 0, &(tad_text){"\x80", ""}, 1}, "UTF-8");
    refuse_tensor(t, (tad_tensor){NULL, TAD_F64, {0, {0}}, doubles}, "NULL");
    refuse_tensor(t, (tad_tensor){"x", TAD_F64, {0, {0}}, NULL}, "'x'");
    refuse_tensor(t, (tad_tensor){"x", TAD_DTYPE_COUNT, {0, {0}}, doubles}, "dtype");
    refuse_tensor(t, (tad_tensor){"x", TAD_F64, {9, {0}}, doubles}, "shape");
    refuse_tensor(t, (tad_tensor){"x", TAD_F64, {1, {-1}}, doubles}, "shape");
    refuse_tensor(t, (tad_tensor){"x", TAD_F64, {2, {INT64_MAX, 2}}, doubles}, "shape");
    refuse_tensor(t, (tad_tensor){"x", TAD_BOOL, {0, {0}}, two}, "bool");
    refuse_tensor(t, (tad_tensor){"__metadata__", TAD_F64, {0, {0}}, doubles}, "reserved");
    static const char *const broken[] = {"\x80",
                                         "\xc3",
                                         "\xc0\x80",
                                         "\xe0\x80\x80",
                                         "\xed\xa0\x80",
                                         "\xf4\x90\x80\x80",
                                         "\xf8\x88\x80\x80\x80",
                                         "a\xff",
                                         "\xe2\x82"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        refuse_tensor(t, (tad_tensor){broken[i], TAD_F64, {0, {0}}, doubles}, "UTF-8");
    tad_tape_free(t);
}
END_TEST

START_TEST(refused_arguments) {
    tad_tape *t = tad_tape_new(NULL);
    tad_safetensors *f;
    unsigned char few[16] = {0};
    size_t n;
    ck_assert_int_eq(tad_safetensors_open(NULL, few, 16, &f), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_safetensors_open_path(NULL, "x", &f), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_safetensors_write(NULL, &contents, NULL, 0, &n), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_safetensors_open(t, NULL, 16, &f), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_safetensors_open(t, few, 16, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_safetensors_open_path(t, NULL, &f), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_safetensors_write_path(t, NULL, &contents), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_safetensors_write(t, NULL, NULL, 0, &n), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_safetensors_write(t, &contents, few, sizeof few, &n), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "16 bytes");
    for (size_t i = 0; i < sizeof few; i++) ck_assert_int_eq(few[i], 0);      /* untouched */
    (void)tad_add(tad_scalar(t, 1), tad_input(t, TAD_I64, TAD_0D, integers)); /* sticks */
    tad_status sticky = tad_tape_status(t);
    ck_assert_int_ne(sticky, TAD_OK);
    ck_assert_int_eq(tad_safetensors_open_path(t, "/nowhere", &f), sticky);
    ck_assert_int_eq(tad_safetensors_write(t, &contents, NULL, 0, &n), sticky);
    tad_tape_free(t);
}
END_TEST

/* ---- checkpoints ---- */

typedef struct state {
    tad_var w, b, scale, mask;
    int64_t step;
    double rate;
    tad_random random;
    float moments[6];
} state;

static state make_state(tad_tape *t, const double *w) {
    static const float b[] = {1, 2, 3};
    state s = {
        .step = 41, .rate = 0.1, .random = {UINT64_MAX - 3, 17}, .moments = {1, 2, 3, 4, 5, 6}};
    s.w = tad_param(t, TAD_F64, TAD_SHAPE(2, 3), w);
    s.b = tad_param(t, TAD_F32, TAD_SHAPE(3), b);
    s.scale = tad_param(t, TAD_F64, TAD_0D, w + 5);
    s.mask = tad_param(t, TAD_BOOL, TAD_SHAPE(3), bools);
    return s;
}

enum { SLOTS = 8 };
static void slots_of(state *s, tad_slot out[SLOTS]) {
    out[0] = tad_slot_var("w", s->w);
    out[1] = tad_slot_var("b", s->b);
    out[2] = tad_slot_var("scale", s->scale);
    out[3] = tad_slot_var("mask", s->mask);
    out[4] = tad_slot_int("step", &s->step);
    out[5] = tad_slot_float("rate", &s->rate);
    out[6] = tad_slot_random("random", &s->random);
    out[7] = tad_slot_array("moments", TAD_F32, TAD_SHAPE(2, 3), s->moments);
}

static bool same_bits(const state *a, const state *b) {
    double x = tad_item(a->scale), y = tad_item(b->scale);
    return memcmp(tad_data(a->w), tad_data(b->w), 6 * sizeof(double)) == 0 &&
           memcmp(tad_data(a->b), tad_data(b->b), 3 * sizeof(float)) == 0 &&
           memcmp(tad_data(a->mask), tad_data(b->mask), 3) == 0 && memcmp(&x, &y, sizeof x) == 0 &&
           a->step == b->step && a->rate == b->rate && a->random.seed == b->random.seed &&
           a->random.drawn == b->random.drawn &&
           memcmp(a->moments, b->moments, sizeof a->moments) == 0;
}

static state other_state(tad_tape *t) {
    static const double zeros[6];
    state s = make_state(t, zeros);
    memset(s.moments, 0, sizeof s.moments);
    s.step = 0;
    s.rate = 0;
    s.random = (tad_random){0, 0};
    return s;
}

START_TEST(checkpoint_round_trip) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m), *u = support_tape(&m);
    state a = make_state(t, doubles), b = other_state(u);
    tad_slot from[SLOTS], to[SLOTS];
    slots_of(&a, from);
    slots_of(&b, to);
    make_folder();
    ck_done(tad_checkpoint_save(t, path, from, SLOTS, texts, 3), t);
    ck_assert(!same_bits(&a, &b));
    ck_done(tad_checkpoint_load(u, path, to, SLOTS, false), u);
    ck_tape(u);
    ck_assert(same_bits(&a, &b));
    remove_folder();
    tad_tape_free(t);
    tad_tape_free(u);
    ck_no_leak(&m);
}
END_TEST

START_TEST(checkpoint_of_dictionaries) {
    tad_tape *t = tad_tape_new(NULL);
    state a = make_state(t, doubles), b = other_state(t);
    tad_dict *from = tad_dict_new(t), *to = tad_dict_new(t);
    const char *const names[] = {"w", "b", "scale"};
    for (int i = 0; i < 3; i++) {
        ck_done(tad_dict_add(from, names[i], i == 0 ? a.w : i == 1 ? a.b : a.scale), t);
        ck_done(tad_dict_add(to, names[i], i == 0 ? b.w : i == 1 ? b.b : b.scale), t);
    }
    make_folder();
    tad_slot save[] = {tad_slot_dict("net", from), tad_slot_dict(NULL, from)};
    tad_slot load[] = {tad_slot_dict("net", to)};
    ck_done(tad_checkpoint_save(t, path, save, 2, NULL, 0), t);
    tad_safetensors *f;
    ck_done(tad_safetensors_open_path(t, path, &f), t);
    ck_assert_uint_eq(tad_safetensors_count(f), 6);
    ck_assert_ptr_nonnull(tad_safetensors_find(f, "net.scale"));
    ck_assert_ptr_nonnull(tad_safetensors_find(f, "scale"));
    tad_safetensors_close(f);
    ck_done(tad_checkpoint_load(t, path, load, 1, true), t);
    ck_assert_int_eq(memcmp(tad_data(a.w), tad_data(b.w), 6 * sizeof(double)), 0);
    ck_assert_int_eq(tad_checkpoint_load(t, path, load, 1, false), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "'b'", "not wanted");
    remove_folder();
    tad_tape_free(t);
}
END_TEST

/* One slot that does not fit: everything stays as it was. */
static void refuse_loading(tad_tape *t, state *b, const tad_slot *slots, size_t n, tad_status code,
                           const char *word) {
    state before = other_state(t);
    ck_assert_int_eq(tad_checkpoint_load(t, path, slots, n, false), code);
    ck_refused(t, code, word);
    ck_assert_msg(same_bits(b, &before), "changed by a load that failed (%s)", word);
}

START_TEST(an_array_of_no_elements_needs_no_memory) {
    tad_tape *t = tad_tape_new(NULL);
    tad_slot none = tad_slot_array("none", TAD_F64, TAD_SHAPE(2, 0), NULL);
    make_folder();
    ck_done(tad_checkpoint_save(t, path, &none, 1, NULL, 0), t);
    ck_done(tad_checkpoint_load(t, path, &none, 1, false), t);
    remove_folder();
    tad_tape_free(t);
}
END_TEST

START_TEST(checkpoint_that_does_not_fit) {
    tad_tape *t = tad_tape_new(NULL), *u = tad_tape_new(NULL);
    state a = make_state(t, doubles), b = other_state(t);
    tad_slot from[SLOTS], to[SLOTS + 1];
    double six[6];
    slots_of(&a, from);
    make_folder();
    ck_done(tad_checkpoint_save(t, path, from, SLOTS, NULL, 0), t);
    slots_of(&b, to);
    to[SLOTS] = tad_slot_array("new", TAD_F64, TAD_SHAPE(6), six);
    refuse_loading(t, &b, to, SLOTS + 1, TAD_BAD_FILE, "'new'");
    refuse_loading(t, &b, to, SLOTS - 1, TAD_BAD_FILE, "'moments'");
    to[SLOTS - 1] = to[0];
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_ARGUMENT, "'w' is given twice");
    to[SLOTS - 1] = tad_slot_array("moments", TAD_F64, TAD_SHAPE(2, 3), six);
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_DTYPE, "'moments' is float32");
    to[SLOTS - 1] = tad_slot_array("moments", TAD_F32, TAD_SHAPE(6), six);
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_SHAPE, "(2,3)");
    to[SLOTS - 1] = tad_slot_array("moments", TAD_F32, TAD_SHAPE(2, 3), NULL);
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_ARGUMENT, "'moments' is NULL");
    to[SLOTS - 1] = tad_slot_array(NULL, TAD_F32, TAD_SHAPE(2, 3), six);
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_ARGUMENT, "slot 7");
    to[SLOTS - 1] = tad_slot_var("moments", tad_input(t, TAD_F32, TAD_SHAPE(2, 3), NULL));
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_ARGUMENT, "not a parameter");
    to[SLOTS - 1] = tad_slot_var("moments", tad_param(u, TAD_F32, TAD_SHAPE(2, 3), NULL));
    refuse_loading(t, &b, to, SLOTS, TAD_BAD_HANDLE, "moments");
    ck_assert_int_eq(tad_checkpoint_load(t, path, NULL, 1, false), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_checkpoint_save(t, NULL, to, 1, NULL, 0), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_checkpoint_save(NULL, path, to, 1, NULL, 0), TAD_BAD_ARGUMENT);
    slots_of(&b, to);
    ck_done(tad_checkpoint_load(t, path, to, SLOTS, false), t);
    ck_assert(same_bits(&a, &b));
    remove_folder();
    tad_tape_free(t);
    tad_tape_free(u);
}
END_TEST

static void add_writing(Suite *s) {
    TCase *c = support_case(s, "write");
    tcase_add_test(c, escapes_that_are_no_characters_are_refused);
    tcase_add_test(c, known_bytes);
    tcase_add_test(c, full_device);
    tcase_add_test(c, old_file_or_new);
    tcase_add_test(c, refused_contents);
}

static void add_reading(Suite *s) {
    TCase *c = support_case(s, "round_trip");
    tcase_add_test(c, buffer_round_trip);
    tcase_add_test(c, path_round_trip);
    tcase_add_test(c, nothing_round_trip);
    tcase_add_test(c, many_tensors);
    tcase_add_test(c, leftover);
    c = support_case(s, "malformed");
    tcase_add_test(c, every_truncation);
    tcase_add_test(c, every_byte_of_the_header);
    tcase_add_test(c, every_pair_of_numbers);
    tcase_add_test(c, header_lengths);
    tcase_add_loop_test(c, malformed_headers, 0, sizeof malformed / sizeof *malformed);
    tcase_add_test(c, bool_that_is_none);
    tcase_add_test(c, bombs);
    c = support_case(s, "header");
    tcase_add_test(c, escapes_are_decoded);
    tcase_add_test(c, a_large_text_stays_within_the_memory_limit);
#ifdef HAVE_JANSSON
    tcase_add_test(c, reading_takes_no_memory_but_the_tapes);
#endif
    c = support_case(s, "misuse");
    tcase_add_test(c, unreadable);
    tcase_add_loop_test(c, a_file_that_cannot_be_read_to_its_size_is_an_error, 0, 2);
    tcase_add_test(c, refused_arguments);
    c = support_case(s, "checkpoint");
    tcase_add_test(c, checkpoint_round_trip);
    tcase_add_test(c, checkpoint_of_dictionaries);
    tcase_add_test(c, an_array_of_no_elements_needs_no_memory);
    tcase_add_test(c, checkpoint_that_does_not_fit);
}

static Suite *suite(void) {
    Suite *s = suite_create("safetensors");
    add_writing(s);
    add_reading(s);
    return s;
}

SUPPORT_MAIN(suite)
