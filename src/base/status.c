/* Texts of status codes. Rests on the list in tad/status.h. */
#include <tad/status.h>

const char *tad_status_text(tad_status status) {
#define TAD_STATUS_TEXT(code, text) text,
    static const char *const texts[] = {TAD_STATUS_LIST(TAD_STATUS_TEXT)};
#undef TAD_STATUS_TEXT
    return (unsigned)status < TAD_STATUS_COUNT ? texts[status] : "unknown status";
}
