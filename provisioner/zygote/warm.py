# SPDX-License-Identifier: Apache-2.0
# The part of a zygote that is easier said in Python. It lives in a name space of its own, in no
# module, and imports nothing that the interpreter has not loaded by itself: a task must not see it.
import sys
BARE = set(sys.modules)  # what any interpreter has at its start
import atexit
import gc
import io
import os

for added in set(sys.modules) - BARE:
	del sys.modules[added]
REHEARSALS = 20  # as many calls as the interpreter takes to settle how it runs a function


def warm_up(module):
	__import__(module)


def settle():
	"""In a zygote that is about to be forked: no more is written to its pages than must be."""
	for _ in range(REHEARSALS):
		_reseed()
		_rehearse()
	_forget_folders()
	gc.collect()
	# A collector's marks in each object would have each page copied in each task.
	gc.freeze()
	global shared
	shared = {name: module for name, module in sys.modules.items() if name not in BARE}


shared = {}  # modules that tasks have from the zygote


@atexit.register  # the first, and so the last to be called
def leave():
	"""
	At a task's end, with its threads ended and all handlers called: the interpreter would take all
	modules apart, object by object, each on a page of the zygote's. Those are left alone.
	"""
	if not shared:
		return
	gc.collect()
	for thing in gc.get_objects():
		if io._io._IOBase in type(thing).__mro__:
			try:
				thing.flush()
			except Exception:
				pass
	for name, module in shared.items():
		if sys.modules.get(name) is module:
			del sys.modules[name]


def ready():
	"""In a task's process, before it is known what it will run."""
	_reseed()
	_forget()
	_rehearse()
	_renew_main()


def begin(words, variables):
	"""What the interpreter would have done at its start."""
	_environment(variables)
	_arguments([os.fsdecode(word) for word in words])
	_streams()


def _rehearse():
	"""What begin() and a script's first lines do, without a trace."""
	names = "argv", "orig_argv", "stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__"
	kept = {name: getattr(sys, name) for name in names if hasattr(sys, name)}
	path, variables = sys.path[:], dict(os.environb)
	begin([b"python3", b"-c", b"", b"-"], [b"TERM=dumb", b"PATH=/usr/bin"])
	exec(compile("import sys\nx = 1", "<string>", "exec"), {})
	print(end="", flush=True)
	_environment([name + b"=" + value for name, value in variables.items()])
	sys.path[:] = path
	for name, value in kept.items():
		setattr(sys, name, value)


def _renew_main():
	"""What is in it when the task ends is collected, as its zygote's would not be (gc.freeze)."""
	old = sys.modules["__main__"]
	new = type(old)("__main__")
	new.__dict__.update(old.__dict__)
	for name in "__main__", "__mp_main__":
		if sys.modules.get(name) is old:
			sys.modules[name] = new


def _environment(variables):
	os.environ.clear()
	for variable in variables:
		name, equals, value = variable.partition(b"=")
		if name and equals:
			os.environb[name] = value
	time = sys.modules.get("time")
	if time and b"TZ" in os.environb:
		time.tzset()


def _arguments(words):
	form = words[1] if len(words) > 1 else ""
	if form in ("-c", "-m"):
		sys.argv = [form] + words[3:]
	else:
		sys.argv = [form] + words[2:]
	if hasattr(sys, "orig_argv"):
		sys.orig_argv = words
	if form == "-m":
		first = os.getcwd()
	elif form in ("", "-", "-c"):
		first = ""
	elif _importer(_absolute(form)):
		first = _absolute(form)
	else:
		first = os.path.dirname(os.path.realpath(form))
	sys.path.insert(0, first)


def _streams():
	"""New ones: what they are written to decides how they are buffered."""
	for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
		old = getattr(sys, name)
		buffer = io.open(fd, mode + "b", -1, closefd=False)
		buffer.raw.name = f"<{name}>"
		text = io.TextIOWrapper(buffer, old.encoding, old.errors, "\n",
			line_buffering=fd == 2 or buffer.raw.isatty())
		text.mode = mode
		setattr(sys, name, text)
		setattr(sys, f"__{name}__", text)


def _reseed():
	"""What two processes forked from one would otherwise draw alike. reseed.c does OpenSSL."""
	loaded = sys.modules.get
	if loaded("random"):
		loaded("random").seed()
	if loaded("numpy.random"):
		loaded("numpy.random").seed()
	if loaded("uuid"):
		loaded("uuid")._node = loaded("uuid")._last_timestamp = None
	if loaded("tempfile"):
		loaded("tempfile")._name_sequence = None
	process = loaded("multiprocessing.process")
	if process:
		process.current_process().authkey = os.urandom(32)


def _forget():
	"""What was true of the zygote's process and files."""
	loaded = sys.modules.get
	if loaded("tempfile"):
		loaded("tempfile").tempdir = None
	process = loaded("multiprocessing.process")
	if process:
		process.ORIGINAL_DIR = os.getcwd()
	threading = loaded("threading")
	if threading and hasattr(threading.main_thread(), "_set_native_id"):
		threading.main_thread()._set_native_id()


def _forget_folders():
	"""What was in them: binds may have put others there, and files from the store all have one date."""
	for path, finder in list(sys.path_importer_cache.items()):
		if finder is None:
			del sys.path_importer_cache[path]
		elif hasattr(finder, "invalidate_caches"):
			finder.invalidate_caches()


def _absolute(script):
	return os.path.join(os.getcwd(), script)


def _importer(path):
	for hook in sys.path_hooks:
		try:
			return hook(path)
		except ImportError:
			pass
	return None


def script(words):
	"""(absolute name, the same as bytes, is it a folder or an archive with a __main__)"""
	path = _absolute(os.fsdecode(words))
	importer = sys.path_importer_cache[path] = _importer(path)
	return path, os.fsencode(path), importer is not None


def cannot_open(program, path, error, is_folder):
	if is_folder:
		reason = f"{path!r} is a directory, cannot continue"
	else:
		reason = f"can't open file {path!r}: [Errno {error}] {os.strerror(error)}"
	print(f"{program}: {reason}", file=sys.stderr)
