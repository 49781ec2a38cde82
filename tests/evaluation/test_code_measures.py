"""Python and C, right and planted wrong."""

from __future__ import annotations

import inspect
import math
import random
import textwrap
import time

import pytest

from rnnbook import evaluation, ngram, text
from rnnbook.evaluation import Names

NONSENSE = "".join(random.Random(2).choices("ab \n\t()[]{}\"'#:\\=@.,;*def", k=60_000))

PYTHON = '''\
import os

LIMIT = 3


class Reader:
    """Reads
def not_this():
    """

    @property
    def size(self):
        """How many."""
        return len(self.names) + LIMIT

    def read(self, path, *rest, key=None):
        with open(os.path.join(path, *rest)) as file:
            lines = [line.strip(key) for line in file]
        try:
            first, second = lines
        except ValueError as error:
            raise KeyError(
                path, "a ) in a string"
            ) from error
        else:
            return lambda x: x + first


def last(): return Reader
END = 1
'''


# split uses cut_at, and read_text uses text_of
LATER = {evaluation.python_code: 4, ngram: 0, text: 2}


def test_statements_are_lines_joined_where_something_goes_on():
    found = list(evaluation.statements(PYTHON))
    heads = [one.code.split("\n")[0] for one in found if one.opens]
    assert heads == [
        "class Reader:", "def size(self):", "def read(self, path, *rest, key=None):",
        "with open(os.path.join(path, *rest)) as file:", "try:", "except ValueError as error:",
        "else:",
    ]  # fmt: skip
    assert all(evaluation.read_statement(one) is not None for one in found)
    assert next(one for one in found if one.code.startswith("raise")).code.count("\n") == 2
    assert [PYTHON[one.start : one.end].strip() for one in found] == [one.code for one in found]


@pytest.mark.parametrize("module", [evaluation.python_code, ngram, text])
def test_real_modules_are_python_by_every_measure(module):
    source = inspect.getsource(module)
    found = list(evaluation.statements(source))
    assert all(evaluation.read_statement(one) is not None for one in found)
    assert evaluation.python_indentation(source) == 1
    functions = evaluation.python_functions(source)
    assert functions and all(map(evaluation.parses, functions))
    names = evaluation.python_names(source, before=source)
    assert names.undefined == 0 and names.used > 50
    # without it, what is defined further down is missing
    assert evaluation.python_names(source).undefined == LATER[module]


def test_a_broken_statement_hides_no_other():
    broken = "x = (1,\ndef f(a):\n    y = = 2\n    return a\n"
    read = [evaluation.read_statement(one) is not None for one in evaluation.statements(broken)]
    assert read == [False, True, False, True]


@pytest.mark.parametrize(
    "code",
    ["elif x:", "else:", "try:", "finally:", "except (A, B) as e:", "@wraps(f)", "case [1, *x]:",
     "case = 1", "if x:  # why", "else: pass", "try: pass", "return x", "async def f():"],
)  # fmt: skip
def test_parts_of_compound_statements_are_read(code):
    (statement,) = evaluation.statements(code)
    assert evaluation.read_statement(statement) is not None


@pytest.mark.parametrize("code", ["elif:", "else x:", "except A B:", "def f(:", "x = 1:", "a b"])
def test_and_wrong_ones_are_not(code):
    (statement,) = evaluation.statements(code)
    assert evaluation.read_statement(statement) is None


def test_functions_are_whole_and_stand_at_the_margin():
    functions = evaluation.python_functions(PYTHON)
    assert [one.count("def ") for one in functions] == [1, 1, 1]
    assert all(map(evaluation.parses, functions))
    assert evaluation.python_functions("def f():\n    return 1\n") == []  # it may go on
    assert not evaluation.parses("def f(:\n") and not evaluation.parses("\0")


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("return a", 0),
        ("return b", 1),
        ("b = 1\n    return b", 0),
        ("for b in a: print(b)\n    return os.sep", 0),
        ("return [c for c in a if d]", 1),
        ("import x.y as z\n    return z, x", 1),
        ("global g\n    g = 1\n    return g", 0),
        ("def inner(k): return k, a\n    return inner", 0),
        ("(yy := 2)\n    return yy + LIMIT", 0),
        ("return later()", 1),  # defined after it
        ("b b b\n    return a", 0),  # what does not parse says nothing
    ],
)
def test_names_that_nothing_defines(body, missing):
    code = f"def f(a):\n    {body}\n\ndef later(): pass\n"
    names = evaluation.python_names(code, before="LIMIT = 1\n")
    assert names.undefined == missing
    assert names.clean == names.functions - (missing > 0)
    assert missing == 0 or 0 < names.share <= 1


