"""The program that builds images: from a target, a lock and this repository to a disk."""
