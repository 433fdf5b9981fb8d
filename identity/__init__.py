"""Who is who: the box's own keys, and later its people, their devices, and who may do what."""
