from __future__ import annotations

import pytest

from compiler.analyses import infer_shares
from compiler.ir.operations import Hash, HashAlgorithm, LeaseOpen
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, Map
from compiler.ir.types import Bits
from compiler.ir.values import Constant, Value, constant
from compiler.ir.verify import verify
from compiler.meaning.sets import set_geometry
from compiler.passes.assign_shares import assign_shares
from tests.compiler.analyses.build import Build, lease_state, map_state
from tests.compiler.analyses.programs import firewall, load_balancer, nat, pool_nat


def assigned(program: Program) -> Program:
    result = assign_shares(program, infer_shares(program))
    verify(result)
    return result


def share_hashes(program: Program) -> list[Hash]:
    return [op for op in program.operations if isinstance(op, Hash) and op.algorithm is HashAlgorithm.SHARE]


@pytest.mark.parametrize("program", [nat(shares=1), firewall(shares=1), load_balancer(), pool_nat(shares=1)])
def test_one_share_changes_nothing(program: Program) -> None:
    assert assigned(program) == program


def test_states_get_their_share_key_and_geometry() -> None:
    before, after = nat(shares=64), assigned(nat(shares=64))
    lease, index = after.state("sessions"), after.state("by_flow")
    assert isinstance(lease, Lease)
    assert isinstance(index, Index)
    assert lease.sharded
    assert index.share_key == (0, 1, 2, 3)
    assert (index.sets, index.ways) == set_geometry(1024, 64)
    assert after.operations == before.operations  # an index gives the share of the lease it opens


def test_an_opened_lease_gets_the_share_of_the_handlers_fields() -> None:
    after = assigned(pool_nat(shares=4))
    (share,) = share_hashes(after)
    opened = next(op for op in after.operations if isinstance(op, LeaseOpen))
    assert opened.share == share.result
    assert share.result.type == Bits(2)
    assert (share.index, share.guard) == (4, opened.guard)
    names = [part.name for part in share.parts if isinstance(part, Value)]
    assert names[:2] == ["ipv4.src", "ipv4.dst"]
    assert len(share.parts) == 4
    assert after.operations.index(share) == after.operations.index(opened) - 1


@pytest.mark.parametrize("guarded", [False, True])
def test_fields_read_only_later_are_read_before(guarded: bool) -> None:
    """The key that decides the share stands after the lease is opened, perhaps under a guard of its own."""
    build = Build(lease_state("ids"), map_state("m", [16], [16]), shares=8)
    opened = build.lease_open("ids")
    outer = build.guard
    if guarded:
        build.enter(build.present("ipv4"))
    found = build.find("m", [build.l4("sport")], [16])
    build.insert(found, opened.id)
    build.guard = outer
    build.drop()
    after = assigned(build.program())
    (share,) = share_hashes(after)
    kinds = [type(op).__name__ for op in after.operations[: after.operations.index(share)]]
    assert kinds == ["HeaderPresent", "ReadField", "ReadField", "Select"]
    assert len(after.operations) == len(build.operations) + 5


def test_a_lease_that_cannot_be_split_is_opened_in_share_0() -> None:
    build = Build(lease_state("ids", width=17, last=70_000), map_state("m", [32], [17]), shares=8)
    found = build.find("m", build.fields("ipv4.src"), [17])
    opened = build.lease_open("ids", share=constant(5, 3), width=17)
    build.insert(found, opened.id)
    build.drop()
    after = assigned(build.program())
    assert share_hashes(after) == []
    assert [op.share for op in after.operations if isinstance(op, LeaseOpen)] == [Constant(0, Bits(3))]
    state = after.state("m")
    assert isinstance(state, Map)
    assert state.share_key == (0,)
