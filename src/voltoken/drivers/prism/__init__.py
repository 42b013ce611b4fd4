"""PrismToken over Thrift, both sides: other modules as ours, and ours for other people's clients."""
