"""A real SMTP server for tests: keeps what it accepts, refuses what it is asked to refuse.

Start (the interpreter is the one of `cargo xtask test`, in the environment variable TEST_PYTHON):

    $TEST_PYTHON xtask/tools/smtp_sink.py FOLDER [--port N] [--certificate PEM --key PEM] [--login USER:PASSWORD]

It listens on 127.0.0.1, on a free port unless --port is given (to come back on the same port after an outage), prints
that port alone on the first line of its standard output, and then serves until its standard input is closed. Keep
the writing end of that pipe: when the test ends, however it ends, the server ends too.

Each accepted message becomes two files in FOLDER, numbered in the order of arrival:

    0001.json   the envelope: {"from": …, "to": […], "tls": bool, "login": user or null}
    0001.eml    the bytes of the message as received

The .eml appears last and whole, so a test waits for it and then reads both.

What happens to a recipient is told by the part of its address before the @:

    reject…            refused at RCPT for good:       550 5.1.1
    defer…             refused at RCPT every time:     451 4.3.0
    greylist…          refused at RCPT the first time: 451 4.7.1, accepted from the second time on
    refuse-content…    refused after DATA for good:    554 5.7.1
    drop…              the connection is cut after DATA, with no answer; the message is kept
    anything else      accepted

With --certificate and --key STARTTLS is offered; with --login it is demanded and so is AUTH with that user.
"""

import argparse
import asyncio
import json
import logging
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

HOST = "127.0.0.1"
ACCEPTED = "250 2.0.0 kept"


class Sink:
    """Decides about recipients and messages, and writes the accepted ones."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.greylisted: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self.count = max((int(file.stem) for file in folder.glob("[0-9]*.eml")), default=0)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        name = address.partition("@")[0].lower()
        if name.startswith("reject"):
            return "550 5.1.1 no such mailbox here"
        if name.startswith("defer"):
            return "451 4.3.0 try again later"
        if name.startswith("greylist") and address not in self.greylisted:
            self.greylisted.add(address)
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient fine"

    async def handle_DATA(self, server, session, envelope) -> str:
        if any(to.lower().startswith("refuse-content") for to in envelope.rcpt_tos):
            return "554 5.7.1 content refused"
        self.keep(session, envelope)
        if any(to.lower().startswith("drop") for to in envelope.rcpt_tos):
            server.transport.abort()
        return ACCEPTED

    def keep(self, session, envelope) -> None:
        self.count += 1
        stem = self.folder / f"{self.count:04}"
        login = session.auth_data.login.decode() if session.auth_data else None
        facts = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None, "login": login}
        stem.with_suffix(".json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        partial = stem.with_suffix(".part")
        partial.write_bytes(envelope.original_content)
        partial.rename(stem.with_suffix(".eml"))


def smtp_options(arguments: argparse.Namespace) -> dict:
    """Keyword arguments of aiosmtpd's SMTP class for the asked encryption and login."""
    options = {"hostname": "sink.example", "enable_SMTPUTF8": True, "ident": "test sink"}
    if arguments.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.certificate, arguments.key)
        options["tls_context"] = context
    if arguments.login:
        user, _, password = arguments.login.partition(":")
        expected = LoginPassword(user.encode(), password.encode())

        def authenticate(server, session, envelope, mechanism, data) -> AuthResult:
            return AuthResult(success=data == expected, handled=False, auth_data=data)

        options |= {"authenticator": authenticate, "auth_required": True, "require_starttls": True}
    return options


async def until_input_closes() -> None:
    """Returns when the one who started the server lets go of its standard input."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def serve(arguments: argparse.Namespace) -> None:
    sink = Sink(arguments.folder)
    options = smtp_options(arguments)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, **options), HOST, arguments.port, reuse_address=True)
    print(server.sockets[0].getsockname()[1], flush=True)
    await until_input_closes()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A real SMTP server for tests.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", type=pathlib.Path)
    parser.add_argument("--key", type=pathlib.Path)
    parser.add_argument("--login", metavar="USER:PASSWORD")
    arguments = parser.parse_args()
    if arguments.login and not (arguments.certificate and arguments.key):
        parser.error("--login needs --certificate and --key: passwords travel encrypted only")
    # aiosmtpd notes every login as a use of a name that it means to drop.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    asyncio.run(serve(arguments))


if __name__ == "__main__":
    main()
