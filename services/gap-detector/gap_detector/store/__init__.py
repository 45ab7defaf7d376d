"""Everything that is said to PostgreSQL, one table or question a file."""
