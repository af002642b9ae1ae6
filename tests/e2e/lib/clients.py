# SPDX-License-Identifier: BSD-2-Clause
"""Programs with which people send mail, each driven as its user does."""

import json
import os
import re
import shutil
import smtplib
import ssl
import subprocess
import tempfile
import urllib.parse
from collections import namedtuple

from .matrix import short_version

# Where a program finds its server, and how it is to log in there; `tls` is one of matrix.TLS.
Way = namedtuple("Way", "port tls ca_file mechanism login password")

# A message: the envelope sender, the author in its header, whom it goes to.
Job = namedtuple("Job", "way mail_from author recipient")

HOST = "localhost"  # so says the certificate
SUBJECT = "Hello from a program"
BODY = "Good morning!\n"


class Result:
    """How a program ended, and all that its user gets to see."""

    def __init__(self, status, output):
        self.status = status
        self.output = output

    @property
    def words(self):
        """The output in one line: programs break long ones where they like."""
        return " ".join(self.output.split())

    def __repr__(self):
        return f"<status {self.status}: {self.output}>"


def run(argv, data="", *, environment=None, cwd=None):
    """A finished program. Its home is empty, and its messages are English."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            argv, input=data, text=True, errors="replace", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60, check=False, cwd=cwd or home,
            env={"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "TERM": "dumb",
                 **(environment or {})})
    return Result(done.returncode, done.stdout)


def message(job, *fields):
    """What a program that composes nothing itself is given."""
    return "\n".join([f"From: {job.author}", f"To: {job.recipient}", f"Subject: {SUBJECT}",
                      *fields, "", BODY])


class Client:
    """A program. `mechanisms`: those of ours that it can; send() sends one message."""

    name = program = None
    version_argv = ()
    version_pattern = r"(\d+\.\d+)"
    mechanisms = ()
    shows_code = True  # 550, beside the text of a reply
    shows_status = True  # by its exit status, that a message was refused

    def found(self):
        return shutil.which(self.program) is not None

    def version(self):
        return short_version([self.program, *self.version_argv], self.version_pattern)

    def send(self, job):
        raise NotImplementedError

    def send_all(self, jobs):
        """The Result of each."""
        return [self.send(job) for job in jobs]


class Msmtp(Client):
    name = program = "msmtp"
    version_argv = ("--version",)
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")

    def argv(self, way, *arguments):
        """Settings on the command line come after those of an account, so there is none."""
        tls = ["--tls=off"]
        if way.tls != "clear":
            starttls = "on" if way.tls == "STARTTLS" else "off"
            tls = ["--tls=on", f"--tls-starttls={starttls}",
                   f"--tls-trust-file={way.ca_file}"]
        return ["msmtp", f"--host={HOST}", f"--port={way.port}", *tls,
                f"--auth={way.mechanism.lower()}", f"--user={way.login}",
                f"--passwordeval=echo {way.password}", *arguments]

    def send(self, job):
        return run(self.argv(job.way, f"--from={job.mail_from}", job.recipient), message(job))


class Swaks(Client):
    name = program = "swaks"
    version_argv = ("--version",)
    version_pattern = r"version (\d+)"
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")

    def argv(self, way, *arguments):
        tls = {"clear": [], "STARTTLS": ["--tls"], "TLS": ["--tlsc"]}[way.tls]
        return ["swaks", "--server", f"{HOST}:{way.port}", *tls, "--auth", way.mechanism,
                "--auth-user", way.login, "--auth-password", way.password, *arguments]

    def send(self, job):
        return run(self.argv(job.way, "--from", job.mail_from, "--to", job.recipient,
                             "--h-From", job.author, "--h-Subject", SUBJECT, "--body", BODY))


class Curl(Client):
    name = program = "curl"
    version_argv = ("--version",)
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")

    def argv(self, way, *arguments):
        scheme = "smtps" if way.tls == "TLS" else "smtp"
        tls = ["--ssl-reqd"] if way.tls == "STARTTLS" else []
        return ["curl", "-sSv", "--url", f"{scheme}://{HOST}:{way.port}/client.example.org",
                *tls, "--cacert", way.ca_file,
                "--login-options", f"AUTH={way.mechanism}",
                "--user", f"{way.login}:{way.password}", *arguments]

    def send(self, job):
        return run(self.argv(job.way, "--mail-from", job.mail_from,
                             "--mail-rcpt", job.recipient, "--crlf", "--upload-file", "-"),
                   message(job))


class Mutt(Client):
    name = program = "mutt"
    version_argv = ("-v",)
    version_pattern = r"Mutt (\d+\.\d+)"
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")

    def argv(self, way, *arguments):
        scheme = "smtps" if way.tls == "TLS" else "smtp"
        settings = {
            "smtp_url": f"{scheme}://{way.login}@{HOST}:{way.port}/",
            "smtp_pass": way.password,
            "smtp_authenticators": way.mechanism.lower(),
            "ssl_starttls": "yes" if way.tls == "STARTTLS" else "no",
            "ssl_force_tls": "no" if way.tls == "clear" else "yes",
            "certificate_file": way.ca_file,
            "copy": "no",
            "use_envelope_from": "no",
        }
        argv = [self.program, "-n", "-F", "/dev/null"]
        for name, value in settings.items():
            argv += ["-e", f'set {name}="{value}"']
        return argv + list(arguments)

    def send(self, job):
        return run(self.argv(job.way, "-e", f'set from="{job.author}"', "-e",
                             f'set envelope_from_address="{job.mail_from}"',
                             "-s", SUBJECT, "--", job.recipient), BODY)


class Neomutt(Mutt):
    name = program = "neomutt"
    version_pattern = r"NeoMutt (\d+)"
    mechanisms = ("PLAIN", "LOGIN")


class Snail(Client):
    """Its envelope sender is always the author."""

    name = program = "s-nail"
    version_argv = ("--version",)
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def argv(self, way, *arguments):
        scheme = "smtps" if way.tls == "TLS" else "smtp"
        user, password = (urllib.parse.quote(w, safe="") for w in (way.login, way.password))
        settings = ["v15-compat=yes", f"mta={scheme}://{user}:{password}@{HOST}:{way.port}",
                    f"smtp-auth={way.mechanism.lower()}", f"tls-ca-file={way.ca_file}",
                    "tls-ca-no-defaults", "sendwait", "verbose"]
        if way.tls == "STARTTLS":
            settings.append("smtp-use-starttls")
        return [self.program, "-:/", *(f"-S{s}" for s in settings), *arguments]

    def send(self, job):
        return run(self.argv(job.way, f"-Sfrom={job.author}", "-s", SUBJECT, job.recipient), BODY)


class Smtplib(Client):
    """Python's own; what its user sees is the exception."""

    name = "Python"
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def found(self):
        return True

    def version(self):
        return short_version(["/usr/bin/python3", "--version"])

    @staticmethod
    def log_in(way):
        context = ssl.create_default_context(cafile=way.ca_file)
        if way.tls == "TLS":
            client = smtplib.SMTP_SSL(HOST, way.port, "client.example.org",
                                      timeout=30, context=context)
        else:
            client = smtplib.SMTP(HOST, way.port, "client.example.org", timeout=30)
            if way.tls == "STARTTLS":
                client.starttls(context=context)
        client.ehlo()
        client.esmtp_features["auth"] = way.mechanism
        client.login(way.login, way.password)
        return client

    def send(self, job):
        try:
            with self.log_in(job.way) as client:
                client.sendmail(job.mail_from, [job.recipient], message(job))
        except smtplib.SMTPResponseException as e:
            return Result(1, str(e))
        except smtplib.SMTPRecipientsRefused as e:
            return Result(1, str(e))
        return Result(0, "")


