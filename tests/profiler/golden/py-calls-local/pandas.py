def read_excel(path): return path
