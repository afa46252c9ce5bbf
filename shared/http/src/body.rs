//! Request bodies: JSON from programs, forms from pages, both read strictly.
//!
//! What was sent is never repeated in a refusal: it may hold anything.

use crate::Request;
use crate::problem::Problem;
use crate::query::form_pairs;
use http::header;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What a body may say.
pub(crate) trait Fields: DeserializeOwned + Default {
    /// Those of its fields that are a checkbox in a form.
    const FLAGS: &'static [&'static str] = &[];
}

/// Whether a page's form sent the request.
pub(crate) fn is_form(request: &Request) -> bool {
    media_type(request) == "application/x-www-form-urlencoded"
}

/// Whether the body says that it is JSON.
pub(crate) fn is_json(request: &Request) -> bool {
    media_type(request) == "application/json"
}

/// The fields of a body; an empty one stands for no wishes.
pub(crate) fn fields<F: Fields>(request: &Request) -> Result<F, Problem> {
    let body = request.body();
    if is_form(request) {
        let object = object(std::str::from_utf8(body).unwrap_or("%"), F::FLAGS)?;
        return serde_json::from_value(Value::Object(object))
            .map_err(|_| Problem::bad_request("the form has a field that is not expected here"));
    }
    if body.is_empty() {
        return Ok(F::default());
    }
    if !is_json(request) {
        return Err(Problem::unsupported_media_type());
    }
    // A list would be read as the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::bad_request("the body is not a JSON object"));
    }
    serde_json::from_slice(body).map_err(|e| {
        Problem::bad_request(format!("the body is not the expected JSON (line {}, column {})", e.line(), e.column()))
    })
}

/// The body's media type without parameters, in lower case.
fn media_type(request: &Request) -> String {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A form as a JSON object. A field that was left empty was not filled in; a checkbox is sent only where it is ticked.
fn object(form: &str, flags: &[&str]) -> Result<Map<String, Value>, Problem> {
    let mut object = Map::new();
    for (name, value) in form_pairs(form).ok_or_else(|| Problem::bad_request("the form is not well encoded"))? {
        let value = match (flags.contains(&name.as_str()), value.as_str()) {
            (true, "on" | "true") => Value::Bool(true),
            (true, "off" | "false" | "") => Value::Bool(false),
            (true, _) => return Err(Problem::bad_request("a checkbox of the form is neither on nor off")),
            (false, "") => Value::Null,
            (false, text) => Value::from(text),
        };
        if object.insert(name, value).is_some() {
            return Err(Problem::bad_request("a field of the form is given twice"));
        }
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        #[serde(default)]
        force: bool,
        reason: Option<String>,
    }

    impl Fields for Wish {
        const FLAGS: &'static [&'static str] = &["force"];
    }

    fn read(media_type: &str, body: &str) -> Result<Wish, u16> {
        let request = http::Request::builder().header(header::CONTENT_TYPE, media_type);
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        fields(&request).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn json_and_forms_say_the_same_and_nothing_else_is_read() {
        let wish = |force, reason: Option<&str>| Ok(Wish { force, reason: reason.map(str::to_owned) });
        let (json, form) = ("application/json", "application/x-www-form-urlencoded");
        for (media_type, body, expected) in [
            (json, r#"{"force": true, "reason": "a b"}"#, wish(true, Some("a b"))),
            ("Application/JSON; charset=utf-8", "{}", wish(false, None)),
            (json, "", wish(false, None)),
            (json, " [true]", Err(400)),
            (json, r#"{"force": "on"}"#, Err(400)),
            (json, r#"{"force": true, "force": true}"#, Err(400)),
            (json, r#"{"other": 1}"#, Err(400)),
            (json, "{", Err(400)),
            (form, "force=on&reason=a+b", wish(true, Some("a b"))),
            ("application/x-www-form-urlencoded;charset=UTF-8", "force=off&reason=", wish(false, None)),
            (form, "", wish(false, None)),
            (form, "reason=%C3%A9%2B", wish(false, Some("é+"))),
            (form, "force=maybe", Err(400)),
            (form, "reason=a&reason=b", Err(400)),
            (form, "force=on&force=on", Err(400)),
            (form, "other=1", Err(400)),
            (form, "reason=%ff", Err(400)),
            (form, "reason=%4", Err(400)),
            ("text/plain", "force=on", Err(415)),
            ("multipart/form-data", "x", Err(415)),
            ("", "{}", Err(415)),
        ] {
            assert_eq!(read(media_type, body), expected, "{media_type}: {body}");
        }
    }
}
