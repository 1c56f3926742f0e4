"""Sending plain-text e-mail. Called from jobs only: a mail server may be slow or away."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol

from ocop_api.domain.errors import Unavailable
from ocop_api.settings import MailSettings

_TIMEOUT = 20.0
"""Seconds for each step of the conversation with the mail server."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person, in plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """What sends messages."""

    async def send(self, message: Message) -> None:
        """Hand the message over.

        Raises:
            Unavailable: ``request.mail_unavailable``; the job is tried again later.
        """


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Hands messages to a mail server."""

    settings: MailSettings

    async def send(self, message: Message) -> None:
        """As the port says."""
        try:
            await asyncio.to_thread(self._deliver, _composed(message, self.settings.sender))
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("request.mail_unavailable") from error

    def _deliver(self, mail: EmailMessage) -> None:
        wanted = self.settings
        context = ssl.create_default_context()
        if wanted.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                wanted.host, wanted.port, timeout=_TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(wanted.host, wanted.port, timeout=_TIMEOUT)
        with server:
            if wanted.security == "starttls":
                server.starttls(context=context)
            if wanted.username:
                server.login(wanted.username, wanted.password.get_secret_value())
            server.send_message(mail)


@dataclass(frozen=True, slots=True)
class FolderMailer:
    """Writes messages as ``.eml`` files, for installations without a mail server."""

    folder: Path
    sender: str

    async def send(self, message: Message) -> None:
        """As the port says."""
        mail = _composed(message, self.sender)
        try:
            await asyncio.to_thread(self._write, mail)
        except OSError as error:
            raise Unavailable("request.mail_unavailable") from error

    def _write(self, mail: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = mail["Message-ID"].strip("<>").partition("@")[0]
        (self.folder / f"{name}.eml").write_bytes(mail.as_bytes())


@dataclass(slots=True)
class MemoryMailer:
    """Keeps messages, for tests to read."""

    sent: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        """As the port says."""
        self.sent.append(message)


def mailer_for(settings: MailSettings) -> Mailer:
    """The mailer these settings ask for."""
    return SmtpMailer(settings) if settings.host else FolderMailer(settings.outbox, settings.sender)


def _composed(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    # As one address: a comma in a text would be read as a list and write to somebody else.
    mail["To"] = Address(addr_spec=message.to)
    mail["Subject"] = message.subject
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = make_msgid(domain="ocop")
    mail.set_content(message.text)
    return mail
