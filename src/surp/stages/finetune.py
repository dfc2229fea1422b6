from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surp.command_line.option_types import Device, Metrics, Model, Output, Record, Seed, Settings, Validation
from surp.command_line.options import parse_settings, refuse, refuse_without, say


def finetune(
    weights: Annotated[Path, typer.Argument(help="Pruned weights; their zeros stay zero.")],
    train: Annotated[Path, typer.Option(help="Training split, as written by `surp data`.")],
    model: Model,
    output: Output,
    settings: Settings = None,
    teacher: Annotated[Path | None, typer.Option(help="Dense weights to distil from.")] = None,
    seed: Seed = 0,
    validation: Validation = 5000,
    device: Device = "auto",
    record: Record = None,
    metrics: Metrics = None,
) -> None:
    """Train the survivors of a pruned network; zeros of the pruned tensors stay zeros. Resumes after a kill.

    Example: surp finetune pruned.safetensors --train train.safetensors --model lenet300_100 -o tuned.safetensors
    """
    refuse_without(metrics, record=record)
    from surp import files
    from surp.errors import ParameterError
    from surp.models import set_state
    from surp.records.section import read_record, write_record
    from surp.records.training import FinetuneColumns, TrainingColumns
    from surp.tensors.safetensors_file import read_state
    from surp.train.accuracy import score
    from surp.train.distillation import Teacher
    from surp.train.loop import Trainer
    from surp.train.masks import zero_masks
    from surp.train.recipe import Finetune, Recipe
    from surp.train.record import training_columns
    from surp.train.restart import trained_weights
    from surp.train.session import open_network, open_session

    parameters = Finetune.parse(parse_settings(settings), "finetune")
    if parameters.distillation > 0 and teacher is None:
        raise ParameterError("finetune.distillation: needs --teacher WEIGHTS, the dense model to distil from")
    if parameters.distillation == 0:
        refuse("nothing is distilled from it at distillation 0", teacher=teacher)
    state, _ = read_state(weights)

    def begin(recipe: Recipe, checkpoint: Path) -> Trainer:
        session = open_session(train, validation, seed, device, recipe)
        network = open_network(model, session.info, session.device, weights)
        dense = open_network(model, session.info, session.device, teacher).eval() if teacher else None
        identity = f"{files.digest(weights)} {files.digest(teacher) if teacher else ''}"
        masks = zero_masks(state, session.device)
        taught = Teacher(dense, parameters.distillation, parameters.temperature) if dense else None
        return Trainer(session, network, recipe, checkpoint, identity, masks, taught)

    with trained_weights(begin, parameters, output) as (trained, trainer):
        set_state(trainer.model, state, str(weights))
        before, _ = score(trainer.model, trainer.validation)
        if metrics:
            earlier = read_record(record)
            accuracies = FinetuneColumns(
                finetune_epochs=parameters.epochs, val_accuracy_pruned=before, val_accuracy_finetuned=trained.accuracy
            )
            trainings = TrainingColumns.of(earlier)
            training = training_columns(trainings, parameters.epochs, trained, trainer.batches.device)
            write_record(metrics, earlier, accuracies, training)
    say(f"validation accuracy {before:.4f} -> {trained.accuracy:.4f}, {trained.seconds:.1f} s of training -> {output}")
