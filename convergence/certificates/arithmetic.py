"""Printed numbers: do some values that round to the inputs give results that round to what is printed?

Witness: nothing. The enclosure of each computed expression over the inputs' intervals is compared with the printed interval.
Expressions in which an input occurs once have exact ranges; for others, bisection narrows the enclosure until it decides.
"""
