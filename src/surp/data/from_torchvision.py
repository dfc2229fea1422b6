"""torchvision's downloads: mirrors, retries and MD5 sums are its own; we only make them fail fast and keep quiet.

torchvision opens its connections without a timeout. So the servers are asked for a sign of life first, which also
spares a machine without network the import of torch (2-4 s), and a default timeout holds while it works.
"""

from __future__ import annotations

import contextlib
import io
import queue
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path

from surp.data.sources import SourceError

_ANSWER_SECONDS = 5.0
_STALL_SECONDS = 30.0


def download_set(class_name: str, mirrors: Sequence[str], work: Path) -> Path:
    """Folder of the IDX files of torchvision's data set class of that name."""
    require_answer(mirrors)
    with _downloading(class_name):
        from torchvision import datasets

        datasets.__dict__[class_name](work / "torchvision", download=True)
    return work / "torchvision" / class_name / "raw"


def download_file(url: str, md5: str, work: Path) -> Path:
    """One file by torchvision's downloader, which checks its MD5 sum."""
    require_answer([url])
    folder, name = work / "torchvision", url.rsplit("/", 1)[-1]
    with _downloading(name):
        from torchvision.datasets.utils import download_url

        download_url(url, folder, filename=name, md5=md5)
    return folder / name


def require_answer(urls: Sequence[str], seconds: float = _ANSWER_SECONDS) -> None:
    """Return if any of the servers answers, be it with an error status; else raise `SourceError` with the reasons.

    All are asked at once, in threads that nobody waits for: name resolution has no timeout of its own, and a
    server with several addresses would get `seconds` for each.
    """
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for url in urls:
        threading.Thread(target=lambda url=url: said.put(_refusal(url, seconds)), daemon=True).start()
    reasons = []
    end = time.monotonic() + seconds
    try:
        for _ in urls:
            reason = said.get(timeout=max(0.0, end - time.monotonic()))
            if reason is None:
                return
            reasons.append(reason)
    except queue.Empty:
        reasons.append(f"{len(urls) - len(reasons)} of {len(urls)} servers silent for {seconds:g} s")
    raise SourceError("no network or server down: " + ", ".join(sorted(reasons)))


def _refusal(url: str, seconds: float) -> str | None:
    """Why the server of `url` does not answer, or None if it does."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds):
            return None
    except urllib.error.HTTPError:
        return None
    except (OSError, HTTPException) as error:
        return f"{url.split('/')[2]}: {getattr(error, 'reason', error)}"


@contextlib.contextmanager
def _downloading(what: str) -> Iterator[None]:
    """Timeouts, silence, and torchvision's failures turned into one line."""
    print(f"downloading {what} with torchvision", file=sys.stderr, flush=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_STALL_SECONDS)
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            yield
    except ImportError as error:
        raise SourceError(f"torchvision cannot be imported: {error}") from None
    except (OSError, RuntimeError, HTTPException) as error:  # URLError is an OSError
        raise SourceError(" ".join(str(error).split()) or type(error).__name__) from None
    finally:
        socket.setdefaulttimeout(before)
