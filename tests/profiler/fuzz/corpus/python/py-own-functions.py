import subprocess
class T:
    TOOL = "ffmpeg"
    def _run(self, args, check=True):
        return subprocess.run(args, check=check)
    def go(self):
        self._run(["jq", "."])
        subprocess.run([self.TOOL, "-i"])
def sh(cmd, **kw):
    p = subprocess.Popen(cmd, shell=True, **kw)
    return p.communicate()
sh("pdftotext a b && qpdf x")
def call(*argv):
    subprocess.check_call(argv)
call("xmlstarlet", "sel")
CMDS = [["zip", "a"], ["unzip", "b"]]
for c in CMDS:
    subprocess.run(c)
for prog in ("pandoc", "latexmk"):
    subprocess.run([prog, "--version"])
