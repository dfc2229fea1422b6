"""One subcommand a file. A stage reads whole files, calls one package function and writes whole files.

Modules here stay light (no torch, no numba at import): heavy imports stand inside the function, so that help answers
at once and a command loads only what it runs.
"""
