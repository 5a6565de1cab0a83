"""The sysroot for Arm that an application's folder can make, from a repository of a few packages."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from backends.bluefield.compile import compile_application
from backends.output_folder import write_files
from tests.examples.corpus import example_program

CONTROL = """\
Package: {name}
Version: 1
Architecture: arm64
Maintainer: nobody <nobody@example.org>
Description: of a test
"""
MISSING = [tool for tool in ("apt-get", "dpkg", "dpkg-deb") if shutil.which(tool) is None]
needs_apt = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")


def make_sysroot(folder: Path, *, sources: Path | None = None) -> subprocess.CompletedProcess[str]:
    application = folder.parent / "application"
    write_files(application, compile_application(example_program("acl")).files)
    environment = os.environ if sources is None else {**os.environ, "WEFT_APT_SOURCES": str(sources)}
    command = ["sh", str(application / "cross/sysroot.sh"), str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def package(repository: Path, name: str, *, files: dict[str, str], link: tuple[str, str] | None = None) -> str:
    """Put a package into the repository; its entry in the list of them."""
    contents = repository / name
    for path, text in {"DEBIAN/control": CONTROL.format(name=name), **files}.items():
        (contents / path).parent.mkdir(parents=True, exist_ok=True)
        (contents / path).write_text(text)
    if link is not None:
        (contents / link[0]).symlink_to(link[1])
    made = repository / f"{name}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", contents, made], check=True, stdout=subprocess.DEVNULL)
    content = made.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{CONTROL.format(name=name)}Filename: ./{made.name}\nSize: {len(content)}\nSHA256: {digest}\n\n"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    repository = tmp_path / "repository"
    repository.mkdir()
    library = "/lib/aarch64-linux-gnu/libm.so.6"
    listed = package(
        repository,
        "libc6-dev",
        files={library[1:]: "arm", "usr/lib/aarch64-linux-gnu/libm.a": "arm"},
        link=("usr/lib/aarch64-linux-gnu/libm.so", library),
    )
    listed += package(repository, "libdpdk-dev", files={"usr/include/dpdk/rte_eal.h": "arm"})
    (repository / "Packages").write_text(listed)
    written = tmp_path / "arm64.list"
    written.write_text(f"deb [trusted=yes] copy:{repository} ./\n")
    return written


@needs_apt
def test_packages_are_unpacked_as_if_installed(sources: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "arm64"
    before = subprocess.run(["dpkg", "--print-foreign-architectures"], capture_output=True, check=True).stdout
    made = make_sysroot(folder, sources=sources)
    assert made.returncode == 0, made.stderr
    assert (folder / "usr/include/dpdk/rte_eal.h").read_text() == "arm"
    assert (folder / "lib").readlink() == Path("usr/lib")
    linked = folder / "usr/lib/aarch64-linux-gnu/libm.so"
    assert not linked.readlink().is_absolute()
    assert linked.resolve() == folder.resolve() / "usr/lib/aarch64-linux-gnu/libm.so.6"
    assert f"sysroot = '{folder.resolve()}'" in (folder / "sysroot.ini").read_text()
    assert [path.name for path in folder.parent.iterdir() if path != folder.parent / "application"] == ["arm64"]
    assert subprocess.run(["dpkg", "--print-foreign-architectures"], capture_output=True, check=True).stdout == before


@needs_apt
def test_a_missing_package_leaves_nothing_behind(sources: Path, tmp_path: Path) -> None:
    listed = tmp_path / "repository" / "Packages"
    listed.write_text(listed.read_text().replace("Package: libdpdk-dev", "Package: another"))
    folder = tmp_path / "made" / "arm64"
    made = make_sysroot(folder, sources=sources)
    assert made.returncode == 1
    assert "libdpdk-dev" in made.stderr and "WEFT_APT_SOURCES=FILE names others" in made.stderr
    assert [path.name for path in folder.parent.iterdir()] == ["application"]


def test_where_a_sysroot_is_nothing_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "arm64"
    folder.mkdir()
    (folder / "sysroot.ini").touch()
    made = make_sysroot(folder, sources=tmp_path / "none")
    assert (made.returncode, made.stderr) == (0, "")


def test_a_folder_with_something_else_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "arm64"
    folder.mkdir()
    (folder / "mine").touch()
    made = make_sysroot(folder, sources=tmp_path / "none")
    assert made.returncode == 1
    assert made.stderr.startswith(f"sysroot: {folder} is there, and is no sysroot that this made\nhelp: ")
    assert [path.name for path in folder.iterdir()] == ["mine"]
