"""The forwarding pipeline: setting it, reading it back, and which tables requests mean. Specification, 13 and 14."""

from __future__ import annotations

from dataclasses import dataclass

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from backends.p4.manifest import Manifest
from compiler.ir.program import Program
from runtime.p4runtime.server.forwarding import Forwarding
from runtime.p4runtime.server.p4info_check import difference_of
from runtime.p4runtime.server.refusals import Code, Refusal, invalid
from sim.control import SavedState
from sim.state import ControlEntries

_Set = p4r.SetForwardingPipelineConfigRequest
_Get = p4r.GetForwardingPipelineConfigRequest


@dataclass(frozen=True, slots=True)
class ServedProgram:
    """What the switch runs: it takes no other one. `p4info` as protobuf text."""

    manifest: Manifest
    program: Program
    p4info: str


class Pipeline:
    """The one program of a switch, and the forwarding state of its last commit.

    Not safe for threads: whoever uses it holds the switch's lock.
    """

    def __init__(
        self, served: ServedProgram, *, entries: ControlEntries | None = None, saved: SavedState | None = None
    ) -> None:
        """With `entries` or `saved` the pipeline counts as set already; else it waits for a controller.

        The program runs in any case. Raises `DeployError` where the parts do not fit together.
        """
        self._served = served
        self._p4info = text_format.Parse(served.p4info, p4i.P4Info())
        self.active = Forwarding(served.manifest, served.program, entries=entries, saved=saved)
        self._config: p4r.ForwardingPipelineConfig | None = None
        self._saved: Forwarding | None = None  # by VERIFY_AND_SAVE, until it is committed
        if entries is not None or saved is not None:
            self._config = p4r.ForwardingPipelineConfig(p4info=self._p4info)

    @property
    def is_set(self) -> bool:
        return self._config is not None

    @property
    def target(self) -> Forwarding:
        """What reads and writes are about; refused while no pipeline is set."""
        if not self.is_set:
            raise Refusal(Code.FAILED_PRECONDITION, "No forwarding pipeline config set for this device")
        return self._saved or self.active

    def set(self, request: p4r.SetForwardingPipelineConfigRequest) -> None:
        """Carry out the action of a request, or refuse it and change nothing."""
        if request.action == _Set.COMMIT:
            self._commit(request)
            return
        if request.action not in (
            _Set.VERIFY,
            _Set.VERIFY_AND_SAVE,
            _Set.VERIFY_AND_COMMIT,
            _Set.RECONCILE_AND_COMMIT,
        ):
            raise invalid("the request has no action")
        self._verify(request)
        if request.action == _Set.VERIFY:
            return
        if request.action == _Set.VERIFY_AND_SAVE:
            self._saved = self._empty()
        else:
            if request.action == _Set.VERIFY_AND_COMMIT:
                self.active = self._empty()
            self._saved = None
        self._config = p4r.ForwardingPipelineConfig()
        self._config.CopyFrom(request.config)

    def _commit(self, request: p4r.SetForwardingPipelineConfigRequest) -> None:
        if request.HasField("config"):
            raise invalid("COMMIT is about the config that was saved before, and brings none of its own")
        if self._saved is None:
            raise Refusal(Code.NOT_FOUND, "no config was saved that could be committed")
        self.active, self._saved = self._saved, None

    def _verify(self, request: p4r.SetForwardingPipelineConfigRequest) -> None:
        name = self._served.program.name
        if not request.HasField("config") or not request.config.HasField("p4info"):
            raise invalid("the request has no config with P4Info")
        difference = difference_of(self._p4info, request.config.p4info)
        if difference is not None:
            raise invalid(f"this switch runs `{name}` and nothing else; the P4Info is of another program: {difference}")

    def _empty(self) -> Forwarding:
        return Forwarding(self._served.manifest, self._served.program)

    def get(self, request: p4r.GetForwardingPipelineConfigRequest) -> p4r.GetForwardingPipelineConfigResponse:
        """What was set last, as far as the request asks for it; nothing while no pipeline is set."""
        response = p4r.GetForwardingPipelineConfigResponse()
        if self._config is None:
            return response
        config, kind = response.config, request.response_type
        config.SetInParent()
        if self._config.HasField("cookie"):
            config.cookie.CopyFrom(self._config.cookie)
        if kind in (_Get.ALL, _Get.P4INFO_AND_COOKIE):
            config.p4info.CopyFrom(self._config.p4info)
        if kind in (_Get.ALL, _Get.DEVICE_CONFIG_AND_COOKIE):
            config.p4_device_config = self._config.p4_device_config
        return response
