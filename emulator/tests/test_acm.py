"""Corrections of ACM: the life of a certificate."""

import re
import time

import pytest
from botocore.exceptions import ClientError
from conftest import Emulator
from domains import change, describe, eventually, issued_certificate, make_zone, publish, record, request_certificate


def settings(emulator: Emulator, account: str, **values) -> None:
    emulator.admin("POST", "settings", values, account)


def validation(emulator: Emulator, account: str, arn: str) -> dict[str, dict]:
    options = describe(emulator, account, arn)["DomainValidationOptions"]
    return {option["DomainName"]: option for option in options}


def test_a_certificate_is_pending_until_its_record_is_in_a_hosted_zone(emulator: Emulator, account: str):
    settings(emulator, account, acm_validation_seconds=0.3)
    arn = request_certificate(emulator, account, "api.example.com")
    pending = describe(emulator, account, arn)
    assert (pending["Status"], pending["InUseBy"]) == ("PENDING_VALIDATION", [])
    assert not {"IssuedAt", "NotBefore", "NotAfter", "FailureReason"} & pending.keys()
    with pytest.raises(ClientError) as refused:
        emulator.client("acm", account).get_certificate(CertificateArn=arn)
    assert refused.value.response["Error"]["Code"] == "RequestInProgressException"
    zone = make_zone(emulator, account)
    time.sleep(0.4)
    assert describe(emulator, account, arn)["Status"] == "PENDING_VALIDATION"
    publish(emulator, account, zone, arn)
    assert describe(emulator, account, arn)["Status"] == "PENDING_VALIDATION"
    eventually(lambda: describe(emulator, account, arn)["Status"] == "ISSUED")
    issued = describe(emulator, account, arn)
    assert issued["DomainValidationOptions"][0]["ValidationStatus"] == "SUCCESS"
    assert issued["IssuedAt"] < issued["NotAfter"]
    # Once issued it stays so: the record is only needed again for the renewal.
    publish(emulator, account, zone, arn, "DELETE")
    assert describe(emulator, account, arn)["Status"] == "ISSUED"


def test_an_apex_and_its_wildcard_share_one_record_that_never_changes(emulator: Emulator, account: str):
    names = ("example.com", "*.example.com", "www.example.com")
    first = validation(emulator, account, request_certificate(emulator, account, *names))
    second = validation(emulator, account, request_certificate(emulator, account, *names))
    assert list(first) == list(names)
    assert first == second
    assert first["example.com"]["ResourceRecord"] == first["*.example.com"]["ResourceRecord"]
    assert first["example.com"]["ResourceRecord"] != first["www.example.com"]["ResourceRecord"]
    found = first["example.com"]["ResourceRecord"]
    assert re.fullmatch(r"_[0-9a-f]{32}\.example\.com\.", found["Name"])
    assert re.fullmatch(r"_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.", found["Value"])
    other = f"{int(account) - 1:012d}"
    theirs = validation(emulator, other, request_certificate(emulator, other, "example.com"))
    assert theirs["example.com"]["ResourceRecord"] != found


@pytest.mark.parametrize("what", ["another value", "another zone"])
def test_another_record_proves_nothing(emulator: Emulator, account: str, what: str):
    settings(emulator, account, acm_validation_seconds=0)
    arn = request_certificate(emulator, account, "api.example.com")
    wanted = validation(emulator, account, arn)["api.example.com"]["ResourceRecord"]
    if what == "another value":
        zone, found = make_zone(emulator, account), wanted | {"Value": "_x.y.acm-validations.aws."}
    else:
        zone, found = make_zone(emulator, account, "other.com"), wanted | {"Name": "_x.other.com."}
    change(emulator, account, zone, ("CREATE", record(found["Name"], "CNAME", found["Value"])))
    assert describe(emulator, account, arn)["Status"] == "PENDING_VALIDATION"


def test_a_record_that_is_there_already_proves_a_new_certificate_at_once(emulator: Emulator, account: str):
    issued_certificate(emulator, account, "example.com")
    again = request_certificate(emulator, account, "*.example.com")
    assert describe(emulator, account, again)["Status"] == "ISSUED"


def test_an_idempotency_token_lasts_an_hour(emulator: Emulator, account: str):
    def request() -> str:
        return request_certificate(emulator, account, "api.example.com", IdempotencyToken="t1")

    first = request()
    assert request() == first
    assert request_certificate(emulator, account, "api.example.com") != first
    settings(emulator, account, acm_clock_ahead_seconds=3601)
    assert request() != first