class _Scripted(Client):
    """A library of another language: our script takes jobs as JSON lines, and answers each with
    a line of status and output."""

    script = interpreter = None
    environment = None

    def send(self, job):
        return self.send_all([job])[0]

    def send_all(self, jobs):
        lines = "".join(json.dumps({**job.way._asdict(), **job._asdict(), "way": None,
                                    "subject": SUBJECT, "body": BODY, "host": HOST}) + "\n"
                        for job in jobs)
        path = os.path.join(os.path.dirname(__file__), self.script)
        done = run([*self.interpreter, path], lines, environment=self.environment)
        results = []
        for line in done.output.splitlines():
            answer = json.loads(line)
            results.append(Result(answer["status"], answer["output"]))
        assert len(results) == len(jobs), done
        return results


class Nodemailer(_Scripted):
    name = "nodemailer"
    script = "client_nodemailer.js"
    interpreter = ("/usr/bin/node",)
    environment = {"NODE_PATH": "/usr/share/nodejs"}
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def found(self):
        return os.path.isdir("/usr/share/nodejs/nodemailer") and os.path.exists("/usr/bin/node")

    def version(self):
        return short_version([*self.interpreter, "-p",
                              "require('/usr/share/nodejs/nodemailer/package.json').version"])


class Phpmailer(_Scripted):
    name = "PHPMailer"
    script = "client_phpmailer.php"
    interpreter = ("php",)
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")

    def found(self):
        return os.path.isdir("/usr/share/php/libphp-phpmailer") and \
            shutil.which("php") is not None

    def version(self):
        return short_version(["php", "-r", "require '/usr/share/php/libphp-phpmailer/"
                              "autoload.php'; echo PHPMailer\\PHPMailer\\PHPMailer::VERSION;"])


