"""What a checked program can do to a state."""

from enum import Enum


class AccessKind(Enum):
    """What is done to a state: arguments -> flat results."""

    ARRAY_GET = "array_get"  # index -> value
    ARRAY_SET = "array_set"  # index, value -> ()
    ARRAY_UPDATE = "array_update"  # index, amount -> new value; `operator` says how
    TABLE_GET = "table_get"  # key -> present, value
    TABLE_CELL = "table_cell"  # index -> value
    MAP_FIND = "map_find"  # key -> entry
    ENTRY_PUT = "entry_put"  # entry, value -> done
    ENTRY_REMOVE = "entry_remove"  # entry -> ()
    LEASE_OPEN = "lease_open"  # value -> done, id, opened (as done), value
    LEASE_GET = "lease_get"  # id -> live, value
    LEASE_CLOSE = "lease_close"  # id -> ()
    INDEX_FIND = "index_find"  # key -> present, id, opened (0), value
    INDEX_OPEN = "index_open"  # key, value -> done, id, opened, value
    COUNTER_ADD = "counter_add"  # index, bytes (u32) -> ()
    METER_TAKE = "meter_take"  # index, tokens (u32) -> conforms
    # slot u32, epoch u32, round u32, tag u32, member u8, members u64, operator u2, value -> verdict u2, total, total
    REDUCE = "reduce"
