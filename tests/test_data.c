/* IDX files and data sets: good ones, every way of being broken, batches. */
#define _XOPEN_SOURCE 700
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include <tad/data.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

/* ---- making files ---- */

typedef struct bytes {
    unsigned char data[1024];
    size_t n;
} bytes;

static bytes header(int type, int rank, const unsigned *size) {
    bytes b = {{0, 0, (unsigned char)type, (unsigned char)rank}, 4};
    for (int i = 0; i < rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            b.data[b.n++] = (unsigned char)(size[i] >> shift);
    return b;
}

/* 3 images of 2x2: 0, 10, 20, ... */
static bytes images(void) {
    bytes b = header(0x08, 3, (unsigned[]){3, 2, 2});
    for (int i = 0; i < 12; i++) b.data[b.n++] = (unsigned char)(10 * i);
    return b;
}

static bytes labels(void) {
    bytes b = header(0x08, 1, (unsigned[]){3});
    for (int i = 0; i < 3; i++) b.data[b.n++] = (unsigned char)(2 - i);
    return b;
}

#ifdef HAVE_ZLIB
static bytes packed(const bytes *plain) {
    bytes b = {.n = 0};
    z_stream z = {0};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)plain->data;
    z.avail_in = (uInt)plain->n;
    z.next_out = b.data;
    z.avail_out = sizeof b.data;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.n = sizeof b.data - z.avail_out;
    deflateEnd(&z);
    return b;
}
#endif

/* ---- good files ---- */

START_TEST(reads_bytes) {
    tad_tape *t = tad_tape_new(NULL);
    bytes b = images();
    tad_idx x;
    ck_done(tad_idx_parse(t, b.data, b.n, &x), t);
    ck_assert_int_eq(x.type, TAD_IDX_U8);
    ck_assert_int_eq(x.shape.rank, 3);
    ck_assert_int_eq(x.shape.dim[0], 3);
    ck_assert_int_eq(x.shape.dim[2], 2);
    ck_assert_int_eq(x.size, 12);
    for (int i = 0; i < 12; i++) ck_assert(tad_idx_value(&x, i) == 10 * i);
    ck_assert(isnan(tad_idx_value(&x, 12)) && isnan(tad_idx_value(&x, -1)));
    tad_idx_free(t, &x);
    ck_assert_ptr_null(x.data);
    tad_tape_free(t);
}
END_TEST

/* One element of every type, most significant byte first. */
static const struct {
    int type, size;
    unsigned char byte[8];
    double value;
} elements[] = {
    {TAD_IDX_U8, 1, {0xfe}, 254},
    {TAD_IDX_I8, 1, {0xfe}, -2},
    {TAD_IDX_I16, 2, {0xff, 0x01}, -255},
    {TAD_IDX_I32, 4, {0x80, 0x00, 0x00, 0x01}, -2147483647.0},
    {TAD_IDX_F32, 4, {0x3f, 0xc0, 0x00, 0x00}, 1.5},
    {TAD_IDX_F64, 8, {0xc0, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18}, -3.14159265358979311600},
};

