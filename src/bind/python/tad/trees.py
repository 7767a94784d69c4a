"""Tuples, lists and dictionaries of values, nested as one likes; anything else is a leaf, and None is
nothing."""

__all__ = ["flatten", "unflatten"]


class _Leaf:
    """Where a leaf was."""


LEAF = _Leaf()


def flatten(tree):
    """(leaves, what they were part of)."""
    if tree is None:
        return [], None
    if type(tree) in (tuple, list):
        parts = [flatten(part) for part in tree]
        return [leaf for leaves, _ in parts for leaf in leaves], type(tree)(form for _, form in parts)
    if type(tree) is dict:
        parts = {key: flatten(part) for key, part in tree.items()}
        return ([leaf for leaves, _ in parts.values() for leaf in leaves],
                {key: form for key, (_, form) in parts.items()})
    return [tree], LEAF


def unflatten(form, leaves):
    """The tree again, with other leaves."""
    def build(form):
        if form is LEAF:
            return next(rest)
        if type(form) in (tuple, list):
            return type(form)([build(part) for part in form])
        if type(form) is dict:
            return {key: build(part) for key, part in form.items()}
        return form
    rest = iter(leaves)
    return build(form)
