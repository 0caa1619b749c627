"""The three promises that every change is held to; each is a command that prints its figures."""
