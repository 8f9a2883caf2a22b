"""What the exchange room keeps."""
