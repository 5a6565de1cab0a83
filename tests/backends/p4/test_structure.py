"""What holds of every compiled example, read off its files."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePath

import msgspec
import pytest

from backends.p4.compile import LIBRARY, compile_program
from backends.p4.manifest import FILE_NAME, Manifest, load_manifest, manifest_as_json
from backends.p4.names import KEYWORDS
from compiler.ir.states import Array, TableArray
from compiler.ir.text_parse import parse_program
from compiler.ir.types import Vector, bit_width
from compiler.passes.expansion.arrays import expanded
from compiler.pipeline import run_passes
from tests.examples.corpus import EXAMPLES, example_program

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/*.weft"))
MOST_WORD_BITS = 63  # what Thrift's signed 64 bits hold of an unsigned number
_SPAN = re.compile(r"^\s*// ([\w.]+\.weft|<std::\w+>):(\d+): (.+)$", re.MULTILINE)
_REGISTER = re.compile(r"@id\((0x[0-9a-f]+)\) register<bit<(\d+)>>\((\d+)\) (\w+);")


@cache
def files_of(name: str, *, test_header: bool = False) -> dict[PurePath, bytes]:
    return compile_program(example_program(name), test_header=test_header)


def p4_of(name: str) -> str:
    return files_of(name)[PurePath(f"{name}.p4")].decode()


def manifest_of(name: str) -> Manifest:
    return msgspec.json.decode(files_of(name)[PurePath(FILE_NAME)], type=Manifest)


@pytest.mark.parametrize("name", NAMES)
def test_every_state_of_the_source_is_in_the_manifest(name: str) -> None:
    program, manifest = parse_program(files_of(name)[PurePath("program.ir")].decode()), manifest_of(name)
    arrays = {array.name: array for array in manifest.arrays}
    tables = {table.name for table in manifest.tables}
    assert {s.name for s in program.states} == {s.name for s in run_passes(example_program(name)).states}
    for state in program.states:
        for part in expanded(state, program):
            if isinstance(part, Array):
                found = arrays[part.name]
                lanes = part.type.lanes if isinstance(part.type, Vector) else 1
                assert (found.cells, found.lanes) == (part.cells, lanes)
                assert found.width * lanes == bit_width(part.type)
            elif isinstance(part, TableArray):
                assert part.name in tables
            else:
                assert state.name in tables


@pytest.mark.parametrize("name", NAMES)
def test_registers_are_as_the_manifest_says_and_can_be_read(name: str) -> None:
    manifest = manifest_of(name)
    declared = {
        f"ingress.{register}": (int(number, 16), int(width), int(cells))
        for number, width, cells, register in _REGISTER.findall(p4_of(name))
    }
    known = {manifest.packets_seen.name}
    if manifest.digests_sent is not None:
        known.add(manifest.digests_sent.name)
    for array in manifest.arrays:
        bits = array.width
        for word in array.words:
            assert declared[word.register.name] == (
                word.register.id,
                word.high - word.low + 1,
                array.cells * array.lanes,
            )
            assert word.high == bits - 1, "words stand side by side"
            assert word.high - word.low + 1 <= MOST_WORD_BITS
            bits = word.low
            known.add(word.register.name)
        assert bits == 0, "and they are all of the value"
    assert known == set(declared)


@pytest.mark.parametrize("name", NAMES)
def test_comments_name_lines_of_the_source_as_they_are(name: str) -> None:
    found = _SPAN.findall(p4_of(name))
    own = (EXAMPLES / name / f"{name}.weft").read_text(encoding="utf-8").splitlines()
    assert any(file == f"{name}.weft" for file, _, _ in found)
    for file, number, quoted in found:
        lines = own if file == f"{name}.weft" else library(file).splitlines()
        line = " ".join(lines[int(number) - 1].split())
        assert line.startswith(quoted.removesuffix("...").rstrip(" \\"))


def library(module: str) -> str:
    """The text of `<std::net>`."""
    name = module.removeprefix("<std::").removesuffix(">")
    return (EXAMPLES.parent / "compiler" / "std" / f"{name}.weft").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_most_handlers_say_where_they_come_from(name: str) -> None:
    program = example_program(name)
    lines = {int(number) for file, number, _ in _SPAN.findall(p4_of(name)) if file == f"{name}.weft"}
    text = (EXAMPLES / name / f"{name}.weft").read_text(encoding="utf-8").splitlines()
    starts = [h.span.line for h in program.handlers] + [len(text) + 1]
    silent = [a for a, b in pairwise(starts) if not lines & set(range(a, b))]
    # A handler whose end is that of the next one shares its statements, and the comment names the other.
    assert len(silent) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_the_program_in_the_folder_is_the_program(name: str) -> None:
    again = parse_program(files_of(name)[PurePath("program.ir")].decode())
    assert again == run_passes(example_program(name), since="assign_shares")


@pytest.mark.parametrize("name", NAMES)
def test_manifests_are_read_as_they_were_written(name: str, tmp_path: Path) -> None:
    manifest = manifest_of(name)
    (tmp_path / FILE_NAME).write_bytes(manifest_as_json(manifest))
    assert load_manifest(tmp_path) == manifest
    numbers = [t.id for table in manifest.tables for t in table.copies]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_the_sources_where_p4_takes_them(name: str) -> None:
    p4, program = p4_of(name), example_program(name)
    for header in run_passes(program).headers:
        if header.name not in KEYWORDS:
            assert "struct headers_t" in p4 and re.search(rf"\b{header.name}_t {header.name};", p4), header.name
    for table in manifest_of(name).tables:
        assert re.search(rf"\btable {re.escape(table.copies[0].name.removeprefix('ingress.'))} ", p4)


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_has_what_it_includes_and_nothing_else(name: str) -> None:
    included = set(re.findall(r'#include "([^"]+)"', p4_of(name)))
    assert included <= set(LIBRARY)
    assert set(map(str, files_of(name))) == {
        *LIBRARY,
        f"{name}.p4",
        f"{name}.p4info.txtpb",
        "program.ir",
        FILE_NAME,
    }


def test_a_test_build_differs_by_its_header_alone() -> None:
    plain, timed = (
        files_of("nat", test_header=flag)[PurePath("nat.p4")].decode().splitlines() for flag in (False, True)
    )
    added = [line for line in timed if line not in plain]
    removed = [line for line in plain if line not in timed]
    assert any("hdr.test.now" in line for line in added)
    assert len(added) < 20
    assert len(removed) < 10


def test_a_place_for_a_new_entry_is_chosen_only_for_who_asks_for_one() -> None:
    """p4c takes four times the memory for conn_limiter where look-ups that only ask choose a place as well."""
    finds = re.findall(r"@hidden action places_find.*?\n    }\n", p4_of("conn_limiter"), flags=re.DOTALL)
    assert ["_slot = " in find for find in finds].count(True) == 1
    assert len(finds) == 3  # a look, a look that is a use, and one before `add`
