import socket
import requests
from urllib.request import urlopen
import http.server as web
from flask import Flask

BASE = "https://api.example.org:8443/v1"
requests.get(BASE)
requests.get(f"https://{host}/x")
session = requests.Session()
session.post("http://user:secret@example.net/form")
urlopen("https://example.com/a?b#c")
with socket.create_connection(("mail.example.org", 25)) as s:
    s.sendall(b"")
listener = socket.socket()
listener.bind(("", 8000))
web.HTTPServer(("127.0.0.1", 9000), None)
app = Flask(__name__)
app.run(host="0.0.0.0", port=5000)
socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
