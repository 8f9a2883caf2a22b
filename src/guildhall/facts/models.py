"""What the facts room keeps."""
