# SPDX-License-Identifier: Apache-2.0
"""What ordinary programs do, and what must work in every posture: the other side of the attempts."""

import collections
import os
import shutil
import subprocess

from support import PATIENCE

Work = collections.namedtuple("Work", "name command output needs")


def python(name, script, output="ok"):
	return Work(name, ["/usr/bin/python3", "-c", script], output, "/usr/bin/python3")


def shell(name, script, output="ok", needs="/bin/sh"):
	return Work(name, ["/bin/sh", "-c", script], output, needs)


WORKS = [
	shell("pipeline", "printf 'b\\na\\nb\\n' | sort | uniq -c | awk '{n += $1} END {print n}' | "
			  "sed s/3/ok/"),
	shell("here-document", "cat <<X | tr a-z A-Z | tr A-Z a-z\nok\nX\n"),
	shell("substitution", "x=$(echo $(echo ok)); echo $x"),
	shell("background", "sleep 0.1 & wait $!; test $? = 0 && echo ok"),
	shell("trap", "trap 'echo ok; exit 0' TERM; kill -TERM $$; sleep 1"),
	shell("files", "cd /tmp && mkdir -p a/b && echo x > a/b/c && cp -r a d && mv d e && ln e/b/c f && "
		       "ln -s e g && chmod 600 f && touch -d 2001-01-01 f && rm -r a e g f && echo ok"),
	shell("tar", "cd /tmp && mkdir t && echo x > t/x && tar cf t.tar t && rm -r t && tar xf t.tar && "
		     "gzip t.tar && gunzip t.tar.gz && test \"$(cat t/x)\" = x && echo ok"),
	shell("find-xargs", "cd /tmp && touch q1 q2 q3 && test $(find . -name 'q*' | xargs -n1 echo | wc -l) "
			    "= 3 && echo ok"),
	shell("random", "test $(head -c 32 /dev/urandom | wc -c) = 32 && head -c 4 /dev/random > /dev/null && "
			"echo ok"),
	shell("null-zero-full", "head -c 9 /dev/zero > /dev/null && ! echo x 2>/dev/null > /dev/full; echo ok"),
	shell("standard-streams", "echo ok > /dev/stdout; cat /dev/stdin < /dev/null; echo x 2> /dev/null "
				  "> /dev/stderr; true"),
	shell("file-descriptors", "exec 3> /tmp/three; echo ok >&3; exec 3>&-; cat /tmp/three"),
	shell("fifo", "mkfifo /tmp/p; echo ok > /tmp/p & cat /tmp/p"),
	shell("identity", "test -n \"$(id -u)\" && test -n \"$HOME\" && pwd > /dev/null && hostname > /dev/null "
			  "&& echo ok"),
	shell("proc", "grep -q Name /proc/self/status && cat /proc/meminfo /proc/cpuinfo > /dev/null && "
		      "test -r /proc/sys/kernel/osrelease && echo ok"),
	shell("umask-modes", "umask 077; touch /tmp/m; stat -c %a /tmp/m | sed s/600/ok/"),
	shell("ulimit", "ulimit -n 64; ulimit -c 0; ulimit -n | sed s/64/ok/"),
	shell("dates-locales", "LC_ALL=C.UTF-8 date +%Y | grep -q 20 && TZ=UTC date > /dev/null && echo ok"),
	python("threads", "import threading\nx = []\nt = [threading.Thread(target=x.append, args=(i,)) for i in "
			  "range(8)]\n[i.start() for i in t]\n[i.join() for i in t]\nprint('ok', end='')"),
	python("thread-pool", "from concurrent.futures import ThreadPoolExecutor as T\n"
			      "print(list(T(4).map(str, ['ok']))[0])"),
	python("processes", "import multiprocessing as m\n"
			    "p = m.get_context('fork').Pool(2)\nassert p.map(abs, [-1, 2]) == [1, 2]\nprint('ok')"),
	python("spawn", "import subprocess\nprint(subprocess.check_output(['sh', '-c', 'echo ok'], "
			"text=True).strip())"),
	python("shared-memory", "from multiprocessing import shared_memory as s\n"
				"m = s.SharedMemory(create=True, size=9)\nm.buf[0] = 1\nm.close()\nm.unlink()\n"
				"print('ok')"),
	python("semaphores", "import multiprocessing as m\nl = m.Lock()\nl.acquire()\nl.release()\nprint('ok')"),
	python("sqlite", "import sqlite3\nc = sqlite3.connect('/tmp/x.db')\nc.execute('pragma "
			 "journal_mode=wal')\nc.execute('create table t(a)')\nc.execute('insert into t values (1)')\n"
			 "c.commit()\nprint('ok')"),
	python("temporary-files", "import tempfile as t\nt.TemporaryFile().write(b'x')\n"
				  "t.NamedTemporaryFile().write(b'x')\nt.TemporaryDirectory()\nprint('ok')"),
	python("tcp", "import socket as s, threading as t\nl = s.create_server(('127.0.0.1', 0))\n"
		      "c = s.create_connection(l.getsockname())\na, _ = l.accept()\na.send(b'ok')\n"
		      "print(c.recv(2).decode())"),
	python("tcp6", "import socket as s\nl = s.create_server(('::1', 0), family=s.AF_INET6)\n"
		       "s.create_connection(l.getsockname()[:2])\nprint('ok')"),
	python("udp", "import socket as s\na = s.socket(s.AF_INET, s.SOCK_DGRAM)\na.bind(('127.0.0.1', 0))\n"
		      "a.sendto(b'ok', a.getsockname())\nprint(a.recv(2).decode())"),
	python("unix-sockets", "import socket as s, os\nl = s.socket(s.AF_UNIX)\nl.bind('/tmp/s')\nl.listen()\n"
			       "c = s.socket(s.AF_UNIX)\nc.connect('/tmp/s')\na, _ = l.accept()\n"
			       "s.send_fds(a, [b'x'], [0])\nassert s.recv_fds(c, 1, 1)[1]\nprint('ok')"),
	python("abstract-sockets", "import socket as s\nl = s.socket(s.AF_UNIX)\nl.bind('\\0x')\nl.listen()\n"
				   "s.socket(s.AF_UNIX).connect('\\0x')\nprint('ok')"),
	python("socketpair", "import socket\na, b = socket.socketpair()\na.send(b'ok')\nprint(b.recv(2).decode())"),
	python("names-of-hosts", "import socket\nsocket.getaddrinfo('127.0.0.1', 80)\nprint('ok')"),
	python("asyncio", "import asyncio\nasync def f():\n  p = await asyncio.create_subprocess_exec('true')\n"
			  "  await p.wait()\n  await asyncio.sleep(0.01)\n  return 'ok'\nprint(asyncio.run(f()))"),
	python("epoll", "import select, os\nr, w = os.pipe()\ne = select.epoll()\ne.register(r)\nos.write(w, b'x')\n"
			"assert e.poll(1)\nprint('ok')"),
	python("signals", "import signal, os\ngot = []\nsignal.signal(signal.SIGUSR1, lambda *a: got.append(1))\n"
			  "os.kill(os.getpid(), signal.SIGUSR1)\nsignal.alarm(5)\nsignal.setitimer("
			  "signal.ITIMER_REAL, 0)\nprint('ok' if got else '')"),
	python("file-locks", "import fcntl\nf = open('/tmp/l', 'w')\nfcntl.flock(f, fcntl.LOCK_EX)\n"
			     "fcntl.lockf(f, fcntl.LOCK_EX)\nprint('ok')"),
	python("memory-maps", "import mmap\nm = mmap.mmap(-1, 4096)\nm[0] = 1\n"
			      "open('/tmp/m', 'wb').write(b'x' * 4096)\nf = open('/tmp/m', 'r+b')\n"
			      "n = mmap.mmap(f.fileno(), 0)\nn[0] = 2\nn.flush()\nprint('ok')"),
	python("memfd", "import os\nf = os.memfd_create('x')\nos.write(f, b'ok')\nprint(os.pread(f, 2, 0).decode())"),
	python("just-in-time", "import mmap, ctypes\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xc3')\n"
			       "print('ok')"),
	python("ctypes", "import ctypes\nprint('ok' if ctypes.CDLL(None).getpid() > 0 else '')"),
	python("clocks", "import time\nt = time.monotonic()\ntime.sleep(0.01)\nassert time.monotonic() > t\n"
			 "time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)\nprint('ok')"),
	python("pty", "import pty, os\na, b = pty.openpty()\nos.write(b, b'ok')\nprint(os.read(a, 2).decode())"),
	python("randomness", "import random, uuid, secrets\nuuid.uuid4()\nsecrets.token_bytes(8)\nprint('ok')"),
	python("tls", "import ssl, hashlib\nssl.create_default_context()\nhashlib.sha256(b'x')\nprint('ok')"),
	python("encodings", "open('/tmp/\\u00e4\\u00f6', 'w', encoding='utf-8').write('\\u20ac')\n"
			    "import os\nprint('ok' if '\\u00e4\\u00f6' in os.listdir('/tmp') else '')"),
	python("inotify", "import ctypes\nc = ctypes.CDLL(None)\nf = c.inotify_init()\n"
			  "print('ok' if f >= 0 and c.inotify_add_watch(f, b'/tmp', 256) >= 0 else '')"),
	python("timers-events", "import ctypes\nc = ctypes.CDLL(None)\n"
				"print('ok' if c.timerfd_create(1, 0) >= 0 and c.eventfd(0, 0) >= 0 else '')"),
	python("attributes", "import os\nopen('/tmp/a', 'w')\ntry:\n  os.setxattr('/tmp/a', 'user.x', b'1')\n"
			     "except OSError as e:\n  assert e.errno == 95\nos.listxattr('/tmp/a')\nprint('ok')"),
	python("sendfile", "import os\nopen('/tmp/i', 'w').write('ok')\ni = os.open('/tmp/i', 0)\n"
			   "o = os.open('/tmp/o', os.O_CREAT | os.O_WRONLY)\nos.sendfile(o, i, 0, 2)\n"
			   "os.copy_file_range(i, o, 2)\nprint(open('/tmp/o').read()[:2])"),
	python("resource-limits", "import resource as r\nr.setrlimit(r.RLIMIT_CORE, (0, 0))\n"
				  "r.getrusage(r.RUSAGE_SELF)\nprint('ok')"),
	python("standard-library", "import json, csv, re, zipfile, tarfile, logging, argparse, http.client, "
				   "email, xml.etree.ElementTree, decimal, datetime\nprint('ok')"),
	Work("perl", ["/usr/bin/perl", "-e", "open(F, '>', '/tmp/p'); print F 'ok'; close F; "
		      "my $p = fork; if (!$p) { exit 0 } waitpid $p, 0; print `cat /tmp/p`"], "ok",
	     "/usr/bin/perl"),
	shell("compiler", "echo 'int main(void) { return 0; }' > /tmp/x.c && cc -o /tmp/x /tmp/x.c && /tmp/x && "
			  "echo ok", needs="/usr/bin/cc"),
	shell("git", "cd /tmp && export HOME=/tmp && git init -q r && cd r && echo x > x && git add x && git -c "
		     "user.name=a -c user.email=b commit -qm x && git log --oneline | wc -l | sed s/1/ok/",
	      needs="/usr/bin/git"),
	shell("node", "echo \"console.log(String.fromCharCode(111, 107))\" > /tmp/x.js && node /tmp/x.js",
	      needs="/usr/bin/node"),
	shell("sleep-infinity-killed", "sleep 100 & kill $!; wait $!; test $? = 143 && echo ok"),
]


