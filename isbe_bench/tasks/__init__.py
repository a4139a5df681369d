"""What runs do, a module a task: each has `run(config, folder)`, which returns a note for people."""
