import from_leaf
