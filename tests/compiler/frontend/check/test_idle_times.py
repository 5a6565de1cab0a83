"""Idle times fit the clock that stored times are compared by."""

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source

HALF_RANGE_NS = (1 << 31) << 20  # 32-bit ticks of 2^20 ns, compared in serial arithmetic


@pytest.mark.parametrize("kind", ["map<ip4, u8> { capacity: 4, idle: T }", "lease<u16 => u8> { range: 0..4, idle: T }"])
def test_idle_times_are_below_half_the_range(kind: str) -> None:
    def load(idle_ns: int) -> None:
        declared = kind.replace("T", f"{idle_ns}ns")
        load_source(Source("idle.weft", f"port lan; state s: {declared} on lan (_) {{ drop }}"))

    load(HALF_RANGE_NS - (1 << 20))
    with pytest.raises(CompileError) as refused:
        load(HALF_RANGE_NS)
    assert [diagnostic.code for diagnostic in refused.value.diagnostics] == ["W0501"]
