"""What every adapter must pass, as a test class to derive from."""