START_TEST(reads_every_type) {
    tad_tape *t = tad_tape_new(NULL);
    for (size_t k = 0; k < sizeof elements / sizeof *elements; k++) {
        bytes b = header(elements[k].type, 2, (unsigned[]){1, 2});
        for (int i = 0; i < 2 * elements[k].size; i++)
            b.data[b.n++] = elements[k].byte[i % elements[k].size];
        tad_idx x;
        ck_done(tad_idx_parse(t, b.data, b.n, &x), t);
        ck_assert(tad_idx_value(&x, 0) == elements[k].value);
        ck_assert(tad_idx_value(&x, 1) == elements[k].value);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(reads_empty_ones_and_eight_axes) {
    tad_tape *t = tad_tape_new(NULL);
    tad_idx x;
    bytes empty = header(0x0E, 2, (unsigned[]){0, 7});
    ck_done(tad_idx_parse(t, empty.data, empty.n, &x), t);
    ck_assert_int_eq(x.size, 0);
    bytes deep = header(0x08, 8, (unsigned[]){1, 1, 1, 2, 1, 1, 1, 1});
    deep.n += 2;
    ck_done(tad_idx_parse(t, deep.data, deep.n, &x), t);
    ck_assert_int_eq(x.size, 2);
    tad_tape_free(t);
}
END_TEST

/* ---- broken files ---- */

START_TEST(refuses_every_truncation_and_a_longer_one) {
    tad_tape *t = tad_tape_new(NULL);
    bytes b = images();
    tad_idx x = {.size = 77};
    for (size_t n = 0; n < b.n; n++) {
        unsigned char *exact = malloc(n + 1); /* so that a checker of memory sees reads beyond */
        memcpy(exact, b.data, n);
        ck_assert_int_eq(tad_idx_parse(t, exact, n, &x), TAD_BAD_FILE);
        ck_refused(t, TAD_BAD_FILE, "end early");
        free(exact);
    }
    ck_assert_int_eq(tad_idx_parse(t, b.data, b.n + 1, &x), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "bytes after");
    ck_assert_int_eq(x.size, 77);
    tad_tape_free(t);
}
END_TEST

/* Whatever a header says, no more memory is taken than a small multiple of the file. */
static void mutate(bytes b, size_t headers, size_t bound) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    int good = 0;
    for (size_t at = 0; at < headers; at++) {
        unsigned char was = b.data[at];
        for (int value = 0; value < 256; value++) {
            b.data[at] = (unsigned char)value;
            size_t before = m.live;
            m.peak = m.live;
            tad_idx x;
            tad_status status = tad_idx_parse(t, b.data, b.n, &x);
            ck_assert_msg(m.peak - before <= bound, "byte %zu = %d took %zu bytes", at, value,
                          m.peak - before);
            ck_assert(status == TAD_OK || status == TAD_BAD_FILE);
            if (status == TAD_OK) tad_idx_free(t, &x);
            good += status == TAD_OK;
            ck_assert_uint_eq(m.live, before);
            tad_tape_clear(t);
        }
        b.data[at] = was;
    }
    ck_assert_int_ge(good, (int)headers); /* the value that was right */
    tad_tape_free(t);
    ck_no_leak(&m);
}

START_TEST(survives_any_header_byte) {
    bytes b = images();
    mutate(b, 16, b.n + 256);
}
END_TEST

START_TEST(refuses_sizes_that_overflow) {
    tad_tape *t = tad_tape_new(NULL);
    tad_idx x;
    unsigned size[8] = {0xffffffff, 0xffffffff, 0xffffffff, 0, 0xffffffff, 0xffffffff, 1, 1};
    for (int rank = 1; rank <= 8; rank++) {
        bytes b = header(0x0E, rank, size);
        ck_assert_int_eq(tad_idx_parse(t, b.data, b.n, &x), TAD_BAD_FILE);
        ck_refused(t, TAD_BAD_FILE, rank < 2 && sizeof(size_t) == 8 ? "end early" : "too large");
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(says_what_is_wrong) {
    tad_tape *t = tad_tape_new(NULL);
    tad_idx x;
    bytes b = images();
    for (int i = 0; i < 2; i++) {
        b.data[i] = 1;
        ck_assert_int_eq(tad_idx_parse(t, b.data, b.n, &x), TAD_BAD_FILE);
        ck_refused(t, TAD_BAD_FILE, "two zeros");
        b.data[i] = 0;
    }
    b.data[2] = 0x0A;
    ck_assert_int_eq(tad_idx_parse(t, b.data, b.n, &x), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "0x0a");
    b.data[2] = 0x08, b.data[3] = 9;
    ck_assert_int_eq(tad_idx_parse(t, b.data, b.n, &x), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "9 axes");
    ck_assert_int_eq(tad_idx_load(t, "no/such/file", &x), TAD_IO);
    ck_refused(t, TAD_IO, "no/such/file");
    ck_assert_int_eq(tad_idx_load(t, ".", &x), TAD_IO); /* a folder */
    ck_refused(t, TAD_IO, ".");
    ck_assert_int_eq(tad_idx_parse(t, NULL, 3, &x), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert_int_eq(tad_idx_parse(NULL, b.data, b.n, &x), TAD_BAD_ARGUMENT);
    tad_tape_free(t);
}
END_TEST

/* ---- gzip ---- */

#ifdef HAVE_ZLIB

START_TEST(reads_gzip) {
    tad_tape *t = tad_tape_new(NULL);
    bytes plain = images(), b = packed(&plain);
    tad_idx x;
    ck_assert(tad_has_zlib());
    ck_done(tad_idx_parse(t, b.data, b.n, &x), t);
    ck_assert_int_eq(x.size, 12);
    ck_assert(tad_idx_value(&x, 11) == 110);
    tad_tape_free(t);
}
END_TEST

START_TEST(refuses_broken_gzip) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    bytes plain = images(), b = packed(&plain);
    tad_idx x;
    for (size_t n = 2; n < b.n; n++) { /* shorter ones are no gzip */
        ck_assert_int_eq(tad_idx_parse(t, b.data, n, &x), TAD_BAD_FILE);
        ck_refused(t, TAD_BAD_FILE, "gzip data end early");
    }
    b.data[b.n - 5] ^= 1; /* check sum */
    ck_assert_int_eq(tad_idx_parse(t, b.data, b.n, &x), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "damaged");
    b.data[b.n - 5] ^= 1;
    ck_assert_int_eq(tad_idx_parse(t, b.data, b.n + 1, &x), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "bytes after the gzip data");
    plain.n++; /* packed: a byte too many inside */
    b = packed(&plain);
    ck_assert_int_eq(tad_idx_parse(t, b.data, b.n, &x), TAD_BAD_FILE);
    ck_refused(t, TAD_BAD_FILE, "bytes after the IDX data");
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

START_TEST(survives_any_gzip_byte) {
    bytes plain = images(), b = packed(&plain);
    mutate(b, b.n, 128 << 10); /* zlib's own window and ours */
}
END_TEST

#else

START_TEST(says_that_gzip_is_missing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_idx x;
    ck_assert(!tad_has_zlib());
    ck_assert_int_eq(tad_idx_parse(t, "\x1f\x8b\x08", 3, &x), TAD_UNSUPPORTED);
    ck_refused(t, TAD_UNSUPPORTED, "zlib");
    tad_tape_free(t);
}
END_TEST

#endif

/* ---- out of memory ---- */

static tad_status load_all(tad_tape *t, const bytes *x, const bytes *y) {
    tad_idx images, labels;
    tad_dataset all, rest, out;
    tad_status status = tad_idx_parse(t, x->data, x->n, &images);
    if (status == TAD_OK) status = tad_idx_parse(t, y->data, y->n, &labels);
    if (status == TAD_OK) status = tad_dataset_make(t, &images, &labels, NULL, &all);
    if (status == TAD_OK) status = tad_dataset_split(t, &all, 3, &rest, &out);
    if (status == TAD_OK && !tad_batches_new(t, &rest, 2, NULL)) status = tad_tape_status(t);
    return status;
}

START_TEST(survives_out_of_memory) {
    bytes x = images(), y = labels();
#ifdef HAVE_ZLIB
    x = packed(&x);
#endif
    bool done = false;
    for (size_t n = 1; !done; n++) {
        support_memory m = {.fail_at = n, .for_ever = n % 2, .scarce = true};
        tad_tape *t = support_tape(&m);
        if (t) {
            tad_status status = load_all(t, &x, &y);
            ck_assert(status == (m.refused ? TAD_NO_MEMORY : TAD_OK));
            done = !m.refused;
        }
        tad_tape_free(t);
        ck_no_leak(&m);
        ck_assert(n < 1000);
    }
}
END_TEST

/* ---- data sets ---- */

static void write_file(const char *dir, const char *name, const bytes *b) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b->data, 1, b->n, f), b->n);
    fclose(f);
}

static void remove_file(const char *dir, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(remove(path), 0);
}

START_TEST(loads_published_names) {
    char dir[] = P_tmpdir "/tad-test-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    bytes x = images(), y = labels();
    const char *label_file = "train-labels-idx1-ubyte";
#ifdef HAVE_ZLIB
    y = packed(&y);
    label_file = "train-labels-idx1-ubyte.gz";
#endif
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d;
    ck_assert_int_eq(tad_dataset_load(t, dir, "train", NULL, &d), TAD_IO);
    ck_refused(t, TAD_IO, "train-images-idx3-ubyte", ".gz");
    write_file(dir, "train-images-idx3-ubyte", &x);
    write_file(dir, label_file, &y);
    ck_done(tad_dataset_load(t, dir, "train", NULL, &d), t);
    ck_assert_int_eq(d.count, 3);
    ck_assert_int_eq(d.features, 4);
    ck_assert_int_eq(d.classes, 3);
    double row[4];
    ck_assert_int_eq(tad_dataset_example(&d, 1, row), 1);
    for (int i = 0; i < 4; i++) ck_near(row[i], (40 + 10 * i) / 255.0, 1e-15);
    ck_assert_int_eq(tad_dataset_example(&d, 3, row), -1);
    ck_done(tad_dataset_load(t, dir, "train", &(tad_dataset_options){.scale = 0.5}, &d), t);
    tad_dataset_example(&d, 0, row);
    ck_assert(row[3] == 15);
    tad_tape_free(t);
    remove_file(dir, "train-images-idx3-ubyte");
    remove_file(dir, label_file);
    rmdir(dir);
}
END_TEST

static tad_status pair(tad_tape *t, bytes x, bytes y, tad_dataset *d) {
    tad_idx images, labels;
    ck_done(tad_idx_parse(t, x.data, x.n, &images), t);
    ck_done(tad_idx_parse(t, y.data, y.n, &labels), t);
    return tad_dataset_make(t, &images, &labels, NULL, d);
}

static void write_packed(const char *dir, const char *name, const bytes *plain, bool is_packed) {
#ifdef HAVE_ZLIB
    bytes b = is_packed ? packed(plain) : *plain;
    write_file(dir, name, &b);
#else
    (void)is_packed;
    write_file(dir, name, plain);
#endif
}

/* Parts of 7 examples of 2 numbers, plain and gzipped; classes are those of all. */
START_TEST(loads_parts) {
    static const char images_name[] = "some-images-idx3-ubyte",
                      labels_name[] = "some-labels-idx1-ubyte";
    char dir[] = "/tmp/tad_parts_XXXXXX", path[100];
    bytes x = header(0x08, 2, (unsigned[]){7, 2}), y = header(0x08, 1, (unsigned[]){7});
    const int64_t begin[] = {0, 2, 4, 7};
    for (int i = 0; i < 14; i++) x.data[x.n++] = (unsigned char)(i + 1);
    for (int i = 0; i < 7; i++) y.data[y.n++] = (unsigned char)(i == 6 ? 6 : 5 - i);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/%s", dir, images_name);
    tad_tape *t = tad_tape_new(NULL);
    for (int packs = 0; packs < (tad_has_zlib() ? 2 : 1); packs++) {
        x.n = 12 + 14;
        write_packed(dir, images_name, &x, packs);
        write_packed(dir, labels_name, &y, packs);
        int64_t seen = 0;
        for (int64_t part = 0; part < 3; part++) {
            tad_dataset d;
            ck_done(tad_dataset_load_part(t, dir, "some", part, 3, NULL, &d), t);
            ck_assert_int_eq(d.classes, 7);
            ck_assert_int_eq(d.count, begin[part + 1] - begin[part]);
            for (int64_t i = 0; i < d.count; i++, seen++) {
                double row[2];
                ck_assert_int_eq(tad_dataset_example(&d, i, row), y.data[8 + seen]);
                ck_near(row[1], x.data[12 + 2 * seen + 1] / 255.0, 1e-15);
            }
        }
        ck_assert_int_eq(seen, 7);
        /* a file that ends early is refused in every part */
        x.n--;
        write_packed(dir, images_name, &x, packs);
        tad_idx idx;
        ck_assert_int_eq(tad_idx_load_part(t, path, 0, 3, &idx), TAD_BAD_FILE);
        ck_refused(t, TAD_BAD_FILE, "end early");
    }
    tad_idx idx;
    ck_assert_int_eq(tad_idx_load_part(t, path, 3, 3, &idx), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "part 3 of 3");
    tad_tape_free(t);
    remove_file(dir, images_name);
    remove_file(dir, labels_name);
    rmdir(dir);
}
END_TEST

START_TEST(refuses_pairs_that_do_not_fit) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d;
    bytes two = header(0x08, 1, (unsigned[]){2});
    two.n += 2;
    ck_assert_int_eq(pair(t, images(), two, &d), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "3 examples", "2 of them");
    bytes negative = header(0x09, 1, (unsigned[]){3});
    negative.data[negative.n + 1] = 0xff;
    negative.n += 3;
    ck_assert_int_eq(pair(t, images(), negative, &d), TAD_BAD_INDEX);
    ck_refused(t, TAD_BAD_INDEX, "label -1 of example 1");
    bytes real = header(0x0D, 1, (unsigned[]){3});
    real.n += 12;
    ck_assert_int_eq(pair(t, images(), real, &d), TAD_BAD_DTYPE);
    ck_refused(t, TAD_BAD_DTYPE, "integers");
    tad_tape_free(t);
}
END_TEST

