from sim.native.build import find_compiler
from sim.native.errors import CompilerMissingError, GroupRoomError, NativeBuildError, NativeError
from sim.native.run import NativeRun

__all__ = ["CompilerMissingError", "GroupRoomError", "NativeBuildError", "NativeError", "NativeRun", "find_compiler"]
