"""The C reference of the batch measurements: its sources, and the Python that builds and calls them."""
