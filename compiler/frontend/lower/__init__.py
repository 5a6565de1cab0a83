from compiler.frontend.lower.program import lower_program

__all__ = ["lower_program"]
