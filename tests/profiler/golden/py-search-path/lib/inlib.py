import from_inlib
