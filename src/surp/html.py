"""The one way that pages are made: a template beside the code that fills it."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def template(package: str, name: str) -> Template:
    """File `name` of a package's folder. What is no `Markup` is escaped, and a name that is not given is an error."""
    loader = PackageLoader(package, "")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template(name)
