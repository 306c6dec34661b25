montage a b
