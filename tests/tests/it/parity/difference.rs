//! Where two bodies differ, in words.

use serde_json::{Number, Value};
use vms_reports::agreement::same_float;

/// Every difference between two settled bodies, each with the path to it.
pub(crate) fn differences(vms: &Value, here: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(vms, here, &mut String::from("body"), &mut found);
    found
}

fn compare(vms: &Value, here: &Value, path: &mut String, found: &mut Vec<String>) {
    match (vms, here) {
        (Value::Object(a), Value::Object(b)) => {
            for (member, value) in a {
                match b.get(member) {
                    Some(other) => within(path, &format!(".{member}"), |path| compare(value, other, path, found)),
                    None => found.push(format!("{path}.{member}: only VMS has it")),
                }
            }
            let extra = b.keys().filter(|member| !a.contains_key(*member));
            found.extend(extra.map(|member| format!("{path}.{member}: VMS has no such member")));
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (value, other)) in a.iter().zip(b).enumerate() {
                within(path, &format!("[{n}]"), |path| compare(value, other, path, found));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            found.push(format!("{path}: VMS lists {}, here {} are listed", a.len(), b.len()));
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => {
            found.push(format!("{path}: VMS has {} {a}, here it is {} {b}", form(a), form(b)));
        }
        (Value::Number(a), Value::Number(b)) if same_float(a, b) => {}
        _ if vms == here => {}
        _ => found.push(format!("{path}: VMS has {vms}, here it is {here}")),
    }
}

fn within(path: &mut String, step: &str, look: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    look(path);
    path.truncate(length);
}

fn form(number: &Number) -> &'static str {
    if number.is_f64() { "the float" } else { "the integer" }
}