/* count examples of one number, its own index; the label is index % 3. */
static tad_dataset numbered(tad_tape *t, int count) {
    bytes x = header(0x0B, 2, (unsigned[]){(unsigned)count, 1});
    bytes y = header(0x08, 1, (unsigned[]){(unsigned)count});
    tad_dataset d;
    for (int i = 0; i < count; i++) {
        x.data[x.n++] = 0;
        x.data[x.n++] = (unsigned char)i;
        y.data[y.n++] = (unsigned char)(i % 3);
    }
    ck_done(pair(t, x, y, &d), t);
    return d;
}

START_TEST(splits_off_every_fifth) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d = numbered(t, 23), rest, out;
    ck_done(tad_dataset_split(t, &d, 5, &rest, &out), t);
    ck_assert_int_eq(out.count, 4);
    ck_assert_int_eq(rest.count, 19);
    bool seen[23] = {false};
    double x;
    for (int i = 0; i < 4; i++) {
        tad_dataset_example(&out, i, &x);
        ck_assert(x == 5 * i + 4);
        seen[(int)x] = true;
    }
    for (int i = 0; i < 19; i++) {
        ck_assert_int_eq(tad_dataset_example(&rest, i, &x), (int)x % 3);
        ck_assert(!seen[(int)x]);
        seen[(int)x] = true;
    }
    ck_done(tad_dataset_split(t, &out, 2, &d, &out), t); /* a split of a split, into its source */
    ck_assert_int_eq(out.count, 2);
    tad_dataset_example(&out, 1, &x);
    ck_assert(x == 19);
    tad_tape_free(t);
}
END_TEST

