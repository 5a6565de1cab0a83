from sim.native.build import CompilerMissingError, NativeBuildError, find_compiler
from sim.native.run import NativeRun

__all__ = ["CompilerMissingError", "NativeBuildError", "NativeRun", "find_compiler"]
