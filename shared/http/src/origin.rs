//! Where a browser's request comes from: a cookie travels with whatever any site makes a browser send, so what a
//! cookie lets in must show that a page of ours sent it.

use crate::Request;
use http::{HeaderMap, Uri, header};

/// Whether a page of ours sent the request: the browser says so in `Origin`, an old one at least in `Referer`. Without
/// any such word it counts as foreign.
pub(crate) fn is_ours(request: &Request) -> bool {
    let headers = request.headers();
    let named = request.uri().authority().map(http::uri::Authority::as_str);
    let Some(host) = only(headers, header::HOST.as_str()).or(named) else { return false };
    if headers.contains_key(header::ORIGIN) {
        return only(headers, header::ORIGIN.as_str()).is_some_and(|origin| is_of(origin, host));
    }
    if headers.contains_key("sec-fetch-site") {
        return only(headers, "sec-fetch-site") == Some("same-origin");
    }
    only(headers, header::REFERER.as_str()).is_some_and(|referer| is_of(referer, host))
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether an address is one of that host, port included. Its scheme is not looked at: behind a load balancer the
/// function does not know its own.
fn is_of(address: &str, host: &str) -> bool {
    let Ok(address) = address.parse::<Uri>() else { return false };
    let is_web = matches!(address.scheme_str(), Some("http" | "https"));
    is_web && address.authority().is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn only_what_says_that_it_is_ours_is() {
        for (headers, ours) in [
            (&[("host", "vms.example"), ("origin", "https://vms.example")][..], true),
            (&[("host", "127.0.0.1:8321"), ("origin", "http://127.0.0.1:8321")], true),
            (&[("host", "vms.example"), ("origin", "https://VMS.example")], true),
            (&[("host", "vms.example"), ("sec-fetch-site", "same-origin")], true),
            (&[("host", "vms.example"), ("referer", "https://vms.example/management/cache/status?x=y")], true),
            (&[("host", "vms.example")], false),
            (&[("host", "vms.example"), ("origin", "null")], false),
            (&[("host", "vms.example"), ("origin", "")], false),
            (&[("host", "vms.example"), ("origin", "https://evil.example")], false),
            (&[("host", "vms.example"), ("origin", "https://vms.example.evil.example")], false),
            (&[("host", "vms.example"), ("origin", "https://vms.example:8443")], false),
            (&[("host", "vms.example"), ("origin", "https://vms.example@evil.example")], false),
            (&[("host", "vms.example"), ("origin", "file://vms.example")], false),
            (&[("host", "vms.example"), ("origin", "https://vms.example"), ("origin", "https://evil.example")], false),
            (&[("host", "vms.example"), ("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
            (&[("host", "vms.example"), ("sec-fetch-site", "same-site")], false),
            (&[("host", "vms.example"), ("sec-fetch-site", "cross-site"), ("referer", "https://vms.example/")], false),
            (&[("host", "vms.example"), ("sec-fetch-site", "none")], false),
            (&[("host", "vms.example"), ("referer", "https://evil.example/https://vms.example/")], false),
            (&[("origin", "https://vms.example")], false),
        ] {
            let mut request = http::Request::builder().uri("/management/cache/refresh");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(is_ours(&request.body(Bytes::new()).unwrap()), ours, "{headers:?}");
        }
    }
}
