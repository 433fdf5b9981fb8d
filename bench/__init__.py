"""Measuring the box: synthetic speakers, requests, turns in real time, figures. `spoq bench`, `spoq demo`."""
