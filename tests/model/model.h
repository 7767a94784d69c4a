/* A plain model of what a tape's public state must be, and the library held against it.
 *
 * The model (state.c, expression.c, sweep.c) is arrays and loops: slow, small, and it shares
 * nothing with the library but the public headers. A driver (steps.c, sweeps.c) makes random public
 * calls on the library and the same change to the model; after each step check.c compares the two.
 *
 * What the model says:
 *
 * Variables. A tape is a list of nodes. Each has a serial number of its own, never given again. A
 *   handle is a place in the list and a serial: it lives while that place holds that serial. How
 *   many nodes a call records is the library's business: those that nobody has a handle of are
 *   `hidden` nodes here. A dead handle, or one of another tape, is refused with BAD_HANDLE.
 * Values. A result is computed here too and must agree up to rounding; from then on the library's
 *   value is the value and may not change by a single bit, except by assigning to a parameter.
 * Marks. A mark is a number of nodes and the serial of the last of them. It is valid while that
 *   node lives (or the number is 0). Rewinding cuts the list and leaves all else: failure, pauses,
 *   scopes, parameters.
 * Reset. Empties the list, pops all scopes, ends every pause, forgets the failure.
 * Failures. The first sticks: then every call that records gives nil, every verb gives the status,
 *   and nothing changes, until it is cleared. What works still: marks, rewind, reset, pause,
 * resume, scopes, retain, shapes, reading names, needs_gradient. Parameters. Assigning notes the
 * time. Views of the parameter may share its memory or not: the model looks which, and takes the
 * values as changed or not changed accordingly (`memory`). Anything else, a detached value above
 * all, keeps its value. Sweeps. They give derivatives of what was recorded, or refuse with
 * STALE_VALUE. Exactly: A node has a stale operand when the memory of that operand (a parameter's,
 * perhaps seen through views) was changed after the node was recorded. Not so a view that shares
 * this memory: it changes with it and reads nothing. Some node that passes a gradient on has a
 * stale operand: the sweep must refuse. No ancestor of the result has a stale operand: it must not
 * refuse. Between these (a stale operand behind a cast, a comparison, a gradient of 0, or off the
 * way to x in tad_grad and tad_tangent) it may do either, but what it gives is right. Detached
 * values and what was recorded while paused have no ancestors. Gradients. After a sweep from roots
 * up to node `top`: parameters add up, until zeroed; inputs and 0-d float64 nodes have the gradient
 * of this sweep; interior arrays have it where retained, else they are refused, or right. Nodes
 * above `top`: refused or zero. Constants and nodes recorded since: refused. A refused sweep leaves
 * all gradients as they are or forgets them all. Reached. True for all that a gradient goes through
 * to; false for what is no ancestor at all; either for what has its influence on the roots
 * otherwise (comparisons), and once a root was rewound. Names. A name belongs to its variable and
 * lives as long; the last one given counts; the scopes of the moment stand before it. Rewinding
 * pops no scopes. Pause. While paused results are constants without ancestors; leaves are what they
 * are. Nests.
 *
 * The gradient of tad_grad and the tangent of tad_tangent are new variables. Their values are
 * checked; how they were recorded is not modelled (`opaque`), nothing is swept from them.
 *
 * Errors found: wrong() keeps the first message; the caller returns false up to test_model.c, which
 * shrinks the steps and prints them. */
#ifndef TAD_TESTS_MODEL_H
#define TAD_TESTS_MODEL_H

#include "../support.h"

enum {
    TAPES = 2,
    MOST_ELEMENTS = 9,
    MOST_OPERANDS = 3,
    MOST_NODES = 4096,
    FULL = 300, /* nodes, from which on a step rewinds or resets */
    MOST_MARKS = 12,
    MOST_SCOPES = 4,
    MOST_HANDLES = 200,
    NAME_SIZE = 100
};

/* ---- expressions ---- */

/* Up to two axes. Each element with a derivative. */
typedef struct array {
    tad_dtype dtype;
    int rank, n;
    int dim[2];
    double e[MOST_ELEMENTS], d[MOST_ELEMENTS];
} array;

