/* The model's tape: nodes, marks, names. Rests on model.h alone. */
#include "model.h"

bool lives(const model *m, int at, long serial) {
    return at < m->count && m->node[at].serial == serial;
}

bool handle_lives(const world *w, const handle *h) {
    return lives(w->tape[h->tape], h->at, h->serial);
}

node *add_node(world *w, model *m, const node *n) {
    node *added = &m->node[m->count++];
    *added = *n;
    added->serial = ++w->serial;
    added->born = ++w->change;
    added->changed = -1;
    added->state = REFUSED;
    added->reached = NO;
    added->name[0] = '\0';
    return added;
}

bool add_hidden(world *w, model *m, size_t count) {
    if (count < (size_t)m->count)
        return wrong(w, "the tape has %zu nodes, the model %d", count, m->count);
    if (count > MOST_NODES) return wrong(w, "%zu nodes are more than the model holds", count);
    while ((size_t)m->count < count) add_node(w, m, &(node){.kind = HIDDEN, .memory = -1});
    return true;
}

void cut(model *m, int count) {
    m->count = count;
    for (int k = 0; k < m->roots; k++) {
        if (m->root[k] < count) continue;
        for (int i = 0; i < count; i++)
            if (m->node[i].reached == YES) m->node[i].reached = EITHER;
        m->root[k] = -1;
    }
}

bool mark_is_valid(const model *m, const mark *k) {
    return k->tape == m->which && (k->count == 0 || lives(m, k->count - 1, k->last));
}

void full_name(const model *m, const char *name, char *out) {
    out[0] = '\0';
    for (int k = 0; k < m->scopes; k++) {
        strcat(out, m->scope[k]);
        strcat(out, "/");
    }
    strcat(out, name);
}
