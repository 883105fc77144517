//! What is told of a call that failed for good, in each protocol that AWS speaks: its code, its message and its request id.

use cogapi::aws::failure;
use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn a_final_error_carries_aws_code_message_and_request_id() {
    let cx = World::empty().cx();
    let clients = &cx.clients;
    /// What is told of a refused call.
    macro_rules! told {
        ($call:expr) => {
            failure("it failed", &$call.await.unwrap_err())
        };
    }
    let json = told!(clients.cognito.describe_user_pool().user_pool_id("eu-west-1_none").send());
    let rest_json = told!(clients.lambda.get_function().function_name("none").send());
    let rest_json_2 = told!(clients.apigateway.get_rest_api().rest_api_id("none").send());
    let query = told!(clients.iam.get_role().role_name("none").send());
    let rest_xml = told!(clients.route53.get_hosted_zone().id("Z0").send());
    let rest_xml_2 = told!(clients.s3.get_object().bucket(&cx.bucket).key("none").send());
    let nothing = json!({"Name": "none", "Scope": "REGIONAL", "Id": uuid::Uuid::nil().to_string()});
    let ours = told!(clients.wafv2.call::<Value>("GetWebACL", &nothing));
    for (failure, code) in [
        (json, "ResourceNotFoundException"),
        (rest_json, "ResourceNotFoundException"),
        (rest_json_2, "NotFoundException"),
        (query, "NoSuchEntity"),
        (rest_xml, "NoSuchHostedZone"),
        (rest_xml_2, "NoSuchBucket"),
        (ours, "WAFNonexistentItemException"),
    ] {
        let (told, message) = failure.detail.split_once(": ").unwrap();
        assert_eq!(told, code, "{failure}");
        assert!(message.len() > 10 && message != "no message", "{failure}");
        let id = failure.request_id.as_ref().unwrap();
        assert!(failure.to_string().contains(&format!("(request id {id})")), "{failure}");
    }
}
