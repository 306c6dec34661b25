import from_part
