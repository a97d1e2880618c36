"""Hosting capacity of counties on the system level: what the simulated year bears, docs/equations.md."""

from gridsim.hosting.point import Point, PointTask, Setting, simulate_point, simulate_points
from gridsim.hosting.study import hosting_capacity

__all__ = ["Point", "PointTask", "Setting", "hosting_capacity", "simulate_point", "simulate_points"]
