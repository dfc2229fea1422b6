"""What a source file says, whatever it looks like: its syntax tree without docstrings, comments and formatting."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

_NO_MEANING = ("kind", "type_comment")
"""Fields of the tree that tell how something was written (`u"..."`, a comment with a type)."""


def meaning(tree: ast.Module) -> str:
    """SHA-256 of what the tree does, hexadecimal; the same for all versions of Python, which differ in empty fields."""
    words: list[str] = []
    _write(tree, words)
    return hashlib.sha256("\n".join(words).encode(errors="surrogatepass")).hexdigest()


def _write(node: object, words: list[str]) -> None:
    if isinstance(node, ast.AST):
        words.append(type(node).__name__)
        for field in node._fields:
            value = getattr(node, field, None)
            if field == "body" and isinstance(value, list):
                value = [statement for statement in value if not _is_text(statement)]
            if value is not None and value != [] and field not in _NO_MEANING:
                words.append(f"{field}=")
                _write(value, words)
        words.append(")")
    elif isinstance(node, list):
        words.append("[")
        for item in node:
            _write(item, words)
        words.append("]")
    else:
        words.append(repr(node))


def _is_text(statement: ast.stmt) -> bool:
    """A docstring of a module, class, function or of the name before it: text that does nothing."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of all that is imported anywhere in the tree when it runs; of `from a import b` both `a` and `a.b`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif not _is_for_types(node):
            yield from imports(node)


def _is_for_types(node: ast.AST) -> bool:
    """Whether it is `if TYPE_CHECKING:`, which never runs."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
