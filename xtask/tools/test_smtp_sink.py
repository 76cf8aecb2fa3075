"""The SMTP sink as a mail program meets it. Run: `python xtask/tools/test_smtp_sink.py` with aiosmtpd installed."""

import json
import pathlib
import smtplib
import ssl
import subprocess
import sys
import tempfile
import unittest

SINK = pathlib.Path(__file__).with_name("smtp_sink.py")
BODY = "Subject: =?utf-8?B?6YCa55+l?=\r\n\r\nline\r\n.dot\r\n"


class SinkTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.mails = self.folder / "mails"

    def start(self, *options: str) -> tuple[subprocess.Popen, int]:
        command = [sys.executable, str(SINK), str(self.mails), *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, process)
        return process, int(process.stdout.readline())

    def stop(self, process: subprocess.Popen) -> None:
        if not process.stdin.closed:
            process.stdin.close()
        self.assertEqual(process.wait(timeout=10), 0)
        process.stdout.close()

    def send(self, port: int, *to: str) -> dict:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            return client.sendmail("portal@madoguchi.example", list(to), BODY)

    def kept(self) -> list[str]:
        return sorted(file.name for file in self.mails.glob("*.eml"))

    def test_accepted_mail_is_kept_with_its_envelope(self) -> None:
        _, port = self.start()
        self.send(port, "clinic@example.jp", "owner@example.jp")
        self.send(port, "clinic@example.jp")
        self.assertEqual(self.kept(), ["0001.eml", "0002.eml"])
        self.assertEqual((self.mails / "0001.eml").read_bytes().decode(), BODY)
        envelope = json.loads((self.mails / "0001.json").read_text())
        wanted = {"from": "portal@madoguchi.example", "to": ["clinic@example.jp", "owner@example.jp"]}
        self.assertEqual(envelope, wanted | {"tls": False, "login": None})

    def test_recipients_are_refused_as_their_address_asks(self) -> None:
        _, port = self.start()
        refused = self.send(port, "clinic@example.jp", "reject.me@example.jp", "defer@example.jp", "greylist@example.jp")
        codes = {address: code for address, (code, _) in refused.items()}
        self.assertEqual(codes, {"reject.me@example.jp": 550, "defer@example.jp": 451, "greylist@example.jp": 451})
        self.assertEqual(self.send(port, "greylist@example.jp"), {})
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self.send(port, "defer@example.jp")
        with self.assertRaises(smtplib.SMTPDataError) as error:
            self.send(port, "refuse-content@example.jp")
        self.assertEqual(error.exception.smtp_code, 554)
        self.assertEqual(self.kept(), ["0001.eml", "0002.eml"])

    def test_a_cut_connection_leaves_the_sender_in_doubt(self) -> None:
        _, port = self.start()
        with self.assertRaises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
            self.send(port, "drop@example.jp")
        self.assertEqual(self.kept(), ["0001.eml"])

    def test_it_ends_with_its_parent_and_comes_back_on_the_same_port(self) -> None:
        process, port = self.start()
        self.send(port, "clinic@example.jp")
        self.stop(process)
        with self.assertRaises(ConnectionRefusedError):
            self.send(port, "clinic@example.jp")
        _, again = self.start("--port", str(port))
        self.assertEqual(again, port)
        self.send(port, "clinic@example.jp")
        self.assertEqual(self.kept(), ["0001.eml", "0002.eml"])

    def test_login_is_asked_for_and_travels_encrypted(self) -> None:
        files = ["--certificate", str(self.folder / "s.pem"), "--key", str(self.folder / "s.key")]
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files[3], "-out", files[1]]
        subprocess.run(["openssl", "req", "-x509", *key, *subject], check=True, capture_output=True)
        _, port = self.start(*files, "--login", "portal:himitsu")
        with self.assertRaises(smtplib.SMTPException):
            self.send(port, "clinic@example.jp")
        for password, accepted in [("wrong", False), ("himitsu", True)]:
            with smtplib.SMTP("localhost", port, timeout=10) as client:
                client.starttls(context=ssl.create_default_context(cafile=files[1]))
                if not accepted:
                    self.assertRaises(smtplib.SMTPAuthenticationError, client.login, "portal", password)
                    continue
                client.login("portal", password)
                client.sendmail("portal@madoguchi.example", ["clinic@example.jp"], BODY)
        self.assertEqual(self.kept(), ["0001.eml"])
        envelope = json.loads((self.mails / "0001.json").read_text())
        self.assertEqual((envelope["tls"], envelope["login"]), (True, "portal"))


if __name__ == "__main__":
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2)
    result = unittest.main(testRunner=runner, exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(not result.wasSuccessful())
