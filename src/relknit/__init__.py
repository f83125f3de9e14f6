"""relknit."""
