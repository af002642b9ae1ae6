# SPDX-License-Identifier: BSD-2-Clause
"""policy-examples/behind-proxy with the real programs in front: its haproxy.cfg and nginx.conf
as they stand there, but for ports and certificates. The cases of the example are
test_example.py's; here it is seen that the proxies say what the cases take for granted."""

import json
import pathlib

import pytest
from lib import process, smtp
from lib.examples import EXAMPLES, PostfixSite, password_of, proxy_header, services_of
from lib.expect import check_log, check_refusal
from lib.office import Office, must
from lib.proxies import AuthHttp, Haproxy, Nginx
from lib.trace import Received

ANNA, BEN, INFO = "anna@example.org", "ben@example.org", "info@example.org"
FILES = EXAMPLES / "behind-proxy"

# A balancer before the one of the example: it says of clients that a test has made up.
OUTER = """
listen outer
    mode    tcp
    bind    127.0.0.1:{port} accept-proxy
    timeout connect 10s
    timeout client  1m
    timeout server  1m
    server  inner 127.0.0.1:{target} {send}
"""


IPV4_ONLY = """\
ipv4-only inet n - y - - smtpd
  -o smtpd_upstream_proxy_protocol=haproxy
  -o inet_protocols=ipv4
"""


def replaced(text, *pairs):
    for theirs, ours in pairs:
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    return text


class Site:
    """The example, HAProxy on `balanced` (and before that, for clients of the PROXY protocol, on
    `outer`; by version 1 on `version_1`), nginx on `proxied`."""

    def __init__(self, root, programs, sink):
        self.example = PostfixSite("behind-proxy", f"{root}/p", programs, sink)
        self.example.mta.services["ipv4-only"] = services_of(IPV4_ONLY)[0]
        self.office = Office(self.example.mta, sink)
        self.balanced, self.outer, self.version_1, self.proxied = process.free_ports(4)
        self.haproxy = self.nginx = self.auth_http = None

    def start(self):
        self.example.start()
        root = self.example.mta.root
        if Haproxy.found():
            port = self.example.service("balanced").port
            conf = replaced((FILES / "haproxy.cfg").read_text(), (":::587", f":::{self.balanced}"),
                            ("127.0.0.1:10587", f"127.0.0.1:{port}"))
            conf += OUTER.format(port=self.outer, target=port, send="send-proxy-v2")
            conf += OUTER.format(port=self.version_1, target=port,
                                 send="send-proxy").replace("outer", "version-1")
            self.haproxy = Haproxy(root, conf, self.balanced)
            self.haproxy.start()
        if Nginx.found():
            self.auth_http = AuthHttp({ANNA: password_of(ANNA)},
                                      self.example.service("proxied").port,
                                      {"the-anna": ANNA})
            etc = self.example.mta.etc
            conf = replaced((FILES / "nginx.conf").read_text(),
                            ("127.0.0.1:9587", f"127.0.0.1:{self.auth_http.port}"),
                            ("listen              587", f"listen 127.0.0.1:{self.proxied}"),
                            ("/etc/nginx/mail.pem", f"{etc}/cert.pem"),
                            ("/etc/nginx/mail.key", f"{etc}/key.pem"))
            self.nginx = Nginx(root, conf, self.proxied)
            self.nginx.start()

    def stop(self):
        for each in (self.haproxy, self.nginx, self.example):
            if each is not None:
                each.stop()
        if self.auth_http is not None:
            self.auth_http.close()

    def session(self, port, login=None, **options):
        """A session at a port: STARTTLS and AUTH PLAIN."""
        client = smtp.Client(port, **options)
        must(client.ehlo("pc.example.org"))
        must(client.starttls(self.example.mta.ca_file))
        must(client.ehlo("pc.example.org"))
        if login is not None:
            must(client.auth_plain(login, password_of(ANNA)))
        return client

    def send(self, client, sender, author):
        return self.office.send(client, sender, [f"From: {author}"])


@pytest.fixture(scope="module")
def module_site(root, programs, sink):
    site = Site(root, programs, sink)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(module_site):
    yield module_site
    module_site.office.audit()


@pytest.fixture
def balanced(site):
    if site.haproxy is None:
        pytest.skip("haproxy is not installed")
    return site


@pytest.fixture
def proxied(site):
    if site.nginx is None:
        pytest.skip("nginx with its mail module is not installed")
    return site


# --- HAProxy ---

