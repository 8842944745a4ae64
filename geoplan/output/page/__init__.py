"""The planner's page: one self-contained HTML file."""
