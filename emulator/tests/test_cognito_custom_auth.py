"""CUSTOM_AUTH: its triggers, unknown users, metadata, and sessions that work once."""

import json

from cognito_world import World, make_world, refusal  # noqa: F401 (a fixture)

JANE = "jane@example.com"

# One function for all three triggers. It tells the client, as public parameters, what Create was given;
# the second right answer gives tokens, a wrong one fails.
_TRIGGER = """
import json
def handler(event, context):
    request, response = event["request"], event["response"]
    source = event["triggerSource"].split("_")[0]
    if source == "DefineAuthChallenge":
        results = [entry["challengeResult"] for entry in request["session"]]
        response["issueTokens"] = results.count(True) >= 2
        response["failAuthentication"] = results.count(False) >= 2
        response["challengeName"] = "CUSTOM_CHALLENGE"
    elif source == "CreateAuthChallenge":
        seen = {"userName": event["userName"], "userNotFound": request["userNotFound"],
                "metadata": request.get("clientMetadata") or {}, "attributes": request["userAttributes"],
                "rounds": len(request["session"])}
        response["publicChallengeParameters"] = {"seen": json.dumps(seen)}
        response["privateChallengeParameters"] = {"answer": "right"}
    else:
        expected = request["privateChallengeParameters"]["answer"] + request["clientMetadata"].get("suffix", "")
        response["answerCorrect"] = request["challengeAnswer"] == expected
    return event
"""


def _prepared(world: World, prevent: str = "ENABLED", source: str = _TRIGGER) -> World:
    world.pool()
    world.client(PreventUserExistenceErrors=prevent)
    arn = world.function("challenges", source)
    triggers = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    world.idp.update_user_pool(
        UserPoolId=world.pool_id, AutoVerifiedAttributes=["email"], LambdaConfig=dict.fromkeys(triggers, arn)
    )
    return world


def _start(world: World, email: str, **arguments) -> dict:
    return world.idp.initiate_auth(
        ClientId=world.client_id,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": email, "SECRET_HASH": world.hash(email)},
        **arguments,
    )


def _answering(world: World, challenge: dict, answer: str) -> dict:
    username = challenge["ChallengeParameters"]["USERNAME"]
    return world.answering("CUSTOM_CHALLENGE", challenge["Session"], username, ANSWER=answer)


def _seen(challenge: dict) -> dict:
    return json.loads(challenge["ChallengeParameters"]["seen"])


def test_each_answer_gets_a_session_of_its_own_and_the_last_one_tokens(world: World):
    username = _prepared(world).user(JANE)
    respond = world.idp.admin_respond_to_auth_challenge
    first = _start(world, JANE)
    assert first["ChallengeParameters"]["USERNAME"] == username
    second = respond(**_answering(world, first, "right"))
    assert second["Session"] != first["Session"]
    assert refusal(respond, **_answering(world, first, "right")) == (
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",
    )
    third = respond(**_answering(world, second, "wrong"))
    assert third["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert _seen(third)["rounds"] == 2
    last = respond(**_answering(world, third, "right"))
    assert world.idp.get_user(AccessToken=last["AuthenticationResult"]["AccessToken"])["Username"] == username


def test_a_failed_authentication_ends_the_session(world: World):
    _prepared(world).user(JANE)
    respond = world.idp.admin_respond_to_auth_challenge
    second = respond(**_answering(world, _start(world, JANE), "wrong"))
    last = _answering(world, second, "wrong")
    assert refusal(respond, **last)[0] == "NotAuthorizedException"
    assert refusal(respond, **last)[1] == "Invalid session for the user, session can only be used once."


def test_an_unknown_user_runs_the_triggers_with_user_not_found_and_never_gets_tokens(world: World):
    _prepared(world).user(JANE)
    known, unknown = _start(world, JANE), _start(world, "nobody@example.com")
    assert unknown["ChallengeName"] == known["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert unknown["ChallengeParameters"].keys() == known["ChallengeParameters"].keys()
    assert len(unknown["Session"]) == len(known["Session"])
    assert _seen(unknown)["userNotFound"] is True
    assert _seen(unknown)["attributes"] == {}
    assert _seen(known)["userNotFound"] is False
    respond = world.idp.admin_respond_to_auth_challenge
    second = respond(**_answering(world, unknown, "right"))
    assert refusal(respond, **_answering(world, second, "right")) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
    )


def test_a_forced_reset_stops_custom_challenges_too(world: World):
    _prepared(world).user(JANE)
    world.idp.admin_reset_user_password(UserPoolId=world.pool_id, Username=JANE)
    assert refusal(_start, world=world, email=JANE)[0] == "PasswordResetRequiredException"


def test_an_unknown_user_is_told_so_by_a_legacy_client(world: World):
    _prepared(world, prevent="LEGACY")
    assert refusal(_start, world=world, email=JANE)[0] == "UserNotFoundException"


def test_client_metadata_reaches_verify_but_not_create_at_the_start(world: World):
    _prepared(world).user(JANE)
    challenge = _start(world, JANE, ClientMetadata={"suffix": "!"})
    assert _seen(challenge)["metadata"] == {}
    arguments = _answering(world, challenge, "right!") | {"ClientMetadata": {"suffix": "!"}}
    second = world.idp.admin_respond_to_auth_challenge(**arguments)
    arguments = _answering(world, second, "right!") | {"ClientMetadata": {"suffix": "!"}}
    assert world.idp.admin_respond_to_auth_challenge(**arguments)["AuthenticationResult"]


def test_a_custom_challenge_session_is_bound_to_its_user(world: World):
    _prepared(world).user(JANE)
    joe = world.user("joe@example.com")
    challenge = _start(world, JANE)
    arguments = _answering(world, challenge, "right")
    arguments["ChallengeResponses"]["USERNAME"] = joe
    assert refusal(world.idp.admin_respond_to_auth_challenge, **arguments) == (
        "NotAuthorizedException",
        "Invalid session for the user.",
    )


def test_custom_auth_without_triggers_is_refused(world: World):
    world.pool()
    world.client()
    world.user(JANE)
    assert refusal(_start, world=world, email=JANE)[0] == "InvalidParameterException"


# Tells how often it was asked to create a challenge: a new process begins to count anew.
_COUNTING = """
import json
created = 0
def handler(event, context):
    global created
    created += event["triggerSource"].startswith("CreateAuthChallenge")
    event["response"].update(challengeName="CUSTOM_CHALLENGE", issueTokens=False, failAuthentication=False,
                             publicChallengeParameters={"created": str(created)}, privateChallengeParameters={})
    return event
"""


def test_a_trigger_whose_answer_is_lost_is_invoked_again_and_after_three_times_given_up(world: World):
    _prepared(world, source=_COUNTING).user(JANE)
    world.settings(cognito_trigger_answers_lost=2)
    assert _start(world, JANE)["ChallengeParameters"]["created"] == "3"
    world.settings(cognito_trigger_answers_lost=3)
    assert refusal(_start, world=world, email=JANE) == (
        "UnexpectedLambdaException",
        "DefineAuthChallenge invocation failed due to error Socket timeout while invoking Lambda function.",
    )
