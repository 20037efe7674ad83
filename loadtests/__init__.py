"""What a launch campaign does to the platform, and what each operation costs.
Each scenario keeps its dated results beside the command that makes them again."""
