"""What tests of settlement share: the plain-integer reference and random histories."""
