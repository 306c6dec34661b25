from lib import reader
reader.read()
