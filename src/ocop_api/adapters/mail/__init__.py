"""E-mail: one port, SMTP for installations, a folder of messages without a server, memory for tests."""

from ocop_api.adapters.mail.mailer import FolderMailer, Mailer, MemoryMailer, Message, SmtpMailer, mailer_for

__all__ = ["FolderMailer", "Mailer", "MemoryMailer", "Message", "SmtpMailer", "mailer_for"]