typedef enum op {
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_FMA,
    OP_NEG,
    OP_SIN,
    OP_TANH,
    OP_SQUARE,
    OP_SUM,
    OP_MATMUL,
    OP_GATHER,
    OP_WHERE,
    OP_GREATER,
    OP_RESHAPE,
    OP_TRANSPOSE,
    OP_SLICE,
    OP_CAST,
    OP_MAX,
    OP_DOT_LIST,
    OP_BCE,           /* bce_with_logits of input, target, weight, summed */
    OP_CROSS_ENTROPY, /* of rows of logits and labels, summed */
    OP_COUNT
} op;

typedef struct call {
    op op;
    int n_in;
    int in[MOST_OPERANDS]; /* places of nodes; -1: the plain number */
    double number;
    int axis, start, stop; /* of sum (-1: all), gather, slice, max */
    bool keepdims;
    tad_dtype dtype;  /* of cast */
    int rank, dim[2]; /* of reshape */
} call;

extern const char *const op_names[OP_COUNT];
bool is_real(tad_dtype d);
array shaped(tad_dtype dtype, int rank, int rows, int columns); /* elements 0 */
bool same_shape(const array *a, const array *b);
tad_shape shape_of(const array *a);
/* Whether the shapes broadcast to one that fits, and to which. */
bool broadcast(const array *a, const array *b, array *out);
/* Elementwise operands, as the documentation says: arrays of the two float types do not mix, 0-d
 * operands join the others. in[k].rank < 0: a plain number. */
bool common_dtype(const array *in, int n, tad_dtype *out);
/* The outputs with their derivatives along those of the operands. BAD_INDEX for an index out of
 * range; all else must be right. */
tad_status evaluate(const call *c, const array *in, array out[2]);
/* Whether operand k can have a gradient. */
bool is_differentiable(op o, int k);
bool is_view(const call *c, tad_dtype operand);

/* ---- one tape ---- */

typedef enum kind { HIDDEN, INPUT, PARAM, CONSTANT, RESULT } kind;
typedef enum known { NO, YES, EITHER } known;
typedef enum readable {
    REFUSED, /* NO_GRADIENT */
    KNOWN,
    RELEASED, /* refused, or right */
    ABOVE     /* refused, or zero */
} readable;

typedef struct node {
    long serial;
    tad_var handle;
    kind kind;
    array value;
    call call;                 /* of a RESULT, and of a view while paused */
    array used[MOST_OPERANDS]; /* the operands as they were */
    int output;
    bool needs, retained;
    bool opaque;  /* a result whose past the model does not know */
    long born;    /* what happens is numbered in order, also changes, names, marks */
    int memory;   /* the parameter whose memory it shares; -1 */
    long changed; /* of a parameter: the last change; -1 */
    char name[NAME_SIZE];
    long named;
    readable state;
    known reached;
    bool settled; /* the gradient below was read from the library: it may not change by a bit */
    bool coarse;  /* float32 had a part in it */
    double gradient[MOST_ELEMENTS], size[MOST_ELEMENTS]; /* size: of the terms added up */
} node;

typedef struct mark {
    tad_mark mark;
    int count, tape;
    long last; /* serial of the node below; 0: none */
    long given;
} mark;

typedef struct model {
    tad_tape *tape;
    support_memory memory;
    int which, count, scopes, paused, marks;
    tad_status error;
    char scope[MOST_SCOPES][16];
    mark mark[MOST_MARKS];
    int root[3], roots; /* of the last sweep; -1: rewound */
    bool unsure;        /* a sweep was refused: whether gradients are still there is to be seen */
    node node[MOST_NODES]; /* last: those below count are set */
} model;

typedef struct handle {
    tad_var var;
    int tape, at;
    long serial;
} handle;

typedef struct world {
    uint64_t random;
    long serial, change;
    model *tape[TAPES];
    handle handle[MOST_HANDLES];
    int handles;
    bool failed, trace;
    const char *kind; /* of the failure: the format of its message */
    char message[600];
} world;

bool lives(const model *m, int at, long serial);
bool handle_lives(const world *w, const handle *h);
/* Appends hidden nodes up to the library's count; a node. */
bool add_hidden(world *w, model *m, size_t count);
node *add_node(world *w, model *m, const node *n);
void cut(model *m, int count);
bool mark_is_valid(const model *m, const mark *k);
void full_name(const model *m, const char *name, char *out);

/* ---- sweeps ---- */

