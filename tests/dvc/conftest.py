"""A git repository with the project, a tiny suite and DVC, as a user would have it; and clones of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
import yaml

from surp.provenance.builds import kept

TOP = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PARTS = ("Snakefile", "workflow", "profiles", "src", "results/README.md", ".gitignore")
PARTS_OF_DVC = ("dvc.yaml", ".dvcignore", ".dvc/config", ".dvc/.gitignore")
FIGURES = ("accuracy_vs_sparsity", "paired_differences", "weight_histogram")
# One model, one round, one quantizer: enough that every stage has something to do and something to leave alone.
TINY = {
    "suite": "tiny",
    "data": {"root": None, "validation": 100},
    "datasets": {"pictures": {"kind": "image_folder", "path": "pictures", "channels": 1}},
    "recipes": {"tiny": {"epochs": 2, "batch_size": 32, "learning_rate": 0.05}},
    "finetune": {"tiny": {"epochs": 1, "batch_size": 32, "learning_rate": 0.02}},
    "methods": {"surp": {"alpha": 10}, "global_magnitude": {"scale": "norm"}},
    "schedules": {"tiny": {"kind": "iterative", "sparsities": [0.8]}},
    "quantizers": {"uniform": {"step_rel": 0.35}},
    "coders": {"adaptive": {}},
    "suites": {
        "tiny": {
            "datasets": ["pictures"],
            "models": ["lenet300_100"],
            "seeds": [0],
            "recipe": "tiny",
            "methods": ["surp", "global_magnitude"],
            "schedules": ["tiny"],
            "finetune": "tiny",
            "quantizers": ["uniform"],
        },
    },
}
# A second suite that needs no other training than the dense one, and that has fewer figures: it compares nothing.
TINY["suites"]["other"] = TINY["suites"]["tiny"] | {"methods": ["surp"], "finetune": "none"}
TINY["finetune"]["none"] = {"epochs": 0}
IDENTITY = {
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "test"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "test@localhost"),
}


@dataclass(frozen=True)
class Repository:
    """A working tree. `root` holds the pictures; a clone that must not read them has a folder without any."""

    folder: Path
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": "src", "SURP_DATA": str(self.root)}
        keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "DVC_NO_ANALYTICS": "true"}
        return {**os.environ, **IDENTITY, **own, **keys}

    def run(self, *command: str) -> str:
        """Standard output and error of a command that must succeed."""
        run = self.tried(*command)
        assert run.returncode == 0, f"{' '.join(command)}\n{run.stdout}"
        return run.stdout

    def tried(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def dvc(self, *arguments: str) -> str:
        return self.run("dvc", *arguments)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A command in the background, in a process group of its own."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def clone(self, folder: Path, root: Path) -> Repository:
        self.git("clone", "--quiet", ".", str(folder))
        shutil.copytree(self.folder / "src", folder / "src", dirs_exist_ok=True)  # the same, and compiled kernels
        return Repository(folder, root)

    def set(self, section: str, name: str, values: dict[str, object]) -> None:
        file = self.folder / "params.yaml"
        parameters = yaml.safe_load(file.read_text())
        parameters[section][name] = values
        file.write_text(yaml.safe_dump(parameters, sort_keys=False))

    def contents(self, pattern: str) -> dict[str, bytes]:
        """Bytes of the files below `results` that match."""
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in self._files(pattern)}

    def written(self, pattern: str) -> dict[str, int]:
        """When the same files were written."""
        return {str(file.relative_to(self.folder)): file.stat().st_mtime_ns for file in self._files(pattern)}

    def _files(self, pattern: str) -> list[Path]:
        return sorted(file for file in (self.folder / "results").glob(pattern) if file.is_file())

    def kept(self) -> dict[str, bytes]:
        """Bytes of the files of the suite that DVC keeps."""
        return only_kept(self.contents("tiny/**/*"))

    def pending(self) -> set[str]:
        """The rules that `snakemake all` would run."""
        said = self.run("snakemake", "--dry-run", "all")
        table = said.rpartition("Job stats:")[2].splitlines() if "Job stats:" in said else []
        rows = (line.split() for line in table)
        return {row[0] for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"}


def only_kept(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Of the files of the suite those that DVC keeps."""
    return {
        path: content
        for path, content in contents.items()
        if path.startswith("results/tiny/") and kept(PurePosixPath(path))
    }


@pytest.fixture(scope="session")
def fresh_repository(picture_root: Path, tmp_path_factory: pytest.TempPathFactory):
    """A function that makes a new repository, with nothing built."""

    def make() -> Repository:
        """Draws two of the figures only: one that every change reaches and one of the dense network."""
        folder = tmp_path_factory.mktemp("repository")
        for part in (*PARTS, *PARTS_OF_DVC):
            source, target = TOP / part, folder / part
            target.parent.mkdir(exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, target)
        for figure in (folder / "src/surp/figures/plots").glob("[a-z]*.py"):
            if figure.stem not in FIGURES:
                figure.unlink()
        (folder / "workflow/dvc.lock").unlink(missing_ok=True)
        (folder / "params.yaml").write_text(yaml.safe_dump(TINY, sort_keys=False))
        repository = Repository(folder, picture_root)
        repository.git("init", "--quiet")
        repository.commit("nothing built")
        return repository

    return make


@dataclass(frozen=True)
class History:
    """A repository with two built and committed versions, tags `one` and `two`, and what was seen on the way.

    idle, changed: what `dvc repro` said when nothing, and when `methods.surp.alpha`, had changed.
    one, two: contents of all results; written_one, written_two: when each of them was written. kept_one, kept_two: of
    the suite what DVC keeps.
    """

    repository: Repository
    idle: str
    changed: str
    one: dict[str, bytes]
    two: dict[str, bytes]
    written_one: dict[str, int]
    written_two: dict[str, int]

    @property
    def kept_one(self) -> dict[str, bytes]:
        return only_kept(self.one)

    @property
    def kept_two(self) -> dict[str, bytes]:
        return only_kept(self.two)


@pytest.fixture(scope="session")
def history(fresh_repository) -> History:
    repository = fresh_repository()
    repository.dvc("repro")
    repository.commit("one")
    repository.git("tag", "one")
    one, written_one = repository.contents("**/*"), repository.written("**/*")
    idle = repository.dvc("repro")
    repository.set("methods", "surp", {"alpha": 12})
    changed = repository.dvc("repro")
    repository.commit("two")
    repository.git("tag", "two")
    two, written_two = repository.contents("**/*"), repository.written("**/*")
    return History(repository, idle, changed, one, two, written_one, written_two)


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root without data: what needs the data set has to come from DVC."""
    return tmp_path_factory.mktemp("nowhere")
