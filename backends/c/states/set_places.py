"""Where keys belong in a set-associative map or index: the geometry of `compiler/meaning/sets.py` in C."""

from __future__ import annotations

from collections.abc import Sequence

from backends.c.bit_fields import pack
from backends.c.states.state_code import Part, function, parameters
from backends.c.types import is_scalar
from backends.writer import Writer
from compiler.ir.states import Index, Map
from compiler.ir.types import bit_width
from compiler.meaning.hashing import SET_MEMBER, family_multiplier


class KeyPlaces:
    """Finds the set of a key from its parts and their CRC-32."""

    def __init__(self, state: Map | Index, key: Sequence[Part], *, shares: int, name: str, salt: int) -> None:
        self._state, self._name, self._key = state, name, tuple(key)
        self._shared = tuple(key[place] for place in state.share_key) if shares > 1 else ()
        self._shares = shares if state.share_key else 1
        self._multiplier = family_multiplier(SET_MEMBER, salt)
        self.padded = 8 if state.ways <= 8 else 16  # tags that are compared at once; those over `ways` stay free

    @property
    def set_align(self) -> int:
        """Bytes: so that a set lies in one line, or in whole ones."""
        return 64 if isinstance(self._state, Map) and self._state.idle_ticks is not None else 2 * self.padded

    def write(self, out: Writer) -> None:
        """The functions that `set_of` and `share` call."""
        state, name = self._state, self._name
        if self._shared and self._shares > 1:
            small = [p for p in self._shared if is_scalar(p.type) and bit_width(p.type) <= 64]
            lines: list[str] = []
            terms = [_folded(part, lines) for part in self._shared if part not in small]
            if small:
                size = 64 if any(bit_width(p.type) > 32 for p in small) else 32
                terms.insert(0, f"weft_fold{size}_16({' ^ '.join(p.name for p in small)})")
            lines.append(f"return weft_toeplitz16({' ^ '.join(terms)}) & {self._shares - 1}u;")
            function(out, f"uint32_t {name}_share({parameters(self._shared).removeprefix(', ')})", lines)
        bits = (state.sets // self._shares).bit_length() - 1
        within = f"weft_family(crc, {self._multiplier:#x}u) >> {32 - bits}" if bits else "0"
        lines = []
        if self._shares > 1:
            lines.append(f"return {self.share()} * {state.sets // self._shares}u + ({within});")
        else:
            lines += [f"(void){part.name};" for part in self._key]
            lines.append(f"return {within};")
        if not bits:
            lines.insert(0, "(void)crc;")
        unused = [p for p in self._key if self._shares > 1 and p not in self._shared]
        lines = [*(f"(void){part.name};" for part in unused), *lines]
        function(out, f"uint32_t {name}_set_of(uint32_t crc{parameters(self._key)})", lines)

    def share(self) -> str:
        """The share of the key, of the parameters of a function."""
        if self._shares == 1:
            return "0"
        return f"{self._name}_share({', '.join(part.name for part in self._shared)})"

    def set_of(self) -> str:
        """The set of the key, of the parameters of a function and `crc`."""
        return f"{self._name}_set_of(crc{''.join(f', {part.name}' for part in self._key)})"

    def matches(self, tags: str, tag: str) -> str:
        """A bit for each way whose tag is `tag`."""
        call = f"weft_match{self.padded}({tags}, {tag})"
        return call if self._state.ways == self.padded else f"({call} & {(1 << self._state.ways) - 1:#x}u)"


def _folded(part: Part, lines: list[str]) -> str:
    """The XOR of the part's 16-bit words; `lines` takes what has to come before."""
    width = bit_width(part.type)
    if is_scalar(part.type):
        return f"weft_fold64_16((uint64_t)({part.name} >> 64) ^ (uint64_t){part.name})"
    words = (width + 15) // 16
    packed = Writer()
    pack(packed, f"{part.name}_bytes", [(part.name, part.type)], first=16 * words - width)
    lines += [f"uint8_t {part.name}_bytes[{2 * words}] = {{0}};", *packed.lines]
    return f"weft_fold_bytes({part.name}_bytes, {words})"
