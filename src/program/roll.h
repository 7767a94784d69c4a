/* Rolling up: number steps become items, items that are alike become groups, and groups run on many
 * lanes. What is known meanwhile. Rests on freeze.h and the kernels' roll.h.
 *
 * Numbers are still called by the value that they are; the place of each in a workspace is found
 * here, so that neighbours in a group lie side by side. */
#ifndef TAD_PROGRAM_ROLL_H
#define TAD_PROGRAM_ROLL_H

#include "freeze.h"

#include "kernel/roll.h"

#define TAD__A_SUM UINT32_MAX /* instead of a row */
enum { TAD__MOST_IN_ORDER = 64 /* terms of a sum that is kept in the tape's order */ };

/* What items of a group have in common. */
typedef struct tad__kin {
    uint32_t row;
    uint32_t terms[4]; /* of a sum: how many a b, -a b, a, -a, in this order; but where they are */
    uint32_t in_order; /* kept in the tape's, a bit for each of at most 64 terms says: */
    uint32_t padding;  /* 0 */
    uint64_t minus, single;
    uint32_t stage;   /* after so many steps of other kinds */
    uint32_t late;    /* the first output does not need it */
    uint32_t is_last; /* nothing here needs it */
    double option[2];
} tad__kin;

/* What is computed at once: a sum of products, into which other sums have been put, or a row. */
typedef struct tad__item {
    uint32_t to;
    uint32_t at;   /* its operands: of a sum, in the order of kin.terms, products first */
    uint32_t sign; /* which kin */
} tad__item;

/* A term by its places; b -1: no second factor. */
typedef struct tad__placed_term {
    int32_t a, b, minus;
    int64_t key; /* by which it is sorted */
} tad__placed_term;

/* A term of a group's sums: its operands, how they are found, and whether there is code for it. */
typedef struct tad__group_term {
    uint32_t a, b; /* operands; b NO_REF: none */
    uint8_t find_a, find_b, minus, done;
} tad__group_term;

/* Products at the end of a list, each of the one before and of a factor; the factors lie `step`
 * apart. */
typedef struct tad__scan {
    size_t end; /* of their code */
    int32_t count, carried, first, factor, step;
} tad__scan;

struct tad__signature; /* a kin that there is already */

/* So many members were brought into this order, which cost so much. */
typedef struct tad__arranged {
    uint32_t n, order;
    double cost;
} tad__arranged;
enum { TAD__ARRANGED = 6 };

/* Items that are alike, and those of them that can be computed now. */
typedef struct tad__ready {
    const tad__kin *kin;
    uint32_t count, rank, first, last;
    double depth;                          /* the sum of all */
    tad__arranged arranged[TAD__ARRANGED]; /* the last */
    uint32_t next;                         /* of these, to be forgotten */
} tad__ready;

enum {
    TAD__ROLL_NEEDED = 1, /* as an item of its own */
    TAD__ROLL_EARLY = 2,  /* the first output needs it */
    TAD__ROLL_READ = 4    /* by an item */
};

enum { TAD__DEF_STEP = 0, TAD__DEF_LIST = 1, TAD__DEF_CONSTANT = 2, TAD__DEF_OUTSIDE = 3 };

/* A number that an item would give which gives what another gives. */
typedef struct tad__sharing {
    uint32_t number, of;
} tad__sharing;

