"""Sources in order: the first whole one serves, damage is reported, and one error lists every reason."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import socket
import stat
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from surp.data import apt, from_torchvision
from surp.data.idx import pack
from surp.data.idx_set import FILES, IdxSet, load_set
from surp.data.sources import SourceError
from surp.errors import DataError


def contents(seed: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    images = [rng.integers(0, 256, (n, 4, 4), dtype=np.uint8) for n in (6, 3)]
    labels = [rng.integers(0, 2, n, dtype=np.uint8) for n in (6, 3)]
    return [pack(array) for array in (images[0], labels[0], images[1], labels[1])]


def put(folder: Path, files: list[bytes], suffix: str = "", compress: Callable[[bytes], bytes] = bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for stem, content in zip(FILES, files, strict=True):
        (folder / f"{stem}{suffix}").write_bytes(compress(content))
    return folder


def no_network(work: Path) -> Path:
    raise SourceError("no network here")


def make_set(system: Path | None = None, **downloads: Callable[[Path], Path]) -> IdxSet:
    known = {
        name: tuple(hashlib.sha256(c).hexdigest() for c in contents(i)) for i, name in enumerate(("first", "second"))
    }
    return IdxSet(
        name="toy",
        title="Toys",
        classes=("a", "b"),
        checksums=known,  # type: ignore[arg-type]
        folders=("toy", "Toy/raw"),
        system=(system,) if system else (),
        downloads=tuple(downloads.items()),
    )


@pytest.mark.parametrize("folder", ["toy", "Toy/raw", "."])
@pytest.mark.parametrize(("suffix", "compress"), [("", bytes), (".gz", gzip.compress)])
def test_the_data_root_serves_every_usual_arrangement(
    tmp_path: Path, folder: str, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    put(tmp_path / folder, contents(0), suffix, compress)
    dataset = load_set(make_set(), tmp_path, tmp_path)
    assert dataset.train.images.shape == (6, 1, 4, 4)
    assert dataset.test.labels.shape == (3,)
    assert (dataset.source, dataset.origin) == ("first", "data root")


def test_the_source_tells_which_variant_it_was(tmp_path: Path) -> None:
    put(tmp_path / "toy", contents(1))
    assert load_set(make_set(), tmp_path, tmp_path).source == "second"


def test_sources_are_tried_in_order(tmp_path: Path) -> None:
    system = put(tmp_path / "system", contents(0))
    assert load_set(make_set(system, download=no_network), None, tmp_path).origin.endswith("system folder")
    fetched = make_set(tmp_path / "none", broken=no_network, download=lambda work: put(work / "got", contents(0)))
    assert load_set(fetched, tmp_path / "system", tmp_path).origin.endswith("data root")
    assert load_set(fetched, None, tmp_path).origin.endswith("download")


def test_one_error_lists_every_source_and_why_it_failed(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_set(make_set(tmp_path / "system", mirror=no_network, package=no_network), tmp_path, tmp_path)
    message = str(caught.value)
    for part in (
        "toy: no usable source",
        f"(1) data root: {tmp_path} has none of toy, Toy/raw",
        f"(2) system folder: nothing in {tmp_path / 'system'}",
        "(3) mirror: no network here",
        "(4) package: no network here",
    ):
        assert part in message
    assert "\n" not in message


def test_a_data_root_that_is_not_given_is_one_of_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data root: none given .*SURP_DATA"):
        load_set(make_set(), None, tmp_path)


def damage(folder: Path, how: str) -> None:
    path = folder / FILES[0]
    content = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[:-5])
    else:
        content[-1] ^= 1
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("missing", "lacks train-images"),
        ("truncated", "but 91 follow"),
        ("altered", "wrong checksum: .* known: .*first"),
    ],
)
def test_damage_is_reported_and_the_next_source_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str, reason: str
) -> None:
    damage(put(tmp_path / "toy", contents(0)), how)
    system = put(tmp_path / "system", contents(0))
    assert load_set(make_set(system), tmp_path, tmp_path).origin.endswith("system folder")
    warning = capsys.readouterr().err
    assert warning.startswith("warning: toy: data root not usable: ")
    assert warning.count("\n") == 1
    with pytest.raises(DataError, match=f"data root: .*{reason}"):
        load_set(make_set(), tmp_path, tmp_path)


def test_a_data_root_that_is_no_folder_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    system = put(tmp_path / "system", contents(0))
    load_set(make_set(system), tmp_path / "typo", tmp_path)
    assert "typo is not a folder" in capsys.readouterr().err


def test_files_of_different_variants_are_refused(tmp_path: Path) -> None:
    first, second = contents(0), contents(1)
    put(tmp_path / "toy", [first[0], second[1], first[2], first[3]])
    with pytest.raises(DataError, match=r"different variants.*train-labels-idx1-ubyte is second"):
        load_set(make_set(), tmp_path, tmp_path)


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers every request with 501, and keeps its log to itself."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """A web server on this machine."""
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/x"
        running.shutdown()


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/x"


def test_an_error_status_counts_as_an_answer(server: str) -> None:
    from_torchvision.require_answer([closed_port(), server])


def test_a_closed_port_is_no_answer() -> None:
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:\d+: .*refused"):
        from_torchvision.require_answer([closed_port()])


def test_silence_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/x"
        with pytest.raises(SourceError, match=r"silent for 0\.1 s|timed out"):
            from_torchvision.require_answer([url], seconds=0.1)


def fake_torchvision(monkeypatch: pytest.MonkeyPatch, failure: Exception | None) -> None:
    def toy(root: Path, download: bool) -> None:
        assert download
        assert socket.getdefaulttimeout() is not None
        print("torchvision chatters")
        if failure:
            raise failure
        put(Path(root) / "Toy" / "raw", contents(0))

    module = types.ModuleType("torchvision")
    module.datasets = types.SimpleNamespace(Toy=toy)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", module)


def test_torchvision_is_quiet_and_leaves_no_timeout_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_torchvision(monkeypatch, None)
    toy = make_set(torchvision=lambda work: from_torchvision.download_set("Toy", [server], work))
    assert load_set(toy, None, tmp_path).origin.endswith("torchvision")
    assert socket.getdefaulttimeout() is None
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "downloading Toy with torchvision\n")


@pytest.mark.parametrize("failure", [RuntimeError("Error\ndownloading"), TimeoutError("slow"), ImportError("absent")])
def test_what_torchvision_raises_becomes_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, failure: Exception
) -> None:
    fake_torchvision(monkeypatch, failure)
    with pytest.raises(SourceError) as caught:
        from_torchvision.download_set("Toy", [server], tmp_path)
    assert " ".join(str(failure).split()) in str(caught.value)
    assert "\n" not in str(caught.value)


def fake_programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    for name, script in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_package_is_downloaded_and_unpacked_in_the_work_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "store", contents(0), ".gz", gzip.compress)
    fake_programs(
        tmp_path,
        monkeypatch,
        apt_get='for last; do :; done; [ "$last" = update ] || : > "${last}_1_all.deb"',
        dpkg_deb=f'[ "$1" = -x ] && mkdir -p "$3/usr" && cp -r "{tmp_path}/store" "$3/usr/toy"',
    )
    work = tmp_path / "work"
    toy = make_set(apt=lambda work: apt.download("dataset-toy", "/usr/toy", work))
    assert load_set(toy, None, work).origin.endswith("apt")
    assert (work / "apt" / "dataset-toy_1_all.deb").is_file()


def test_what_apt_complains_of_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        'for last; do :; done; [ "$last" = update ] && echo "W: Failed to fetch" || { echo "E: Unable"; exit 100; }'
    )
    fake_programs(tmp_path, monkeypatch, apt_get=script, dpkg_deb="exit 1")
    with pytest.raises(SourceError, match="exit status 100: E: Unable / W: Failed to fetch"):
        apt.download("dataset-toy", "/usr/toy", tmp_path)


def test_a_system_without_apt_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="no program apt-get"):
        apt.download("dataset-toy", "/usr/toy", tmp_path)
