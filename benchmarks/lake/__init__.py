"""ruLake measured by itself and beside the original."""