START_TEST(splits_off_all_or_nothing) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d = numbered(t, 4), rest, out;
    ck_done(tad_dataset_split(t, &d, 1, &rest, &out), t);
    ck_assert_int_eq(out.count, 4);
    ck_assert_int_eq(rest.count, 0);
    double x;
    for (int i = 0; i < 4; i++) {
        tad_dataset_example(&out, i, &x);
        ck_assert(x == i);
    }
    ck_done(tad_dataset_split(t, &d, 5, &rest, &out), t);
    ck_assert_int_eq(out.count, 0);
    ck_assert_int_eq(rest.count, 4);
    for (int64_t every = 0; every > -3; every--) {
        ck_assert_int_eq(tad_dataset_split(t, &d, every, &rest, &out), TAD_BAD_ARGUMENT);
        ck_refused(t, TAD_BAD_ARGUMENT, "every < 1");
    }
    tad_tape_free(t);
}
END_TEST

/* ---- batches ---- */

/* Reads one epoch; counts how often each example came; returns the number of batches. */
static int epoch(tad_tape *t, tad_batches *b, int *times, int *order) {
    tad_var x, y;
    int batches = 0, n = 0;
    tad_mark mark = tad_tape_mark(t);
    for (; tad_batches_next(b, &x, &y); batches++) {
        double row[64], label[64];
        size_t size = (size_t)tad_size_of(y);
        ck_done(tad_read(x, row, size), t);
        ck_done(tad_read(y, label, size), t);
        for (size_t i = 0; i < size; i++) {
            ck_assert_int_eq((int)row[i] % 3, (int)label[i]);
            times[(int)row[i]]++;
            if (order) order[n++] = (int)row[i];
        }
        ck_assert_int_eq(tad_tape_rewind(t, mark), TAD_OK);
    }
    ck_tape(t);
    return batches;
}

