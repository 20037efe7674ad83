"""What people and programs ask for: commands, API, pages, workers and the `beffroi` command line.
The top room: it imports all the others and nobody imports it."""
