"""The Cognito user pool authorizer: which kind of token a method takes. Must not verify tokens itself."""

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "_validate_cognito_authorizer")
    async def validate(original, authorizer, method, *rest):
        claims, error = await original(authorizer, method, *rest)
        if error is not None:
            return claims, error
        # AWS: a method without scopes takes ID tokens only; with AuthorizationScopes, access tokens only.
        # ministack takes either for a method without scopes.
        wanted = "access" if method.get("authorizationScopes") else "id"
        if claims.get("token_use") != wanted:
            return None, apigw._gw_error("UNAUTHORIZED", "Unauthorized")
        return claims, None
