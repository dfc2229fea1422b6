"""`python -I -S client.py SOCKET ARGUMENTS...`: what `surp ARGUMENTS...` does, by a fork of the server at SOCKET.

Where nobody listens there, or where the job has more than one thread (the server's libraries are loaded for one), it
becomes the command itself. Imports nothing of surp and little else: it is there to start quickly.
"""

import json
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(path: str, words: list[str]) -> None:
    if os.environ.get("OMP_NUM_THREADS", "1") != "1":
        run_plain(words)
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
    except OSError:
        run_plain(words)
    for number in FORWARDED:
        signal.signal(number, lambda number, frame: connection.send(bytes([number])))
    folder = os.getcwd()  # noqa: PTH109 (pathlib takes long to import)
    request = json.dumps({"words": words, "folder": folder, "environment": dict(os.environ)}).encode()
    socket.send_fds(connection, [len(request).to_bytes(4, "little")], [0, 1, 2])
    connection.sendall(request)
    end(connection.recv(4))


def run_plain(words: list[str]) -> None:
    os.execvp("surp", ["surp", *words])


def end(status: bytes) -> None:
    """Exit as the stage did: with its code, or by the signal that ended it."""
    if len(status) < 4:
        sys.exit("surp: error: the fork server ended before the stage did")
    code = int.from_bytes(status, "little", signed=True)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
