//! Reports over plain HTTP: every kind, every header, every refusal.

use crate::harness::{Cache, shared};
use crate::http::Answer;
use flate2::read::GzDecoder;
use std::collections::BTreeSet;
use std::io::Read;
use vms_core::{CacheType, ReportKey};

/// One cached report of every kind.
fn one_of_each(cache: &Cache) -> Vec<String> {
    let keys = cache.keys();
    let fits = |form: &str, key: &str| {
        let (form, key): (Vec<_>, Vec<_>) = (form.split('/').collect(), key.split('/').collect());
        form.len() == key.len() && form.iter().zip(&key).all(|(f, k)| f == k || f.starts_with('{'))
    };
    let find = |form: &&str| keys.iter().find(|key| fits(form, key)).unwrap_or_else(|| panic!("none is like {form}"));
    ReportKey::FORMS.iter().map(find).cloned().collect()
}

fn unpacked(body: &[u8]) -> Vec<u8> {
    let mut json = Vec::new();
    GzDecoder::new(body).read_to_end(&mut json).unwrap();
    json
}

/// What every answer has, whatever it says.
fn is_framed(answer: &Answer) {
    assert!(!answer.needed("x-request-id").is_empty());
    assert_eq!(answer.needed("x-content-type-options"), "nosniff");
    assert!(!answer.needed("cache-control").is_empty());
}

/// A refusal in the one form that refusals have; its type.
fn problem(answer: &Answer, status: u16, path: &str) -> String {
    is_framed(answer);
    assert_eq!(answer.status, status, "{path}: {answer:?}");
    assert_eq!(answer.needed("content-type"), "application/problem+json");
    assert_eq!(answer.needed("cache-control"), "no-store");
    let body = answer.json();
    let members: BTreeSet<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["type", "title", "status", "detail", "instance"]));
    assert_eq!((body["status"].as_u64(), body["instance"].as_str()), (Some(status.into()), Some(path)));
    for words in ["title", "detail"] {
        assert!(!body[words].as_str().unwrap().is_empty());
    }
    body["type"].as_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_report_is_served_with_its_members_and_an_honest_age() {
    let cache = shared();
    for text in one_of_each(&cache) {
        let answer = cache.get(&format!("/reports/{text}"));
        assert_eq!(answer.status, 200, "{text}");
        is_framed(&answer);
        assert_eq!(answer.needed("content-type"), "application/json");
        assert_eq!(answer.needed("x-cache-state"), "fresh");
        assert_eq!(answer.needed("vary"), "accept-encoding, authorization");
        assert_eq!(answer.header("content-encoding"), None);
        let age: u64 = answer.needed("age").parse().unwrap();
        assert!(age < 600, "{text} is {age} s old");
        let lifetime = answer.needed("cache-control").strip_prefix("private, max-age=").unwrap();
        let (lifetime, rest) = lifetime.split_once(',').unwrap();
        assert!((age..=age + 60).contains(&lifetime.parse().unwrap()), "{lifetime} beside {age}");
        assert_eq!(rest, " stale-if-error=86400");
        assert!(answer.needed("last-modified").ends_with(" GMT"));
        assert!(answer.needed("x-source-age").parse::<u64>().is_ok());
        let key: ReportKey = text.parse().unwrap();
        let body = answer.json();
        let members: BTreeSet<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, key.members().iter().copied().collect(), "{text}");
        let etag = answer.needed("etag").trim_matches('"');
        assert_eq!(etag, vms_store::codec::etag(&answer.body).0, "{text}: the etag is not that of the bytes");
    }
}

#[test]
fn a_reader_who_has_a_report_already_gets_no_body_again() {
    let cache = shared();
    for key in one_of_each(&cache) {
        let path = format!("/reports/{key}");
        for encoding in ["identity", "gzip"] {
            let ask = || cache.ask("GET", &path).key(&cache.reader).header("accept-encoding", encoding);
            let first = ask().send();
            let etag = first.needed("etag").to_owned();
            let second = ask().header("if-none-match", &etag).send();
            assert_eq!((second.status, second.body.len()), (304, 0), "{path}");
            is_framed(&second);
            for name in ["etag", "vary", "last-modified", "x-cache-state"] {
                assert_eq!(second.needed(name), first.needed(name), "{path}: {name}");
            }
            assert!(second.needed("age").parse::<u64>().is_ok());
            let other = ask().header("if-none-match", "\"0123456789abcdef0123456789abcdef\"").send();
            assert_eq!((other.status, other.body == first.body), (200, true), "{path}");
        }
    }
}

