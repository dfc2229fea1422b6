"""Stages that start in milliseconds: one process keeps the libraries loaded, and every stage is a fork of it.

Starting torch, numba and the rest takes a second or two, which is most of the time of a stage of a small network; a
suite of the comparison has thousands. `client.py` stands in for the command `surp`: it hands its arguments, folder,
environment and standard streams to the server of `server.py`, whose child runs them as the command would have.
Without a server the client runs the command itself.
"""
