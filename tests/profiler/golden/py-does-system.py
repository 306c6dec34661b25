import os
import pathlib
import shutil
import sqlite3
import subprocess
import threading
from multiprocessing import Pool
from concurrent.futures import ThreadPoolExecutor

open("read.txt")
open("plain.txt", "r")
open("report.txt", "w")
open(f"logs/{name}.log", mode="a")
open(os.path.join(folder, "inner.txt"), "wb")
pathlib.Path("notes.md").write_text("x")
os.makedirs("out/deep")
shutil.copy("a", "/srv/b")
sqlite3.connect(":memory:")
sqlite3.connect("state.db")
subprocess.run(["true"])
threading.Thread(target=print).start()
Pool(2)
with ThreadPoolExecutor() as pool:
    pass
os.setuid(0)
os.kill(1, 9)
if False:
    os.chroot("/never")
