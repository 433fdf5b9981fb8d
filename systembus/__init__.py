"""The system's D-Bus, for rooms that speak with services of the distribution."""
