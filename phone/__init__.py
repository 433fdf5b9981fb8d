"""What a computer needs to be a device of a box, as a phone's app would be: `spoq phone`."""
