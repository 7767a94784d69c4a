/* Cutting and reading the JSON of a header. May rely on json.h; takes no memory. */
#include "json.h"

#include <string.h>

enum {
    DEPTH = 2,
    DESCRIPTION = 1024, /* bytes of a tensor's description, at most */
    ESCAPE = 6          /* bytes of a \uXXXX */
};

/* ---- cutting ---- */

static const char *skip_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
    return p;
}

/* Past the string that begins at p; NULL when it does not end. */
static const char *past_string(const char *p, const char *end) {
    for (p++; p < end; p++) {
        if (*p == '"') return p + 1;
        if (*p == '\\' && ++p == end) break;
    }
    return NULL;
}

/* Past the object or list that begins at p. Which bracket closes which is seen when it is read. */
static const char *past_brackets(const char *p, const char *end) {
    int depth = 0;
    while (p && p < end) {
        if (*p == '"') {
            p = past_string(p, end);
            continue;
        }
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') depth--;
        p++;
        if (depth == 0) return p;
        if (depth > DEPTH) return NULL;
    }
    return NULL;
}

static bool take(tad__members *m, tad__piece *piece) {
    m->at = skip_space(m->at, m->end);
    if (m->at == m->end) return false;
    const char *past = *m->at == '"'                    ? past_string(m->at, m->end)
                       : *m->at == '{' || *m->at == '[' ? past_brackets(m->at, m->end)
                                                        : NULL;
    if (!past) return false;
    *piece = (tad__piece){m->at, (size_t)(past - m->at)};
    m->at = past;
    return true;
}

static bool take_sign(tad__members *m, char sign) {
    m->at = skip_space(m->at, m->end);
    if (m->at == m->end || *m->at != sign) return false;
    m->at++;
    return true;
}

bool tad__members_begin(tad__members *m, tad__piece object) {
    *m = (tad__members){object.at, object.at + object.length, true};
    return take_sign(m, '{');
}

int tad__members_next(tad__members *m, tad__piece *name, tad__piece *value) {
    if (take_sign(m, '}')) {
        m->at = skip_space(m->at, m->end);
        return m->at == m->end ? 0 : -1;
    }
    if (!m->first && !take_sign(m, ',')) return -1;
    m->first = false;
    if (!take(m, name) || *name->at != '"') return -1;
    return take_sign(m, ':') && take(m, value) ? 1 : -1;
}

/* ---- strings ---- */

/* Length of the UTF-8 sequence at s; 0 when it is none (or an overlong one, or a surrogate). */
static size_t sequence(const unsigned char *s) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xF0 && s[0] < 0xF8 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC0 ? 2 : 0;
    if (n == 0 || s[0] >= 0xF8) return 0;
    uint32_t code = s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0; /* also at the final zero */
        code = code << 6 | (s[i] & 0x3Fu);
    }
    bool surrogate = code >= 0xD800 && code < 0xE000;
    return code < least[n] || code > 0x10FFFF || surrogate ? 0 : n;
}

bool tad__is_utf8(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        size_t n = sequence(s);
        if (n == 0) return false;
        s += n;
    }
    return true;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number in a \uXXXX at p; -1 when there is none. */
static int32_t unit(const char *p, const char *end) {
    int32_t code = 0;
    if (end - p < ESCAPE || p[0] != '\\' || p[1] != 'u') return -1;
    for (int i = 2; i < ESCAPE; i++) {
        if (hex(p[i]) < 0) return -1;
        code = code << 4 | hex(p[i]);
    }
    return code;
}

/* The character of the \uXXXX, or of the pair of surrogates, at *p, which is moved past it; 0 when
 * it is none, or the zero character, which would end the text. */
static uint32_t escaped(const char **p, const char *end) {
    int32_t high = unit(*p, end);
    if (high <= 0 || (high >= 0xDC00 && high < 0xE000)) return 0;
    *p += ESCAPE;
    if (high < 0xD800 || high >= 0xE000) return (uint32_t)high;
    int32_t low = unit(*p, end);
    if (low < 0xDC00 || low >= 0xE000) return 0;
    *p += ESCAPE;
    return 0x10000 + ((uint32_t)(high - 0xD800) << 10 | (uint32_t)(low - 0xDC00));
}

static char *put_utf8(char *out, uint32_t code) {
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *out++ = (char)(lead[more] | code >> 6 * more);
    while (more-- > 0) *out++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    return out;
}

