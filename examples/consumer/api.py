"""An API that wants a key: python3 api.py PORT KEY"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

if len(sys.argv) != 3:
    sys.exit(__doc__)
port, key = sys.argv[1:]


class Weather(BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers["authorization"] == f"Bearer {key}"
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(b"sunny\n" if allowed else b"wrong key\n")


server = HTTPServer(("127.0.0.1", int(port)), Weather)
print(f"listening on http://127.0.0.1:{port}", flush=True)
server.serve_forever()
