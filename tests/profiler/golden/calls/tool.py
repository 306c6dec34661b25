#!/usr/bin/env python3
import subprocess, yaml
subprocess.run(["ffmpeg", "-i", "x"])
