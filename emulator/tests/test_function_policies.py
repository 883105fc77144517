"""What a function may do: its role's policy decides for every call that AWS signs, by action and by resource."""

import functools
import json
from collections.abc import Callable

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cognito_world import PASSWORD, World, make_world  # noqa: F401 (a fixture)
from conftest import REGION
from functions import make_function

JANE = "jane@example.com"
FROM = "hello@example.com"

# The operations that AWS evaluates policies for, as a handler calls them.
CALLS: dict[str, dict[str, object]] = {
    "cognito-idp:AdminCreateUser": {"Username": JANE},
    "cognito-idp:AdminGetUser": {"Username": JANE},
    "cognito-idp:AdminDeleteUser": {"Username": "nobody@example.com"},
    "cognito-idp:AdminResetUserPassword": {"Username": "nobody@example.com"},
    "cognito-idp:AdminSetUserPassword": {"Username": JANE, "Password": PASSWORD, "Permanent": True},
    "cognito-idp:AdminSetUserMFAPreference": {"Username": JANE},
    "cognito-idp:AdminUserGlobalSignOut": {"Username": JANE},
    "cognito-idp:AdminListGroupsForUser": {"Username": JANE},
    "cognito-idp:AdminUpdateUserAttributes": {"Username": JANE, "UserAttributes": []},
    "cognito-idp:ListUsers": {},
    "cognito-idp:AdminInitiateAuth": {"ClientId": "x", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"},
    "cognito-idp:AdminRespondToAuthChallenge": {"ClientId": "x", "ChallengeName": "SOFTWARE_TOKEN_MFA"},
    "cognito-idp:DescribeUserPoolClient": {"ClientId": "x"},
    "ses:SendEmail": {
        "FromEmailAddress": FROM,
        "Destination": {"ToAddresses": [JANE]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    },
}


class Function:
    """A function's credentials, and the policy of its role."""

    def __init__(self, world: World) -> None:
        make_function(world.emulator, world.account, "f", "dict(os.environ)")
        invoked = world.emulator.client("lambda", world.account).invoke(FunctionName="f")
        self._environment = json.load(invoked["Payload"])
        self._world = world
        self._iam = world.emulator.client("iam", world.account)
        identity = f"arn:aws:ses:{REGION}:{world.account}:identity/{FROM}"
        self.resources = {"cognito-idp": world.pool_arn, "ses": identity}

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self._world.emulator.url,
            region_name=REGION,
            aws_access_key_id=self._environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self._environment["AWS_SESSION_TOKEN"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def allow(self, *actions: str, **condition: dict) -> None:
        """Allow these actions, each on its own resource, and nothing else."""
        statements = [
            {"Effect": "Allow", "Action": action, "Resource": self.resources[action.split(":")[0]], **condition}
            for action in actions
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._iam.put_role_policy(RoleName="f-role", PolicyName="calls", PolicyDocument=policy)

    def denied(self, *actions: str) -> set[str]:
        """Which of these calls are denied; whatever else they answer, they got through."""
        clients = {"cognito-idp": self.client("cognito-idp"), "ses": self.client("sesv2")}
        return {action for action in actions if _is_denied(self._call(clients, action))}

    def _call(self, clients: dict, action: str) -> Callable:
        service, _, operation = action.partition(":")
        method = {value: key for key, value in clients[service].meta.method_to_api_mapping.items()}[operation]
        pool = {"UserPoolId": self._world.pool_id} if service == "cognito-idp" else {}
        return functools.partial(getattr(clients[service], method), **pool, **CALLS[action])


def _is_denied(call: Callable) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDeniedException"
    return False


@pytest.fixture
def function(world: World) -> Function:
    world.pool()
    world.client()
    world.emulator.client("sesv2", world.account).create_email_identity(EmailIdentity=FROM)
    world.user(JANE)
    return Function(world)


def test_taking_one_action_out_of_a_policy_breaks_that_call_and_no_other(function: Function):
    function.allow(*CALLS)
    assert function.denied(*CALLS) == set()
    for action in CALLS:
        function.allow(*(other for other in CALLS if other != action))
        assert function.denied(*CALLS) == {action}


def test_what_is_allowed_on_another_pool_or_identity_is_not_allowed(world: World, function: Function):
    function.resources = {
        "cognito-idp": world.pool_arn.rpartition("/")[0] + f"/{REGION}_another00",
        "ses": f"arn:aws:ses:{REGION}:{world.account}:identity/other@example.com",
    }
    function.allow(*CALLS)
    assert function.denied(*CALLS) == CALLS.keys()


def test_an_address_of_a_verified_domain_is_sent_from_the_domains_identity(world: World, function: Function):
    ses = world.emulator.client("sesv2", world.account)
    ses.delete_email_identity(EmailIdentity=FROM)
    ses.create_email_identity(EmailIdentity="example.com")
    function.allow("ses:SendEmail")
    assert function.denied("ses:SendEmail") == {"ses:SendEmail"}
    function.resources["ses"] = f"arn:aws:ses:{REGION}:{world.account}:identity/example.com"
    function.allow("ses:SendEmail")
    assert function.denied("ses:SendEmail") == set()


@pytest.mark.parametrize(("key", "value", "allowed"), [
    ("ses:FromAddress", FROM, True),
    ("ses:FromAddress", "other@example.com", False),
    ("ses:Recipients", JANE, True),
    ("ses:Recipients", "joe@example.com", False),
])  # fmt: skip
def test_a_condition_on_a_mail_counts(function: Function, key: str, value: str, allowed: bool):
    operator = "ForAllValues:StringEquals" if key == "ses:Recipients" else "StringEquals"
    function.allow("ses:SendEmail", Condition={operator: {key: value}})
    assert function.denied("ses:SendEmail") == (set() if allowed else {"ses:SendEmail"})


def test_public_operations_need_no_policy(world: World, function: Function):
    public = function.client("cognito-idp")
    token = world.sign_in(JANE)["AuthenticationResult"]["AccessToken"]
    secured = {"ClientId": world.client_id, "SecretHash": world.hash(JANE)}
    assert public.get_user(AccessToken=token)["Username"]
    assert public.forgot_password(Username=JANE, **secured)["CodeDeliveryDetails"]
    public.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="Another-Passw0rd!")
    calls = {
        "initiate_auth": {"ClientId": world.client_id, "AuthFlow": "USER_AUTH"},
        "respond_to_auth_challenge": {"ClientId": world.client_id, "ChallengeName": "MFA_SETUP"},
        "confirm_forgot_password": {"Username": JANE, "ConfirmationCode": "0", "Password": PASSWORD, **secured},
        "resend_confirmation_code": {"Username": JANE, **secured},
        "associate_software_token": {"AccessToken": token},
        "verify_software_token": {"AccessToken": token, "UserCode": "000000"},
        "set_user_mfa_preference": {"AccessToken": token},
        "start_web_authn_registration": {"AccessToken": token},
        "complete_web_authn_registration": {"AccessToken": token, "Credential": {}},
        "list_web_authn_credentials": {"AccessToken": token},
        "delete_web_authn_credential": {"AccessToken": token, "CredentialId": "x"},
        "get_tokens_from_refresh_token": {"ClientId": world.client_id, "RefreshToken": "x"},
        "revoke_token": {"ClientId": world.client_id, "Token": "x"},
        "global_sign_out": {"AccessToken": token},
    }
    for name, arguments in calls.items():
        assert not _is_denied(functools.partial(getattr(public, name), **arguments)), name
