"""CMCD (CTA-5004, versions 1 and 2): what players report becomes heartbeats. Pure, no I/O.

`lines` reads a request, `heartbeats` makes events of what it read, `repeats` knows what was here
before, `answers` says which status a reporter gets.
"""
