"""E-mail: what leaves, in which form, and what happens when it cannot."""

import asyncio
import email
import email.policy
import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from ocop_api.adapters.mail import FolderMailer, MemoryMailer, Message, SmtpMailer, mailer_for
from ocop_api.domain.errors import Unavailable
from ocop_api.settings import MailSettings

LETTER = Message("lan@example.vn", "OCOP: đặt lại mật khẩu", "Liên kết: https://ocop.example.vn/#token=abc\n")


def read(content: bytes) -> EmailMessage:
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


async def test_without_a_server_letters_are_files(tmp_path: Path) -> None:
    mailer = mailer_for(MailSettings(outbox=tmp_path / "outbox", sender="OCOP <khong-tra-loi@example.vn>"))
    assert isinstance(mailer, FolderMailer)
    await mailer.send(LETTER)
    await mailer.send(LETTER)
    found = [read(path.read_bytes()) for path in (tmp_path / "outbox").glob("*.eml")]
    assert len(found) == 2
    assert (found[0]["To"], found[0]["Subject"]) == (LETTER.to, LETTER.subject)
    assert found[0].get_content() == LETTER.text
    assert found[0]["Message-ID"] != found[1]["Message-ID"]


@pytest.mark.parametrize(
    "to", ["a,b@example.vn", "a@example.vn, c@example.vn", "a@example.vn\nBcc: b@example.vn", "An"]
)
async def test_a_letter_goes_to_one_address_or_nowhere(tmp_path: Path, to: str) -> None:
    mailer = FolderMailer(tmp_path, "OCOP <o@example.vn>")
    with pytest.raises(Exception, match=r".+"):
        await mailer.send(Message(to, LETTER.subject, LETTER.text))
    assert not any(os.scandir(tmp_path))


async def test_a_line_break_cannot_add_a_header(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        await FolderMailer(tmp_path, "OCOP <o@example.vn>").send(
            Message(LETTER.to, "x\nBcc: b@example.vn", "")
        )


async def test_a_server_takes_the_letter_as_it_was_written() -> None:
    taken: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        body = False
        while line := await reader.readline():
            if body:
                taken.append(line)
                if line == b".\r\n":
                    body = False
                    writer.write(b"250 taken\r\n")
                continue
            word = line.split()[0].upper()
            body = word == b"DATA"
            writer.write(b"354 go on\r\n" if body else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        mailer = mailer_for(MailSettings(host="127.0.0.1", port=port, security="none"))
        assert isinstance(mailer, SmtpMailer)
        await mailer.send(LETTER)
    finally:
        server.close()
        await server.wait_closed()
    assert read(b"".join(taken[:-1])).get_content().strip() == LETTER.text.strip()


async def test_a_server_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="mail_unavailable"):
        await SmtpMailer(MailSettings(host="127.0.0.1", port=9, security="none")).send(LETTER)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="mail_unavailable"):
        await FolderMailer(tmp_path / "file" / "outbox", "OCOP <o@example.vn>").send(LETTER)


async def test_the_twin_keeps_what_it_is_given() -> None:
    twin = MemoryMailer()
    await twin.send(LETTER)
    assert twin.sent == [LETTER]
