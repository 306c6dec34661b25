import os, shutil, subprocess
import subprocess as sp
from subprocess import run, Popen as P
subprocess.run(["jq", "-c", "."])
sp.check_output(("ffprobe", "x"))
run(["convert", a, b], check=True)
P(["/usr/bin/dot", "-Tpng"])
subprocess.call("sqlite3")
subprocess.run("grep x f | sort | xmllint -", shell=True)
os.system("rsync -a a b && tar czf x .")
os.popen(f"exiftool {name}")
subprocess.run(f"{tool} --version", shell=True)
subprocess.run([tool, "x"])
subprocess.run(["git"] + arguments)
subprocess.run(args=["curl", "-s"])
if shutil.which("bat"):
    pass
os.execvp("less", ["less"])
obj.run(["not_a_program"])
print(["not_run", "x"])