PATCH = """\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: {author}
Date: Sat, 21 Nov 2026 10:00:00 +0000
Subject: [PATCH] {subject}

{body}
---
 a | 1 +
 1 file changed, 1 insertion(+)

diff --git a/a b/a
index e69de29..7898192 100644
--- a/a
+++ b/a
@@ -0,0 +1 @@
+a
--\x20
2.39.5
"""


class GitSendEmail(Client):
    name = program = "git"
    shows_code = False
    version_argv = ("--version",)
    # Of the four that it can: it takes longer than the others, and they are all Authen::SASL's.
    mechanisms = ("PLAIN", "CRAM-MD5")

    def found(self):
        return os.path.exists("/usr/lib/git-core/git-send-email")

    def argv(self, way, *arguments):
        tls = []
        if way.tls != "clear":
            tls = ["--smtp-encryption=" + {"STARTTLS": "tls", "TLS": "ssl"}[way.tls],
                   f"--smtp-ssl-cert-path={way.ca_file}"]
        return ["git", "send-email", f"--smtp-server={HOST}", f"--smtp-server-port={way.port}",
                *tls, f"--smtp-auth={way.mechanism}", f"--smtp-user={way.login}",
                f"--smtp-pass={way.password}", "--confirm=never", "--suppress-cc=all",
                *arguments]

    def send(self, job):
        with tempfile.TemporaryDirectory() as directory:
            with open(f"{directory}/0001-x.patch", "w", encoding="utf-8") as f:
                f.write(PATCH.format(author=job.author, subject=SUBJECT, body=BODY))
            return run(self.argv(job.way, f"--from={job.author}",
                                 f"--envelope-sender={job.mail_from}", f"--to={job.recipient}",
                                 f"{directory}/0001-x.patch"),
                       environment={"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@localhost",
                                    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@localhost"})


class Gsasl(Client):
    """GNU SASL's own program: it logs in, and then hands on what its user types, line by line."""

    name = program = "gsasl"
    version_argv = ("--version",)
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    shows_status = False

    @staticmethod
    def argv(way):
        """It must not read ahead, and would insist on channel binding, which MTAs do not offer."""
        tls = ["--x509-ca-file", way.ca_file] if way.tls == "STARTTLS" else ["--no-starttls"]
        return ["stdbuf", "-i0", "-oL", "gsasl", "--client", "--smtp", "-m", way.mechanism,
                "--no-cb", "--quality-of-protection", "qop-auth", *tls, "-a", way.login,
                "-p", way.password, "-r", "example.org", "--hostname", HOST,
                "--service", "smtp", HOST, str(way.port)]

    def send(self, job):
        with subprocess.Popen(self.argv(job.way), stdin=subprocess.PIPE, text=True, bufsize=1,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}) as process:
            output = self._type(process, f"MAIL FROM:<{job.mail_from}>\n"
                                         f"RCPT TO:<{job.recipient}>\nDATA\n", r"(354|[45]\d\d) ")
            if "\n354 " in output:
                output += self._type(process, f"{message(job)}\n.\n", r"(250|[45]\d\d) ")
            # Its end is when the server hangs up: it would leave when its input ends.
            output += self._type(process, "QUIT\n", r"221 ")
            process.stdin.close()
            return Result(process.wait(), output)

    @staticmethod
    def _type(process, text, until):
        """What it prints up to a line like that, after its user has typed some."""
        process.stdin.write(text.replace("\n", "\r\n"))
        output = ""
        for line in process.stdout:
            output += line
            if re.match(until, line):
                break
        return output


CLIENTS = (Msmtp(), Swaks(), Curl(), Mutt(), Neomutt(), Snail(), Smtplib(), Nodemailer(),
           Phpmailer(), GitSendEmail(), Gsasl())
