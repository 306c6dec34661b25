import pandas

pandas.read_excel("own-module.xls")
