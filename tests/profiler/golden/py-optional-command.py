import subprocess
try:
    subprocess.run(["pandoc", "x.md"])
except FileNotFoundError:
    print("no pandoc")
try:
    subprocess.run(["xelatex", "x.tex"])
except subprocess.CalledProcessError:
    print("failed")
