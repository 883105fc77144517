"""Corrections of how policies are evaluated."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from conftest import REGION, Emulator


def test_a_user_reaches_a_bucket_that_demands_tls(emulator: Emulator, account: str):
    iam, s3 = emulator.client("iam", account), emulator.client("s3", account)
    iam.create_user(UserName="user")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everything]}
    iam.put_user_policy(UserName="user", PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="user")["AccessKey"]
    bucket = f"tls-{account}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": without_tls}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    users = session.client("s3", endpoint_url=emulator.url)
    users.put_object(Bucket=bucket, Key="key", Body=b"body")
    assert users.get_object(Bucket=bucket, Key="key")["Body"].read() == b"body"


def test_a_policy_for_one_thing_allows_calls_about_it_and_no_others(emulator: Emulator, account: str):
    iam = emulator.client("iam", account)
    zone = emulator.client("route53", account).create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]
    pools = emulator.client("cognito-idp", account)
    pool = pools.create_user_pool(PoolName="ours")["UserPool"]["Arn"]
    other = pools.create_user_pool(PoolName="theirs")["UserPool"]["Arn"]
    iam.create_user(UserName="user")
    tag = {"Effect": "Allow", "Action": "cognito-idp:TagResource", "Resource": pool}
    policy = {"Version": "2012-10-17", "Statement": [tag]}
    iam.put_user_policy(UserName="user", PolicyName="one", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="user")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    users = session.client("cognito-idp", endpoint_url=emulator.url)
    users.tag_resource(ResourceArn=pool, Tags={"a": "b"})
    with pytest.raises(ClientError, match="AccessDenied"):
        users.tag_resource(ResourceArn=other, Tags={"a": "b"})
    with pytest.raises(ClientError, match="route53:GetHostedZone"):
        session.client("route53", endpoint_url=emulator.url).get_hosted_zone(Id=zone["Id"])
