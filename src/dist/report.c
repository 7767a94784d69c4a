/* What ranks say of themselves in each collective verb: which one it is, how it went, and what
 * their parameters are. Rests on dist.h. */
#include "report.h"

#include <stdio.h>
#include <string.h>

static const char *const names[TAD__VERBS] = {
    [TAD__NEW] = "new",           [TAD__GRADIENTS] = "gradients", [TAD__STEP] = "step",
    [TAD__EVALUATE] = "evaluate", [TAD__CHECK] = "check",         [TAD__GATHER] = "gather",
    [TAD__STATE] = "state",       [TAD__SAVE] = "save",           [TAD__LOAD] = "load",
};

static const char *name_of(uint64_t verb) { return verb < TAD__VERBS ? names[verb] : "nowhere"; }

/* ---- comparing parameters ---- */

uint64_t tad__hash(uint64_t h, const void *data, size_t bytes) {
    const unsigned char *p = data;
    for (; bytes >= 8; p += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    for (; bytes > 0; p++, bytes--) h = (h ^ *p) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static uint64_t hash_of_item(const tad__summed *item) {
    const void *data = tad_data(item->param);
    return data ? tad__hash(1, data, tad__item_bytes(item)) : 0;
}

static uint64_t hash_of_all(const tad_dist *d) {
    const tad_random random = tad_tape_random(d->tape);
    uint64_t h = tad__hash(1, &random, sizeof random);
    for (size_t k = 0; k < d->items; k++) {
        const uint64_t of_item = hash_of_item(&d->item[k]);
        h = tad__hash(h, &of_item, sizeof of_item);
    }
    return h;
}

/* The first that differs between a rank and rank 0, in the order of the dictionary; all know by now
 * that some do, and look together. */
static tad_status name_what_differs(tad_dist *d) {
    const size_t bytes = (d->items + 1) * sizeof(uint64_t);
    uint64_t *all = tad__ranks_resize(d, NULL, (size_t)(d->ranks.size + 1) * bytes);
    if (!all) return tad__dist_break(d, TAD_DISAGREE, "dist: parameters differ between ranks");
    uint64_t *own = all + (size_t)d->ranks.size * (d->items + 1);
    for (size_t k = 0; k < d->items; k++) own[k] = hash_of_item(&d->item[k]);
    for (int r = 0; r < d->ranks.size; r++) {
        d->send[r] = (tad_piece){own, d->items * sizeof *own};
        d->receive[r] = (tad_piece){all + (size_t)r * (d->items + 1), d->items * sizeof *own};
    }
    tad__post p;
    tad_status s = tad__post_start(d, &p, TAD__PIECES, "check", -1);
    if (s == TAD_OK) s = tad__post_wait(d, &p);
    memcpy(all + (size_t)d->ranks.rank * (d->items + 1), own, d->items * sizeof *own);
    for (size_t k = d->items; k-- > 0 && s == TAD_OK;)
        for (int r = 1; r < d->ranks.size && s == TAD_OK; r++)
            if (all[(size_t)r * (d->items + 1) + k] != all[k])
                s = tad__dist_break(d, TAD_DISAGREE,
                                    "dist: %s has other values on rank %d than on rank 0",
                                    d->item[k].name, r);
    if (s == TAD_OK) s = tad__dist_break(d, TAD_DISAGREE, "dist: the tapes' random numbers differ");
    tad__post_abandon(d, &p);
    tad__ranks_resize(d, all, 0);
    return s;
}

/* ---- judging ---- */

static tad_status judge_one(tad_dist *d, const tad__report *own, const tad__report *of, int rank) {
    if (of->verb != own->verb || of->number != own->number)
        return tad__dist_break(d, TAD_DISAGREE,
                               "dist: rank %d is at %s, its verb number %llu, and rank %d at %s, "
                               "number %llu",
                               rank, name_of(of->verb), (unsigned long long)of->number,
                               d->ranks.rank, name_of(own->verb), (unsigned long long)own->number);
    const bool well = own->status == TAD_OK && of->status == TAD_OK;
    if (well && memcmp(of->text, own->text, sizeof own->text) != 0)
        return tad__dist_break(d, TAD_DISAGREE, "dist: %s: rank %d has %.*s; rank %d has %.*s",
                               name_of(own->verb), rank, TAD__REPORT_TEXT, of->text, d->ranks.rank,
                               TAD__REPORT_TEXT, own->text);
    return TAD_OK;
}

/* The first rank that failed says what all return. */
static tad_status judge(tad_dist *d) {
    const tad__report *own = d->report, *of = d->report + 1;
    bool differs = false;
    tad_status s = TAD_OK;
    d->report[1 + d->ranks.rank] = *own;
    for (int r = 0; r < d->ranks.size && s == TAD_OK; r++) s = judge_one(d, own, &of[r], r);
    if (s != TAD_OK) return s;
    for (int r = 0; r < d->ranks.size && s == TAD_OK; r++) {
        if (of[r].status > TAD_OK && of[r].status < TAD_STATUS_COUNT)
            s = tad_tape_fail(d->tape, (tad_status)of[r].status, "rank %d: %.*s", r,
                              TAD__REPORT_TEXT, of[r].text);
        differs = differs || of[r].hash != of[0].hash;
    }
    return s == TAD_OK && differs ? name_what_differs(d) : s;
}

/* ---- sending ---- */

static void fill(tad_dist *d, enum tad__verb verb, const char *text, bool checks) {
    tad__report *own = d->report;
    *own = (tad__report){.verb = (uint64_t)verb, .number = d->verbs++};
    if (checks && tad_tape_status(d->tape) == TAD_OK) own->hash = hash_of_all(d);
    own->status = (uint64_t)tad_tape_status(d->tape);
    if (own->status != TAD_OK) text = tad_message(d->tape);
    snprintf(own->text, sizeof own->text, "%s", text ? text : "");
}

tad_status tad__report_start(tad_dist *d, enum tad__verb verb, const char *text, bool checks) {
    fill(d, verb, text, checks);
    for (int r = 0; r < d->ranks.size; r++) {
        d->send[r] = (tad_piece){d->report, sizeof *d->report};
        d->receive[r] = (tad_piece){d->report + 1 + r, sizeof *d->report};
    }
    return tad__post_start(d, &d->reports, TAD__REPORTS, "report", -1);
}

tad_status tad__report_test(tad_dist *d, bool *done) {
    const bool was_active = d->reports.active;
    const tad_status s = tad__post_test(d, &d->reports, done);
    return s == TAD_OK && *done && was_active ? judge(d) : s;
}

tad_status tad__meet(tad_dist *d, enum tad__verb verb, const char *text, bool checks) {
    bool done = false;
    tad_status s = tad__report_start(d, verb, text, checks);
    while (s == TAD_OK && !done) {
        s = tad__report_test(d, &done);
        if (s == TAD_OK && !done) s = tad__dist_pause(d, &d->reports);
    }
    return s;
}