#[test]
fn packed_and_unpacked_bodies_are_the_same_report_under_etags_of_their_own() {
    let cache = shared();
    for key in one_of_each(&cache) {
        let path = format!("/reports/{key}");
        let plain = cache.get(&path);
        let packed = cache.ask("GET", &path).key(&cache.reader).header("accept-encoding", "br, gzip").send();
        assert_eq!(packed.needed("content-encoding"), "gzip");
        assert_eq!(packed.needed("content-length"), packed.body.len().to_string());
        assert!(unpacked(&packed.body) == plain.body, "{path}");
        assert_ne!(packed.needed("etag"), plain.needed("etag"), "{path}");
        for (encoding, whole) in [("identity", &plain), ("gzip", &packed)] {
            let head = cache.ask("HEAD", &path).key(&cache.reader).header("accept-encoding", encoding).send();
            assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
            is_framed(&head);
            for name in ["etag", "content-length", "content-type", "vary", "last-modified"] {
                assert_eq!(head.needed(name), whole.needed(name), "{path}: {name}");
            }
            assert_eq!(head.header("content-encoding"), whole.header("content-encoding"));
        }
        // A validator of the other encoding is not this one's.
        let crossed = cache.ask("GET", &path).key(&cache.reader).header("if-none-match", packed.needed("etag")).send();
        assert_eq!(crossed.status, 200, "{path}");
    }
}

#[test]
fn nobody_reads_without_a_valid_key() {
    let cache = shared();
    let made = cache.run(&["keys", "create", "--role", "reader", "--name", "soon revoked"]);
    let id = made.err.split([' ', ',']).nth(1).unwrap().to_owned();
    let revoked = made.done().trim().to_owned();
    cache.run(&["keys", "revoke", &id]).done();
    let unknown = format!("vms_{}", "0".repeat(64));
    for path in ["/reports", "/reports/recruitment/dia-events", "/reports/no/such", "/management/cache/api/status"] {
        let bare = cache.ask("GET", path).send();
        assert_eq!(problem(&bare, 401, path), "/problems/unauthorized");
        assert_eq!(bare.needed("www-authenticate"), "Bearer");
        for header in [
            format!("Bearer {unknown}"),
            format!("Bearer {revoked}"),
            format!("Basic {}", cache.reader),
            format!("Bearer {}x", cache.reader),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            cache.reader.clone(),
            format!("Bearer {}", "k".repeat(4000)),
        ] {
            let answer = cache.ask("GET", path).header("authorization", &header).send();
            assert_eq!(problem(&answer, 401, path), "/problems/unauthorized", "{header:.40}");
        }
    }
    assert_eq!(cache.ask("GET", "/health").send().status, 200, "health needs no key");
}

#[test]
fn a_reader_manages_nothing() {
    let cache = shared();
    for (method, path) in [
        ("GET", "/management/cache/api/status"),
        ("GET", "/management/cache/api/runs"),
        ("GET", "/management/cache/api/runs/district.2026-03-15T02:00:00.000Z.1a2b3c"),
        ("POST", "/management/cache/api/refresh"),
    ] {
        let answer = cache.ask(method, path).key(&cache.reader).json("{}").send();
        assert_eq!(problem(&answer, 403, path), "/problems/forbidden");
    }
}

#[test]
fn an_unknown_report_is_told_from_one_that_is_not_cached() {
    let cache = shared();
    for (path, kind) in [
        ("/reports/volunteer/recent/0102", "/problems/not-cached"),
        ("/reports/organization/detail/2526/999999999", "/problems/not-cached"),
        ("/reports/virtual_session/district/2025-2026/Nowhere", "/problems/not-cached"),
        ("/reports/volunteer/recent/2527", "/problems/unknown-report"),
        ("/reports/volunteer/nonsense", "/problems/unknown-report"),
        ("/reports/volunteer", "/problems/unknown-report"),
        ("/reports/", "/problems/unknown-report"),
        ("/reports/recruitment/candidates/-", "/problems/unknown-report"),
        ("/reports/recruitment/candidates/99999999999999999999", "/problems/unknown-report"),
        ("/nothing", "/problems/no-such-route"),
        ("/management", "/problems/no-such-route"),
        ("/management/cache/api", "/problems/no-such-route"),
    ] {
        assert_eq!(problem(&cache.get(path), 404, path), kind, "{path}");
    }
    let path = "/management/cache/api/runs/no-run";
    let answer = cache.ask("GET", path).key(&cache.operator).send();
    assert_eq!(problem(&answer, 404, path), "/problems/unknown-run");
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let cache = shared();
    for (method, path, allowed) in [
        ("POST", "/reports", "GET"),
        ("DELETE", "/reports/recruitment/dia-events", "GET, HEAD"),
        ("PUT", "/reports/recruitment/dia-events", "GET, HEAD"),
        ("BREW", "/reports/recruitment/dia-events", "GET, HEAD"),
        ("POST", "/health", "GET"),
        ("GET", "/management/cache/api/refresh", "POST"),
        ("POST", "/management/cache/api/status", "GET"),
    ] {
        let answer = cache.ask(method, path).key(&cache.operator).send();
        assert_eq!(problem(&answer, 405, path), "/problems/method-not-allowed", "{method}");
        assert_eq!(answer.needed("allow"), allowed, "{method} {path}");
    }
}

