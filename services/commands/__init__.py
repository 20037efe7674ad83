"""What people and programs ask for: one use case a function, from command to receipt."""
