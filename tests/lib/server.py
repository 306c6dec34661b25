# SPDX-License-Identifier: Apache-2.0
"""
An HTTP/1.1 server on loopback for tests: a folder's files, with faults by rule and a log of what
was asked for and how many bytes went out. It does Range, If-Range, ETag and If-Modified-Since as
RFC 9110 says, since the programs under test depend on all of them.
"""

import email.utils
import hashlib
import http.server
import os
import re
import socket
import struct
import threading
import time
import urllib.parse


class Rule:
	"""
	A fault for the paths that `pattern` (a regular expression, searched) fits:
	status 404/503/... an error instead; truncate: at most so many bytes of the body, then the
	connection ends; corrupt: the byte at that offset is another; delay: seconds before the answer;
	slow: bytes a second; drop: the connection is reset before any answer; no_range: Range is
	ignored; redirect: a Location. `times`: how often it strikes (None: always).
	"""

	def __init__(self, pattern, status=None, truncate=None, corrupt=None, delay=0, slow=None,
		     drop=False, no_range=False, redirect=None, times=None):
		self.pattern = re.compile(pattern)
		self.status, self.truncate, self.corrupt = status, truncate, corrupt
		self.delay, self.slow, self.drop = delay, slow, drop
		self.no_range, self.redirect, self.times = no_range, redirect, times


class Request:
	def __init__(self, method, path, headers):
		self.method, self.path, self.headers = method, path, headers
		self.status, self.n_bytes = 0, 0

	def conditional(self):
		return "if-none-match" in self.headers or "if-modified-since" in self.headers

	def __repr__(self):
		mark = " (conditional)" if self.conditional() else ""
		return f"{self.method} {self.path}{mark} -> {self.status}, {self.n_bytes} bytes"


def _etag(info):
	return '"' + hashlib.sha256(f"{info.st_mtime_ns}-{info.st_size}".encode()).hexdigest()[:24] + '"'


def _parse_range(value, size):
	"""(first, last) of a single byte range, None to ignore it, "bad" when it can't be served."""
	match = re.fullmatch(r"bytes=(\d*)-(\d*)", value.strip())
	if not match or match.groups() == ("", ""):
		return None
	first, last = match.groups()
	if first == "":
		first, last = max(0, size - int(last)), size - 1
	else:
		first, last = int(first), min(int(last) if last else size - 1, size - 1)
	return (first, last) if first <= last and first < size else "bad"


class Handler(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	timeout = 60

	def log_message(self, *args):
		pass

	def do_HEAD(self):
		self.do_GET()

	def do_GET(self):
		server = self.server.owner
		path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
		headers = {k.lower(): v for k, v in self.headers.items()}
		request = Request(self.command, path, headers)
		rule = server.take(request)
		if rule and rule.delay:
			time.sleep(rule.delay)
		if rule and rule.drop:
			return self.reset()
		if rule and (rule.status or rule.redirect):
			return self.answer(request, rule.status or 302, b"fault on demand\n",
					   {"Location": rule.redirect} if rule.redirect else {})
		file = os.path.normpath(server.folder + "/" + path)
		if not file.startswith(server.folder + "/") or not os.path.isfile(file):
			return self.answer(request, 404, b"not found\n")
		return self.send_file(request, file, rule)

	def reset(self):
		"""End with RST rather than FIN, as a broken link does."""
		self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		self.close_connection = True
		self.connection.close()

	def answer(self, request, status, body, headers=None):
		request.status = status
		self.send_response(status)
		for key, value in (headers or {}).items():
			self.send_header(key, value)
		self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		if self.command != "HEAD":
			self.wfile.write(body)
			request.n_bytes = len(body)

	def send_file(self, request, file, rule):
		info = os.stat(file)
		etag = _etag(info)
		modified = email.utils.formatdate(int(info.st_mtime), usegmt=True)
		headers = {"ETag": etag, "Last-Modified": modified, "Accept-Ranges": "bytes"}
		if self.unchanged(request, etag, info):
			request.status = 304
			self.send_response(304)
			for key, value in headers.items():
				self.send_header(key, value)
			return self.end_headers()
		first, last, status = 0, info.st_size - 1, 200
		if "range" in request.headers and not (rule and rule.no_range) and \
				request.headers.get("if-range", etag) in (etag, modified):
			span = _parse_range(request.headers["range"], info.st_size)
			if span == "bad":
				return self.answer(request, 416, b"", {"Content-Range": f"bytes */{info.st_size}"})
			if span:
				first, last, status = *span, 206
				headers["Content-Range"] = f"bytes {first}-{last}/{info.st_size}"
		request.status = status
		self.send_response(status)
		for key, value in headers.items():
			self.send_header(key, value)
		self.send_header("Content-Length", str(last - first + 1))
		self.end_headers()
		if self.command != "HEAD":
			self.send_bytes(request, file, first, last, rule)

	@staticmethod
	def unchanged(request, etag, info):
		if "if-none-match" in request.headers:
			tags = [t.strip() for t in request.headers["if-none-match"].split(",")]
			return "*" in tags or etag in [t.removeprefix("W/") for t in tags]
		since = request.headers.get("if-modified-since")
		when = email.utils.parsedate_to_datetime(since) if since else None
		return bool(when) and int(info.st_mtime) <= when.timestamp()

	def send_bytes(self, request, file, first, last, rule):
		left = last - first + 1
		if rule and rule.truncate is not None and rule.truncate < left:
			left = rule.truncate
			self.close_connection = True
		with open(file, "rb") as f:
			f.seek(first)
			while left > 0:
				chunk = f.read(min(left, 4096 if rule and rule.slow else 65536))
				offset = f.tell() - len(chunk)
				if rule and rule.corrupt is not None and \
						offset <= rule.corrupt < offset + len(chunk):
					i = rule.corrupt - offset
					chunk = chunk[:i] + bytes([chunk[i] ^ 0xFF]) + chunk[i + 1:]
				self.wfile.write(chunk)
				left -= len(chunk)
				request.n_bytes += len(chunk)
				if rule and rule.slow:
					time.sleep(len(chunk) / rule.slow)


class _HTTPServer(http.server.ThreadingHTTPServer):
	daemon_threads = True
	block_on_close = False

	def handle_error(self, request, client_address):
		pass  # a client that goes away is part of the tests


class Server:
	"""Serve `folder`; `folder`, `rules` and `log` may be changed while it runs."""

	def __init__(self, folder, port=0):
		self.folder = os.path.abspath(folder)
		self.rules, self.log = [], []
		self.lock = threading.Lock()
		self.http = _HTTPServer(("127.0.0.1", port), Handler)
		self.http.owner = self
		self.port = self.http.server_address[1]
		self.uri = f"http://127.0.0.1:{self.port}/"
		self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
		self.thread.start()

	def take(self, request):
		"""Log the request and pick the first rule that fits it."""
		with self.lock:
			self.log.append(request)
			for rule in self.rules:
				if rule.pattern.search(request.path) and rule.times != 0:
					if rule.times:
						rule.times -= 1
					return rule
		return None

	def fault(self, pattern, **what):
		with self.lock:
			self.rules.append(Rule(pattern, **what))

	def clear(self):
		"""Forget all faults and what was logged."""
		with self.lock:
			self.rules, self.log = [], []

	def requests(self, pattern="", method=None):
		with self.lock:
			return [r for r in self.log if re.search(pattern, r.path) and
				(method is None or r.method == method)]

	def n_bytes(self, pattern=""):
		return sum(r.n_bytes for r in self.requests(pattern))

	def close(self):
		self.http.shutdown()
		self.http.server_close()
