import sys
try:
    import first
except ValueError:
    sys.exit(1)
except ImportError:
    first = None
try:
    import second
    main()
except Exception as error:
    print(error)
    sys.exit(1)
try:
    import third
except ImportError:
    try:
        import fourth
    except ImportError:
        sys.exit("needs third or fourth")
