"""Small detectors of our own on top of speech embeddings: their weights, and how they were trained.

Only the `.npz` files are read by the daemons; the rest of this folder makes them (`python -m audio.heads.train`).
"""
