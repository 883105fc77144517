"""Corrections of SES: identities and the sandbox, as a preflight asks for them."""

import pytest
from conftest import Emulator

FROM = "hello@example.com"


def settings(emulator: Emulator, account: str, **values) -> None:
    emulator.admin("POST", "settings", values, account)


def statuses(emulator: Emulator, account: str, *names: str) -> dict[str, str]:
    found = emulator.client("ses", account).get_identity_verification_attributes(Identities=list(names))
    return {name: value["VerificationStatus"] for name, value in found["VerificationAttributes"].items()}


def test_an_identity_is_the_same_in_both_apis(emulator: Emulator, account: str):
    old, new = emulator.client("ses", account), emulator.client("sesv2", account)
    old.verify_email_identity(EmailAddress=FROM)
    new.create_email_identity(EmailIdentity="example.org")
    settings(emulator, account, ses_unverified=["example.org"])
    assert statuses(emulator, account, FROM, "example.org", "none.com") == {FROM: "Success", "example.org": "Pending"}
    address = new.get_email_identity(EmailIdentity=FROM)
    assert (address["IdentityType"], address["VerifiedForSendingStatus"]) == ("EMAIL_ADDRESS", True)
    assert address["VerificationStatus"] == "SUCCESS"
    domain = new.get_email_identity(EmailIdentity="example.org")
    assert (domain["IdentityType"], domain["VerifiedForSendingStatus"]) == ("DOMAIN", False)
    assert domain["VerificationStatus"] == "PENDING"
    with pytest.raises(new.exceptions.NotFoundException):
        new.get_email_identity(EmailIdentity="none.com")


def test_an_identity_can_be_there_and_verified_without_having_been_asked_for(emulator: Emulator, account: str):
    new = emulator.client("sesv2", account)
    settings(emulator, account, ses_verified=[FROM, "example.org"])
    assert statuses(emulator, account, FROM, "none.com") == {FROM: "Success"}
    assert new.get_email_identity(EmailIdentity=FROM)["VerifiedForSendingStatus"]
    for sender in (FROM, "anybody@example.org"):
        new.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": ["jane@example.net"]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
        )


def test_an_account_leaves_the_sandbox(emulator: Emulator, account: str):
    old, new = emulator.client("ses", account), emulator.client("sesv2", account)
    settings(emulator, account, ses_sandbox=True)
    found = new.get_account()
    assert (found["ProductionAccessEnabled"], found["SendQuota"]["Max24HourSend"]) == (False, 200)
    assert (old.get_send_quota()["Max24HourSend"], old.get_send_quota()["MaxSendRate"]) == (200, 1)
    settings(emulator, account, ses_sandbox=False)
    assert new.get_account()["ProductionAccessEnabled"]
    assert old.get_send_quota()["Max24HourSend"] == 50000


def test_mails_need_verified_senders_and_in_the_sandbox_verified_recipients(emulator: Emulator, account: str):
    ses = emulator.client("ses", account)
    ses.verify_email_identity(EmailAddress=FROM)

    def send() -> None:
        ses.send_email(
            Source=FROM,
            Destination={"ToAddresses": ["to@other.com"]},
            Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        )

    send()
    settings(emulator, account, ses_unverified=[FROM])
    with pytest.raises(ses.exceptions.MessageRejected):
        send()
    # A verified domain vouches for its addresses.
    ses.verify_domain_identity(Domain="example.com")
    send()
    settings(emulator, account, ses_sandbox=True)
    with pytest.raises(ses.exceptions.MessageRejected) as refused:
        send()
    assert "to@other.com" in refused.value.response["Error"]["Message"]
    ses.verify_email_identity(EmailAddress="to@other.com")
    send()


def test_an_account_whose_sending_is_paused_sends_nothing(emulator: Emulator, account: str):
    old, new = emulator.client("ses", account), emulator.client("sesv2", account)
    old.verify_email_identity(EmailAddress=FROM)
    assert new.get_account()["SendingEnabled"]
    settings(emulator, account, ses_paused=True)
    assert not new.get_account()["SendingEnabled"]
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    with pytest.raises(old.exceptions.AccountSendingPausedException):
        old.send_email(Source=FROM, Destination={"ToAddresses": [FROM]}, Message=message)
    with pytest.raises(new.exceptions.SendingPausedException):
        new.send_email(FromEmailAddress=FROM, Destination={"ToAddresses": [FROM]}, Content={"Simple": message})


def sending(to: str = "to@other.com", **arguments) -> dict:
    """The arguments of the newer API's SendEmail, as a function sends a code."""
    body = {"Text": {"Data": "code 1234"}, "Html": {"Data": "<p>code <b>1234</b></p>"}}
    return {
        "FromEmailAddress": f"Example <{FROM}>",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Simple": {"Subject": {"Data": "Your code"}, "Body": body}},
    } | arguments


def test_a_mail_sent_by_the_newer_api_is_shown_as_text_and_html(emulator: Emulator, account: str):
    ses = emulator.client("sesv2", account)
    ses.create_email_identity(EmailIdentity=FROM)
    assert ses.send_email(**sending())["MessageId"]
    (mail,) = emulator.admin("GET", "mail", account=account)
    assert (mail["to"], mail["subject"]) == (["to@other.com"], "Your code")
    assert (mail["text"], mail["html"]) == ("code 1234", "<p>code <b>1234</b></p>")


def test_the_newer_api_needs_a_verified_sender_and_in_the_sandbox_a_verified_recipient(
    emulator: Emulator, account: str
):
    ses = emulator.client("sesv2", account)
    refused = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "
    with pytest.raises(ses.exceptions.MessageRejected) as caught:
        ses.send_email(**sending())
    assert caught.value.response["Error"]["Message"] == f"{refused}Example <{FROM}>"
    ses.create_email_identity(EmailIdentity="example.com")
    ses.send_email(**sending())
    settings(emulator, account, ses_sandbox=True)
    with pytest.raises(ses.exceptions.MessageRejected) as caught:
        ses.send_email(**sending())
    assert caught.value.response["Error"]["Message"] == f"{refused}to@other.com"
    assert len(emulator.admin("GET", "mail", account=account)) == 1


def test_when_the_days_mails_are_used_up_none_is_taken(emulator: Emulator, account: str):
    ses = emulator.client("sesv2", account)
    ses.create_email_identity(EmailIdentity=FROM)
    settings(emulator, account, ses_quota_used_up=True)
    with pytest.raises(ses.exceptions.TooManyRequestsException) as caught:
        ses.send_email(**sending())
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert emulator.admin("GET", "mail", account=account) == []


@pytest.mark.parametrize(
    "wrong",
    [{"ses_unverified": FROM}, {"ses_sandbox": 1}, {"lambda_concurrent_executions": 1.5}, {"iam_roles": -1}],
)
def test_settings_of_another_type_are_refused(emulator: Emulator, account: str, wrong: dict):
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as refused:
        settings(emulator, account, **wrong)
    assert refused.value.code == 400
