"""Ten million vectors on one machine."""
