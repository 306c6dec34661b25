import pandas


class Table:
    def to_excel(self, path):
        return path


Table().to_excel("out.xlsx")
