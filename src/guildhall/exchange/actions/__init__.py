"""What can happen to feeds, batches and bad rows; the only writers of this room's tables."""