@pytest.mark.parametrize("options, client", [
    ({"source": "127.0.0.9"}, "127.0.0.9"),
    ({"host": "::1"}, "::1"),
], ids=["IPv4", "IPv6"])
def test_haproxy(balanced, options, client):
    """The client of the log line and of the Received field is the real one."""
    with balanced.session(balanced.balanced, ANNA, **options) as session:
        sent = balanced.send(session, ANNA, ANNA)
        arrived = balanced.office.delivered(sent)
        check_log(balanced.example.milter, 0, queue_id=sent.queue_id, client=client,
                  login=ANNA, decision="accept")
        stamp = Received(arrived.fields("Received")[1])
        assert stamp.addr == f"[IPv6:{client}]" if ":" in client else f"[{client}]"
        assert (stamp.with_, stamp.helo) == ("ESMTPSA", "pc.example.org")
        check_refusal(balanced.send(session, ANNA, BEN).reply, place="from", address=BEN)


@pytest.mark.parametrize("port", ("outer", "version_1"))
@pytest.mark.parametrize("client, rule", [
    ("198.51.100.7", "office"), ("2001:db8:5::7", "office"),
    ("203.0.113.9", "default"), ("2001:db8:6::7", "default"),
])
def test_rules_by_client_behind_haproxy(balanced, client, rule, port):
    """By both versions of the protocol."""
    with balanced.session(getattr(balanced, port), ANNA, first=proxy_header(client)) as session:
        sent = balanced.send(session, ANNA, INFO)
        check_log(balanced.example.milter, 0, queue_id=sent.queue_id, client=client, login=ANNA,
                  rule=rule, decision="accept" if rule == "office" else "reject")
        if rule == "office":
            arrived = balanced.office.delivered(sent)
            address = f"IPv6:{client}" if ":" in client else client
            assert Received(arrived.fields("Received")[1]).addr == f"[{address}]"
        else:
            check_refusal(sent.reply, place="from", address=INFO)


