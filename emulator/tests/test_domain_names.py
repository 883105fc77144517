"""Corrections of API Gateway's custom domain names and base path mappings."""

import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import REGION, Emulator
from domains import describe, eventually, issued_certificate, request_certificate
from functions import GREETING, make_function, make_role
from test_apigateway import STAGE, definition, deploy, import_api


@pytest.fixture
def domain(account: str) -> str:
    """A name of its own for each test: in a region, a name belongs to one account."""
    return f"api-{account}.example.com"


def create(emulator: Emulator, account: str, domain: str, certificate: str, **more) -> dict:
    return emulator.client("apigateway", account).create_domain_name(
        domainName=domain,
        regionalCertificateArn=certificate,
        endpointConfiguration={"types": ["REGIONAL"]},
        **({"securityPolicy": "TLS_1_2"} | more),
    )


def made(emulator: Emulator, account: str, domain: str) -> str:
    """Make a domain name with a wildcard certificate; answers the certificate."""
    certificate = issued_certificate(emulator, account, "*.example.com")
    create(emulator, account, domain, certificate)
    return certificate


def refusal(call, **arguments) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def get(emulator: Emulator, domain: str, path: str, method: str = "GET") -> tuple[int, str]:
    """What a request to the domain's own address answers."""
    request = urllib.request.Request(emulator.url + path, headers={"Host": f"{domain.upper()}:443"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as reply:
        return reply.code, reply.read().decode()


def serving(emulator: Emulator, account: str) -> str:
    """A deployed API whose one path, /v1/things/{id}, greets."""
    function = make_function(emulator, account, "f", GREETING)
    role = make_role(emulator, account, "invoker", "apigateway.amazonaws.com", allow="lambda:InvokeFunction")
    api = import_api(emulator, account, definition(function, role))
    deploy(emulator, account, api)
    return api


def test_a_regional_domain_name_shows_where_its_record_should_point(emulator: Emulator, account: str, domain: str):
    certificate = issued_certificate(emulator, account, "*.example.com")
    shown = create(emulator, account, domain, certificate, tags={"a": "1"})
    target = shown.pop("regionalDomainName")
    assert target.startswith("d-")
    assert target.endswith(f".execute-api.{REGION}.amazonaws.com")
    del shown["ResponseMetadata"]
    assert shown == {
        "domainName": domain,
        "domainNameStatus": "AVAILABLE",
        "regionalCertificateArn": certificate,
        "regionalHostedZoneId": "ZLY8HYME6SFDD",
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
        "tags": {"a": "1"},
    }
    client = emulator.client("apigateway", account)
    again = client.get_domain_name(domainName=domain)
    assert again["regionalDomainName"] == target
    assert [item["domainName"] for item in client.get_domain_names()["items"]] == [domain]


def test_a_domain_name_takes_only_an_issued_certificate_for_it(emulator: Emulator, account: str, domain: str):
    client = emulator.client("apigateway", account)
    issued = issued_certificate(emulator, account, "*.example.com", "example.com")
    pending = request_certificate(emulator, account, "other.com")

    def told(certificate: str, name: str = domain) -> str:
        code, message = refusal(lambda: create(emulator, account, name, certificate))
        assert code == "BadRequestException"
        return message

    assert "PENDING_VALIDATION" in told(pending, "other.com")
    assert "does not match" in told(issued, f"a.{domain}")
    assert told(issued.replace(REGION, "us-east-1")) == (
        f"Invalid certificate ARN: {issued.replace(REGION, 'us-east-1')}. Certificate must be in '{REGION}'."
    )
    assert told(issued[:-1] + "x") == "The provided certificate does not exist."
    assert refusal(client.create_domain_name, domainName=domain) == (
        "BadRequestException",
        "A certificate was not provided for the endpoint type EDGE.",
    )
    assert refusal(client.get_domain_name, domainName=domain)[0] == "NotFoundException"


def test_a_name_belongs_to_one_account_in_a_region(emulator: Emulator, account: str, domain: str):
    certificate = made(emulator, account, domain)
    assert refusal(lambda: create(emulator, account, domain, certificate))[0] == "ConflictException"
    other = f"{int(account) - 1:012d}"
    theirs = issued_certificate(emulator, other, "*.example.com")
    assert refusal(lambda: create(emulator, other, domain, theirs))[0] == "ConflictException"
    emulator.client("apigateway", account).delete_domain_name(domainName=domain)
    create(emulator, other, domain, theirs)


def test_a_domain_name_moves_to_another_certificate(emulator: Emulator, account: str, domain: str):
    first = made(emulator, account, domain)
    second = request_certificate(emulator, account, "*.example.com")
    pending = request_certificate(emulator, account, "other.com")
    client = emulator.client("apigateway", account)
    target = client.get_domain_name(domainName=domain)["regionalDomainName"]

    def move(certificate: str, path: str = "/regionalCertificateArn") -> dict:
        operation = {"op": "replace", "path": path, "value": certificate}
        return client.update_domain_name(domainName=domain, patchOperations=[operation])

    moved = move(second)
    assert (moved["regionalCertificateArn"], moved["regionalDomainName"]) == (second, target)
    assert moved["domainNameStatus"] == "UPDATING"
    eventually(lambda: client.get_domain_name(domainName=domain)["domainNameStatus"] == "AVAILABLE")
    assert refusal(lambda: move(pending))[0] == "BadRequestException"
    assert "Invalid patch path" in refusal(lambda: move("x", "/regionalDomainName"))[1]
    eventually(
        lambda: describe(emulator, account, second)["InUseBy"] and not describe(emulator, account, first)["InUseBy"]
    )
    emulator.client("acm", account).delete_certificate(CertificateArn=first)


def test_a_certificate_in_use_cannot_be_deleted_and_its_use_shows_late(emulator: Emulator, account: str, domain: str):
    emulator.admin("POST", "settings", {"acm_in_use_lag_seconds": 0.4}, account)
    certificate = made(emulator, account, domain)
    acm = emulator.client("acm", account)
    assert describe(emulator, account, certificate)["InUseBy"] == []
    assert refusal(acm.delete_certificate, CertificateArn=certificate)[0] == "ResourceInUseException"
    eventually(lambda: describe(emulator, account, certificate)["InUseBy"])
    [user] = describe(emulator, account, certificate)["InUseBy"]
    assert user.startswith("arn:aws:elasticloadbalancing:")
    emulator.client("apigateway", account).delete_domain_name(domainName=domain)
    assert describe(emulator, account, certificate)["InUseBy"] == [user]
    assert refusal(acm.delete_certificate, CertificateArn=certificate)[0] == "ResourceInUseException"
    eventually(lambda: describe(emulator, account, certificate)["InUseBy"] == [])
    acm.delete_certificate(CertificateArn=certificate)


def test_tags_of_a_domain_name_have_one_truth(emulator: Emulator, account: str, domain: str):
    made(emulator, account, domain)
    client = emulator.client("apigateway", account)
    arn = f"arn:aws:apigateway:{REGION}::/domainnames/{domain}"
    client.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert client.get_domain_name(domainName=domain)["tags"] == {"b": "2"}
    assert client.get_tags(resourceArn=arn)["tags"] == {"b": "2"}


def test_a_domain_name_migrates_by_getting_the_other_type_first(emulator: Emulator, account: str, domain: str):
    made(emulator, account, domain)
    client = emulator.client("apigateway", account)
    elsewhere = emulator.client("acm", account, region="us-east-1").request_certificate
    certificate = elsewhere(DomainName="*.example.com", ValidationMethod="DNS")["CertificateArn"]

    def patch(*operations: tuple[str, str, str]) -> dict:
        named = [dict(zip(("op", "path", "value"), operation, strict=True)) for operation in operations]
        return client.update_domain_name(domainName=domain, patchOperations=named)

    types = "/endpointConfiguration/types"
    assert refusal(lambda: patch(("remove", types, "REGIONAL")))[0] == "BadRequestException"
    both = patch(("add", types, "EDGE"), ("replace", "/certificateArn", certificate))
    assert both["endpointConfiguration"]["types"] == ["REGIONAL", "EDGE"]
    edge = patch(("remove", types, "REGIONAL"))
    assert (edge["endpointConfiguration"]["types"], edge["certificateArn"]) == (["EDGE"], certificate)
    assert "regionalCertificateArn" not in edge


def test_requests_go_through_the_mapping(emulator: Emulator, account: str, domain: str):
    made(emulator, account, domain)
    api = serving(emulator, account)
    client = emulator.client("apigateway", account)
    assert get(emulator, domain, "/v1/things/1") == (403, '{"message":"Forbidden"}')
    client.create_base_path_mapping(domainName=domain, restApiId=api, stage=STAGE)
    # The empty base path passes the path as it is.
    assert get(emulator, domain, "/v1/things/1") == (200, "hello")
    assert get(emulator, domain, "/v1/things/1", "OPTIONS") == (204, "")
    # So does a path that the API has not, in the API's own words.
    assert "Missing Authentication Token" in get(emulator, domain, "/none")[1]
    [mapping] = client.get_base_path_mappings(domainName=domain)["items"]
    assert mapping == {"basePath": "(none)", "restApiId": api, "stage": STAGE}
    operation = {"op": "replace", "path": "/basePath", "value": "v9"}
    client.update_base_path_mapping(domainName=domain, basePath="(none)", patchOperations=[operation])
    # Any other one is taken away.
    assert get(emulator, domain, "/v9/v1/things/1") == (200, "hello")
    assert get(emulator, domain, "/v1/things/1") == (403, '{"message":"Forbidden"}')
    assert client.get_base_path_mapping(domainName=domain, basePath="v9")["restApiId"] == api
    client.delete_base_path_mapping(domainName=domain, basePath="v9")
    assert get(emulator, domain, "/v9/v1/things/1") == (403, '{"message":"Forbidden"}')


def test_mappings_that_cannot_be_are_refused(emulator: Emulator, account: str, domain: str):
    made(emulator, account, domain)
    api = import_api(emulator, account, definition())
    deploy(emulator, account, api)
    client = emulator.client("apigateway", account)

    def told(**mapping) -> tuple[str, str]:
        wanted = {"domainName": domain, "restApiId": api, "stage": STAGE} | mapping
        return refusal(client.create_base_path_mapping, **wanted)

    assert told(stage="none")[0] == "BadRequestException"
    assert told(restApiId="none")[0] == "BadRequestException"
    assert told(basePath="v1/users")[0] == "BadRequestException"
    assert told(domainName=f"a.{domain}") == ("NotFoundException", "Invalid domain name identifier specified")
    client.create_base_path_mapping(domainName=domain, restApiId=api, stage=STAGE, basePath="v1")
    assert told(basePath="v1") == ("ConflictException", "Base path already exists for this domain name")
    assert told() == ("ConflictException", "Only one base path mapping is allowed if the base path is empty.")
    known = {"domainName": domain, "basePath": "v2"}
    assert refusal(client.get_base_path_mapping, **known)[0] == "NotFoundException"
    assert refusal(client.delete_base_path_mapping, **known)[0] == "NotFoundException"
    assert refusal(client.update_base_path_mapping, **known, patchOperations=[])[0] == "NotFoundException"


def test_what_is_mapped_cannot_be_deleted(emulator: Emulator, account: str, domain: str):
    made(emulator, account, domain)
    api = import_api(emulator, account, definition())
    deploy(emulator, account, api)
    client = emulator.client("apigateway", account)
    client.create_base_path_mapping(domainName=domain, restApiId=api, stage=STAGE)
    code, message = refusal(client.delete_rest_api, restApiId=api)
    assert (code, message) == (
        "BadRequestException",
        f"Deleting RestApi {api} failed. Please remove all base path mappings related to the RestApi in your "
        f"domains: {domain}",
    )
    assert refusal(client.delete_stage, restApiId=api, stageName=STAGE)[0] == "BadRequestException"
    # The domain name itself goes with its mappings.
    client.delete_domain_name(domainName=domain)
    client.delete_rest_api(restApiId=api)
