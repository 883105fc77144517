"""The inventory of what a domain, its certificate and its protection are made of."""

from conftest import REGION, Emulator
from domains import change, issued_certificate, publish
from functions import make_function
from test_access_logs import destination, logging_role, patch, set_role
from test_apigateway import STAGE, definition, deploy, import_api
from test_waf import REPUTATION, create, rate_rule


def test_it_is_described_and_forgotten(emulator: Emulator, account: str):
    empty = emulator.admin("GET", "inventory", account=account)
    domain = f"api-{account}.example.com"
    certificate = issued_certificate(emulator, account, "example.com", "*.example.com")
    zone = emulator.client("route53", account).list_hosted_zones()["HostedZones"][0]["Id"].rpartition("/")[2]
    gateway, waf = emulator.client("apigateway", account), emulator.client("wafv2", account)
    emulator.admin("POST", "settings", {"acm_in_use_lag_seconds": 0}, account)
    target = gateway.create_domain_name(
        domainName=domain, regionalCertificateArn=certificate, endpointConfiguration={"types": ["REGIONAL"]}
    )["regionalDomainName"]
    alias = {"HostedZoneId": "ZLY8HYME6SFDD", "DNSName": target, "EvaluateTargetHealth": False}
    record = {"Name": domain, "Type": "A", "AliasTarget": alias}
    change(emulator, account, zone, ("CREATE", record))
    api = import_api(emulator, account, definition())
    deployment = deploy(emulator, account, api)
    gateway.create_base_path_mapping(domainName=domain, restApiId=api, stage=STAGE)
    role = logging_role(emulator, account)
    set_role(emulator, account, role)
    gateway.update_stage(restApiId=api, stageName=STAGE, patchOperations=patch(destination=destination(account)))
    acl = create(emulator, account, REPUTATION, rate_rule())
    stage = f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/{STAGE}"
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=stage)
    make_function(emulator, account, "f")
    lambda_ = emulator.client("lambda", account)
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=7)

    full = emulator.admin("GET", "inventory", account=account)
    assert full["domain_names"] == [
        {
            "name": domain,
            "target": target,
            "certificate": certificate,
            "security_policy": "TLS_1_2",
            "mappings": {"(none)": f"{api}/{STAGE}"},
        }
    ]
    assert full["certificates"] == [
        {"id": certificate, "name": "example.com", "names": ["*.example.com", "example.com"], "status": "ISSUED"}
    ]
    [described] = full["hosted_zones"]
    assert (described["id"], described["name"]) == (zone, "example.com.")
    assert f"{domain}. - A ALIAS {target}." in described["records"]
    assert [line.split()[2] for line in described["records"]] == ["CNAME", "A", "NS", "SOA"]
    assert full["web_acls"] == [
        {"id": acl["Id"], "name": "acl", "rules": ["rate", "reputation"], "protects": [stage]},
    ]
    assert full["api_gateway_accounts"] == [{"name": REGION, "log_role": role}]
    assert full["functions"][0]["reserved_concurrency"] == 7
    assert full["rest_apis"][0]["stages"] == [
        {"name": STAGE, "deployment": deployment, "access_logs": destination(account), "method_settings": []}
    ]
    assert full["other"] == {}

    waf.disassociate_web_acl(ResourceArn=stage)
    waf.delete_web_acl(Name="acl", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    gateway.delete_domain_name(domainName=domain)
    gateway.delete_rest_api(restApiId=api)
    set_role(emulator, account, "")
    publish(emulator, account, zone, certificate, "DELETE")
    emulator.client("acm", account).delete_certificate(CertificateArn=certificate)
    change(emulator, account, zone, ("DELETE", record))
    emulator.client("route53", account).delete_hosted_zone(Id=zone)
    lambda_.delete_function(FunctionName="f")
    iam = emulator.client("iam", account)
    policy = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    iam.detach_role_policy(RoleName="gateway-logs", PolicyArn=policy)
    for name in ("gateway-logs", "f-role"):
        iam.delete_role(RoleName=name)
    assert emulator.admin("GET", "inventory", account=account) == empty
