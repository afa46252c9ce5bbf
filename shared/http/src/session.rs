//! Signing in and out: an operator's API key for a session, whose token the browser keeps in a cookie.

use crate::body::{self, Fields};
use crate::browse::{self, HOME};
use crate::context::{Call, Context};
use crate::cookie::LIFE;
use crate::notice::{Notice, Reason};
use crate::origin;
use crate::pages::{self, LoginPage};
use crate::problem::Problem;
use crate::query::Query;
use crate::routes::{Audience, Found};
use crate::{Request, Response, percent, response};
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_core::Role;
use vms_store::{KeySecret, Read, Session, SessionToken, Table};

const LOGIN: &str = "/management/cache/login";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    api_key: Option<String>,
    next: Option<String>,
}

impl Fields for LoginRequest {}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogoutRequest {}

impl Fields for LogoutRequest {}

/// The answer to a program that signed in or out.
#[derive(Serialize)]
struct Signed {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// The login form.
pub(crate) fn form<T: Table>(context: &Context<T>, request: &Request, call: &Call) -> Result<Response, Problem> {
    let query = Query::of(request, &["next", "notice"])?;
    let next = safe(query.text("next")).to_owned();
    let page = LoginPage { shell: call.shell(context.now(), browse::notice(&query)?), next };
    Ok(response::page(StatusCode::OK, &pages::login(&page)))
}

/// Signs in.
pub(crate) async fn sign_in<T: Table>(context: &Context<T>, request: &Request) -> Result<Response, Problem> {
    if !origin::is_ours(request) {
        return Err(Problem::cross_site());
    }
    let wanted: LoginRequest = body::fields(request)?;
    let next = safe(wanted.next.as_deref());
    let now = context.now();
    let key = match wanted.api_key.unwrap_or_default().trim().parse::<KeySecret>() {
        Ok(secret) => context.store.key(&secret.hash(), Read::Consistent).await?,
        Err(_) => None,
    };
    let key = match key {
        Some(key) if key.role.covers(Role::Operator) => key,
        Some(_) => return refused(request, next, Reason::ReaderKey, Problem::forbidden()),
        None => return refused(request, next, Reason::WrongKey, Problem::unauthorized()),
    };
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|_| Problem::unavailable())?;
    let token = SessionToken::from_entropy(entropy);
    let session = Session { key_id: key.id, role: key.role, expires_at: now + LIFE };
    context.store.create_session(&token.hash(), &session).await?;
    tracing::info!(by = session.key_id, "an operator signed in");
    let signed = Signed { success: true, message: "Signed in", expires_at: Some(session.expires_at) };
    Ok(with_cookie(answer(request, next, &signed), context.cookie().given(&token)))
}

/// Signs out, whether or not the session was still good.
pub(crate) async fn sign_out<T: Table>(context: &Context<T>, request: &Request) -> Result<Response, Problem> {
    if !origin::is_ours(request) {
        return Err(Problem::cross_site());
    }
    body::fields::<LogoutRequest>(request)?;
    if let Some(token) = context.cookie().token(request) {
        context.store.end_session(&token.hash()).await?;
    }
    let signed = Signed { success: true, message: "Signed out", expires_at: None };
    let path = login_path(HOME, Some(&Notice::SignedOut));
    Ok(with_cookie(answer(request, &path, &signed), context.cookie().taken()))
}

/// The way to the login form for who asked for a page without a session, and from there back to that page.
pub(crate) fn way_in(request: &Request) -> Response {
    let asked = request.uri().path_and_query().map_or("", |path| path.as_str());
    let next = if *request.method() == Method::GET { asked } else { HOME };
    response::see_other(&login_path(safe(Some(next)), None))
}

fn refused(request: &Request, next: &str, reason: Reason, problem: Problem) -> Result<Response, Problem> {
    let back = login_path(next, Some(&Notice::Refused(reason)));
    if body::is_form(request) { Ok(response::see_other(&back)) } else { Err(problem) }
}

fn answer(request: &Request, path: &str, signed: &Signed) -> Response {
    if body::is_form(request) { response::see_other(path) } else { response::json(StatusCode::OK, signed) }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn login_path(next: &str, notice: Option<&Notice>) -> String {
    let mut pairs = Vec::new();
    if next != HOME {
        pairs.push(format!("next={}", percent::encode(next)));
    }
    if let Some(notice) = notice {
        pairs.push(format!("notice={notice}"));
    }
    if pairs.is_empty() { LOGIN.to_owned() } else { format!("{LOGIN}?{}", pairs.join("&")) }
}

/// Where to go after signing in: a page of ours, or home. Whatever else somebody put into the address is left alone.
fn safe(next: Option<&str>) -> &str {
    let is_page = |next: &&str| {
        let path = next.split('?').next().unwrap_or_default();
        next.starts_with("/management/cache/")
            && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            && Found::of(path).is_some_and(|found| {
                found.info.audience == Audience::Browsers
                    && found.info.role.is_some()
                    && found.info.methods.contains(&Method::GET)
            })
    };
    next.filter(is_page).unwrap_or(HOME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_pages_of_ours_only() {
        for page in [
            "/management/cache/status",
            "/management/cache/refresh?cache_type=district",
            "/management/cache/explain/virtual_session/district/2025-2026/A~20B",
        ] {
            assert_eq!(safe(Some(page)), page);
        }
        for other in [
            "",
            "/",
            "//evil.example/management/cache/status",
            "https://evil.example/management/cache/status",
            "/\\evil.example",
            "/management/cache/status\\..",
            "/management/cache/status\r\nset-cookie: a=b",
            "/management/cache/status x",
            "/management/cache/../../evil",
            "/management/cache/logout",
            "/management/cache/login",
            "/management/cache/assets/style.css",
            "/management/cache/api/status",
            "management/cache/status",
        ] {
            assert_eq!(safe(Some(other)), HOME, "{other}");
        }
    }

    #[test]
    fn the_way_to_the_form_carries_the_page_as_one_parameter() {
        let path = login_path("/management/cache/runs?limit=5&cache_type=district", Some(&Notice::SignedOut));
        assert_eq!(
            path,
            "/management/cache/login?next=%2Fmanagement%2Fcache%2Fruns%3Flimit%3D5%26cache_type%3Ddistrict\
             &notice=signed-out"
        );
        assert_eq!(login_path(HOME, None), LOGIN);
    }
}
