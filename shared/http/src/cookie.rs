//! The cookie that carries a session's token.

use crate::Request;
use http::{HeaderValue, header};
use jiff::SignedDuration;
use vms_store::SessionToken;

/// How long a session lasts.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_hours(8);

/// How the cookie is named and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Over TLS alone. Browsers take a name with this prefix from the host itself only, not from a neighbour.
    Secure,
    /// Over plain HTTP as well, on a loopback address.
    Loopback,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-vms_session",
            Self::Loopback => "vms_session",
        }
    }

    /// The token that a request carries; what cannot be one, or comes twice, is none.
    pub(crate) fn token(self, request: &Request) -> Option<SessionToken> {
        let headers = request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name()).map(|(_, value)| value);
        let value = values.next()?;
        if values.next().is_some() { None } else { value.parse().ok() }
    }

    /// The header that gives a browser the token.
    pub(crate) fn given(self, token: &SessionToken) -> Option<HeaderValue> {
        self.header(token.expose(), LIFE.as_secs())
    }

    /// The header that takes it back.
    pub(crate) fn taken(self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    fn header(self, value: &str, max_age: i64) -> Option<HeaderValue> {
        let secure = if self == Self::Secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}", self.name());
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn token_of(cookies: &[&str]) -> Option<SessionToken> {
        let mut request = http::Request::builder();
        for cookie in cookies {
            request = request.header(header::COOKIE, *cookie);
        }
        Cookie::Loopback.token(&request.body(Bytes::new()).unwrap())
    }

    #[test]
    fn a_token_is_read_from_among_other_cookies_and_only_if_there_is_one() {
        let token = SessionToken::from_entropy([0xa5; 32]);
        let cookie = format!("vms_session={}", token.expose());
        assert_eq!(token_of(&[&cookie]), Some(token.clone()));
        assert_eq!(token_of(&[&format!("theme=dark; {cookie}; x=")]), Some(token.clone()));
        assert_eq!(token_of(&["theme=dark", &cookie]), Some(token));
        for none in [&["theme=dark"][..], &["vms_session="], &["vms_session=abc"], &[&cookie, &cookie], &[]] {
            assert_eq!(token_of(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_other_sites_and_plain_http() {
        let given = Cookie::Secure.given(&SessionToken::from_entropy([0xa5; 32])).unwrap();
        assert!(given.is_sensitive());
        let token = "a5".repeat(32);
        let attributes = "Path=/; Max-Age=28800; HttpOnly; SameSite=Lax";
        assert_eq!(given.to_str().unwrap(), format!("__Host-vms_session={token}; {attributes}; Secure"));
        let plain = Cookie::Loopback.given(&SessionToken::from_entropy([0xa5; 32])).unwrap();
        assert_eq!(plain.to_str().unwrap(), format!("vms_session={token}; {attributes}"));
        assert!(Cookie::Secure.taken().unwrap().to_str().unwrap().contains("session=; Path=/; Max-Age=0;"));
    }
}
