"""The encrypted data partition: made, opened, erased, recovered."""