START_TEST(shuffles_every_example_once) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 5});
    tad_dataset d = numbered(t, 23);
    tad_batches *b = tad_batches_new(t, &d, 5, &(tad_batch_options){.dtype = TAD_F32});
    ck_assert_int_eq(tad_batches_per_epoch(b), 5);
    ck_assert_int_eq(tad_batches_count(b), 23);
    int order[2][23];
    for (int e = 0; e < 2; e++) {
        int times[23] = {0};
        ck_assert_int_eq(epoch(t, b, times, order[e]), 5);
        for (int i = 0; i < 23; i++) ck_assert_int_eq(times[i], 1);
    }
    ck_assert(memcmp(order[0], order[1], sizeof order[0]) != 0);
    tad_batches *full = tad_batches_new(t, &d, 5, &(tad_batch_options){.drop_last = true});
    int times[23] = {0};
    ck_assert_int_eq(epoch(t, full, times, NULL), 4);
    tad_tape_free(t);
}
END_TEST

START_TEST(keeps_a_fixed_order) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d = numbered(t, 7);
    tad_batches *b = tad_batches_new(t, &d, 100, &(tad_batch_options){.order = TAD_ORDER_FIXED});
    int times[7] = {0}, order[7];
    ck_assert_int_eq(epoch(t, b, times, order), 1);
    for (int i = 0; i < 7; i++) ck_assert_int_eq(order[i], i);
    ck_assert_uint_eq(tad_tape_random(t).drawn, 0);
    tad_tape_free(t);
}
END_TEST

