"""What happened, and what is allowed: pure decisions, without input or output, without a clock.

Everything that is decided in the field's terms lies here; everything that remembers or shows lies elsewhere.
"""
