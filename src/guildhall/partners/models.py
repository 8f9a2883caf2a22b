"""What the partners room keeps."""