#[test]
fn a_mistyped_query_is_refused_instead_of_being_answered_without_its_filter() {
    let cache = shared();
    for (path, query) in [
        ("/reports", "cachetype=district"),
        ("/reports", "cache_type=districts"),
        ("/reports", "state=old"),
        ("/reports", "school_year=2025"),
        ("/reports", "limit=0"),
        ("/reports", "limit=1001"),
        ("/reports", "limit=ten"),
        ("/reports", "cursor=no/key"),
        ("/reports", "limit=1&limit=2"),
        ("/reports", "limit=%zz"),
        ("/reports", "limit=%ff"),
        ("/management/cache/api/runs", "outcome=good"),
        ("/management/cache/api/runs", "limit=201"),
        ("/management/cache/api/runs", "cursor=x"),
        ("/management/cache/api/runs", "page=2"),
    ] {
        let answer = cache.ask("GET", &format!("{path}?{query}")).key(&cache.operator).send();
        assert_eq!(problem(&answer, 400, path), "/problems/bad-request", "{query}");
    }
    let answer = cache.get("/reports?cache_type=districts");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    for known in CacheType::ALL {
        assert!(detail.contains(known.as_str()), "{detail}");
    }
}

#[test]
fn what_is_posted_must_be_short_json_of_the_known_form() {
    let cache = shared();
    let path = "/management/cache/api/refresh";
    let post = || cache.ask("POST", path).key(&cache.operator);
    let large = format!("{{\"cache_type\": \"{}\"}}", "x".repeat(70_000));
    assert_eq!(problem(&post().json(&large).send(), 413, path), "/problems/too-large");
    for content_type in ["text/plain", "application/x-json", "multipart/form-data"] {
        let answer = post().header("content-type", content_type).body(b"{}").send();
        assert_eq!(problem(&answer, 415, path), "/problems/unsupported-media-type", "{content_type}");
    }
    for (body, words) in [
        ("{", "not the expected JSON"),
        ("[]", "not a JSON object"),
        ("{\"force\": \"yes\"}", "not the expected JSON"),
        ("{\"types\": \"all\"}", "not the expected JSON"),
        ("{\"cache_type\": \"volunter\"}", "district, organization, virtual_session, volunteer, recruitment"),
        ("{\"report_key\": \"volunteer/x\"}", "report_key"),
        ("{\"cache_type\": \"district\", \"report_key\": \"volunteer/recent/2526\"}", "volunteer"),
        ("{\"cache_type\": \"\u{0}\"}", "not the expected JSON"),
    ] {
        let answer = post().json(body).send();
        assert_eq!(problem(&answer, 400, path), "/problems/bad-request", "{body}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(words), "{body}: {detail}");
    }
    // What was sent may hold anything, and is not repeated.
    let answer = post().json("{\"cache_type\": \"ada@example.org\"}").send();
    assert!(!String::from_utf8(answer.body).unwrap().contains("ada@"));
}

#[test]
fn the_list_has_every_report_once_whatever_the_size_of_its_pages() {
    let cache = shared();
    let whole = cache.keys();
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len(), "a report is listed twice");
    for limit in [1, 7, 100, whole.len(), 1000] {
        let paged: Vec<_> = cache.listed("", limit).iter().map(|r| r["key"].as_str().unwrap().to_owned()).collect();
        assert_eq!(paged, whole, "{limit} to a page");
    }
}

#[test]
fn filters_divide_the_list_without_a_rest() {
    let cache = shared();
    let whole = cache.listed("", 1000);
    let only = |name: &str, value: &str, of: &dyn Fn(&serde_json::Value) -> bool| {
        let expected: Vec<_> = whole.iter().filter(|r| of(r)).map(|r| r["key"].clone()).collect();
        for limit in [3, 1000] {
            let found: Vec<_> =
                cache.listed(&format!("{name}={value}"), limit).iter().map(|r| r["key"].clone()).collect();
            assert_eq!(found, expected, "{name}={value}, {limit} to a page");
        }
        expected.len()
    };
    let by_type: usize = CacheType::ALL
        .iter()
        .map(|t| only("cache_type", t.as_str(), &|r| r["cache_type"].as_str() == Some(t.as_str())))
        .sum();
    assert_eq!(by_type, whole.len());
    let by_state: usize = ["fresh", "aging", "stale", "missing", "archived"]
        .iter()
        .map(|state| only("state", state, &|r| r["state"].as_str() == Some(*state)))
        .sum();
    assert_eq!(by_state, whole.len());
    let year = |r: &serde_json::Value| r["key"].as_str().unwrap().parse::<ReportKey>().unwrap().school_year();
    let years: BTreeSet<_> = whole.iter().filter_map(year).collect();
    assert!(years.len() >= 2, "{years:?}");
    for wanted in years {
        assert!(only("school_year", &wanted.to_string(), &|r| year(r) == Some(wanted)) > 0);
    }
    let both = cache.listed("cache_type=volunteer&state=fresh", 2);
    assert!(!both.is_empty() && both.iter().all(|r| r["cache_type"] == "volunteer" && r["state"] == "fresh"));
}

