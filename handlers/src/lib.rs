//! The Lambda functions.
