"""The columns of the stages that train: `pretrain`, `finetune` and `train-sparse`."""

from __future__ import annotations

from surp.records.section import Section


class PretrainColumns(Section):
    """Which dense network a model was made of. dense_val_accuracy: that of the network on its held-out images."""

    dataset: str
    model: str
    seed: int
    recipe: str = ""
    dense_val_accuracy: float | None = None


class TrainingColumns(Section):
    """All trainings of a model so far.

    restarts: how often one diverged and was begun anew. train_device, train_machine: where each was made, each once.
    """

    train_epochs: int | None = None
    seconds_train: float | None = None
    restarts: int | None = None
    train_device: str = ""
    train_machine: str = ""


class FinetuneColumns(Section):
    """Accuracies on held-out images before and after the training of this round."""

    finetune_epochs: int | None = None
    val_accuracy_pruned: float | None = None
    val_accuracy_finetuned: float | None = None
