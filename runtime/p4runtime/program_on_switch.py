"""The tables, tunables and groups of one program on one switch: read, changed, verified and rolled back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.compiled_folder import CompiledFolder
from runtime.p4runtime.describe import Change, Describer
from runtime.p4runtime.device_state import DesiredState, DeviceState, Row, Update, UpdateKind
from runtime.p4runtime.difference import difference, restoring
from runtime.p4runtime.errors import (
    DeployError,
    SwitchError,
    TableFullError,
    VerificationError,
    WriteError,
)
from runtime.p4runtime.wire import Wire

BATCH = 100  # updates; a batch is not atomic, and above some hundred errors do not fit gRPC's trailers

Advance = Callable[[int, int], None]  # called with how many of how many updates are made
Notice = Callable[[str], None]  # called with what a user wants to know although it is no result


def nobody(*_: object) -> None:
    """Nobody looks on."""


class ProgramOnSwitch:
    """`advance` hears of the updates as they are made, `notice` of what was undone when the user interrupts."""

    def __init__(
        self, switch: SwitchConnection, folder: CompiledFolder, *, advance: Advance = nobody, notice: Notice = nobody
    ) -> None:
        self._switch = switch
        self._wire = Wire(folder.manifest)
        self._sizes = {copy.id: table.size for table in folder.manifest.tables for copy in table.copies}
        self._advance = advance
        self._notice = notice
        self.describer = Describer(folder.manifest, folder.program)

    async def held(self) -> DeviceState:
        return self._wire.state_of(await self._switch.read(self._wire.wanted()))

    async def change_to(self, desired: DesiredState, *, undo: bool = True) -> tuple[Change, ...]:
        """Make the switch hold what is desired, and read it back. Returns what has changed, nothing if nothing had to.

        Where that fails and `undo` is set, what the switch held before is put back, or the error's `left` says
        what it holds now.
        """
        before = await self.held()
        updates = difference(before, desired)
        if not updates:
            return ()
        made = _Made(updates)
        try:
            await self._write(updates, made, self._advance)
            await self._verify(desired)
        except asyncio.CancelledError:
            if undo:
                left = await self._undone(before, desired, made)
                self._notice(left or "the switch is as it was")
            raise
        except DeployError as error:
            told = await self._full_table(error, made)
            if undo:
                told.left = await self._undone(before, desired, made)
            raise told from error
        return tuple(self.describer.changes(updates))

    async def _write(self, updates: Sequence[Update], made: _Made, advance: Advance) -> None:
        for start in range(0, len(updates), BATCH):
            batch = updates[start : start + BATCH]
            made.tried = start + len(batch)
            try:
                await self._switch.write(self._wire.messages(batch))
            except WriteError as error:
                raise self._named(error, batch) from error
            made.confirmed = made.tried
            advance(made.confirmed, len(updates))

    async def _verify(self, desired: DesiredState) -> None:
        wrong = difference(await self.held(), desired)
        if wrong:
            first = self.describer.changes(wrong)[0]
            raise VerificationError(
                f"the switch does not hold what was written: {first.object} {first.entry} is "
                f"{first.old or 'not there'} instead of {first.new or 'gone'}"
                + (f", and {len(wrong) - 1:,} more differ" if len(wrong) > 1 else "")
            )

    def _named(self, error: WriteError, batch: Sequence[Update]) -> WriteError:
        """The error in the words of the source."""
        first = next((refused for refused in error.refused if refused.place < len(batch)), None)
        if first is None:
            return error
        update = batch[first.place]
        change = self.describer.changes([update])[0]
        verb = {UpdateKind.INSERT: "take", UpdateKind.MODIFY: "change", UpdateKind.DELETE: "remove"}[update.kind]
        more = f"; {len(error.refused) - 1} more were refused" if len(error.refused) > 1 else ""
        problem = f"the switch does not {verb} {change.object} {change.entry}: {first.message or first.code}{more}"
        kind = TableFullError if first.code == "RESOURCE_EXHAUSTED" else WriteError
        return kind(problem, code=first.code, refused=error.refused)

    async def _full_table(self, error: DeployError, made: _Made) -> DeployError:
        """The error, or that a table is full where it is: bmv2 says no more than that something was wrong."""
        if isinstance(error, TableFullError) or not isinstance(error, WriteError | SwitchError):
            return error
        try:
            rows = (await self.held()).rows
        except DeployError:
            return error
        table = _first_missing(made.updates[made.confirmed : made.tried], rows)
        if table is None or len(rows[table]) < self._sizes[table]:
            return error
        return TableFullError(
            f"table `{self.describer.table_name(table)}` is full: "
            f"the switch holds {len(rows[table]):,} entries of it and takes no more",
            code=error.code,
            refused=error.refused if isinstance(error, WriteError) else (),
        )

    # --- undoing

    async def _undone(self, before: DeviceState, desired: DesiredState, made: _Made) -> str | None:
        """Put back what was there; None if that is what the switch holds now, else words for what it does hold."""
        try:
            wanted = restoring(before, desired)
            updates = difference(await self.held(), wanted)
            await self._write(updates, _Made(updates), nobody)
            await self._verify(wanted)
        except DeployError as error:
            return f"undoing it failed, too: {error.problem}; {await self._left(before, desired, made)}"
        return None

    async def _left(self, before: DeviceState, desired: DesiredState, made: _Made) -> str:
        """What the switch holds beside what it held before, as far as it can still be asked."""
        try:
            now = await self.held()
        except DeployError:
            return self._left_unread(made)
        changes = self.describer.changes(difference(before, restoring(now, desired)))
        return f"changed on the switch: {summary(changes)}" if changes else "but the switch is as it was"

    def _left_unread(self, made: _Made) -> str:
        total, doubtful = len(made.updates), made.updates[made.confirmed : made.tried]
        sure = self.describer.changes(made.updates[: made.confirmed])
        left = f"{made.confirmed:,} of {total:,} updates are made" + (f" ({summary(sure)})" if sure else "")
        if not doubtful:
            return left
        return f"{left}, and of {len(doubtful):,} more it is not known ({summary(self.describer.changes(doubtful))})"


def _first_missing(updates: Iterable[Update], rows: Mapping[int, Sequence[Row]]) -> int | None:
    """The table of the first row that was to be inserted and is not there."""
    held = {table: {row.identity for row in found} for table, found in rows.items()}
    for update in updates:
        row = update.entity
        if update.kind is UpdateKind.INSERT and isinstance(row, Row) and row.identity not in held.get(row.table, ()):
            return row.table
    return None


class _Made:
    """How far a list of updates has got: the first `confirmed` are made, those up to `tried` perhaps."""

    def __init__(self, updates: Sequence[Update]) -> None:
        self.updates = updates
        self.confirmed = 0
        self.tried = 0


def summary(changes: Iterable[Change]) -> str:
    """Counts of changes for people: "hosts: 2 added, 1 removed; rules: 3 changed"."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        counts.setdefault(change.object, Counter())[change.kind] += 1
    return "; ".join(
        f"{name}: {', '.join(f'{number:,} {kind}' for kind, number in found.items())}" for name, found in counts.items()
    )
