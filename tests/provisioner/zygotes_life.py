# SPDX-License-Identifier: Apache-2.0
"""What becomes of a server's zygotes with time (docs/zygotes.md): death, eviction, renewal."""
import json
import os
import shutil
import signal
import time

from support import eventually, main
from zygote_server import ROOT, Server

HAS_ONE = (ROOT, "--", "python3", "-c", "import sys; print('sbx_one' in sys.modules)")


def is_made_again(now, before, victim):
	"""It, and the one below it."""
	return all(now.get(modules, {}).get("state") == "ready" for modules in before) and \
		now[victim]["pid"] != before[victim]["pid"]


def test_a_zygote_that_died_is_made_again(t):
	"""And requests are served all the while: by the next best one, or without."""
	server = Server(t)
	server.ctl("warm", "mine", "sbx_one", ROOT, 1).ok()
	one = server.zygotes()
	assert set(one) == {"", "sbx_one"} and one["sbx_one"]["pss_bytes"] > 1 << 20, one
	for victim in ("sbx_one", "", "sbx_one"):
		before = server.zygotes()
		os.kill(before[victim]["pid"], signal.SIGKILL)
		assert server.create("mine", "sbx_one", *HAS_ONE).ok().out in ("True\n", "False\n")
		eventually(lambda b=before, v=victim: is_made_again(server.zygotes(), b, v),
			   lambda v=victim: f"{v!r} is not made again: {server.zygotes()}")
		assert server.create("mine", "sbx_one", *HAS_ONE).ok().out == "True\n"
	server.end()


def test_zygotes_whose_sandbox_died_are_made_again(t):
	server = Server(t)
	server.ctl("warm", "mine", "sbx_one", ROOT, 1).ok()
	before = server.zygotes()
	with open(f"/proc/{before['']['pid']}/stat", encoding="ascii") as f:
		init = int(f.read().rsplit(")", 1)[1].split()[1])
	os.kill(init, signal.SIGKILL)
	# With it all tasks end, one that had just begun among them.
	eventually(lambda: not os.path.exists(f"/proc/{init}"), "it lives on")
	assert server.create("mine", "sbx_one", *HAS_ONE).ok().out in ("True\n", "False\n")
	eventually(lambda: is_made_again(server.zygotes(), before, "sbx_one"),
		   lambda: f"they are not made again: {server.zygotes()}")
	assert server.create("mine", "sbx_one", *HAS_ONE).ok().out == "True\n"
	server.end()


def test_what_could_not_be_made_again_is_tried_again_by_itself(t):
	"""Nobody asks for it meanwhile, and nothing else happens to it."""
	library = shutil.copy(os.environ["SBX_ZYGOTE"], t.path("library"))
	server = Server(t, "--zygote", library)
	server.ctl("warm", "mine", "sbx_one", ROOT, 0).ok()
	before = server.zygotes()
	os.rename(library, library + ".away")
	os.kill(before[""]["pid"], signal.SIGKILL)
	eventually(lambda: server.zygotes()[""]["state"] == "ended", "it lives on")
	os.rename(library + ".away", library)
	eventually(lambda: is_made_again(server.zygotes(), before, "sbx_one"),
		   lambda: f"they are not made again: {server.zygotes()}")
	server.end()


def test_what_fails_each_time_is_tried_less_and_less_often(t):
	"""A zygote whose modules kill it: at once, after a second, and after two more."""
	server = Server(t)
	server.ctl("warm", "mine", "sbx_one", ROOT, 0).ok()
	seen = []

	def kill_the_next():
		row = server.zygotes().get("sbx_one", {})
		if row.get("state") != "ready" or row["pid"] in seen:
			return False
		seen.append(row["pid"])
		os.kill(row["pid"], signal.SIGKILL)
		return True
	began = time.monotonic()
	for _ in range(4):
		eventually(kill_the_next, lambda: f"none after {seen}")
	assert time.monotonic() - began > 3, seen
	server.end()


def test_those_used_longest_ago_make_room(t):
	server = Server(t, "--zygotes", "3")
	for modules in ("sbx_one", "sbx_two"):
		server.ctl("warm", "mine", modules, ROOT, 1).ok()
	assert server.create("mine", "sbx_one", *HAS_ONE).ok().out == "True\n"
	server.ctl("warm", "mine", "json", ROOT, 0).ok()
	states = {modules: row["state"] for modules, row in server.zygotes().items() if row["state"] != "ended"}
	assert states == {"": "ready", "sbx_one": "ready", "json": "ready"}, states
	# A family that nobody uses goes whole, before one is refused.
	server.ctl("warm", "other", "sbx_two", ROOT, 0).ok()
	rows = [json.loads(line) for line in server.ctl("zygotes").ok().out.splitlines()]
	assert len([row for row in rows if row["state"] == "ready"]) <= 3, rows
	server.end()


def test_more_memory_than_they_may_take_makes_room(t):
	server = Server(t, "--zygote-memory", "1M")
	server.ctl("warm", "mine", "sbx_one", ROOT, 0).ok()
	server.ctl("warm", "mine", "sbx_two", ROOT, 0).ok()
	states = {modules: row["state"] for modules, row in server.zygotes().items() if row["state"] != "ended"}
	assert states == {"": "ready", "sbx_two": "ready"}, states
	server.end()


def test_a_name_that_moves_renews_its_zygotes(t):  # root
	"""A template's name is put on another id: tasks are of that one at once, and soon forked."""
	roots = []
	state = t.disk_folder()  # beside ROOT: its files are linked
	os.chmod(state, 0o755)
	t.env["SBX_ROOT"] = state
	for digit in "ab":
		template = f"{state}/templates/{digit * 64}"
		os.makedirs(template)
		open(f"{template}/lock", "w", encoding="ascii").close()
		shutil.copytree(ROOT, f"{template}/root", symlinks=True, copy_function=os.link)
		with open(f"{template}/root/etc/which", "w", encoding="ascii") as f:
			f.write(digit)
		roots.append(digit * 64)
	name = f"{state}/templates/python"
	os.symlink(roots[0], name)
	server = Server(t, "--share", state)
	server.ctl("warm", "mine", "sbx_one", "python", 1).ok()
	script = "import sys; print(open('/etc/which').read(), 'sbx_one' in sys.modules)"
	task = ("python", "--", "python3", "-c", script)
	assert server.create("mine", "sbx_one", *task).ok().out == "a True\n"
	os.symlink(roots[1], name + ".new")
	os.rename(name + ".new", name)
	assert server.create("mine", "sbx_one", *task).ok().out == "b False\n"
	eventually(lambda: server.is_ready("sbx_one"), "they are not renewed")
	assert server.create("mine", "sbx_one", *task).ok().out == "b True\n"
	server.end()


def test_a_module_that_starts_threads_is_left_to_the_task(t):
	"""A copy of a process has not its threads: told by name, each time; the nearest zygote serves."""
	server = Server(t)
	server.ctl("warm", "mine", "sbx_one", ROOT, 1).ok()
	for _ in range(2):
		done = server.ctl("warm", "mine", "sbx_one,sbx_threads", ROOT, 1)
		assert done.status == 15 and "sbx_threads: starts threads" in done.err, done
	script = "import sys; print('sbx_threads' in sys.modules); import sbx_threads, threading; print(threading.active_count())"
	done = server.create("mine", "sbx_one,sbx_threads", ROOT, "--", "python3", "-c", script).ok()
	assert done.out == "False\n2\n", done
	server.end()


if __name__ == "__main__":
	main(globals())
