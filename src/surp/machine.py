"""What computed a number, the machine and the versions: equal words mean that the same sums come out, bit for bit."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import torch

_PACKAGES = ("surp", "torch", "numpy", "numba")
_FACTS = {"model name": "", "cpu family": "family ", "model": "model "}


def machine(device: torch.device) -> str:
    """`x86_64, AMD EPYC, family 25, model 17, AVX512`, and the GPU if `device` is one.

    Libraries choose their kernels by the processor's model and by the instructions that torch is allowed to use
    (`ATEN_CPU_CAPABILITY`), and different kernels add in different orders.
    """
    words = [platform.machine(), *_processor(), torch.backends.cpu.get_cpu_capability()]
    if device.type == "cuda":
        words.append(torch.cuda.get_device_name(device))
    return ", ".join(words)


def _processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> list[str]:
    """Name, family and model of the processor, as far as the system tells them."""
    if not cpuinfo.is_file():
        return [name] if (name := platform.processor()) else []
    facts: dict[str, str] = {}
    for line in cpuinfo.read_text().splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    return [f"{word}{facts[key]}" for key, word in _FACTS.items() if key in facts]


def versions() -> str:
    """`surp 0.1.0 torch 2.14.1 ...`: what decides numbers besides the machine."""
    return " ".join(f"{name} {version(name)}" for name in _PACKAGES)
