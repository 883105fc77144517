"""User pools and app clients: what an update resets, what is refused, what is protected."""

import pytest
from cognito_world import World, make_world, refusal  # noqa: F401 (a fixture)

_EVERYTHING = {
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 14,
            "RequireUppercase": True,
            "RequireLowercase": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "TemporaryPasswordValidityDays": 1,
        }
    },
    "AutoVerifiedAttributes": ["email"],
    "EmailVerificationSubject": "Your code",
    "EmailVerificationMessage": "It is {####}",
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT", "ReplyToEmailAddress": "a@example.com"},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    "UserPoolTags": {"stack": "test"},
    "DeletionProtection": "ACTIVE",
    "UserPoolTier": "LITE",
}


def _described(world: World) -> dict:
    return world.idp.describe_user_pool(UserPoolId=world.pool_id)["UserPool"]


def test_update_user_pool_resets_what_it_leaves_out_except_the_tier(world: World):
    world.pool(**_EVERYTHING)
    world.idp.update_user_pool(UserPoolId=world.pool_id)
    pool = _described(world)
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    assert pool["AutoVerifiedAttributes"] == []
    assert pool["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert pool["UserPoolTags"] == {}
    assert pool["LambdaConfig"] == {}
    assert pool["DeletionProtection"] == "INACTIVE"
    assert pool["UserPoolTier"] == "LITE"
    assert not {"EmailVerificationSubject", "EmailVerificationMessage", "AccountRecoverySetting"} & pool.keys()
    assert pool["UsernameAttributes"] == ["email"], "create-only settings stay"


def test_update_user_pool_without_mfa_switches_it_off(world: World):
    world.pool()
    world.require_mfa()
    world.idp.update_user_pool(UserPoolId=world.pool_id, MfaConfiguration="ON")
    assert _described(world)["MfaConfiguration"] == "ON"
    world.idp.update_user_pool(UserPoolId=world.pool_id)
    assert world.idp.get_user_pool_mfa_config(UserPoolId=world.pool_id)["MfaConfiguration"] == "OFF"


def test_a_pool_with_everything_sent_again_is_unchanged(world: World):
    before = world.pool(**_EVERYTHING)
    settings = {name: before[name] for name in _EVERYTHING}
    world.idp.update_user_pool(UserPoolId=world.pool_id, **settings)
    after = _described(world)
    before.pop("LastModifiedDate"), after.pop("LastModifiedDate")
    assert after == before


def test_describe_user_pool_shows_no_totp_settings(world: World):
    world.pool()
    world.require_mfa()
    assert "SoftwareTokenMfaConfiguration" not in _described(world)


@pytest.mark.parametrize("mfa", ["ON", "OPTIONAL"])
def test_a_pool_cannot_be_created_with_mfa_and_no_sms(world: World, mfa: str):
    assert refusal(world.idp.create_user_pool, PoolName="test", MfaConfiguration=mfa)[0] == (
        "InvalidParameterException"
    )


def test_a_protected_pool_is_not_deleted(world: World):
    world.pool(DeletionProtection="ACTIVE")
    assert refusal(world.idp.delete_user_pool, UserPoolId=world.pool_id)[0] == "InvalidParameterException"
    world.idp.update_user_pool(UserPoolId=world.pool_id, DeletionProtection="INACTIVE")
    world.idp.delete_user_pool(UserPoolId=world.pool_id)
    assert refusal(world.idp.describe_user_pool, UserPoolId=world.pool_id)[0] == "ResourceNotFoundException"


def test_update_group_resets_what_it_leaves_out(world: World):
    world.pool()
    name = {"UserPoolId": world.pool_id, "GroupName": "admins"}
    world.idp.create_group(**name, Description="before", Precedence=7)
    group = world.idp.update_group(**name, Description="after")["Group"]
    assert (group["Description"], group["Precedence"]) == ("after", 0)
    assert world.idp.get_group(**name)["Group"] == group
    assert refusal(world.idp.update_group, **(name | {"GroupName": "none"}))[0] == "ResourceNotFoundException"


def test_update_user_pool_client_resets_what_it_leaves_out(world: World):
    world.pool()
    before = world.client(
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        AccessTokenValidity=10,
        IdTokenValidity=10,
        RefreshTokenValidity=120,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes"},
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=False,
        AuthSessionValidity=15,
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 5},
    )
    world.idp.update_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)
    client = world.idp.describe_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)["UserPoolClient"]
    assert client["RefreshTokenValidity"] == 30
    assert client["TokenValidityUnits"] == {}
    assert client["ExplicitAuthFlows"] == []
    assert client["PreventUserExistenceErrors"] == "LEGACY"
    assert client["EnableTokenRevocation"] is True
    assert client["AuthSessionValidity"] == 3
    assert not {"AccessTokenValidity", "IdTokenValidity", "RefreshTokenRotation"} & client.keys()
    assert client["ClientSecret"] == before["ClientSecret"]
    assert client["ClientName"] == before["ClientName"]


def test_refresh_token_rotation_is_stored(world: World):
    world.pool()
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    created = world.client(ExplicitAuthFlows=flows, RefreshTokenRotation=rotation)
    assert created["RefreshTokenRotation"] == rotation
    described = world.idp.describe_user_pool_client(UserPoolId=world.pool_id, ClientId=world.client_id)
    assert described["UserPoolClient"]["RefreshTokenRotation"] == rotation


def test_refresh_token_rotation_excludes_refresh_token_auth(world: World):
    world.pool()
    arguments = {
        "UserPoolId": world.pool_id,
        "ClientName": "test",
        "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
        "RefreshTokenRotation": {"Feature": "ENABLED"},
    }
    assert refusal(world.idp.create_user_pool_client, **arguments)[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    "settings",
    [
        {"AccessTokenValidity": 25},
        {"IdTokenValidity": 4, "TokenValidityUnits": {"IdToken": "minutes"}},
        {"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}},
        {"AuthSessionValidity": 2},
        {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 61}},
    ],
)
def test_validities_out_of_range_are_refused(world: World, settings: dict):
    world.pool()
    world.client()
    unvalidated = world.emulator.client("cognito-idp", world.account, parameter_validation=False)
    arguments = {"UserPoolId": world.pool_id, "ClientId": world.client_id, **settings}
    assert refusal(unvalidated.update_user_pool_client, **arguments)[0] == "InvalidParameterException"
