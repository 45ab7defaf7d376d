"""The paths of the HTTP interface, one purpose a file."""
