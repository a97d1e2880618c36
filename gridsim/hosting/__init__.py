"""Hosting capacity of counties on the system level: what the simulated year bears, docs/equations.md."""

from gridsim.hosting.point import Point, PointTask, Setting, simulate_point, simulate_points

__all__ = ["Point", "PointTask", "Setting", "simulate_point", "simulate_points"]
