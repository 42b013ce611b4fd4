"""Tariff documents from text: what a key may say, every fault of a text at once, the tariff."""
