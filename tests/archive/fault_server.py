# SPDX-License-Identifier: Apache-2.0
"""An HTTP server on loopback whose answers go wrong in the ways a test asks for."""
import email.utils
import http.server
import re
import socketserver
import threading
import time


class Fault:
    """How one path misbehaves; `left` counts down, None: for ever."""

    def __init__(self, kind, left=None, value=None):
        self.kind, self.left, self.value = kind, left, value


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        path = self.path
        with server.lock:
            self.round = server.round
            server.requests.append((path, dict(self.headers)))
            fault = server.faults.get(path)
            if fault and fault.left is not None:
                if fault.left == 0:
                    fault = None
                else:
                    fault.left -= 1
        if fault:
            return getattr(self, "fault_" + fault.kind)(fault.value)
        return self.answer(server.files.get(path))

    def fault_status(self, status):
        body = b"an error page that must not end up in a file\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.count(body)

    def fault_cut(self, n_bytes):
        """Announce all, send the first n bytes (of what was asked for), hang up."""
        self.answer(self.server.files[self.path], cut=n_bytes)

    def fault_no_range(self, _):
        self.answer(self.server.files[self.path], ranges=False)

    def fault_bytes(self, body):
        self.answer(body)

    def fault_redirect(self, target):
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def fault_hang(self, seconds):
        """The head and a few bytes, then nothing."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.count(b"x" * 1000)
        time.sleep(seconds)
        self.close_connection = True

    def fault_slow(self, seconds):
        """All of it, in that many seconds."""
        body = self.server.files[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        step = len(body) // 10
        for i in range(0, len(body), step):
            self.count(body[i:i + step])
            time.sleep(seconds / 10)

    def fault_wrong_part(self, _):
        """Answers any range with the file's beginning, and says so."""
        body = self.server.files[self.path]
        if not self.headers.get("Range"):
            return self.answer(body)
        self.send_response(206)
        self.send_header("Content-Range", "bytes 0-%d/%d" % (len(body) - 1, len(body)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.count(body)

    def fault_unannounced(self, body):
        """No Content-Length: the connection's end is the answer's."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.count(body)
        self.close_connection = True

    def answer(self, body, cut=None, ranges=True):
        if body is None:
            return self.fault_status(404)
        etag = self.server.etags.get(self.path)
        date = self.server.dates.get(self.path)
        if (etag and self.headers.get("If-None-Match") == etag) or \
           (date and self.headers.get("If-Modified-Since") == date):
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if match and ranges and (not condition or condition in (etag, date)):
            start = int(match.group(1))
            if start >= len(body):
                return self.fault_status(416)
            self.send_response(206)
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
        else:
            self.send_response(200)
        if etag:
            self.send_header("ETag", etag)
        if date:
            self.send_header("Last-Modified", date)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.count(body[start:] if cut is None else body[start:start + cut])
        if cut is not None:
            self.close_connection = True

    def count(self, body):
        with self.server.lock:
            # Else it is the rest of an answer to a client that is gone.
            if self.round == self.server.round:
                self.server.n_bytes += len(body)
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.etags, self.dates, self.faults = {}, {}, {}, {}
        self.requests, self.n_bytes, self.round = [], 0, 0
        self.lock = threading.Lock()
        self.uri = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what some tests are about

    def clear(self):
        with self.lock:
            self.faults.clear()
            self.requests.clear()
            self.n_bytes = 0
            self.round += 1


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)
