"""Owns CUSTOM_AUTH: the Define, Create and Verify triggers, unknown users, and sessions that rotate."""

from ministack.core.responses import json_response
from ministack.services import cognito as idp

from cogapi_emulator.cognito import flows, sessions, triggers
from cogapi_emulator.cognito.refused import Refused, invalid_parameter, not_authorized
from cogapi_emulator.cognito.replacing import instead_of

_CHALLENGE = "CUSTOM_CHALLENGE"


def install() -> None:
    """Patch ministack."""
    flows.begin_with("CUSTOM_AUTH", _start)
    instead_of(idp, "_continue_custom_auth_after_define")(_after_define)
    instead_of(idp, "_invoke_define_auth_challenge_trigger")(_define_for_srp)


def _start(pool: dict, data: dict) -> tuple:
    client_id = data["ClientId"]
    client = pool["_clients"][client_id]
    allowed = client.get("ExplicitAuthFlows") or []
    if any(flow.startswith("ALLOW_") for flow in allowed) and "ALLOW_CUSTOM_AUTH" not in allowed:
        raise invalid_parameter("CUSTOM_AUTH is not enabled for the client.")
    named = flows.named(data)
    user = flows.user_or_nobody(pool, client_id, named)
    username = user["Username"] if user else flows.stand_in(pool, named)
    token, session = sessions.issue(pool["Id"], client_id, username, _CHALLENGE, named=named)
    srp_a = data["AuthParameters"].get("SRP_A")
    if srp_a:
        # Started with SRP: Cognito proves the password itself before the custom challenges.
        idp._append_challenge_to_session(session, "SRP_A", True, None, {}, {})
        session["srp_a"] = srp_a
    # AWS: the ClientMetadata of InitiateAuth reaches neither Define nor Create; ministack hands it on.
    return _continue(pool, token, session, {})


def answer(pool: dict, session: dict, data: dict) -> tuple:
    """Answer a CUSTOM_CHALLENGE; whether right or wrong, what follows has a session of its own."""
    responses = data.get("ChallengeResponses") or {}
    if idp._awaits_password_proof(session):
        raise not_authorized("Invalid session for the user.")
    user = sessions.check_user(session, pool, responses.get("USERNAME"))
    if "ANSWER" not in responses:
        raise invalid_parameter("Missing required parameter ANSWER")
    sessions.spend(session)
    metadata = data.get("ClientMetadata") or {}
    event = idp._build_verify_auth_challenge_event(
        pool["Id"], session["client_id"], session["username"], {}, session, responses["ANSWER"], metadata
    )
    verdict = _invoke(pool, "VerifyAuthChallengeResponse", event, user)
    idp._update_pending_challenge_result(session, verdict.get("answerCorrect") is True)
    kept = {name: session[name] for name in ("named", "challenges", "last_challenge_metadata") if name in session}
    token, following = sessions.issue(pool["Id"], session["client_id"], session["username"], _CHALLENGE, **kept)
    return _continue(pool, token, following, metadata)


def _continue(pool: dict, token: str, session: dict, metadata: dict) -> tuple:
    """Ask Define what comes next; a refusal on the way ends the session."""
    user, _ = idp._resolve_user(pool, session["username"])
    try:
        event = idp._build_define_auth_challenge_event(
            pool["Id"], session["client_id"], session["username"], {}, session, metadata
        )
        decision = _invoke(pool, "DefineAuthChallenge", event, user)
        return _follow(pool, token, session, user, metadata, decision)
    except Refused:
        sessions.end(session)
        raise


def _follow(pool: dict, token: str, session: dict, user: dict | None, metadata: dict, decision: dict) -> tuple:
    if decision.get("failAuthentication"):
        raise not_authorized()
    if decision.get("issueTokens"):
        if user is None:
            # Whatever the function says, there is nobody to give tokens to.
            raise not_authorized()
        sessions.spend(session)
        return flows.tokens(pool, session["client_id"], user, metadata)
    following = decision.get("challengeName")
    if following in ("PASSWORD_VERIFIER", "SRP_A") and user is not None:
        return idp._return_custom_auth_password_verifier(token, session, user)
    if following != _CHALLENGE:
        raise Refused("InvalidLambdaResponseException", f"Invalid challenge name {following} from DefineAuthChallenge.")
    return _create(pool, token, session, user, metadata)


def _create(pool: dict, token: str, session: dict, user: dict | None, metadata: dict) -> tuple:
    event = idp._build_create_auth_challenge_event(
        pool["Id"], session["client_id"], session["username"], {}, session, metadata
    )
    created = _invoke(pool, "CreateAuthChallenge", event, user)
    public = created.get("publicChallengeParameters") or {}
    private = created.get("privateChallengeParameters") or {}
    idp._append_challenge_to_session(session, _CHALLENGE, None, created.get("challengeMetadata"), public, private)
    return json_response(
        {
            "ChallengeName": _CHALLENGE,
            "Session": token,
            "ChallengeParameters": {"USERNAME": session["username"], **public},
        }
    )


def _invoke(pool: dict, trigger: str, event: dict, user: dict | None) -> dict:
    """Invoke one of the three triggers.

    AWS: with PreventUserExistenceErrors the triggers run for an unknown user too, with
    `request.userNotFound` true and no attributes; ministack answers UserNotFoundException.
    """
    event["request"]["userNotFound"] = user is None
    event["request"]["userAttributes"] = triggers.user_attributes(user) if user else {}
    response = triggers.invoke(pool, trigger, event)
    if response is None:
        raise invalid_parameter("Custom auth lambda trigger is not configured for the user pool.")
    return response


def _define_for_srp(
    pool_id: str, client_id: str, username: str, _attributes: dict, session: dict, metadata: dict | None = None
) -> tuple:
    """Ask Define, in the form in which ministack's PASSWORD_VERIFIER asks."""
    pool = idp._user_pools[pool_id]
    user, _ = idp._resolve_user(pool, username)
    event = idp._build_define_auth_challenge_event(pool_id, client_id, username, {}, session, metadata)
    return {"response": _invoke(pool, "DefineAuthChallenge", event, user)}, None


def _after_define(
    token: str, session: dict, user: dict, _attributes: dict, metadata: dict, define_result: dict
) -> tuple:
    """Go on after ministack's PASSWORD_VERIFIER of a CUSTOM_AUTH that was started with SRP."""
    pool = idp._user_pools[session["pool_id"]]
    return _follow(pool, token, session, user, metadata or {}, define_result["response"])
