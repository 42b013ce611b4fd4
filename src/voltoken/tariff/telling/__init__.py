"""Quotes told to people: sentences, a table, and why there are fewer or more units than last time."""