typedef struct tad__roll {
    tad__freezer *f;
    tad_program *p;
    tad__arena arena;
    const tad_op *sum_list, *dot_list;
    bool exact;      /* the tape's bits: its order of sums, its functions */
    uint32_t zero;   /* the number that sums over lists begin with, where that is so */
    uint32_t n;      /* numbers */
    uint32_t *def;   /* how each comes: a kind in the two highest bits, and which */
    uint32_t *same;  /* twice the number that it is, or whose negative it is, then + 1 */
    uint32_t *uses;  /* as an operand, an output, or by other steps */
    uint32_t *stage; /* steps of other kinds that it waits for */
    uint8_t *mark;
    /* The next three lie where the three before do, which are of no use once there are items. */
    uint32_t *item_of;                    /* TAD__NO_REF: none */
    uint32_t *place;                      /* in the workspace */
    uint32_t *order;                      /* items, group by group */
    uint32_t *first_reader, *last_reader; /* of each item: groups, of those that were recorded
                                             first and last of all that read it */
    TAD__LIST(tad__item) item;
    TAD__LIST(uint32_t) operand; /* numbers */
    TAD__LIST(tad__ready) ready; /* by sign */
    struct tad__signature *signature;
    TAD__LIST(uint32_t) boundary; /* where groups begin in it, and the end */
    TAD__LIST(uint32_t) stage_of_group;
    tad__steps step; /* those that will be the program's */
    TAD__LIST(tad__placed_term) term;
    TAD__LIST(tad__group_term) group_term;
    TAD__LIST(tad__sharing) sharing;    /* in the group that is being made */
    size_t shared;                      /* in all */
    uint32_t slots;                     /* of a workspace */
    uint32_t first_constant, constants; /* places */
    uint32_t on_list;                   /* items that no group has */
    bool list_is_open;
    tad__scan scan;
    bool failed; /* no memory */
} tad__roll;

static inline uint32_t tad__def_kind(const tad__roll *r, uint32_t number) {
    return r->def[number] >> 30;
}
static inline uint32_t tad__def_at(const tad__roll *r, uint32_t number) {
    return r->def[number] & 0x3fffffff;
}

/* Operands of an item of this kin. */
static inline uint32_t tad__operands_of_kin(const tad__roll *r, const tad__kin *k) {
    if (k->row != TAD__A_SUM) return (uint32_t)r->p->basis->row[k->row].max_in;
    return 2 * (k->terms[0] + k->terms[1]) + k->terms[2] + k->terms[3];
}
static inline uint32_t tad__terms_of_kin(const tad__kin *k) {
    return k->terms[0] + k->terms[1] + k->terms[2] + k->terms[3];
}
/* Of term k of a sum, a position in kin.terms. */
static inline unsigned tad__kind_of_term(const tad__kin *k, uint32_t term) {
    unsigned kind = 0;
    if (k->in_order) return (k->single >> term & 1 ? 2 : 0) + (k->minus >> term & 1 ? 1 : 0);
    while (term >= k->terms[kind]) term -= k->terms[kind++];
    return kind;
}
static inline const tad__kin *tad__kin_of(const tad__roll *r, uint32_t item) {
    return r->ready.item[r->item.item[item].sign].kin;
}
/* Memory for n things until rolling up is over. NULL: none, noted. */
void *tad__roll_take(tad__roll *r, size_t n, size_t size);

#define TAD__ROLL_TAKE(r, list, n) ((r)->list = tad__roll_take((r), (n), sizeof *(r)->list))

/* One more of a list of rolling up, or of another list with the same memory; NULL: no memory,
 * noted. */
#define TAD__ROLL_ADD_TO(r, holder, list)                                                          \
    tad__roll_noted((r), TAD__LIST_ADD(&(r)->p->memory, (holder)->list))
#define TAD__ROLL_ADD(r, list) TAD__ROLL_ADD_TO(r, r, list)
static inline void *tad__roll_noted(tad__roll *r, void *added) {
    if (!added) r->failed = true;
    return added;
}

/* ---- roll_uses.c ---- */

/* Where numbers come from, and how often they are used. */
void tad__roll_uses(tad__roll *r);
/* sum_list or dot_list of numbers, short enough for an item. */
bool tad__is_list_call(const tad__roll *r, const tad__call_step *c);
/* Terms of such a call in the tape's order, with the zero that it begins with. */
static inline size_t tad__terms_of_list(const tad__roll *r, const tad__call_step *c) {
    return c->op == r->sum_list ? c->n_in + 1 : c->n_in / 2 + 2;
}