def system(h):
	"""A template of the host's own programs: links, and what they look up in /etc."""
	root = h.path("system")
	if os.path.isdir(root):
		return root
	made = root + f".{os.getpid()}"
	for folder in ("usr", "etc", "tmp", "proc", "dev", "sys", "root", "var/tmp", "output", "task"):
		os.makedirs(os.path.join(made, folder), exist_ok=True)
	for name in ("bin", "sbin", "lib", "lib64"):
		os.symlink("usr/" + name, os.path.join(made, name))
	for name in ("passwd", "group", "ld.so.cache", "nsswitch.conf", "hosts", "localtime", "alternatives"):
		source = os.path.join("/etc", name)
		if os.path.isdir(source):
			shutil.copytree(source, os.path.join(made, "etc", name), symlinks=True)
		elif os.path.exists(source):
			shutil.copy(source, os.path.join(made, "etc", name), follow_symlinks=False)
	os.rename(made, root)
	return root


def check(work, posture, h):
	if not os.path.exists(work.needs):
		return True, f"{work.needs} is not here"
	options = ["--policy", posture, "--defaults", posture, "--ro-bind", "/usr:/usr"]
	if not h.has_limits:
		options.append("--best-effort")
	done = subprocess.run([h.provision, "run", *options, h.system, "--", *work.command], env=h.env(),
			      cwd=h.tmp, capture_output=True, text=True, check=False, timeout=PATIENCE,
			      stdin=subprocess.DEVNULL)
	text = (done.stdout + done.stderr).strip()
	return done.returncode == 0 and done.stdout.strip() == work.output, text.replace("\n", "; ")[-200:]
