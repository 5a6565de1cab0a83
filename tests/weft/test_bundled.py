import shutil
import subprocess
import sys
from pathlib import Path

import weft.bundled
from weft.bundled import bundled_examples

PRINT_EXAMPLES = "import sys; sys.path.insert(0, '.'); from weft.bundled import bundled_examples; {}"


def site_packages(folder: Path) -> Path:
    """Lay out `folder` as an installed wheel: the package, and below it no examples yet."""
    (folder / "weft").mkdir()
    (folder / "weft" / "__init__.py").touch()
    shutil.copy(weft.bundled.__file__, folder / "weft" / "bundled.py")
    return folder


def python(folder: Path, statement: str) -> str:
    command = [sys.executable, "-I", "-c", PRINT_EXAMPLES.format(statement)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_checkout_has_its_examples_beside_the_package() -> None:
    assert bundled_examples() == Path(__file__).resolve().parents[2] / "examples"


def test_wheel_has_its_examples_inside_the_package(tmp_path: Path) -> None:
    folder = site_packages(tmp_path)
    (folder / "weft" / "examples").mkdir()
    assert python(folder, "print(bundled_examples())") == str(folder / "weft" / "examples")


def test_examples_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    folder = site_packages(tmp_path)
    (folder / "examples").mkdir()
    expect_error = (
        "from weft.bundled import ExamplesMissingError as E\ntry: bundled_examples()\nexcept E as e: print(e)"
    )
    missing = folder / "weft" / "examples"
    assert python(folder, expect_error) == f"the bundled examples are missing; looked for {missing}"
