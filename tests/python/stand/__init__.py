"""A stand that enforces policies: moto, behind a layer that refuses what IAM would refuse.

Each call is read by the service's own model (`calls`), and mapped to the actions, resources and condition keys that AWS
authorizes it by (`needs`). The policies that the stacks gave whoever calls (`callers`) decide it, by a simulator of IAM that
others wrote (`decider`). A refusal looks as the service's own (`refusals`). What the map does not know is refused, and noted as
a fault, which fails the test: the stand fails closed.

A training job that may be created runs at once, as the role that it was passed (`training`). Every call, and what decided it, is
written to a journal.
"""
