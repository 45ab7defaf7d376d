"""What the tests of the Python services have in common. It is in no image that runs."""