typedef struct sweep {
    bool back[MOST_NODES];    /* a gradient comes here from the roots */
    bool any[MOST_NODES];     /* an ancestor of a root */
    bool between[MOST_NODES]; /* depends on an x, or no x was given */
    double adjoint[MOST_NODES][MOST_ELEMENTS], size[MOST_NODES][MOST_ELEMENTS];
    bool must_refuse, may_refuse, coarse;
    int top;
} sweep;

/* seed[k]: the cotangent of root y[k]. x: NULL for all. */
void sweep_back(const model *m, sweep *s, const int *y, const array *seed, int n, const int *x,
                int nx);
/* The tangents out[k] (in .d, their sizes in .e) of y[k] for tangents of x in .d. */
void sweep_forward(const model *m, sweep *s, const int *y, int n, const int *x,
                   const array *tangent, int nx, array *out);
/* What tad_reverse leaves at every node. */
void take_gradients(model *m, const sweep *s);
bool near(double a, double b, double size, bool coarse);

/* ---- what has happened ---- */

/* A campaign in which one of these never came has not tested it, and fails. First sweeps done, then
 * sweeps refused. */
#define EVENTS(E)                                                                                  \
    E(SWEPT), E(GRAD), E(TANGENT), E(SWEPT_STALE), E(GRAD_STALE), E(TANGENT_STALE),                \
        E(MIGHT_REFUSE), E(SWEPT_PAUSED), E(SUMS_ADDED), E(RELEASED_REFUSED), E(GRADIENTS_GONE),   \
        E(VIEW_FOLLOWED), E(VIEW_OWN), E(PAUSED_VIEW_FOLLOWED), E(DETACHED_PARAMETER),             \
        E(USED_CHANGED_VIEW), E(READ_DEAD), E(DEAD_USED), E(FOREIGN_USED), E(FAILED_AND_TRIED),    \
        E(REWOUND), E(REWIND_REFUSED), E(RESET), E(RESET_PAUSED), E(RESET_FAILED), E(RENAMED),     \
        E(NAMED_BELOW_MARK), E(NAMED_IN_SCOPES), E(REACHED), E(NOT_REACHED), E(BAD_INDEX)
#define EVENT_NAME(name) name
typedef enum event { EVENTS(EVENT_NAME), EVENT_COUNT } event;
#undef EVENT_NAME
extern long happened[EVENT_COUNT], applied[OP_COUNT];

/* ---- the driver ---- */

bool wrong(world *w, const char *format, ...) TAD_PRINTF(2, 3);
void say(const world *w, const char *format, ...) TAD_PRINTF(2, 3);
uint64_t draw(world *w);
int below(world *w, int n);
bool chance(world *w, int percent);

void keep_handle(world *w, const model *m, int at);
/* A visible node of such element types (bits) and rank (-1: any); -1: none found. */
int pick(world *w, const model *m, unsigned dtypes, int rank);
enum { REAL = 1u << TAD_F64 | 1u << TAD_F32, INDEX = 1u << TAD_I64, MASK = 1u << TAD_BOOL };
int pick_param(world *w, const model *m);
/* How to hand over a living variable: the handle it was born with, or a new one. */
tad_var var_of(world *w, model *m, int at);
void store(const array *a, void *out); /* as the library stores it */

/* A call that should have recorded `expected`, or nil while a failure sticks. exact: the value to
 * the last bit. */
bool recorded(world *w, model *m, tad_var got, const node *expected, bool exact);
/* A new variable of the model where the library has put one. */
node *shown(world *w, model *m, tad_var got, const node *like);
/* A call that should have failed so. */
bool refused(world *w, model *m, tad_status got, tad_status expected);

bool apply(world *w, model *m, call *c); /* a call that is legal, except perhaps for an index */
bool assign(world *w, model *m, int at);
bool reverse(world *w, model *m, int at);

typedef bool step(world *w, model *m);
step step_leaf, step_op, step_detach, step_assign, step_mark, step_rewind, step_reset, step_clear,
    step_name, step_push, step_pop, step_pause, step_resume, step_retain, step_zero, step_illegal,
    step_around_change;
step step_reverse, step_reverse_from, step_grad, step_tangent, step_gradient;

/* Everything is compared, or some of it. */
bool check_all(world *w, model *m);
bool check_some(world *w);
bool check_gradients(world *w, model *m);
/* The library's gradient of a living node: true and the numbers, or false when it has none now. */
bool read_gradient(world *w, model *m, int at, double *out);

#endif
