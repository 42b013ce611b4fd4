"""Security modules that touch the world: their keys at rest, their journal, hardware and the network.

What a module decides stands in ``voltoken.security`` and is pure; here is what it needs of a machine.
"""
