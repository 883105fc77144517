//! Whatever a file holds, it is an environment or a list of problems that can be shown.

use proptest::prelude::*;

use super::super::parse;
use super::{LEAST, rendered};

/// Never a panic, and every problem has a place within the file and says how to mend it.
fn answers(text: &str) -> Result<(), TestCaseError> {
    let Err(error) = parse("dev", "dev.toml", text) else { return Ok(()) };
    prop_assert!(!error.problems().is_empty());
    for problem in error.problems() {
        prop_assert!(problem.span.end <= text.len(), "{problem:?}");
        prop_assert!(problem.line <= text.split('\n').count(), "{problem:?}");
        prop_assert!(!problem.problem.is_empty() && !problem.help.is_empty(), "{problem:?}");
        prop_assert!(!problem.to_string().contains('\n'), "{problem:?}");
    }
    prop_assert!(!rendered(&error).is_empty());
    Ok(())
}

const WHOLE: &str = include_str!("../../../../environments/prod.toml.example");

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answers(&text)?;
    }

    #[test]
    fn any_text_of_toml_characters_is_answered(text in "[a-c0-9é\\[\\]{}=.,\"'#\\-_ \\\\\n\r]{0,80}") {
        answers(&text)?;
    }

    #[test]
    fn any_value_of_any_key_is_answered(line in 0..WHOLE.lines().count(), value in "[ -~é]{0,40}") {
        let lines = WHOLE.lines().enumerate().map(|(number, text)| match text.split_once(" = ") {
            Some((key, _)) if number == line => format!("{key} = \"{}\"", value.replace(['"', '\\'], "")),
            _ => text.to_owned(),
        });
        answers(&lines.collect::<Vec<_>>().join("\n"))?;
    }

    #[test]
    fn any_cut_or_splice_of_a_good_file_is_answered(from in 0..WHOLE.len(), length in 0..200_usize, splice in any::<String>()) {
        let from = WHOLE.floor_char_boundary(from);
        let to = WHOLE.floor_char_boundary((from + length).min(WHOLE.len()));
        answers(&format!("{}{splice}{}", &WHOLE[..from], &WHOLE[to..]))?;
    }

    #[test]
    fn any_unknown_key_is_refused_where_it_stands(key in "[a-z_]{1,12}") {
        prop_assume!(!["from", "reply_to", "ses_identity_arn", "mfa_reset_subject", "mfa_reset_message"].contains(&key.as_str()));
        let error = parse("dev", "dev.toml", &format!("{LEAST}{key} = 1\n")).expect_err("unknown keys are refused");
        prop_assert_eq!(error.problems().len(), 1);
        prop_assert_eq!((error.problems()[0].line, error.problems()[0].column), (9, 1));
        prop_assert_eq!(&error.problems()[0].key, &format!("email.{key}"));
    }
}
