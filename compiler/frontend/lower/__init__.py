from compiler.frontend.lower.program import lower_program, lower_with_steps
from compiler.frontend.lower.source_steps import Assignment, Decision, SourceStep, Taken

__all__ = ["Assignment", "Decision", "SourceStep", "Taken", "lower_program", "lower_with_steps"]
