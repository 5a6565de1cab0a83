"""The files that come with Weft and are opened by name, wherever Weft runs from."""

from pathlib import Path


class ExamplesMissingError(Exception):
    """This installation has no examples: it is incomplete."""


def bundled_examples() -> Path:
    """Return the folder of the bundled examples, which holds one folder per program.

    A wheel carries it inside the package, since a folder called `examples` beside the installed packages could be
    anybody's; in a checkout it stands beside the package.
    """
    package = Path(__file__).resolve().parent
    places = [package / "examples"]
    if (package.parent / "pyproject.toml").is_file():
        places.append(package.parent / "examples")
    for place in places:
        if place.is_dir():
            return place
    raise ExamplesMissingError(f"the bundled examples are missing; looked for {' and '.join(map(str, places))}")
