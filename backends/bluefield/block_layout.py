"""The layout of the state, into a manifest and out of it."""

from __future__ import annotations

from backends.bluefield.manifest import Manifest, Member, Region, Type
from backends.c.layout import Block, Placed, Struct
from backends.c.layout import Member as StructMember
from backends.c.layout import Region as BlockRegion
from backends.c.types import CType


def regions_of(block: Block) -> tuple[Region, ...]:
    return tuple(map(_region, block.places))


def block_of(manifest: Manifest) -> Block:
    """The layout that a manifest describes. Raises `ValueError` where that contradicts itself."""
    block = Block((region.name, _block_region(region)) for region in manifest.regions)
    offsets = [place.offset for place in block.places]
    if offsets != [region.offset for region in manifest.regions] or block.size != manifest.block_bytes:
        raise ValueError("the regions of the state do not stand where the manifest says")
    return block


def _region(place: Placed) -> Region:
    region = place.region
    of, is_struct = region.of, isinstance(region.of, Struct)
    return Region(
        name=place.name,
        state=region.state,
        role=region.role,
        offset=place.offset,
        count=region.count,
        type=None if isinstance(of, Struct) else _type(of),
        struct=of.name if is_struct else None,
        members=tuple(Member(m.name, _type(m.type), m.count) for m in of.members) if isinstance(of, Struct) else (),
        align=of.least_align if isinstance(of, Struct) else 1,
    )


def _type(of: CType) -> Type:
    return Type(of.name, of.size, of.align)


def _block_region(region: Region) -> BlockRegion:
    if region.type is not None:
        return BlockRegion(region.state, region.role, _c_type(region.type), region.count)
    members = tuple(StructMember(m.name, _c_type(m.type), m.count) for m in region.members)
    struct = Struct(region.struct or "", members, region.align)
    return BlockRegion(region.state, region.role, struct, region.count)


def _c_type(of: Type) -> CType:
    return CType(of.name, of.size, of.align)
