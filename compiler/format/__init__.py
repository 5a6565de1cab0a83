from compiler.format.format_source import format_source

__all__ = ["format_source"]
