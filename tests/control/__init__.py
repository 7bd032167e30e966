"""Tests of the control of battery and feed-in."""
