"""What becomes of files when the power goes."""
