"""Hash calculations that the P4 leaves open, and that bmv2 is told over Thrift."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from runtime.p4runtime.errors import CalculationError


async def set_calculations(names: Sequence[str], thrift: tuple[str, int] | None) -> None:
    """Make the switch compute CRC-32C in these calculations. What they computed before cannot be asked for."""
    if names and thrift is not None:
        await asyncio.to_thread(_set_calculations, names, *thrift)


def _set_calculations(names: Sequence[str], host: str, port: int) -> None:
    from runtime.bmv2.errors import SwitchError  # noqa: PLC0415  # Thrift is an optional dependency
    from runtime.bmv2.thrift_client import SwitchClient  # noqa: PLC0415

    try:
        with SwitchClient(host, port) as switch:
            for name in names:
                # Castagnoli's, as RFC 3720, appendix B.4, and RFC 4960, appendix B, have it.
                switch.set_crc32_parameters(
                    name,
                    polynomial=0x1EDC6F41,
                    initial=0xFFFFFFFF,
                    final_xor=0xFFFFFFFF,
                    reflect_data=True,
                    reflect_remainder=True,
                )
    except SwitchError as error:
        raise CalculationError(f"CRC-32C: {error.problem}", help=error.help) from error
