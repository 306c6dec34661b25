from pandas import *

read_excel("old.xls")
