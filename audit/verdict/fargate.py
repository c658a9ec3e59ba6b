"""The sizes of task that Fargate takes: CPU units, and the memory in MiB that goes with each.

Source: "Troubleshoot Amazon ECS task definition invalid CPU or memory errors" in the ECS Developer Guide, as of
November 2026. A CPU above the table is taken for newer than it.
"""

from __future__ import annotations

MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}


def takes(cpu: str | None, memory: str | None) -> bool:
    """Tell whether Fargate runs a task of this size."""
    if cpu is None or memory is None or not (cpu + memory).isdecimal():
        return False
    return int(cpu) > max(MEMORY) or int(memory) in MEMORY.get(int(cpu), ())
