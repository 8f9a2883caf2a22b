"""What intake promises for every platform, as tests: derive `IntakeContract` beside a platform's samples."""