/* The character that a backslash and c stand for; 0: none. */
static char plain_escape(char c) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c ? strchr(from, c) : NULL;
    return at ? to[at - from] : '\0';
}

bool tad__json_string(tad__piece piece, char *out) {
    const char *p = piece.at + 1, *end = piece.at + piece.length - 1;
    char *to = out;
    while (p < end) {
        if ((unsigned char)*p < 0x20) return false;
        if (*p != '\\') {
            *to++ = *p++;
        } else if (p[1] == 'u') {
            uint32_t code = escaped(&p, end);
            if (!code) return false;
            to = put_utf8(to, code);
        } else {
            if (!plain_escape(p[1])) return false;
            *to++ = plain_escape(p[1]);
            p += 2;
        }
    }
    *to = '\0';
    return tad__is_utf8(out);
}

/* ---- descriptions ---- */

/* Moves past a natural number, which is written without needless zeros. */
static bool take_natural(tad__members *m, int64_t *out) {
    m->at = skip_space(m->at, m->end);
    const char *begin = m->at;
    *out = 0;
    for (; m->at < m->end && *m->at >= '0' && *m->at <= '9'; m->at++) {
        int digit = *m->at - '0';
        if (*out > (INT64_MAX - digit) / 10) return false;
        *out = *out * 10 + digit;
    }
    return m->at > begin && (*begin != '0' || m->at == begin + 1);
}

/* Reads [n, n, ...]; returns how many numbers there are, of which the first `room` are kept, or -1
 * when it is no list of natural numbers. A piece ends with the bracket that closes its first. */
static int read_list(tad__piece piece, int64_t *out, int room) {
    tad__members m = {piece.at, piece.at + piece.length, true};
    int n = 0;
    int64_t number;
    if (!take_sign(&m, '[')) return -1;
    if (take_sign(&m, ']')) return 0;
    do {
        if (!take_natural(&m, &number)) return -1;
        if (n < room) out[n] = number;
        n++;
    } while (take_sign(&m, ','));
    return take_sign(&m, ']') ? n : -1;
}

static const char *read_dtype(tad__piece value, tad__described *out) {
    char text[DESCRIPTION];
    if (*value.at != '"' || !tad__json_string(value, text)) return "its dtype is no string";
    for (size_t i = 0; i + 1 < sizeof out->dtype && text[i]; i++) out->dtype[i] = text[i];
    return NULL;
}

static const char *read_shape(tad__piece value, tad__described *out) {
    out->shape.rank = read_list(value, out->shape.dim, TAD_MAX_RANK);
    if (out->shape.rank < 0) return "its shape is no list of natural numbers";
    return out->shape.rank > TAD_MAX_RANK ? "it has too many axes" : NULL;
}

static const char *read_offsets(tad__piece value, tad__described *out) {
    int64_t place[2];
    if (read_list(value, place, 2) != 2) return "its data_offsets are no two natural numbers";
    out->begin = (uint64_t)place[0];
    out->end = (uint64_t)place[1];
    return NULL;
}

typedef const char *field_reader(tad__piece value, tad__described *out);
static const struct {
    const char *name;
    field_reader *read;
} fields[] = {{"dtype", read_dtype}, {"shape", read_shape}, {"data_offsets", read_offsets}};
enum { FIELDS = sizeof fields / sizeof *fields };

static const char *read_field(tad__piece name, tad__piece value, bool *seen, tad__described *out) {
    char text[DESCRIPTION];
    size_t i = 0;
    if (!tad__json_string(name, text)) return "its description is not JSON";
    while (i < FIELDS && strcmp(fields[i].name, text) != 0) i++;
    if (i == FIELDS || seen[i]) return "it must have dtype, shape and data_offsets, once each";
    seen[i] = true;
    return fields[i].read(value, out);
}

const char *tad__json_tensor(tad__piece piece, tad__described *out) {
    tad__members m;
    tad__piece name, value;
    bool seen[FIELDS] = {false};
    const char *why = NULL;
    memset(out, 0, sizeof *out);
    if (piece.length > DESCRIPTION || !tad__members_begin(&m, piece))
        return "its description is not JSON";
    int more = 1;
    while (!why && (more = tad__members_next(&m, &name, &value)) > 0)
        why = read_field(name, value, seen, out);
    if (!why && more < 0) return "its description is not JSON";
    for (int i = 0; !why && i < FIELDS; i++)
        if (!seen[i]) why = "it must have dtype, shape and data_offsets";
    return why;
}
