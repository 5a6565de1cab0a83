"""The function that processes a batch: it looks ahead for some packets, processes them, and goes on with the next."""

from __future__ import annotations

from collections.abc import Callable

from backends.c.emissions import EmissionWriter
from backends.c.look_ahead import BATCH, LookAhead
from backends.c.plan import Plan
from backends.writer import Writer


class BatchFunction:
    """Writes `<name>_process`."""

    def __init__(self, plan: Plan, emissions: EmissionWriter, ahead: LookAhead) -> None:
        self._plan, self._emissions, self._ahead = plan, emissions, ahead

    def write(self, out: Writer) -> None:
        emissions = self._emissions
        name = self._plan.name
        copies, front = emissions.most_bytes()
        tests = [f"out->emission_capacity - out->emission_count >= {emissions.most_emissions()}"]
        if copies:
            need = f"{copies} * (size_t)packets[done].size + {front}"
            tests.append(f"out->bytes_capacity - out->bytes_used >= {need}")
        digest = emissions.most_digest_bytes()
        if digest:
            tests.append(f"out->digests_capacity - out->digests_used >= {digest}")
        out.line(
            f"uint32_t {name}_process(struct {self._plan.block_name} *state, const struct weft_packet *packets, "
            "uint32_t count, struct weft_output *out)"
        )
        with out.block(""):
            out.line(f"struct {name}_ahead ahead[{BATCH}];")
            out.line("uint32_t done = 0;")
            with out.block("while (done < count)"):
                out.line("const uint32_t first = done;")
                out.line(f"const uint32_t next = weft_smaller(count - first, {BATCH}) + first;")
                self._write_loops(out)
                with out.block("for (; done < next; done++)"):
                    out.line(f"if (!({' && '.join(tests)}))")
                    out.line("    return done;")
                    self._write_call(out)
            out.line("return done;")
        out.line()

    def _write_call(self, out: Writer) -> None:
        """Process one packet, by its shape where it has one."""
        name = self._plan.name
        out.line(f"const struct {name}_ahead *it = &ahead[done - first];")

        def call(at: str) -> str:
            headers = "" if self._plan.program.envelopes else f"{at}, "
            return f"{name}_packet(state, packets[done], {headers}it, done, out);"

        self._write_by_shape(out, call, "it->at")

    def _write_by_shape(self, out: Writer, call: Callable[[str], str], otherwise: str) -> None:
        """`call` for the offsets of the packet's shape, or for those that the parser found."""
        if not self._plan.shapes:
            out.line(call(otherwise))
            return
        with out.block("switch (it->shape)"):
            for number in range(1, len(self._plan.shapes) + 1):
                out.line(f"case {number}:")
                out.line(f"    {call(f'{self._plan.name}_shape_{number}')}")
                out.line("    break;")
            out.line("default:")
            out.line(f"    {call(otherwise)}")
            out.line("    break;")

    def _write_loops(self, out: Writer) -> None:
        """What is done for all packets of a batch before the first of them is processed."""
        name, ahead = self._plan.name, self._ahead
        if self._plan.program.envelopes:
            return
        out.line("for (uint32_t i = first; i < next; i++) {")
        with out.indented():
            out.line(f"struct {name}_ahead *it = &ahead[i - first];")
            if self._plan.shapes:
                out.line(f"it->shape = {name}_shape_of(packets[i].data, packets[i].size);")
                out.line("if (it->shape == 0) {")
            with out.indented():
                out.line(f"it->at = {name}_no_headers;")
                out.line("parse(packets[i].data, packets[i].size, &it->at);")
            if self._plan.shapes:
                out.line("}")
            if ahead.is_needed:
                self._write_by_shape(out, lambda at: f"{name}_look_first(state, packets[i], {at}, it);", "it->at")
        out.line("}")
        for step, wanted in (("second", ahead.second_is_needed), ("third", ahead.third_is_needed)):
            if wanted:
                out.line("for (uint32_t i = first; i < next; i++)")
                out.line(f"    {name}_look_{step}(state, &ahead[i - first]);")
