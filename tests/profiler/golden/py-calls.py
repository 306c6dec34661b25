"""pd.read_excel("in-a-docstring.xls")"""
import pandas as pd
import pandas
from pandas import read_excel as read, ExcelFile
# pd.read_excel("in-a-comment.xls")

OLD = "ledger.xls"
TWICE = "a.xls"
TWICE = "b.xlsx"


def load(path):
    pd.read_excel("sheet.xlsx")
    pandas.read_excel(io="sheet.xls")
    read(OLD)
    pd.read_excel(TWICE)
    pd.read_excel(f"{path}/old.xls")
    return pd.read_excel(path, engine="calamine")


def read_excel(path):
    return "pd.read_excel('in-a-string.xls')"


if True:
    read_excel("own-function.xls")
    book.read_excel("other-object.xls")
    try:
        load("x").to_excel("out.xlsx")
    except Exception:
        pd.DataFrame([{"a": 1}])\
            .to_excel("continued.xlsx")
