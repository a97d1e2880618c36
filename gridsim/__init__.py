"""gridsim: curtailment, overloads, verdict and hosting capacity of a grid, explained."""
