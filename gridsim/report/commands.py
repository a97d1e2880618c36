"""Which command makes a table that a report lacks."""

from __future__ import annotations

RUN = "gridsim run STUDY.toml"
#: beginning of a table's name -> command; any other table comes from :data:`RUN`
COMMANDS = {
    "sensitivity": f"{RUN} --sensitivities",
    "averaging": f"{RUN} --sensitivities",
    "ladder": f"{RUN} --ladder",
    "short_circuit": "gridsim shortcircuit STUDY.toml --out DIR",
    "measures": "gridsim measures STUDY.toml",
    "hosting_system": "gridsim hosting STUDY.toml",
    "hosting_curve": "gridsim hosting STUDY.toml",
    "hosting_joint": "gridsim hosting STUDY.toml --joint",
    "hosting_queue": "gridsim hosting STUDY.toml --queue",
    "hosting_risk": "gridsim risk STUDY.toml --into DIR",
}


def command_of(table: str) -> str:
    """The command whose results hold a table."""
    return next((command for start, command in COMMANDS.items() if table.startswith(start)), RUN)
