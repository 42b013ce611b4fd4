"""What ``voltoken tariff reprice`` does: read purchases, price them anew, report and draw what comes of it.

Needs the extra ``batch``, so it is imported inside the command.
"""
