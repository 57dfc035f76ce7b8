"""How and when the assets run: definitions, jobs, schedules, sensors, hooks and the command."""
