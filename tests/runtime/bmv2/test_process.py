"""Switches as child processes: scripts that answer as bmv2 does, in its place."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.p4.tools import FOLDER_VARIABLE, ToolMissingError
from runtime.bmv2 import process
from runtime.bmv2.errors import SwitchProcessError
from runtime.bmv2.process import SwitchOptions, start_switch

ROOT = Path(__file__).resolve().parents[3]

# Behaves as the file `mode` beside it says, notes its arguments, and serves until it is ended.
SCRIPT = f"""\
#!{sys.executable}
import signal, sys, threading, time
from pathlib import Path
here = Path(__file__).parent
mode = (here / "mode").read_text()
if "--help" in sys.argv:
    print("--notifications-addr" if mode == "nanomsg" else "")
    sys.exit()
with (here / "arguments").open("a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
if mode == "dies":
    sys.exit("JSON input file nat.json cannot be opened")
if mode == "taken once" and (here / "arguments").read_text().count("\\n") == 1:
    sys.exit("Thrift returned an exception when trying to bind to port 1")
if mode == "stubborn":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mode == "mute":
    time.sleep(60)
sys.path.insert(0, {str(ROOT)!r})
from tests.runtime.bmv2.fake_switch import FakeSwitch, serving
value = lambda name: sys.argv[sys.argv.index(name) + 1]
switch = FakeSwitch(device_id=int(value("--device-id")) + (mode == "other"))
if mode == "busy":
    threading.Thread(target=lambda: [time.sleep(0.0001) for _ in range(10**6)], daemon=True).start()
with serving(switch, at=int(value("--thrift-port"))):
    while not switch.queue_depths:
        time.sleep(0.001)
    (here / "depth").write_text(str(switch.queue_depths))
    if mode == "dies later":
        sys.exit("out of memory")
    signal.pause()
"""


@pytest.fixture
def behave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Choose how the switch behaves; gives the folder of its notes."""
    for name in ("simple_switch", "simple_switch_grpc"):
        (tmp_path / name).write_text(SCRIPT)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def choose(mode: str) -> Path:
        (tmp_path / "mode").write_text(mode)
        process._knows.cache_clear()
        return tmp_path

    return choose


def options(**more: object) -> SwitchOptions:
    return SwitchOptions(config=Path("nat.json"), **more)  # type: ignore[arg-type]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def traces(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("weft-"))


def test_a_switch_answers_with_deep_queues_and_ends(behave: Callable[[str], Path]) -> None:
    folder = behave("well")
    with start_switch(options(interfaces={1: "veth1", 5: "veth5"}, device_id=3)) as running:
        with running.client() as client:
            assert client.info().device_id == 3
        pid = running.pid
        wait_for((folder / "depth").exists)
    assert is_gone(pid)
    assert (folder / "depth").read_text() == "{None: 2147483647}"
    (arguments,) = (folder / "arguments").read_text().splitlines()
    port = f"--thrift-port {running.thrift_port}"
    assert arguments == f"-i 1@veth1 -i 5@veth5 {port} --device-id 3 nat.json"
    assert traces(folder) == []


def test_files_and_p4runtime_have_options_of_their_own(behave: Callable[[str], Path]) -> None:
    folder = behave("nanomsg")
    start_switch(options(interfaces={0: "a"}, files=True, device_id=1)).stop()
    start_switch(
        SwitchOptions(config=None, grpc="127.0.0.1:9559", cpu_port=510, device_id=2, target_options=["--disable-swap"])
    ).stop()
    of_files, of_grpc = (folder / "arguments").read_text().splitlines()
    assert of_files.startswith("-i 0@a --use-files 0 ") and of_files.endswith("/notifications nat.json")
    assert "--notifications-addr ipc://" in of_files
    assert of_grpc.endswith("--no-p4 -- --disable-swap --grpc-server-addr 127.0.0.1:9559 --cpu-port 510")
    assert "--notifications-addr" not in of_grpc


def test_a_switch_that_does_not_start_says_what_it_printed(behave: Callable[[str], Path]) -> None:
    folder = behave("dies")
    with pytest.raises(SwitchProcessError, match=r"exit code 1\n  JSON input file nat\.json cannot be opened"):
        start_switch(options())
    assert traces(folder) == []


def test_a_port_that_was_taken_meanwhile_is_given_up(behave: Callable[[str], Path]) -> None:
    folder = behave("taken once")
    with start_switch(options()):
        first, second = (folder / "arguments").read_text().splitlines()
    assert first != second


def test_another_switch_at_the_port_is_not_taken_for_ours(behave: Callable[[str], Path]) -> None:
    folder = behave("other")
    with pytest.raises(SwitchProcessError, match="another switch, device 8"):
        start_switch(options(device_id=7, thrift_port=process._free_port()))
    assert traces(folder) == []


def test_a_switch_that_never_answers_is_ended(behave: Callable[[str], Path]) -> None:
    folder = behave("mute")
    with pytest.raises(SwitchProcessError, match=r"does not answer over Thrift within 0\.3 s"):
        start_switch(options(start_limit_s=0.3))
    assert traces(folder) == []


def test_a_switch_that_will_not_end_is_killed(behave: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    behave("stubborn")
    monkeypatch.setattr(process, "_TERMINATE_S", 0.05)
    with start_switch(options()) as running:
        pid = running.pid
    assert is_gone(pid)


def test_an_exception_leaves_no_switch(behave: Callable[[str], Path]) -> None:
    folder = behave("well")
    with pytest.raises(KeyboardInterrupt), start_switch(options()) as running:
        raise KeyboardInterrupt
    assert is_gone(running.pid)
    assert traces(folder) == []


def test_a_switch_that_died_is_noticed(behave: Callable[[str], Path]) -> None:
    behave("dies later")
    with start_switch(options()) as running:
        wait_for(lambda: is_gone(running.pid))
        with pytest.raises(SwitchProcessError, match="the switch died: exit code 1\n  out of memory"):
            running.check_runs()
        with pytest.raises(SwitchProcessError):
            running.is_idle()


def test_only_a_switch_at_rest_is_idle(behave: Callable[[str], Path]) -> None:
    folder = behave("well")
    with start_switch(options()) as running:
        wait_for((folder / "depth").exists)
        wait_for(running.is_idle)
    (folder / "depth").unlink()
    behave("busy")
    with start_switch(options()) as running:
        wait_for((folder / "depth").exists)
        assert not any(running.is_idle() for _ in range(5))


def test_a_missing_switch_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match="simple_switch_grpc"):
        start_switch(SwitchOptions(config=None, grpc="127.0.0.1:9559"))


@pytest.mark.skipif(not process._guard(), reason="setpriv is not on this system")
def test_a_killed_parent_takes_its_switch_along(behave: Callable[[str], Path]) -> None:
    folder = behave("well")
    parent = textwrap.dedent(
        """\
        import time
        from pathlib import Path
        from runtime.bmv2.process import SwitchOptions, start_switch
        print(start_switch(SwitchOptions(config=Path("nat.json"))).pid, flush=True)
        time.sleep(60)
        """
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        assert not is_gone(pid)
        child.send_signal(signal.SIGKILL)
    wait_for(lambda: is_gone(pid))
