"""Several weather years of one study: each simulated whole, then means, worst and the verdict on all of them."""

from __future__ import annotations