#[test]
fn what_the_list_says_of_a_report_is_what_its_reader_gets() {
    let cache = shared();
    for listed in cache.listed("", 50) {
        let answer = cache.get(&format!("/reports/{}", listed["key"].as_str().unwrap()));
        assert_eq!(answer.status, 200, "{listed}");
        assert_eq!(answer.needed("etag").trim_matches('"'), listed["etag"].as_str().unwrap(), "{listed}");
        assert_eq!(Some(answer.body.len() as u64), listed["bytes"].as_u64(), "{listed}");
        assert!(!listed["title"].as_str().unwrap().is_empty());
    }
}

#[test]
fn hostile_paths_are_refused_and_nothing_breaks() {
    let cache = shared();
    let long = format!("/reports/virtual_session/district/2025-2026/{}", "a".repeat(5000));
    let wide = format!("/reports/{}", "district/".repeat(3000));
    for target in [
        "/reports/../health",
        "/reports/../../etc/passwd",
        "/reports/..",
        "/reports/.",
        "/reports/%2e%2e/health",
        "/reports/%252e%252e%252fhealth",
        "/reports/volunteer%252frecent%252f2526",
        "/reports/volunteer/recent/2526%00",
        "/reports/%00",
        "/reports/virtual_session/district/2025-2026/%00",
        "/reports/virtual_session/district/2025-2026/..",
        "/reports/virtual_session/district/2025-2026/~2E~2E",
        "/reports/virtual_session/district/2025-2026/~2e",
        "/reports/virtual_session/district/2025-2026/~",
        "/reports/virtual_session/district/2025-2026/~FF",
        "/reports/virtual_session/district/2025-2026/a%20b",
        "/reports/virtual_session/district/2025-2026/caf%C3%A9",
        "/reports/virtual_session/district/2025-2026/a~41",
        "/reports/recruitment//dia-events",
        "/reports/recruitment/dia-events/",
        "/reports//recruitment/dia-events",
        "//reports",
        "/reports%",
        "/reports/%",
        "/reports/%f",
        "/reports/%ff",
        "/reports/recruitment/dia events",
        "/reports/recruitment/dia-events HTTP/1.1",
        "/reports/recruitment\\dia-events",
        "/reports/<script>alert(1)</script>",
        "/reports/\u{e9}",
        "/reports/\u{1}",
        "/reports/'; DROP TABLE runs; --",
        "reports",
        "http:",
        long.as_str(),
        wide.as_str(),
    ] {
        let answer = cache.ask("GET", target).key(&cache.reader).send();
        let shown: String = target.chars().take(80).collect();
        assert!((400..500).contains(&answer.status), "{shown}: {}", answer.status);
        let text = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
        for inner in ["panicked", "src/", ".rs", "dynamodb", "sqlite", "arn:"] {
            assert!(!text.contains(inner), "{shown}: {text}");
        }
    }
    assert_eq!(cache.get("/reports/recruitment/dia-events").status, 200, "it serves on");
    // The same key in another spelling is the same report.
    assert_eq!(cache.get("/reports/recruitment/dia%2Devents").status, 200);
    assert_eq!(cache.get("/reports/recruitment%2Fdia-events").status, 200);
}

#[test]
fn a_flood_of_headers_is_refused_in_words() {
    let cache = shared();
    let flood = (0..500).fold(cache.ask("GET", "/health"), |ask, n| ask.header(&format!("x-{n}"), "x"));
    assert_eq!(problem(&flood.send(), 431, "/health"), "/problems/headers-too-large");
    let long = cache.ask("GET", "/health").header("x-long", &"x".repeat(100_000));
    assert_eq!(problem(&long.send(), 431, "/health"), "/problems/headers-too-large");
}

#[test]
fn every_answer_has_an_id_of_its_own() {
    let cache = shared();
    let ids: BTreeSet<_> =
        (0..20).map(|_| cache.ask("GET", "/health").send().needed("x-request-id").to_owned()).collect();
    assert_eq!(ids.len(), 20);
}
