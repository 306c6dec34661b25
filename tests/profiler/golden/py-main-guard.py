import a
def main():
    import b
if __name__ == "__main__":
    import c
    main()
if "__main__" == __name__: import d
