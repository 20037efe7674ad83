"""Which drawers a town has: who may open what is decided from it, and it fails closed."""
