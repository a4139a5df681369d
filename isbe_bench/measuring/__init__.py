"""How time, memory and their conditions are measured."""
