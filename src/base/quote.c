/* Quoting text for the languages of pictures. Rests on text.h. */
#include "text.h"

/* ---- Graphviz, which reads \" and \\ ---- */

static bool label(void *user, const char *text, size_t length) {
    tad__text *out = user;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\') tad__text_bytes(out, "\\", 1);
        if (text[i] == '\n')
            tad__text_bytes(out, "\\n", 2);
        else
            tad__text_bytes(out, text + i, 1);
    }
    return !out->stopped;
}

tad__text tad__dot_label(tad__text *out) { return (tad__text){label, out, false}; }

/* ---- XML ---- */

/* Bytes of the letter that begins here; 0: there is none, or one that XML does not allow. */
static size_t letter_of(const unsigned char *s, size_t length) {
    const size_t n = *s < 0x80   ? 1
                     : *s < 0xc2 ? 0
                     : *s < 0xe0 ? 2
                     : *s < 0xf0 ? 3
                     : *s < 0xf5 ? 4
                                 : 0;
    if (!n || n > length) return 0;
    if (n == 1) return *s >= 0x20 || *s == '\t' || *s == '\n' || *s == '\r';
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    const bool too_long = (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xf0 && s[1] < 0x90),
               surrogate = *s == 0xed && s[1] >= 0xa0, too_large = *s == 0xf4 && s[1] >= 0x90,
               none = *s == 0xef && s[1] == 0xbf && s[2] >= 0xbe;
    return too_long || surrogate || too_large || none ? 0 : n;
}

static const char *entity_of(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&apos;";
    default: return NULL;
    }
}

static bool xml(void *user, const char *text, size_t length) {
    tad__text *out = user;
    for (size_t i = 0, n; i < length; i += n ? n : 1) {
        n = letter_of((const unsigned char *)text + i, length - i);
        const char *entity = n == 1 ? entity_of(text[i]) : NULL;
        if (entity)
            tad__text_put(out, "%s", entity);
        else
            tad__text_bytes(out, n ? text + i : "?", n ? n : 1);
    }
    return !out->stopped;
}

tad__text tad__xml_text(tad__text *out) { return (tad__text){xml, out, false}; }
