from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from surp.command_line.option_types import Device, Model, Output, Seed, Threads, Validation
from surp.command_line.options import say


def evaluate(
    weights: Annotated[list[Path], typer.Argument(help="One or more checkpoints, such as decoded ones.")],
    model: Model,
    test: Annotated[Path, typer.Option(help="Test split.")],
    output: Output,
    train: Annotated[Path | None, typer.Option(help="Training split, for the accuracy on its held-out part.")] = None,
    record: Annotated[list[Path] | None, typer.Option(help="Columns so far (JSON), one per checkpoint.")] = None,
    decoded: Annotated[list[Path] | None, typer.Option(help="What `decode --metrics` wrote, one each.")] = None,
    dense: Annotated[Path | None, typer.Option(help="Rows of the dense model, for `dense_accuracy`.")] = None,
    seed: Seed = 0,
    validation: Validation = 5000,
    device: Device = "auto",
    threads: Threads = 1,
) -> None:
    """Measure checkpoints on the test set: one row each. The only stage that is given the test file.

    Example: surp evaluate decoded.safetensors --model lenet300_100 --test test.safetensors -o metrics.json
    """
    from surp.errors import ParameterError
    from surp.evaluate.evaluator import Evaluator
    from surp.files import locked, write_json
    from surp.machine import versions
    from surp.records.evaluation import EvaluateColumns
    from surp.records.pruning import pruned_tensors
    from surp.records.section import read_record
    from surp.summary.collected import read_rows
    from surp.tensors.safetensors_file import read_state
    from surp.tensors.state import sparsity
    from surp.train.recipe import Recipe
    from surp.train.session import open_session

    for option, values in (("--record", record), ("--decoded", decoded)):
        if values and len(values) != len(weights):
            raise ParameterError(f"{len(weights)} checkpoints, but {len(values)} times {option}: give one for each")
    with locked(output):
        evaluator = Evaluator(model, test, device, threads)
        held_out = open_session(train, validation, seed, device, Recipe(threads=threads)).validation if train else None
        others: dict[str, Any] = {"dense_accuracy": read_rows([dense])[0]["accuracy"]} if dense else {}
        rows = []
        for i, path in enumerate(weights):
            known = read_record(record[i]) if record else {}
            timed = read_rows([decoded[i]])[0] if decoded else {}
            state, _ = read_state(path)
            accuracy, nll = evaluator.measure(state, str(path))
            zeros = sparsity(state, pruned_tensors(known))
            if held_out:
                others["val_accuracy"] = evaluator.measure(state, str(path), held_out)[0]
            measured = EvaluateColumns(
                accuracy=accuracy,
                nll=nll,
                sparsity=zeros,
                **others,
                versions=versions(),
                machine=evaluator.machine,
                file=str(path),
            )
            rows.append({**known, **timed, **measured.columns()})
            say(f"accuracy {accuracy:.4f}  sparsity {zeros:.4f}  {path}")
        write_json(output, rows)
