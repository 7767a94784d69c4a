"""The examples of the reference: paragraphs of the programs tests/reference/HEADER.c and HEADER_PART.c.

A function of a tape alone is a list of examples: paragraphs, that is lines between empty ones, or blocks, where
one has variables of its own. The first paragraph, unless it is a block, declares what they are given. A paragraph
is the example of those functions of its header that its statements call first, or else call at all; the first
such paragraph counts. Where there is none, it is a statement of a first one, or another function, as a hook of an
op. What an example uses stands before it: statements of the first paragraph, and what the file defines, which a
page shows once. A check is shown as what it says: IS(tad_item(x), 3); becomes tad_item(x); /* 3 */ and
OK(tad_reverse(y)); becomes tad_reverse(y); All but the last paragraph of a function, which cleans up, have one.
"""
import re

WIDTH = 100
EXAMPLES = re.compile(r"static void \w+\(tad_tape \*t\) \{\n(.*)\n\}", re.S)
FUNCTION = re.compile(r"[^;{}()]*\([^{}]*\) \{\n(.*)\n\}", re.S)


def plain(text):
    """Comments and strings blanked, in the same places."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def depth(text, opening="({[", closing=")}]"):
    code = plain(text)
    return sum(code.count(c) for c in opening) - sum(code.count(c) for c in closing)


def paragraphs(text):
    """What stands between empty lines that are in no brackets."""
    found = []
    for part in re.split(r"\n[ \t]*\n", text.strip("\n")):
        if found and depth(found[-1]) > 0:
            found[-1] += "\n\n" + part
        else:
            found.append(part)
    return found


def dedented(text):
    return "\n".join(line.removeprefix("    ") for line in text.split("\n"))


def statements(text):
    """Split behind each ; { and } that ends a line and is in no parentheses."""
    start = 0
    for end in (m.end() for m in re.finditer(r"(?:[;}]|(?<!= )\{) *$", plain(text), re.M)):
        if depth(text[start:end], "([", ")]") == 0:
            yield text[start:end].strip()
            start = end


def declares(statement):
    """The names that a declaration declares: "const tad_var x = f(a, b), *y;" has x and y."""
    code = re.sub(r"\s+", " ", plain(statement)).strip(" ;{")
    while re.search(r"[(\[{][^()\[\]{}]*[)\]}]", code):
        code = re.sub(r"[(\[{][^()\[\]{}]*[)\]}]", "", code)
    pieces = [piece.split("=")[0].replace("*", " ").split() for piece in code.split(",")]
    return [p[-1] for p in pieces] if all(pieces) and len(pieces[0]) > 1 and pieces[0][0] != "return" else []


def words(text):
    return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", plain(text)))


def defined(chunk):
    """The names that a definition of a file, or several that stand together, defines."""
    head = plain(chunk).split("{")[0]
    return set(re.findall(r"(\w+)\(", head)[:1] or re.findall(r"^static [^=;(){]*?(\w+)(?:\[\w*\])* = ", chunk, re.M)
               + re.findall(r"^\} (\w+);", chunk, re.M) + re.findall(r"^enum \{ (\w+)", chunk, re.M))


class Paragraph:
    def __init__(self, text, given=(), of=()):
        self.text, self.given, self.of = text, given, of
        self.calls = [re.findall(r"\b(tad_\w+)\b", plain(s)) for s in statements(text)]


class Program:
    """A file of examples."""

    def __init__(self, path):
        chunks = [c for c in paragraphs(path.read_text(encoding="utf-8"))
                  if not re.match(r"#include|EXAMPLES\(|/\*(?!.*\*/\n)", c)]
        self.path, self.wrong, self.examples, self.hooks, self.definitions = path, [], [], [], []
        for chunk in chunks:
            body = EXAMPLES.search(chunk)
            hook = FUNCTION.search(chunk)
            if body:
                self.read(body[1])
                continue
            self.definitions.append(chunk)
            self.hooks += [Paragraph(dedented(p), of=defined(chunk)) for p in paragraphs(hook[1])] if hook else []

    def read(self, body):
        parts = paragraphs(dedented(body))
        given = [] if parts[0].startswith("{") else list(statements(parts[0]))
        own = [dedented(p[1:-1].strip("\n")) if p.startswith("{") else p for p in parts]
        taken = [{n for s in statements(p) for n in declares(s)} for p in parts]
        self.hooks += [Paragraph(s, given[:i]) for i, s in enumerate(given)]
        for i, part in enumerate(own):
            if given and i == 0:
                continue
            others = {n for k, names in enumerate(taken) if k != i and not parts[k].startswith("{") and (k or not given)
                      for n in names}
            if words(part) & others - taken[i]:
                self.wrong.append(f"{self.path.name}: {words(part) & others - taken[i]} of another example:\n{part}")
            if not re.search(r"\b(?:IS|OK)\(", part) and i + 1 < len(own):
                self.wrong.append(f"{self.path.name}: nothing is checked:\n{part}")
            self.examples.append(Paragraph(part, given))

    def before(self, paragraph):
        """What it uses: definitions, and of what it is given declarations, and calls about these."""
        chosen, size = {}, -1
        while len(chosen) != size:
            size = len(chosen)
            needed = words("\n".join([paragraph.text, *chosen.values()]))
            known = {n for s in chosen.values() for n in declares(s)}
            chosen |= {i: s for i, s in enumerate(paragraph.given)
                       if needed & set(declares(s)) or (not declares(s) and words(s) & known)}
        above, needed = [], words("\n".join([paragraph.text, *chosen.values()]))
        for chunk in reversed(self.definitions):
            if needed & defined(chunk):
                above.insert(0, chunk)
                needed |= words(chunk)
        return above, [chosen[i] for i in sorted(chosen)]


def as_said(kind, inner):
    """The call of a check, and the comment that says what it gives."""
    inner = re.sub(r"\s*\n\s*", " ", inner)
    if kind == "OK":
        return inner, ""
    cut = max(m.start() for m in re.finditer(",", plain(inner)) if depth(inner[:m.start()]) == 0)
    value = re.sub(r'"\s*"', "", inner[cut + 1:].strip())
    if value.startswith('"'):
        value = value[1:-1].replace('\\"', '"').replace("\\n", "\n").strip("\n") or '""'
    return inner[:cut], value


def shown(text):
    """Checks as what they say; a comment behind one goes on with it."""
    out, at = "", 0
    for found in re.finditer(r"\b(IS|OK)\(", plain(text)):
        end = found.end()
        while depth(text[found.start():end]) > 0:
            end += 1
        call, value = as_said(found[1], text[found.end():end - 1])
        more = re.compile(r"; /\* (.*?) \*/").match(text, end)
        comment = ": ".join(c for c in (value, more and more[1]) if c)
        out += text[at:found.start()] + call + ";"
        room = WIDTH - len(out.split("\n")[-1])
        out += (f" /* {comment} */" if len(comment) + 7 <= room or "\n" in comment else f"\n/* {comment} */") if comment else ""
        at = more.end() if more else end + 1
    return out + text[at:]


def pieces(names, chosen, known):
    """Paragraphs of one entry as pieces of C: those of one line are one piece, what they share stands once, and
    definitions only where they are not known yet, or call what is shown."""
    lines = [c for c in chosen if "\n" not in c[1].text]
    for together in ([lines] if lines else []) + [[c] for c in chosen if c not in lines]:
        above, given = [], []
        for program, paragraph in together:
            definitions, taken = program.before(paragraph)
            above += [d for d in definitions if d not in above and (d not in known or words(d) & set(names))]
            given += [s for s in taken if s not in given]
        known += above
        yield "\n\n".join(map(shown, above + ["\n".join(given + [p.text for _, p in together if p.text not in given])]))


class Examples:
    """Those of a header."""

    def __init__(self, folder, header):
        stem = header.removesuffix(".h")
        self.programs = [Program(p) for p in sorted(folder.glob("*.c")) if re.fullmatch(rf"{stem}(?:_\w+)?", p.stem)]
        self.wrong = [w for p in self.programs for w in p.wrong]
        self.known = []  # definitions that were shown

    def find(self, name, functions):
        """The first paragraph with a statement that calls it first; else one that calls it at all."""
        for which, most in (("examples", 1), ("examples", None), ("hooks", 1), ("hooks", None)):
            for program in self.programs:
                for paragraph in getattr(program, which):
                    if any(name in [c for c in calls if c in functions][:most] for calls in paragraph.calls):
                        users = (e for e in program.examples if words(e.text) & set(paragraph.of))
                        return program, next(users, paragraph)
        return None

    def of(self, names, functions):
        """The examples of the functions of an entry, in pieces; a function that has none is wrong."""
        found = []
        for name in names:
            example = self.find(name, functions)
            if example is None:
                self.wrong.append(f"{name} has no example in tests/reference")
            elif example not in found:
                found.append(example)
        return list(pieces(names, found, self.known))
