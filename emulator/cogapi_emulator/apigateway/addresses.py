"""Which account and region an API's address belongs to. Must not answer requests."""

from ministack.services import apigateway_v1 as apigw

from cogapi_emulator.patching import around


def install() -> None:
    """Patch ministack in this process."""

    @around(apigw, "find_api_scope")
    def find_api_scope(_original, api_id):
        # AWS: an API's address says nothing about its account, and anyone may call it. ministack finds
        # it only for callers of the API's account, which unsigned requests are for the root account alone.
        owners = ((account, region) for (account, region, key), _api in apigw._rest_apis.all_items() if key == api_id)
        return next(owners, None)

    @around(apigw, "find_domain_scope")
    def find_domain_scope(_original, domain_name):
        # The same for custom domains: a name is registered once.
        owners = (key for key, _domain in apigw._domain_names.all_items() if key[2].lower() == domain_name.lower())
        return next(owners, None)
