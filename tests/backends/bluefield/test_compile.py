"""The files of an application, without DPDK: what is in them, and that they fit each other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePath

import msgspec
import pytest

from backends.bluefield.block_layout import block_of
from backends.bluefield.compile import SOURCE, compile_application
from backends.bluefield.manifest import FILE_NAME, FORMAT, Manifest, ManifestError, load_manifest
from backends.bluefield.text_literal import text_literal
from backends.output_folder import write_files
from sim.native import find_compiler
from tests.differential.cases import random_case
from tests.differential.test_corpus import NAMES
from tests.examples.corpus import example_program


@pytest.mark.parametrize("name", NAMES)
def test_the_same_program_gives_the_same_bytes(name: str) -> None:
    first, second = (compile_application(example_program(name)) for _ in range(2))
    assert first.files == second.files


@pytest.mark.parametrize("name", NAMES)
def test_the_manifest_tells_the_whole_layout(name: str) -> None:
    application = compile_application(example_program(name))
    read = msgspec.json.decode(application.files[PurePath(FILE_NAME)], type=Manifest)
    assert read == application.manifest
    block, expected = block_of(read), application.datapath.block
    assert block.size == expected.size
    for place, wanted in zip(block.places, expected.places, strict=True):
        found = (place.name, place.offset, place.region.size, place.region.state, place.region.role)
        assert found == (wanted.name, wanted.offset, wanted.region.size, wanted.region.state, wanted.region.role)


def test_a_layout_that_contradicts_itself_is_told() -> None:
    manifest = compile_application(example_program("acl")).manifest
    moved = msgspec.structs.replace(manifest.regions[1], offset=manifest.regions[1].offset + 64)
    regions = (manifest.regions[0], moved, *manifest.regions[2:])
    with pytest.raises(ValueError, match="do not stand where"):
        block_of(msgspec.structs.replace(manifest, regions=regions))


def test_another_layout_is_another_build() -> None:
    acl, test_build = (compile_application(example_program("acl"), test_header=test) for test in (False, True))
    nat = compile_application(example_program("nat"))
    assert len({acl.manifest.build, test_build.manifest.build, nat.manifest.build}) == 3
    assert f'.build = "{acl.manifest.build}"' in acl.files[SOURCE].decode()


def test_meson_builds_every_source_and_no_other() -> None:
    files = compile_application(example_program("nat")).files
    listed = re.findall(r"^  '([^']+\.c)',$", files[PurePath("meson.build")].decode(), re.MULTILINE)
    assert sorted(listed) == sorted(str(path) for path in files if path.suffix == ".c")


def test_the_manifest_names_all_files_of_the_folder() -> None:
    application = compile_application(example_program("nat"))
    assert {*application.manifest.files, FILE_NAME} == {str(path) for path in application.files}


def test_whose_copy_of_a_state_counts() -> None:
    def owners(name: str) -> dict[str, tuple[str, str | None]]:
        states = compile_application(example_program(name)).manifest.states
        return {state.name: (state.owner, state.operator) for state in states}

    assert owners("nat") == {"sessions": ("share", None), "by_flow": ("share", None)}
    assert owners("acl") == {
        "rules": ("constant", None),
        "matched": ("merge", "add"),
        "unmatched": ("merge", "add"),
    }
    assert owners("bridge") == {"stations": ("home", None)}  # asked by one address, filled by another


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler was found (cc, gcc or clang)")
@pytest.mark.parametrize("number", range(6_000_000, 6_000_004))
def test_what_is_written_of_a_program_is_clean_c(number: int, tmp_path: Path) -> None:
    write_files(tmp_path, compile_application(random_case(number).program).files)
    command = [find_compiler() or "", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I.", "-fsyntax-only", str(SOURCE)]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_text_literals_mean_what_they_were() -> None:
    assert text_literal("nat.weft:19") == '"nat.weft:19"'
    assert text_literal('a"b\\c?') == r'"a\042b\134c\077"'
    assert text_literal("é1") == r'"\303\2511"'


# --- manifests


def test_folders_that_hold_no_application(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot read"):
        load_manifest(tmp_path)
    for content, told in (
        (b"{", "not a manifest"),
        (b'{"target":"bmv2"}', "compiled for bmv2"),
        (b'{"target":"bluefield","format":%d}' % (FORMAT + 1), "compile again"),
        (b'{"target":"bluefield","format":%d}' % FORMAT, "not a manifest"),
    ):
        (tmp_path / FILE_NAME).write_bytes(content)
        with pytest.raises(ManifestError, match=told):
            load_manifest(tmp_path)
