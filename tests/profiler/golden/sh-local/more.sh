sox a b
