"""What a release is: its folder, its statements and their differences, its versions, its archive."""
