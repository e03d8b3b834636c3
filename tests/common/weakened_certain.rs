//! Denials that hang on what is certain of every request of the day, and such that no request of the day meets.

use serde_json::{Value as Json, json};

use super::more::{DAILY, NETWORK};
use super::{NOTEBOOK, REFUSED, Weakening};

fn denied(name: &str, file: &'static str, what: (Json, Json), condition: &Json) -> Weakening {
    let mut statement = json!({"Effect": "Deny", "Action": what.0, "Resource": what.1});
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    Weakening::new(name, &[], "", &[]).and_in(&[file], &statement)
}

fn found(weakening: Weakening, found_as: &'static str, told: &str) -> Weakening {
    Weakening { found_as, ..weakening }.and_told(&[told])
}

/// What an action that is about no resource is asked with is `*`: a denial of ARNs does not apply, and one of all but some does.
fn of_resources() -> Vec<Weakening> {
    let all_but = |name: &str, file, action: &str, told| {
        let statement =
            json!({"Effect": "Deny", "Action": action, "NotResource": "arn:aws:kms:ap-northeast-1:111122223333:key/1"});
        found(Weakening::new(name, &[], "", &[]).and_in(&[file], &statement), REFUSED, told)
    };
    let images = denied(
        "no images of AWS's",
        NOTEBOOK,
        (json!("ecr:BatchGetImage"), json!("arn:aws:ecr:*:*:repository/sagemaker-*")),
        &Json::Null,
    );
    let interfaces = denied(
        "no deletion of own interfaces",
        NOTEBOOK,
        (json!("ec2:DeleteNetworkInterface"), json!("arn:aws:ec2:*:*:network-interface/*")),
        &Json::Null,
    );
    vec![
        all_but("no keys but one", DAILY, "kms:*", "a person cannot see networks and keys in the console"),
        all_but("no registry", NOTEBOOK, "ecr:GetAuthorizationToken", "a notebook cannot sign in to the registries"),
        all_but("no network", NOTEBOOK, "ec2:Describe*", "a notebook cannot use the network").with(NETWORK),
        all_but(
            "no end of what is lent",
            NOTEBOOK,
            "ec2:DeleteNetworkInterfacePermission",
            "a notebook cannot delete what lends these interfaces",
        )
        .with(NETWORK),
        found(images, REFUSED, "a notebook cannot pull the images"),
        found(interfaces, REFUSED, "a notebook cannot delete these interfaces").with(NETWORK),
    ]
}

/// Denials that certainly refuse what the day needs.
pub fn of_certain() -> Vec<Weakening> {
    of_resources()
}

/// Denials that no request of the day meets.
#[rustfmt::skip]
pub fn harmless() -> Vec<Weakening> {
    let of_others = [
        ("ec2:*", json!("arn:aws:ec2:*:*:instance/*")),
        ("kms:*", json!("arn:aws:kms:ap-northeast-1:111122223333:key/0123")),
        ("sagemaker:*", json!(["arn:aws:sagemaker:*:*:endpoint/*", "arn:aws:sagemaker:*:*:domain/*"])),
        ("iam:*", json!("arn:aws:iam::111122223333:role/OrganizationAccountAccessRole")),
        ("*", json!(["arn:aws:iam::111122223333:role/OrganizationAccountAccessRole", "arn:aws:secretsmanager:*:*:secret:prod/*", "arn:aws:s3:::secret-*"])),
    ];
    let of_others = of_others.map(|(action, resource)| json!({"Effect": "Deny", "Action": action, "Resource": resource}));
    let all = |name: &str| {
        of_others.iter().fold(Weakening::new(name, &[], "", &[]), |all, one| all.and_in(&[DAILY, NOTEBOOK], one))
    };
    vec![
        all("nothing of others"),
        all("nothing of others in a network").with(NETWORK),
    ]
}
