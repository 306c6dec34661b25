import openpyxl


class Table:
    def to_excel(self, path):
        return path


rows.to_excel("nobody-imports-pandas.xlsx")
pandas = {}
pandas.read_excel("a-variable.xls")
