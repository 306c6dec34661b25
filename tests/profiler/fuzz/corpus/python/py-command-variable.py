import subprocess
import os
command = ["ffmpeg", "-i", "in.mp4"]
command.append("out.mp4")
subprocess.run(command, check=True)
line = f"gnuplot -e 'x={1}' | tee log"
os.system(line)
other = ["never_run"]
def start(argv):
    subprocess.Popen(argv)
