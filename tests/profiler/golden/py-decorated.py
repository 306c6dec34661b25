@decorator
def f(x=__import__("default_value")):
    return lambda: __import__("in_lambda")
async def g():
    async with x:
        from a.b.c import d
match command:
    case "x":
        import in_case
value = __import__("if_true") if flag else __import__("if_false")
