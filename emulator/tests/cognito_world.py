"""What the Cognito tests share: a pool with a client, users in it, sign-ins, codes and trigger functions."""

import base64
import hashlib
import hmac
import io
import struct
import time
import zipfile
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from conftest import Emulator
from functions import make_role, wait_until_active

TEMPORARY = "Temporary-Passw0rd"
PASSWORD = "Long-Enough-Passw0rd!"


def refusal(call: Callable, **arguments) -> tuple[str, str]:
    """The code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def totp(secret: str, drift: int = 0) -> str:
    """The code that an authenticator shows, `drift` steps of 30 s from now.

    Not in the last seconds of a step: what is one step old now would be too old when it arrives.
    """
    if (left := 30 - time.time() % 30) < 3:
        time.sleep(left + 0.01)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time() // 30) + drift), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


class World:
    """An account with one user pool and one confidential app client."""

    def __init__(self, emulator: Emulator, account: str) -> None:
        self.emulator = emulator
        self.account = account
        self.idp = emulator.client("cognito-idp", account)

    def pool(self, **settings) -> dict:
        """Make the pool; users are named by their e-mail address."""
        arguments = {"PoolName": "test", "UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
        pool = self.idp.create_user_pool(**(arguments | settings))["UserPool"]
        self.pool_id, self.pool_arn = pool["Id"], pool["Arn"]
        return pool

    def client(self, **settings) -> dict:
        """Make the app client."""
        arguments = {
            "ClientName": "test",
            "GenerateSecret": True,
            "ExplicitAuthFlows": [
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_CUSTOM_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
        }
        client = self.idp.create_user_pool_client(UserPoolId=self.pool_id, **(arguments | settings))["UserPoolClient"]
        self.client_id, self.secret = client["ClientId"], client.get("ClientSecret", "")
        return client

    def require_mfa(self) -> None:
        self.idp.set_user_pool_mfa_config(
            UserPoolId=self.pool_id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
        )

    def invite(self, email: str, **arguments) -> str:
        """Invite a user with a known temporary password; returns the username, which is the sub."""
        answer = self.idp.admin_create_user(
            UserPoolId=self.pool_id,
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            DesiredDeliveryMediums=["EMAIL"],
            **({"TemporaryPassword": TEMPORARY} | arguments),
        )
        return answer["User"]["Username"]

    def user(self, email: str) -> str:
        """A confirmed user with a permanent password."""
        username = self.invite(email, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(UserPoolId=self.pool_id, Username=username, Password=PASSWORD, Permanent=True)
        return username

    def hash(self, username: str) -> str:
        digest = hmac.new(self.secret.encode(), (username + self.client_id).encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def sign_in(self, email: str, password: str = PASSWORD) -> dict:
        return self.idp.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password, "SECRET_HASH": self.hash(email)},
        )

    def answer(self, name: str, session: str, username: str, **responses: str) -> dict:
        return self.idp.admin_respond_to_auth_challenge(**self.answering(name, session, username, **responses))

    def answering(self, name: str, session: str, username: str, **responses: str) -> dict:
        """The arguments of an AdminRespondToAuthChallenge."""
        return {
            "UserPoolId": self.pool_id,
            "ClientId": self.client_id,
            "ChallengeName": name,
            "Session": session,
            "ChallengeResponses": {"USERNAME": username, "SECRET_HASH": self.hash(username), **responses},
        }

    def enrol(self, email: str, password: str = PASSWORD) -> tuple[dict, str]:
        """Go through MFA_SETUP; returns the tokens and the authenticator's secret. Uses the code of step -1."""
        challenge = self.sign_in(email, password)
        assert challenge["ChallengeName"] == "MFA_SETUP", challenge
        associated = self.idp.associate_software_token(Session=challenge["Session"])
        secret = associated["SecretCode"]
        verified = self.idp.verify_software_token(Session=associated["Session"], UserCode=totp(secret, -1))
        username = challenge["ChallengeParameters"]["USER_ID_FOR_SRP"]
        return self.answer("MFA_SETUP", verified["Session"], username)["AuthenticationResult"], secret

    def function(self, name: str, source: str, permitted: bool = True, source_arn: str | None = None) -> str:
        """A Python function; `permitted` for this pool's Cognito unless told otherwise. Returns its ARN."""
        role = make_role(self.emulator, self.account, name, "lambda.amazonaws.com")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("index.py", source)
        functions = self.emulator.client("lambda", self.account)
        arn = functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": package.getvalue()},
        )["FunctionArn"]
        wait_until_active(functions, name)
        if permitted:
            functions.add_permission(
                FunctionName=name,
                StatementId="cognito",
                Action="lambda:InvokeFunction",
                Principal="cognito-idp.amazonaws.com",
                SourceArn=source_arn or self.pool_arn,
                SourceAccount=self.account,
            )
        return arn

    def settings(self, **settings: object) -> None:
        """Change what the emulator lets a test change for this account."""
        self.emulator.admin("POST", "settings", settings, self.account)

    def mails(self, to: str) -> list[dict]:
        """The mails sent to an address, newest first."""
        return [mail for mail in self.emulator.admin("GET", "mail", account=self.account) if to in mail["to"]]


@pytest.fixture(name="world")
def make_world(emulator: Emulator, account: str) -> World:
    return World(emulator, account)