/* ---- roll_kin.c ---- */

/* The number of an item's kin. */
uint32_t tad__roll_sign(tad__roll *r, const tad__kin *kin);
void tad__forget_signs(tad__roll *r);

/* ---- roll_items.c ---- */

void tad__roll_items(tad__roll *r);

/* ---- roll_order.c ---- */

/* Groups of items, each after those that it needs. */
void tad__roll_order(tad__roll *r);

/* ---- roll_class.c ---- */

/* How the members of a group find an operand. */
typedef enum tad__found {
    TAD__FIND_ALONG,  /* side by side, all of them */
    TAD__FIND_ONE,    /* at one place, all of them */
    TAD__FIND_PACKED, /* constants, which are put side by side */
    TAD__FIND_CHUNKS, /* side by side, a chunk of them */
    TAD__FIND_ONES,   /* at one place, a chunk of them */
    TAD__FIND_EITHER, /* a chunk this or that way */
    TAD__FIND_EACH    /* anywhere */
} tad__found;

typedef struct tad__sort_key {
    uint32_t first, second, item;
} tad__sort_key;

/* A group in the making. Members are items; NO_REF: a lane that computes nothing of use. */
typedef struct tad__member_list {
    tad__roll *r;
    const tad__kin *kin;
    uint32_t operands;        /* of a member */
    uint32_t *member, n;      /* in the best order so far */
    uint32_t *tried, *padded; /* others */
    tad__sort_key *key;
    uint8_t *regular;      /* of each operand */
    int8_t *step, *run;    /* how each goes on: from member to member, and in a run */
    double cost, own_cost; /* with and without that of reading the results */
    uint32_t scattered;    /* operands that are anywhere, in the best order */
} tad__member_list;

tad__found tad__find_of(const tad__member_list *m, const uint32_t *member, uint32_t n, uint32_t k);
int tad__compare_keys(const void *x, const void *y);
/* Brings the n items at `item` into the order, with the holes, that seems to run fastest. */
void tad__roll_arrange(tad__member_list *m, const uint32_t *item, uint32_t n);

static inline uint32_t tad__operand_at(const tad__roll *r, uint32_t item, uint32_t k) {
    return r->operand.item[r->item.item[item].at + k];
}
static inline bool tad__is_constant_place(const tad__roll *r, uint32_t place) {
    return place - r->first_constant < r->constants;
}

/* ---- roll_share.c ---- */

/* Takes out the items that give what others of the n do, of one kin, whose operands have places;
 * how many are left. Their numbers have a place once those of the others have. */
uint32_t tad__roll_share(tad__member_list *m, uint32_t *item, uint32_t n);
void tad__roll_place_shared(tad__roll *r);

/* ---- roll_row.c ---- */

/* Whether kernels of arrays give the bits that the tape gives on numbers. */
bool tad__same_on_numbers(uint32_t row);

/* ---- roll_emit.c ---- */

/* Places for all numbers, and code for all groups. */
void tad__roll_emit(tad__roll *r);
/* One more group, its results from the next places on. */
void tad__roll_group(tad__roll *r, uint32_t stage, uint32_t what);
/* The position of a row's options; -1: it has none. */
int32_t tad__roll_options(tad__roll *r, const tad__kin *kin);

/* ---- roll_list.c ---- */

/* Adds an item to the list of single ones, which is the last group. */
void tad__roll_list(tad__roll *r, uint32_t item);
void tad__roll_end_list(tad__roll *r);
/* Of a sum by itself, along its terms. */
double tad__cost_of_runs(tad__roll *r, uint32_t item);

/* ---- roll_loop.c ---- */

/* In the last list, whose words begin at `at`, what repeats itself becomes loops. */
void tad__roll_loops(tad__roll *r, size_t at);

#endif
