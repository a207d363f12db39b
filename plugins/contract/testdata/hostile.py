"""Does its worst, as it is told."""
import json, os, socket, subprocess
import urllib.parse

import grpc
import plugin_pb2 as pb
import recueil


class Plugin:
    def configure(self, settings, secrets):
        pass

    def before_commit(self, entry, values, answer):
        pass

    def events(self, host, events):
        pass

    def request(self, method, path, body, host):
        self.host = host.acting("", "")  # for itself
        path, _, query = path.partition("?")
        act, arg = path.rsplit("/", 1)[1], urllib.parse.parse_qs(query).get("arg", [""])[0]
        return 200, getattr(self, "do_" + act)(arg)

    def do_well(self, arg):
        return "well"

    def do_commit(self, arg):
        last, arg = arg.split(":")
        values = {"fr": json.dumps({"title": arg}).encode()}
        try:
            made = self.host.commit(pb.EntryChange(action="create", collection="tried", id=arg, locales_json=values),
                                    pb.EntryChange(action="save", id=arg, locales_json=values), pb.EntryChange(action=last, id=arg))
            return "made %d" % len(made)
        except grpc.RpcError as e:
            return e.details()

    def do_env(self, arg):
        return dict(os.environ)

    def do_read(self, arg):
        try:
            with open(arg) as f:
                return f.read()
        except OSError as e:
            return str(e)

    def do_list(self, arg):
        try:
            return str(os.listdir(arg))
        except OSError as e:
            return str(e)

    def do_dial(self, arg):
        try:
            socket.create_connection(arg.rsplit(":", 1), timeout=5)
            return "dialled"
        except OSError as e:
            return str(e)

    def do_bomb(self, arg):
        everything = []
        try:
            while True:
                everything.append(bytes([1]) * (1 << 20))
        except MemoryError:
            os._exit(9)

    def do_fork(self, arg):
        subprocess.Popen(["/bin/sleep", arg])
        os._exit(3)

    def do_flood(self, arg):
        return "x" * (2 << 20)


if __name__ == "__main__":
    recueil.serve(Plugin())
