"""The pages, in French, per audience."""
