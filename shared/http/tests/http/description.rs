//! Whether an answer is one that the description knows: its status, its content type, its JSON. The stage asks this of
//! every answer that any of these tests sees.

use http::header;
use serde_json::Value;
use std::sync::LazyLock;
use vms_http::{Handle, ROUTES, Request, Response};

/// The description, as it is answered.
pub(crate) static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    std::thread::spawn(move || runtime.block_on(fetch())).join().unwrap()
});

async fn fetch() -> Value {
    let store = std::sync::Arc::new(vms_store::Store::new(vms_store::MemoryTable::new()));
    let clock = std::sync::Arc::new(crate::stage::at(12));
    let context = vms_http::Context::new(store, clock, vms_core::FreshnessLimits::default());
    let request = http::Request::builder().uri("/openapi.json").body(bytes::Bytes::new()).unwrap();
    serde_json::from_slice(vms_http::Status::new(context).handle(&request).await.body()).unwrap()
}

/// Statuses of a path or a method that is not there, as the description cannot say them.
const OUTSIDE: [u16; 6] = [303, 401, 403, 404, 405, 431];

/// Holds an answer against the description.
pub(crate) fn hold(request: &Request, response: &Response) {
    let (method, path, status) = (request.method(), request.uri().path(), response.status().as_u16());
    let what = format!("{method} {path:.100} answers {status}");
    let fits = |pattern: &&String| match pattern.split_once('{') {
        Some((fixed, _)) => path.starts_with(fixed),
        None => path == pattern.as_str(),
    };
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let pattern = paths.keys().find(fits);
    let operation = pattern.and_then(|pattern| paths[pattern].get(method.as_str().to_ascii_lowercase()));
    let Some(operation) = operation else {
        assert!(OUTSIDE.contains(&status), "{what}");
        return;
    };
    let described = operation["responses"].get(status.to_string());
    let described = described.unwrap_or_else(|| panic!("{what}, which is not described"));
    let given = response.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap());
    let Some(content) = described.get("content") else {
        assert!(response.body().is_empty(), "{what} with a body");
        return;
    };
    let given = given.unwrap().split(';').next().unwrap();
    let schema = content.get(given).or(content.get("*/*"));
    let schema = schema.unwrap_or_else(|| panic!("{what} with {given}, which is not described"));
    let is_packed = response.headers().contains_key(header::CONTENT_ENCODING);
    if let Some(schema) = schema.get("schema").filter(|_| !is_packed && method != http::Method::HEAD) {
        let value: Value = serde_json::from_slice(response.body()).unwrap();
        if let Err(wrong) = check(schema, &value, "$") {
            panic!("{what}: {wrong} in {value}");
        }
    }
}

/// Whether a value is of a schema; knows the keywords that the description uses, and no other.
fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |expected: &Value| Err(format!("{at} is not {expected}"));
    for (keyword, expected) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let pointer = expected.as_str().unwrap().strip_prefix('#').unwrap();
                check(DESCRIPTION.pointer(pointer).unwrap(), value, at)?;
            }
            "anyOf" => {
                let tried: Vec<_> = expected.as_array().unwrap().iter().map(|s| check(s, value, at)).collect();
                if tried.iter().all(Result::is_err) {
                    return tried.into_iter().next().unwrap();
                }
            }
            "type" => {
                let is = match expected.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("{other}"),
                };
                if !is {
                    return wrong(expected);
                }
            }
            "enum" if !expected.as_array().unwrap().contains(value) => return wrong(expected),
            "minimum" if value.as_f64() < expected.as_f64() => return wrong(expected),
            "required" => {
                for name in expected.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        return Err(format!("{at} lacks {name}"));
                    }
                }
            }
            "properties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = expected.get(name) {
                        check(schema, value, &format!("{at}.{name}"))?;
                    }
                }
            }
            "additionalProperties" => {
                let properties = schema.get("properties");
                let others = value.as_object().into_iter().flatten();
                for (name, value) in others.filter(|(name, _)| properties.is_none_or(|p| p.get(name).is_none())) {
                    if expected.is_boolean() {
                        return Err(format!("{at} has {name}"));
                    }
                    check(expected, value, &format!("{at}.{name}"))?;
                }
            }
            "items" => {
                for (place, value) in value.as_array().into_iter().flatten().enumerate() {
                    check(expected, value, &format!("{at}[{place}]"))?;
                }
            }
            "enum" | "minimum" | "description" | "format" | "pattern" | "maxLength" | "minItems" | "maxItems" => {}
            other => panic!("the description uses {other}"),
        }
    }
    Ok(())
}

#[test]
fn the_description_names_the_routes_and_their_methods_and_no_other() {
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    assert_eq!(paths.len(), ROUTES.len());
    for info in ROUTES {
        let mut methods: Vec<_> = paths[info.pattern].as_object().unwrap().keys().collect();
        methods.retain(|name| *name != "parameters");
        let mut expected: Vec<_> = info.methods.iter().map(|m| m.as_str().to_ascii_lowercase()).collect();
        expected.sort();
        methods.sort();
        assert_eq!(methods, expected.iter().collect::<Vec<_>>(), "{}", info.pattern);
    }
}

#[test]
fn an_answer_that_is_not_described_is_noticed() {
    let said = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let schema = said(r##"{"$ref": "#/components/schemas/Signed"}"##);
    for (value, wrong) in [
        (r#"{"success": true, "message": ""}"#, None),
        (r#"{"success": true}"#, Some("$ lacks \"message\"")),
        (r#"{"success": 1, "message": ""}"#, Some("$.success is not \"boolean\"")),
        (r#"{"success": true, "message": "", "more": 1}"#, Some("$ has more")),
    ] {
        assert_eq!(check(&schema, &said(value), "$").err().as_deref(), wrong, "{value}");
    }
}
