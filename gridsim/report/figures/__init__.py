"""The figures of the reports, one function each: data in, matplotlib figure out."""