def test_a_certificate_shows_some_time_after_the_request_and_its_records_later_still(emulator: Emulator, account: str):
    arn = request_certificate(emulator, account, "api.example.com")
    settings(emulator, account, acm_describe_lag_seconds=60)
    with pytest.raises(ClientError) as refused:
        describe(emulator, account, arn)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    settings(emulator, account, acm_clock_ahead_seconds=40)
    [option] = describe(emulator, account, arn)["DomainValidationOptions"]
    assert "ResourceRecord" not in option
    assert option["ValidationStatus"] == "PENDING_VALIDATION"
    settings(emulator, account, acm_clock_ahead_seconds=70)
    assert "ResourceRecord" in describe(emulator, account, arn)["DomainValidationOptions"][0]


def test_validation_by_mail_is_the_default_and_has_no_records(emulator: Emulator, account: str):
    settings(emulator, account, acm_describe_lag_seconds=0)
    arn = emulator.client("acm", account).request_certificate(DomainName="example.com")["CertificateArn"]
    [option] = describe(emulator, account, arn)["DomainValidationOptions"]
    assert option["ValidationMethod"] == "EMAIL"
    assert "ResourceRecord" not in option


def test_a_failure_tells_its_reason(emulator: Emulator, account: str):
    failures = {"caa.example.com": "CAA_ERROR", "bad.example.com": "INVALID_PUBLIC_DOMAIN"}
    settings(emulator, account, acm_failure=failures, acm_validation_seconds=0)
    denied = request_certificate(emulator, account, "api.example.com", "caa.example.com")
    # ACM looks at CAA records when it issues, so after the validation.
    assert describe(emulator, account, denied)["Status"] == "PENDING_VALIDATION"
    publish(emulator, account, make_zone(emulator, account), denied)
    found = describe(emulator, account, denied)
    assert (found["Status"], found["FailureReason"]) == ("FAILED", "CAA_ERROR")
    invalid = describe(emulator, account, request_certificate(emulator, account, "bad.example.com"))
    assert (invalid["Status"], invalid["FailureReason"]) == ("FAILED", "INVALID_PUBLIC_DOMAIN")
    assert request_certificate(emulator, account, "api.example.com") != denied


def test_validation_times_out_after_72_hours(emulator: Emulator, account: str):
    slow = request_certificate(emulator, account, "slow.example.com")
    settings(emulator, account, acm_clock_ahead_seconds=72 * 3600, acm_failure={"late.example.com": "TIMED_OUT"})
    lost = describe(emulator, account, slow)
    assert (lost["Status"], lost["DomainValidationOptions"][0]["ValidationStatus"]) == (
        "VALIDATION_TIMED_OUT",
        "FAILED",
    )
    late = request_certificate(emulator, account, "late.example.com")
    assert describe(emulator, account, late)["Status"] == "VALIDATION_TIMED_OUT"


def test_certificates_are_listed_by_status_in_pages_with_what_they_are_for(emulator: Emulator, account: str):
    issued = issued_certificate(emulator, account, "example.com", "*.example.com")
    request_certificate(emulator, account, "pending.other.com")
    acm = emulator.client("acm", account)
    [found] = acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    assert (found["CertificateArn"], found["InUse"]) == (issued, False)
    assert found["SubjectAlternativeNameSummaries"] == ["example.com", "*.example.com"]
    pages = list(acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 1}))
    assert [len(page["CertificateSummaryList"]) for page in pages] == [1, 1]


def test_tags_are_kept(emulator: Emulator, account: str):
    arn = request_certificate(emulator, account, "example.com", Tags=[{"Key": "a", "Value": "1"}])
    acm = emulator.client("acm", account)
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}])
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    acm.delete_certificate(CertificateArn=arn)
    with pytest.raises(acm.exceptions.ResourceNotFoundException):
        acm.describe_certificate(CertificateArn=arn)


@pytest.mark.parametrize("value", [{"example.com": "NO_REASON"}, ["example.com"], "CAA_ERROR"])
def test_a_failure_that_acm_does_not_know_is_refused(emulator: Emulator, account: str, value):
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as refused:
        settings(emulator, account, acm_failure=value)
    assert refused.value.code == 400
