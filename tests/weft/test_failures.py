import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from weft import cli
from weft.failures import CommandError, UsageError, failure_of
from weft.terminal import Table, plain_table


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (KeyboardInterrupt(), "interrupted", 130),
        (BrokenPipeError(), "", 141),
        (CommandError("it is so", help="do this"), "error: it is so\nhelp: do this", 1),
        (UsageError("it is so"), "error: it is so", 2),
        (FileNotFoundError(2, "No such file or directory", "x.weft"), "error: x.weft: No such file or directory", 1),
        (OSError(28, "No space left on device"), "error: No space left on device", 1),
        (MemoryError(), "error: out of memory", 1),
    ],
)
def test_failures_have_words_and_a_code(error: BaseException, message: str, code: int) -> None:
    failure = failure_of(error)
    assert (failure.message, failure.code) == (message, code)


def test_internal_error_names_the_file_with_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("WEFT_TRACEBACK", raising=False)
    failure = failure_of(ZeroDivisionError("of our own"))
    found = re.search(r"the traceback is in (\S+\.txt)", failure.message)
    assert found
    assert failure.message.startswith("internal error: ZeroDivisionError: of our own\n")
    assert "Traceback" not in failure.message
    assert "ZeroDivisionError: of our own" in Path(found[1]).read_text()
    assert failure.code == 1


def test_internal_error_shows_its_traceback_where_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_TRACEBACK", "1")
    try:
        raise ZeroDivisionError("of our own")
    except ZeroDivisionError as error:
        failure = failure_of(error)
    assert failure.message.startswith("Traceback (most recent call last)")
    assert "test_failures.py" in failure.message


def test_commands_tell_failures_on_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**options: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("weft.commands.version.print_version", interrupted)
    result = CliRunner().invoke(cli.app, ["version"])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


def test_plain_tables_align_text_left_and_numbers_right() -> None:
    table = Table("two rows", ("name", "count"), (("a", 5), ("long one", 12_345)))
    assert plain_table(table).splitlines() == [
        "two rows",
        "  name       count",
        "  a              5",
        "  long one  12,345",
    ]
