import top
def function():
    import in_function
    class Inner:
        import in_inner_class
    if condition:
        import conditional_in_function
class Outer:
    import in_class
    def method(self):
        from in_method import x
if condition:
    import conditional
elif other:
    import in_elif
else:
    import in_else
for x in y:
    import in_loop
with open("x") as f:
    import in_with
async def coroutine():
    import in_coroutine
