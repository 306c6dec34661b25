from subprocess import run as go
def run(x):
    return x
run(["not_a_program"])
go(["is_a_program"])
