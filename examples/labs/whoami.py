"""Answer every TCP connection with a name: `python whoami.py 80 backend1`."""

import argparse
import socketserver


class Answer(socketserver.BaseRequestHandler):
    name = ""

    def handle(self) -> None:
        self.request.sendall(f"{self.name}\n".encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("name")
    arguments = parser.parse_args()
    Answer.name = arguments.name
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("", arguments.port), Answer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
