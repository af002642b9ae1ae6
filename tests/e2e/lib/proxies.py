# SPDX-License-Identifier: BSD-2-Clause
"""Real proxies in front of a Postfix: HAProxy, which passes connections on, and nginx, which
does the login by itself. Their configuration is a text of the test's, with the ports in it."""

import http.server
import os
import shutil
import socket
import threading

from . import process

NGINX_MODULES = "/usr/lib/nginx/modules"


class _Proxy:
    """`name`: of the program; `conf`: its whole configuration; `port` answers once it runs."""

    def __init__(self, root, name, conf, port):
        self.directory = f"{root}/{name}"
        os.makedirs(self.directory)
        self.conf_path = f"{self.directory}/{name}.conf"
        self._name = name
        self._port = port
        self._process = None
        with open(self.conf_path, "w", encoding="utf-8") as f:
            f.write(conf)

    def argv(self):
        raise NotImplementedError

    def start(self):
        with open(f"{self.directory}/output", "ab") as output:
            self._process = process.spawn(self.argv(), stdout=output, stderr=output)
        process.wait_until(self._answers, what=self._name)

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._name} ended at once: {self.output()}")
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
            return True
        except OSError:
            return False

    def output(self):
        with open(f"{self.directory}/output", encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        if self._process is not None:
            process.stop(self._process)
            self._process = None


class Haproxy(_Proxy):
    """`conf`: sections behind "global" and "defaults"."""

    def __init__(self, root, conf, port):
        super().__init__(root, "haproxy", f"global\n    nbthread 1\n{conf}", port)

    @staticmethod
    def found():
        return shutil.which("haproxy") is not None

    def argv(self):
        return ["haproxy", "-db", "-f", self.conf_path]


class Nginx(_Proxy):
    """`conf`: the block "mail"."""

    def __init__(self, root, conf, port):
        directory = f"{root}/nginx"
        super().__init__(root, "nginx",
                         f"load_module {NGINX_MODULES}/ngx_mail_module.so;\ndaemon off;\n"
                         f"pid {directory}/pid;\nworker_processes 1;\nevents {{ }}\n{conf}",
                         port)

    @staticmethod
    def found():
        return (shutil.which("nginx") is not None and
                os.path.exists(f"{NGINX_MODULES}/ngx_mail_module.so"))

    def argv(self):
        return ["nginx", "-p", self.directory, "-e", "stderr", "-c", self.conf_path]


class AuthHttp(http.server.ThreadingHTTPServer):
    """What nginx asks who may log in, and which server is to be spoken to. `names` has, by what
    was typed, the login that is handed on."""

    def __init__(self, accounts, upstream_port, names=None):
        super().__init__(("127.0.0.1", 0), _AuthHandler)
        self.accounts = accounts
        self.names = names or {}
        self.upstream_port = upstream_port
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True,
                         kwargs={"poll_interval": 0.05}).start()

    def close(self):
        self.shutdown()
        self.server_close()


class _AuthHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        user, password = self.headers["Auth-User"], self.headers["Auth-Pass"]
        login = self.server.names.get(user, user)
        self.send_response(200)
        if password is None or self.server.accounts.get(login) != password:
            self.send_header("Auth-Status", "Invalid login or password")
            self.send_header("Auth-Error-Code", "535 5.7.8")
        else:
            self.send_header("Auth-Status", "OK")
            self.send_header("Auth-Server", "127.0.0.1")
            self.send_header("Auth-Port", str(self.server.upstream_port))
            if login != user:
                self.send_header("Auth-User", login)
        self.end_headers()

    def log_message(self, *_):
        pass