START_TEST(draws_with_replacement) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 3});
    tad_dataset d = numbered(t, 20);
    tad_batches *b = tad_batches_new(t, &d, 6, &(tad_batch_options){.order = TAD_ORDER_REPLACE});
    int times[20] = {0}, repeated = 0;
    ck_assert_int_eq(tad_batches_per_epoch(b), 3);
    for (int e = 0; e < 400; e++) ck_assert_int_eq(epoch(t, b, times, NULL), 3);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_ge(times[i], 360 - 95); /* 5 standard deviations of the binomial */
        ck_assert_int_le(times[i], 360 + 95);
        repeated += times[i] != 360;
    }
    ck_assert_int_gt(repeated, 0);
    tad_var x; /* more at once than there are */
    b = tad_batches_new(t, &d, 50, &(tad_batch_options){.order = TAD_ORDER_REPLACE});
    ck_assert(tad_batches_next(b, &x, NULL));
    ck_shape(x, 50, 1);
    ck_assert(!tad_batches_next(b, &x, NULL));
    tad_tape_free(t);
}
END_TEST

START_TEST(gives_one_hot_labels_and_shapes) {
    const tad_dtype dtype = _i ? TAD_F64 : TAD_F32;
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d;
    ck_done(pair(t, images(), labels(), &d), t);
    tad_batches *b = tad_batches_new(
        t, &d, 2,
        &(tad_batch_options){
            .dtype = dtype, .order = TAD_ORDER_FIXED, .one_hot = true, .keep_shape = true});
    tad_var x, y;
    ck_assert(tad_batches_next(b, &x, &y));
    ck_assert_int_eq(tad_dtype_of(x), dtype);
    ck_assert_int_eq(tad_dtype_of(y), dtype);
    ck_shape(x, 2, 2, 2);
    ck_values(y, 0, 0, 0, 1, 0, 1, 0);
    ck_assert(tad_batches_next(b, &x, &y));
    ck_shape(x, 1, 2, 2);
    ck_values(x, 1e-7, 80 / 255.0, 90 / 255.0, 100 / 255.0, 110 / 255.0);
    ck_values(y, 0, 1, 0, 0);
    ck_assert(!tad_batches_next(b, &x, &y));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(gives_parts_of_a_batch) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 3});
    tad_dataset d = numbered(t, 10);
    tad_batches *b = tad_batches_new(t, &d, 4, NULL);
    tad_var x, y, part, some;
    ck_assert_int_eq(tad_batches_size(b), 0);
    ck_assert_int_eq(tad_batches_part(b, 0, 1, &x, NULL), TAD_BAD_INDEX);
    ck_refused(t, TAD_BAD_INDEX, "of a batch of 0");
    while (tad_batches_next(b, NULL, NULL)) {
        const int64_t n = tad_batches_size(b);
        double all[4], of_part[4];
        ck_done(tad_batches_part(b, 0, n, &x, &y), t);
        ck_assert_int_eq(tad_read(y, all, (size_t)n), TAD_OK);
        ck_done(tad_batches_part(b, 1, n - 1, &part, &some), t);
        ck_assert_int_eq(tad_size_of(part), n - 1);
        ck_assert_int_eq(tad_read(some, of_part, (size_t)n - 1), TAD_OK);
        for (int64_t i = 1; i < n; i++) ck_assert_double_eq(of_part[i - 1], all[i]);
    }
    ck_assert_int_eq(tad_batches_part(b, 1, 2, &x, NULL), TAD_BAD_INDEX); /* the last had 2 */
    ck_refused(t, TAD_BAD_INDEX, "2 examples from 1 on, of a batch of 2");
    tad_tape_free(t);
}
END_TEST

