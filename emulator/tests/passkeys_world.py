"""What the tests of passkeys share: a pool that takes them, users who have one, and the sign-in with it."""

import json

import pytest
from authenticator import Authenticator
from cognito_world import World, make_world  # noqa: F401 (a fixture)

JANE = "jane@example.com"
JOE = "joe@example.com"
RELYING_PARTY = "example.com"
FLOWS = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"]


def configure(world: World, mfa: str = "ON", **settings: str) -> None:
    """The pool's passkeys, in the order that AWS takes."""
    chosen = {
        "RelyingPartyId": RELYING_PARTY,
        "UserVerification": "required",
        "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    }
    totp = {} if mfa == "OFF" else {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    world.idp.set_user_pool_mfa_config(
        UserPoolId=world.pool_id, MfaConfiguration=mfa, WebAuthnConfiguration=chosen | settings, **totp
    )
    world.idp.update_user_pool(
        UserPoolId=world.pool_id,
        AutoVerifiedAttributes=["email"],
        MfaConfiguration=mfa,
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    )


@pytest.fixture(name="ready")
def make_ready(world: World) -> World:
    world.pool()
    world.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    configure(world)
    return world


def signed_in(world: World, email: str = JANE) -> str:
    """A user with an authenticator for codes; returns an access token."""
    world.user(email)
    return world.enrol(email)[0]["AccessToken"]


def begin(world: World, token: str) -> dict:
    return world.idp.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]


def register(world: World, token: str, authenticator: Authenticator) -> None:
    credential = authenticator.create(begin(world, token))
    world.idp.complete_web_authn_registration(AccessToken=token, Credential=credential)


def preferring(token: str) -> dict:
    return {
        "AccessToken": token,
        "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
        "WebAuthnMfaSettings": {"Enabled": True},
    }


def with_passkey(world: World, email: str = JANE, **arguments) -> tuple[str, Authenticator]:
    token, authenticator = signed_in(world, email), Authenticator(**arguments)
    register(world, token, authenticator)
    world.idp.set_user_mfa_preference(**preferring(token))
    return token, authenticator


def initiating(world: World, email: str, **parameters: str) -> dict:
    return {
        "ClientId": world.client_id,
        "AuthFlow": "USER_AUTH",
        "AuthParameters": {"USERNAME": email, "SECRET_HASH": world.hash(email)} | parameters,
    }


def challenged(world: World, email: str = JANE) -> dict:
    return world.idp.initiate_auth(**initiating(world, email, PREFERRED_CHALLENGE="WEB_AUTHN"))


def options_of(challenge: dict) -> dict:
    return json.loads(challenge["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])


def username_of(world: World, email: str = JANE) -> str:
    return world.idp.admin_get_user(UserPoolId=world.pool_id, Username=email)["Username"]


def answering(world: World, challenge: dict, credential: dict, email: str = JANE) -> dict:
    return world.answering(
        "WEB_AUTHN", challenge["Session"], username_of(world, email), CREDENTIAL=json.dumps(credential)
    )


def sign_in_with(world: World, authenticator: Authenticator) -> dict:
    challenge = challenged(world)
    answer = answering(world, challenge, authenticator.get(options_of(challenge)))
    return world.idp.admin_respond_to_auth_challenge(**answer)["AuthenticationResult"]


def factors(world: World, token: str) -> list[str]:
    return world.idp.get_user(AccessToken=token)["UserMFASettingList"]