@pytest.mark.parametrize("first", (
    b"EHLO pc.example.org\r\n", b"PROXY TCP4 203.0.113.9 x 1 2\r\n", b"PROXY UNKNOWN\r\n",
    b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11\0\xff", b"GET / HTTP/1.0\r\n\r\n"), ids=repr)
def test_client_without_the_protocol(site, first):
    """It is shown the door, and no filter is asked."""
    mark = site.example.milter.mark()
    with smtp.Client(site.example.service("balanced").port, first=first) as client:
        assert (client.banner.code, client.banner.enhanced) == (421, "4.3.0")
        with pytest.raises((smtp.Disconnected, OSError)):
            client.ehlo()
            client.mail(ANNA)
    assert site.example.milter.log_since(mark) == ""


def test_both_families_need_a_setting(site):
    """inet_protocols is all in the example; without it, nobody with an IPv6 address gets in."""
    for client, code in (("203.0.113.9", 220), ("2001:db8::9", 421)):
        with smtp.Client(site.example.service("ipv4-only").port,
                         first=proxy_header(client)) as session:
            assert session.banner.code == code


# --- nginx ---

@pytest.mark.parametrize("typed", (ANNA, "the-anna"))
def test_nginx(proxied, typed):
    """Whose login nginx has verified is who has logged in, by the name that nginx was told."""
    with proxied.session(proxied.proxied, typed, source="127.0.0.9") as session:
        sent = proxied.send(session, ANNA, ANNA)
        arrived = proxied.office.delivered(sent)
        line = check_log(proxied.example.milter, 0, queue_id=sent.queue_id, login=ANNA,
                         client="127.0.0.9", decision="accept")
        assert " daemon=proxied " in line and " mech=XCLIENT " in line
        assert "client_name" not in line  # nginx has looked for none
        stamp = Received(arrived.fields("Received")[1])
        assert (stamp.with_, stamp.helo) == ("ESMTPA", "pc.example.org")
        assert stamp.addr == "[127.0.0.9]"
        check_refusal(proxied.send(session, ANNA, BEN).reply, place="from", address=BEN)
        check_refusal(proxied.send(session, BEN, ANNA).reply, place="mail_from", address=BEN)


def test_nginx_and_a_wrong_password(proxied):
    mark = proxied.example.milter.mark()
    with proxied.session(proxied.proxied) as session:
        assert session.auth_plain(ANNA, "wrong").code == 535
    assert proxied.example.milter.log_since(mark) == ""


# --- XCLIENT ---

class Xclient:
    """Says XCLIENT to the service of the proxy."""

    def __init__(self, site):
        self.site = site
        self.milter = site.example.milter

    def session(self, daemon="proxied", source=None, **attributes):
        client = smtp.Client(self.site.example.service(daemon).port, source=source)
        must(client.ehlo())
        if attributes:
            must(client.xclient(**attributes))
            must(client.ehlo())
        return client

    def login_required(self, client):
        reply = client.mail(ANNA)
        return (reply.code, reply.enhanced) == (530, "5.7.0")


@pytest.fixture
def xclient(site):
    return Xclient(site)


@pytest.mark.parametrize("said", ("anna", "ANNA@example.org", "anna+40example.org"))
def test_login_by_xclient(xclient, said):
    """It is judged as any other login; +40 is an at sign in xtext."""
    with xclient.session(login=said) as client:
        sent = xclient.site.send(client, ANNA, ANNA)
        line = check_log(xclient.milter, 0, queue_id=sent.queue_id, login=ANNA,
                         decision="accept")
        assert " mech=XCLIENT " in line
        check_refusal(xclient.site.send(client, ANNA, BEN).reply, place="from", address=BEN)
        assert client.auth_plain(BEN, "no matter").code == 503  # logged in already


def test_login_by_xclient_of_a_stranger(xclient):
    """Who is not in smtpd_authorized_xclient_hosts cannot even try."""
    with xclient.session(source="127.0.0.9") as client:
        assert "XCLIENT" not in client.extensions
        reply = client.xclient(login=ANNA)
        assert (reply.code, reply.enhanced) == (550, "5.7.0")
        assert xclient.login_required(client)


def test_xclient_without_a_login(xclient):
    with xclient.session(login="[UNAVAILABLE]") as client:
        assert xclient.login_required(client)
    with xclient.session(login=ANNA) as client:
        assert client.xclient(login="").code == 501
        assert client.mail(ANNA).ok
        client.rset()
        must(client.xclient(addr="203.0.113.9"))  # the proxy's next client
        must(client.ehlo())
        assert xclient.login_required(client)


@pytest.mark.parametrize("said", ("anna@example.org+0A", "+0Danna@example.org",
                                  "anna@example.org+20", "anna@example.org+C0+AF"))
def test_odd_logins_by_xclient(xclient, said):
    """They are nobody's: nothing is cut off, and no line of the log is broken."""
    mark = xclient.milter.mark()
    with xclient.session() as client:
        if client.xclient(login=said).ok:
            must(client.ehlo())
        assert not client.mail(ANNA).ok
    assert len(xclient.milter.log_since(mark).splitlines()) == 1


def test_xclient_where_no_auth_is_offered(xclient):
    """The login counts there, too."""
    with xclient.session("webmail", login=ANNA) as client:
        assert "AUTH" not in client.extensions
        sent = xclient.site.send(client, ANNA, ANNA)
        check_log(xclient.milter, 0, queue_id=sent.queue_id, login=ANNA, rule="default",
                  decision="accept")
        assert not xclient.site.send(client, ANNA, BEN).accepted


def test_xclient_without_a_name(xclient):
    """Postfix keeps the name that it had for the client, as if it were that of the address."""
    for name, logged in (({}, True), ({"name": "[UNAVAILABLE]"}, False)):
        with xclient.session(name="proxy.example.org") as client:
            must(client.xclient(addr="203.0.113.9", login=ANNA, **name))
            must(client.ehlo())
            sent = xclient.site.send(client, ANNA, ANNA)
            xclient.site.office.delivered(sent)
            line = check_log(xclient.milter, 0, queue_id=sent.queue_id, client="203.0.113.9")
            assert (" client_name=proxy.example.org " in line) == logged, line


# --- the webmail ---

def test_webmail_and_protect_owned(site):
    """With protect-owned instead of reject: what the webmail sends as nobody (a receipt, a
    bounce) passes, unless it claims an address that is somebody's."""
    milter = site.example.milter
    conf = pathlib.Path(milter.conf_path)
    text = conf.read_text()
    mark = milter.mark()
    milter.use(replaced(text, ('unauthenticated = "reject"', 'unauthenticated = "protect-owned"')))
    milter.reload()
    milter.wait_log("configuration", mark)
    with smtp.Client(site.example.service("webmail").port) as client:
        must(client.ehlo())
        for sender, author in ((BEN, BEN), ("", "mailer-daemon@example.org")):
            site.office.delivered(site.send(client, sender, author))
        check_refusal(site.send(client, "", BEN).reply, place="from", address=BEN)
        check_refusal(site.send(client, BEN, ANNA).reply, place="from", address=ANNA)
        # Nobody owns the envelope sender: it is an identity all the same, with nothing its own.
        check_refusal(site.send(client, "someone@elsewhere.example", BEN).reply, place="from")
    mark = milter.mark()
    milter.use(text)
    milter.reload()
    milter.wait_log("configuration", mark)


def test_mta_check(site):
    """It sees who is believed, and nothing to warn of but for the service that is ours."""
    result = site.example.milter.ctl("mta-check", "--postfix", site.example.mta.etc, "--json",
                                     check=False)
    ports = {f"127.0.0.1:{s.port}/inet": s.daemon for s in site.example.mta.services.values()}
    found = {(f["severity"], f["check"], ports.get(f["service"]))
             for f in json.loads(result.stdout)["findings"]}
    assert {f for f in found if f[0] == "warning"} == {("warning", "not-asked", "ipv4-only")}
    assert {("note", "xclient", "proxied"), ("note", "upstream-proxy", "balanced")} <= found
    assert ("note", "upstream-proxy", "proxied") not in found