START_TEST(gives_no_batch_where_something_failed) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d = numbered(t, 4);
    tad_batches *b = tad_batches_new(t, &d, 2, NULL);
    tad_var x, y;
    ck_assert(!tad_batches_next(NULL, &x, &y));
    tad_tape_fail(t, TAD_BAD_ARGUMENT, "something");
    ck_assert(!tad_batches_next(b, &x, &y));
    tad_tape_clear(t);
    ck_assert(tad_batches_next(b, &x, &y));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(resumes_in_the_middle) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 11});
    tad_dataset d = numbered(t, 23);
    tad_batches *b = tad_batches_new(t, &d, 5, NULL);
    for (int i = 0; i < 8; i++) tad_batches_next(b, NULL, NULL);
    tad_batch_state state = tad_batches_state(b);
    tad_random random = tad_tape_random(t);
    int order[2][60], times[23] = {0};
    epoch(t, b, times, order[0]);
    epoch(t, b, times, order[0] + 13);
    tad_batches *c = tad_batches_new(t, &d, 5, NULL);
    ck_done(tad_batches_restore(c, state), t);
    tad_tape_set_random(t, random);
    epoch(t, c, times, order[1]);
    epoch(t, c, times, order[1] + 13);
    ck_assert(memcmp(order[0], order[1], 36 * sizeof(int)) == 0);
    ck_assert_int_eq(tad_batches_restore(c, (tad_batch_state){.done = 6}), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no batch 6");
    tad_tape_free(t);
}
END_TEST

/* Until nothing more can be recorded: arrays first, then what has no numbers of its own. */
static void fill_up(tad_tape *t) {
    static const double one = 1;
    while (!tad_is_nil(tad_full(t, TAD_F64, TAD_SHAPE(64), 1)))
        ;
    ck_refused(t, TAD_NO_MEMORY, "");
    while (!tad_is_nil(tad_borrow(t, TAD_F64, TAD_SHAPE(1), &one)))
        ;
    ck_refused(t, TAD_NO_MEMORY, "");
}

