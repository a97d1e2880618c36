"""Which thermal units are on: closed-form merit order, given, or a unit commitment."""

from gridsim.dispatch.commitment.given import given_units
from gridsim.dispatch.commitment.merit import merit_order, raised
from gridsim.dispatch.commitment.result import Commitment

__all__ = ["Commitment", "given_units", "merit_order", "raised"]
