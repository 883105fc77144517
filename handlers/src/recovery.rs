//! Mails that let a user in again. Owns that an address which nobody has gets the same answer as any other, at the same moment, and no
//! mail; must not know which mail it is.

use crate::{
    app::App,
    error::Failure,
    field::EMAIL,
    reply::Reply,
    request::Request,
    timing,
    user::{self, Found, UserRef},
};
use serde::Serialize;

#[derive(Serialize)]
struct Sent<'a> {
    email: &'a str,
    status: &'static str,
}

/// Answers `status` to a request that holds an address, whether it is somebody's or not. `mail` is called for a user who is there
/// and not disabled; that it fails is logged and not told.
pub async fn answer<F>(
    app: &App,
    request: &Request,
    status: &'static str,
    mail: impl FnOnce(Found) -> F,
) -> Result<Reply, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let mut fields = request.fields()?;
    let taken = (fields.take(&EMAIL),);
    let (email,) = fields.finish(taken)?;

    let found = user::find(app, &UserRef::Email(email.clone())).await?;
    let mailing = async {
        match found {
            Some(found) if found.enabled => mail(found).await,
            _ => Ok(()),
        }
    };
    let mailed = timing::out_of_sight(request.received(), mailing).await;
    Ok(Reply::json(200, &Sent { email: &email, status })?.hiding(mailed))
}
