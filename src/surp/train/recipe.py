"""How a network is trained: the parameters of `pretrain` and `finetune`. No torch here: the workflow reads it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from surp.parameters import Frozen, ReadUnless, SeenWith, Unseen


class Recipe(Frozen):
    """SGD with momentum and a one-cycle learning rate (Smith and Topin, 2018).

    learning_rate: the peak. warmup: fraction of the steps before the peak. precision: of the forward pass; bfloat16
    pays on GPUs and on deep convolutional nets (2x for ResNet-20 on two cores); on the LeNets only where the CPU
    multiplies it in hardware (0.6 of the time of LeNet-5 with AMX). restarts: how often a training that diverges is
    begun anew, each time with half the learning rate. threads: CPU threads; a part of the recipe, since sums in another
    order end in other weights.
    """

    epochs: int = Field(default=15, ge=0, le=10_000)
    batch_size: int = Field(default=128, ge=1)
    learning_rate: float = Field(default=0.1, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    nesterov: Annotated[bool, ReadUnless("momentum", 0)] = True
    weight_decay: float = Field(default=5e-4, ge=0)
    warmup: float = Field(default=0.2, gt=0, lt=1)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    precision: Literal["float32", "bfloat16"] = "float32"
    augment: Literal["none", "flip_crop"] = "none"
    restarts: Annotated[int, SeenWith("learning_rate", 1e11)] = Field(default=2, ge=0, le=10)
    threads: Annotated[int, Unseen("the order of sums changes the last bits, if they are of many numbers")] = Field(
        default=1, ge=1
    )


class Finetune(Recipe):
    """A recipe with a teacher.

    distillation: share of the loss taken by the dense network's soft targets, at `temperature` (Hinton et al., 2015).
    """

    distillation: float = Field(default=0.0, ge=0, le=1)
    temperature: Annotated[float, ReadUnless("distillation", 0)] = Field(default=4.0, gt=0)
