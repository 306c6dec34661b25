import subprocess, sys
subprocess.run([sys.executable, "-m", "pip", "list"])
subprocess.run([sys.executable, "-c", "import colorama"])
subprocess.run(["python3", "-m", "http.server"])
subprocess.run(["bash", "-c", "jq . x | yq"])
subprocess.run(["sudo", "-u", "me", "env", "A=1", "nmap", "-sP"])