def test_names_add_up():
    total = Names.of_function(4, 0) + Names.of_function(4, 2)
    assert (total.share, total.clean_share) == (0.25, 0.5)
    assert math.isnan(Names().share) and math.isnan(Names().clean_share)


@pytest.mark.parametrize(
    ("code", "rate"),
    [
        ("if a:\n    b\nc\n", 1),
        ("if a:\nb\nc\n", 0.5),  # b should be deeper
        ("a\n    b\n", 0),  # nothing opened a block
        ("if a:\n    if b:\n        c\n  d\n", 2 / 3),  # a level that is not open
        ("f(a,\n  b)\nc\n", 1),  # a line in brackets is free
        ("    a\nb\n", 1),  # the text began inside a block
    ],
)
def test_indentation(code, rate):
    assert evaluation.python_indentation(code) == pytest.approx(rate)


def test_literals_leave_their_places():
    code = 'x = "a(b" # c(\ny = """(\n)"""\n'
    bare = evaluation.without_literals(code, "python")
    assert len(bare) == len(code) and bare.count("\n") == code.count("\n")
    assert "(" not in bare and ")" not in bare and bare.startswith("x = ")
    joined = evaluation.without_literals(code, "python", newline=" ")
    assert joined.count("\n") == 2
    assert "(" not in evaluation.without_literals('a /* ( */ "(" // (\n#define B (\n', "c")


C = """\
static int counter;

static PyObject *find(PyObject *list, Py_ssize_t count, const char *name)
{
    Py_ssize_t i, *place = NULL;
    unsigned long size = sizeof(count);
    struct entry *first = list->first;
    for (int k = 0; k < count; k++) {
        if (compare(list, name, k) == size * count) goto done;
    }
    i = (Py_ssize_t)count;
done:
    return first->value + *place + i;
}
"""


def test_declared_names_of_c():
    assert len(evaluation.c_functions(C)) == 1
    names = evaluation.c_names(C)
    assert names.undefined == 0 and names.used == 8


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("i = (Py_ssize_t)count", "i = (Py_ssize_t)cuont"),
        ("Py_ssize_t i, *place", "Py_ssize_t j, *place"),
        ("const char *name", "const char *text"),
        ("first->value", "second->value"),
        ("int k = 0", "k = 0"),
    ],
)
def test_a_planted_name_of_c_is_undeclared(old, new):
    assert old in C
    assert evaluation.c_names(C.replace(old, new)).undefined == 1


def test_members_calls_labels_and_macros_are_no_variables():
    body = "    goto bad;\n    call(MACRO, a.b, p->q, __Pyx_x);\nbad:\n    return 0;\n"
    names = evaluation.c_names(f"int f(void)\n{{\n{body}}}\n")
    assert names.undefined == names.used == 2  # a and p


def test_braces_of_c():
    assert evaluation.brace_indentation(C) == 1
    assert evaluation.brace_indentation("if (a) {\nb;\n}\n") == 0.5
    assert evaluation.brace_indentation("if (a) {\n    b;\n  }\n") == 0.5
    assert math.isnan(evaluation.brace_indentation("int a;"))


@pytest.mark.parametrize(
    "code", ["", NONSENSE, "def f(:\n" * 5_000, "((((\n" * 5_000, "{\n" * 5_000 + "}\n" * 5_000,
             "int f(a)\n{\n" * 2_000, '"""', "'\\", "class A:\n" + "    def g(self):\n" * 3_000]
)  # fmt: skip
def test_nothing_crashes_or_hangs(code):
    started = time.process_time()
    for part in evaluation.statements(code):
        evaluation.read_statement(part)
    evaluation.python_functions(code)
    evaluation.python_names(code)
    evaluation.python_indentation(code)
    evaluation.c_names(code)
    evaluation.brace_indentation(code)
    assert time.process_time() - started < 60


def test_textwrap_is_no_obstacle():
    inner = textwrap.indent("def f(a):\n    return a\n\nx = 1\n", "    ")
    assert [evaluation.parses(one) for one in evaluation.python_functions(inner)] == [True]
