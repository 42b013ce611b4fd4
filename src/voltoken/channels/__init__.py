"""Other people's protocols: what Voltoken reads and writes so that others understand it.

Each channel is a package of its own with a door of its own, because each has libraries of its own: who
prints labels need not install what a message gateway needs. So this door offers nothing, and a channel
is imported by its name: ``voltoken.channels.printing``.
"""
