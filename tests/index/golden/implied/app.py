import sys

import pandas

frame = pandas.read_excel("in.xlsx")
print(frame.to_markdown())
frame.to_sql("t", "postgresql://db.example/x")
pandas.read_parquet("x.parquet")
open("out.txt", "w").write("x")
