from sim.native.build import COMPILERS, CompilerMissingError, NativeBuildError, find_compiler
from sim.native.run import NativeRun

__all__ = ["COMPILERS", "CompilerMissingError", "NativeBuildError", "NativeRun", "find_compiler"]
