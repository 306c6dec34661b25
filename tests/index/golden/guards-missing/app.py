try:
    import nowhere_one
except ImportError:
    import nowhere_two