START_TEST(a_batch_that_found_no_memory_comes_again) {
    for (int order = 0; order <= TAD_ORDER_REPLACE; order++) {
        double first[2][2];
        for (int fails = 0; fails < 2; fails++) {
            tad_tape *t = tad_tape_new(&(tad_settings){.memory_limit = 1 << 20, .seed = 4});
            tad_dataset d = numbered(t, 9);
            tad_batches *b =
                tad_batches_new(t, &d, 2, &(tad_batch_options){.order = (tad_order)order});
            const tad_mark m = tad_tape_mark(t);
            tad_var x;
            if (fails) {
                fill_up(t);
                ck_assert(!tad_batches_next(b, &x, NULL));
                ck_refused(t, TAD_NO_MEMORY, "");
                ck_assert_int_eq(tad_batches_size(b), 0);
                ck_done(tad_tape_rewind(t, m), t);
            }
            ck_assert(tad_batches_next(b, &x, NULL));
            ck_done(tad_read(x, first[fails], 2), t);
            ck_assert_int_eq(tad_batches_state(b).done, 1);
            tad_tape_free(t);
        }
        ck_assert_mem_eq(first[0], first[1], sizeof first[0]);
    }
}
END_TEST

START_TEST(refuses_bad_batches) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dataset d = numbered(t, 4);
    ck_assert_ptr_null(tad_batches_new(t, &d, 0, NULL));
    ck_refused(t, TAD_BAD_ARGUMENT, "size < 1");
    ck_assert_ptr_null(tad_batches_new(t, &d, 2, &(tad_batch_options){.dtype = TAD_I64}));
    ck_refused(t, TAD_BAD_DTYPE, "int64");
    ck_assert_ptr_null(
        tad_batches_new(t, &d, INT64_MAX, &(tad_batch_options){.order = TAD_ORDER_REPLACE}));
    ck_refused(t, TAD_TOO_LARGE, "too large");
    ck_assert_ptr_null(tad_batches_new(t, &d, 5, &(tad_batch_options){.drop_last = true}));
    ck_refused(t, TAD_BAD_ARGUMENT, "4 examples make no batch of 5");
    ck_assert_int_eq(
        tad_batches_per_epoch(tad_batches_new(t, &d, 4, &(tad_batch_options){.drop_last = true})),
        1);
    ck_assert(!tad_batches_next(NULL, NULL, NULL));
    tad_dataset none = numbered(t, 0);
    tad_batches *b = tad_batches_new(t, &none, 5, NULL);
    ck_assert(!tad_batches_next(b, NULL, NULL));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("data");
    TCase *c = support_case(s, "idx");
    tcase_add_test(c, reads_bytes);
    tcase_add_test(c, reads_every_type);
    tcase_add_test(c, reads_empty_ones_and_eight_axes);
    tcase_add_test(c, refuses_every_truncation_and_a_longer_one);
    tcase_add_test(c, survives_any_header_byte);
    tcase_add_test(c, refuses_sizes_that_overflow);
    tcase_add_test(c, says_what_is_wrong);
    c = support_case(s, "gzip");
#ifdef HAVE_ZLIB
    tcase_add_test(c, reads_gzip);
    tcase_add_test(c, refuses_broken_gzip);
    tcase_add_test(c, survives_any_gzip_byte);
#else
    tcase_add_test(c, says_that_gzip_is_missing);
#endif
    c = support_case(s, "dataset");
    tcase_add_test(c, survives_out_of_memory);
    tcase_add_test(c, loads_published_names);
    tcase_add_test(c, loads_parts);
    tcase_add_test(c, refuses_pairs_that_do_not_fit);
    tcase_add_test(c, splits_off_every_fifth);
    tcase_add_test(c, splits_off_all_or_nothing);
    c = support_case(s, "batches");
    tcase_add_test(c, shuffles_every_example_once);
    tcase_add_test(c, keeps_a_fixed_order);
    tcase_add_test(c, draws_with_replacement);
    tcase_add_loop_test(c, gives_one_hot_labels_and_shapes, 0, 2);
    tcase_add_test(c, gives_parts_of_a_batch);
    tcase_add_test(c, gives_no_batch_where_something_failed);
    tcase_add_test(c, resumes_in_the_middle);
    tcase_add_test(c, a_batch_that_found_no_memory_comes_again);
    tcase_add_test(c, refuses_bad_batches);
    return s;
}

SUPPORT_MAIN(suite)
