"""From the JSON of the cases to tables, verdicts and plots."""
