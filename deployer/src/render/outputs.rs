//! The outputs of an environment: for people, for programs, for dotenv files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

/// One `name = value` a line, aligned.
#[must_use]
pub fn text(outputs: &BTreeMap<String, String>) -> String {
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in outputs {
        let _ = writeln!(text, "{name:<width$} = {value}");
    }
    text.trim_end().to_owned()
}

/// The version of [`json`]'s form.
const JSON_VERSION: u32 = 1;

/// The outputs for a program.
#[must_use]
pub fn json(environment: &str, outputs: &BTreeMap<String, String>) -> Value {
    json!({ "version": JSON_VERSION, "environment": environment, "outputs": outputs })
}

/// The outputs as variables: `COGAPI_NAME`.
#[must_use]
pub fn variables(outputs: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let variable =
        |(name, value): (&String, &String)| (format!("COGAPI_{}", name.to_uppercase()), value.clone());
    outputs.iter().map(variable).collect()
}

/// One `NAME="value"` a line, as dotenv files have it.
#[must_use]
pub fn dotenv(variables: &BTreeMap<String, String>) -> String {
    let line = |(name, value): (&String, &String)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        format!("{name}=\"{value}\"")
    };
    variables.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_read_the_same_in_every_form() {
        let outputs = BTreeMap::from([
            ("api_url".to_owned(), "https://a.example/$x".to_owned()),
            ("region".to_owned(), "eu-west-1".to_owned()),
        ]);
        assert_eq!(text(&outputs), "api_url = https://a.example/$x\nregion  = eu-west-1");
        assert_eq!(
            dotenv(&variables(&outputs)),
            "COGAPI_API_URL=\"https://a.example/\\$x\"\nCOGAPI_REGION=\"eu-west-1\""
        );
        let program = super::json("dev", &outputs);
        assert_eq!((&program["version"], &program["environment"]), (&json!(1), &json!("dev")));
        assert_eq!(program["outputs"], json!(outputs));
    }
}
