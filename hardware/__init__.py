"""What can be seen and pressed: the LED ring with its one priority table, and the buttons."""
