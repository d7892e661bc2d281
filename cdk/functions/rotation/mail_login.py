"""Creates and rotates the login for Amazon SES: an access key of a user who may only send.

A user has at most two keys, so the previous one stays valid until the next rotation: tasks that still use
it can send until they are replaced.
"""

import base64
import hashlib
import hmac
import os
import smtplib
import ssl
import time
from collections.abc import Callable
from typing import Any

import boto3

from .versions import PENDING, Value, Versions, restart

TRIES, PAUSE = 10, 5.0  # a new key is known everywhere within seconds


def handler(event: dict[str, Any], _context: object) -> None:
    """Do one step of a rotation."""
    versions = Versions(
        store=boto3.client("secretsmanager"), secret=event["SecretId"], token=event["ClientRequestToken"]
    )
    step = event["Step"]
    if step == "createSecret":
        versions.create(lambda value: new_login(boto3.client("iam"), value))
    elif step == "testSecret":
        sign_in(versions.read(PENDING), pause=time.sleep)
    elif step == "finishSecret":
        versions.finish()
        restart(boto3.client("ecs"))


def new_login(iam: Any, current: Value) -> Value:
    """Create a key, after deleting all but the one in use: an earlier attempt may have left one."""
    user = os.environ["MAIL_USER"]
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        if key["AccessKeyId"] != current["SMTP_USERNAME"]:
            iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    access_key = iam.create_access_key(UserName=user)["AccessKey"]
    password = smtp_password(access_key["SecretAccessKey"], region=os.environ["AWS_REGION"])
    return {"SMTP_USERNAME": access_key["AccessKeyId"], "SMTP_PASSWORD": password}


def smtp_password(secret: str, *, region: str) -> str:
    """Derive the password that SES takes from an access key, as its developer guide describes."""
    signed = f"AWS4{secret}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signed = hmac.new(signed, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signed).decode()


def sign_in(login: Value, *, pause: Callable[[float], None]) -> None:
    """Try the login where the product will use it; raises SMTPAuthenticationError if it is still refused."""
    for left in reversed(range(TRIES)):
        try:
            with smtplib.SMTP(os.environ["SMTP_HOST"], 587, timeout=10) as server:
                server.starttls(context=ssl.create_default_context())
                server.login(login["SMTP_USERNAME"], login["SMTP_PASSWORD"])
                return
        except smtplib.SMTPAuthenticationError:
            if not left:
                raise
            pause(PAUSE)
