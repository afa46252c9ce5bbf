//! The description of the whole HTTP interface.

use crate::Response;
use crate::response;
use http::StatusCode;
use serde_json::json;

/// The description.
pub(crate) fn answer() -> Response {
    response::json(StatusCode::OK, &json!({"openapi": "3.1.0"}))
}
